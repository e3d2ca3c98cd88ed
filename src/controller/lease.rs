//! Leases of `coordination.k8s.io/v1`: reading, taking and releasing them.
//!
//! Times are controller-runtime's: a lease lasts 15 s, is renewed every 2 s, and given up by its holder after
//! 10 s without an answer. Who waits goes by its own clock: by when it saw the lease change.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Method;
use jiff::Timestamp;

use super::json::map;
use crate::cluster::kube::Api;
use crate::cluster::{Error, ErrorKind, Object, Result};
use crate::yaml::{Node, Text};

/// How long a lease lasts for those who wait.
pub(super) const DURATION: Duration = Duration::from_secs(15);
/// How long its holder counts on it, from the moment it asked for it.
pub(super) const GIVE_UP: Duration = Duration::from_secs(10);
/// How long one request may take, so that there is time for another one.
const REQUEST: Duration = Duration::from_secs(5);
/// How long a lease must not have changed to be of no use to anybody.
const FORGOTTEN: Duration = Duration::from_secs(60);

/// A lease as it was seen.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    object: Object,
    /// Who holds it; empty for nobody.
    pub(super) holder: Text,
    /// Whether its time is over.
    pub(super) is_over: bool,
    /// Whether it has been over for so long that it may go.
    pub(super) is_forgotten: bool,
}

impl Seen {
    /// Whether anybody may take it.
    pub(super) fn is_free(&self) -> bool {
        self.holder.is_empty() || self.is_over
    }
}

/// The leases of a namespace, as one replica sees them.
pub(super) struct Leases {
    api: Arc<Api>,
    uri: String,
    namespace: Text,
    identity: Text,
    /// The version of each that was seen last, and since when.
    versions: HashMap<Text, (Text, Instant)>,
}

impl Leases {
    pub(super) fn new(api: Arc<Api>, namespace: &str, identity: &str) -> Leases {
        Leases {
            api,
            uri: format!("/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"),
            namespace: Text::new(namespace),
            identity: Text::new(identity),
            versions: HashMap::new(),
        }
    }

    /// The leases whose name begins so.
    pub(super) async fn list(&mut self, beginning: &str) -> Result<HashMap<Text, Seen>> {
        let list = self.send(Method::GET, self.uri.clone(), None).await?;
        let now = Instant::now();
        let mut found = HashMap::new();
        let items = match list.get("items") {
            Some(Node::Array(array)) => array.items.as_slice(),
            _ => &[],
        };
        for item in items {
            let Ok(object) = Object::try_from(item.value.clone()) else { continue };
            if !object.name().starts_with(beginning) {
                continue;
            }
            let name = Text::new(object.name());
            let version = Text::new(object.resource_version());
            let since = match self.versions.get(&name) {
                Some((known, since)) if *known == version => *since,
                _ => now,
            };
            self.versions.insert(name.clone(), (version, since));
            let unchanged = now.saturating_duration_since(since);
            let seen = Seen {
                holder: Text::new(holder(&object)),
                is_over: unchanged > lasts(&object),
                is_forgotten: unchanged > FORGOTTEN,
                object,
            };
            found.insert(name, seen);
        }
        self.versions.retain(|name, _| found.contains_key(name));
        Ok(found)
    }

    /// Takes or renews a lease that was seen so, or not at all. False if somebody else was faster.
    pub(super) async fn hold(&self, name: &str, seen: Option<&Seen>) -> Result<bool> {
        let lease = match seen {
            Some(seen) => seen.object.clone(),
            None => self.new_lease(name)?,
        };
        let is_new = seen.is_none_or(|seen| seen.holder != self.identity);
        let spec = spec(&lease, &self.identity, DURATION, is_new);
        let (method, uri) = match seen {
            Some(_) => (Method::PUT, format!("{}/{name}", self.uri)),
            None => (Method::POST, self.uri.clone()),
        };
        self.put(method, uri, lease, spec).await
    }

    /// Gives a lease up that this replica holds, so that others need not wait.
    pub(super) async fn release(&self, name: &str, seen: &Seen) -> Result<bool> {
        let lease = seen.object.clone();
        let spec = spec(&lease, "", Duration::from_secs(1), false);
        self.put(Method::PUT, format!("{}/{name}", self.uri), lease, spec).await
    }

    /// Removes a lease.
    pub(super) async fn remove(&self, name: &str) -> Result<()> {
        self.send(Method::DELETE, format!("{}/{name}", self.uri), None).await.map(|_| ())
    }

    async fn put(&self, method: Method, uri: String, mut lease: Object, spec: Node) -> Result<bool> {
        lease.set("spec", spec);
        match self.send(method, uri, Some(lease.node())).await {
            Ok(_) => Ok(true),
            Err(error) => match error.kind() {
                ErrorKind::Conflict | ErrorKind::AlreadyExists | ErrorKind::NotFound => Ok(false),
                _ => Err(error),
            },
        }
    }

    async fn send(&self, method: Method, uri: String, body: Option<&Node>) -> Result<Object> {
        let answer = tokio::time::timeout(REQUEST, self.api.send(method, uri, body)).await;
        answer.unwrap_or_else(|_| Err(Error::new(ErrorKind::Unavailable, "the API server does not answer")))
    }

    fn new_lease(&self, name: &str) -> Result<Object> {
        let mut lease = Object::try_from(map([
            ("apiVersion", Node::str("coordination.k8s.io/v1")),
            ("kind", Node::str("Lease")),
        ]))
        .map_err(|error| Error::new(ErrorKind::Other, error.to_string()))?;
        lease.set_name(name);
        lease.set_namespace(self.namespace.clone());
        Ok(lease)
    }
}

fn spec(lease: &Object, holder: &str, lasts: Duration, is_new: bool) -> Node {
    let now = Node::Str(Text::from(format!("{:.6}", Timestamp::now())));
    let before = |field| lease.get_path(&["spec", field]).cloned();
    let transitions = match before("leaseTransitions") {
        Some(Node::Int(count)) => count,
        _ => 0,
    };
    let seconds = i64::try_from(lasts.as_secs()).unwrap_or(i64::MAX);
    map([
        ("holderIdentity", Node::Str(Text::new(holder))),
        ("leaseDurationSeconds", Node::Int(seconds)),
        ("renewTime", now.clone()),
        ("acquireTime", before("acquireTime").filter(|_| !is_new).unwrap_or(now)),
        ("leaseTransitions", Node::Int(transitions + i64::from(is_new))),
    ])
}

fn holder(lease: &Object) -> &str {
    lease.get_path(&["spec", "holderIdentity"]).and_then(Node::as_str).unwrap_or_default()
}

fn lasts(lease: &Object) -> Duration {
    match lease.get_path(&["spec", "leaseDurationSeconds"]) {
        Some(Node::Int(seconds)) => Duration::from_secs(u64::try_from(*seconds).unwrap_or(0)),
        _ => DURATION,
    }
}
