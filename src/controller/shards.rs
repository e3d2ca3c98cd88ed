//! Which owners this replica works on.
//!
//! Owners and blueprints are spread over shards by kind, namespace and name. A replica works on those of the
//! shards that it holds; [`election`](super::election) says which. What is known of a shard is kept with the
//! time it is held for: whoever holds it afterwards, be it the same replica, begins with nothing, since others
//! may have submitted objects meanwhile.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use tokio::sync::Notify;

use super::key::{Key, Subject};
use crate::cluster::Object;
use crate::cluster::kube::Fence;
use crate::fleet::Shard;
use crate::supply_chain::submitted::Submitted;

/// The time that a shard is held for.
pub(super) struct Tenure {
    /// Until when writes may be made.
    pub(super) fence: Arc<Fence>,
    /// What was submitted, for workloads, deliverables and runnables.
    submitted: [Submitted; 3],
    /// Passes that have begun and not ended.
    passes: AtomicUsize,
}

impl Tenure {
    pub(super) fn new(fence: Arc<Fence>) -> Arc<Tenure> {
        let submitted = std::array::from_fn(|_| Submitted::new());
        Arc::new(Tenure { fence, submitted, passes: AtomicUsize::new(0) })
    }

    /// What was submitted for owners of this kind.
    pub(super) fn submitted(&self, subject: Subject) -> &Submitted {
        let [workloads, deliverables, runnables] = &self.submitted;
        match subject {
            Subject::Deliverable => deliverables,
            Subject::Runnable => runnables,
            _ => workloads,
        }
    }

    /// Whether no pass is on its way.
    pub(super) fn is_idle(&self) -> bool {
        self.passes.load(Ordering::Acquire) == 0
    }
}

/// The right to one pass. Its end is the end of the pass.
pub(super) struct Pass<'a> {
    pub(super) tenure: Arc<Tenure>,
    ended: &'a Notify,
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.tenure.passes.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.ended.notify_one();
        }
    }
}

/// The shards, and those that are worked on.
pub(super) struct Shards {
    count: u32,
    /// By number of the shard.
    open: RwLock<Vec<Option<Arc<Tenure>>>>,
    /// A shard has no passes any more.
    pub(super) ended: Notify,
}

impl Shards {
    /// None is worked on yet.
    pub(super) fn new(count: u32) -> Shards {
        let count = count.max(1);
        Shards { count, open: RwLock::new(vec![None; count as usize]), ended: Notify::new() }
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<Option<Arc<Tenure>>>> {
        self.open.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.count as usize
    }

    /// The shard of a key.
    pub(super) fn of(&self, key: &Key) -> usize {
        Shard::of(self.count, &key.namespace, &key.name, key.subject.kind_name()).index() as usize
    }

    /// Whether a key is worked on here.
    pub(super) fn has(&self, key: &Key) -> bool {
        self.read().get(self.of(key)).is_some_and(Option::is_some)
    }

    /// Begins a pass over a key; none if it is not worked on here.
    pub(super) fn begin(&self, key: &Key) -> Option<Pass<'_>> {
        let open = self.read();
        let tenure = open.get(self.of(key))?.as_ref()?;
        if !tenure.fence.is_open() {
            return None;
        }
        // Counted under the lock, so that nobody who has closed the shard overlooks it.
        tenure.passes.fetch_add(1, Ordering::AcqRel);
        Some(Pass { tenure: Arc::clone(tenure), ended: &self.ended })
    }

    /// Begins to work on a shard.
    pub(super) fn open(&self, index: usize, tenure: &Arc<Tenure>) {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = open.get_mut(index) {
            *slot = Some(Arc::clone(tenure));
        }
    }

    /// Begins no passes of a shard any more. Tells whether it was worked on.
    pub(super) fn close(&self, index: usize) -> bool {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        open.get_mut(index).and_then(Option::take).is_some()
    }

    /// How many are worked on.
    pub(super) fn held(&self) -> usize {
        self.read().iter().flatten().count()
    }

    /// Forgets a stamped object that is gone.
    pub(super) fn forget(&self, object: &Object) {
        for tenure in self.read().iter().flatten() {
            for submitted in &tenure.submitted {
                submitted.forget(object, "");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::{Shards, Tenure};
    use crate::cluster::kube::Fence;
    use crate::controller::key::{Key, Subject};

    fn key(name: &str) -> Key {
        Key::new(Subject::Workload, "team", name)
    }

    #[test]
    fn only_shards_that_are_open_are_worked_on() {
        let shards = Shards::new(3);
        let web = key("web");
        assert!(!shards.has(&web) && shards.begin(&web).is_none());
        let tenure = Tenure::new(Fence::open());
        shards.open(shards.of(&web), &tenure);
        assert!(shards.has(&web));
        let elsewhere = (0..100).map(|number| key(&format!("app-{number}")));
        let elsewhere = elsewhere.filter(|key| shards.of(key) != shards.of(&web)).collect::<Vec<_>>();
        assert!(!elsewhere.is_empty() && elsewhere.iter().all(|key| !shards.has(key)));
        let pass = shards.begin(&web).unwrap();
        // What has begun comes to its end; nothing else begins.
        assert!(shards.close(shards.of(&web)));
        assert!(shards.begin(&web).is_none() && !tenure.is_idle());
        drop(pass);
        assert!(tenure.is_idle());
    }

    #[test]
    fn a_shard_whose_lease_has_run_out_is_not_worked_on() {
        let shards = Shards::new(1);
        let tenure = Tenure::new(Fence::open());
        shards.open(0, &tenure);
        tenure.fence.close();
        assert!(shards.begin(&key("web")).is_none());
    }
}
