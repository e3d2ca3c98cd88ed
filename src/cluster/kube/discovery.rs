//! Which kinds the API server has.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::api::{Api, Call, Caller, read_object};
use crate::cluster::{Error, Kind, Object, Resource, Result};
use crate::yaml::{Node, Text};

/// How long it counts that there is no such kind. Definitions that arrive are heard of at once; this is for
/// API servers that take a moment until they serve them.
const ABSENT: Duration = Duration::from_millis(500);

/// What is known of a kind.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct KindInfo {
    pub(super) resource: Resource,
    /// Whether the status is a resource of its own.
    pub(super) has_status: bool,
}

#[derive(Debug)]
struct Version {
    kinds: HashMap<Text, Arc<KindInfo>>,
    asked: Instant,
}

/// The kinds of the API server, each group and version asked for once.
#[derive(Debug)]
pub struct Discovery {
    api: Arc<Api>,
    versions: RwLock<HashMap<(Text, Text), Version>>,
    /// Held while the API server is asked, so that one asks for all.
    asking: Mutex<()>,
}

impl Discovery {
    /// Nothing is known yet.
    pub fn new(api: Arc<Api>) -> Discovery {
        Discovery { api, versions: RwLock::default(), asking: Mutex::default() }
    }

    fn known(&self, kind: &Kind) -> Option<Option<Arc<KindInfo>>> {
        let versions = self.versions.read().unwrap_or_else(PoisonError::into_inner);
        let version = versions.get(&(kind.group.clone(), kind.version.clone()))?;
        match version.kinds.get(&kind.kind) {
            Some(info) => Some(Some(Arc::clone(info))),
            None if version.asked.elapsed() < ABSENT => Some(None),
            None => None,
        }
    }

    /// What the API server says of a kind.
    ///
    /// # Errors
    /// `NoMatch` where it has no such kind; else that of the API server.
    pub(super) fn info(&self, kind: &Kind) -> Result<Arc<KindInfo>> {
        let known = match self.known(kind) {
            Some(known) => known,
            None => {
                let _asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
                match self.known(kind) {
                    Some(known) => known,
                    None => {
                        self.ask(kind)?;
                        self.known(kind).flatten()
                    }
                }
            }
        };
        known.ok_or_else(|| Error::no_match(kind))
    }

    /// What the API calls the objects of a kind.
    ///
    /// # Errors
    /// `NoMatch` where there is no such kind; else that of the API server.
    pub fn resource(&self, kind: &Kind) -> Result<Resource> {
        Ok(self.info(kind)?.resource.clone())
    }

    fn ask(&self, kind: &Kind) -> Result<()> {
        let uri = match &*kind.group {
            "" => format!("/api/{}", kind.version),
            group => format!("/apis/{group}/{}", kind.version),
        };
        let answer = self.api.wait_for(self.api.call(Call::get(uri, &Caller::Own)));
        let kinds = match answer {
            Ok(text) => read_kinds(&read_object(text.as_bytes())?, &kind.group, &kind.version),
            Err(error) if error.is_not_found() => HashMap::new(),
            Err(error) => return Err(error),
        };
        let mut versions = self.versions.write().unwrap_or_else(PoisonError::into_inner);
        let version = Version { kinds, asked: Instant::now() };
        versions.insert((kind.group.clone(), kind.version.clone()), version);
        Ok(())
    }

    /// Forgets a group: its definitions have changed.
    pub fn forget(&self, group: &str) {
        let mut versions = self.versions.write().unwrap_or_else(PoisonError::into_inner);
        versions.retain(|(known, _), _| known != group);
    }
}

/// Reads an `APIResourceList`.
fn read_kinds(list: &Object, group: &Text, version: &Text) -> HashMap<Text, Arc<KindInfo>> {
    let mut kinds = HashMap::new();
    let Some(Node::Array(resources)) = list.get("resources") else { return kinds };
    let entries: Vec<(&str, &str, bool)> = resources
        .items
        .iter()
        .filter_map(|item| {
            let Node::Map(entry) = &item.value else { return None };
            let namespaced = matches!(entry.get("namespaced"), Some(Node::Bool(true)));
            Some((entry.get("name")?.as_str()?, entry.get("kind")?.as_str()?, namespaced))
        })
        .collect();
    for (name, kind, namespaced) in entries.iter().filter(|(name, ..)| !name.contains('/')) {
        let has_status =
            entries.iter().any(|(other, ..)| other.strip_prefix(name).is_some_and(|rest| rest == "/status"));
        let resource = Resource {
            plural: Text::new(name),
            group: group.clone(),
            version: version.clone(),
            namespaced: *namespaced,
        };
        kinds.entry(Text::new(kind)).or_insert_with(|| Arc::new(KindInfo { resource, has_status }));
    }
    kinds
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::read_kinds;
    use crate::cluster::kube::api::read_object;
    use crate::yaml::Text;

    /// The shape of <https://kubernetes.io/docs/reference/using-api/api-concepts/>.
    #[test]
    fn kinds_and_their_statuses_are_read() {
        let list = br#"{"kind": "APIResourceList", "groupVersion": "apps/v1", "resources": [
            {"name": "deployments", "singularName": "deployment", "namespaced": true, "kind": "Deployment", "verbs": ["get"]},
            {"name": "deployments/scale", "namespaced": true, "kind": "Scale", "verbs": ["get"]},
            {"name": "deployments/status", "namespaced": true, "kind": "Deployment", "verbs": ["get"]},
            {"name": "things", "namespaced": false, "kind": "Thing", "verbs": ["get"]}]}"#;
        let kinds = read_kinds(&read_object(list).unwrap(), &Text::new("apps"), &Text::new("v1"));
        assert_eq!(kinds.len(), 2);
        let deployment = &kinds["Deployment"];
        assert_eq!((&*deployment.resource.plural, deployment.resource.namespaced), ("deployments", true));
        assert!(deployment.has_status);
        assert!(!kinds["Thing"].has_status && !kinds["Thing"].resource.namespaced);
    }
}
