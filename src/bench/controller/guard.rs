//! What the bench may touch: only what it made, which it also removes.

use std::time::Duration;

use http::Method;

use super::client::{AT_A_TIME, Client, Metadata, each, read};
use super::error::{BenchError, Result};
use super::objects::{BARE, DEFINITIONS, GROUP, KINDS, LABEL, NAME, carto, config_maps, own};

/// The kinds of `carto.run` that belong to the whole cluster and of which the bench makes some.
const CLUSTER_KINDS: [&str; 6] = [
    "clustersupplychains",
    "clustersourcetemplates",
    "clusterimagetemplates",
    "clusterconfigtemplates",
    "clustertemplates",
    "clusterruntemplates",
];

/// The owners that a controller works on.
const OWNERS: [&str; 3] = ["workloads", "deliverables", "runnables"];

fn refused<T>(message: impl Into<String>) -> Result<T> {
    Err(BenchError::Refused(message.into()))
}

/// Whether this run may begin.
///
/// # Errors
/// There is something of another run, or of the same name; with a controller of its own (`starts`) also owners
/// of others, which it would work on.
pub(super) async fn check(client: &Client, starts: bool) -> Result<()> {
    for kind in OWNERS {
        if client.get(&format!("{DEFINITIONS}/{kind}.carto.run")).await?.is_none() {
            return refused(format!(
                "the cluster has no {kind}.carto.run: stampmill crds | kubectl apply --server-side -f -"
            ));
        }
    }
    for name in [NAME, BARE] {
        if let Some(found) = client.get(&format!("/api/v1/namespaces/{name}")).await? {
            let found: super::client::Named = read(&found)?;
            return match found.metadata.labels.contains_key(LABEL) {
                true => refused(format!(
                    "the namespace {name} is there: another run is going on, or was ended before it could clean up \
                     (stampmill bench controller --clean-up)"
                )),
                false => refused(format!("the namespace {name} is there and is not of a bench")),
            };
        }
    }
    for kind in CLUSTER_KINDS {
        let names = client.names(&carto(kind)).await?;
        if let Some(taken) = names.iter().find(|metadata| metadata.name.starts_with(NAME)) {
            return refused(format!("{kind} {} is there (--clean-up removes what a bench made)", taken.name));
        }
    }
    if starts {
        for kind in OWNERS {
            let found = client.names(&format!("/apis/carto.run/v1alpha1/{kind}")).await?;
            if let Some(Metadata { namespace, name, .. }) = found.first() {
                return refused(format!(
                    "there are {kind} already ({namespace}/{name}), which a controller started here would work on: \
                     measure the controller that is running (--metrics ADDRESS)"
                ));
            }
        }
    }
    Ok(())
}

/// Removes what the bench has made, here or in an earlier run: owners, then what was made for them, then the
/// rest. Namespaces and names outside of them count only with the label.
///
/// # Errors
/// That of the API server.
pub(super) async fn clean_up(client: &Client, say: &(dyn Fn(&str) + Sync)) -> Result<()> {
    for name in [NAME, BARE] {
        let path = format!("/api/v1/namespaces/{name}");
        let Some(found) = client.get(&path).await? else { continue };
        let found: super::client::Named = read(&found)?;
        if !found.metadata.labels.contains_key(LABEL) {
            continue;
        }
        let mut paths: Vec<String> = OWNERS.iter().filter(|_| name == NAME).map(|kind| carto(kind)).collect();
        paths.extend(KINDS.iter().map(|kind| own(name, kind)));
        paths.push(config_maps(name));
        paths.push(format!("/api/v1/namespaces/{name}/events"));
        paths.push(format!("/api/v1/namespaces/{name}/serviceaccounts"));
        for kind in ["rolebindings", "roles"] {
            paths.push(format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{name}/{kind}"));
        }
        paths.push(format!("/apis/coordination.k8s.io/v1/namespaces/{name}/leases"));
        for path in paths {
            remove_all(client, &path, "", say).await?;
        }
        delete(client, &path).await?;
        finalize(client, &path).await?;
    }
    for kind in CLUSTER_KINDS {
        remove_all(client, &carto(kind), &format!("?labelSelector={LABEL}"), say).await?;
    }
    for kind in KINDS {
        let path = format!("{DEFINITIONS}/{kind}.{GROUP}");
        if let Some(found) = client.get(&path).await? {
            let found: super::client::Named = read(&found)?;
            if found.metadata.labels.contains_key(LABEL) {
                delete(client, &path).await?;
            }
        }
    }
    Ok(())
}

async fn delete(client: &Client, path: &str) -> Result<()> {
    match client.send(Method::DELETE, path, None).await {
        Err(BenchError::Cluster(_, kube::Error::Api(status))) if matches!(status.code, 404 | 409) => Ok(()),
        answer => answer.map(|_| ()),
    }
}

async fn remove_all(client: &Client, path: &str, query: &str, say: &(dyn Fn(&str) + Sync)) -> Result<()> {
    // What is made meanwhile goes with the next round.
    for _ in 0..5 {
        let found = client.names(&format!("{path}{query}")).await?;
        if found.is_empty() {
            return Ok(());
        }
        let kind = path.rsplit('/').next().unwrap_or_default();
        say(&format!("removing {} {kind}", found.len()));
        let paths: Vec<String> = found.iter().map(|metadata| format!("{path}/{}", metadata.name)).collect();
        each(0..paths.len().div_ceil(AT_A_TIME), |part| {
            let some = paths.iter().skip(part).step_by(paths.len().div_ceil(AT_A_TIME).max(1));
            async move {
                for path in some {
                    delete(client, path).await?;
                }
                Ok(())
            }
        })
        .await?;
    }
    Ok(())
}

/// Where nobody finalizes namespaces, as on an API server without controllers, an empty one is finalized here.
async fn finalize(client: &Client, path: &str) -> Result<()> {
    for _ in 0..30 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if client.get(path).await?.is_none() {
            return Ok(());
        }
    }
    let Some(text) = client.get(path).await? else { return Ok(()) };
    let mut namespace: serde_json::Value = read(&text)?;
    let has_controller = namespace.pointer("/status/conditions").is_some();
    if let (false, Some(finalizers)) = (has_controller, namespace.pointer_mut("/spec/finalizers")) {
        *finalizers = serde_json::json!([]);
        let body = namespace.to_string();
        client.send(Method::PUT, &format!("{path}/finalize"), Some(&body)).await?;
    }
    Ok(())
}
