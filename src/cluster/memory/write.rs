//! What writing does to an object.

use std::sync::Arc;

use hashbrown::hash_map::EntryRef;

use super::definitions::{defined, is_definition};
use super::kinds::{GroupKind, GroupKindRef};
use super::settings::Settings;
use super::table::Table;
use super::{Memory, State, identity, in_version, version_text};
use crate::cluster::object::{put, take};
use crate::cluster::{Error, ErrorKind, Kind, Object, ObjectKey, Result, merge_patch, rfc3339};
use crate::yaml::{Map, Node, Text, json, same};

/// Fields of `metadata` that the cluster owns; writes of others do not change them.
const OWNED: [&str; 8] = [
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
    "selfLink",
];

impl State {
    /// The table of a kind, made where there is none.
    pub(super) fn table_mut(&mut self, kind: &Kind, settings: &Settings) -> Result<&mut Table> {
        let reference = GroupKindRef::from(kind);
        match self.tables.entry_ref(&reference) {
            EntryRef::Occupied(table) => Ok(table.into_mut()),
            EntryRef::Vacant(place) => {
                let info = self.defined.get(&reference).cloned().or_else(|| settings.info(kind));
                let info = info.ok_or_else(|| Error::no_match(kind))?;
                Ok(place.insert_with_key(
                    GroupKind::from(&reference),
                    Box::new(Table::new(info, kind.version.clone())),
                ))
            }
        }
    }

    /// Takes notice of an object that defines a kind. What is kept of that kind must not be lost: it stays
    /// in its scope.
    fn notice(&mut self, object: &Object) {
        if is_definition(object)
            && let Some((key, info)) = defined(object)
        {
            match self.tables.get_mut(&key) {
                Some(table) if table.len() > 0 && table.info.namespaced != info.namespaced => {}
                Some(table) => table.info = info.clone(),
                None => {}
            }
            self.defined.insert(key, info);
        }
    }

    /// The time now, as objects carry it.
    fn now(&mut self, settings: &Settings) -> Text {
        let now = settings.clock.now();
        match &self.time {
            Some((second, text)) if *second == now.as_second() => text.clone(),
            _ => {
                let text = rfc3339(now);
                self.time = Some((now.as_second(), text.clone()));
                text
            }
        }
    }
}

impl Memory {
    /// Puts an object there as it is, in place of one of that name: what it has of uid, creation time,
    /// generation and status stays, the rest is made as when it is created.
    ///
    /// # Errors
    /// As for [`create`](crate::cluster::Cluster::create), but that it may exist.
    pub fn load(&self, object: Object) -> Result<Object> {
        self.add(object, true)
    }

    pub(super) fn create_object(&self, object: Object) -> Result<Object> {
        if !object.resource_version().is_empty() {
            let message = "resourceVersion should not be set on objects to be created";
            return Err(Error::new(ErrorKind::BadRequest, message));
        }
        self.add(object, false)
    }

    fn add(&self, mut object: Object, load: bool) -> Result<Object> {
        let kind = object.kind();
        for (field, found) in [("Kind", &kind.kind), ("apiVersion", &kind.version)] {
            if found.is_empty() {
                let text = json::encode(object.node(), 0, false).unwrap_or_default();
                let message = format!("Object '{field}' is missing in '{text}'");
                return Err(Error::new(ErrorKind::BadRequest, message));
            }
        }
        let mut guard = self.write();
        let state = &mut *guard;
        let time = state.now(&self.settings);
        let version = state.version + 1;
        let table = state.table_mut(&kind, &self.settings)?;
        let (mut namespace, mut name) = object.namespace_and_name();
        if !table.info.namespaced {
            namespace = Text::default();
        }
        if name.is_empty() {
            name = generate_name(table, &kind, &namespace, &object)?;
        }
        let found = table.find(&namespace, &name);
        if found.is_some() && !load {
            return Err(Error::already_exists(&table.info.resource(&kind), &name));
        }
        if table.info.has_status && !load {
            object.remove("status");
        }
        let deletions = table.deletions();
        let has_generation = table.info.has_generation;
        object.change_metadata(|metadata| {
            let lacks = |metadata: &Map, field| !load || metadata.get(field).is_none();
            put(metadata, "name", Node::Str(name.clone()));
            if namespace.is_empty() {
                take(metadata, "namespace");
            }
            if lacks(metadata, "uid") {
                let uid = identity::uid(&[&kind.group, &kind.kind, &namespace, &name], deletions);
                put(metadata, "uid", Node::Str(uid));
            }
            put(metadata, "resourceVersion", Node::Str(version_text(version)));
            if !has_generation {
                take(metadata, "generation");
            } else if lacks(metadata, "generation") {
                put(metadata, "generation", Node::Int(1));
            }
            if lacks(metadata, "creationTimestamp") {
                put(metadata, "creationTimestamp", Node::Str(time));
            }
        });
        let before = match found {
            Some(id) => {
                let before = table.object(id).cloned();
                table.replace(id, object.clone());
                before
            }
            None => {
                table.insert(namespace, name, object.clone());
                None
            }
        };
        table.record(version, before, Some(object.clone()), self.settings.history);
        state.version = version;
        state.notice(&object);
        drop(guard);
        Ok(self.observed(object))
    }

    pub(super) fn apply_object(&self, live: &Object, wanted: &Object) -> Result<Object> {
        let key = wanted.key();
        let mut guard = self.write();
        let state = &mut *guard;
        let version = state.version + 1;
        let (table, id, before) = state.existing(&key, &self.settings)?;
        let info = &table.info;
        let mut patch = merge_patch::create(live.node(), wanted.node());
        if let Node::Map(patch) = &mut patch {
            let patch = Arc::make_mut(patch);
            if info.has_status {
                take(patch, "status");
            }
            if let Some(Node::Map(mut metadata)) = take(patch, "metadata") {
                let fields = Arc::make_mut(&mut metadata);
                fields.items.retain(|item| item.key.as_str().is_none_or(|key| !OWNED.contains(&key)));
                if !info.namespaced {
                    take(fields, "namespace");
                }
                if !fields.items.is_empty() {
                    put(patch, "metadata", Node::Map(metadata));
                }
            }
        }
        let seen = in_version(before.clone(), &key.kind);
        let mut node = seen.node().clone();
        merge_patch::apply(&mut node, &patch);
        let mut object =
            Object::try_from(node).map_err(|error| Error::new(ErrorKind::BadRequest, error.to_string()))?;
        if object.kind_name() != before.kind_name()
            || object.group() != before.group()
            || object.namespace_and_name() != before.namespace_and_name()
        {
            return Err(Error::invalid(&key.kind, &key.name, "the patch would make another object of it"));
        }
        if same(object.node(), seen.node()) {
            return Ok(seen);
        }
        let generation = if info.has_generation && changes_more_than_metadata(&before, &object) {
            Some(before.generation() + 1)
        } else {
            None
        };
        object.change_metadata(|metadata| {
            put(metadata, "resourceVersion", Node::Str(version_text(version)));
            if let Some(generation) = generation {
                put(metadata, "generation", Node::Int(generation));
            }
        });
        table.replace(id, object.clone());
        table.record(version, Some(before), Some(object.clone()), self.settings.history);
        state.version = version;
        state.notice(&object);
        drop(guard);
        Ok(self.observed(object))
    }

    pub(super) fn write_status(&self, object: &Object) -> Result<Object> {
        let key = object.key();
        let info = self.read().info(&key.kind, &self.settings);
        if info.is_some_and(|info| !info.has_status) {
            let message = "the server could not find the requested resource";
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        self.set_status(&key, object.status().cloned(), object.resource_version())
    }

    /// Gives an object a status, if it still has this version; an empty one stands for any.
    fn set_status(&self, key: &ObjectKey, status: Option<Node>, expected: &str) -> Result<Object> {
        let mut guard = self.write();
        let state = &mut *guard;
        let version = state.version + 1;
        let (table, id, before) = state.existing(key, &self.settings)?;
        if !expected.is_empty() && expected != before.resource_version() {
            return Err(Error::conflict(&table.info.resource(&key.kind), &key.name));
        }
        let unchanged = match (before.status(), &status) {
            (Some(before), Some(status)) => same(before, status),
            (before, status) => before.is_none() && status.is_none(),
        };
        if unchanged {
            return Ok(in_version(before, &key.kind));
        }
        let mut object = before.clone();
        object.set_status(status);
        object.set_resource_version(version_text(version));
        table.replace(id, object.clone());
        table.record(version, Some(before), Some(object.clone()), self.settings.history);
        state.version = version;
        Ok(in_version(object, &key.kind))
    }

    pub(super) fn delete_object(&self, key: &ObjectKey) -> Result<()> {
        let mut guard = self.write();
        let state = &mut *guard;
        let version = state.version + 1;
        let (table, id, before) = state.existing(key, &self.settings)?;
        table.remove(id);
        table.record(version, Some(before), None, self.settings.history);
        state.version = version;
        Ok(())
    }

    /// Lets the observers see an object.
    fn observed(&self, mut object: Object) -> Object {
        for observer in &self.settings.observers {
            let Some(status) = observer.observe(&object) else { continue };
            // It may be gone by now.
            if let Ok(changed) = self.set_status(&object.key(), Some(status), "") {
                object = changed;
            }
        }
        object
    }
}

impl State {
    /// An object that must be there: its table, slot and state.
    fn existing(&mut self, key: &ObjectKey, settings: &Settings) -> Result<(&mut Table, u32, Object)> {
        let table = self.table_mut(&key.kind, settings)?;
        let namespace = if table.info.namespaced { key.namespace.as_str() } else { "" };
        let found = table.find(namespace, &key.name);
        match found.and_then(|id| Some((id, table.object(id)?.clone()))) {
            Some((id, object)) => Ok((table, id, object)),
            None => Err(Error::not_found(&table.info.resource(&key.kind), &key.name)),
        }
    }
}

/// A name that begins with the object's `generateName` and is free.
fn generate_name(table: &mut Table, kind: &Kind, namespace: &Text, object: &Object) -> Result<Text> {
    let Some(prefix) = object.metadata_text("generateName").filter(|prefix| !prefix.is_empty()) else {
        let reason = "metadata.name: Required value: name or generateName is required";
        return Err(Error::invalid(kind, "", reason));
    };
    loop {
        let number = table.count_generated(namespace, prefix);
        let name = identity::generated_name(prefix, &[&kind.group, &kind.kind, namespace, prefix], number);
        if table.find(namespace, &name).is_none() {
            return Ok(name);
        }
    }
}

/// Whether anything but `metadata` and `status` differs: what makes a new generation.
fn changes_more_than_metadata(before: &Object, after: &Object) -> bool {
    let counts = |key: &str| !matches!(key, "metadata" | "status" | "apiVersion");
    let differs = |a: &Object, b: &Object| {
        a.fields().items.iter().any(|item| match item.key.as_str() {
            Some(key) => counts(key) && !b.get(key).is_some_and(|other| same(&item.value, other)),
            None => false,
        })
    };
    differs(before, after) || differs(after, before)
}
