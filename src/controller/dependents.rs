//! Who depends on what: whom to wake when a blueprint, a template, a service account or the kinds of the API
//! server change.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

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

/// The dependencies, both ways.
#[derive(Debug, Default)]
pub(super) struct Dependents(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    of: HashMap<On, HashSet<Key>>,
    by: HashMap<Key, BTreeSet<On>>,
}

impl Dependents {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what `key` depends on, and on nothing else. Tells whether something is new.
    pub(super) fn set(&self, key: &Key, on: BTreeSet<On>) -> bool {
        let mut state = self.lock();
        let state = &mut *state;
        let before = state.by.get(key);
        if before.is_some_and(|before| *before == on) {
            return false;
        }
        let is_more = before.is_none_or(|before| !on.is_subset(before));
        for gone in before.into_iter().flatten().filter(|known| !on.contains(known)) {
            if let Some(keys) = state.of.get_mut(gone) {
                keys.remove(key);
                if keys.is_empty() {
                    state.of.remove(gone);
                }
            }
        }
        for on in &on {
            state.of.entry(on.clone()).or_default().insert(key.clone());
        }
        if on.is_empty() {
            state.by.remove(key);
        } else {
            state.by.insert(key.clone(), on);
        }
        is_more
    }

    /// Those that depend on something.
    pub(super) fn of(&self, on: &On) -> Vec<Key> {
        self.lock().of.get(on).map(|keys| keys.iter().cloned().collect()).unwrap_or_default()
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
