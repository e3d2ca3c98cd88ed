//! The `starlark` crate, wrapped: ytt's dialect, its values, its error texts, limits.

pub mod syntax;
