//! Trees as serde values: what serialises becomes a tree, and a tree stands as a field of any type.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq, Serializer};

use super::node::{Array, ArrayItem, Map, MapItem, Node, Origin, Text};

/// Why a value has no tree.
pub(super) type Error = serde::de::value::Error;

/// Anything that serialises as a tree without positions.
///
/// # Errors
/// Keys that are not text, and what the value itself complains about.
pub fn to_node(value: &(impl Serialize + ?Sized)) -> Result<Node, Error> {
    value.serialize(TreeSerializer)
}

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

#[derive(Clone, Copy)]
struct TreeSerializer;

/// The items of a map or an array so far.
struct Items {
    map: Vec<MapItem>,
    array: Vec<ArrayItem>,
    /// The name of the enum variant that holds them.
    variant: Option<&'static str>,
}

impl Items {
    fn new(variant: Option<&'static str>, len: usize) -> Items {
        Items { map: Vec::with_capacity(len.min(1024)), array: Vec::new(), variant }
    }

    fn wrap(variant: Option<&'static str>, value: Node) -> Node {
        match variant {
            None => value,
            Some(name) => map(vec![MapItem { key: Node::str(name), value, ..MapItem::default() }]),
        }
    }

    fn push(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        self.array.push(ArrayItem { value: to_node(value)?, ..ArrayItem::default() });
        Ok(())
    }

    fn insert(&mut self, key: Node, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        self.map.push(MapItem { key, value: to_node(value)?, ..MapItem::default() });
        Ok(())
    }

    fn into_array(self) -> Node {
        Items::wrap(self.variant, array(self.array))
    }

    fn into_map(self) -> Node {
        Items::wrap(self.variant, map(self.map))
    }
}

impl SerializeSeq for Items {
    type Ok = Node;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<Node, Error> {
        Ok(self.into_array())
    }
}

impl serde::ser::SerializeTuple for Items {
    type Ok = Node;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<Node, Error> {
        Ok(self.into_array())
    }
}

impl serde::ser::SerializeTupleStruct for Items {
    type Ok = Node;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<Node, Error> {
        Ok(self.into_array())
    }
}

impl serde::ser::SerializeTupleVariant for Items {
    type Ok = Node;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<Node, Error> {
        Ok(self.into_array())
    }
}

impl SerializeMap for Items {
    type Ok = Node;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        let key = match to_node(key)? {
            Node::Map(_) | Node::Array(_) | Node::DocumentSet(_) => {
                return Err(Error::custom("a key must be a scalar"));
            }
            key => key,
        };
        self.map.push(MapItem { key, ..MapItem::default() });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let value = to_node(value)?;
        if let Some(item) = self.map.last_mut() {
            item.value = value;
        }
        Ok(())
    }

    fn end(self) -> Result<Node, Error> {
        Ok(self.into_map())
    }
}

impl serde::ser::SerializeStruct for Items {
    type Ok = Node;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        self.insert(Node::Str(Text::new_static(key)), value)
    }

    fn end(self) -> Result<Node, Error> {
        Ok(self.into_map())
    }
}

impl serde::ser::SerializeStructVariant for Items {
    type Ok = Node;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        self.insert(Node::Str(Text::new_static(key)), value)
    }

    fn end(self) -> Result<Node, Error> {
        Ok(self.into_map())
    }
}

impl Serializer for TreeSerializer {
    type Ok = Node;
    type Error = Error;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Items;
    type SerializeStruct = Items;
    type SerializeStructVariant = Items;

    fn serialize_bool(self, value: bool) -> Result<Node, Error> {
        Ok(Node::Bool(value))
    }

    fn serialize_i8(self, value: i8) -> Result<Node, Error> {
        Ok(Node::Int(value.into()))
    }

    fn serialize_i16(self, value: i16) -> Result<Node, Error> {
        Ok(Node::Int(value.into()))
    }

    fn serialize_i32(self, value: i32) -> Result<Node, Error> {
        Ok(Node::Int(value.into()))
    }

    fn serialize_i64(self, value: i64) -> Result<Node, Error> {
        Ok(Node::Int(value))
    }

    fn serialize_u8(self, value: u8) -> Result<Node, Error> {
        Ok(Node::Int(value.into()))
    }

    fn serialize_u16(self, value: u16) -> Result<Node, Error> {
        Ok(Node::Int(value.into()))
    }

    fn serialize_u32(self, value: u32) -> Result<Node, Error> {
        Ok(Node::Int(value.into()))
    }

    fn serialize_u64(self, value: u64) -> Result<Node, Error> {
        Ok(whole(value))
    }

    fn serialize_f32(self, value: f32) -> Result<Node, Error> {
        Ok(Node::Float(value.into()))
    }

    fn serialize_f64(self, value: f64) -> Result<Node, Error> {
        Ok(Node::Float(value))
    }

    fn serialize_char(self, value: char) -> Result<Node, Error> {
        Ok(Node::str(value.encode_utf8(&mut [0; 4]) as &str))
    }

    fn serialize_str(self, text: &str) -> Result<Node, Error> {
        Ok(Node::Str(Text::new(text)))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Node, Error> {
        Ok(Node::from_bytes(bytes))
    }

    fn serialize_none(self) -> Result<Node, Error> {
        Ok(Node::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Node, Error> {
        to_node(value)
    }

    fn serialize_unit(self) -> Result<Node, Error> {
        Ok(Node::Null)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Node, Error> {
        Ok(Node::Null)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<Node, Error> {
        Ok(Node::Str(Text::new_static(variant)))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<Node, Error> {
        to_node(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Node, Error> {
        Ok(Items::wrap(Some(variant), to_node(value)?))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Items, Error> {
        let mut items = Items::new(None, 0);
        items.array.reserve(len.unwrap_or_default().min(1024));
        Ok(items)
    }

    fn serialize_tuple(self, _len: usize) -> Result<Items, Error> {
        Ok(Items::new(None, 0))
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<Items, Error> {
        Ok(Items::new(None, 0))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Items, Error> {
        Ok(Items::new(Some(variant), 0))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Items, Error> {
        Ok(Items::new(None, len.unwrap_or_default()))
    }

    fn serialize_struct(self, _name: &'static str, len: usize) -> Result<Items, Error> {
        Ok(Items::new(None, len))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Items, Error> {
        Ok(Items::new(Some(variant), len))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::collections::BTreeMap;

    use serde::{Deserialize, Serialize};

    use super::to_node;
    use crate::yaml::{Node, from_node, json};

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
