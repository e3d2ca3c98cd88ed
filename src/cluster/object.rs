//! One Kubernetes object.

use std::fmt;
use std::sync::Arc;

use super::kind::{Kind, ObjectKey, split_api_version};
use super::owner_reference::OwnerReference;
use crate::yaml::{Array, ArrayItem, Map, MapItem, Node, Origin, Pos, Text};

/// A Kubernetes object: a tree whose root is a map. Clones share the tree; a change copies no more than the
/// maps on its way.
///
/// Accessors of text give an empty text where the field is missing or is no text: the Kubernetes API makes
/// no difference between the two.
#[derive(Clone, Debug, PartialEq)]
pub struct Object(
    /// INVARIANT: a map.
    Node,
);

static NOTHING: Map = Map { items: Vec::new(), pos: Pos::UNKNOWN, origin: Origin::Yaml };

/// A value that cannot be an object because it is no map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct NotAnObject {
    /// What it is: `array`, `string`, ...
    pub found: &'static str,
}

impl fmt::Display for NotAnObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected an object, found {}", self.found)
    }
}

impl std::error::Error for NotAnObject {}

impl TryFrom<Node> for Object {
    type Error = NotAnObject;

    fn try_from(node: Node) -> Result<Object, NotAnObject> {
        let found = match node {
            Node::Map(_) => return Ok(Object(node)),
            Node::Null => "null",
            Node::Bool(_) => "boolean",
            Node::Int(_) | Node::Uint(_) | Node::Float(_) => "number",
            Node::Str(_) | Node::Bytes(_) => "string",
            Node::Array(_) => "array",
            Node::DocumentSet(_) => "documents",
        };
        Err(NotAnObject { found })
    }
}

impl From<Object> for Node {
    fn from(object: Object) -> Node {
        object.0
    }
}

impl Object {
    /// An object with nothing but its identity; an empty namespace is left out.
    pub fn new(key: &ObjectKey) -> Object {
        let mut object = Object(Node::Map(Arc::default()));
        object.set("apiVersion", Node::Str(key.kind.api_version()));
        object.set("kind", Node::Str(key.kind.kind.clone()));
        object.set_name(key.name.clone());
        object.set_namespace(key.namespace.clone());
        object
    }

    /// The tree: a map.
    pub fn node(&self) -> &Node {
        &self.0
    }

    /// The fields of the root.
    pub fn fields(&self) -> &Map {
        map(Some(&self.0)).unwrap_or(&NOTHING)
    }

    /// The fields of the root, for changes.
    fn change(&mut self, change: impl FnOnce(&mut Map)) {
        if let Node::Map(map) = &mut self.0 {
            change(unshared(map, ROOT_ROOM));
        }
    }

    /// A field of the root.
    pub fn get(&self, field: &str) -> Option<&Node> {
        self.fields().get(field)
    }

    /// The value at a path of keys, if there is one and all above it are maps.
    pub fn get_path(&self, path: &[&str]) -> Option<&Node> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.fields().get(first)?, |node, key| match node {
            Node::Map(map) => map.get(key),
            _ => None,
        })
    }

    /// Whether both are the same tree in memory; other trees may still mean the same, see
    /// [`yaml::same`](crate::yaml::same).
    pub fn is(&self, other: &Object) -> bool {
        matches!((&self.0, &other.0), (Node::Map(a), Node::Map(b)) if Arc::ptr_eq(a, b))
    }

    /// `apiVersion`.
    pub fn api_version(&self) -> &str {
        text(self.fields().get("apiVersion"))
    }

    /// The API group; empty for the core group.
    pub fn group(&self) -> &str {
        split_api_version(self.api_version()).0
    }

    /// The version of the API group.
    pub fn version(&self) -> &str {
        split_api_version(self.api_version()).1
    }

    /// The field `kind`.
    pub fn kind_name(&self) -> &str {
        text(self.fields().get("kind"))
    }

    /// Group, version and kind.
    pub fn kind(&self) -> Kind {
        Kind::from_api_version(self.api_version(), self.kind_name())
    }

    /// What names the object.
    pub fn key(&self) -> ObjectKey {
        let (namespace, name) = self.namespace_and_name();
        ObjectKey { kind: self.kind(), namespace, name }
    }

    /// Namespace and name.
    pub(super) fn namespace_and_name(&self) -> (Text, Text) {
        let field = |name| self.metadata_text(name).cloned().unwrap_or_default();
        (field("namespace"), field("name"))
    }

    /// `metadata`, if it is a map.
    pub fn metadata(&self) -> Option<&Map> {
        map(self.fields().get("metadata"))
    }

    /// A field of `metadata`.
    pub fn get_metadata(&self, field: &str) -> Option<&Node> {
        self.metadata()?.get(field)
    }

    /// A field of `metadata` that is text.
    pub(super) fn metadata_text(&self, field: &str) -> Option<&Text> {
        match self.get_metadata(field) {
            Some(Node::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// `metadata.name`.
    pub fn name(&self) -> &str {
        text(self.get_metadata("name"))
    }

    /// `metadata.generateName`.
    pub fn generate_name(&self) -> &str {
        text(self.get_metadata("generateName"))
    }

    /// `metadata.namespace`.
    pub fn namespace(&self) -> &str {
        text(self.get_metadata("namespace"))
    }

    /// `metadata.uid`.
    pub fn uid(&self) -> &str {
        text(self.get_metadata("uid"))
    }

    /// `metadata.resourceVersion`.
    pub fn resource_version(&self) -> &str {
        text(self.get_metadata("resourceVersion"))
    }

    /// `metadata.creationTimestamp`: RFC 3339 in UTC and whole seconds, so that texts compare as times.
    pub fn creation_timestamp(&self) -> &str {
        text(self.get_metadata("creationTimestamp"))
    }

    /// `metadata.generation`; 0 where it is missing.
    pub fn generation(&self) -> i64 {
        whole_number(self.get_metadata("generation")).unwrap_or(0)
    }

    /// The labels that are text, in the order they stand.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        texts(self.get_metadata("labels"))
    }

    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        map(self.get_metadata("labels"))?.get(key)?.as_str()
    }

    /// The annotations that are text, in the order they stand.
    pub fn annotations(&self) -> impl Iterator<Item = (&str, &str)> {
        texts(self.get_metadata("annotations"))
    }

    /// The value of an annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        map(self.get_metadata("annotations"))?.get(key)?.as_str()
    }

    /// `metadata.ownerReferences`.
    pub fn owner_references(&self) -> impl Iterator<Item = OwnerReference> {
        let items = match self.get_metadata("ownerReferences") {
            Some(Node::Array(array)) => array.items.as_slice(),
            _ => &[],
        };
        items.iter().filter_map(|item| Some(OwnerReference::from_map(map(Some(&item.value))?)))
    }

    /// The owner that manages the object, if one does.
    pub fn controller(&self) -> Option<OwnerReference> {
        self.owner_references().find(|owner| owner.controller)
    }

    /// `spec`.
    pub fn spec(&self) -> Option<&Node> {
        self.fields().get("spec")
    }

    /// `status`.
    pub fn status(&self) -> Option<&Node> {
        self.fields().get("status")
    }

    /// `status.observedGeneration`.
    pub fn observed_generation(&self) -> Option<i64> {
        whole_number(map(self.status())?.get("observedGeneration"))
    }

    /// Sets a field of the root.
    pub fn set(&mut self, field: &str, value: Node) {
        self.change(|fields| put(fields, field, value));
    }

    /// Removes a field of the root.
    pub fn remove(&mut self, field: &str) {
        if self.fields().get(field).is_some() {
            self.change(|fields| _ = take(fields, field));
        }
    }

    /// Sets a field of `metadata`, which is made a map if it is none.
    pub fn set_metadata(&mut self, field: &str, value: Node) {
        self.change_metadata(|metadata| put(metadata, field, value));
    }

    /// Removes a field of `metadata`.
    pub fn remove_metadata(&mut self, field: &str) {
        if self.get_metadata(field).is_some() {
            self.change_metadata(|metadata| _ = take(metadata, field));
        }
    }

    /// Changes `metadata`.
    pub(super) fn change_metadata(&mut self, change: impl FnOnce(&mut Map)) {
        self.change(|fields| change_map(fields, "metadata", change));
    }

    fn set_metadata_text(&mut self, field: &str, value: Text) {
        if value.is_empty() {
            self.remove_metadata(field);
        } else {
            self.set_metadata(field, Node::Str(value));
        }
    }

    /// Sets `metadata.name`; an empty text removes it.
    pub fn set_name(&mut self, name: impl Into<Text>) {
        self.set_metadata_text("name", name.into());
    }

    /// Sets `metadata.namespace`; an empty text removes it.
    pub fn set_namespace(&mut self, namespace: impl Into<Text>) {
        self.set_metadata_text("namespace", namespace.into());
    }

    /// Sets `metadata.uid`; an empty text removes it.
    pub fn set_uid(&mut self, uid: impl Into<Text>) {
        self.set_metadata_text("uid", uid.into());
    }

    /// Sets `metadata.resourceVersion`; an empty text removes it.
    pub fn set_resource_version(&mut self, version: impl Into<Text>) {
        self.set_metadata_text("resourceVersion", version.into());
    }

    /// Sets one label.
    pub fn set_label(&mut self, key: &str, value: impl Into<Text>) {
        self.merge_labels([(key, value)]);
    }

    /// Sets labels; others stay.
    pub fn merge_labels<K: AsRef<str>, V: Into<Text>>(&mut self, labels: impl IntoIterator<Item = (K, V)>) {
        self.merge_texts("labels", labels);
    }

    /// Sets one annotation.
    pub fn set_annotation(&mut self, key: &str, value: impl Into<Text>) {
        self.merge_texts("annotations", [(key, value)]);
    }

    fn merge_texts<K: AsRef<str>, V: Into<Text>>(
        &mut self,
        field: &str,
        texts: impl IntoIterator<Item = (K, V)>,
    ) {
        self.change_metadata(|metadata| {
            change_map(metadata, field, |map| {
                for (key, value) in texts {
                    put(map, key.as_ref(), Node::Str(value.into()));
                }
            });
        });
    }

    /// Replaces `metadata.ownerReferences`.
    pub fn set_owner_references(&mut self, owners: &[OwnerReference]) {
        let items =
            owners.iter().map(|owner| ArrayItem { value: owner.to_node(), ..ArrayItem::default() }).collect();
        let array = Array { items, ..Array::default() };
        self.set_metadata("ownerReferences", Node::Array(Arc::new(array)));
    }

    /// Sets or removes `status`.
    pub fn set_status(&mut self, status: Option<Node>) {
        match status {
            Some(status) => self.set("status", status),
            None => self.remove("status"),
        }
    }
}

pub(super) fn text(node: Option<&Node>) -> &str {
    node.and_then(Node::as_str).unwrap_or_default()
}

fn map(node: Option<&Node>) -> Option<&Map> {
    match node {
        Some(Node::Map(map)) => Some(map),
        _ => None,
    }
}

fn texts(node: Option<&Node>) -> impl Iterator<Item = (&str, &str)> {
    let items = map(node).map_or(&[] as &[MapItem], |map| &map.items);
    items.iter().filter_map(|item| Some((item.key.as_str()?, item.value.as_str()?)))
}

fn whole_number(node: Option<&Node>) -> Option<i64> {
    match node {
        Some(Node::Int(value)) => Some(*value),
        // JSON readers that know but one type of numbers make floats of them.
        Some(Node::Float(value)) if value.fract() == 0.0 && value.abs() < 9e15 => Some(*value as i64),
        _ => None,
    }
}

/// Sets the item with this key.
pub(super) fn put(map: &mut Map, key: &str, value: Node) {
    match map.items.iter_mut().find(|item| item.key.as_str() == Some(key)) {
        Some(item) => item.value = value,
        None => map.items.push(MapItem { key: Node::str(key), value, ..MapItem::default() }),
    }
}

/// Removes the item with this key.
pub(super) fn take(map: &mut Map, key: &str) -> Option<Node> {
    let index = map.items.iter().position(|item| item.key.as_str() == Some(key))?;
    Some(map.items.remove(index).value)
}

/// Changes the map at this key, made where there is none.
fn change_map(map: &mut Map, key: &str, change: impl FnOnce(&mut Map)) {
    let found = map.items.iter_mut().find(|item| item.key.as_str() == Some(key));
    let mut inner = match found.map(|item| std::mem::take(&mut item.value)) {
        Some(Node::Map(inner)) => inner,
        _ => Arc::default(),
    };
    change(unshared(&mut inner, METADATA_ROOM));
    put(map, key, Node::Map(inner));
}

/// How many fields the cluster adds to `metadata`, and to the root later: the status.
const METADATA_ROOM: usize = 4;
const ROOT_ROOM: usize = 1;

/// The map for changes. A copy has room for so many more items.
fn unshared(map: &mut Arc<Map>, room: usize) -> &mut Map {
    if Arc::get_mut(map).is_none() {
        let mut items = Vec::with_capacity(map.items.len() + room);
        items.extend_from_slice(&map.items);
        *map = Arc::new(Map { items, pos: map.pos, origin: map.origin });
    }
    Arc::make_mut(map)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::Object;
    use crate::cluster::{Kind, ObjectKey, OwnerReference};
    use crate::yaml::{Node, json, same};

    fn read(text: &str) -> Node {
        json::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn fields_are_read() {
        let object = Object::try_from(read(
            r#"{"apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": "n", "namespace": "ns", "uid": "u", "generation": 3.0,
                             "labels": {"a": "b", "c": 1}, "annotations": {"d": "e"}},
                "spec": {"replicas": 2}, "status": {"observedGeneration": 2}}"#,
        ))
        .unwrap();
        assert_eq!(object.key(), ObjectKey::new(Kind::new("apps", "v1", "Deployment"), "ns", "n"));
        assert_eq!((object.group(), object.version()), ("apps", "v1"));
        assert_eq!((object.uid(), object.generate_name(), object.resource_version()), ("u", "", ""));
        assert_eq!((object.generation(), object.observed_generation()), (3, Some(2)));
        assert_eq!(object.labels().collect::<Vec<_>>(), [("a", "b")]);
        assert_eq!((object.annotation("d"), object.annotation("a")), (Some("e"), None));
        assert_eq!(object.get_path(&["spec", "replicas"]), Some(&Node::Int(2)));
        assert_eq!(object.get_path(&["spec", "replicas", "x"]), None);
        assert_eq!(object.kind().to_string(), "Deployment.apps");
    }

    #[test]
    fn other_values_are_no_objects() {
        for (text, found) in [("[]", "array"), ("null", "null"), ("1.5", "number"), (r#""a""#, "string")] {
            let error = Object::try_from(read(text)).unwrap_err();
            assert_eq!(error.to_string(), format!("expected an object, found {found}"));
        }
    }

    #[test]
    fn changes_do_not_reach_clones() {
        let mut object = Object::new(&ObjectKey::new(Kind::new("", "v1", "ConfigMap"), "ns", "n"));
        object.set_label("a", "1");
        let clone = object.clone();
        object.merge_labels([("a", "2"), ("b", "3")]);
        object.set_namespace("");
        object.set_owner_references(&[OwnerReference::controller_of(&clone)]);
        object.set_status(Some(Node::Bool(true)));
        let text = r#"{"apiVersion": "v1", "kind": "ConfigMap",
                       "metadata": {"name": "n", "namespace": "ns", "labels": {"a": "1"}}}"#;
        assert!(same(clone.node(), &read(text)));
        let text = r#"{"apiVersion": "v1", "kind": "ConfigMap", "status": true,
                       "metadata": {"name": "n", "labels": {"a": "2", "b": "3"}, "ownerReferences": [
                         {"apiVersion": "v1", "kind": "ConfigMap", "name": "n", "uid": "", "controller": true,
                          "blockOwnerDeletion": true}]}}"#;
        assert!(same(object.node(), &read(text)));
        assert_eq!(object.owner_references().count(), 1);
        object.set_status(None);
        assert_eq!(object.status(), None);
    }

    /// A `metadata` that is no map is none.
    #[test]
    fn strange_metadata_is_replaced() {
        let mut object = Object::try_from(read(r#"{"metadata": [1]}"#)).unwrap();
        assert_eq!(object.name(), "");
        object.set_name("n");
        assert_eq!(object.name(), "n");
    }
}
