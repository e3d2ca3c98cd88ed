//! Help for overlays that match nothing: what comes nearest, and why it does not match.

use std::fmt::Write;

use starlark::values::{Heap, Value};

use super::matcher::{Kind, Matcher};
use crate::engine::builtins::{distance, meant};
use crate::engine::convert;
use crate::limits;
use crate::yaml::{Document, Map, MapItem, Node, Pos};

/// How many candidates are shown, and how many reasons for each.
const SHOWN: usize = 3;
/// How many keys of a map or values of a key are listed.
const LISTED: usize = 8;
/// Longer texts are cut.
const TEXT_LENGTH: usize = 80;
/// Differences of one candidate that are looked at.
const COUNTED: usize = 50;

/// How much kinds of differences count: a text that differs by a letter is the least.
const OTHER_VALUE: usize = 10;
const MISSING: usize = 30;
const OTHER_KIND: usize = 40;

/// A document or item that might have matched.
pub(super) struct Candidate<'n> {
    pub(super) pos: Pos,
    /// The key of a map item.
    pub(super) key: Option<&'n Node>,
    pub(super) value: &'n Node,
}

impl<'n> Candidate<'n> {
    pub(super) fn of_document(document: &'n Document) -> Candidate<'n> {
        Candidate { pos: document.pos, key: None, value: &document.value }
    }

    pub(super) fn of_map_item(item: &'n MapItem) -> Candidate<'n> {
        Candidate { pos: item.pos, key: Some(&item.key), value: &item.value }
    }

    /// What tells it from others, in parentheses.
    fn label(&self) -> String {
        match self.key {
            Some(key) => format!(" ('{}')", key_text(key)),
            None => label(self.value),
        }
    }
}

/// Why a candidate does not match.
struct Reason {
    text: String,
    /// The more, the less alike.
    distance: usize,
}

/// What comes nearest to what `by` asks for. `what` names the candidates; `place` shows positions.
pub(super) fn candidates<'v>(
    what: &str,
    by: Value<'v>,
    new: &Node,
    candidates: &[Candidate<'_>],
    place: impl Fn(Pos) -> String,
    heap: Heap<'v>,
) -> String {
    let count = candidates.len();
    if count == 0 {
        return format!("    There are no {what}s to match.");
    }
    let name = |candidate: &Candidate<'_>| format!("{}{}", place(candidate.pos), candidate.label());
    let mut explained: Vec<(usize, usize, Vec<Reason>)> = Vec::new();
    for (index, candidate) in candidates.iter().enumerate() {
        if let Some(reasons) = reasons(by, index, candidate.value, new, heap, 0) {
            let distance = reasons.iter().map(|reason| reason.distance).sum();
            explained.push((distance, index, reasons));
        }
    }
    explained.sort_by_key(|(distance, index, _)| (*distance, *index));
    let mut out = String::new();
    if explained.is_empty() {
        let shown: Vec<String> = candidates.iter().take(SHOWN).map(name).collect();
        let more = if count > shown.len() { ", ..." } else { "" };
        let _ = write!(out, "    The function said no to each {what}: {}{more}", shown.join(", "));
        return out;
    }
    let _ = write!(out, "    Nearest of {count} {what}{}:", if count == 1 { "" } else { "s" });
    for (_, index, reasons) in explained.iter().take(SHOWN) {
        let Some(candidate) = candidates.get(*index) else {
            continue;
        };
        let texts: Vec<&str> = reasons.iter().take(SHOWN).map(|reason| reason.text.as_str()).collect();
        let more = reasons.len().saturating_sub(texts.len());
        let more = if more > 0 { format!("; {more} more") } else { String::new() };
        let _ = write!(out, "\n      {}: {}{more}", name(candidate), texts.join("; "));
    }
    out
}

/// What a map has instead of a key, and the `advice` that would help.
pub(super) fn keys(
    key: &Node,
    map: &[Candidate<'_>],
    advice: Option<&str>,
    place: impl Fn(Pos) -> String,
) -> String {
    let wanted = key_text(key);
    let names: Vec<String> = map.iter().filter_map(|candidate| candidate.key).map(key_text).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut out = String::new();
    match meant(&wanted, &names) {
        Some(near) => {
            let pos = names.iter().zip(map).find(|(name, _)| **name == near).map(|(_, found)| found.pos);
            let _ = write!(out, "    Did you mean '{near}' ({})?", place(pos.unwrap_or_default()));
        }
        None if names.is_empty() => out.push_str("    The map has no keys."),
        None => {
            let shown: Vec<String> = names.iter().take(LISTED).map(|name| format!("'{name}'")).collect();
            let more = if names.len() > LISTED { ", ..." } else { "" };
            let _ = write!(out, "    The map has the keys {}{more}.", shown.join(", "));
        }
    }
    if let Some(advice) = advice {
        let _ = write!(out, "\n    {advice}");
    }
    out
}

fn key_text(key: &Node) -> String {
    match key {
        Node::Str(text) => text.to_string(),
        other => crate::yaml::print_value(other).trim_end().to_owned(),
    }
}

/// Kind and name of a Kubernetes object, a scalar itself.
fn label(node: &Node) -> String {
    let map = match node {
        Node::Map(map) => map,
        scalar if scalar.is_scalar() => return format!(" ({})", shown(scalar)),
        _ => return String::new(),
    };
    let name = match map.get("metadata") {
        Some(Node::Map(metadata)) => metadata.get("name"),
        _ => map.get("name"),
    };
    let parts: Vec<&str> = [map.get("kind"), name].into_iter().flatten().filter_map(Node::as_str).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(" ")) }
}

/// Why `by` says no; `None` if only a function knows.
fn reasons<'v>(
    by: Value<'v>,
    index: usize,
    old: &Node,
    new: &Node,
    heap: Heap<'v>,
    depth: usize,
) -> Option<Vec<Reason>> {
    let matcher = Matcher::of(by).filter(|_| depth < limits::call_depth())?;
    let of = |part: &Value<'v>| reasons(*part, index, old, new, heap, depth + 1);
    match &matcher.kind {
        Kind::All => Some(Vec::new()),
        Kind::Index(wanted) if i64::try_from(index) == Ok(*wanted) => Some(Vec::new()),
        Kind::Index(wanted) => Some(vec![Reason {
            text: format!("its index is {index}, expected {wanted}"),
            distance: OTHER_VALUE,
        }]),
        Kind::MapKey(key) => {
            let mut reasons = Vec::new();
            if let Node::Map(new) = new {
                compare_key(old, key, new.get(key)?, "", &mut reasons);
            }
            Some(reasons)
        }
        Kind::Subset => {
            let expected = convert::to_node(*matcher.args.first()?, heap).ok()?;
            let mut reasons = Vec::new();
            compare(old, &expected, "", &mut reasons);
            Some(reasons)
        }
        Kind::And => {
            let all: Vec<Reason> = matcher.args.iter().filter_map(of).flatten().collect();
            (!all.is_empty()).then_some(all)
        }
        Kind::Or => {
            let parts = matcher.args.iter().filter_map(of);
            parts.min_by_key(|reasons| reasons.iter().map(|reason| reason.distance).sum::<usize>())
        }
        Kind::Not => {
            let negated = of(matcher.args.first()?)?;
            let reason = Reason { text: "it matches what is negated".to_owned(), distance: MISSING };
            Some(negated.is_empty().then_some(reason).into_iter().collect())
        }
    }
}

/// Collects what `found` lacks of `expected`.
fn compare(found: &Node, expected: &Node, path: &str, out: &mut Vec<Reason>) {
    if out.len() >= COUNTED {
        return;
    }
    match (found, expected) {
        (Node::Map(_), Node::Map(expected)) => {
            for item in &expected.items {
                compare_key(found, &crate::yaml::go_text(&item.key), &item.value, path, out);
            }
        }
        (Node::Array(found), Node::Array(expected)) => {
            for (index, item) in expected.items.iter().enumerate() {
                let path = format!("{path}[{index}]");
                match found.items.get(index) {
                    Some(found) => compare(&found.value, &item.value, &path, out),
                    None => out.push(missing(&path, &item.value)),
                }
            }
        }
        (found, expected) if found == expected => {}
        (found, expected) => {
            let distance = match (found, expected) {
                (Node::Str(found), Node::Str(expected)) => {
                    OTHER_VALUE + distance(head(found), head(expected)).min(MISSING - OTHER_VALUE)
                }
                (found, expected) if found.is_scalar() && expected.is_scalar() => OTHER_VALUE,
                _ => OTHER_KIND,
            };
            let path = if path.is_empty() { "it" } else { path };
            out.push(Reason {
                text: format!("{path} is {}, expected {}", shown(found), shown(expected)),
                distance,
            });
        }
    }
}

fn compare_key(found: &Node, key: &str, expected: &Node, path: &str, out: &mut Vec<Reason>) {
    let inner = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match found {
        Node::Map(map) => match value_at(map, key) {
            Some(found) => compare(found, expected, &inner, out),
            None => out.push(missing(&inner, expected)),
        },
        found => {
            let path = if path.is_empty() { "it" } else { path };
            out.push(Reason {
                text: format!("{path} is {}, expected a map", shown(found)),
                distance: OTHER_KIND,
            });
        }
    }
}

fn value_at<'n>(map: &'n Map, key: &str) -> Option<&'n Node> {
    map.items.iter().find(|item| crate::yaml::go_text(&item.key) == key).map(|item| &item.value)
}

fn missing(path: &str, expected: &Node) -> Reason {
    Reason { text: format!("{path} is missing, expected {}", shown(expected)), distance: MISSING }
}

/// The beginning of a text, long enough to compare by.
fn head(text: &str) -> &[u8] {
    text.as_bytes().get(..TEXT_LENGTH).unwrap_or(text.as_bytes())
}

/// A value in a few words.
fn shown(node: &Node) -> String {
    match node {
        Node::Null => "null".to_owned(),
        Node::Map(_) => "a map".to_owned(),
        Node::Array(_) => "an array".to_owned(),
        Node::Str(text) if text.chars().count() > TEXT_LENGTH => {
            format!("{:?}...", text.chars().take(TEXT_LENGTH).collect::<String>())
        }
        Node::Str(text) => format!("{text:?}"),
        scalar => crate::yaml::print_value(scalar).trim_end().to_owned(),
    }
}
