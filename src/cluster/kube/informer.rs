//! Keeping a store as the API server has it: a list, then a watch from there, for ever.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::io::AsyncBufReadExt as _;
use tokio::sync::Notify;

use super::api::{Api, Call, Caller, JSON, push_escaped, slim, status_error, uri};
use super::store::{Put, Store, version_number};
use crate::cluster::{Change, Error, ErrorKind, Kind, Object, Resource, Result};
use crate::yaml::{Node, Text, json};

/// Objects of a list that come at a time: at first, at least and at most.
const PAGE: [usize; 3] = [100, 50, 500];

/// The text of a page, about. Its tree takes ten times as much.
const PAGE_BYTES: usize = 512 << 10;

/// A watch is renewed after this many seconds and up to half as many more.
const WATCH_SECONDS: u64 = 300;

/// The API server says something (a bookmark) every minute; a watch that is silent for longer is dead.
const SILENCE: Duration = Duration::from_secs(WATCH_SECONDS * 2);

/// A watch that lasts no longer is followed by a pause.
const BRIEF: Duration = Duration::from_millis(200);

/// How much of the objects is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Detail {
    /// All of them.
    Whole,
    /// Their metadata.
    Metadata,
}

impl Detail {
    fn accept(self, list: bool) -> &'static str {
        match (self, list) {
            (Detail::Whole, _) => JSON,
            (Detail::Metadata, true) => {
                "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
            }
            (Detail::Metadata, false) => {
                "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
            }
        }
    }
}

/// What a sink is told.
#[derive(Debug)]
pub enum Told<'a> {
    /// An object has changed, or is there at first.
    Object(Change, &'a Object),
    /// All objects of the first list, or of a new one, are in the store.
    Synced,
}

/// Is told what happens to the objects of a store, after the store. Runs on the task of the informer, so it
/// should not take long.
pub type Sink = Arc<dyn Fn(&Kind, Told<'_>) + Send + Sync>;

/// What to keep in a store.
#[derive(Clone)]
pub struct Informer {
    /// The connection.
    pub api: Arc<Api>,
    /// The kind.
    pub kind: Kind,
    /// What the API calls it.
    pub resource: Resource,
    /// Only objects with this label; empty for all.
    pub marker: &'static str,
    /// How much of them.
    pub detail: Detail,
    /// Where they are kept.
    pub store: Arc<Store>,
    /// Who is told.
    pub sink: Sink,
    /// Says that it may be worth while to try again at once: the kinds of the API server have changed.
    pub retry: Arc<Notify>,
    /// When the last complete list was begun.
    pub listed: Arc<Listed>,
}

/// When the last complete list of a store was begun.
#[derive(Debug, Default)]
pub struct Listed(Mutex<Option<Instant>>);

impl Listed {
    fn set(&self, time: Instant) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *last = (*last).max(Some(time));
    }

    fn is_since(&self, time: Instant) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|last| last >= time)
    }
}

impl Informer {
    /// Keeps the store, until the task is dropped.
    pub async fn run(self) {
        let mut failures = 0_u32;
        loop {
            let error = match self.list().await {
                Ok(version) => {
                    failures = 0;
                    self.watch(version).await
                }
                Err(error) => {
                    self.store.set_failing();
                    error
                }
            };
            if error.kind() == ErrorKind::Gone {
                tracing::debug!(kind = %self.kind, "listing anew: {error}");
                continue;
            }
            let wait = Duration::from_millis(100 << failures.min(8));
            failures = failures.saturating_add(1);
            if failures == 3 {
                tracing::warn!(kind = %self.kind, "cannot watch: {error}");
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.retry.notified() => {}
            }
        }
    }

    /// Makes sure that the store has all that was written before `since`: what a watch says may be late. The
    /// store may be kept by [`run`](Informer::run) at the same time.
    ///
    /// # Errors
    /// That of the API server.
    pub async fn catch_up(&self, since: Instant) -> Result<()> {
        if self.listed.is_since(since) {
            return Ok(());
        }
        match self.list().await {
            // The kind is gone, and its objects with it.
            Err(error) if error.is_not_found() => Ok(()),
            listed => listed.map(|_| ()),
        }
    }

    /// What to list, so many at a time, or to watch.
    fn query(&self, list: Option<usize>) -> String {
        let mut query = uri(&self.resource, "", None);
        match list {
            Some(limit) => query.push_str(&format!("?limit={limit}")),
            None => query.push_str("?watch=true&allowWatchBookmarks=true"),
        }
        if !self.marker.is_empty() {
            query.push_str("&labelSelector=");
            push_escaped(&mut query, self.marker);
        }
        query
    }

    /// The kind is not said in the items of a list, and wrongly for metadata.
    fn complete(&self, node: Node) -> Result<Object> {
        let mut object = slim(node)?;
        if self.detail == Detail::Metadata || object.kind_name().is_empty() {
            object.set("apiVersion", Node::Str(self.kind.api_version()));
            object.set("kind", Node::Str(self.kind.kind.clone()));
        }
        Ok(object)
    }

    fn tell(&self, change: Change, object: &Object) {
        (self.sink)(&self.kind, Told::Object(change, object));
    }

    fn put(&self, object: &Object) {
        match self.store.put(object) {
            Put::Added => self.tell(Change::Added, object),
            Put::Changed => self.tell(Change::Modified, object),
            Put::Known => {}
        }
    }

    /// Lists all objects and gives the version to watch from.
    pub(super) async fn list(&self) -> Result<Text> {
        let begin = Instant::now();
        let mut names = BTreeSet::new();
        let mut next = String::new();
        let [mut limit, least, most] = PAGE;
        loop {
            let mut uri = self.query(Some(limit));
            if !next.is_empty() {
                uri.push_str("&continue=");
                push_escaped(&mut uri, &next);
            }
            let call = Call { accept: self.detail.accept(true), ..Call::get(uri, &Caller::Own) };
            let text = self.api.call(call).await?;
            let list = json::read(text.as_bytes())
                .map_err(|error| Error::new(ErrorKind::Other, error.to_string()))?;
            let bytes = text.len();
            drop(text);
            let list =
                Object::try_from(list).map_err(|error| Error::new(ErrorKind::Other, error.to_string()))?;
            if let Some(Node::Array(items)) = list.get("items") {
                limit = (PAGE_BYTES / (bytes / items.items.len().max(1)).max(1)).clamp(least, most);
                for item in &items.items {
                    let object = self.complete(item.value.clone())?;
                    names.insert(object.namespace_and_name());
                    self.put(&object);
                }
            }
            next = list.get_metadata("continue").and_then(Node::as_str).unwrap_or_default().to_owned();
            if !next.is_empty() {
                continue;
            }
            let version = Text::new(list.resource_version());
            for object in self.store.keep_only(&names, version_number(&version)) {
                self.tell(Change::Deleted, &object);
            }
            self.store.set_synced();
            self.listed.set(begin);
            (self.sink)(&self.kind, Told::Synced);
            return Ok(version);
        }
    }

    /// Watches from a version on, as long as that goes. Gives why it goes no longer.
    async fn watch(&self, mut version: Text) -> Error {
        let mut failures = 0_u32;
        loop {
            let begin = Instant::now();
            let watched = self.watch_once(&mut version, |change, object| {
                self.take(change, &object);
                true
            });
            match watched.await {
                Ok(()) if begin.elapsed() > BRIEF => failures = 0,
                // An API server that ends watches as they begin is not asked without a pause.
                Ok(()) => tokio::time::sleep(BRIEF).await,
                Err(error) if error.kind() == ErrorKind::Unavailable && failures < 8 => {
                    tracing::debug!(kind = %self.kind, "watching anew: {error}");
                    tokio::time::sleep(Duration::from_millis(50 << failures)).await;
                    failures += 1;
                }
                Err(error) => return error,
            }
        }
    }

    fn take(&self, change: Change, object: &Object) {
        if change != Change::Deleted {
            return self.put(object);
        }
        let version = version_number(object.resource_version());
        if self.store.remove(object.namespace(), object.name(), version) {
            self.tell(Change::Deleted, object);
        }
    }

    /// One request to watch, until it ends or `take` gives false. The version moves on with what was seen.
    pub(super) async fn watch_once(
        &self,
        version: &mut Text,
        mut take: impl FnMut(Change, Object) -> bool,
    ) -> Result<()> {
        let mut uri = self.query(None);
        // Not all at the same time.
        let spread = version_number(version) % (WATCH_SECONDS / 2);
        uri.push_str(&format!("&timeoutSeconds={}&resourceVersion=", WATCH_SECONDS + spread));
        push_escaped(&mut uri, version);
        let call = Call { accept: self.detail.accept(false), ..Call::get(uri, &Caller::Own) };
        let stream = self.api.stream(call).await?;
        let mut stream = std::pin::pin!(stream);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = tokio::time::timeout(SILENCE, stream.read_until(b'\n', &mut line)).await;
            match read {
                Err(_) => return Err(Error::new(ErrorKind::Unavailable, "the watch fell silent")),
                Ok(Err(error)) => return Err(Error::new(ErrorKind::Unavailable, error.to_string())),
                Ok(Ok(0)) => return Ok(()),
                Ok(Ok(_)) if line.last() != Some(&b'\n') => return Ok(()),
                Ok(Ok(_)) => {}
            }
            let (change, object) = self.event(&line)?;
            *version = Text::new(object.resource_version());
            if let Some(change) = change
                && !take(change, object)
            {
                return Ok(());
            }
        }
    }

    /// Reads one event; bookmarks have no change.
    fn event(&self, line: &[u8]) -> Result<(Option<Change>, Object)> {
        let event = json::read(line).map_err(|error| Error::new(ErrorKind::Other, error.to_string()))?;
        let Node::Map(event) = event else {
            return Err(Error::new(ErrorKind::Other, "an event of a watch is no object"));
        };
        let object = event.get("object").cloned().unwrap_or(Node::Null);
        let change = match event.get("type").and_then(Node::as_str).unwrap_or_default() {
            "ADDED" => Some(Change::Added),
            "MODIFIED" => Some(Change::Modified),
            "DELETED" => Some(Change::Deleted),
            "ERROR" => return Err(status_error(&slim(object)?)),
            _ => None,
        };
        Ok((change, self.complete(object)?))
    }
}
