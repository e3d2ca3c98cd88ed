//! Trees as what serde deserialises from.

use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use crate::yaml::Node;

/// Why a tree does not fit a type.
pub(super) type Error = serde::de::value::Error;

/// A value of a type from a tree.
pub fn from_node<'a, T: Deserialize<'a>>(node: &'a Node) -> Result<T, Error> {
    T::deserialize(Part(node))
}

#[derive(Clone, Copy)]
struct Part<'a>(&'a Node);

impl<'a> IntoDeserializer<'a, Error> for Part<'a> {
    type Deserializer = Part<'a>;

    fn into_deserializer(self) -> Part<'a> {
        self
    }
}

impl<'a> Part<'a> {
    /// The items of a map or array, or of the documents of a set.
    fn items(self) -> Option<Vec<Part<'a>>> {
        match self.0 {
            Node::Array(array) => Some(array.items.iter().map(|item| Part(&item.value)).collect()),
            Node::DocumentSet(set) => Some(set.items.iter().map(|item| Part(&item.value)).collect()),
            _ => None,
        }
    }
}

impl<'a> Deserializer<'a> for Part<'a> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Node::Null => visitor.visit_unit(),
            Node::Bool(value) => visitor.visit_bool(*value),
            Node::Int(value) => visitor.visit_i64(*value),
            Node::Uint(value) => visitor.visit_u64(*value),
            Node::Float(value) => visitor.visit_f64(*value),
            Node::Str(text) => visitor.visit_borrowed_str(text),
            Node::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            Node::Map(map) => {
                let pairs = map.items.iter().map(|item| (Part(&item.key), Part(&item.value)));
                let mut access = MapDeserializer::new(pairs);
                let value = visitor.visit_map(&mut access)?;
                access.end()?;
                Ok(value)
            }
            Node::Array(_) | Node::DocumentSet(_) => {
                let mut access = SeqDeserializer::new(self.items().unwrap_or_default().into_iter());
                let value = visitor.visit_seq(&mut access)?;
                access.end()?;
                Ok(value)
            }
        }
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Node::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Node::Str(text) => {
                let name: StrDeserializer<'_, Error> = text.as_str().into_deserializer();
                visitor.visit_enum(name)
            }
            Node::Map(map) if map.items.len() == 1 => visitor.visit_enum(Variant(map.items.first())),
            _ => Err(Error::invalid_type(Unexpected::Other("this"), &"a name or a map of one item")),
        }
    }

    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A variant of an enum with what it holds: a map of one item.
struct Variant<'a>(Option<&'a crate::yaml::MapItem>);

impl<'a> EnumAccess<'a> for Variant<'a> {
    type Error = Error;
    type Variant = Part<'a>;

    fn variant_seed<V: DeserializeSeed<'a>>(self, seed: V) -> Result<(V::Value, Part<'a>), Error> {
        let item = self.0.ok_or_else(|| Error::custom("a map of one item"))?;
        Ok((seed.deserialize(Part(&item.key))?, Part(&item.value)))
    }
}

impl<'a> VariantAccess<'a> for Part<'a> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        <()>::deserialize(self)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'a>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'a>>(self, _len: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'a>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Node::Map(map) => {
                let pairs = map.items.iter().map(|item| (Part(&item.key), Part(&item.value)));
                visitor.visit_map(MapDeserializer::new(pairs))
            }
            _ => Err(Error::custom("expected a map")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::from_node;
    use crate::yaml::{ParseOptions, parse};

    #[derive(Deserialize, PartialEq, Debug)]
    enum Shape {
        Point,
        Circle { radius: f64 },
        Line(Vec<i64>),
    }

    #[derive(Deserialize, PartialEq, Debug)]
    struct All<'a> {
        name: &'a str,
        size: u16,
        #[serde(default)]
        missing: bool,
        nothing: Option<i32>,
        something: Option<i32>,
        shapes: Vec<Shape>,
        labels: BTreeMap<String, String>,
    }

    #[test]
    fn a_tree_becomes_a_value() {
        let text = "
name: a
size: 7
nothing: ~
something: -1
shapes: [Point, {Circle: {radius: 1.5}}, {Line: [1, 2]}]
labels: {b: '1', c: x}
";
        let set = parse(text.as_bytes(), 0, &ParseOptions { with_comments: false, strict: false }).unwrap();
        let all: All<'_> = from_node(&set.items.first().unwrap().value).unwrap();
        let expected = All {
            name: "a",
            size: 7,
            missing: false,
            nothing: None,
            something: Some(-1),
            shapes: vec![Shape::Point, Shape::Circle { radius: 1.5 }, Shape::Line(vec![1, 2])],
            labels: [("b".to_owned(), "1".to_owned()), ("c".to_owned(), "x".to_owned())].into(),
        };
        assert_eq!(all, expected);
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let text = "{size: 70000}";
        let set = parse(text.as_bytes(), 0, &ParseOptions { with_comments: false, strict: false }).unwrap();
        let error = from_node::<BTreeMap<String, u16>>(&set.items.first().unwrap().value).unwrap_err();
        assert_eq!(error.to_string(), "invalid value: integer `70000`, expected u16");
    }
}
