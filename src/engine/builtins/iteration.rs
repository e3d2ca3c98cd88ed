//! What can be iterated over and what has a length.

use starlark::values::{Heap, StarlarkIterator, Value};

use crate::engine::values::ByteStr;

/// Iterates over a value; `None` for values that cannot be, strings among them. While the iterator
/// lives, a list or dict cannot be changed.
pub fn iterate<'v>(value: Value<'v>, heap: Heap<'v>) -> Option<StarlarkIterator<'v>> {
    value.iterate(heap).ok()
}

/// The length of a string (in bytes) or collection; `None` for what has none.
pub fn length(value: Value<'_>) -> Option<usize> {
    match ByteStr::of(value) {
        Some(bytes) => Some(bytes.len()),
        None if matches!(value.get_type(), "elems" | "codepoints") => None,
        None => value.length().ok().and_then(|length| usize::try_from(length).ok()),
    }
}
