//! The stores of stamped kinds, which begin when a kind is first asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::api::Api;
use super::discovery::Discovery;
use super::informer::{Detail, Informer, Sink};
use super::store::Store;
use crate::cluster::{Kind, Result};

/// Objects that are kept in memory because of a label.
#[derive(Debug)]
pub struct Family {
    /// The label that all of them have.
    pub marker: &'static str,
    /// The labels whose value names the owner; each has one of them.
    pub owners: &'static [&'static str],
}

/// The stores of kinds that are not known beforehand, one watch for each kind and family.
pub struct Informers {
    api: Arc<Api>,
    discovery: Arc<Discovery>,
    sink: Sink,
    retry: Arc<Notify>,
    /// By kind and marker.
    stores: Mutex<HashMap<(Kind, &'static str), Filled>>,
}

/// What fills a store, and its task.
type Filled = (Informer, JoinHandle<()>);

impl std::fmt::Debug for Informers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Informers").finish_non_exhaustive()
    }
}

impl Informers {
    /// None yet. The sink hears of all objects.
    pub fn new(api: Arc<Api>, discovery: Arc<Discovery>, sink: Sink) -> Informers {
        Informers { api, discovery, sink, retry: Arc::new(Notify::new()), stores: Mutex::default() }
    }

    /// The store of a kind, which begins to fill if it is new.
    ///
    /// # Errors
    /// The API server has no such kind.
    pub fn store(&self, kind: &Kind, family: &'static Family) -> Result<Arc<Store>> {
        let key = (kind.clone(), family.marker);
        if let Some((informer, _)) = self.stores.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(&informer.store));
        }
        let resource = self.discovery.resource(kind)?;
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        let (informer, _) = stores.entry(key).or_insert_with(|| {
            tracing::info!(kind = %kind, marker = family.marker, "watching");
            let informer = Informer {
                api: Arc::clone(&self.api),
                kind: kind.clone(),
                resource,
                marker: family.marker,
                detail: Detail::Whole,
                store: Arc::new(Store::new(family.owners)),
                sink: Arc::clone(&self.sink),
                retry: Arc::clone(&self.retry),
                listed: Arc::default(),
            };
            let task = self.api.runtime().spawn(informer.clone().run());
            (informer, task)
        });
        Ok(Arc::clone(&informer.store))
    }

    /// Tries again at once what could not be watched: the kinds of the API server have changed.
    pub fn retry(&self) {
        self.retry.notify_waiters();
    }

    /// What fills the stores there are.
    pub fn all(&self) -> Vec<Informer> {
        let stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        stores.values().map(|(informer, _)| informer.clone()).collect()
    }

    /// How many kinds are watched.
    pub fn len(&self) -> usize {
        self.stores.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// How many objects there are, and how many bytes they take, packed.
    pub fn stored(&self) -> (usize, usize) {
        let stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        let each = stores.values().map(|(informer, _)| (informer.store.len(), informer.store.bytes()));
        each.fold((0, 0), |(objects, bytes), (more, longer)| (objects + more, bytes + longer))
    }

    /// Whether none is watched.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Drop for Informers {
    fn drop(&mut self) {
        let stores = self.stores.get_mut().unwrap_or_else(PoisonError::into_inner);
        for (_, task) in stores.values() {
            task.abort();
        }
    }
}
