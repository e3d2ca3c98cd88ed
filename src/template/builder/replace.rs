//! `template.replace`: other items in the place of the node that has just been started.

use std::sync::Arc;

use super::{
    Build, Context, Dialect, Frame, Outcome, admit_key, checked_depth, overrides, push_item, repeated_key,
    type_name,
};
use crate::yaml::{Array, ArrayItem, Document, Map, MapItem, Node, Notes, Origin, Pos, map_items};

impl Context<'_> {
    /// `template.replace`: puts the items of a value, which nests at most `depth` deep, in the place
    /// of the innermost open node.
    pub(crate) fn replace(&mut self, value: &Node, depth: u32) -> Outcome {
        if self.dialect == Dialect::Text {
            return Err("unsupported operation".to_owned());
        }
        if self.transcript.as_mut().is_some_and(|transcript| transcript.replace(value, depth)) {
            return Ok(());
        }
        self.build_recorded();
        let implicit = self.source.implicit_overrides;
        let depth = checked_depth(value, depth, self.frames.len())?;
        let [.., parent, top] = self.frames.as_mut_slice() else {
            return Err(match self.frames.last() {
                Some(Frame { build: Build::Document(_), .. }) => {
                    "expected to find document set, but was not enough parents".to_owned()
                }
                Some(frame) => format!(
                    "expected to replace document value, map item or array item, but found {}",
                    frame.build.name()
                ),
                None => {
                    "expected to replace document value, map item or array item, but found null".to_owned()
                }
            });
        };
        match (&mut parent.build, &top.build) {
            (Build::DocumentSet(set), Build::Document(_)) => match value {
                Node::Array(array) if array.origin == Origin::Code => set.items.extend(
                    array
                        .items
                        .iter()
                        .map(|item| Document { value: item.value.clone(), ..Document::default() }),
                ),
                Node::DocumentSet(documents) => set.items.extend(documents.items.iter().cloned()),
                other => {
                    return Err(format!("expected value to be document set, but was {}", type_name(other)));
                }
            },
            (Build::Map(map, index), Build::MapItem(placeholder)) => {
                let Node::Map(new) = value else {
                    return Err(format!("expected value to be map, but was {}", type_name(value)));
                };
                let strict = new.origin == Origin::Yaml;
                let mut items = map_items(new.items.len());
                for item in &new.items {
                    let overrides = implicit || !strict || overrides(item);
                    if item.key == placeholder.key {
                        return Err(if overrides {
                            "expected to find placeholder map item in map".to_owned()
                        } else {
                            repeated_key(&item.key)
                        });
                    }
                    admit_key(map, index, &item.key, overrides)?;
                    let mut item = item.clone();
                    if !strict {
                        item.pos = placeholder.pos;
                        item.value = with_position(&item.value, placeholder.pos);
                    }
                    items.push(item);
                }
                for item in items {
                    push_item(map, index, item);
                }
            }
            (Build::Array(array), Build::ArrayItem(placeholder)) => {
                let Node::Array(new) = value else {
                    return Err(format!("expected value to be array, but was {}", type_name(value)));
                };
                for item in &new.items {
                    let mut item = item.clone();
                    if new.origin == Origin::Code {
                        item.pos = placeholder.pos;
                        item.value = with_position(&item.value, placeholder.pos);
                    }
                    array.items.push(item);
                }
            }
            (_, other) => {
                return Err(format!(
                    "expected to replace document value, map item or array item, but found {}",
                    other.name()
                ));
            }
        }
        parent.below = parent.below.max(depth);
        top.replaced = true;
        Ok(())
    }
}

/// A value of code as YAML nodes that all stand at one place.
pub(crate) fn with_position(node: &Node, pos: Pos) -> Node {
    match node {
        Node::Map(map) if map.origin == Origin::Code => Node::Map(Arc::new(Map {
            items: map
                .items
                .iter()
                .map(|item| MapItem {
                    key: item.key.clone(),
                    value: with_position(&item.value, pos),
                    pos,
                    notes: Notes::default(),
                })
                .collect(),
            pos,
            origin: Origin::Yaml,
        })),
        Node::Array(array) if array.origin == Origin::Code => Node::Array(Arc::new(Array {
            items: array
                .items
                .iter()
                .map(|item| ArrayItem {
                    value: with_position(&item.value, pos),
                    pos,
                    notes: Notes::default(),
                })
                .collect(),
            pos,
            origin: Origin::Yaml,
        })),
        other => other.clone(),
    }
}
