//! Schemas of Rust types as structural schemas of Kubernetes: without references, null or booleans, and
//! each type said once.

use std::sync::Arc;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;

use super::{list, map};
use crate::yaml::{Map, MapItem, Node, json};

/// The structural schema of a type, for what the API server stores: fields that are always written are
/// required, unless the server fills in a default.
pub(super) fn schema<T: JsonSchema>() -> Node {
    let settings = SchemaSettings::openapi3().with(|settings| settings.inline_subschemas = true);
    let schema = settings.for_serialize().into_generator().into_root_schema_for::<T>();
    // By way of text: numbers of serde_json are no plain numbers in this build.
    let text = serde_json::to_vec(&schema).unwrap_or_default();
    structural(&json::read(&text).unwrap_or_default())
}

/// Words that structural schemas do not have, or that say nothing there.
const DROPPED: [&str; 4] = ["$schema", "title", "nullable", "additionalProperties"];

fn structural(schema: &Node) -> Node {
    let Node::Map(schema) = schema else {
        return map(Vec::new());
    };
    if let Some(words) = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(words) {
        return enumeration(schema, words);
    }
    let mut out = Map::default();
    for item in &schema.items {
        let Some(name) = item.key.as_str() else { continue };
        let value = match (name, &item.value) {
            ("properties", properties) => each(properties, structural),
            ("items", items) => structural(items),
            ("additionalProperties", values @ Node::Map(_)) => structural(values),
            ("description", Node::Str(text)) => Node::str(paragraphs(text)),
            ("required", Node::Array(required)) => {
                let names = required.items.iter().map(|item| item.value.clone());
                let names: Vec<Node> = names.filter(|name| !has_default(schema, name)).collect();
                if names.is_empty() {
                    continue;
                }
                list(names)
            }
            _ if DROPPED.contains(&name) => continue,
            (_, value) => value.clone(),
        };
        out.items.push(MapItem { key: item.key.clone(), value, ..MapItem::default() });
    }
    Node::Map(Arc::new(out))
}

/// Whether the server fills in a property.
fn has_default(schema: &Map, name: &Node) -> bool {
    let property = match schema.get("properties") {
        Some(Node::Map(properties)) => properties.get(name.as_str().unwrap_or_default()),
        _ => None,
    };
    matches!(property, Some(Node::Map(property)) if property.get("default").is_some())
}

/// The words of an enumeration whose values have descriptions each.
fn words(variants: &Node) -> Option<Vec<Node>> {
    let Node::Array(variants) = variants else {
        return None;
    };
    let mut words = Vec::new();
    for variant in &variants.items {
        let Node::Map(variant) = &variant.value else {
            return None;
        };
        match (variant.get("const"), variant.get("enum")) {
            (Some(word), _) => words.push(word.clone()),
            (None, Some(Node::Array(several))) => {
                words.extend(several.items.iter().map(|item| item.value.clone()));
            }
            _ => return None,
        }
    }
    Some(words)
}

fn enumeration(schema: &Map, words: Vec<Node>) -> Node {
    let mut items = Vec::new();
    for name in ["description", "default"] {
        match schema.get(name) {
            Some(Node::Str(text)) if name == "description" => items.push((name, Node::str(paragraphs(text)))),
            Some(value) => items.push((name, value.clone())),
            None => {}
        }
    }
    items.extend([("enum", list(words)), ("type", Node::str("string"))]);
    map(items)
}

/// A doc comment without its line breaks, but for those between paragraphs.
fn paragraphs(text: &str) -> String {
    let paragraphs =
        text.split("\n\n").map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

fn each(properties: &Node, change: impl Fn(&Node) -> Node) -> Node {
    let Node::Map(properties) = properties else {
        return map(Vec::new());
    };
    let items = properties.items.iter();
    let items = items.map(|item| MapItem { value: change(&item.value), ..item.clone() });
    Node::Map(Map { items: items.collect(), ..Map::default() }.into())
}

/// The schema without some of the properties of what `path` leads to; `[]` leads to the items of a list.
pub(super) fn without(schema: Node, path: &[&str], names: &[&str]) -> Node {
    edit(schema, path, &|properties| {
        properties.items.retain(|item| item.key.as_str().is_none_or(|name| !names.contains(&name)));
    })
}

/// The schema where the property `name` of what `path` leads to is one of `words`.
pub(super) fn one_of(schema: Node, path: &[&str], name: &str, words: &[&str]) -> Node {
    edit(schema, path, &|properties| {
        for item in properties.items.iter_mut().filter(|item| item.key.as_str() == Some(name)) {
            if let Node::Map(property) = &mut item.value {
                let words = list(words.iter().map(|word| Node::str(*word)).collect());
                Arc::make_mut(property).items.push(MapItem {
                    key: Node::str("enum"),
                    value: words,
                    ..MapItem::default()
                });
            }
        }
    })
}

/// Another schema for the property `name`, which `merged` has besides those of `schema`.
pub(super) fn merged(schema: Node, other: Node) -> Node {
    let (Node::Map(mut schema), Node::Map(other)) = (schema, other) else {
        return map(Vec::new());
    };
    let fields = Arc::make_mut(&mut schema);
    for name in ["properties", "required"] {
        let Some(more) = other.get(name) else { continue };
        match fields.items.iter_mut().find(|item| item.key.as_str() == Some(name)) {
            None => {
                fields.items.push(MapItem { key: Node::str(name), value: more.clone(), ..MapItem::default() })
            }
            Some(item) => match (&mut item.value, more) {
                (Node::Map(known), Node::Map(more)) => {
                    let known = Arc::make_mut(known);
                    known.items.extend(more.items.iter().cloned());
                    known.items.sort_by(|a, b| a.key.as_str().cmp(&b.key.as_str()));
                }
                (Node::Array(known), Node::Array(more)) => {
                    Arc::make_mut(known).items.extend(more.items.iter().cloned());
                }
                _ => {}
            },
        }
    }
    Node::Map(schema)
}

/// Changes the properties of what `path` leads to.
fn edit(schema: Node, path: &[&str], change: &dyn Fn(&mut Map)) -> Node {
    let Node::Map(mut map) = schema else {
        return schema;
    };
    let inner = Arc::make_mut(&mut map);
    let wanted = if path.first() == Some(&"[]") { "items" } else { "properties" };
    for item in inner.items.iter_mut().filter(|item| item.key.as_str() == Some(wanted)) {
        let value = std::mem::take(&mut item.value);
        item.value = match (path, value) {
            ([], Node::Map(mut properties)) => {
                change(Arc::make_mut(&mut properties));
                Node::Map(properties)
            }
            (["[]", rest @ ..], items) => edit(items, rest, change),
            ([name, rest @ ..], Node::Map(mut properties)) => {
                let found = Arc::make_mut(&mut properties).items.iter_mut();
                for property in found.filter(|property| property.key.as_str() == Some(name)) {
                    property.value = edit(std::mem::take(&mut property.value), rest, change);
                }
                Node::Map(properties)
            }
            (_, value) => value,
        };
    }
    Node::Map(map)
}
