//! The objects of one kind.

use std::collections::VecDeque;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use super::index::Index;
use super::kinds::KindInfo;
use crate::cluster::{Change, Error, Event, Feed, Object, Query, Result, Watch};
use crate::yaml::{Node, Text, same};

/// From how many objects on there is an index: fewer are looked through faster than it is kept.
const INDEX_FROM: usize = 64;

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
    /// The version of the kind all objects have, and whether one has another. Saves reads a look at the
    /// objects, which are seldom in the processor's cache.
    version: Text,
    mixed: bool,
    slots: Vec<Option<Slot>>,
    /// Which slots are free.
    free: Vec<u32>,
    /// Slots by namespace and name.
    names: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// By namespace and labels, where there are many objects.
    index: Option<Box<Index>>,
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
    /// For objects of a kind, mostly in this version.
    pub(super) fn new(info: KindInfo, version: Text) -> Table {
        Table {
            info,
            version,
            mixed: false,
            slots: Vec::new(),
            free: Vec::new(),
            names: HashTable::with_capacity(7),
            hasher: DefaultHashBuilder::default(),
            index: None,
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

    /// Whether all objects are in this version.
    pub(super) fn all_in(&self, version: &str) -> bool {
        !self.mixed && self.version == version
    }

    /// Adds an object, of which there must be none.
    pub(super) fn insert(&mut self, namespace: Text, name: Text, object: Object) {
        self.mixed |= object.version() != self.version;
        let slot = Slot { namespace, name, object };
        let id = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            (self.slots.len() - 1) as u32
        });
        if let Some(index) = &mut self.index {
            slot.terms(&self.hasher).for_each(|term| index.add(term, id));
        }
        let hash = slot.hash(&self.hasher);
        if let Some(place) = self.slots.get_mut(id as usize) {
            *place = Some(slot);
        }
        let (slots, hasher) = (&self.slots, &self.hasher);
        let rehash =
            |&id: &u32| slots.get(id as usize).and_then(Option::as_ref).map_or(0, |slot| slot.hash(hasher));
        self.names.insert_unique(hash, id, rehash);
        if self.index.is_none() && self.names.len() > INDEX_FROM {
            self.index = Some(Box::new(self.new_index()));
        }
    }

    fn new_index(&self) -> Index {
        let mut index = Index::default();
        for (id, slot) in self.slots.iter().enumerate() {
            if let Some(slot) = slot {
                slot.terms(&self.hasher).for_each(|term| index.add(term, id as u32));
            }
        }
        index
    }

    /// Puts another version of an object in its slot.
    pub(super) fn replace(&mut self, id: u32, object: Object) {
        self.mixed |= object.version() != self.version;
        let Some(Some(slot)) = self.slots.get_mut(id as usize) else { return };
        let before = std::mem::replace(&mut slot.object, object);
        if self.index.is_none() || same_labels(&before, &slot.object) {
            return;
        }
        let old: Vec<u64> = label_terms(&self.hasher, &before).collect();
        let new: Vec<u64> = label_terms(&self.hasher, &slot.object).collect();
        for term in old.iter().filter(|term| !new.contains(term)) {
            self.remove_term(*term, id);
        }
        if let Some(index) = &mut self.index {
            new.iter().filter(|term| !old.contains(term)).for_each(|term| index.add(*term, id));
        }
    }

    /// Takes a slot, which has lost a term already, off the index.
    fn remove_term(&mut self, term: u64, id: u32) {
        let (slots, hasher) = (&self.slots, &self.hasher);
        let has = |id: u32| {
            let slot = slots.get(id as usize).and_then(Option::as_ref);
            slot.is_some_and(|slot| slot.terms(hasher).any(|other| other == term))
        };
        if let Some(index) = &mut self.index {
            index.remove(term, id, has);
        }
    }

    /// Removes an object.
    pub(super) fn remove(&mut self, id: u32) {
        let Some(slot) = self.slots.get_mut(id as usize).and_then(Option::take) else { return };
        if let Ok(entry) = self.names.find_entry(slot.hash(&self.hasher), |&other| other == id) {
            entry.remove();
        }
        if self.index.is_some() {
            let terms: Vec<u64> = slot.terms(&self.hasher).collect();
            terms.into_iter().for_each(|term| self.remove_term(term, id));
        }
        self.free.push(id);
        self.deletions += 1;
    }

    /// The objects that a query finds, by namespace and name.
    pub(super) fn select(&self, query: &Query) -> Vec<Object> {
        let mut found: Vec<&Slot> = match self.candidates(query) {
            Some(ids) => {
                ids.iter().filter_map(|&id| self.slot(id)).filter(|slot| slot.matches(query)).collect()
            }
            None => self.slots.iter().flatten().filter(|slot| slot.matches(query)).collect(),
        };
        found.sort_unstable_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        found.dedup_by(|a, b| std::ptr::eq(*a, *b));
        found.into_iter().map(|slot| slot.object.clone()).collect()
    }

    /// The fewest slots that the index lists for a part of the query; none where all have to be looked at.
    fn candidates(&self, query: &Query) -> Option<&[u32]> {
        let index = self.index.as_ref()?;
        let labels = query.labels.iter().map(|(key, value)| label_term(&self.hasher, key, value));
        let namespace = self.namespace_term(query);
        labels.chain(namespace).map(|term| index.candidates(term)).min_by_key(|ids| ids.len())
    }

    fn namespace_term(&self, query: &Query) -> Option<u64> {
        (!query.namespace.is_empty()).then(|| namespace_term(&self.hasher, &query.namespace))
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

/// What the index knows a namespace by.
fn namespace_term(hasher: &DefaultHashBuilder, namespace: &str) -> u64 {
    hasher.hash_one(namespace)
}

/// What the index knows a label by.
fn label_term(hasher: &DefaultHashBuilder, key: &str, value: &str) -> u64 {
    hasher.hash_one((key, value))
}

fn label_terms<'a>(hasher: &'a DefaultHashBuilder, object: &'a Object) -> impl Iterator<Item = u64> + 'a {
    object.labels().map(|(key, value)| label_term(hasher, key, value))
}

fn same_labels(a: &Object, b: &Object) -> bool {
    let labels = |object: &Object| object.get_metadata("labels").cloned().unwrap_or(Node::Null);
    same(&labels(a), &labels(b))
}

impl Slot {
    fn hash(&self, hasher: &DefaultHashBuilder) -> u64 {
        hasher.hash_one((self.namespace.as_str(), self.name.as_str()))
    }

    fn terms<'a>(&'a self, hasher: &'a DefaultHashBuilder) -> impl Iterator<Item = u64> + 'a {
        let namespace = Some(self.namespace.as_str()).filter(|namespace| !namespace.is_empty());
        let namespace = namespace.map(|namespace| namespace_term(hasher, namespace));
        label_terms(hasher, &self.object).chain(namespace)
    }

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
                before.set_resource_version(super::version_text(self.version));
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
