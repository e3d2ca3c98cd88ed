//! Leader election: of several replicas the one that holds a Lease reconciles.
//!
//! Times are controller-runtime's: a lease of 15 s, renewed every 2 s, given up by its holder after 10 s
//! without an answer. Who waits goes by its own clock: by when it saw the lease change.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Method;
use jiff::Timestamp;

use super::json::map;
use crate::cluster::kube::Api;
use crate::cluster::{Error, ErrorKind, Object, Result};
use crate::yaml::{Node, Text};

const DURATION: Duration = Duration::from_secs(15);
const RENEW: Duration = Duration::from_secs(2);
const GIVE_UP: Duration = Duration::from_secs(10);

/// One replica's view of the lease.
pub(super) struct Lease {
    api: Arc<Api>,
    uri: String,
    namespace: String,
    name: String,
    identity: String,
    /// The version that was seen last, and since when.
    seen: Option<(Text, Instant)>,
}

impl Lease {
    pub(super) fn new(api: Arc<Api>, namespace: &str, name: &str, identity: &str) -> Lease {
        Lease {
            api,
            uri: format!("/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            identity: identity.to_owned(),
            seen: None,
        }
    }

    /// Waits until this replica holds the lease.
    pub(super) async fn acquire(&mut self) {
        let mut waiting = false;
        loop {
            match self.try_hold().await {
                Ok(true) => return,
                Ok(false) if waiting => {}
                Ok(false) => {
                    waiting = true;
                    tracing::info!(lease = self.name, namespace = self.namespace, "another replica leads");
                }
                Err(error) => tracing::warn!(lease = self.name, "cannot get the lease: {error}"),
            }
            tokio::time::sleep(RENEW).await;
        }
    }

    /// Renews the lease as long as that goes; ends when it is lost.
    pub(super) async fn keep(&mut self) {
        let mut renewed = Instant::now();
        loop {
            tokio::time::sleep(RENEW).await;
            let left = GIVE_UP.saturating_sub(renewed.elapsed());
            match tokio::time::timeout(left, self.try_hold()).await {
                Ok(Ok(true)) => renewed = Instant::now(),
                Ok(Ok(false)) => return,
                Ok(Err(error)) => tracing::warn!(lease = self.name, "cannot renew the lease: {error}"),
                Err(_) => return,
            }
        }
    }

    /// Gives the lease up, so that another one need not wait.
    pub(super) async fn release(&mut self) {
        let uri = format!("{}/{}", self.uri, self.name);
        let Ok(mut lease) = self.api.send(Method::GET, uri.clone(), None).await else { return };
        if holder(&lease) == self.identity {
            let spec = self.spec(&lease, "", Duration::from_secs(1), false);
            lease.set("spec", spec);
            _ = self.api.send(Method::PUT, uri, Some(lease.node())).await;
        }
    }

    /// Takes or renews the lease, if it is free or ours.
    async fn try_hold(&mut self) -> Result<bool> {
        let uri = format!("{}/{}", self.uri, self.name);
        let mut lease = match self.api.send(Method::GET, uri.clone(), None).await {
            Ok(lease) => lease,
            Err(error) if error.is_not_found() => return self.create().await,
            Err(error) => return Err(error),
        };
        let version = Text::new(lease.resource_version());
        if self.seen.as_ref().is_none_or(|(seen, _)| *seen != version) {
            self.seen = Some((version, Instant::now()));
        }
        let holder = holder(&lease).to_owned();
        if !holder.is_empty() && holder != self.identity {
            let lasts = match lease.get_path(&["spec", "leaseDurationSeconds"]) {
                Some(Node::Int(seconds)) => Duration::from_secs(u64::try_from(*seconds).unwrap_or(0)),
                _ => DURATION,
            };
            if self.seen.as_ref().is_some_and(|(_, since)| since.elapsed() <= lasts) {
                return Ok(false);
            }
        }
        let spec = self.spec(&lease, &self.identity, DURATION, holder != self.identity);
        lease.set("spec", spec);
        match self.api.send(Method::PUT, uri, Some(lease.node())).await {
            Ok(held) => {
                self.seen = Some((Text::new(held.resource_version()), Instant::now()));
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn create(&mut self) -> Result<bool> {
        let mut lease = Object::try_from(map([
            ("apiVersion", Node::str("coordination.k8s.io/v1")),
            ("kind", Node::str("Lease")),
        ]))
        .map_err(|error| Error::new(ErrorKind::Other, error.to_string()))?;
        lease.set_name(self.name.as_str());
        lease.set_namespace(self.namespace.as_str());
        let spec = self.spec(&lease, &self.identity, DURATION, true);
        lease.set("spec", spec);
        match self.api.send(Method::POST, self.uri.clone(), Some(lease.node())).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn spec(&self, lease: &Object, holder: &str, lasts: Duration, is_new: bool) -> Node {
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
}

fn holder(lease: &Object) -> &str {
    lease.get_path(&["spec", "holderIdentity"]).and_then(Node::as_str).unwrap_or_default()
}
