//! A watch as the port has it: a task that hands on what the API server says.

use std::sync::Arc;

use super::informer::{Detail, Informer};
use super::session::Connection;
use super::store::Store;
use crate::cluster::{Change, Event, Feed, Object, Query, Resource, Watch};
use crate::yaml::Text;

/// Events that wait for a slow reader.
const MOST: usize = 10_000;

/// Watches with the rights of the controller.
pub(super) fn watch(connection: &Connection, query: &Query, resource: &Resource, from: &str) -> Watch {
    let (feed, watch) = Watch::channel(MOST);
    let informer = Informer {
        api: Arc::clone(&connection.api),
        kind: query.kind.clone(),
        resource: resource.clone(),
        marker: "",
        detail: Detail::Whole,
        store: Arc::new(Store::default()),
        sink: Arc::new(|_, _| {}),
        retry: Arc::default(),
        listed: Arc::default(),
    };
    connection.api.runtime().spawn(follow(informer, query.clone(), Text::new(from), feed));
    watch
}

/// Hands on events until nobody listens or the API server says that the version is too old.
async fn follow(informer: Informer, query: Query, mut version: Text, feed: Feed) {
    if version.is_empty() {
        match informer.list().await {
            Ok(listed) => version = listed,
            Err(error) => {
                _ = feed.send(Err(error));
                return;
            }
        }
        for (namespace, name) in informer.store.names() {
            if let Some(object) = informer.store.get(&namespace, &name)
                && !send(&feed, &query, Change::Added, object)
            {
                return;
            }
        }
    }
    while !feed.is_closed() {
        let watched = informer.watch_once(&mut version, |change, object| send(&feed, &query, change, object));
        if let Err(error) = watched.await {
            _ = feed.send(Err(error));
            return;
        }
    }
}

fn send(feed: &Feed, query: &Query, change: Change, object: Object) -> bool {
    !feed.is_closed() && (!query.matches(&object) || feed.send(Ok(Event { change, object })))
}
