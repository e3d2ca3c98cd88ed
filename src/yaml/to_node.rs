//! Anything that serialises as a tree: what reading the JSON that serde_json writes for it would give.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde::ser::{
    Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::{Array, ArrayItem, MAX_DEPTH, Map, MapItem, Node, Origin, Text, json};

/// Anything that serialises as a tree without positions: the one that reading the JSON of it would give.
///
/// # Errors
/// Keys that are not text, values that nest too deep, and what the value itself complains about.
pub fn to_node(value: &(impl Serialize + ?Sized)) -> Result<Node, Error> {
    value.serialize(Tree { depth: 0 })
}

/// Why a value has no tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl serde::ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Error {
        Error(message.to_string())
    }
}

/// How many items a map may have before its keys are indexed.
const INDEX_FROM: usize = 16;

/// The names of structs that serde_json hands its own texts over in.
const TEXTS: [&str; 2] = ["$serde_json::private::Number", "$serde_json::private::RawValue"];

fn number(text: &str) -> Result<Node, Error> {
    json::read(text.as_bytes()).map_err(|error| Error(error.to_string()))
}

fn map(items: Vec<MapItem>) -> Node {
    Node::Map(Arc::new(Map { items, origin: Origin::Code, ..Map::default() }))
}

fn array(items: Vec<ArrayItem>) -> Node {
    Node::Array(Arc::new(Array { items, origin: Origin::Code, ..Array::default() }))
}

/// The value of an enum's variant: a map of one item.
fn variant(name: &'static str, value: Node) -> Node {
    map(vec![MapItem { key: Node::str(name), value, ..MapItem::default() }])
}

/// Makes one node.
#[derive(Clone, Copy)]
struct Tree {
    depth: usize,
}

impl Tree {
    fn below(self) -> Result<Tree, Error> {
        if self.depth >= MAX_DEPTH {
            return Err(Error(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(Tree { depth: self.depth + 1 })
    }

    fn items(self, name: Option<&'static str>, count: Option<usize>) -> Result<Items, Error> {
        // A hint may be anything.
        let values = Vec::with_capacity(count.unwrap_or(0).min(1024));
        Ok(Items { tree: self.below()?, name, values })
    }

    fn fields(self, name: Option<&'static str>, count: Option<usize>) -> Result<Fields, Error> {
        let items = Vec::with_capacity(count.unwrap_or(0).min(1024));
        Ok(Fields { tree: self.below()?, name, items, places: None, key: None, text: None })
    }
}

impl Serializer for Tree {
    type Ok = Node;
    type Error = Error;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Fields;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Fields;

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

    fn serialize_i128(self, value: i128) -> Result<Node, Error> {
        number(&value.to_string())
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
        Ok(i64::try_from(value).map_or(Node::Uint(value), Node::Int))
    }

    fn serialize_u128(self, value: u128) -> Result<Node, Error> {
        number(&value.to_string())
    }

    fn serialize_f32(self, value: f32) -> Result<Node, Error> {
        // The shortest text that is this number, read with more digits: 0.1 stays 0.1.
        self.serialize_f64(value.to_string().parse().unwrap_or(f64::NAN))
    }

    fn serialize_f64(self, value: f64) -> Result<Node, Error> {
        Ok(if value.is_finite() { Node::Float(value) } else { Node::Null })
    }

    fn serialize_char(self, value: char) -> Result<Node, Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<Node, Error> {
        Ok(Node::str(value))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Node, Error> {
        let item = |byte: &u8| ArrayItem { value: Node::Int((*byte).into()), ..ArrayItem::default() };
        Ok(array(value.iter().map(item).collect()))
    }

    fn serialize_none(self) -> Result<Node, Error> {
        Ok(Node::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Node, Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Node, Error> {
        Ok(Node::Null)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Node, Error> {
        Ok(Node::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Node, Error> {
        Ok(Node::str(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<Node, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        name: &'static str,
        value: &T,
    ) -> Result<Node, Error> {
        Ok(variant(name, value.serialize(self.below()?)?))
    }

    fn serialize_seq(self, count: Option<usize>) -> Result<Items, Error> {
        self.items(None, count)
    }

    fn serialize_tuple(self, count: usize) -> Result<Items, Error> {
        self.items(None, Some(count))
    }

    fn serialize_tuple_struct(self, _name: &'static str, count: usize) -> Result<Items, Error> {
        self.items(None, Some(count))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        count: usize,
    ) -> Result<Items, Error> {
        self.items(Some(variant), Some(count))
    }

    fn serialize_map(self, count: Option<usize>) -> Result<Fields, Error> {
        self.fields(None, count)
    }

    fn serialize_struct(self, name: &'static str, count: usize) -> Result<Fields, Error> {
        let mut fields = self.fields(None, Some(count))?;
        if TEXTS.contains(&name) {
            fields.text = Some(Node::Null);
        }
        Ok(fields)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        count: usize,
    ) -> Result<Fields, Error> {
        self.fields(Some(variant), Some(count))
    }
}

/// Makes an array, or a variant that holds one.
struct Items {
    tree: Tree,
    name: Option<&'static str>,
    values: Vec<ArrayItem>,
}

impl Items {
    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.values.push(ArrayItem { value: value.serialize(self.tree)?, ..ArrayItem::default() });
        Ok(())
    }

    fn finish(self) -> Result<Node, Error> {
        let value = array(self.values);
        Ok(match self.name {
            Some(name) => variant(name, value),
            None => value,
        })
    }
}

impl SerializeSeq for Items {
    type Ok = Node;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.add(value)
    }

    fn end(self) -> Result<Node, Error> {
        self.finish()
    }
}

impl SerializeTuple for Items {
    type Ok = Node;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.add(value)
    }

    fn end(self) -> Result<Node, Error> {
        self.finish()
    }
}

impl SerializeTupleStruct for Items {
    type Ok = Node;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.add(value)
    }

    fn end(self) -> Result<Node, Error> {
        self.finish()
    }
}

impl SerializeTupleVariant for Items {
    type Ok = Node;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.add(value)
    }

    fn end(self) -> Result<Node, Error> {
        self.finish()
    }
}

/// Makes a map, or a variant that holds one.
struct Fields {
    tree: Tree,
    name: Option<&'static str>,
    items: Vec<MapItem>,
    /// Where the items of a map are, once there are enough of them for a search to hurt.
    places: Option<HashMap<Text, usize>>,
    /// The key whose value comes next.
    key: Option<Text>,
    /// What the text of serde_json says, where this is one.
    text: Option<Node>,
}

impl Fields {
    /// Of repeated keys the last counts, at the place of the first.
    fn add(&mut self, key: Text, value: Node) {
        if self.items.len() == INDEX_FROM {
            let known = self.items.iter().enumerate();
            self.places =
                Some(known.filter_map(|(at, item)| Some((item.key.as_str()?.into(), at))).collect());
        }
        let next = self.items.len();
        let place = match &mut self.places {
            Some(places) => *places.entry(key.clone()).or_insert(next),
            None => self.items.iter().position(|item| item.key.as_str() == Some(&key)).unwrap_or(next),
        };
        match self.items.get_mut(place) {
            Some(item) => item.value = value,
            None => self.items.push(MapItem { key: Node::Str(key), value, ..MapItem::default() }),
        }
    }

    fn field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        let value = value.serialize(self.tree)?;
        match &mut self.text {
            Some(text) => *text = number(value.as_str().unwrap_or_default())?,
            // The fields of a struct differ.
            None => self.items.push(MapItem { key: Node::str(key), value, ..MapItem::default() }),
        }
        Ok(())
    }

    fn finish(self) -> Result<Node, Error> {
        if let Some(text) = self.text {
            return Ok(text);
        }
        let value = map(self.items);
        Ok(match self.name {
            Some(name) => variant(name, value),
            None => value,
        })
    }
}

impl SerializeMap for Fields {
    type Ok = Node;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key = Some(key.serialize(Key)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let value = value.serialize(self.tree)?;
        let key = self.key.take().ok_or_else(|| Error("a value without a key".to_owned()))?;
        self.add(key, value);
        Ok(())
    }

    fn end(self) -> Result<Node, Error> {
        self.finish()
    }
}

impl SerializeStruct for Fields {
    type Ok = Node;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        self.field(key, value)
    }

    fn end(self) -> Result<Node, Error> {
        self.finish()
    }
}

impl SerializeStructVariant for Fields {
    type Ok = Node;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        self.field(key, value)
    }

    fn end(self) -> Result<Node, Error> {
        self.finish()
    }
}

/// Makes a key: text, or what serde_json writes as text there.
struct Key;

fn no_key() -> Error {
    Error("key must be a string".to_owned())
}

macro_rules! keys_as_text {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, value: $type) -> Result<Text, Error> {
            Ok(Text::new(value.to_string()))
        })*
    };
}

impl Serializer for Key {
    type Ok = Text;
    type Error = Error;
    type SerializeSeq = Impossible<Text, Error>;
    type SerializeTuple = Impossible<Text, Error>;
    type SerializeTupleStruct = Impossible<Text, Error>;
    type SerializeTupleVariant = Impossible<Text, Error>;
    type SerializeMap = Impossible<Text, Error>;
    type SerializeStruct = Impossible<Text, Error>;
    type SerializeStructVariant = Impossible<Text, Error>;

    keys_as_text! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_i128: i128, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_u128: u128, serialize_char: char, serialize_str: &str,
    }

    fn serialize_f32(self, _value: f32) -> Result<Text, Error> {
        Err(no_key())
    }

    fn serialize_f64(self, _value: f64) -> Result<Text, Error> {
        Err(no_key())
    }

    fn serialize_bytes(self, _value: &[u8]) -> Result<Text, Error> {
        Err(no_key())
    }

    fn serialize_none(self) -> Result<Text, Error> {
        Err(no_key())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Text, Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Text, Error> {
        Err(no_key())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Text, Error> {
        Err(no_key())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Text, Error> {
        Ok(Text::new_static(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<Text, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<Text, Error> {
        Err(no_key())
    }

    fn serialize_seq(self, _count: Option<usize>) -> Result<Self::SerializeSeq, Error> {
        Err(no_key())
    }

    fn serialize_tuple(self, _count: usize) -> Result<Self::SerializeTuple, Error> {
        Err(no_key())
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _count: usize,
    ) -> Result<Self::SerializeTupleStruct, Error> {
        Err(no_key())
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _count: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Err(no_key())
    }

    fn serialize_map(self, _count: Option<usize>) -> Result<Self::SerializeMap, Error> {
        Err(no_key())
    }

    fn serialize_struct(self, _name: &'static str, _count: usize) -> Result<Self::SerializeStruct, Error> {
        Err(no_key())
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _count: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        Err(no_key())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::collections::BTreeMap;

    use serde::Serialize;

    use super::to_node;
    use crate::yaml::json;

    #[derive(Serialize)]
    enum Shape {
        Point,
        Circle(f32),
        Line(u8, i64),
        Box {
            width: u64,
            #[serde(rename = "h")]
            height: Option<f64>,
        },
    }

    #[derive(Serialize)]
    struct All<'a> {
        text: &'a str,
        letter: char,
        nothing: (),
        shapes: Vec<Shape>,
        numbers: BTreeMap<i8, u128>,
        not_a_number: f64,
        value: serde_json::Value,
    }

    /// serde_json is the specification.
    #[test]
    fn a_tree_is_what_its_json_would_give() {
        let all = All {
            text: "a\n\u{1F600}",
            letter: 'é',
            nothing: (),
            shapes: vec![
                Shape::Point,
                Shape::Circle(0.1),
                Shape::Line(1, -2),
                Shape::Box { width: u64::MAX, height: Some(2.0) },
                Shape::Box { width: 0, height: None },
            ],
            numbers: [(-1, u128::MAX), (2, 3)].into(),
            not_a_number: f64::NAN,
            value: serde_json::from_str(
                r#"{"a": [1, 2.50, -3e2, 18446744073709551615, true, null], "b": {}}"#,
            )
            .unwrap(),
        };
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(to_node(&all).unwrap(), json::read(text.as_bytes()).unwrap());
        assert_eq!(to_node(&BTreeMap::from([((1, 2), 3)])).unwrap_err().to_string(), "key must be a string");
    }
}
