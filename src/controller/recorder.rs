//! Events of owners, recorded as `v1` Events beside the work: they never delay it.
//!
//! What happens again within ten minutes is counted in the event that there is, as `client-go` does it. Where more
//! happens than can be told, some is not told: as many wait, and are sent, as `client-go` and controller-runtime
//! allow (`maxQueuedEvents` of `tools/record`, `maxLruCacheEntries`, `QPS` and `Burst` of the client).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Method;
use tokio::sync::mpsc;

use crate::cluster::kube::Api;
use crate::cluster::{Clock as _, Object, SystemClock, rfc3339};
use crate::supply_chain::event::{Event, NORMAL};
use crate::yaml::{Node, Text, json};

/// Events that wait; more are dropped.
const MOST: usize = 1_000;

/// Events that are known, so that they are counted if they come again.
const KNOWN: usize = 4_096;

/// Events that are sent as they come; then there is a pause between two.
const BURST: f64 = 30.0;
const PAUSE: Duration = Duration::from_millis(50);

/// How long an event is counted on.
const LASTS: Duration = Duration::from_secs(600);

struct Record {
    namespace: Text,
    name: Text,
    uid: Text,
    kind: Text,
    api_version: Text,
    resource_version: Text,
    reason: &'static str,
    message: String,
    time: Text,
}

/// Takes events.
pub(super) struct Recorder(Option<mpsc::Sender<Record>>);

impl Recorder {
    /// A recorder, and the task that sends what it takes. A dry run records nothing.
    pub(super) fn new(api: &Arc<Api>) -> Recorder {
        if api.is_dry_run() {
            return Recorder(None);
        }
        let (sender, receiver) = mpsc::channel(MOST);
        api.runtime().spawn(send(Arc::clone(api), receiver));
        Recorder(Some(sender))
    }

    /// Takes the events of an owner.
    pub(super) fn record(&self, owner: &Object, events: &[Event]) {
        let Some(sender) = &self.0 else { return };
        for event in events {
            let record = Record {
                namespace: Text::new(owner.namespace()),
                name: Text::new(owner.name()),
                uid: Text::new(owner.uid()),
                kind: Text::new(owner.kind_name()),
                api_version: Text::new(owner.api_version()),
                resource_version: Text::new(owner.resource_version()),
                reason: event.reason(),
                message: event.message(),
                time: rfc3339(SystemClock.now()),
            };
            // Events are a help to people; where there are too many, some are lost.
            _ = sender.try_send(record);
        }
    }
}

struct Sent {
    name: String,
    count: u64,
    since: Instant,
}

async fn send(api: Arc<Api>, mut records: mpsc::Receiver<Record>) {
    let mut sent: HashMap<(Text, &'static str, String), Sent> = HashMap::new();
    let mut number = 0_u64;
    let start = SystemClock.now().as_nanosecond();
    let (mut tokens, mut filled) = (BURST, Instant::now());
    while let Some(record) = records.recv().await {
        let key = (record.uid.clone(), record.reason, record.message.clone());
        let uri = format!("/api/v1/namespaces/{}/events", record.namespace);
        let known = sent.get_mut(&key).filter(|sent| sent.since.elapsed() < LASTS);
        let result = match known {
            Some(known) => {
                known.count += 1;
                let patch = format!(r#"{{"count":{},"lastTimestamp":"{}"}}"#, known.count, record.time);
                patch_event(&api, format!("{uri}/{}", known.name), &patch).await
            }
            None => {
                number += 1;
                let name = format!("{}.{:x}", record.name, start + i128::from(number));
                let result = match event(&record, &name) {
                    Some(event) => api.send(Method::POST, uri, Some(&event)).await.map(|_| ()),
                    None => Ok(()),
                };
                if sent.len() >= KNOWN {
                    sent.retain(|_, sent| sent.since.elapsed() < LASTS / 2);
                }
                if sent.len() >= KNOWN {
                    sent.clear();
                }
                sent.insert(key, Sent { name, count: 1, since: Instant::now() });
                result
            }
        };
        if let Err(error) = result {
            tracing::debug!("recording an event: {error}");
        }
        let now = Instant::now();
        let gained = now.saturating_duration_since(filled).as_secs_f64() / PAUSE.as_secs_f64();
        tokens = (tokens + gained).min(BURST) - 1.0;
        filled = now;
        if tokens < 0.0 {
            tokio::time::sleep(PAUSE.mul_f64(-tokens)).await;
        }
    }
}

async fn patch_event(api: &Api, uri: String, patch: &str) -> crate::cluster::Result<()> {
    let Ok(patch) = json::read(patch.as_bytes()) else { return Ok(()) };
    api.send_patch(uri, &patch).await.map(|_| ())
}

fn event(record: &Record, name: &str) -> Option<Node> {
    let mut event = Object::try_from(
        json::read(
            br#"{"apiVersion": "v1", "kind": "Event", "metadata": {}, "count": 1, "involvedObject": {}}"#,
        )
        .ok()?,
    )
    .ok()?;
    event.set_name(name);
    event.set_namespace(record.namespace.clone());
    let text = |text: &str| Node::Str(Text::new(text));
    event.set("reason", text(record.reason));
    event.set("message", text(&record.message));
    event.set("type", text(NORMAL));
    event.set("firstTimestamp", Node::Str(record.time.clone()));
    event.set("lastTimestamp", Node::Str(record.time.clone()));
    event.set("source", super::json::map([("component", text(&record.kind))]));
    event.set("reportingComponent", text(&record.kind));
    event.set(
        "involvedObject",
        super::json::map([
            ("apiVersion", Node::Str(record.api_version.clone())),
            ("kind", Node::Str(record.kind.clone())),
            ("name", Node::Str(record.name.clone())),
            ("namespace", Node::Str(record.namespace.clone())),
            ("resourceVersion", Node::Str(record.resource_version.clone())),
            ("uid", Node::Str(record.uid.clone())),
        ]),
    );
    Some(event.into())
}
