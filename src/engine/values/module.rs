//! What `load("@ytt:json", "json")` binds and `module.make` returns: a named set of members.

#![allow(clippy::panic, reason = "StarlarkPagablePanic: these values are never paged out")]

use std::fmt;

use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::starlark_simple_value;
use starlark::values::{
    Freeze, FreezeResult, Freezer, FrozenValue, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue,
    Trace, Value, ValueLike, starlark_value,
};

use crate::engine::builtins;
use crate::yaml::Text;

/// A value with its name.
#[derive(Trace)]
pub(crate) struct Member<'v> {
    #[trace(unsafe_ignore)]
    pub(crate) name: Text,
    pub(crate) value: Value<'v>,
}

/// A module.
#[derive(ProvidesStaticType, NoSerialize, Allocative, Trace)]
pub struct Module<'v> {
    #[allocative(skip)]
    #[trace(unsafe_ignore)]
    name: Text,
    #[allocative(skip)]
    members: Vec<Member<'v>>,
}

impl<'v> Module<'v> {
    /// A module with these members.
    pub fn alloc<N: Into<Text>>(
        name: impl Into<Text>,
        members: impl IntoIterator<Item = (N, Value<'v>)>,
        heap: Heap<'v>,
    ) -> Value<'v> {
        let members = members.into_iter().map(|(name, value)| Member { name: name.into(), value }).collect();
        heap.alloc_complex(Module { name: name.into(), members })
    }

    /// The module behind a value.
    pub(crate) fn from_value(value: Value<'v>) -> Option<&'v Module<'v>> {
        value.downcast_ref::<Module<'v>>()
    }

    /// The member of this name.
    pub(crate) fn get(&self, name: &str) -> Option<Value<'v>> {
        self.members.iter().find(|member| member.name == name).map(|member| member.value)
    }
}

impl fmt::Display for Module<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<module {}>", builtins::quote(self.name.as_bytes()))
    }
}

super::debug_by_display!(Module<'_>);

#[starlark_value(type = "module")]
impl<'v> StarlarkValue<'v> for Module<'v> {
    fn get_attr(&self, name: &str, _heap: Heap<'v>) -> Option<Value<'v>> {
        self.get(name)
    }

    fn dir_attr(&self) -> Vec<String> {
        let names: Vec<String> = self.members.iter().map(|member| member.name.to_string()).collect();
        builtins::remember_attributes(&names);
        names
    }
}

/// A module that a library holds which all renders share.
#[derive(ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
pub struct SharedModule {
    #[allocative(skip)]
    name: Text,
    #[allocative(skip)]
    members: Vec<(Text, FrozenValue)>,
}

impl Freeze for Module<'_> {
    type Frozen = SharedModule;

    fn freeze(self, freezer: &Freezer) -> FreezeResult<SharedModule> {
        let members = self.members.into_iter().map(|member| Ok((member.name, member.value.freeze(freezer)?)));
        Ok(SharedModule { name: self.name, members: members.collect::<FreezeResult<_>>()? })
    }
}

impl fmt::Display for SharedModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<module {}>", builtins::quote(self.name.as_bytes()))
    }
}

super::debug_by_display!(SharedModule);
starlark_simple_value!(SharedModule);

#[starlark_value(type = "module")]
impl<'v> StarlarkValue<'v> for SharedModule {
    fn get_attr(&self, name: &str, _heap: Heap<'v>) -> Option<Value<'v>> {
        self.members.iter().find(|(member, _)| member == name).map(|(_, value)| value.to_value())
    }

    fn dir_attr(&self) -> Vec<String> {
        let names: Vec<String> = self.members.iter().map(|(name, _)| name.to_string()).collect();
        builtins::remember_attributes(&names);
        names
    }
}
