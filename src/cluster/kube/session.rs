//! The port to the cluster, as one pass over an owner has it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::access::{Access, Question};
use super::api::{Api, Caller, Writer};
use super::discovery::{Discovery, KindInfo};
use super::fence::Fence;
use super::informers::{Family, Informers};
use super::store::Store;
use super::token::{TokenError, Tokens};
use crate::cluster::{
    Cluster, Error, ErrorKind, Kind, List, Object, ObjectKey, Query, Resource, Result, Watch, merge_patch,
};
use crate::yaml::{Map, MapItem, Node, Text, json};

/// Fields of `metadata` that are the cluster's.
const OWNED: [&str; 8] = [
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
    "selfLink",
];

/// What all sessions share.
#[derive(Debug)]
pub struct Connection {
    /// Requests.
    pub api: Arc<Api>,
    /// The kinds there are.
    pub discovery: Arc<Discovery>,
    /// The stores of stamped kinds.
    pub informers: Informers,
    /// The tokens of service accounts.
    pub tokens: Tokens,
    access: Access,
    families: &'static [Family],
    /// When a request to create an object of a kind was last made whose fate is not known.
    doubtful: Mutex<HashMap<Kind, Instant>>,
}

/// How long memory does not count for a kind after a request to create whose fate is not known.
const DOUBT: Duration = Duration::from_secs(60);

/// How long to wait for a store that is being filled before the API server is asked instead.
const FILLING: Duration = Duration::from_secs(5);

impl Connection {
    /// A connection that keeps objects of these families in memory. Single objects are looked for in the
    /// first one.
    pub fn new(
        api: Arc<Api>,
        discovery: Arc<Discovery>,
        informers: Informers,
        families: &'static [Family],
    ) -> Connection {
        let tokens = Tokens::new(Arc::clone(&api));
        let (access, doubtful) = Default::default();
        Connection { api, discovery, informers, tokens, access, families, doubtful }
    }

    /// A session of the controller itself.
    pub fn own(&self) -> Session<'_> {
        Session::new(self, None, Caller::Own)
    }

    /// A session of a service account.
    ///
    /// # Errors
    /// It has no token.
    pub fn of_account(
        &self,
        namespace: &str,
        name: &str,
        uid: &str,
    ) -> std::result::Result<Session<'_>, TokenError> {
        let token = self.tokens.token(namespace, name, uid)?;
        let account = Account {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            uid: uid.to_owned(),
            key: Text::from(format!("{namespace}/{name}/{uid}")),
        };
        Ok(Session::new(self, Some(account), Caller::Token(token)))
    }

    /// Whether an object of this kind may be there that no store knows of.
    fn is_doubtful(&self, kind: &Kind) -> bool {
        lock(&self.doubtful).get(kind).is_some_and(|since| since.elapsed() < DOUBT)
    }

    /// Who may do what has changed.
    pub fn forget_access(&self) {
        self.access.clear();
    }
}

#[derive(Debug)]
struct Account {
    namespace: String,
    name: String,
    uid: String,
    key: Text,
}

/// What happened in a session that matters later.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// Something was forbidden.
    pub forbidden: bool,
    /// Groups of kinds that the API server has not.
    pub missing: BTreeSet<Text>,
}

/// The cluster as one account sees it, for one pass.
#[derive(Debug)]
pub struct Session<'a> {
    connection: &'a Connection,
    account: Option<Account>,
    fence: Option<Arc<Fence>>,
    caller: Mutex<Caller>,
    /// Objects that memory did not have.
    absent: Mutex<HashSet<ObjectKey>>,
    notes: Mutex<Notes>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Session<'a> {
    fn new(connection: &'a Connection, account: Option<Account>, caller: Caller) -> Session<'a> {
        Session {
            connection,
            account,
            fence: None,
            caller: Mutex::new(caller),
            absent: Mutex::default(),
            notes: Mutex::default(),
        }
    }

    /// The session, which writes only as long as the fence is open.
    pub fn within(mut self, fence: &Arc<Fence>) -> Session<'a> {
        self.fence = Some(Arc::clone(fence));
        self
    }

    /// What happened so far.
    pub fn notes(&self) -> Notes {
        lock(&self.notes).clone()
    }

    fn info(&self, kind: &Kind) -> Result<Arc<KindInfo>> {
        let info = self.connection.discovery.info(kind);
        if let Err(error) = &info
            && error.kind() == ErrorKind::NoMatch
        {
            lock(&self.notes).missing.insert(kind.group.clone());
        }
        info
    }

    /// Makes a request, with a new token where the old one is no longer taken.
    fn ask<T>(&self, request: impl Fn(&Api, &Caller) -> Result<T>) -> Result<T> {
        let caller = lock(&self.caller).clone();
        let api = &*self.connection.api;
        let mut answer = request(api, &caller);
        if let (Err(error), Some(account), Caller::Token(refused)) = (&answer, &self.account, &caller)
            && error.kind() == ErrorKind::Unauthorized
        {
            let Account { namespace, name, uid, .. } = account;
            self.connection.tokens.forget(namespace, name, uid, refused);
            if let Ok(token) = self.connection.tokens.token(namespace, name, uid) {
                let caller = Caller::Token(token);
                *lock(&self.caller) = caller.clone();
                answer = request(api, &caller);
            }
        }
        if let Err(error) = &answer
            && error.kind() == ErrorKind::Forbidden
        {
            lock(&self.notes).forbidden = true;
        }
        answer
    }

    /// As [`ask`](Session::ask), for requests that write.
    fn write<T>(&self, request: impl Fn(&Api, Writer<'_>) -> Result<T>) -> Result<T> {
        let fence = self.fence.as_deref();
        self.ask(|api, caller| request(api, Writer { caller, fence }))
    }

    fn question(&self, kind: &Kind, namespace: &str, many: bool) -> Option<Question> {
        let account = self.account.as_ref()?.key.clone();
        Some(Question { account, kind: kind.clone(), namespace: Text::new(namespace), many })
    }

    /// Whether the account may see what the stores have.
    fn may_look(&self, question: Option<&Question>) -> bool {
        question.is_none_or(|question| self.connection.access.is_known(question))
    }

    /// The store that has the objects of a kind and family, as far as there is one.
    fn store(&self, kind: &Kind, family: Option<&'static Family>) -> Option<Arc<Store>> {
        self.connection.informers.store(kind, family?).ok()
    }

    fn family_of(&self, object: &Object) -> Option<&'static Family> {
        self.connection.families.iter().find(|family| object.label(family.marker).is_some())
    }

    /// Keeps what the API server has answered, if it belongs into a store.
    fn keep(&self, object: &Object) {
        if let Some(store) = self.store(&object.kind(), self.family_of(object)) {
            _ = store.put(object);
        }
    }

    fn refuse(&self, what: &str, object: &Object) {
        let (namespace, name) = (object.namespace(), object.name());
        let name = if name.is_empty() { object.generate_name() } else { name };
        tracing::info!(kind = %object.kind(), namespace, name, "dry run: would {what}");
    }

    fn get_live(&self, key: &ObjectKey, info: &KindInfo) -> Result<Object> {
        let namespace = namespace_of(&info.resource, &key.namespace);
        let question = self.question(&key.kind, namespace, false);
        let answer = self.ask(|api, caller| api.get(&info.resource, namespace, &key.name, caller));
        match &answer {
            Ok(object) => self.keep(object),
            Err(error) if error.is_not_found() => {}
            Err(_) => return answer,
        }
        if let Some(question) = question {
            self.connection.access.allowed(question);
        }
        answer
    }

    fn patch(&self, live: &Object, wanted: &Object) -> Result<Object> {
        let info = self.info(&wanted.kind())?;
        let Some(patch) = patch(live, wanted, &info) else { return Ok(live.clone()) };
        if self.connection.api.is_dry_run() {
            self.refuse("patch", wanted);
            return Ok(live.clone());
        }
        let namespace = namespace_of(&info.resource, wanted.namespace());
        let patched = self
            .write(|api, writer| api.merge_patch(&info.resource, namespace, wanted.name(), &patch, writer))?;
        self.keep(&patched);
        Ok(patched)
    }
}

/// The namespace in the path of objects of this kind.
fn namespace_of<'a>(resource: &Resource, namespace: &'a str) -> &'a str {
    if resource.namespaced { namespace } else { "" }
}

/// The patch between two forms of an object without what is the cluster's; none if nothing is left.
fn patch(live: &Object, wanted: &Object, info: &KindInfo) -> Option<Node> {
    let Node::Map(mut patch) = merge_patch::create(live.node(), wanted.node()) else { return None };
    let fields = Arc::make_mut(&mut patch);
    fields.items.retain_mut(|item| match item.key.as_str() {
        // Another version of the kind is the same object.
        Some("apiVersion" | "kind") => false,
        Some("status") => !info.has_status,
        Some("metadata") => keep_metadata(item, &info.resource),
        _ => true,
    });
    (!fields.items.is_empty()).then_some(Node::Map(patch))
}

fn keep_metadata(item: &mut MapItem, resource: &Resource) -> bool {
    let Node::Map(metadata) = &mut item.value else { return false };
    let fields: &mut Map = Arc::make_mut(metadata);
    fields.items.retain(|item| {
        let key = item.key.as_str().unwrap_or_default();
        !OWNED.contains(&key) && (resource.namespaced || key != "namespace")
    });
    !fields.items.is_empty()
}

impl Cluster for Session<'_> {
    fn get(&self, key: &ObjectKey) -> Result<Object> {
        if key.name.is_empty() {
            return Err(Error::new(ErrorKind::BadRequest, "resource name may not be empty"));
        }
        let info = self.info(&key.kind)?;
        let namespace = namespace_of(&info.resource, &key.namespace);
        let question = self.question(&key.kind, namespace, false);
        let asking = question.as_ref().and_then(|question| self.connection.access.ask(question));
        if asking.is_none()
            && self.may_look(question.as_ref())
            && !self.connection.is_doubtful(&key.kind)
            && let Some(store) = self.store(&key.kind, self.connection.families.first())
            && store.wait_synced(FILLING)
        {
            return store.get(namespace, &key.name).ok_or_else(|| {
                lock(&self.absent).insert(key.clone());
                Error::not_found(&info.resource, &key.name)
            });
        }
        self.get_live(key, &info)
    }

    fn list(&self, query: &Query) -> Result<List> {
        let info = self.info(&query.kind)?;
        let namespace = namespace_of(&info.resource, &query.namespace);
        let question = self.question(&query.kind, namespace, true);
        let families = self.connection.families;
        let owned = families.iter().find_map(|family| {
            let (_, owner) = query.labels.iter().find(|(key, _)| family.owners.contains(&key.as_str()))?;
            Some((family, owner))
        });
        let asking = question.as_ref().and_then(|question| self.connection.access.ask(question));
        if let Some((family, owner)) = owned
            && asking.is_none()
            && !namespace.is_empty()
            && self.may_look(question.as_ref())
            && !self.connection.is_doubtful(&query.kind)
            && let Some(store) = self.store(&query.kind, Some(family))
            && store.wait_synced(FILLING)
        {
            let mut items = store.owned_by(namespace, owner);
            items.retain(|object| query.matches_labels(object));
            return Ok(List { items, resource_version: Text::default() });
        }
        let list = self.ask(|api, caller| api.list(&info.resource, namespace, &query.labels, caller))?;
        let kind = &query.kind;
        let mut items = Vec::new();
        if let Some(Node::Array(array)) = list.get("items") {
            for item in &array.items {
                let mut object = super::api::slim(item.value.clone())?;
                object.set("apiVersion", Node::Str(kind.api_version()));
                object.set("kind", Node::Str(kind.kind.clone()));
                items.push(object);
            }
        }
        if let Some(question) = question {
            self.connection.access.allowed(question);
        }
        Ok(List { items, resource_version: Text::new(list.resource_version()) })
    }

    fn create(&self, mut object: Object) -> Result<Object> {
        let kind = object.kind();
        if kind.kind.is_empty() || kind.version.is_empty() {
            let missing = if kind.kind.is_empty() { "Kind" } else { "apiVersion" };
            let text = json::encode(object.node(), 0, false).unwrap_or_default();
            let message = format!("Object '{missing}' is missing in '{text}'");
            return Err(Error::new(ErrorKind::BadRequest, message));
        }
        let info = self.info(&kind)?;
        let key = object.key();
        if !info.resource.namespaced {
            object.set_namespace("");
        }
        if self.connection.api.is_dry_run() {
            self.refuse("create", &object);
            return Ok(object);
        }
        let namespace = namespace_of(&info.resource, &key.namespace);
        let created = self.write(|api, writer| api.create(&info.resource, namespace, &object, writer));
        match created {
            // It is there, but is not one of those that are kept in memory.
            Err(error) if error.kind() == ErrorKind::AlreadyExists && lock(&self.absent).contains(&key) => {
                let live = self.get_live(&key, &info)?;
                self.patch(&live, &object)
            }
            Err(error) => {
                if error.kind() == ErrorKind::Unavailable {
                    lock(&self.connection.doubtful).insert(kind, Instant::now());
                }
                Err(error)
            }
            Ok(created) => {
                self.keep(&created);
                Ok(created)
            }
        }
    }

    fn apply(&self, live: &Object, wanted: &Object) -> Result<Object> {
        self.patch(live, wanted)
    }

    fn update_status(&self, object: &Object) -> Result<Object> {
        let info = self.info(&object.kind())?;
        if self.connection.api.is_dry_run() {
            self.refuse("write the status", object);
            return Ok(object.clone());
        }
        let namespace = namespace_of(&info.resource, object.namespace());
        self.write(|api, writer| api.put_status(&info.resource, namespace, object, writer))
    }

    fn delete(&self, key: &ObjectKey) -> Result<()> {
        let info = self.info(&key.kind)?;
        if self.connection.api.is_dry_run() {
            self.refuse("delete", &Object::new(key));
            return Ok(());
        }
        let namespace = namespace_of(&info.resource, &key.namespace);
        self.write(|api, writer| api.delete(&info.resource, namespace, &key.name, writer))?;
        for family in self.connection.families {
            if let Some(store) = self.store(&key.kind, Some(family))
                && store.is_synced()
                && store.contains(namespace, &key.name)
            {
                _ = store.remove(namespace, &key.name, u64::MAX);
            }
        }
        Ok(())
    }

    fn watch(&self, query: &Query, from: &str) -> Result<Watch> {
        let info = self.info(&query.kind)?;
        if self.account.is_some() {
            return Err(Error::new(ErrorKind::Forbidden, "only the controller itself watches"));
        }
        Ok(super::watch::watch(self.connection, query, &info.resource, from))
    }

    fn resource(&self, kind: &Kind) -> Option<Resource> {
        self.info(kind).ok().map(|info| info.resource.clone())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::{KindInfo, patch};
    use crate::cluster::kube::api::read_object;
    use crate::cluster::{Object, Resource};
    use crate::yaml::{json, same};

    fn object(text: &str) -> Object {
        read_object(text.as_bytes()).unwrap()
    }

    fn info(has_status: bool) -> KindInfo {
        let resource =
            Resource { plural: "things".into(), group: "a".into(), version: "v1".into(), namespaced: true };
        KindInfo { resource, has_status }
    }

    const LIVE: &str = r#"{"apiVersion": "a/v1", "kind": "Thing", "metadata": {"name": "x", "namespace": "n", "uid": "u",
        "resourceVersion": "5", "generation": 2, "creationTimestamp": "2024-06-10T12:30:00Z", "labels": {"a": "b", "c": "d"}},
        "spec": {"x": 1, "defaulted": true}, "status": {"ready": true}}"#;

    #[test]
    fn what_is_the_clusters_is_not_patched() {
        let wanted = object(
            r#"{"apiVersion": "a/v1", "kind": "Thing", "metadata": {"name": "x", "namespace": "n", "labels": {"a": "b", "c": "d"}},
                "spec": {"x": 1, "defaulted": true}}"#,
        );
        assert!(patch(&object(LIVE), &wanted, &info(true)).is_none());
        // Without a resource of its own the status is a field like others.
        let removed = patch(&object(LIVE), &wanted, &info(false)).unwrap();
        assert!(same(&removed, &json::read(br#"{"status": null}"#).unwrap()));
    }

    #[test]
    fn what_the_template_has_not_goes() {
        let wanted = object(
            r#"{"apiVersion": "a/v1", "kind": "Thing", "metadata": {"name": "x", "namespace": "n", "labels": {"a": "z"}}, "spec": {"x": 2}}"#,
        );
        let expected =
            br#"{"metadata": {"labels": {"a": "z", "c": null}}, "spec": {"x": 2, "defaulted": null}}"#;
        assert!(same(&patch(&object(LIVE), &wanted, &info(true)).unwrap(), &json::read(expected).unwrap()));
    }
}
