//! The `starlark` crate, wrapped: ytt's dialect, its values, its error texts, limits.

pub mod builtins;
pub mod convert;
pub mod limits;
mod names;
mod native;
pub mod syntax;
pub mod values;
mod wording;

pub use native::{Args, BoundMethod, Method, Native, NativeError, NativeFn, NativeResult};
