//! Waiting until objects are as they should be, told by a watch.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::client::{Client, Metadata, Watch, Watched};
use super::error::{Result, failed};

/// As much of an object as is looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Seen {
    pub(super) metadata: Metadata,
    pub(super) status: SeenStatus,
    pub(super) data: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SeenStatus {
    observed_generation: i64,
    conditions: Vec<Condition>,
    outputs: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Condition {
    r#type: String,
    status: String,
}

impl Watched for Seen {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}

impl Seen {
    /// Whether its condition `Ready` is true, for what it asks for now.
    pub(super) fn is_ready(&self) -> bool {
        self.status.observed_generation >= self.metadata.generation
            && self.status.conditions.iter().any(|known| known.r#type == "Ready" && known.status == "True")
    }

    /// Whether it has outputs.
    pub(super) fn has_outputs(&self) -> bool {
        !self.status.outputs.is_empty()
    }
}

/// Objects below a path of which some are waited for.
pub(super) struct Waiting {
    what: &'static str,
    watch: Watch,
}

impl Waiting {
    /// Sees what happens from now on. `query` is a further part of the query, `&labelSelector=...`.
    pub(super) async fn from_now(
        client: &Client,
        what: &'static str,
        path: &str,
        query: &str,
    ) -> Result<Waiting> {
        let version = client.version(path).await?;
        Ok(Waiting { what, watch: client.watch(path, query, &version).await? })
    }

    /// The next one that is as wanted.
    pub(super) async fn next(&mut self, wanted: impl Fn(&Seen) -> bool) -> Result<Seen> {
        loop {
            let seen: Seen = self.watch.next().await?;
            if wanted(&seen) {
                return Ok(seen);
            }
        }
    }

    /// Waits until so many different ones are as wanted; `done` is told how many there are.
    pub(super) async fn all(
        &mut self,
        count: usize,
        most: Duration,
        done: &(dyn Fn(usize) + Sync),
        wanted: impl Fn(&Seen) -> bool,
    ) -> Result<()> {
        let end = Instant::now() + most;
        let mut names = HashSet::new();
        while names.len() < count {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(seen) = tokio::time::timeout(left, self.next(&wanted)).await else {
                let message = format!(
                    "{} of {count} {} came about within {} s",
                    names.len(),
                    self.what,
                    most.as_secs()
                );
                return Err(failed(message));
            };
            names.insert(seen?.metadata.name);
            done(names.len());
        }
        Ok(())
    }
}
