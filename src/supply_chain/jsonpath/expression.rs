//! Whole expressions: text with parts in braces.

use std::sync::Arc;

use super::error::{FindError, SyntaxError};
use super::evaluate::evaluate;
use super::parse::parse;
use super::syntax::Step;
use crate::supply_chain::view::{Shape, View};
use crate::yaml::Node;

/// A compiled expression: `{.items[*].name}`. Clones share it.
#[derive(Clone, Debug)]
pub struct Expression {
    parts: Arc<[Step]>,
}

impl Expression {
    /// Compiles the text of an expression. Unlike a [`Path`](super::Path) it needs its braces: text outside
    /// them stands for itself.
    ///
    /// # Errors
    /// Those of the reference's parser: `unclosed action`, `unterminated filter`, ...
    pub fn parse(text: &str) -> Result<Expression, SyntaxError> {
        Ok(Expression { parts: parse(text)?.into() })
    }

    pub(super) fn parts(&self) -> &[Step] {
        &self.parts
    }

    /// The values the expression gives, as the reference's JSON of them reads: every number is a float.
    ///
    /// # Errors
    /// A step that does not fit a value, or an expression of several parts.
    pub fn find<'a>(&self, root: impl Into<View<'a>>) -> Result<Vec<Node>, FindError> {
        let values = self.views(root.into())?;
        Ok(values.into_iter().map(View::to_json).collect())
    }

    pub(super) fn views<'a>(&'a self, root: View<'a>) -> Result<Vec<View<'a>>, FindError> {
        let mut lists = evaluate(&self.parts, root).map_err(FindError::Trouble)?;
        match (lists.pop(), lists.as_slice()) {
            (None, _) => Err(FindError::NoQuery),
            (Some(only), []) => Ok(only),
            (Some(last), _) => {
                lists.push(last);
                let lists: Vec<String> = lists.iter().map(|list| show(list)).collect();
                Err(FindError::SeveralQueries { results: format!("[{}]", lists.join(" ")) })
            }
        }
    }
}

/// A list of values as Go prints it: of most only the type.
fn show(values: &[View<'_>]) -> String {
    let shown = values.iter().map(|value| match (value.shape, value.node) {
        (Shape::Text(_), Node::Null) => String::new(),
        (Shape::Text(_), Node::Str(text)) => text.to_string(),
        (Shape::Nothing, _) => "<invalid Value>".to_owned(),
        (shape, _) => format!("<{} Value>", shape.name()),
    });
    format!("[{}]", shown.collect::<Vec<String>>().join(" "))
}
