//! What was submitted last, so that nothing is written twice.
//!
//! An API server adds defaults to what it is given, so that a live object seldom equals the one that was
//! stamped. What counts is whether the stamped object is the one submitted last, and whether the live spec
//! is still the one that came of it. Source of the rule: the reference's `pkg/repository/cache.go`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use sha2::{Digest as _, Sha256};

use super::labels::Labels;
use crate::cluster::Object;
use crate::yaml::{Node, json, same};

/// What was submitted last, for each object. Holds digests, not objects.
///
/// Nobody says when the name of an immutable object will not come again, so what was not asked for in a long
/// time is forgotten when there is too much. Then the object counts as after a restart: nothing is created
/// twice.
#[derive(Debug, Default)]
pub struct Submitted(RwLock<Entries>);

#[derive(Debug, Default)]
struct Entries {
    by: HashMap<Key, Entry>,
    /// How many there may be until the next look for those that nobody asks for.
    most: usize,
}

/// How many objects are known at least before any is forgotten; each takes some 70 bytes.
const LEAST: usize = 1 << 18;

/// A digest of namespace, kind, name (or the beginning of one), and of who submits where names do not say it.
type Key = Digest;

fn key(object: &Object, discriminant: &str) -> Key {
    let name = if object.name().is_empty() { object.generate_name() } else { object.name() };
    let mut hasher = Sha256::new();
    for part in [object.namespace(), object.kind_name(), name, discriminant] {
        // With its length, so that parts cannot run into each other.
        hasher.update(part.len().to_le_bytes());
        hasher.update(part);
    }
    shortened(hasher)
}

#[derive(Debug)]
struct Entry {
    submitted: Digest,
    /// None where the object has no spec.
    spec: Option<Digest>,
    /// Whether it was asked for since the last look.
    used: AtomicBool,
}

/// The first half of a SHA-256: enough to tell any number of objects apart.
type Digest = [u8; 16];

fn shortened(hasher: Sha256) -> Digest {
    let digest: [u8; 32] = hasher.finalize().into();
    let (half, _) = digest.split_at(size_of::<Digest>());
    half.try_into().unwrap_or_default()
}

impl Submitted {
    /// Nothing was submitted yet.
    pub fn new() -> Submitted {
        Submitted::default()
    }

    /// Says what came of an object that was submitted.
    pub fn set(&self, submitted: &Object, persisted: &Object, discriminant: &str) {
        let entry = Entry {
            submitted: digest(submitted.node()),
            spec: persisted.spec().map(digest),
            used: AtomicBool::new(true),
        };
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        entries.make_room(LEAST);
        entries.by.insert(key(submitted, discriminant), entry);
    }

    /// Whether an object need not be submitted, since it was before and the existing one still has the spec
    /// that came of it. Objects without a spec are always to be submitted.
    pub fn is_unchanged(&self, submitted: &Object, existing: &Object) -> bool {
        self.unchanged_in(submitted, std::slice::from_ref(existing), "").is_some()
    }

    /// The first of the existing objects that makes it unnecessary to submit an object, as in
    /// [`is_unchanged`](Submitted::is_unchanged).
    pub fn unchanged_in<'a>(
        &self,
        submitted: &Object,
        existing: &'a [Object],
        discriminant: &str,
    ) -> Option<&'a Object> {
        let entries = self.entries();
        let entry = entries.get(&key(submitted, discriminant))?;
        let spec = entry.spec?;
        if entry.submitted != digest(submitted.node()) {
            return None;
        }
        existing.iter().find(|object| object.spec().is_some_and(|live| digest(live) == spec))
    }

    /// Whether an object is the one that was submitted last; none if nothing is known of it.
    pub fn is_last(&self, submitted: &Object, discriminant: &str) -> Option<bool> {
        let entries = self.entries();
        let entry = entries.get(&key(submitted, discriminant))?;
        Some(entry.submitted == digest(submitted.node()))
    }

    /// Forgets objects that are gone.
    pub fn forget(&self, object: &Object, discriminant: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).by.remove(&key(object, discriminant));
    }

    /// How many objects are known.
    pub fn len(&self) -> usize {
        self.entries().by.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.entries().by.is_empty()
    }

    fn entries(&self) -> RwLockReadGuard<'_, Entries> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn get(&self, key: &Key) -> Option<&Entry> {
        let entry = self.by.get(key)?;
        entry.used.store(true, Ordering::Relaxed);
        Some(entry)
    }

    /// Forgets what was not asked for since there was too much the last time.
    fn make_room(&mut self, least: usize) {
        if self.by.len() < self.most.max(least) {
            return;
        }
        self.by.retain(|_, entry| entry.used.swap(false, Ordering::Relaxed));
        self.most = self.by.len().saturating_mul(2);
    }
}

/// Tells apart what different resources submit under the same beginning of a name.
pub fn discriminant(labels: &Labels) -> String {
    let mut text = String::new();
    for (key, value) in labels {
        text.push('{');
        text.push_str(key);
        text.push(':');
        text.push_str(value);
        text.push('}');
    }
    text
}

/// Equal for values that mean the same: the keys of maps are sorted.
fn digest(value: &Node) -> Digest {
    let mut text = String::new();
    // Keys that are no text do not occur in JSON; were there one, the text would end early.
    let _ = json::write(&mut text, value);
    shortened(Sha256::new_with_prefix(text.as_bytes()))
}

/// Whether a live object is what would come of submitting one: it has all that is wanted, and perhaps more.
/// Null counts as missing, as an API server drops it.
pub fn holds(live: &Node, wanted: &Node) -> bool {
    match (live, wanted) {
        (Node::Map(live), Node::Map(wanted)) => wanted.items.iter().all(|item| {
            let there = live.items.iter().find(|other| same(&other.key, &item.key));
            match there {
                Some(there) => holds(&there.value, &item.value),
                None => matches!(item.value, Node::Null),
            }
        }),
        (Node::Array(live), Node::Array(wanted)) => {
            live.items.len() == wanted.items.len()
                && live
                    .items
                    .iter()
                    .zip(&wanted.items)
                    .all(|(live, wanted)| holds(&live.value, &wanted.value))
        }
        (live, wanted) => same(live, wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::{Entries, Entry};
    use std::sync::atomic::AtomicBool;

    #[test]
    fn what_nobody_asks_for_is_forgotten_when_there_is_too_much() {
        let mut entries = Entries::default();
        let insert = |entries: &mut Entries, number: u8| {
            let entry = Entry { submitted: [number; 16], spec: None, used: AtomicBool::new(true) };
            entries.make_room(4);
            entries.by.insert([number; 16], entry);
        };
        // All are new when there are four: nothing goes yet, and there is room for four more.
        for number in 0..8 {
            insert(&mut entries, number);
        }
        assert_eq!(entries.by.len(), 8);
        assert!(entries.get(&[1; 16]).is_some());
        insert(&mut entries, 8);
        // The first four were not asked for since, but for one.
        let left = (0..9).filter(|number| entries.by.contains_key(&[*number; 16]));
        assert!(left.eq([1, 4, 5, 6, 7, 8]));
    }
}
