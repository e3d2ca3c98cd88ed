//! Whether what was stamped is what is expected.
//!
//! The reference compares Go values: numbers of a `spec.template` have all become floats there, while whole
//! numbers of an expectation and of what ytt gives are integers. They differ, unless the test says otherwise.

use std::sync::Arc;

use super::Failed;
use super::case::CompareOptions;
use super::diff::diff;
use super::stamp::Stamped;
use crate::supply_chain::wire::wire;
use crate::yaml::{Map, Node, same};

/// Why objects are not equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// What must go from the expectation and what must come.
    pub(super) diff: String,
    /// Where they differ in nothing but the type of a number.
    pub(super) number_types: Vec<String>,
}

/// The difference between an expectation and a stamped object, if there is any.
///
/// # Errors
/// `metadata` is no map.
pub(super) fn compare(
    expected: &Node,
    stamped: &Stamped,
    options: &CompareOptions,
) -> Result<Option<Difference>, Failed> {
    let expected = compared(expected, options)?;
    let actual = compared(&stamped.object, options)?;
    let has_floats = stamped.has_floats && !options.numbers_as_floats;
    let mut comparison = Comparison { has_floats, path: Vec::new(), number_types: Vec::new() };
    let equal = comparison.equal(&expected, &actual);
    let number_types = comparison.number_types;
    if equal && number_types.is_empty() {
        return Ok(None);
    }
    Ok(Some(Difference { diff: diff(&expected, &actual), number_types }))
}

/// What of an object is compared.
///
/// # Errors
/// `metadata` is no map.
pub(super) fn compared(object: &Node, options: &CompareOptions) -> Result<Node, Failed> {
    let mut object = without(&wire(object), &["status"]);
    if options.ignore_labels {
        object = without(&object, &["metadata", "labels"]);
    }
    if options.ignore_metadata {
        object = without(&object, &["metadata"]);
    }
    if let Node::Map(map) = &object
        && let Some(metadata) = map.get("metadata")
        && !matches!(metadata, Node::Map(_) | Node::Null)
    {
        return Err("metadata is not a map".to_owned());
    }
    if options.ignore_owner_refs {
        object = without(&object, &["metadata", "ownerReferences"]);
    }
    for field in &options.ignore_metadata_fields {
        object = without(&object, &["metadata", field]);
    }
    Ok(object)
}

/// A tree without what stands at a path of keys.
fn without(node: &Node, path: &[&str]) -> Node {
    let (Node::Map(map), Some((first, rest))) = (node, path.split_first()) else { return node.clone() };
    if map.get(first).is_none() {
        return node.clone();
    }
    let mut map: Map = (**map).clone();
    if rest.is_empty() {
        map.items.retain(|item| item.key.as_str() != Some(first));
    } else if let Some(item) = map.items.iter_mut().find(|item| item.key.as_str() == Some(first)) {
        item.value = without(&item.value, rest);
    }
    Node::Map(Arc::new(map))
}

struct Comparison {
    /// Numbers of what was stamped are floats.
    has_floats: bool,
    path: Vec<String>,
    number_types: Vec<String>,
}

impl Comparison {
    /// Whether both are equal but for the types of numbers.
    fn equal(&mut self, expected: &Node, actual: &Node) -> bool {
        match (expected, actual) {
            (Node::Map(expected), Node::Map(actual)) => {
                let mut equal = expected.items.len() == actual.items.len();
                for item in &expected.items {
                    let key = item.key.as_str().unwrap_or_default();
                    equal &= actual.get(key).is_some_and(|other| self.below(key, &item.value, other));
                }
                equal
            }
            (Node::Array(expected), Node::Array(actual)) => {
                let mut equal = expected.items.len() == actual.items.len();
                for (index, (item, other)) in expected.items.iter().zip(&actual.items).enumerate() {
                    equal &= self.below(&index.to_string(), &item.value, &other.value);
                }
                equal
            }
            (Node::Int(_) | Node::Uint(_), Node::Int(_) | Node::Uint(_)) if self.has_floats => {
                let equal = same(expected, actual);
                if equal {
                    self.number_types.push(self.path.join("."));
                }
                equal
            }
            _ => same(expected, actual),
        }
    }

    fn below(&mut self, step: &str, expected: &Node, actual: &Node) -> bool {
        self.path.push(step.to_owned());
        let equal = self.equal(expected, actual);
        self.path.pop();
        equal
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::*;
    use crate::yaml::json;

    fn read(text: &str) -> Node {
        json::read(text.as_bytes()).unwrap()
    }

    fn compare_with(
        options: &CompareOptions,
        expected: &str,
        actual: &str,
        floats: bool,
    ) -> Option<Difference> {
        compare(&read(expected), &Stamped { object: read(actual), has_floats: floats }, options).unwrap()
    }

    /// The reference's test `deployment` needs the option for its `replicas: 3`.
    #[test]
    fn numbers_of_a_template_are_floats() {
        let text = r#"{"a": [{"b": 3}], "c": 1.5}"#;
        let difference = compare_with(&CompareOptions::default(), text, text, true).unwrap();
        assert_eq!((difference.diff.as_str(), &*difference.number_types), ("", &["a.0.b".to_owned()][..]));
        assert_eq!(compare_with(&CompareOptions::default(), text, text, false), None);
        let options = CompareOptions { numbers_as_floats: true, ..CompareOptions::default() };
        assert_eq!(compare_with(&options, text, text, true), None);
    }

    #[test]
    fn what_is_ignored_does_not_count() {
        let expected = r#"{"metadata": {"name": "a"}, "status": 1}"#;
        let actual = r#"{"metadata": {"name": "a", "labels": {"b": "c"}, "ownerReferences": [], "x": 1}}"#;
        let mut options = CompareOptions::default();
        assert!(compare_with(&options, expected, actual, false).is_some());
        options.ignore_labels = true;
        options.ignore_owner_refs = true;
        let difference = compare_with(&options, expected, actual, false).unwrap();
        assert_eq!(difference.diff, "@@ -1,2 +1,3 @@\n metadata:\n   name: a\n+  x: 1\n");
        options.ignore_metadata_fields = vec!["x".to_owned()];
        assert_eq!(compare_with(&options, expected, actual, false), None);
        let options = CompareOptions { ignore_metadata: true, ..CompareOptions::default() };
        assert_eq!(compare_with(&options, expected, actual, false), None);
        assert!(compare_with(&options, expected, r#"{"metadata": {}, "a": null}"#, false).is_some());
    }
}
