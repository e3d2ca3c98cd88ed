//! One case: what goes in and what should come out.

use std::path::Path;

use stampmill::yaml::{Node, json};

/// A case of any kind.
#[derive(Debug, Default)]
pub(crate) struct Case {
    pub(crate) kind: String,
    pub(crate) name: String,
    /// What goes in, by the names its kind has.
    pub(crate) input: Node,
    /// What should come out, by the names its kind has.
    pub(crate) expect: Option<Node>,
    /// What the error's text must contain.
    error: Option<Vec<String>>,
    /// The first of these is all of the error's text.
    error_exact: bool,
    /// The kind of the error.
    pub(crate) error_type: Option<String>,
    /// The whole case, for what few kinds have.
    pub(crate) node: Node,
}

/// The cases of a file.
///
/// # Errors
/// Text that is no array of cases.
pub(crate) fn read(text: &[u8]) -> Result<Vec<Case>, String> {
    match json::read(text).map_err(|error| error.to_string())? {
        Node::Array(array) => array.items.iter().map(|item| Case::new(&item.value)).collect(),
        _ => Err("not an array of cases".to_owned()),
    }
}

impl Case {
    fn new(node: &Node) -> Result<Case, String> {
        let text = |key: &str| field(node, key).and_then(Node::as_str).map(str::to_owned);
        let error = match field(node, "error") {
            None => None,
            Some(Node::Str(text)) => Some(vec![text.to_string()]),
            Some(Node::Array(texts)) => {
                Some(texts.items.iter().filter_map(|item| Some(item.value.as_str()?.to_owned())).collect())
            }
            Some(other) => return Err(format!("no error text: {other:?}")),
        };
        Ok(Case {
            kind: text("kind").ok_or("a case without a kind")?,
            name: text("name").ok_or("a case without a name")?,
            input: field(node, "input").cloned().ok_or("a case without input")?,
            expect: field(node, "expect").cloned(),
            error,
            error_exact: field(node, "errorExact") == Some(&Node::Bool(true)),
            error_type: text("errorType"),
            node: node.clone(),
        })
    }

    /// A case that stands for a file that cannot be read.
    pub(crate) fn broken(path: &Path, problem: String) -> Case {
        Case { kind: format!("unreadable: {}: {problem}", path.display()), ..Case::default() }
    }

    /// What goes in by this name; null if nothing does.
    pub(crate) fn given(&self, key: &str) -> &Node {
        field(&self.input, key).unwrap_or(&Node::Null)
    }

    /// The text that goes in by this name.
    ///
    /// # Errors
    /// It is missing or no text.
    pub(crate) fn given_text(&self, key: &str) -> Result<&str, String> {
        self.given(key).as_str().ok_or_else(|| format!("no text `{key}` in the input"))
    }

    /// Compares the value that came out by this name, or the error, with what should.
    ///
    /// # Errors
    /// What is different.
    pub(crate) fn check(&self, key: &str, result: Result<Node, String>) -> Result<(), String> {
        match (&self.expect, result) {
            (Some(expect), Ok(found)) => {
                let expected = field(expect, key).ok_or_else(|| format!("no `{key}` is expected"))?;
                let accepted = field(&self.node, "acceptAlso").and_then(|also| field(also, key));
                match equal(expected, &found) || accepted.is_some_and(|accepted| equal(accepted, &found)) {
                    true => Ok(()),
                    false => Err(format!("expected {}\nfound    {}", show(expected), show(&found))),
                }
            }
            (Some(expect), Err(error)) => Err(format!("expected {}\nerror    {error}", show(expect))),
            (None, Ok(found)) => Err(format!("expected error {:?}\nfound {}", self.error, show(&found))),
            (None, Err(error)) => self.check_error(&error),
        }
    }

    /// Compares an error's text with what it should contain.
    ///
    /// # Errors
    /// What is missing.
    pub(crate) fn check_error(&self, found: &str) -> Result<(), String> {
        let expected = self.error.as_deref().unwrap_or_default();
        let agrees = match expected {
            [] => return Err(format!("no error is expected, but there was: {found}")),
            [first, ..] if self.error_exact => first == found,
            parts => parts.iter().all(|part| found.contains(part)),
        };
        if agrees { Ok(()) } else { Err(format!("expected error {expected:?}\nfound error    {found:?}")) }
    }
}

/// The item of a map.
pub(crate) fn field<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    match node {
        Node::Map(map) => map.get(key),
        _ => None,
    }
}

/// A value as text, for messages.
pub(crate) fn show(node: &Node) -> String {
    json::encode(node, 0, false).unwrap_or_else(|error| error.to_string())
}

/// Whether two values are equal as JSON: numbers by value, maps in any order.
pub(crate) fn equal(left: &Node, right: &Node) -> bool {
    let number = |node: &Node| match node {
        Node::Int(value) => Some(*value as f64),
        Node::Uint(value) => Some(*value as f64),
        Node::Float(value) => Some(*value),
        _ => None,
    };
    match (left, right) {
        (Node::Int(left), Node::Int(right)) => left == right,
        (Node::Map(left), Node::Map(right)) => {
            left.items.len() == right.items.len()
                && left.items.iter().all(|item| {
                    let other = item.key.as_str().and_then(|key| right.get(key));
                    other.is_some_and(|other| equal(&item.value, other))
                })
        }
        (Node::Array(left), Node::Array(right)) => {
            left.items.len() == right.items.len()
                && left.items.iter().zip(&right.items).all(|(left, right)| equal(&left.value, &right.value))
        }
        _ => match (number(left), number(right)) {
            (Some(left), Some(right)) => left == right,
            _ => left == right,
        },
    }
}
