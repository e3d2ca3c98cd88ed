//! What clients have registered, by the hash of its content, within a bound on bytes.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use sha2::{Digest as _, Sha256};

use super::problem::Problem;

/// The SHA-256 of what was registered. Shown as `sha256:` and 64 digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Digest([u8; 32]);

impl Digest {
    /// Of parts, each with its length, so that none can pass for another.
    pub(super) fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Digest {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Digest(hash.finalize().into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Digest {
    type Err = ();

    fn from_str(text: &str) -> Result<Digest, ()> {
        let digits = text.strip_prefix("sha256:").ok_or(())?.as_bytes();
        let (pairs, []) = digits.as_chunks::<2>() else { return Err(()) };
        let mut digest = [0; 32];
        if pairs.len() != digest.len() {
            return Err(());
        }
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(()),
        };
        for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
            *byte = value(*high)? << 4 | value(*low)?;
        }
        Ok(Digest(digest))
    }
}

/// How many digests of what was thrown out are remembered, for better messages.
const REMEMBERED: usize = 1024;

/// Registered things.
#[derive(Debug)]
pub(super) struct Store<T> {
    what: &'static str,
    most_bytes: usize,
    entries: RwLock<Entries<T>>,
    clock: AtomicU64,
    evictions: AtomicU64,
}

#[derive(Debug)]
struct Entries<T> {
    by_digest: HashMap<Digest, Entry<T>>,
    bytes: usize,
    gone: VecDeque<Digest>,
}

#[derive(Debug)]
struct Entry<T> {
    value: Arc<T>,
    bytes: usize,
    /// Never thrown out, never deleted.
    is_fixed: bool,
    used: AtomicU64,
}

/// How much there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct StoreFigures {
    pub(super) entries: usize,
    pub(super) bytes: usize,
    pub(super) evictions: u64,
}

impl<T> Store<T> {
    /// An empty store; `what` is what messages call an entry.
    pub(super) fn new(what: &'static str, most_bytes: usize) -> Store<T> {
        let entries = Entries { by_digest: HashMap::new(), bytes: 0, gone: VecDeque::new() };
        Store {
            what,
            most_bytes,
            entries: RwLock::new(entries),
            clock: AtomicU64::new(0),
            evictions: AtomicU64::new(0),
        }
    }

    /// What has a digest; `text` is the digest as a client wrote it.
    ///
    /// # Errors
    /// It is not there, and why.
    pub(super) fn get(&self, text: &str) -> Result<(Digest, Arc<T>), Problem> {
        let Ok(digest) = text.parse::<Digest>() else { return Err(self.missing(text, false)) };
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.by_digest.get(&digest) {
            entry.used.store(self.tick(), Ordering::Relaxed);
            return Ok((digest, Arc::clone(&entry.value)));
        }
        Err(self.missing(text, entries.gone.contains(&digest)))
    }

    fn missing(&self, text: &str, is_gone: bool) -> Problem {
        let what = self.what;
        Problem::not_found(if is_gone {
            format!(
                "{what} {text} was thrown out for want of room, as it was not used for the longest time: register it again"
            )
        } else {
            format!("there is no {what} {text}: register it first; after a restart, again")
        })
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }

    /// Adds an entry, unless it is there; whether it is new. Others that were not used for the longest time
    /// make room for it.
    ///
    /// # Errors
    /// It is larger than all the room there is.
    pub(super) fn insert(
        &self,
        digest: Digest,
        value: Arc<T>,
        bytes: usize,
        is_fixed: bool,
    ) -> Result<bool, Problem> {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let used = self.tick();
        if let Some(entry) = entries.by_digest.get_mut(&digest) {
            entry.used.store(used, Ordering::Relaxed);
            entry.is_fixed |= is_fixed;
            return Ok(false);
        }
        if bytes > self.most_bytes && !is_fixed {
            let detail =
                format!("this takes {bytes} bytes in memory; all together may take {}", self.most_bytes);
            return Err(Problem::new(super::problem::Fault::TooLarge, detail));
        }
        while entries.bytes.saturating_add(bytes) > self.most_bytes {
            let oldest = entries.by_digest.iter().filter(|(_, entry)| !entry.is_fixed);
            let Some((&oldest, _)) = oldest.min_by_key(|(_, entry)| entry.used.load(Ordering::Relaxed))
            else {
                break;
            };
            entries.remove(&oldest);
            entries.gone.push_back(oldest);
            if entries.gone.len() > REMEMBERED {
                entries.gone.pop_front();
            }
            self.evictions.fetch_add(1, Ordering::Relaxed);
        }
        entries.gone.retain(|gone| *gone != digest);
        entries.bytes += bytes;
        entries.by_digest.insert(digest, Entry { value, bytes, is_fixed, used: AtomicU64::new(used) });
        Ok(true)
    }

    /// Removes an entry; whether it was there. What is fixed stays.
    pub(super) fn remove(&self, text: &str) -> Result<(), Problem> {
        let digest = text.parse::<Digest>().map_err(|()| self.missing(text, false))?;
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        match entries.by_digest.get(&digest) {
            Some(entry) if entry.is_fixed => Err(Problem::new(
                super::problem::Fault::Forbidden,
                format!("{} {text} belongs to the service", self.what),
            )),
            Some(_) => {
                entries.remove(&digest);
                Ok(())
            }
            None => Err(self.missing(text, entries.gone.contains(&digest))),
        }
    }

    /// All entries, those that are fixed first, then by digest.
    pub(super) fn list(&self) -> Vec<(Digest, Arc<T>, usize)> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = entries.by_digest.iter().collect();
        all.sort_by_key(|(digest, entry)| (!entry.is_fixed, **digest));
        all.into_iter().map(|(digest, entry)| (*digest, Arc::clone(&entry.value), entry.bytes)).collect()
    }

    pub(super) fn figures(&self) -> StoreFigures {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        StoreFigures {
            entries: entries.by_digest.len(),
            bytes: entries.bytes,
            evictions: self.evictions.load(Ordering::Relaxed),
        }
    }
}

impl<T> Entries<T> {
    fn remove(&mut self, digest: &Digest) {
        if let Some(entry) = self.by_digest.remove(digest) {
            self.bytes -= entry.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn digest(name: &str) -> Digest {
        Digest::of([name.as_bytes()])
    }

    #[test]
    fn digests_are_read_as_they_are_written() {
        // echo -n "" with a length of eight zero bytes before it, by sha256sum.
        let text = "sha256:af5570f5a1810b7af78caf4bc70a660f0df51e42baf91d4de5b2328de0e83dfc";
        assert_eq!(digest("").to_string(), text);
        assert_eq!(text.parse(), Ok(digest("")));
        let upper = text.to_uppercase();
        for wrong in ["", "sha256:", &text[7..], &text[..70], &upper, "sha256:zz", &format!("{text}00")] {
            assert_eq!(wrong.parse::<Digest>(), Err(()), "{wrong}");
        }
    }

    #[test]
    fn what_was_not_used_for_the_longest_time_makes_room() {
        let store = Store::new("set", 100);
        for name in ["a", "b"] {
            assert!(store.insert(digest(name), Arc::new(name), 40, false).unwrap());
        }
        assert!(!store.insert(digest("a"), Arc::new("a"), 40, false).unwrap());
        assert_eq!(*store.get(&digest("a").to_string()).unwrap().1, "a");
        assert!(store.insert(digest("c"), Arc::new("c"), 40, false).unwrap());
        assert!(store.get(&digest("a").to_string()).is_ok());
        let gone = store.get(&digest("b").to_string()).unwrap_err();
        assert!(gone.detail.contains("register it again"), "{}", gone.detail);
        let never = store.get(&digest("x").to_string()).unwrap_err();
        assert!(!never.detail.contains("thrown out"), "{}", never.detail);
        assert_eq!(store.figures(), StoreFigures { entries: 2, bytes: 80, evictions: 1 });
        assert_eq!(store.insert(digest("d"), Arc::new("d"), 101, false).unwrap_err().status, 413);
    }

    #[test]
    fn what_belongs_to_the_service_stays() {
        let store = Store::new("set", 10);
        assert!(store.insert(digest("own"), Arc::new("own"), 100, true).unwrap());
        assert_eq!(store.remove(&digest("own").to_string()).unwrap_err().status, 403);
        assert!(store.insert(digest("a"), Arc::new("a"), 5, false).unwrap());
        assert!(store.get(&digest("own").to_string()).is_ok());
        assert!(store.remove(&digest("a").to_string()).is_ok());
        assert_eq!(store.remove(&digest("a").to_string()).unwrap_err().status, 404);
    }
}
