//! Rewriting expectations.
//!
//! What a test ignores stays as it was, so do comments, the order of keys and the other documents of the file.

use std::collections::HashMap;
use std::sync::Arc;

use super::Failed;
use super::case::{Case, CompareOptions};
use super::compare::{compare, compared};
use super::report::Verdict;
use super::run::Done;
use super::stamp::Stamped;
use super::suite::join;
use crate::supply_chain::wire::wire;
use crate::yaml::{
    self, Array, ArrayItem, Document, DocumentSet, Fidelity, Map, MapItem, Node, ParseOptions, same,
};

/// The usual name of an expectation.
pub(super) const FILE: &str = "expected.yaml";

/// Files that have been rewritten, and what they hold now: tests may share them.
#[derive(Debug, Default)]
pub(super) struct Updates(HashMap<String, Node>);

impl Updates {
    /// Rewrites the expectation of a test that did not meet it.
    pub(super) fn consider(&mut self, case: &Case, done: &mut Done) {
        let path = case.expected.clone().unwrap_or_else(|| join(&case.path, FILE));
        if done.verdict == Verdict::Passed && !self.0.contains_key(&path) {
            return;
        }
        let Some(Ok(stamped)) = &done.stamping.stamped else { return };
        done.verdict = match self.update(&path, stamped, &case.compare) {
            Ok(verdict) => verdict,
            Err(error) => Verdict::error(error),
        };
    }

    fn update(&mut self, path: &str, stamped: &Stamped, options: &CompareOptions) -> Result<Verdict, Failed> {
        if let Some(written) = self.0.get(path) {
            return match compare(written, stamped, options)? {
                None => Ok(Verdict::Updated),
                Some(_) => {
                    Err(format!("{path} was rewritten for another test, which expects something else"))
                }
            };
        }
        let before = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(format!("{path}: {error}")),
        };
        let (text, written) = rewritten(&before, &stamped.object, options)
            .map_err(|error| format!("{path} cannot be rewritten: {error}"))?;
        // Types of numbers, for instance, are nothing that another text can change.
        if let Some(difference) = compare(&written, stamped, options)? {
            return Ok(Verdict::different(difference));
        }
        std::fs::write(path, text).map_err(|error| format!("{path} cannot be written: {error}"))?;
        self.0.insert(path.to_owned(), written);
        Ok(Verdict::Updated)
    }
}

/// A file with another first document, and what that is.
fn rewritten(before: &[u8], actual: &Node, options: &CompareOptions) -> Result<(String, Node), Failed> {
    let text = std::str::from_utf8(before).map_err(|error| error.to_string())?;
    let parts = Parts::of(text);
    let parse = ParseOptions { with_comments: true, ..ParseOptions::default() };
    let mut documents =
        yaml::parse(parts.document.as_bytes(), 0, &parse).map_err(|error| error.to_string())?;
    yaml::keep_last_of_repeated_keys(&mut documents);
    let first = documents.items.into_iter().next().unwrap_or_default();
    let compared = compared(&wire(actual), options)?;
    let value = restored(&merged(&first.value, &compared), &first.value, options);
    let document = Document { value: value.clone(), ..first };
    let body =
        yaml::layout(&DocumentSet { items: vec![document], ..DocumentSet::default() }, Fidelity::KeepData);
    let body = body.trim_matches('\n');
    Ok((format!("{}{body}\n{}", parts.before, parts.behind), value))
}

/// The text of a file around its first document.
struct Parts<'a> {
    /// With the line `---`.
    before: &'a str,
    document: &'a str,
    behind: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Parts<'a> {
        let is_mark = |line: &str| line.trim_end() == "---";
        let is_blank = |line: &str| line.trim().is_empty() || line.starts_with('#');
        let (mut begin, mut end, mut at) = (0, text.len(), 0);
        let mut is_in_front = true;
        for line in text.split_inclusive('\n') {
            if is_mark(line) && is_in_front {
                begin = at + line.len();
                is_in_front = false;
            } else if is_mark(line) {
                end = at;
                break;
            } else if !is_blank(line) {
                is_in_front = false;
            }
            at += line.len();
        }
        let (before, rest) = text.split_at_checked(begin).unwrap_or((text, ""));
        let (document, behind) = rest.split_at_checked(end - begin).unwrap_or((rest, ""));
        Parts { before, document, behind }
    }
}

/// New values with the order of keys and the comments of the old ones.
fn merged(old: &Node, new: &Node) -> Node {
    match (old, new) {
        (Node::Map(old), Node::Map(new)) => {
            let mut items = Vec::with_capacity(new.items.len());
            for item in &old.items {
                if let Some(value) = item.key.as_str().and_then(|key| new.get(key)) {
                    items.push(MapItem { value: merged(&item.value, value), ..item.clone() });
                }
            }
            let is_new = |item: &&MapItem| item.key.as_str().is_some_and(|key| old.get(key).is_none());
            items.extend(new.items.iter().filter(is_new).cloned());
            Node::Map(Arc::new(Map { items, ..(**old).clone() }))
        }
        (Node::Array(old), Node::Array(new)) => {
            let items = new.items.iter().enumerate().map(|(index, item)| match old.items.get(index) {
                Some(known) => ArrayItem { value: merged(&known.value, &item.value), ..known.clone() },
                None => item.clone(),
            });
            Node::Array(Arc::new(Array { items: items.collect(), ..(**old).clone() }))
        }
        _ if same(old, new) => old.clone(),
        _ => new.clone(),
    }
}

/// Puts back what is not compared, as it was.
fn restored(new: &Node, old: &Node, options: &CompareOptions) -> Node {
    let mut restored = put(new, old, &["status"]);
    if options.ignore_metadata {
        return put(&restored, old, &["metadata"]);
    }
    let mut fields: Vec<&str> = options.ignore_metadata_fields.iter().map(String::as_str).collect();
    if options.ignore_labels {
        fields.push("labels");
    }
    if options.ignore_owner_refs {
        fields.push("ownerReferences");
    }
    for field in fields {
        restored = put(&restored, old, &["metadata", field]);
    }
    restored
}

/// Copies the item at a path of keys, if there is one, to where it stood among its neighbours.
fn put(new: &Node, old: &Node, path: &[&str]) -> Node {
    let (Node::Map(map), Node::Map(from), Some((first, rest))) = (new, old, path.split_first()) else {
        return new.clone();
    };
    let is_first = |item: &MapItem| item.key.as_str() == Some(first);
    let Some((place, item)) = from.items.iter().enumerate().find(|(_, item)| is_first(item)) else {
        return new.clone();
    };
    let mut map: Map = (**map).clone();
    if rest.is_empty() {
        map.items.retain(|item| !is_first(item));
        map.items.insert(place.min(map.items.len()), item.clone());
    } else if let Some(known) = map.items.iter_mut().find(|item| is_first(item)) {
        known.value = put(&known.value, &item.value, rest);
    }
    Node::Map(Arc::new(map))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::*;
    use crate::yaml::json;

    fn rewrite(before: &str, actual: &str, options: &CompareOptions) -> String {
        let actual = json::read(actual.as_bytes()).unwrap();
        rewritten(before.as_bytes(), &actual, options).unwrap().0
    }

    #[test]
    fn comments_order_and_other_documents_stay() {
        let before = "# Licence\n\n---\nkind: A\nb:\n  w: 1 # why\n  x: 2 # x\n---\n# other\nc:   1\n";
        let actual = r#"{"b": {"x": 3, "w": 1, "z": [1]}, "kind": "A"}"#;
        assert_eq!(
            rewrite(before, actual, &CompareOptions::default()),
            "# Licence\n\n---\nkind: A\nb:\n  w: 1 # why\n  x: 3 # x\n  z:\n    - 1\n---\n# other\nc:   1\n"
        );
    }

    #[test]
    fn what_is_ignored_stays() {
        let before = "metadata:\n  labels: {a: b}\n  name: x\nkind: A\nstatus: s\n";
        let actual =
            r#"{"kind": "B", "metadata": {"labels": {"c": "d"}, "name": "y", "ownerReferences": []}}"#;
        let options =
            CompareOptions { ignore_labels: true, ignore_owner_refs: true, ..CompareOptions::default() };
        assert_eq!(
            rewrite(before, actual, &options),
            "metadata:\n  labels:\n    a: b\n  name: \"y\"\nkind: B\nstatus: s\n"
        );
    }

    #[test]
    fn a_file_that_is_not_there_yet() {
        let actual = r#"{"kind": "B", "a": 1}"#;
        assert_eq!(rewrite("", actual, &CompareOptions::default()), "a: 1\nkind: B\n");
    }
}
