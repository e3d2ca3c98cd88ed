//! The CustomResourceDefinitions of the eleven kinds, made from the types of the [`api`](super::api).
//!
//! Names, scopes, printer columns and schemas are those of Cartographer 0.8 (`config/crd/bases`); only the
//! descriptions are our own.

mod kinds;
mod structural;

use std::sync::LazyLock;

pub use kinds::{Column, KINDS, Kind, Scope};

use super::api::{GROUP, VERSION};
use crate::yaml::{Array, ArrayItem, Map, MapItem, Node};

/// The definitions, as the API server takes them, in the order of [`KINDS`].
pub fn definitions() -> Vec<Node> {
    KINDS.iter().map(definition).collect()
}

/// The schema of the objects of a kind, from `apiVersion` down.
pub fn schema(kind: &str) -> Option<&'static Node> {
    static SCHEMAS: LazyLock<Vec<Node>> = LazyLock::new(|| KINDS.iter().map(object_schema).collect());
    let index = KINDS.iter().position(|known| known.name == kind)?;
    SCHEMAS.get(index)
}

fn definition(kind: &Kind) -> Node {
    let text = |text: &str| Node::str(text);
    let texts = |texts: &[&str]| list(texts.iter().map(|each| text(each)).collect());
    let mut names = vec![
        ("kind", text(kind.name)),
        ("listKind", text(&format!("{}List", kind.name))),
        ("plural", text(kind.plural)),
        ("shortNames", texts(&[kind.short_name])),
        ("singular", text(&kind.name.to_lowercase())),
    ];
    if !kind.categories.is_empty() {
        names.insert(0, ("categories", texts(kind.categories)));
    }
    let columns = kind.columns.iter().map(|column| {
        map(vec![("jsonPath", text(column.path)), ("name", text(column.name)), ("type", text(column.format))])
    });
    let mut version = vec![
        ("name", text(VERSION)),
        ("schema", map(vec![("openAPIV3Schema", object_schema(kind))])),
        ("served", Node::Bool(true)),
        ("storage", Node::Bool(true)),
    ];
    if kind.status.is_some() {
        version.push(("subresources", map(vec![("status", map(Vec::new()))])));
    }
    if !kind.columns.is_empty() {
        version.insert(0, ("additionalPrinterColumns", list(columns.collect())));
    }
    map(vec![
        ("apiVersion", text("apiextensions.k8s.io/v1")),
        ("kind", text("CustomResourceDefinition")),
        ("metadata", map(vec![("name", text(&format!("{}.{GROUP}", kind.plural)))])),
        (
            "spec",
            map(vec![
                ("group", text(GROUP)),
                ("names", map(names)),
                ("scope", text(kind.scope.name())),
                ("versions", list(vec![map(version)])),
            ]),
        ),
    ])
}

fn object_schema(kind: &Kind) -> Node {
    let string =
        |description: &str| map(vec![("description", Node::str(description)), ("type", Node::str("string"))]);
    let mut properties = vec![
        ("apiVersion", string("Version of the API: carto.run/v1alpha1.")),
        ("kind", string(&format!("Kind of the object: {}.", kind.name))),
        ("metadata", map(vec![("type", Node::str("object"))])),
        ("spec", (kind.spec)()),
    ];
    properties.extend(kind.status.map(|status| ("status", status())));
    map(vec![
        ("description", Node::str(kind.description)),
        ("properties", map(properties)),
        ("required", list(vec![Node::str("metadata"), Node::str("spec")])),
        ("type", Node::str("object")),
    ])
}

fn map(items: Vec<(&str, Node)>) -> Node {
    let items = items.into_iter();
    let items = items.map(|(key, value)| MapItem { key: Node::str(key), value, ..MapItem::default() });
    Node::Map(Map { items: items.collect(), ..Map::default() }.into())
}

fn list(items: Vec<Node>) -> Node {
    let items = items.into_iter().map(|value| ArrayItem { value, ..ArrayItem::default() });
    Node::Array(Array { items: items.collect(), ..Array::default() }.into())
}

#[cfg(test)]
mod tests;
