//! Changes to whole trees that leave untouched parts shared.

use std::collections::HashSet;
use std::sync::Arc;

use crate::yaml::{Document, Known, Map, Node, Notes, Origin, with_changed_items};

/// A tree in which all collections are YAML nodes: those that code made get no position.
pub(super) fn as_yaml(node: &mut Node) {
    as_yaml_beside(node, Known::default());
}

/// The same where some parts are known to be YAML.
pub(super) fn as_yaml_beside(node: &mut Node, known: Known<'_>) {
    if let Some(changed) = rewritten(node, known, true, &mut |id| id) {
        *node = changed;
    }
}

/// Gives each node of a document the annotations that `replace` makes of its own; it leaves those that
/// are known as they are.
pub(super) fn replace_annotations(
    document: &mut Document,
    known: Known<'_>,
    replace: &mut dyn FnMut(u32) -> u32,
) {
    renumber(&mut document.notes, replace);
    if let Some(changed) = rewritten(&document.value, known, false, replace) {
        document.value = changed;
    }
}

/// The same for a value.
pub(super) fn replace_annotations_below(node: &mut Node, replace: &mut dyn FnMut(u32) -> u32) {
    if let Some(changed) = rewritten(node, Known::default(), false, replace) {
        *node = changed;
    }
}

fn renumber(notes: &mut Notes, replace: &mut dyn FnMut(u32) -> u32) {
    if notes.annotations != 0 {
        notes.annotations = replace(notes.annotations);
    }
}

/// The changed tree, unless all stays as it is.
fn rewritten(node: &Node, known: Known<'_>, yaml: bool, replace: &mut dyn FnMut(u32) -> u32) -> Option<Node> {
    if known.is(node) {
        return None;
    }
    let mut index = 0;
    let changed = with_changed_items(node, &mut |value, notes| {
        let value = rewritten(value, known.item(index), yaml, replace);
        index += 1;
        let annotations = if notes.annotations == 0 { 0 } else { replace(notes.annotations) };
        (value.is_some() || annotations != notes.annotations).then_some((value, annotations))
    });
    let is_code = match node {
        Node::Map(map) => map.origin == Origin::Code,
        Node::Array(array) => array.origin == Origin::Code,
        _ => false,
    };
    if !(yaml && is_code) {
        return changed;
    }
    let mut copy = changed.unwrap_or_else(|| node.clone());
    match &mut copy {
        Node::Map(map) => Arc::make_mut(map).origin = Origin::Yaml,
        Node::Array(array) => Arc::make_mut(array).origin = Origin::Yaml,
        _ => {}
    }
    Some(copy)
}

/// A key that a map has twice. The reference finds that out when it prints the map.
pub(crate) fn repeated_key(node: &Node) -> Option<&Node> {
    match node {
        Node::Map(map) => {
            repeated_in(map).or_else(|| map.items.iter().find_map(|item| repeated_key(&item.value)))
        }
        Node::Array(array) => array.items.iter().find_map(|item| repeated_key(&item.value)),
        Node::DocumentSet(set) => set.items.iter().find_map(|document| repeated_key(&document.value)),
        _ => None,
    }
}

/// The same for one map alone.
pub(super) fn repeated_in(map: &Map) -> Option<&Node> {
    let mut texts = HashSet::new();
    let mut others: Vec<&Node> = Vec::new();
    map.items.iter().map(|item| &item.key).find(|key| match key {
        Node::Str(text) => !texts.insert(text),
        key => {
            let repeated = others.contains(key);
            others.push(key);
            repeated
        }
    })
}
