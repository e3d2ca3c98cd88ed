//! One pass over a workload, a deliverable or a runnable.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Shared;
use super::accounts::PassAccounts;
use super::dependents::On;
use super::key::{Key, Subject};
use super::shards::Tenure;
use super::workers::Outcome;
use crate::cluster::kube::Session;
use crate::cluster::{Clock as _, Cluster as _, ErrorKind, Object, SystemClock, rfc3339};
use crate::supply_chain::api::{BlueprintKind, Condition, OwnerStatus, RunnableSpec, TemplateKind, read};
use crate::supply_chain::catalog::{Catalog, RUN_TEMPLATE};
use crate::supply_chain::conditions::{READY, find};
use crate::supply_chain::event::Event;
use crate::supply_chain::reconcile::{Reconciled, Reconciler, reconcile_owner};
use crate::supply_chain::runnable::reconcile_runnable;
use crate::yaml::{Node, Text};

pub(super) fn reconcile(shared: &Shared, tenure: &Tenure, key: &Key) -> Outcome {
    let Some(store) = shared.store(key.subject) else { return Outcome::Done };
    let Some(object) = store.get(&key.namespace, &key.name) else {
        _ = shared.dependents.set(key, BTreeSet::new());
        return Outcome::Done;
    };
    // What it stamped goes with it.
    if object.get_metadata("deletionTimestamp").is_some() {
        return Outcome::Done;
    }
    let catalog = shared.catalog();
    let rights = shared.rights.load(Ordering::Acquire);
    let own = shared.connection.own().within(&tenure.fence);
    let accounts = PassAccounts::new(&shared.connection, &shared.accounts, &tenure.fence);
    let submitted = tenure.submitted(key.subject);
    let now = rfc3339(SystemClock.now());
    let with = Reconciler {
        catalog: &catalog,
        accounts: &accounts,
        cluster: &own,
        submitted,
        now: &now,
        cancel: None,
    };
    let reconciled = match key.subject {
        Subject::Runnable => reconcile_runnable(&object, with),
        _ => reconcile_owner(&object, with),
    };
    let reconciled = match reconciled {
        Ok(reconciled) => reconciled,
        Err(error) => {
            tracing::error!(owner = %key, "not of its kind's form: {error}");
            return Outcome::Done;
        }
    };
    let on = dependencies(key, &object, &reconciled, &catalog, &accounts, &own);
    let forbidden = on.contains(&On::Rights);
    if shared.dependents.set(key, on) && has_missed(shared, &catalog, &reconciled, forbidden, rights) {
        // What changed before it depended on it woke nobody.
        shared.add(key.clone());
    }
    for event in &reconciled.events {
        match event {
            Event::Created(_) => shared.metrics.stamped("created"),
            Event::Patched(_) => shared.metrics.stamped("patched"),
            Event::Deleted(_) => shared.metrics.stamped("deleted"),
            _ => {}
        }
    }
    shared.recorder.record(&object, &reconciled.events);
    let conditions = conditions(&reconciled.status);
    if find(&conditions, READY).is_some_and(|ready| ready.reason.is_empty()) {
        // The blueprint has not said yet whether it is ready; the API server takes no condition without a reason.
        return Outcome::Done;
    }
    say(key, &reconciled, &conditions);
    let written =
        if reconciled.changed { write(shared, key, &object, &reconciled, &own) } else { Outcome::Done };
    if reconciled.retry || accounts.failed_in_passing() { Outcome::Retry } else { written }
}

/// Writes the new status.
fn write(shared: &Shared, key: &Key, object: &Object, reconciled: &Reconciled, own: &Session<'_>) -> Outcome {
    let mut written = object.clone();
    written.set_status(Some(reconciled.status.clone()));
    match own.update_status(&written) {
        Ok(updated) => {
            // The watch need not wake the owner for what it wrote itself.
            if let Some(store) = shared.store(key.subject)
                && !shared.connection.api.is_dry_run()
            {
                _ = store.put(&updated);
            }
            Outcome::Done
        }
        Err(error) if error.is_not_found() => Outcome::Done,
        Err(error) => {
            if error.kind() != ErrorKind::Conflict {
                tracing::warn!(owner = %key, "writing the status: {error}");
            }
            Outcome::Retry
        }
    }
}

/// Logs what happened. The texts of errors may hold values, which stay in the status.
fn say(key: &Key, reconciled: &Reconciled, conditions: &[Condition]) {
    let account = reconciled.account.as_ref().map(|account| account.name.as_str());
    for event in &reconciled.events {
        if let Event::Created(object) | Event::Patched(object) | Event::Deleted(object) = event {
            tracing::info!(owner = %key, account, object = %object, "{}", event.reason());
        }
    }
    let Some(error) = &reconciled.error else { return };
    let ready = find(conditions, READY);
    match ready {
        Some(ready) if ready.reason != "Unknown" => {
            tracing::info!(owner = %key, account, reason = ready.reason, retry = reconciled.retry, "not ready");
        }
        // No condition says it: the selectors of blueprints could not be evaluated.
        _ => tracing::warn!(owner = %key, retry = reconciled.retry, "{error}"),
    }
}

fn conditions(status: &Node) -> Vec<Condition> {
    let Node::Map(status) = status else { return Vec::new() };
    status.get("conditions").and_then(|conditions| read(conditions).ok()).unwrap_or_default()
}

/// What the owner depends on, as far as this pass has come.
fn dependencies(
    key: &Key,
    object: &Object,
    reconciled: &Reconciled,
    catalog: &Catalog,
    accounts: &PassAccounts<'_>,
    own: &Session<'_>,
) -> BTreeSet<On> {
    let mut on = BTreeSet::new();
    let mut source = |kind, name: &str| _ = on.insert(On::Source { kind, name: Text::new(name) });
    let kind = match key.subject {
        Subject::Deliverable => BlueprintKind::Delivery,
        _ => BlueprintKind::SupplyChain,
    };
    if key.subject == Subject::Runnable {
        let spec: Option<RunnableSpec> = object.spec().and_then(|spec| read(spec).ok());
        if let Some(spec) = spec {
            source(RUN_TEMPLATE, &spec.run_template_ref.name);
        }
    } else if let Some(name) = &reconciled.blueprint {
        source(kind.name(), name);
        let blueprint = catalog.blueprints(kind).iter().find(|blueprint| blueprint.name() == name);
        for resource in blueprint.iter().flat_map(|blueprint| &blueprint.blueprint.spec.resources) {
            let reference = &resource.template_ref;
            if let Some(kind) = TemplateKind::of(&reference.kind)
                && reference.options.is_empty()
            {
                source(kind.name(), &reference.name);
            }
        }
        let status: OwnerStatus = read(&reconciled.status).unwrap_or_default();
        for template in status.resources.iter().filter_map(|resource| resource.template_ref.as_ref()) {
            if let Some(kind) = TemplateKind::of(&template.kind) {
                source(kind.name(), &template.name);
            }
        }
    }
    if let Some(account) = &reconciled.account {
        on.insert(On::Account { namespace: Text::new(&account.namespace), name: Text::new(&account.name) });
    }
    let (notes, own) = (accounts.notes(), own.notes());
    if notes.forbidden || own.forbidden {
        on.insert(On::Rights);
    }
    on.extend(notes.missing.into_iter().chain(own.missing).map(On::Group));
    on
}

/// Whether something changed during the pass that the owner was not known to depend on.
fn has_missed(
    shared: &Shared,
    catalog: &Arc<Catalog>,
    reconciled: &Reconciled,
    forbidden: bool,
    rights: u64,
) -> bool {
    let account_came = reconciled.account.as_ref().is_some_and(|account| {
        reconciled.stamped.is_empty()
            && reconciled.error.is_some()
            && shared.accounts.contains(&account.namespace, &account.name)
    });
    !Arc::ptr_eq(catalog, &shared.catalog())
        || account_came
        || (forbidden && shared.rights.load(Ordering::Acquire) != rights)
}
