//! A cluster of one's own over objects that all share: what is written stays in the upper layer.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::cluster::memory::Settings;
use crate::cluster::{
    Cluster, Error, ErrorKind, Kind, List, Memory, Object, ObjectKey, Query, Resource, Result, Watch,
};

/// A cluster for one owner: the objects of a shared one can be read and changed, but changes are its own.
#[derive(Debug)]
pub struct Layered {
    base: Arc<Memory>,
    own: Memory,
    /// Objects of the base that are deleted here.
    deleted: Mutex<HashSet<ObjectKey>>,
    writes: AtomicU64,
}

impl Layered {
    /// A cluster over a base, with settings for what is written.
    pub fn new(base: &Arc<Memory>, settings: Arc<Settings>) -> Layered {
        Layered {
            base: Arc::clone(base),
            own: Memory::with(settings),
            deleted: Mutex::default(),
            writes: AtomicU64::new(0),
        }
    }

    /// How many writes have changed something so far.
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    /// Puts an object there as it is.
    ///
    /// # Errors
    /// It has no kind or name.
    pub fn load(&self, object: Object) -> Result<Object> {
        self.own.load(object)
    }

    fn wrote(&self) {
        self.writes.fetch_add(1, Ordering::Relaxed);
    }

    fn deleted(&self) -> MutexGuard<'_, HashSet<ObjectKey>> {
        self.deleted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An object of the base that was not deleted here.
    fn shared(&self, key: &ObjectKey) -> Option<Object> {
        if self.base.is_empty() || self.deleted().contains(key) {
            return None;
        }
        self.base.get(key).ok()
    }

    /// Makes sure that an object is in the upper layer; whether it had to be copied.
    fn copy_up(&self, key: &ObjectKey) -> Result<bool> {
        if self.base.is_empty() || self.own.get(key).is_ok() {
            return Ok(false);
        }
        match self.shared(key) {
            Some(object) => self.own.load(object).map(|_| true),
            None => Ok(false),
        }
    }
}

impl Cluster for Layered {
    fn get(&self, key: &ObjectKey) -> Result<Object> {
        match self.own.get(key) {
            Err(error) if error.is_not_found() => self.shared(key).ok_or(error),
            found => found,
        }
    }

    fn list(&self, query: &Query) -> Result<List> {
        let mut list = self.own.list(query)?;
        if self.base.is_empty() {
            return Ok(list);
        }
        let shared = self.base.list(query)?.items;
        let count = list.items.len();
        for object in shared {
            let key = object.key();
            if !self.deleted().contains(&key) && self.own.get(&key).is_err() {
                list.items.push(object);
            }
        }
        if list.items.len() > count {
            list.items.sort_by(|a, b| (a.namespace(), a.name()).cmp(&(b.namespace(), b.name())));
        }
        Ok(list)
    }

    fn create(&self, object: Object) -> Result<Object> {
        if !object.name().is_empty() {
            let key = object.key();
            if self.shared(&key).is_some() {
                let resource = self.own.resource(&key.kind).ok_or_else(|| Error::no_match(&key.kind))?;
                return Err(Error::already_exists(&resource, &key.name));
            }
        }
        let created = self.own.create(object)?;
        self.wrote();
        Ok(created)
    }

    fn apply(&self, live: &Object, wanted: &Object) -> Result<Object> {
        let copied = self.copy_up(&wanted.key())?;
        let applied = self.own.apply(live, wanted)?;
        if copied || applied.resource_version() != live.resource_version() {
            self.wrote();
        }
        Ok(applied)
    }

    fn update_status(&self, object: &Object) -> Result<Object> {
        let updated = if self.copy_up(&object.key())? {
            // The version it was read in is that of the base.
            let mut object = object.clone();
            object.set_resource_version("");
            self.own.update_status(&object)?
        } else {
            self.own.update_status(object)?
        };
        self.wrote();
        Ok(updated)
    }

    fn delete(&self, key: &ObjectKey) -> Result<()> {
        let shared = self.shared(key).is_some();
        let deleted = self.own.delete(key);
        if shared {
            self.deleted().insert(key.clone());
        } else {
            deleted?;
        }
        self.wrote();
        Ok(())
    }

    fn watch(&self, _query: &Query, _from: &str) -> Result<Watch> {
        Err(Error::new(ErrorKind::Unavailable, "a layered cluster cannot be watched"))
    }

    fn resource(&self, kind: &Kind) -> Option<Resource> {
        self.own.resource(kind)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use std::sync::Arc;

    use super::Layered;
    use crate::cluster::memory::Settings;
    use crate::cluster::{Cluster, Memory, Object, Query};
    use crate::yaml::json;

    fn object(text: &str) -> Object {
        json::read(text.as_bytes()).unwrap().try_into().unwrap()
    }

    fn deployment(name: &str, image: &str) -> Object {
        object(&format!(
            r#"{{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {{"name": "{name}", "namespace": "x"}},
                "spec": {{"image": "{image}"}}, "status": {{"ready": 1}}}}"#
        ))
    }

    #[test]
    fn what_is_written_does_not_reach_the_base() {
        let base = Memory::new();
        base.load(deployment("a", "1")).unwrap();
        base.load(deployment("b", "1")).unwrap();
        let base = Arc::new(base);
        let one = Layered::new(&base, Arc::new(Settings::new()));
        let other = Layered::new(&base, Arc::new(Settings::new()));
        let key = deployment("a", "").key();

        let live = one.get(&key).unwrap();
        let changed = one.apply(&live, &deployment("a", "2")).unwrap();
        assert_eq!(changed.generation(), 2);
        assert_eq!(changed.status(), live.status());
        assert_eq!(one.get(&key).unwrap().get_path(&["spec", "image"]).unwrap().as_str(), Some("2"));
        assert_eq!(other.get(&key).unwrap().get_path(&["spec", "image"]).unwrap().as_str(), Some("1"));

        let names = |cluster: &Layered| -> Vec<String> {
            let list = cluster.list(&Query::all(key.kind.clone())).unwrap();
            list.items.iter().map(|item| item.name().to_owned()).collect()
        };
        one.create(deployment("ab", "1")).unwrap();
        assert!(one.create(deployment("b", "1")).is_err());
        assert_eq!(names(&one), ["a", "ab", "b"]);
        one.delete(&key).unwrap();
        one.delete(&deployment("b", "").key()).unwrap();
        assert!(one.get(&key).unwrap_err().is_not_found());
        assert_eq!(names(&one), ["ab"]);
        assert_eq!(names(&other), ["a", "b"]);
        assert_eq!(one.writes(), 4);
        assert_eq!(other.writes(), 0);
        assert!(one.delete(&key).unwrap_err().is_not_found());
        assert_eq!(one.create(deployment("b", "3")).unwrap().generation(), 1);
    }
}
