//! Changes to whole trees that leave untouched parts shared.

use std::collections::HashSet;
use std::sync::Arc;

use crate::yaml::{Document, Map, Node, Notes, Origin};

/// A tree in which all collections are YAML nodes: those that code made get no position.
pub(super) fn as_yaml(node: &mut Node) {
    if let Some(changed) = rewritten(node, true, &mut |id| id) {
        *node = changed;
    }
}

/// Gives each node of a document the annotations that `replace` makes of its own.
pub(super) fn replace_annotations(document: &mut Document, replace: &mut dyn FnMut(u32) -> u32) {
    renumber(&mut document.notes, replace);
    replace_annotations_below(&mut document.value, replace);
}

/// The same for a value.
pub(super) fn replace_annotations_below(node: &mut Node, replace: &mut dyn FnMut(u32) -> u32) {
    if let Some(changed) = rewritten(node, false, replace) {
        *node = changed;
    }
}

fn renumber(notes: &mut Notes, replace: &mut dyn FnMut(u32) -> u32) {
    if notes.annotations != 0 {
        notes.annotations = replace(notes.annotations);
    }
}

/// The changed tree, unless all stays as it is.
fn rewritten(node: &Node, yaml: bool, replace: &mut dyn FnMut(u32) -> u32) -> Option<Node> {
    let mut change = |value: &Node, notes: &Notes| {
        let value = rewritten(value, yaml, replace);
        let annotations = if notes.annotations == 0 { 0 } else { replace(notes.annotations) };
        (value.is_some() || annotations != notes.annotations).then_some((value, annotations))
    };
    match node {
        Node::Map(map) => {
            let mut copy = (yaml && map.origin == Origin::Code).then(|| Arc::clone(map));
            if let Some(copy) = &mut copy {
                Arc::make_mut(copy).origin = Origin::Yaml;
            }
            for (index, item) in map.items.iter().enumerate() {
                if let Some((value, annotations)) = change(&item.value, &item.notes)
                    && let Some(item) =
                        Arc::make_mut(copy.get_or_insert_with(|| Arc::clone(map))).items.get_mut(index)
                {
                    item.notes.annotations = annotations;
                    item.value = value.unwrap_or_else(|| std::mem::take(&mut item.value));
                }
            }
            copy.map(Node::Map)
        }
        Node::Array(array) => {
            let mut copy = (yaml && array.origin == Origin::Code).then(|| Arc::clone(array));
            if let Some(copy) = &mut copy {
                Arc::make_mut(copy).origin = Origin::Yaml;
            }
            for (index, item) in array.items.iter().enumerate() {
                if let Some((value, annotations)) = change(&item.value, &item.notes)
                    && let Some(item) =
                        Arc::make_mut(copy.get_or_insert_with(|| Arc::clone(array))).items.get_mut(index)
                {
                    item.notes.annotations = annotations;
                    item.value = value.unwrap_or_else(|| std::mem::take(&mut item.value));
                }
            }
            copy.map(Node::Array)
        }
        Node::DocumentSet(set) => {
            let mut copy = None;
            for (index, item) in set.items.iter().enumerate() {
                if let Some((value, annotations)) = change(&item.value, &item.notes)
                    && let Some(item) =
                        Arc::make_mut(copy.get_or_insert_with(|| Arc::clone(set))).items.get_mut(index)
                {
                    item.notes.annotations = annotations;
                    item.value = value.unwrap_or_else(|| std::mem::take(&mut item.value));
                }
            }
            copy.map(Node::DocumentSet)
        }
        _ => None,
    }
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
