//! What a schema says about data values: types with their defaults, documentation and rules.

use std::sync::Arc;

use crate::yaml::{Map, MapItem, Node, Pos, Text};

/// A place that holds a value: the document, an item of a map, the items of an array. `R` are its rules.
#[derive(Clone)]
pub(crate) struct Slot<R> {
    /// The key of a map's item; null elsewhere.
    pub(crate) key: Node,
    pub(crate) value: Type<R>,
    /// The value when none is given.
    pub(crate) default: Node,
    pub(crate) pos: Pos,
    /// What `@schema/validation` asks of the value.
    pub(crate) validation: Option<R>,
}

/// The type of a value.
#[derive(Clone)]
pub(crate) struct Type<R> {
    pub(crate) kind: Kind<R>,
    /// Where the schema declares it.
    pub(crate) pos: Pos,
    pub(crate) documentation: Documentation,
}

/// The kinds of types. Maps take their default from their items.
#[derive(Clone)]
pub(crate) enum Kind<R> {
    Map(Vec<Slot<R>>),
    Array {
        item: Box<Slot<R>>,
        default: Node,
    },
    Scalar {
        scalar: Scalar,
        default: Node,
    },
    /// Any value.
    Any {
        default: Node,
    },
    /// Null or a value of the type.
    Nullable(Box<Type<R>>),
}

/// The types of scalars.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scalar {
    String,
    Float,
    Integer,
    Boolean,
}

/// What a schema tells its readers about a value.
#[derive(Clone, Default)]
pub(crate) struct Documentation {
    pub(crate) title: Option<Text>,
    pub(crate) description: Option<Text>,
    /// What to use instead.
    pub(crate) deprecated: Option<Text>,
    pub(crate) examples: Vec<(Text, Node)>,
}

impl Scalar {
    /// The type of a scalar value; none for null and collections.
    pub(crate) fn of(node: &Node) -> Option<Scalar> {
        match node {
            Node::Str(_) | Node::Bytes(_) => Some(Scalar::String),
            Node::Float(_) => Some(Scalar::Float),
            Node::Int(_) | Node::Uint(_) => Some(Scalar::Integer),
            Node::Bool(_) => Some(Scalar::Boolean),
            _ => None,
        }
    }

    /// Whether it holds values of the type `other`: integers pass for floats.
    pub(crate) fn admits(self, other: Scalar) -> bool {
        self == other || (self == Scalar::Float && other == Scalar::Integer)
    }

    fn name(self) -> &'static str {
        match self {
            Scalar::String => "string",
            Scalar::Float => "float",
            Scalar::Integer => "integer",
            Scalar::Boolean => "boolean",
        }
    }
}

/// The name of a value's type in messages.
pub(crate) fn name_of(node: &Node) -> &'static str {
    match node {
        Node::Map(_) => "map",
        Node::Array(_) => "array",
        Node::DocumentSet(_) => "document set",
        scalar => Scalar::of(scalar).map_or("null", Scalar::name),
    }
}

impl<R> Slot<R> {
    /// Whether it, or what its values hold, has rules for values.
    pub(crate) fn validates(&self) -> bool {
        self.validation.is_some() || self.value.validates()
    }

    /// The same without rules.
    pub(crate) fn without_rules<S>(&self) -> Slot<S> {
        Slot {
            key: self.key.clone(),
            value: self.value.without_rules(),
            default: self.default.clone(),
            pos: self.pos,
            validation: None,
        }
    }
}

impl<R> Type<R> {
    fn validates(&self) -> bool {
        match &self.kind {
            Kind::Map(items) => items.iter().any(Slot::validates),
            Kind::Array { item, .. } => item.validates(),
            Kind::Nullable(inner) => inner.validates(),
            Kind::Scalar { .. } | Kind::Any { .. } => false,
        }
    }

    fn without_rules<S>(&self) -> Type<S> {
        let kind = match &self.kind {
            Kind::Map(items) => Kind::Map(items.iter().map(Slot::without_rules).collect()),
            Kind::Array { item, default } => {
                Kind::Array { item: Box::new(item.without_rules()), default: default.clone() }
            }
            Kind::Scalar { scalar, default } => Kind::Scalar { scalar: *scalar, default: default.clone() },
            Kind::Any { default } => Kind::Any { default: default.clone() },
            Kind::Nullable(inner) => Kind::Nullable(Box::new(inner.without_rules())),
        };
        Type { kind, pos: self.pos, documentation: self.documentation.clone() }
    }

    /// Whether nodes that it gives as defaults have annotations: those are known to one run only.
    pub(crate) fn annotates(&self) -> bool {
        match &self.kind {
            Kind::Map(items) => items.iter().any(Slot::annotates),
            Kind::Array { item, default } => item.annotates() || has_annotations(default),
            Kind::Scalar { default, .. } | Kind::Any { default } => has_annotations(default),
            Kind::Nullable(inner) => inner.annotates(),
        }
    }

    pub(crate) fn new(kind: Kind<R>, pos: Pos) -> Type<R> {
        Type { kind, pos, documentation: Documentation::default() }
    }

    /// The value when none is given and the place that holds it does not say otherwise.
    pub(crate) fn default(&self) -> Node {
        match &self.kind {
            Kind::Map(slots) => {
                let items = slots.iter().map(Slot::default_item).collect();
                Node::Map(Arc::new(Map { items, pos: self.pos, ..Map::default() }))
            }
            Kind::Array { default, .. } | Kind::Scalar { default, .. } | Kind::Any { default } => {
                default.clone()
            }
            Kind::Nullable(_) => Node::Null,
        }
    }

    /// Changes the default as far as it is not made up of those of items.
    pub(crate) fn set_default(&mut self, value: &Node) {
        match &mut self.kind {
            Kind::Map(_) => {}
            Kind::Array { default, .. } | Kind::Scalar { default, .. } | Kind::Any { default } => {
                *default = value.clone();
            }
            Kind::Nullable(inner) => inner.set_default(value),
        }
    }

    /// Its name in messages.
    pub(crate) fn name(&self) -> &'static str {
        match &self.kind {
            Kind::Map(_) => "map",
            Kind::Array { .. } => "array",
            Kind::Scalar { scalar, .. } => scalar.name(),
            Kind::Any { .. } => "any",
            Kind::Nullable(_) => "null",
        }
    }

    /// Its name in OpenAPI and JSON Schema; none for any value.
    pub(crate) fn json_name(&self) -> Option<&'static str> {
        match &self.kind {
            Kind::Map(_) => Some("object"),
            Kind::Array { .. } => Some("array"),
            Kind::Scalar { scalar: Scalar::String, .. } => Some("string"),
            Kind::Scalar { scalar: Scalar::Float, .. } => Some("number"),
            Kind::Scalar { scalar: Scalar::Integer, .. } => Some("integer"),
            Kind::Scalar { scalar: Scalar::Boolean, .. } => Some("boolean"),
            Kind::Any { .. } => None,
            Kind::Nullable(inner) => inner.json_name(),
        }
    }

    /// The type of values other than null.
    pub(crate) fn non_null(&self) -> &Type<R> {
        match &self.kind {
            Kind::Nullable(inner) => inner.non_null(),
            _ => self,
        }
    }
}

impl<R> Slot<R> {
    /// As [`Type::annotates`].
    pub(crate) fn annotates(&self) -> bool {
        has_annotations(&self.default) || self.value.annotates()
    }

    /// The item of a map where none is given.
    pub(crate) fn default_item(&self) -> MapItem {
        MapItem { key: self.key.clone(), value: self.default.clone(), pos: self.pos, ..MapItem::default() }
    }
}

fn has_annotations(node: &Node) -> bool {
    match node {
        Node::Map(map) => {
            map.items.iter().any(|item| item.notes.annotations != 0 || has_annotations(&item.value))
        }
        Node::Array(array) => {
            array.items.iter().any(|item| item.notes.annotations != 0 || has_annotations(&item.value))
        }
        Node::DocumentSet(_) => true,
        _ => false,
    }
}
