//! The `starlark` crate, wrapped: ytt's dialect, its values, its error texts, limits.

pub mod builtins;
pub(crate) mod codegen;
pub mod convert;
pub(crate) mod names;
mod native;
mod stack;
pub mod syntax;
pub mod values;
pub(crate) mod wording;

pub(crate) use names::NATIVE_FRAME;
pub use native::{
    Args, Bound, BoundMethod, BoundNative, Method, Native, NativeError, NativeFn, NativeResult,
};
pub(crate) use stack::STACK_BYTES;
pub use stack::on_deep_stack;
pub(crate) use stack::{panicked, stack_for};
