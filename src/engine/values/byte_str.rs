//! Strings that are not UTF-8. Strings are bytes in ytt; the crate's are UTF-8, so the few that are
//! not (slices through a character, `"\xff"`) have a type of their own.

use std::cmp::Ordering;
use std::fmt;
use std::hash::Hash;

use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::StarlarkHasher;
use starlark::starlark_simple_value;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};

use crate::engine::NativeError;
use crate::limits;

/// A string whose bytes are not UTF-8.
#[derive(ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
pub struct ByteStr(Box<[u8]>);

/// Texts shorter than this are counted with the heap, from time to time.
const NOTED_BYTES: usize = 256;

impl ByteStr {
    /// The bytes as a value: an ordinary string where they are UTF-8.
    pub fn alloc<'v>(bytes: &[u8], heap: Heap<'v>) -> Value<'v> {
        if bytes.len() >= NOTED_BYTES {
            limits::note_memory(bytes.len());
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => heap.alloc_str(text).to_value(),
            Err(_) => heap.alloc_simple(ByteStr(bytes.into())),
        }
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes of any string value.
    pub fn of<'v>(value: Value<'v>) -> Option<&'v [u8]> {
        match value.unpack_str() {
            Some(text) => Some(text.as_bytes()),
            None => ByteStr::from_value(value).map(|s| s.bytes()),
        }
    }
}

impl fmt::Display for ByteStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

super::debug_by_display!(ByteStr);
starlark_simple_value!(ByteStr);

#[starlark_value(type = "string")]
impl<'v> StarlarkValue<'v> for ByteStr {
    fn to_bool(&self) -> bool {
        !self.0.is_empty()
    }

    fn write_hash(&self, hasher: &mut StarlarkHasher) -> starlark::Result<()> {
        self.0.hash(hasher);
        Ok(())
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(ByteStr::of(other) == Some(self.bytes()))
    }

    fn compare(&self, other: Value<'v>) -> starlark::Result<Ordering> {
        match ByteStr::of(other) {
            Some(bytes) => Ok(self.bytes().cmp(bytes)),
            None => starlark::values::ValueError::unsupported_with(self, "compare", other),
        }
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(i32::try_from(self.0.len()).unwrap_or(i32::MAX))
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        match ByteStr::of(other) {
            Some(part) => Ok(part.is_empty() || self.0.windows(part.len()).any(|w| w == part)),
            None => Err(NativeError::new(format!(
                "'in <string>' requires string as left operand, not {}",
                other.get_type()
            ))
            .into()),
        }
    }
}
