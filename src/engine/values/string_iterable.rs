//! What `elems()`, `elem_ords()`, `codepoints()` and `codepoint_ords()` of a string return: strings
//! themselves cannot be iterated.

use std::fmt;

use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::values::{Heap, NoSerialize, StarlarkValue, Trace, Value, ValueLike, starlark_value};

use super::ByteStr;
use crate::engine::builtins::{repr, runes};

/// What a [`StringIterable`] yields.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Allocative)]
pub enum StringUnit {
    /// Strings of one byte.
    Elems,
    /// Bytes as numbers.
    ElemOrds,
    /// Strings of one character.
    Codepoints,
    /// Characters as numbers.
    CodepointOrds,
}

/// The parts of a string as something to iterate over.
#[derive(ProvidesStaticType, NoSerialize, Allocative, Trace)]
pub struct StringIterable<'v> {
    string: Value<'v>,
    #[trace(unsafe_ignore)]
    unit: StringUnit,
}

impl<'v> StringIterable<'v> {
    /// The parts of `string`.
    pub fn alloc(string: Value<'v>, unit: StringUnit, heap: Heap<'v>) -> Value<'v> {
        let iterable = StringIterable { string, unit };
        match unit {
            StringUnit::Elems | StringUnit::ElemOrds => heap.alloc_complex_no_freeze(Elems(iterable)),
            StringUnit::Codepoints | StringUnit::CodepointOrds => {
                heap.alloc_complex_no_freeze(Codepoints(iterable))
            }
        }
    }

    fn items(&self, heap: Heap<'v>) -> Vec<Value<'v>> {
        let Some(bytes) = ByteStr::of(self.string) else {
            return Vec::new();
        };
        match self.unit {
            StringUnit::Elems => bytes.iter().map(|byte| ByteStr::alloc(&[*byte], heap)).collect(),
            StringUnit::ElemOrds => bytes.iter().map(|byte| heap.alloc(i32::from(*byte))).collect(),
            StringUnit::Codepoints => runes(bytes)
                .filter_map(|rune| bytes.get(rune.start..rune.end))
                .map(|bytes| ByteStr::alloc(bytes, heap))
                .collect(),
            StringUnit::CodepointOrds => runes(bytes).map(|rune| heap.alloc(u32::from(rune.char))).collect(),
        }
    }

    fn len(&self) -> usize {
        let bytes = ByteStr::of(self.string).unwrap_or_default();
        match self.unit {
            StringUnit::Elems | StringUnit::ElemOrds => bytes.len(),
            StringUnit::Codepoints | StringUnit::CodepointOrds => runes(bytes).count(),
        }
    }

    fn same(&self, other: &StringIterable<'v>) -> bool {
        self.unit == other.unit && ByteStr::of(self.string) == ByteStr::of(other.string)
    }
}

impl fmt::Display for StringIterable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = match self.unit {
            StringUnit::Elems => "elems",
            StringUnit::ElemOrds => "elem_ords",
            StringUnit::Codepoints => "codepoints",
            StringUnit::CodepointOrds => "codepoint_ords",
        };
        write!(f, "{}.{method}()", repr(self.string))
    }
}

/// Two types because `type()` tells them apart.
macro_rules! iterable_type {
    ($name:ident, $type:literal) => {
        #[derive(ProvidesStaticType, NoSerialize, Allocative, Trace)]
        struct $name<'v>(StringIterable<'v>);

        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        super::debug_by_display!($name<'_>);

        #[starlark_value(type = $type)]
        impl<'v> StarlarkValue<'v> for $name<'v> {
            fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
                Ok(other.downcast_ref::<$name<'v>>().is_some_and(|other| self.0.same(&other.0)))
            }

            /// For the crate's unpacking; `len` refuses these.
            fn length(&self) -> starlark::Result<i32> {
                Ok(i32::try_from(self.0.len()).unwrap_or(i32::MAX))
            }

            fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
                Ok(self.0.items(heap))
            }
        }
    };
}
iterable_type!(Elems, "elems");
iterable_type!(Codepoints, "codepoints");
