//! Compiled templates by the content of their files.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache as Shared;
use quick_cache::{DefaultHashBuilder, Lifecycle, Weighter};
use sha2::{Digest, Sha256};

use super::Template;
use crate::error::{ErrorKind, Result};
use crate::limits::{Limit, Limits};
use crate::workspace::{File, Options};

type Key = [u8; 32];
type Entry = Result<Template>;

/// What a cache of templates has done so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct CacheStats {
    /// How often a set of files was there already, be it as a template or as an error.
    pub hits: u64,
    /// How often one had to be compiled.
    pub misses: u64,
    /// How many were thrown out for want of room.
    pub evictions: u64,
    /// How many are there.
    pub templates: u64,
    /// How many bytes they take, about.
    pub bytes: u64,
    /// How long all compilations took.
    pub compile_time: Duration,
}

#[derive(Debug)]
pub(super) struct Cache {
    shared: Shared<Key, Entry, Weight, DefaultHashBuilder, Count>,
    asked: AtomicU64,
    misses: AtomicU64,
    evictions: Arc<AtomicU64>,
    compile_nanos: AtomicU64,
}

/// The bytes an entry takes.
#[derive(Clone, Debug)]
struct Weight;

impl Weighter<Key, Entry> for Weight {
    fn weight(&self, _key: &Key, entry: &Entry) -> u64 {
        match entry {
            Ok(template) => template.bytes() as u64,
            Err(error) => (size_of::<Entry>() + error.bytes()) as u64,
        }
    }
}

/// Counts what is thrown out.
#[derive(Clone, Debug)]
struct Count(Arc<AtomicU64>);

impl Lifecycle<Key, Entry> for Count {
    type RequestState = ();

    fn on_evict(&self, _state: &mut (), _key: Key, _entry: Entry) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// How large one template is guessed to be, for the tables of the cache.
const USUAL_BYTES: u64 = 64 << 10;

impl Cache {
    pub(super) fn new(bytes: u64) -> Cache {
        let evictions = Arc::new(AtomicU64::new(0));
        let items = usize::try_from(bytes / USUAL_BYTES).unwrap_or(usize::MAX).max(16);
        let count = Count(Arc::clone(&evictions));
        let shared = Shared::with(items, bytes, Weight, DefaultHashBuilder::default(), count);
        Cache {
            shared,
            asked: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            evictions,
            compile_nanos: AtomicU64::new(0),
        }
    }

    /// The template of these files.
    pub(super) fn get(&self, files: Vec<File>, options: Options, limits: &Limits) -> Result<Template> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        // A file that cannot be read now may be readable the next time.
        let Some(key) = key(&files, options) else {
            self.misses.fetch_add(1, Ordering::Relaxed);
            return Template::compile_with(files, options, limits);
        };
        let compile = || {
            self.misses.fetch_add(1, Ordering::Relaxed);
            let start = Instant::now();
            let entry = Template::compile_with(files, options, limits);
            let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.compile_nanos.fetch_add(nanos, Ordering::Relaxed);
            match entry {
                // On a machine less busy it may succeed.
                Err(error) if error.kind() == ErrorKind::Limit(Limit::Time) => Err(error),
                entry => Ok(entry),
            }
        };
        self.shared.get_or_insert_with(&key, compile).and_then(|entry| entry)
    }

    pub(super) fn stats(&self) -> CacheStats {
        let misses = self.misses.load(Ordering::Relaxed);
        CacheStats {
            hits: self.asked.load(Ordering::Relaxed).saturating_sub(misses),
            misses,
            evictions: self.evictions.load(Ordering::Relaxed),
            templates: self.shared.len() as u64,
            bytes: self.shared.weight(),
            compile_time: Duration::from_nanos(self.compile_nanos.load(Ordering::Relaxed)),
        }
    }
}

/// What tells sets of files from one another: paths, marks and bytes, in their order.
fn key(files: &[File], options: Options) -> Option<Key> {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(format!("{options:?}").as_bytes());
    for file in files {
        part(file.path().as_bytes());
        part(file.description().as_bytes());
        part(format!("{file:?}").as_bytes());
        part(&file.bytes().ok()?);
    }
    Some(hash.finalize().into())
}
