//! `jsonpath`, `jsonpath-raw` and `jsonpath-wrap`: paths on plain objects.

use std::sync::Arc;

use stampmill::supply_chain::jsonpath::{self, Expression};
use stampmill::yaml::{Array, ArrayItem, Node};

use crate::case::Case;

/// A path as users write it.
pub(crate) fn jsonpath(case: &Case) -> Result<(), String> {
    let result = jsonpath::evaluate(case.given_text("path")?, case.given("object"));
    let missing = result.as_ref().is_err_and(|error| error.does_not_exist());
    if missing != (case.error_type.as_deref() == Some("does-not-exist")) {
        return Err(format!("does not exist: {missing}: {result:?}"));
    }
    case.check("value", result.map_err(|error| error.to_string()))
}

/// An expression with its braces.
pub(crate) fn jsonpath_raw(case: &Case) -> Result<(), String> {
    let text = case.given_text("expression")?;
    let result = match Expression::parse(text) {
        Ok(expression) => expression.find(case.given("object")).map_err(|error| error.to_string()),
        Err(error) => Err(format!("failed to parse jsonpath '{text}': {error}")),
    };
    case.check(
        "results",
        result.map(|values| {
            let items = values.into_iter().map(|value| ArrayItem { value, ..ArrayItem::default() }).collect();
            Node::Array(Arc::new(Array { items, ..Array::default() }))
        }),
    )
}

/// The expression of a path.
pub(crate) fn jsonpath_wrap(case: &Case) -> Result<(), String> {
    case.check("expression", Ok(Node::str(jsonpath::wrap(case.given_text("path")?))))
}
