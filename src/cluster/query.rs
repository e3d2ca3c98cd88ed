//! Which objects to list or watch.

use super::kind::Kind;
use super::object::Object;
use crate::yaml::Text;

/// Objects of one kind, in one namespace or all, with some labels.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Query {
    /// The kind.
    pub kind: Kind,
    /// The namespace; empty for all of them.
    pub namespace: Text,
    /// Labels that an object must have, with these values.
    pub labels: Vec<(Text, Text)>,
}

impl Query {
    /// All objects of a kind.
    pub fn all(kind: Kind) -> Query {
        Query { kind, ..Query::default() }
    }

    /// Only those of a namespace; empty for all of them.
    #[must_use]
    pub fn in_namespace(mut self, namespace: impl Into<Text>) -> Query {
        self.namespace = namespace.into();
        self
    }

    /// Only those that have this label as well.
    #[must_use]
    pub fn labelled(mut self, key: impl Into<Text>, value: impl Into<Text>) -> Query {
        self.labels.push((key.into(), value.into()));
        self
    }

    /// Whether an object of this kind has the namespace and the labels.
    pub fn matches(&self, object: &Object) -> bool {
        (self.namespace.is_empty() || object.namespace() == self.namespace) && self.matches_labels(object)
    }

    /// Whether an object has the labels.
    pub fn matches_labels(&self, object: &Object) -> bool {
        self.labels.iter().all(|(key, value)| object.label(key) == Some(value))
    }
}

/// What a query found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct List {
    /// The objects, by namespace and name.
    pub items: Vec<Object>,
    /// The version of the cluster at that time: where to watch from.
    pub resource_version: Text,
}
