//! Trees as serde values: a tree stands as a field of any type.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::node::{Array, ArrayItem, Map, MapItem, Node, Origin, Text};

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Node::Null => serializer.serialize_unit(),
            Node::Bool(value) => serializer.serialize_bool(*value),
            Node::Int(value) => serializer.serialize_i64(*value),
            Node::Uint(value) => serializer.serialize_u64(*value),
            Node::Float(value) => serializer.serialize_f64(*value),
            Node::Str(text) => serializer.serialize_str(text),
            Node::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Node::Map(map) => serializer.collect_map(map.items.iter().map(|item| (&item.key, &item.value))),
            Node::Array(array) => serializer.collect_seq(array.items.iter().map(|item| &item.value)),
            Node::DocumentSet(set) => serializer.collect_seq(set.items.iter().map(|item| &item.value)),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(whole(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Str(Text::new(text)))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Node, E> {
        Ok(Node::from_bytes(bytes))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut items = Vec::with_capacity(access.size_hint().unwrap_or_default().min(1024));
        while let Some(value) = access.next_element()? {
            items.push(ArrayItem { value, ..ArrayItem::default() });
        }
        Ok(array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut items = Vec::with_capacity(access.size_hint().unwrap_or_default().min(1024));
        while let Some((key, value)) = access.next_entry::<Node, Node>()? {
            // How serde_json hands over numbers when it is built to keep all their digits.
            if let (Some("$serde_json::private::Number"), Some(digits)) = (key.as_str(), value.as_str()) {
                return super::json::read(digits.as_bytes()).map_err(serde::de::Error::custom);
            }
            items.push(MapItem { key, value, ..MapItem::default() });
        }
        Ok(map(items))
    }
}

fn whole(value: u64) -> Node {
    i64::try_from(value).map_or(Node::Uint(value), Node::Int)
}

fn array(items: Vec<ArrayItem>) -> Node {
    Node::Array(Arc::new(Array { items, origin: Origin::Yaml, ..Array::default() }))
}

fn map(items: Vec<MapItem>) -> Node {
    Node::Map(Arc::new(Map { items, origin: Origin::Yaml, ..Map::default() }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::collections::BTreeMap;

    use serde::{Deserialize, Serialize};

    use crate::yaml::{Node, from_node, json, to_node};

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(rename_all = "camelCase")]
    struct Part {
        the_name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<Node>,
        shape: Shape,
        all: BTreeMap<String, Vec<u64>>,
    }

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    enum Shape {
        Point,
        Circle(f64),
        Box { wide: u8 },
    }

    fn text(node: &Node) -> String {
        let mut out = String::new();
        json::write(&mut out, node).unwrap();
        out
    }

    #[test]
    fn values_become_trees_and_come_back() {
        for shape in [Shape::Point, Shape::Circle(1.5), Shape::Box { wide: 2 }] {
            let value = json::read(br#"{"b":[1,18446744073709551615,-2.5,null,true],"a":"x"}"#).unwrap();
            let part = Part {
                the_name: "n".into(),
                value: Some(value),
                shape,
                all: [("k".to_owned(), vec![1, u64::MAX])].into(),
            };
            let node = to_node(&part).unwrap();
            assert_eq!(from_node::<Part>(&node).unwrap(), part);
        }
        let node = to_node(&(1, "a", Shape::Box { wide: 2 }, None::<u8>)).unwrap();
        assert_eq!(text(&node), r#"[1,"a",{"Box":{"wide":2}},null]"#);
    }

    #[test]
    fn trees_stand_in_what_other_formats_hold() {
        let text = r#"{"theName":"n","value":{"f":1.50,"i":12,"big":18446744073709551615},"shape":"Point","all":{}}"#;
        let part: Part = serde_json::from_str(text).unwrap();
        let value = part.value.as_ref().unwrap();
        assert_eq!(*value, json::read(br#"{"f":1.5,"i":12,"big":18446744073709551615}"#).unwrap());
        assert_eq!(
            serde_json::to_string(&part).unwrap(),
            r#"{"theName":"n","value":{"f":1.5,"i":12,"big":18446744073709551615},"shape":"Point","all":{}}"#
        );
    }
}
