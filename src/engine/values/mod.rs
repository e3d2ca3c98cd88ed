//! The values ytt adds to Starlark.

#![allow(clippy::panic, reason = "StarlarkPagablePanic: these values are never paged out")]

mod byte_str;
mod forever;
mod fragment;
mod module;
mod noop;
mod object;
mod set;
mod string_iterable;
mod structs;

pub use byte_str::ByteStr;
pub(crate) use forever::Forever;
pub use fragment::Fragment;
pub(crate) use module::Member;
pub use module::Module;
pub use noop::Noop;
pub(crate) use object::object_type;
pub use set::Set;
pub use string_iterable::{StringIterable, StringUnit};
pub use structs::Struct;

/// Implements `Debug` by `Display`, which the crate asks for besides.
macro_rules! debug_by_display {
    ($type:ty) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    };
}
use debug_by_display;
