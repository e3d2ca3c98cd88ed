//! How a cluster in memory behaves.

use std::fmt;
use std::sync::{Arc, LazyLock};

use hashbrown::HashMap;

use super::Memory;
use super::kinds::{GroupKind, GroupKindRef, KindInfo, guess, known};
use crate::cluster::{Clock, Kind, Object, SystemClock};
use crate::yaml::Node;

/// Stands for the controllers of a cluster: sees every object that is created or changed, and may give it a
/// status at once.
pub trait Observer: Send + Sync {
    /// The status the object is to have, if it is to have another. Called after the write, without any lock,
    /// and not for writes of a status alone; so it may use the cluster.
    fn observe(&self, object: &Object) -> Option<Node>;
}

impl<F: Fn(&Object) -> Option<Node> + Send + Sync> Observer for F {
    fn observe(&self, object: &Object) -> Option<Node> {
        self(object)
    }
}

/// How many changes of a kind are kept for watches by default, and how many events for a slow watch.
const HISTORY: usize = 1000;

/// How a cluster in memory behaves; any number of clusters share one.
#[derive(Clone)]
pub struct Settings {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) observers: Vec<Arc<dyn Observer>>,
    /// By group and kind.
    kinds: HashMap<GroupKind, KindInfo>,
    guesses: bool,
    pub(super) history: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            clock: Arc::new(SystemClock),
            observers: Vec::new(),
            kinds: HashMap::new(),
            guesses: true,
            history: HISTORY,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("observers", &self.observers.len())
            .field("kinds", &self.kinds.len())
            .field("guesses", &self.guesses)
            .field("history", &self.history)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// The system's clock, no observers, all kinds.
    pub fn new() -> Settings {
        Settings::default()
    }

    pub(super) fn shared_default() -> Arc<Settings> {
        static DEFAULT: LazyLock<Arc<Settings>> = LazyLock::new(Arc::default);
        Arc::clone(&DEFAULT)
    }

    /// Where the times of creation come from.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Settings {
        self.clock = Arc::new(clock);
        self
    }

    /// Adds an observer; they are called in the order they were added.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer + 'static) -> Settings {
        self.observers.push(Arc::new(observer));
        self
    }

    /// Describes a kind, in all its versions.
    #[must_use]
    pub fn kind(mut self, group: &str, kind: &str, info: KindInfo) -> Settings {
        self.kinds.insert(GroupKind { group: group.into(), kind: kind.into() }, info);
        self
    }

    /// Refuses kinds that nobody described; by default what they are is guessed from their name.
    #[must_use]
    pub fn only_known_kinds(mut self) -> Settings {
        self.guesses = false;
        self
    }

    /// How many changes of a kind are kept for watches from an older version, and how many events wait for a
    /// watch that is slow: 1000 by default.
    #[must_use]
    pub fn history(mut self, changes: usize) -> Settings {
        self.history = changes;
        self
    }

    /// An empty cluster that behaves so.
    pub fn build(self) -> Memory {
        Memory::with(Arc::new(self))
    }

    pub(super) fn info(&self, kind: &Kind) -> Option<KindInfo> {
        if let Some(info) = self.kinds.get(&GroupKindRef::from(kind)) {
            return Some(info.clone());
        }
        let info = known(&kind.group, &kind.kind);
        if info.is_none() && self.guesses { Some(guess(&kind.kind)) } else { info }
    }
}
