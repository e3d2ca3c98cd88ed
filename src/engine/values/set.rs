//! Sets. ytt's have no method that changes them, so one is complete when it is made.

use std::fmt;

use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::collections::SmallSet;
use starlark::values::{Heap, NoSerialize, StarlarkValue, Trace, Value, ValueLike, starlark_value};

use crate::engine::NativeResult;
use crate::engine::builtins::{hashed, repr};
use crate::limits;

/// How many words of memory an element takes, about: no heap of the crate counts them.
const ELEMENT_WORDS: usize = 5;

/// A set; iteration goes by order of insertion.
#[derive(ProvidesStaticType, NoSerialize, Allocative, Trace, Default)]
pub struct Set<'v> {
    content: SmallSet<Value<'v>>,
}

impl<'v> Set<'v> {
    /// An empty set.
    pub fn new() -> Set<'v> {
        Set::default()
    }

    /// The set behind a value.
    pub fn from_value(value: Value<'v>) -> Option<&'v Set<'v>> {
        value.downcast_ref::<Set<'v>>()
    }

    /// Adds an element. Fails for values that cannot be hashed.
    pub fn insert(&mut self, value: Value<'v>) -> NativeResult<()> {
        limits::spend_steps(1)?;
        if self.content.insert_hashed(hashed(value)?) {
            limits::check_elements(self.len(), ELEMENT_WORDS)?;
        }
        Ok(())
    }

    /// Whether it has this element.
    pub fn contains(&self, value: Value<'v>) -> NativeResult<bool> {
        Ok(self.content.contains_hashed(hashed(value)?.as_ref()))
    }

    /// Its elements.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Value<'v>> + '_ {
        self.content.iter().copied()
    }

    /// How many elements it has.
    pub fn len(&self) -> usize {
        self.content.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.content.is_empty()
    }

    /// Puts the set on the heap.
    pub fn alloc(self, heap: Heap<'v>) -> Value<'v> {
        heap.alloc_complex_no_freeze(self)
    }
}

impl fmt::Display for Set<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("set([")?;
        for (index, value) in self.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{}", repr(value))?;
        }
        f.write_str("])")
    }
}

super::debug_by_display!(Set<'_>);

#[starlark_value(type = "set")]
impl<'v> StarlarkValue<'v> for Set<'v> {
    fn to_bool(&self) -> bool {
        !self.is_empty()
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(i32::try_from(self.len()).unwrap_or(i32::MAX))
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        let Some(other) = Set::from_value(other) else {
            return Ok(false);
        };
        Ok(self.len() == other.len()
            && self.content.iter_hashed().all(|value| other.content.contains_hashed(value)))
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(self.contains(other)?)
    }

    fn iterate_collect(&self, _heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok(self.iter().collect())
    }
}
