//! The built-in functions and methods of ytt's Starlark.

use starlark::values::Value;

/// The text of a value as `repr` prints it.
pub fn repr(value: Value<'_>) -> String {
    value.to_repr()
}
