//! A schema as a JSON Schema document (draft 2020-12), which editors read to complete and check
//! values files. Beyond the reference.

use std::sync::Arc;

use starlark::values::Heap;

use super::constraints::constraints;
use super::tree::{map, map_of};
use super::types::{Kind, Slot};
use crate::validation::Validation;
use crate::yaml::{Array, ArrayItem, MapItem, Node, Text};

/// The document for values of this type; any values without one.
pub(super) fn document<'v>(root: Option<&Slot<Validation<'v>>>, heap: Heap<'v>) -> Node {
    let mut keywords = vec![("$schema", Node::str("https://json-schema.org/draft/2020-12/schema"))];
    match root {
        Some(slot) => keywords.extend(schema_of(slot, heap)),
        None => keywords.push(("title", Node::str("Data values"))),
    }
    map(keywords)
}

fn schema_of<'v>(slot: &Slot<Validation<'v>>, heap: Heap<'v>) -> Vec<(&'static str, Node)> {
    let documentation = &slot.value.documentation;
    let value_type = slot.value.non_null();
    let refuses_null = slot.validation.as_ref().is_some_and(|validation| validation.refuses_null());
    let nullable = matches!(slot.value.kind, Kind::Nullable(_)) && !refuses_null;
    let text = |text: &Option<Text>| text.clone().filter(|text| !text.is_empty()).map(Node::Str);
    let mut keywords = Vec::new();
    keywords.extend(text(&documentation.title).map(|text| ("title", text)));
    keywords.extend(text(&documentation.description).map(|text| ("description", text)));
    if documentation.deprecated.is_some() {
        keywords.push(("deprecated", Node::Bool(true)));
    }
    if let Some(name) = value_type.json_name() {
        let name = Node::str(name);
        keywords.push(("type", if nullable { list(vec![name, Node::str("null")]) } else { name }));
    }
    if !documentation.examples.is_empty() {
        let examples = documentation.examples.iter().map(|(_, example)| example.clone());
        keywords.push(("examples", list(examples.collect())));
    }
    match &value_type.kind {
        Kind::Map(slots) => {
            let items = slots.iter().map(|slot| MapItem {
                key: slot.key.clone(),
                value: map(schema_of(slot, heap)),
                ..MapItem::default()
            });
            keywords.push(("properties", map_of(items.collect())));
            keywords.push(("additionalProperties", Node::Bool(false)));
        }
        Kind::Array { item, default } => {
            keywords.push(("items", map(schema_of(item, heap))));
            keywords.push(("default", default.clone()));
        }
        // Where null is refused it only says that there is no default.
        Kind::Scalar { default: Node::Null, .. } if refuses_null => {}
        Kind::Scalar { default, .. } | Kind::Any { default } => keywords.push(("default", default.clone())),
        Kind::Nullable(_) => {}
    }
    for (keyword, value) in constraints(slot, heap) {
        keywords.push((keyword, if keyword == "enum" && nullable { with_null(value) } else { value }));
    }
    keywords
}

fn list(values: Vec<Node>) -> Node {
    let items = values.into_iter().map(|value| ArrayItem { value, ..ArrayItem::default() });
    Node::Array(Arc::new(Array { items: items.collect(), ..Array::default() }))
}

/// Rules do not look at null where the schema allows it.
fn with_null(allowed: Node) -> Node {
    let Node::Array(array) = allowed else {
        return allowed;
    };
    let mut values: Vec<Node> = array.items.iter().map(|item| item.value.clone()).collect();
    if !values.contains(&Node::Null) {
        values.push(Node::Null);
    }
    list(values)
}
