//! Validations as keywords of OpenAPI and JSON Schema, as far as those can say them.

use starlark::values::{Heap, Value};

use super::types::{Kind, Scalar, Slot};
use crate::engine::builtins::iterate;
use crate::engine::convert;
use crate::modules::Rule;
use crate::validation::Validation;
use crate::yaml::{Array, ArrayItem, Node};

/// The keywords with their values, in the order they are printed.
///
/// Rules with a condition, functions, and limits of what is no number are left out. `max_len` of a
/// string counts bytes where `maxLength` counts characters.
pub(super) fn constraints<'v>(slot: &Slot<Validation<'v>>, heap: Heap<'v>) -> Vec<(&'static str, Node)> {
    let Some(validation) = &slot.validation else {
        return Vec::new();
    };
    let lengths = match &slot.value.non_null().kind {
        Kind::Scalar { scalar: Scalar::String, .. } => Some(("minLength", "maxLength")),
        Kind::Array { .. } => Some(("minItems", "maxItems")),
        Kind::Map(_) => Some(("minProperties", "maxProperties")),
        Kind::Scalar { .. } | Kind::Any { .. } | Kind::Nullable(_) => None,
    };
    let number = |value: Value<'v>| {
        let node = convert::to_scalar(value).ok()?;
        matches!(node, Node::Int(_) | Node::Uint(_) | Node::Float(_)).then_some(node)
    };
    let mut found: Vec<(&'static str, Node)> = validation
        .unconditional_rules()
        .filter_map(|rule| {
            let (keyword, value) = match rule {
                Rule::Min(limit) => ("minimum", number(limit)),
                Rule::Max(limit) => ("maximum", number(limit)),
                Rule::MinLen(limit) => (lengths?.0, number(limit)),
                Rule::MaxLen(limit) => (lengths?.1, number(limit)),
                Rule::OneOf(allowed) => ("enum", list(allowed, heap)),
                Rule::NotNull | Rule::OneNotNull(_) => return None,
            };
            Some((keyword, value?))
        })
        .collect();
    let place =
        |keyword: &str| ["minimum", "maximum"].iter().position(|first| *first == keyword).unwrap_or(2);
    found.sort_by_key(|(keyword, _)| place(keyword));
    found
}

fn list<'v>(values: Value<'v>, heap: Heap<'v>) -> Option<Node> {
    let items = iterate(values, heap)?
        .map(|value| Ok(ArrayItem { value: convert::to_node(value, heap)?, ..ArrayItem::default() }))
        .collect::<Result<_, crate::engine::NativeError>>()
        .ok()?;
    Some(Node::Array(std::sync::Arc::new(Array { items, ..Array::default() })))
}
