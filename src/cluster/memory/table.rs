//! The objects of one kind.

use std::collections::VecDeque;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use super::kinds::KindInfo;
use crate::cluster::{Change, Error, Event, Feed, Object, Query, Result, Watch};
use crate::yaml::Text;

/// One object and what it is found by.
pub(super) struct Slot {
    pub(super) namespace: Text,
    pub(super) name: Text,
    pub(super) object: Object,
}

/// One change, for those who watch.
struct Record {
    /// The version the change made.
    version: u64,
    before: Option<Object>,
    after: Option<Object>,
}

struct Watcher {
    query: Query,
    feed: Feed,
}

/// The objects of one kind in all its versions.
pub(super) struct Table {
    pub(super) info: KindInfo,
    slots: Vec<Option<Slot>>,
    /// Which slots are free.
    free: Vec<u32>,
    /// Slots by namespace and name.
    names: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// How many names were generated from a prefix in a namespace.
    generated: HashMap<(Text, Text), u64>,
    /// How many objects were deleted.
    deletions: u64,
    history: VecDeque<Record>,
    /// The version of the youngest change that is no longer in the history.
    forgotten: u64,
    watchers: Vec<Watcher>,
}

impl Table {
    pub(super) fn new(info: KindInfo) -> Table {
        Table {
            info,
            slots: Vec::new(),
            free: Vec::new(),
            names: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            generated: HashMap::new(),
            deletions: 0,
            history: VecDeque::new(),
            forgotten: 0,
            watchers: Vec::new(),
        }
    }

    /// How many objects there are.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// How many objects were deleted so far.
    pub(super) fn deletions(&self) -> u64 {
        self.deletions
    }

    /// How many names have been generated from this prefix before.
    pub(super) fn count_generated(&mut self, namespace: &Text, prefix: &Text) -> u64 {
        let count = self.generated.entry((namespace.clone(), prefix.clone())).or_default();
        *count += 1;
        *count - 1
    }

    /// The slot of an object.
    pub(super) fn find(&self, namespace: &str, name: &str) -> Option<u32> {
        let hash = self.hasher.hash_one((namespace, name));
        self.names.find(hash, |&id| self.slot(id).is_some_and(|slot| slot.is(namespace, name))).copied()
    }

    fn slot(&self, id: u32) -> Option<&Slot> {
        self.slots.get(id as usize)?.as_ref()
    }

    /// The object in a slot.
    pub(super) fn object(&self, id: u32) -> Option<&Object> {
        Some(&self.slot(id)?.object)
    }

    /// Adds an object, of which there must be none.
    pub(super) fn insert(&mut self, namespace: Text, name: Text, object: Object) {
        let slot = Slot { namespace, name, object };
        let hash = self.hasher.hash_one((slot.namespace.as_str(), slot.name.as_str()));
        let id = match self.free.pop() {
            Some(id) => id,
            None => {
                self.slots.push(None);
                (self.slots.len() - 1) as u32
            }
        };
        if let Some(place) = self.slots.get_mut(id as usize) {
            *place = Some(slot);
        }
        let (slots, hasher) = (&self.slots, &self.hasher);
        self.names.insert_unique(hash, id, |&id| match slots.get(id as usize) {
            Some(Some(slot)) => hasher.hash_one((slot.namespace.as_str(), slot.name.as_str())),
            _ => 0,
        });
    }

    /// Puts another version of an object in its slot.
    pub(super) fn replace(&mut self, id: u32, object: Object) {
        if let Some(Some(slot)) = self.slots.get_mut(id as usize) {
            slot.object = object;
        }
    }

    /// Removes an object.
    pub(super) fn remove(&mut self, id: u32) -> Option<Object> {
        let slot = self.slots.get_mut(id as usize)?.take()?;
        let hash = self.hasher.hash_one((slot.namespace.as_str(), slot.name.as_str()));
        if let Ok(entry) = self.names.find_entry(hash, |&other| other == id) {
            entry.remove();
        }
        self.free.push(id);
        self.deletions += 1;
        Some(slot.object)
    }

    /// The objects that a query finds, by namespace and name.
    pub(super) fn select(&self, query: &Query) -> Vec<Object> {
        let mut found: Vec<&Slot> = self.slots.iter().flatten().filter(|slot| slot.matches(query)).collect();
        found.sort_unstable_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        found.into_iter().map(|slot| slot.object.clone()).collect()
    }

    /// Tells those who watch, and keeps the change for those who will.
    pub(super) fn record(
        &mut self,
        version: u64,
        before: Option<Object>,
        after: Option<Object>,
        most: usize,
    ) {
        let record = Record { version, before, after };
        self.watchers.retain(|watcher| match record.event(&watcher.query) {
            Some(event) => watcher.feed.send(Ok(event)),
            None => true,
        });
        if most == 0 {
            self.forgotten = version;
            return;
        }
        if self.history.len() >= most
            && let Some(oldest) = self.history.pop_front()
        {
            self.forgotten = oldest.version;
        }
        self.history.push_back(record);
    }

    /// A watch of what happens after a version; of all that is there and what follows without one.
    pub(super) fn watch(&mut self, query: &Query, after: Option<u64>, most: usize) -> Result<Watch> {
        let events: Vec<Event> = match after {
            None => {
                let added = |object| Event { change: Change::Added, object };
                self.select(query).into_iter().map(added).collect()
            }
            Some(after) if after < self.forgotten => return Err(Error::too_old(after, self.forgotten)),
            Some(after) => {
                let later = self.history.iter().filter(|record| record.version > after);
                later.filter_map(|record| record.event(query)).collect()
            }
        };
        let (feed, watch) = Watch::channel(events.len() + most);
        for event in events {
            feed.send(Ok(event));
        }
        self.watchers.retain(|watcher| !watcher.feed.is_closed());
        self.watchers.push(Watcher { query: query.clone(), feed });
        Ok(watch)
    }
}

impl Slot {
    fn is(&self, namespace: &str, name: &str) -> bool {
        self.name == name && self.namespace == namespace
    }

    fn matches(&self, query: &Query) -> bool {
        (query.namespace.is_empty() || self.namespace == query.namespace)
            && query.matches_labels(&self.object)
    }
}

impl Record {
    /// What the change is for a query.
    fn event(&self, query: &Query) -> Option<Event> {
        let matching = |object: &Option<Object>| object.clone().filter(|object| query.matches(object));
        let (change, object) = match (matching(&self.before), matching(&self.after)) {
            (None, Some(after)) => (Change::Added, after),
            (Some(_), Some(after)) => (Change::Modified, after),
            (Some(mut before), None) => {
                before.set_resource_version(smol_str::format_smolstr!("{}", self.version));
                (Change::Deleted, before)
            }
            (None, None) => return None,
        };
        Some(Event { change, object: in_version(object, query) })
    }
}

/// The object as it shows in the version asked for.
fn in_version(object: Object, query: &Query) -> Object {
    super::in_version(object, &query.kind)
}
