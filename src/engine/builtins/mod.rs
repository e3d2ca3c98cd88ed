//! The built-in functions, operators and methods of ytt's Starlark.
//!
//! ytt runs an old starlark-go, whose results and messages differ in many places from those of the
//! `starlark` crate. Generated code calls the natives of this module wherever they do. The source of
//! every rule and message is starlark-go as ytt vendors it.

use starlark::environment::GlobalsBuilder;
use starlark::values::none::NoneType;
use starlark::values::{FrozenHeap, FrozenValue};

use super::names;

mod access;
mod arithmetic;
mod call;
mod characters;
mod collection_methods;
mod compare;
mod format;
mod go_quote;
mod interpolate;
mod iteration;
mod methods;
mod mutation;
mod numbers;
mod operators;
mod sorting;
mod spell;
mod string_case;
mod string_methods;
mod string_split;
mod text;
mod universe;
mod unpack;

pub use access::{attr_error, attribute, attribute_names, index_value, out_of_range, slice_value};
pub(crate) use access::{missing_attribute, path, remember_attributes, scalar_at};
pub use arithmetic::{Op as BinaryOp, binary};
pub use call::call;
pub(crate) use call::invoke;
pub use characters::{Rune, runes};
pub use compare::{Op as CompareOp, compare, equal};
pub(crate) use go_quote::is_printable;
pub use go_quote::quote;
pub use iteration::{iterate, length};
pub use methods::{is_method_name, method};
pub use mutation::{hashed, set_index};
pub use numbers::{
    Int, as_float, as_int32, format_exponent, format_fixed, format_general, parse_float, to_int,
};
pub use operators::{OPERATORS, Operator};
pub use spell::nearest;
pub(crate) use spell::{distance, meant, missing_key};
pub(crate) use string_case::{is_digit, is_letter};
pub use text::{repr, str, try_repr, write_str};
pub use universe::UNIVERSE;
pub use unpack::{bool_arg, bytes_arg, callable_arg, int_arg, is_callable, iterable_arg, label};

/// Whether every file has this name.
pub(crate) fn is_universal(name: &str) -> bool {
    matches!(name, "None" | "True" | "False") || is_native(name)
}

/// Whether this is the name of a built-in function.
pub(crate) fn is_native(name: &str) -> bool {
    UNIVERSE.iter().any(|native| native.name == name)
}

/// The native of this name in generated code: an operator, or a built-in function, which also goes
/// by a name that no file can bind.
pub(crate) fn native(name: &str, heap: &FrozenHeap) -> Option<FrozenValue> {
    if let Some(operator) = OPERATORS.iter().copied().flatten().find(|operator| operator.name == name) {
        return Some(heap.alloc(operator.clone()));
    }
    let name = name.strip_prefix(names::BUILTIN).unwrap_or(name);
    let native = UNIVERSE.iter().find(|native| native.name == name)?;
    Some(heap.alloc(native.clone()))
}

/// Adds the constants to the globals of generated code.
pub(crate) fn register(builder: &mut GlobalsBuilder) {
    builder.set("None", NoneType);
    builder.set("True", true);
    builder.set("False", false);
}
