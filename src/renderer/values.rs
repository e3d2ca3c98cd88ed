//! Data values for one render.

use std::borrow::Cow;

use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::limits;
use crate::yaml::{self, Document, FileId, Node, ParseOptions};

/// Data values for one render, as a text or a tree. They go over those of the template's files as those
/// of `--data-values-file` do.
#[derive(Clone, Debug)]
pub struct Values<'a>(Form<'a>);

#[derive(Clone, Debug)]
enum Form<'a> {
    None,
    Json(Cow<'a, str>),
    Yaml(Cow<'a, str>),
    Tree(Node),
}

impl Default for Values<'_> {
    fn default() -> Self {
        Values::none()
    }
}

impl<'a> Values<'a> {
    /// No data values but those of the template's files.
    pub const fn none() -> Values<'a> {
        Values(Form::None)
    }

    /// A JSON object.
    pub fn json(text: impl Into<Cow<'a, str>>) -> Values<'a> {
        Values(Form::Json(text.into()))
    }

    /// YAML documents, later ones over earlier ones.
    pub fn yaml(text: impl Into<Cow<'a, str>>) -> Values<'a> {
        Values(Form::Yaml(text.into()))
    }

    /// A tree whose root is a map.
    pub fn tree(tree: Node) -> Values<'a> {
        Values(Form::Tree(tree))
    }

    /// Anything that serialises to a JSON object; no text is made of it.
    ///
    /// # Errors
    /// `DataValues` if it does not serialise.
    pub fn of(value: &impl Serialize) -> Result<Values<'static>> {
        match yaml::to_node(value) {
            Ok(tree) => Ok(Values::tree(tree)),
            Err(error) => Err(Error::new(ErrorKind::DataValues, format!("data values: {error}"))),
        }
    }

    /// The text, for messages.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.0 {
            Form::Json(text) | Form::Yaml(text) => Some(text),
            Form::None | Form::Tree(_) => None,
        }
    }

    /// The documents, quickly: those of JSON have no positions.
    pub(super) fn documents(&self, file: FileId) -> Result<Vec<Document>> {
        match &self.0 {
            Form::None => Ok(Vec::new()),
            Form::Tree(tree) => document(tree.clone()),
            Form::Yaml(text) => parse(text, file),
            Form::Json(text) => {
                limits::check_input(text.len(), || "data values".to_owned())?;
                let tree =
                    yaml::json::read_lines(text.as_bytes()).map_err(|error| error.context("data values"))?;
                document(tree)
            }
        }
    }

    /// The documents with their positions, for messages. JSON is YAML.
    pub(super) fn placed_documents(&self, file: FileId) -> Result<Vec<Document>> {
        match &self.0 {
            Form::Json(text) => parse(text, file),
            _ => self.documents(file),
        }
    }
}

/// The document of a value; none for null.
fn document(value: Node) -> Result<Vec<Document>> {
    match value {
        Node::Map(_) => Ok(vec![Document { value, ..Document::default() }]),
        Node::Null => Ok(Vec::new()),
        _ => Err(not_a_map()),
    }
}

fn not_a_map() -> Error {
    Error::new(ErrorKind::DataValues, "data values: expected a map")
}

fn parse(text: &str, file: FileId) -> Result<Vec<Document>> {
    limits::check_input(text.len(), || "data values".to_owned())?;
    let how = ParseOptions { with_comments: false, strict: false };
    let mut set = yaml::parse(text.as_bytes(), file, &how).map_err(|error| error.context("data values"))?;
    yaml::keep_last_of_repeated_keys(&mut set);
    set.items.retain(|document| !matches!(document.value, Node::Null));
    match set.items.iter().all(|document| matches!(document.value, Node::Map(_))) {
        true => Ok(set.items),
        false => Err(not_a_map()),
    }
}
