//! A cluster in this process: the same calls give the same answers, uids, versions and generated names.
//!
//! It keeps the rules of the API server that supply chains can see; it checks no schemas, names or rights,
//! needs no `Namespace` objects and collects no garbage. An empty one costs next to nothing, a million objects
//! are no trouble: finding by labels uses an index.

mod definitions;
mod identity;
mod index;
mod kinds;
mod settings;
mod table;
mod write;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use hashbrown::HashMap;

use self::kinds::{GroupKind, GroupKindRef};
pub use self::kinds::{KindInfo, guess_plural};
pub use self::settings::{Observer, Settings};
use self::table::Table;
use super::{Cluster, Error, ErrorKind, Kind, List, Object, ObjectKey, Query, Resource, Result, Watch};
use crate::yaml::{Node, Text};

/// A cluster in this process.
#[derive(Debug)]
pub struct Memory {
    settings: Arc<Settings>,
    state: RwLock<State>,
}

/// All that changes.
#[derive(Default)]
struct State {
    /// The number of writes so far: the newest resource version.
    version: u64,
    tables: HashMap<GroupKind, Box<Table>>,
    /// The kinds that objects of the cluster define.
    defined: HashMap<GroupKind, KindInfo>,
    /// The last second something was created in, and how it is written.
    time: Option<(i64, Text)>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let objects: usize = self.tables.values().map(|table| table.len()).sum();
        f.debug_struct("State").field("version", &self.version).field("objects", &objects).finish()
    }
}

impl Default for Memory {
    fn default() -> Memory {
        Memory::new()
    }
}

impl Memory {
    /// An empty cluster with the default settings.
    pub fn new() -> Memory {
        Memory::with(Settings::shared_default())
    }

    /// An empty cluster with these settings.
    pub fn with(settings: Arc<Settings>) -> Memory {
        Memory { settings, state: RwLock::default() }
    }

    /// How it behaves.
    pub fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.read().tables.values().map(|table| table.len()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All objects, by group, kind, namespace and name.
    pub fn objects(&self) -> Vec<Object> {
        let state = self.read();
        let mut tables: Vec<_> = state.tables.iter().collect();
        tables.sort_unstable_by(|(a, _), (b, _)| (&a.group, &a.kind).cmp(&(&b.group, &b.kind)));
        tables.into_iter().flat_map(|(_, table)| table.select(&Query::default())).collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn table(&self, kind: &Kind) -> Option<&Table> {
        self.tables.get(&GroupKindRef::from(kind)).map(|table| &**table)
    }

    /// How the objects of a kind are kept.
    fn info(&self, kind: &Kind, settings: &Settings) -> Option<KindInfo> {
        if let Some(table) = self.table(kind) {
            return Some(table.info.clone());
        }
        match self.defined.get(&GroupKindRef::from(kind)) {
            Some(info) => Some(info.clone()),
            None => settings.info(kind),
        }
    }
}

impl Cluster for Memory {
    fn get(&self, key: &ObjectKey) -> Result<Object> {
        if key.name.is_empty() {
            return Err(Error::new(ErrorKind::BadRequest, "resource name may not be empty"));
        }
        let state = self.read();
        let found = state.table(&key.kind).and_then(|table| {
            let namespace = if table.info.namespaced { key.namespace.as_str() } else { "" };
            let object = table.object(table.find(namespace, &key.name)?)?.clone();
            Some((object, table.all_in(&key.kind.version)))
        });
        match found {
            Some((object, true)) => Ok(object),
            Some((object, false)) => Ok(in_version(object, &key.kind)),
            None => {
                drop(state);
                let resource = self.resource(&key.kind).ok_or_else(|| Error::no_match(&key.kind))?;
                Err(Error::not_found(&resource, &key.name))
            }
        }
    }

    fn list(&self, query: &Query) -> Result<List> {
        let state = self.read();
        let items = match state.table(&query.kind) {
            Some(table) if table.all_in(&query.kind.version) => table.select(query),
            Some(table) => {
                table.select(query).into_iter().map(|item| in_version(item, &query.kind)).collect()
            }
            None if state.info(&query.kind, &self.settings).is_none() => {
                return Err(Error::no_match(&query.kind));
            }
            None => Vec::new(),
        };
        let resource_version = version_text(state.version);
        drop(state);
        Ok(List { items, resource_version })
    }

    fn create(&self, object: Object) -> Result<Object> {
        self.create_object(object)
    }

    fn apply(&self, live: &Object, wanted: &Object) -> Result<Object> {
        self.apply_object(live, wanted)
    }

    fn update_status(&self, object: &Object) -> Result<Object> {
        self.write_status(object)
    }

    fn delete(&self, key: &ObjectKey) -> Result<()> {
        self.delete_object(key)
    }

    fn watch(&self, query: &Query, from: &str) -> Result<Watch> {
        let after = match from {
            "" => None,
            text => Some(text.parse().map_err(|_| {
                Error::new(ErrorKind::BadRequest, format!("invalid resource version: {text:?}"))
            })?),
        };
        let mut state = self.write();
        let newest = state.version;
        if let Some(after) = after.filter(|after| *after > newest) {
            let message = format!("Too large resource version: {after}, current: {newest}");
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        state.table_mut(&query.kind, &self.settings)?.watch(query, after, self.settings.history)
    }

    fn resource(&self, kind: &Kind) -> Option<Resource> {
        Some(self.read().info(kind, &self.settings)?.resource(kind))
    }
}

/// A resource version as objects carry it.
fn version_text(mut version: u64) -> Text {
    // Written for each object; formatting would take a tenth of the time of creating one.
    let mut digits = [0; 20];
    let mut start = digits.len();
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (version % 10) as u8;
        version /= 10;
        start -= 1;
        if version == 0 {
            break;
        }
    }
    Text::new(digits.get(start..).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or_default())
}

/// The object as it shows in the version asked for. Versions differ in nothing else, as with definitions of
/// kinds that have no converter.
fn in_version(mut object: Object, kind: &Kind) -> Object {
    let api_version = object.api_version();
    // Its group is that of the kind.
    if api_version.len() != kind.group.len() + kind.version.len() + usize::from(!kind.group.is_empty())
        || !api_version.ends_with(kind.version.as_str())
    {
        object.set("apiVersion", Node::Str(kind.api_version()));
    }
    object
}

#[cfg(test)]
mod tests;
