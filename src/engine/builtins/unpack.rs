//! Arguments of the types built-ins want, with starlark-go's messages. `label` names the parameter:
//! its number, counted from 1, or its name (see [`label`]).

use std::fmt::Display;

use starlark::values::{Heap, StarlarkIterator, Value};

use super::iteration::iterate;
use super::numbers::as_int32;
use crate::engine::values::ByteStr;
use crate::engine::{Args, NativeError, NativeResult};

/// The name of the parameter at `index` as messages show it: in quotes where the argument was given
/// by keyword.
pub fn label(args: &Args<'_>, index: usize, name: &str) -> String {
    if index < args.positional.len() { name.to_owned() } else { format!("\"{name}\"") }
}

#[cold]
fn wrong(function: &str, label: impl Display, value: Value<'_>, want: &str) -> NativeError {
    NativeError::new(format!("{function}: for parameter {label}: got {}, want {want}", value.get_type()))
}

/// A string.
pub fn bytes_arg<'v>(function: &str, label: impl Display, value: Value<'v>) -> NativeResult<&'v [u8]> {
    ByteStr::of(value).ok_or_else(|| wrong(function, label, value, "string"))
}

/// A bool.
pub fn bool_arg(function: &str, label: impl Display, value: Value<'_>) -> NativeResult<bool> {
    value.unpack_bool().ok_or_else(|| wrong(function, label, value, "bool"))
}

/// An integer of 32 bits.
pub fn int_arg(function: &str, label: impl Display, value: Value<'_>) -> NativeResult<i32> {
    as_int32(value).map_err(|error| error.prefix(&format!("{function}: for parameter {label}")))
}

/// Something to iterate over.
pub fn iterable_arg<'v>(
    function: &str,
    label: impl Display,
    value: Value<'v>,
    heap: Heap<'v>,
) -> NativeResult<StarlarkIterator<'v>> {
    iterate(value, heap).ok_or_else(|| wrong(function, label, value, "iterable"))
}

/// A function.
pub fn callable_arg<'v>(function: &str, label: impl Display, value: Value<'v>) -> NativeResult<Value<'v>> {
    if is_callable(value) { Ok(value) } else { Err(wrong(function, label, value, "callable")) }
}

/// Whether a value can be called.
pub fn is_callable(value: Value<'_>) -> bool {
    matches!(value.get_type(), "function" | "builtin_function_or_method")
}
