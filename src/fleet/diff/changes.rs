//! Where two trees differ.

use std::collections::HashSet;

use crate::yaml::{ArrayItem, Map, Node, Text, same};

/// What happened at a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has another value.
    Changed,
}

impl ChangeKind {
    /// As lists of changes begin their lines.
    pub fn sign(self) -> char {
        match self {
            ChangeKind::Added => '+',
            ChangeKind::Removed => '-',
            ChangeKind::Changed => '~',
        }
    }

    /// In one word.
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Added => "added",
            ChangeKind::Removed => "removed",
            ChangeKind::Changed => "changed",
        }
    }
}

/// A difference between two trees.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    /// Where: keys as they are, items of lists as `[name=NAME]` where they have names, else `[]`.
    pub path: Vec<Text>,
    /// What.
    pub kind: ChangeKind,
    /// The value before; null if there is none.
    pub from: Node,
    /// The value after; null if there is none.
    pub to: Node,
}

/// All differences between two trees, in the order of the first. What is new or gone is one difference,
/// whatever is in it. Items of lists that all have names are found by these, others by their place after
/// what is equal at both ends.
pub fn changes(from: &Node, to: &Node) -> Vec<Change> {
    let mut found = Found { path: Vec::new(), changes: Vec::new() };
    found.node(from, to);
    found.changes
}

struct Found {
    path: Vec<Text>,
    changes: Vec<Change>,
}

impl Found {
    fn push(&mut self, kind: ChangeKind, from: Node, to: Node) {
        self.changes.push(Change { path: self.path.clone(), kind, from, to });
    }

    fn within(&mut self, step: Text, find: impl FnOnce(&mut Found)) {
        self.path.push(step);
        find(self);
        self.path.pop();
    }

    fn node(&mut self, from: &Node, to: &Node) {
        match (from, to) {
            _ if same(from, to) => {}
            (Node::Map(from), Node::Map(to)) => self.map(from, to),
            (Node::Array(from), Node::Array(to)) => match (names(&from.items), names(&to.items)) {
                (Some(from_names), Some(to_names)) => {
                    self.named(&from.items, &from_names, &to.items, &to_names);
                }
                _ => self.list(&from.items, &to.items),
            },
            _ => self.push(ChangeKind::Changed, from.clone(), to.clone()),
        }
    }

    fn map(&mut self, from: &Map, to: &Map) {
        for item in &from.items {
            let key = item.key.as_str().unwrap_or_default();
            self.within(Text::new(key), |found| match to.get(key) {
                Some(other) => found.node(&item.value, other),
                None => found.push(ChangeKind::Removed, item.value.clone(), Node::Null),
            });
        }
        for item in &to.items {
            let key = item.key.as_str().unwrap_or_default();
            if from.get(key).is_none() {
                self.within(Text::new(key), |found| {
                    found.push(ChangeKind::Added, Node::Null, item.value.clone());
                });
            }
        }
    }

    fn named(&mut self, from: &[ArrayItem], from_names: &[&str], to: &[ArrayItem], to_names: &[&str]) {
        let step = |name: &str| smol_str::format_smolstr!("[name={name}]");
        for (item, name) in from.iter().zip(from_names) {
            let other = to_names.iter().position(|other| other == name).and_then(|index| to.get(index));
            self.within(step(name), |found| match other {
                Some(other) => found.node(&item.value, &other.value),
                None => found.push(ChangeKind::Removed, item.value.clone(), Node::Null),
            });
        }
        for (item, name) in to.iter().zip(to_names) {
            if !from_names.contains(name) {
                self.within(step(name), |found| {
                    found.push(ChangeKind::Added, Node::Null, item.value.clone());
                });
            }
        }
        let kept = |names: &[&str], others: &[&str]| -> Vec<String> {
            names.iter().filter(|name| others.contains(name)).map(|name| (*name).to_owned()).collect()
        };
        if kept(from_names, to_names) != kept(to_names, from_names) {
            let names = |names: &[&str]| Node::str(names.join(", "));
            self.within(Text::new_static("[order]"), |found| {
                found.push(ChangeKind::Changed, names(from_names), names(to_names));
            });
        }
    }

    fn list(&mut self, from: &[ArrayItem], to: &[ArrayItem]) {
        let equal = |(a, b): &(&ArrayItem, &ArrayItem)| same(&a.value, &b.value);
        let ahead = from.iter().zip(to).take_while(equal).count();
        let (from, to) = (from.get(ahead..).unwrap_or_default(), to.get(ahead..).unwrap_or_default());
        let behind = from.iter().rev().zip(to.iter().rev()).take_while(equal).count();
        let (from, to) = (
            from.get(..from.len() - behind).unwrap_or_default(),
            to.get(..to.len() - behind).unwrap_or_default(),
        );
        let common = from.len().min(to.len());
        self.within(Text::new_static("[]"), |found| {
            for (from, to) in from.iter().zip(to) {
                found.node(&from.value, &to.value);
            }
            for item in from.iter().skip(common) {
                found.push(ChangeKind::Removed, item.value.clone(), Node::Null);
            }
            for item in to.iter().skip(common) {
                found.push(ChangeKind::Added, Node::Null, item.value.clone());
            }
        });
    }
}

/// The names of all items, if each has one of its own.
fn names(items: &[ArrayItem]) -> Option<Vec<&str>> {
    let mut seen = HashSet::new();
    let mut names = Vec::with_capacity(items.len());
    for item in items {
        let Node::Map(map) = &item.value else { return None };
        let name = map.get("name")?.as_str()?;
        if !seen.insert(name) {
            return None;
        }
        names.push(name);
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::changes;
    use crate::yaml::json;

    fn found(from: &str, to: &str) -> Vec<String> {
        let read = |text: &str| json::read(text.as_bytes()).unwrap();
        let text = |node: &crate::yaml::Node| json::encode(node, 0, false).unwrap();
        let changes = changes(&read(from), &read(to));
        let line = |change: &super::Change| {
            let (from, to) = (text(&change.from), text(&change.to));
            format!("{}{} {from} {to}", change.kind.sign(), change.path.join("."))
        };
        changes.iter().map(line).collect()
    }

    #[test]
    fn maps_by_key_and_lists_by_name_or_place() {
        assert_eq!(found(r#"{"a": 1, "b": {"c": [1]}}"#, r#"{"b": {"c": [1.0]}, "a": 1}"#), [""; 0]);
        assert_eq!(
            found(r#"{"a": 1, "b": {"c": 2}}"#, r#"{"b": {"c": "2"}, "d": {"e": 1}}"#),
            ["-a 1 null", "~b.c 2 \"2\"", "+d null {\"e\":1}"]
        );
        assert_eq!(
            found(r#"[{"name": "a", "x": 1}, {"name": "b"}]"#, r#"[{"name": "c"}, {"name": "a", "x": 2}]"#),
            ["~[name=a].x 1 2", "-[name=b] {\"name\":\"b\"} null", "+[name=c] null {\"name\":\"c\"}"]
        );
        assert_eq!(found("[1, 2, 3]", "[1, 4, 2, 3]"), ["+[] null 4"]);
        assert_eq!(found("[1, 2, 3]", "[1, 5]"), ["~[] 2 5", "-[] 3 null"]);
        assert_eq!(
            found(r#"[{"name": "a"}, {"name": "b"}]"#, r#"[{"name": "b"}, {"name": "a"}]"#),
            ["~[order] \"a, b\" \"b, a\""]
        );
    }
}
