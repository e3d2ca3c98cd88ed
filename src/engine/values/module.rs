//! What `load("@ytt:json", "json")` binds: a named set of functions.

use std::fmt;

use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::values::{Heap, NoSerialize, StarlarkValue, Trace, Value, starlark_value};

use crate::engine::builtins;

/// A module of the standard library.
#[derive(ProvidesStaticType, NoSerialize, Allocative, Trace)]
pub struct Module<'v> {
    #[trace(unsafe_ignore)]
    name: &'static str,
    #[trace(unsafe_ignore)]
    names: Vec<&'static str>,
    values: Vec<Value<'v>>,
}

impl<'v> Module<'v> {
    /// A module with these members.
    pub fn alloc(name: &'static str, members: Vec<(&'static str, Value<'v>)>, heap: Heap<'v>) -> Value<'v> {
        let (names, values) = members.into_iter().unzip();
        heap.alloc_complex_no_freeze(Module { name, names, values })
    }
}

impl fmt::Display for Module<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<module {:?}>", self.name)
    }
}

super::debug_by_display!(Module<'_>);

#[starlark_value(type = "module")]
impl<'v> StarlarkValue<'v> for Module<'v> {
    fn get_attr(&self, name: &str, _heap: Heap<'v>) -> Option<Value<'v>> {
        let index = self.names.iter().position(|member| *member == name)?;
        self.values.get(index).copied()
    }

    fn dir_attr(&self) -> Vec<String> {
        let names: Vec<String> = self.names.iter().map(|name| (*name).to_owned()).collect();
        builtins::remember_attributes(&names);
        names
    }
}
