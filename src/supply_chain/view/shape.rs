//! The Go types of the reference's values.

use super::{NULL, View};
use crate::yaml::Node;

/// What Go type a tree stands for. A null node is the type's zero value.
#[derive(Debug)]
pub enum Shape {
    /// `interface{}`: plain JSON, whatever it is.
    Any,
    /// A struct of this name that keeps JSON as text. A path may end at it, but not go into it.
    Opaque(&'static str),
    /// The text of a [`Shape::Opaque`]: `[]byte`.
    Raw,
    /// A string type of this name.
    Text(&'static str),
    /// A signed integer type of this name.
    Int(&'static str),
    /// `float64`
    Float,
    /// `bool`
    Bool,
    /// `uint8`
    Byte,
    /// `metav1.Time`
    Time,
    /// `resource.Quantity`
    Quantity,
    /// What a time or quantity keeps to itself.
    Internal,
    /// A pointer.
    Pointer(&'static Shape),
    /// A slice.
    List(&'static Shape),
    /// A map from text.
    Map(&'static Shape),
    /// A struct.
    Struct(&'static Struct),
    /// A map from text to `interface{}`, of whose values these are the types, in the order of its items.
    Context(Vec<&'static Shape>),
    /// No value at all: Go's zero `reflect.Value`.
    Nothing,
}

/// Plain JSON.
pub static ANY: Shape = Shape::Any;
/// JSON that no path goes into.
pub static OPAQUE: Shape = Shape::Opaque("v1.JSON");
/// A map of values that no path goes into: params, the inputs of a runnable.
pub static OPAQUE_MAP: Shape = Shape::Map(&OPAQUE);
/// A map from text to text: labels.
pub static STRING_MAP: Shape = Shape::Map(&Shape::Text("string"));

/// A Go struct.
#[derive(Debug)]
pub struct Struct {
    /// Its name with its package: `v1.ObjectMeta`.
    pub name: &'static str,
    /// Its fields in the order of their declaration.
    pub fields: &'static [Field],
}

/// A field of a Go struct.
#[derive(Debug)]
pub struct Field {
    /// Its name in Go.
    pub go: &'static str,
    /// Its name in JSON; empty for an embedded struct whose fields stand among those of the struct around it.
    pub json: &'static str,
    /// Its type.
    pub shape: Shape,
    /// It is left out of JSON where it is empty.
    pub omit_empty: bool,
    /// Its fields can be reached by their names in Go as if they were the outer struct's.
    pub embedded: bool,
}

impl Field {
    /// A field that JSON always has.
    pub const fn always(go: &'static str, json: &'static str, shape: Shape) -> Field {
        Field { go, json, shape, omit_empty: false, embedded: false }
    }

    /// A field with `omitempty`.
    pub const fn maybe(go: &'static str, json: &'static str, shape: Shape) -> Field {
        Field { go, json, shape, omit_empty: true, embedded: false }
    }

    /// An embedded struct, under its own name or, if that is empty, inline.
    pub const fn embedded(go: &'static str, json: &'static str, shape: Shape) -> Field {
        Field { go, json, shape, omit_empty: false, embedded: true }
    }

    /// The field's value in the tree of its struct.
    pub(crate) fn of<'a>(&'static self, owner: &'a Node) -> View<'a> {
        let node = match owner {
            _ if self.json.is_empty() => owner,
            Node::Map(map) => map.get(self.json).unwrap_or(&NULL),
            _ => &NULL,
        };
        View { node, shape: &self.shape }
    }
}

impl Struct {
    /// The field that a path names: by its name in JSON, there or inline, else by its name in Go.
    pub(super) fn find<'a>(&'static self, node: &'a Node, name: &str) -> Option<View<'a>> {
        if let Some(field) = self.fields.iter().find(|field| field.json == name) {
            return Some(field.of(node));
        }
        // The reference looks into the last of the inline structs alone, and into none behind a pointer.
        let inline = self.fields.iter().rfind(|field| field.json.is_empty() && field.embedded);
        if let Some(Field { shape: Shape::Struct(inline), .. }) = inline
            && let Some(found) = inline.find(node, name)
        {
            return Some(found);
        }
        self.by_go_name(node, name)
    }

    fn by_go_name<'a>(&'static self, node: &'a Node, name: &str) -> Option<View<'a>> {
        // Names in Go that other packages see begin with a capital letter.
        if !name.starts_with(|first: char| first.is_ascii_uppercase()) {
            return None;
        }
        if let Some(field) = self.fields.iter().find(|field| field.go == name) {
            return Some(field.of(node));
        }
        self.fields.iter().filter(|field| field.embedded).find_map(|field| {
            let target = field.of(node).indirect()?;
            match target.shape {
                Shape::Struct(inner) => inner.by_go_name(target.node, name),
                _ => None,
            }
        })
    }
}

impl View<'_> {
    /// The name of the value's type, as Go prints it.
    pub(crate) fn type_name(&self) -> String {
        match (self.shape, self.node) {
            (Shape::Any, Node::Null) => "interface {}".to_owned(),
            (Shape::Any, Node::Bool(_)) => "bool".to_owned(),
            (Shape::Any, Node::Int(_)) => "int64".to_owned(),
            (Shape::Any, Node::Uint(_) | Node::Float(_)) => "float64".to_owned(),
            (Shape::Any, Node::Str(_) | Node::Bytes(_)) => "string".to_owned(),
            (Shape::Any, Node::Map(_)) => "map[string]interface {}".to_owned(),
            (Shape::Any, Node::Array(_) | Node::DocumentSet(_)) => "[]interface {}".to_owned(),
            (shape, _) => shape.name(),
        }
    }
}

impl Shape {
    /// The name of the type, as Go prints it.
    pub(crate) fn name(&self) -> String {
        match self {
            Shape::Any => "interface {}".to_owned(),

            Shape::Raw => "[]uint8".to_owned(),
            Shape::Opaque(name) | Shape::Text(name) | Shape::Int(name) => (*name).to_owned(),
            Shape::Float => "float64".to_owned(),
            Shape::Bool => "bool".to_owned(),
            Shape::Byte => "uint8".to_owned(),
            Shape::Time => "v1.Time".to_owned(),
            Shape::Quantity => "resource.Quantity".to_owned(),
            Shape::Pointer(target) => format!("*{}", target.name()),
            Shape::List(item) => format!("[]{}", item.name()),
            // The one map type of owners that has a name of its own.
            Shape::Map(Shape::Quantity) => "v1.ResourceList".to_owned(),
            Shape::Map(item) => format!("map[string]{}", item.name()),
            Shape::Struct(fields) => fields.name.to_owned(),
            Shape::Context(_) => "map[string]interface {}".to_owned(),
            Shape::Internal => "time.Time".to_owned(),
            Shape::Nothing => "<nil>".to_owned(),
        }
    }
}
