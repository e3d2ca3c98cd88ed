//! Who depends on what: whom to wake when a blueprint, a template, a service account or the kinds of the API
//! server change.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::key::Key;
use crate::yaml::Text;

/// What something depends on.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum On {
    /// A blueprint or template.
    Source { kind: &'static str, name: Text },
    /// A service account.
    Account { namespace: Text, name: Text },
    /// The rights of a service account: something was forbidden.
    Rights,
    /// The kinds of a group, one of which was missing.
    Group(Text),
}

/// The dependencies, both ways. Owners that depend on the same are kept together: most owners of a blueprint do.
#[derive(Debug, Default)]
pub(super) struct Dependents(Mutex<State>);

type Group = Arc<BTreeSet<On>>;

#[derive(Debug, Default)]
struct State {
    of: HashMap<On, HashSet<Group>>,
    groups: HashMap<Group, HashSet<Key>>,
    by: HashMap<Key, Group>,
}

impl Dependents {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what `key` depends on, and on nothing else. Tells whether something is new.
    pub(super) fn set(&self, key: &Key, on: BTreeSet<On>) -> bool {
        let mut state = self.lock();
        let before = state.by.get(key).cloned();
        if before.as_ref().is_some_and(|before| **before == on) {
            return false;
        }
        let is_more = before.as_ref().is_none_or(|before| !on.is_subset(before));
        if let Some(before) = before {
            state.leave(key, &before);
        }
        if !on.is_empty() {
            state.join(key, on);
        }
        is_more
    }

    /// Those that depend on something.
    pub(super) fn of(&self, on: &On) -> Vec<Key> {
        let state = self.lock();
        let groups = state.of.get(on).into_iter().flatten();
        groups.filter_map(|group| state.groups.get(group)).flatten().cloned().collect()
    }
}

impl State {
    fn leave(&mut self, key: &Key, group: &Group) {
        self.by.remove(key);
        let Some(keys) = self.groups.get_mut(group) else { return };
        keys.remove(key);
        if !keys.is_empty() {
            return;
        }
        self.groups.remove(group);
        for on in group.iter() {
            if let Some(groups) = self.of.get_mut(on) {
                groups.remove(group);
                if groups.is_empty() {
                    self.of.remove(on);
                }
            }
        }
    }

    fn join(&mut self, key: &Key, on: BTreeSet<On>) {
        let group = match self.groups.get_key_value(&on) {
            Some((group, _)) => Arc::clone(group),
            None => {
                let group = Arc::new(on);
                for on in group.iter() {
                    self.of.entry(on.clone()).or_default().insert(Arc::clone(&group));
                }
                group
            }
        };
        self.groups.entry(Arc::clone(&group)).or_default().insert(key.clone());
        self.by.insert(key.clone(), group);
    }
}

#[cfg(test)]
mod tests {
    use super::{Dependents, On};
    use crate::controller::key::{Key, Subject};
    use crate::yaml::Text;

    fn template(name: &str) -> On {
        On::Source { kind: "ClusterTemplate", name: Text::new(name) }
    }

    #[test]
    fn only_the_latest_dependencies_count() {
        let dependents = Dependents::default();
        let [web, api] = ["web", "api"].map(|name| Key::new(Subject::Workload, "ns", name));
        _ = dependents.set(&web, [template("a"), template("b")].into());
        _ = dependents.set(&api, [template("b")].into());
        assert!(dependents.of(&template("a")).iter().eq([&web]));
        assert_eq!(dependents.of(&template("b")).len(), 2);
        assert!(!dependents.set(&web, [template("a")].into()));
        assert_eq!(dependents.of(&template("b")), [api]);
        _ = dependents.set(&web, [].into());
        assert!(dependents.of(&template("a")).is_empty());
    }
}
