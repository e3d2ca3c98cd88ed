//! Kubernetes' dialect of JSONPath, as this API uses it.
//!
//! A [`Path`] is what users write (`spec.image`, `{.items[0].name}`) and gives one value. An [`Expression`]
//! is the full text of `kubectl -o jsonpath`, text outside braces included, and gives lists of values.
//! Both are compiled once and evaluated as often as wanted; missing fields are no error but no value.
//!
//! The rules are those of `k8s.io/client-go/util/jsonpath` with `AllowMissingKeys`, its wordings included.
//! Where that library goes through a map in random order (`*`, `..`), the order of the keys is taken.

mod compare;
mod error;
mod evaluate;
mod expression;
mod parse;
mod path;
mod quote;
mod syntax;

pub use error::{EvalError, FindError, PathError, SyntaxError, Trouble};
pub use expression::Expression;
pub use path::{Path, evaluate, wrap};

#[cfg(test)]
mod tests;
