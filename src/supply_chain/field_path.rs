//! JSON paths of templates, compiled once.

use super::jsonpath::Path;
use crate::yaml::Node;

/// A JSON path of a template. One that does not compile fails where it is evaluated, as in the reference.
#[derive(Clone, Debug)]
pub(super) struct FieldPath {
    text: String,
    compiled: Result<Path, String>,
}

/// Why a path gives no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathError {
    /// The path is fine, but leads to nothing.
    pub(super) is_missing: bool,
    /// The text.
    pub(super) text: String,
}

impl FieldPath {
    pub(super) fn new(text: &str) -> FieldPath {
        let compiled = Path::compile(text).map_err(|error| error.to_string());
        FieldPath { text: text.to_owned(), compiled }
    }

    /// The path as it was written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The one value it leads to; every number is a float.
    pub(super) fn evaluate(&self, object: &Node) -> Result<Node, PathError> {
        match &self.compiled {
            Ok(path) => path
                .evaluate(object)
                .map_err(|error| PathError { is_missing: error.does_not_exist(), text: error.to_string() }),
            Err(text) => Err(PathError { is_missing: false, text: text.clone() }),
        }
    }
}
