//! What was submitted last, so that nothing is written twice.
//!
//! An API server adds defaults to what it is given, so that a live object seldom equals the one that was
//! stamped. What counts is whether the stamped object is the one submitted last, and whether the live spec
//! is still the one that came of it. Source of the rule: the reference's `pkg/repository/cache.go`.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use sha2::{Digest as _, Sha256};

use super::labels::Labels;
use crate::cluster::Object;
use crate::yaml::{Node, json, same};

/// What was submitted last, for each object. Holds digests, not objects.
#[derive(Debug, Default)]
pub struct Submitted(RwLock<HashMap<Key, Entry>>);

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
        let entry = Entry { submitted: digest(submitted.node()), spec: persisted.spec().map(digest) };
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        entries.insert(key(submitted, discriminant), entry);
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
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&key(object, discriminant));
    }

    /// How many objects are known.
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    fn entries(&self) -> RwLockReadGuard<'_, HashMap<Key, Entry>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
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
