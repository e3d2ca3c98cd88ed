//! Submitting stamped objects: only what differs is written.
//!
//! Source of the rules: the reference's `pkg/repository/repository.go`. On purpose different, see
//! COMPATIBILITY.md: an immutable object that is there already is not created again where nothing is
//! remembered of it, as after a restart, nor where it has no spec.

use super::labels::Labels;
use super::submitted::{Submitted, discriminant, holds};
use crate::cluster::{self, Cluster, Object, Query};

/// What was done with a stamped object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Applied {
    /// It was not there before.
    Created,
    /// It was changed.
    Patched,
    /// It is as it should be.
    Unchanged,
}

/// Why a stamped object was not taken.
#[derive(Clone, Debug, PartialEq)]
pub struct ApplyError {
    /// What was being done: `create`, `patch`, ...
    doing: String,
    /// What the cluster says.
    cause: cluster::Error,
}

impl ApplyError {
    /// Whether the service account may not do it.
    pub fn is_forbidden(&self) -> bool {
        self.cause.kind() == cluster::ErrorKind::Forbidden
    }
}

impl std::fmt::Display for ApplyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.doing, self.cause)
    }
}

impl std::error::Error for ApplyError {}

fn failed(doing: impl Into<String>) -> impl FnOnce(cluster::Error) -> ApplyError {
    let doing = doing.into();
    move |cause| ApplyError { doing, cause }
}

/// Makes the one object of this name be as it was stamped, and returns it as the cluster keeps it.
///
/// # Errors
/// The cluster does not take it.
pub fn mutable(
    stamped: &Object,
    cluster: &dyn Cluster,
    submitted: &Submitted,
) -> Result<(Object, Applied), ApplyError> {
    let live = match cluster.get(&stamped.key()) {
        Ok(live) => live,
        Err(error) if error.is_not_found() => return create(stamped, cluster, submitted, ""),
        Err(error) => {
            let (namespace, name) = (stamped.namespace(), stamped.name());
            let doing = format!("failed to get unstructured [{namespace}/{name}] from api server");
            return Err(failed(doing)(error));
        }
    };
    if submitted.is_unchanged(stamped, &live) {
        return Ok((live, Applied::Unchanged));
    }
    let patched = cluster.apply(&live, stamped).map_err(failed("patch"))?;
    submitted.set(stamped, &patched, "");
    let changed = patched.resource_version() != live.resource_version();
    Ok((patched, if changed { Applied::Patched } else { Applied::Unchanged }))
}

/// Makes sure that there is an object as it was stamped last, beside those that were stamped before, and
/// returns it as the cluster keeps it.
///
/// # Errors
/// The cluster does not take it, or does not say which there are.
pub fn immutable(
    stamped: &Object,
    labels: &Labels,
    cluster: &dyn Cluster,
    submitted: &Submitted,
) -> Result<(Object, Applied), ApplyError> {
    let existing = list(stamped, labels, cluster).map_err(failed("unable to list from api server"))?;
    let discriminant = discriminant(labels);
    if let Some(known) = submitted.unchanged_in(stamped, &existing, &discriminant) {
        return Ok((known.clone(), Applied::Unchanged));
    }
    // The newest is what was submitted last, if the same process did it or another one before. Times of
    // creation are whole seconds: of those that are equally new it is the one that has what was stamped.
    let last =
        newest(&existing).find(|object| is_from(object, stamped) && holds(object.node(), stamped.node()));
    match (last, submitted.is_last(stamped, &discriminant)) {
        (Some(last), None) => {
            submitted.set(stamped, last, &discriminant);
            Ok((last.clone(), Applied::Unchanged))
        }
        (Some(last), Some(true)) if stamped.spec().is_none() => Ok((last.clone(), Applied::Unchanged)),
        _ => create(stamped, cluster, submitted, &discriminant),
    }
}

/// The objects with these labels that are of the kind and in the namespace of a stamped one.
///
/// # Errors
/// That of the cluster.
pub fn list(stamped: &Object, labels: &Labels, cluster: &dyn Cluster) -> cluster::Result<Vec<Object>> {
    let mut query = Query::all(stamped.kind()).in_namespace(stamped.namespace());
    query.labels = labels.clone();
    Ok(cluster.list(&query)?.items)
}

/// The objects that were created last, all in one second.
fn newest(existing: &[Object]) -> impl Iterator<Item = &Object> {
    let last = existing.iter().map(Object::creation_timestamp).max();
    existing.iter().filter(move |object| Some(object.creation_timestamp()) == last)
}

/// Whether an object has the name that was stamped, or one that was made from it.
fn is_from(existing: &Object, stamped: &Object) -> bool {
    match stamped.name() {
        "" => existing.generate_name() == stamped.generate_name(),
        name => existing.name() == name,
    }
}

fn create(
    stamped: &Object,
    cluster: &dyn Cluster,
    submitted: &Submitted,
    discriminant: &str,
) -> Result<(Object, Applied), ApplyError> {
    match cluster.create(stamped.clone()) {
        Ok(created) => {
            submitted.set(stamped, &created, discriminant);
            Ok((created, Applied::Created))
        }
        Err(error) => {
            if error.kind() == cluster::ErrorKind::Unavailable {
                // It may have been created all the same: what was submitted last is no longer known.
                submitted.forget(stamped, discriminant);
            }
            Err(failed("create")(error))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use std::sync::atomic::{AtomicBool, Ordering};

    use super::{Applied, immutable};
    use crate::cluster::{
        Cluster, Error, ErrorKind, Kind, List, Memory, Object, ObjectKey, Query, Resource, Result, Watch,
    };
    use crate::supply_chain::submitted::Submitted;
    use crate::yaml::{Text, json};

    /// A cluster whose answers to requests to create get lost.
    struct Lossy {
        memory: Memory,
        loses: AtomicBool,
    }

    impl Cluster for Lossy {
        fn get(&self, key: &ObjectKey) -> Result<Object> {
            self.memory.get(key)
        }
        fn list(&self, query: &Query) -> Result<List> {
            self.memory.list(query)
        }
        fn create(&self, object: Object) -> Result<Object> {
            let created = self.memory.create(object)?;
            match self.loses.load(Ordering::Relaxed) {
                true => Err(Error::new(ErrorKind::Unavailable, "no answer")),
                false => Ok(created),
            }
        }
        fn apply(&self, live: &Object, wanted: &Object) -> Result<Object> {
            self.memory.apply(live, wanted)
        }
        fn update_status(&self, object: &Object) -> Result<Object> {
            self.memory.update_status(object)
        }
        fn delete(&self, key: &ObjectKey) -> Result<()> {
            self.memory.delete(key)
        }
        fn watch(&self, query: &Query, from: &str) -> Result<Watch> {
            self.memory.watch(query, from)
        }
        fn resource(&self, kind: &Kind) -> Option<Resource> {
            self.memory.resource(kind)
        }
    }

    #[test]
    fn an_object_whose_creation_was_not_heard_of_is_not_created_again() {
        let cluster = Lossy { memory: Memory::new(), loses: AtomicBool::new(false) };
        let (submitted, labels) = (Submitted::new(), vec![(Text::new("run"), Text::new("r"))]);
        let stamped = |input: &str| {
            let text = format!(
                r#"{{"apiVersion": "v1", "kind": "Pod", "metadata": {{"generateName": "r-", "namespace": "n", "labels": {{"run": "r"}}}},
                    "spec": {{"input": "{input}"}}}}"#
            );
            Object::try_from(json::read(text.as_bytes()).unwrap()).unwrap()
        };
        let apply = |input: &str| {
            immutable(&stamped(input), &labels, &cluster, &submitted).map(|(_, applied)| applied)
        };
        assert_eq!(apply("one"), Ok(Applied::Created));
        cluster.loses.store(true, Ordering::Relaxed);
        assert!(apply("two").is_err());
        cluster.loses.store(false, Ordering::Relaxed);
        assert_eq!(apply("two"), Ok(Applied::Unchanged));
    }
}
