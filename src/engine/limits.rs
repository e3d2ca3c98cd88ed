//! Bounds on what one operation of a template may produce, so that a short template cannot fill the
//! memory before the limits on steps and heap take notice.

use super::{NativeError, NativeResult};

/// The most bytes one text may have: repetition, `+`, `join`, `replace`, formatting, `repr`.
pub const MAX_TEXT_BYTES: usize = 64 << 20;

/// The most elements one operation may put into a list or tuple.
pub const MAX_ELEMENTS: usize = 10_000_000;

/// The most bits an integer may have.
pub const MAX_INT_BITS: u64 = 1 << 20;

/// Fails if a text of this many bytes is too long.
pub fn check_text(bytes: usize) -> NativeResult<()> {
    if bytes > MAX_TEXT_BYTES {
        return Err(NativeError::new(format!("text of more than {MAX_TEXT_BYTES} bytes")));
    }
    Ok(())
}

/// Fails if a collection of this many elements is too long.
pub fn check_elements(count: usize) -> NativeResult<()> {
    if count > MAX_ELEMENTS {
        return Err(NativeError::new(format!("collection of more than {MAX_ELEMENTS} elements")));
    }
    Ok(())
}

/// How deep calls of functions may nest. Each takes about half a KiB of the thread's stack.
pub const CALL_DEPTH: usize = 5000;

/// How deep trees may nest while code builds them. They are walked and dropped by recursion, which
/// the stack of [`on_deep_stack`](super::on_deep_stack) has room for.
pub const TREE_DEPTH: u32 = 20_000;
