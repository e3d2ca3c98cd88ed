//! Paths as users write them.

use std::sync::Arc;

use super::error::{EvalError, FindError, PathError};
use super::evaluate::index;
use super::expression::Expression;
use super::syntax::{Slice, Step};
use crate::supply_chain::view::View;
use crate::yaml::{Node, Text};

/// A compiled path. Clones share it.
///
/// ```
/// use stampmill::supply_chain::jsonpath::Path;
/// use stampmill::yaml::{Node, json};
///
/// let object = json::read(br#"{"status": {"conditions": [{"type": "Ready", "status": "True"}]}}"#).unwrap();
/// let path = Path::compile(r#"status.conditions[?(@.type=="Ready")].status"#).unwrap();
/// assert_eq!(path.evaluate(&object), Ok(Node::str("True")));
///
/// let missing = Path::compile("status.url").unwrap().evaluate(&object).unwrap_err();
/// assert!(missing.does_not_exist());
/// assert_eq!(missing.to_string(), "jsonpath returned empty list: status.url");
/// ```
#[derive(Clone, Debug)]
pub struct Path(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    text: Text,
    expression: Expression,
    /// The steps of a path of fields and indices alone, which needs no lists of values.
    plain: Option<Box<[Plain]>>,
}

#[derive(Debug)]
enum Plain {
    Field(Text),
    Index(Slice),
}

/// The expression of a path: braces and the leading dot are added where they are missing.
pub fn wrap(path: &str) -> String {
    let opening = match path {
        _ if path.starts_with("{.") => "",
        _ if path.starts_with('.') => "{",
        _ => "{.",
    };
    let closing = if path.ends_with('}') { "" } else { "}" };
    format!("{opening}{path}{closing}")
}

/// Compiles a path and evaluates it once.
///
/// # Errors
/// Those of [`Path::compile`] and [`Path::evaluate`].
pub fn evaluate<'a>(path: &str, root: impl Into<View<'a>>) -> Result<Node, EvalError> {
    Path::compile(path)?.evaluate(root)
}

impl Path {
    /// Compiles a path: `a.b`, `.a.b` and `{.a.b}` mean the same.
    ///
    /// # Errors
    /// An empty text, or one the reference's parser refuses.
    pub fn compile(text: &str) -> Result<Path, PathError> {
        if text.is_empty() {
            return Err(PathError::Empty);
        }
        let expression = wrap(text);
        match Expression::parse(&expression) {
            Ok(expression) => {
                let plain = plain(expression.parts());
                Ok(Path(Arc::new(Inner { text: text.into(), expression, plain })))
            }
            Err(cause) => Err(PathError::Syntax { expression, cause }),
        }
    }

    /// The path as it was written.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The one value at the path, as Go decodes the reference's JSON of it: every number is a float.
    ///
    /// # Errors
    /// No value, several values, or a step that does not fit the value it meets.
    pub fn evaluate<'a>(&self, root: impl Into<View<'a>>) -> Result<Node, EvalError> {
        Ok(self.view(root.into())?.to_json())
    }

    /// The one value at the path, where it stands.
    ///
    /// # Errors
    /// As [`Path::evaluate`].
    pub fn view<'a>(&'a self, root: impl Into<View<'a>>) -> Result<View<'a>, EvalError> {
        let root = root.into();
        let Inner { text, expression, plain } = &*self.0;
        if let Some(steps) = plain {
            return match walk(steps, root)? {
                Some(value) => Ok(value),
                None => Err(EvalError::DoesNotExist { path: text.clone() }),
            };
        }
        match expression.views(root)?.as_slice() {
            [] => Err(EvalError::DoesNotExist { path: text.clone() }),
            [value] => Ok(*value),
            _ => Err(EvalError::TooManyResults { path: text.clone() }),
        }
    }

    /// All values at the path, none included.
    ///
    /// # Errors
    /// A step that does not fit the value it meets.
    pub fn find<'a>(&self, root: impl Into<View<'a>>) -> Result<Vec<Node>, EvalError> {
        Ok(self.0.expression.find(root)?)
    }
}

fn walk<'a>(steps: &[Plain], root: View<'a>) -> Result<Option<View<'a>>, FindError> {
    let mut value = root;
    for step in steps {
        let next = match step {
            Plain::Field(name) => value.field(name),
            Plain::Index(bounds) => index(value, bounds).map_err(FindError::Trouble)?,
        };
        match next {
            Some(next) => value = next,
            None => return Ok(None),
        }
    }
    Ok(Some(value))
}

fn plain(parts: &[Step]) -> Option<Box<[Plain]>> {
    let [Step::List(steps)] = parts else {
        return None;
    };
    let steps = steps.iter().map(|step| match step {
        Step::Field(name) => Some(Plain::Field(name.clone())),
        Step::Slice(bounds) if bounds.is_index => Some(Plain::Index(*bounds)),
        _ => None,
    });
    steps.collect()
}
