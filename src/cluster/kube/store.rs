//! Objects of one kind, kept in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use super::packed::{Packed, Packer};
use crate::cluster::Object;
use crate::yaml::{Text, json};

/// What came of putting an object into a store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Put {
    /// It was not there.
    Added,
    /// It was there in an older version.
    Changed,
    /// It was there in this version or a newer one.
    Known,
}

/// Objects of one kind. They are kept as packed JSON text, which takes a fiftieth of the room of a tree.
///
/// A watch and writes both fill it; of two versions of an object the newer one stays. Resource versions of
/// one kind compare as numbers (`metadata.resourceVersion` of the Kubernetes API conventions).
#[derive(Debug, Default)]
pub struct Store {
    content: RwLock<Content>,
    state: Mutex<State>,
    /// Says that the state has changed.
    changed: Condvar,
    packer: Packer,
    /// The labels whose value names the owner of an object.
    owner_labels: &'static [&'static str],
}

/// How far a store is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    /// It is being filled.
    #[default]
    Filling,
    /// It cannot be filled, for now.
    Failing,
    /// All objects are there.
    Synced,
}

#[derive(Debug, Default)]
struct Content {
    namespaces: HashMap<Text, BTreeMap<Text, Stored>>,
    /// By namespace and owner, each sorted.
    owned: HashMap<(Text, Text), Vec<Text>>,
    count: usize,
    /// How long all packed texts are.
    bytes: usize,
}

#[derive(Debug)]
struct Stored {
    version: u64,
    owner: Option<Text>,
    json: Packed,
}

/// A resource version as a number; 0 for texts that are none.
pub(super) fn version_number(version: &str) -> u64 {
    version.parse().unwrap_or(0)
}

impl Store {
    /// An empty store that also finds objects by the values of these labels.
    pub fn new(owner_labels: &'static [&'static str]) -> Store {
        Store { owner_labels, ..Store::default() }
    }

    fn read(&self) -> RwLockReadGuard<'_, Content> {
        self.content.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Content> {
        self.content.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether all objects are there.
    pub fn is_synced(&self) -> bool {
        *self.state() == State::Synced
    }

    /// Waits at most so long until all objects are there, and tells whether they are. Does not wait for what
    /// cannot be filled.
    pub(super) fn wait_synced(&self, most: Duration) -> bool {
        let filling = |state: &mut State| *state == State::Filling;
        let waited = self.changed.wait_timeout_while(self.state(), most, filling);
        *waited.unwrap_or_else(PoisonError::into_inner).0 == State::Synced
    }

    pub(super) fn set_synced(&self) {
        *self.state() = State::Synced;
        self.changed.notify_all();
    }

    /// Says that objects cannot be listed; what was there once counts on.
    pub(super) fn set_failing(&self) {
        let mut state = self.state();
        if *state == State::Filling {
            *state = State::Failing;
        }
        drop(state);
        self.changed.notify_all();
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.read().count
    }

    /// How many bytes the objects take, packed, without what finds them.
    pub fn bytes(&self) -> usize {
        self.read().bytes
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An object.
    pub fn get(&self, namespace: &str, name: &str) -> Option<Object> {
        let packed = self.read().namespaces.get(namespace)?.get(name)?.json.clone();
        parse(&packed)
    }

    /// Whether there is such an object.
    pub fn contains(&self, namespace: &str, name: &str) -> bool {
        self.read().namespaces.get(namespace).is_some_and(|objects| objects.contains_key(name))
    }

    /// The objects of an owner, by name.
    pub fn owned_by(&self, namespace: &str, owner: &str) -> Vec<Object> {
        let key = (Text::new(namespace), Text::new(owner));
        let packed: Vec<Packed> = {
            let content = self.read();
            let (Some(names), Some(objects)) = (content.owned.get(&key), content.namespaces.get(namespace))
            else {
                return Vec::new();
            };
            names.iter().filter_map(|name| Some(objects.get(name)?.json.clone())).collect()
        };
        packed.iter().filter_map(parse).collect()
    }

    /// Namespace and name of all objects.
    pub fn names(&self) -> Vec<(Text, Text)> {
        let content = self.read();
        let names = |(namespace, objects): (&Text, &BTreeMap<Text, Stored>)| {
            let namespace = namespace.clone();
            objects.keys().map(move |name| (namespace.clone(), name.clone())).collect::<Vec<_>>()
        };
        content.namespaces.iter().flat_map(names).collect()
    }

    /// Puts an object in, unless it is there in this version or a newer one.
    pub fn put(&self, object: &Object) -> Put {
        let (namespace, name) = object.namespace_and_name();
        let version = version_number(object.resource_version());
        {
            let content = self.read();
            let known = content.namespaces.get(&namespace).and_then(|objects| objects.get(&name));
            if known.is_some_and(|known| known.version >= version) {
                return Put::Known;
            }
        }
        let Ok(text) = json::encode(object.node(), 0, false) else { return Put::Known };
        let Some(json) = self.packer.pack(&text) else { return Put::Known };
        let owner = self.owner_labels.iter().find_map(|label| object.label(label)).map(Text::new);
        let bytes = json.len();
        let stored = Stored { version, owner: owner.clone(), json };
        let mut content = self.write();
        let content = &mut *content;
        let objects = content.namespaces.entry(namespace.clone()).or_default();
        let before = match objects.get(&name) {
            Some(known) if known.version >= version => return Put::Known,
            _ => objects.insert(name.clone(), stored),
        };
        content.bytes += bytes;
        content.bytes -= before.as_ref().map_or(0, |before| before.json.len());
        let before_owner = before.as_ref().and_then(|before| before.owner.clone());
        if before_owner != owner {
            content.disown(&namespace, &name, before_owner);
            if let Some(owner) = owner {
                let names = content.owned.entry((namespace, owner)).or_default();
                if let Err(index) = names.binary_search(&name) {
                    names.reserve_exact(1);
                    names.insert(index, name);
                }
            }
        }
        match before {
            Some(_) => Put::Changed,
            None => {
                content.count += 1;
                Put::Added
            }
        }
    }

    /// Takes an object out, unless there is a newer version than this one. Tells whether it was there.
    pub fn remove(&self, namespace: &str, name: &str, version: u64) -> bool {
        let mut content = self.write();
        let Some(objects) = content.namespaces.get_mut(namespace) else { return false };
        if objects.get(name).is_none_or(|known| known.version > version) {
            return false;
        }
        let removed = objects.remove(name);
        if objects.is_empty() {
            content.namespaces.remove(namespace);
        }
        content.count = content.count.saturating_sub(1);
        content.bytes -= removed.as_ref().map_or(0, |removed| removed.json.len());
        content.disown(namespace, name, removed.and_then(|removed| removed.owner));
        true
    }

    /// Takes out the objects that are not among `names` and are no newer than `version`, and gives them.
    pub(super) fn keep_only(&self, names: &BTreeSet<(Text, Text)>, version: u64) -> Vec<Object> {
        let gone: Vec<(Text, Text)> = self.names().into_iter().filter(|name| !names.contains(name)).collect();
        let mut removed = Vec::new();
        for (namespace, name) in gone {
            let object = self.get(&namespace, &name);
            if self.remove(&namespace, &name, version) {
                removed.extend(object);
            }
        }
        removed
    }
}

impl Content {
    fn disown(&mut self, namespace: &str, name: &str, owner: Option<Text>) {
        let Some(owner) = owner else { return };
        let key = (Text::new(namespace), owner);
        if let Some(names) = self.owned.get_mut(&key) {
            names.retain(|known| known != name);
            if names.is_empty() {
                self.owned.remove(&key);
            }
        }
    }
}

fn parse(packed: &Packed) -> Option<Object> {
    Object::try_from(json::read(&packed.text()?).ok()?).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::{Put, Store};
    use crate::cluster::{Kind, Object, ObjectKey};
    use crate::yaml::Text;

    fn object(name: &str, version: &str, owner: &str) -> Object {
        let mut object = Object::new(&ObjectKey::new(Kind::new("", "v1", "ConfigMap"), "ns", name));
        object.set_resource_version(version);
        if !owner.is_empty() {
            object.set_label("carto.run/workload-name", owner);
        }
        object
    }

    fn names(objects: &[Object]) -> Vec<&str> {
        objects.iter().map(Object::name).collect()
    }

    #[test]
    fn the_newer_version_stays() {
        let store = Store::new(&[]);
        assert_eq!(store.put(&object("a", "9", "")), Put::Added);
        assert_eq!(store.put(&object("a", "10", "")), Put::Changed);
        assert_eq!(store.put(&object("a", "10", "")), Put::Known);
        assert_eq!(store.put(&object("a", "9", "")), Put::Known);
        assert_eq!(store.get("ns", "a").unwrap().resource_version(), "10");
        assert!(!store.remove("ns", "a", 9));
        assert!(store.remove("ns", "a", 11));
        assert!(store.is_empty());
    }

    #[test]
    fn who_waits_is_told_whether_all_is_there() {
        let store = Store::new(&[]);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| store.wait_synced(Duration::from_secs(60)));
            store.set_failing();
            assert!(!waiting.join().unwrap());
            store.set_synced();
            assert!(store.wait_synced(Duration::ZERO));
            store.set_failing();
            assert!(store.is_synced());
        });
    }

    #[test]
    fn objects_are_found_by_their_owner() {
        let store = Store::new(&["carto.run/workload-name", "carto.run/deliverable-name"]);
        store.put(&object("b", "1", "web"));
        store.put(&object("a", "2", "web"));
        store.put(&object("c", "3", "other"));
        assert_eq!(names(&store.owned_by("ns", "web")), ["a", "b"]);
        assert!(store.owned_by("elsewhere", "web").is_empty());
        store.put(&object("a", "4", "other"));
        assert_eq!(names(&store.owned_by("ns", "web")), ["b"]);
        assert_eq!(names(&store.owned_by("ns", "other")), ["a", "c"]);
        store.remove("ns", "c", 5);
        assert_eq!(names(&store.owned_by("ns", "other")), ["a"]);
    }

    #[test]
    fn a_new_list_removes_what_it_lacks_and_is_no_newer() {
        let store = Store::new(&[]);
        for (name, version) in [("a", "1"), ("b", "2"), ("c", "30")] {
            store.put(&object(name, version, ""));
        }
        let list: BTreeSet<_> = [(Text::new("ns"), Text::new("a"))].into();
        assert_eq!(names(&store.keep_only(&list, 10)), ["b"]);
        assert_eq!(store.len(), 2);
    }
}
