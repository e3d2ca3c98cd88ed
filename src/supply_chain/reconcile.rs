//! Reconciling an owner: from what it asks for to its stamped objects and its new status.
//!
//! Source of the rules: the reference's `pkg/controllers`. Nothing is written but stamped objects: the
//! status is handed back.

#![allow(clippy::result_large_err, reason = "an error ends the work on a resource: its size is copied once")]

use super::api::{ObjectReference, OwnerKind, OwnerStatus, ResourceStatus, Status, read};
use super::catalog::{Catalog, CompiledBlueprint};
use super::conditions::owner as say;
use super::conditions::{Conditions, READY};
use super::error::{Level, RealizeError};
use super::event::{Event, Subject};
use super::health;
use super::orphans::orphans;
use super::owner::Owner;
use super::realize::{Pass, Stamped, realize};
use super::select::best;
use super::service_account::ServiceAccount;
use super::submitted::Submitted;
use crate::cluster::{Cluster, Object};
use crate::limits::{CancelToken, check_cancelled};
use crate::yaml::{Node, to_node};

/// Gives the cluster as service accounts see it.
pub trait Accounts: Send + Sync {
    /// The cluster as this account sees it. The lifetime of what is given is that of the pass.
    ///
    /// # Errors
    /// There is no such account, or it cannot be used.
    fn cluster(&self, account: &ServiceAccount) -> Result<&dyn Cluster, RealizeError>;
}

/// One cluster for everybody: how it is offline, where nobody asks who may do what.
#[derive(Clone, Copy)]
pub struct Everybody<'a>(pub &'a dyn Cluster);

impl Accounts for Everybody<'_> {
    fn cluster(&self, _account: &ServiceAccount) -> Result<&dyn Cluster, RealizeError> {
        Ok(self.0)
    }
}

/// What reconciling works with.
#[derive(Clone, Copy)]
pub struct Reconciler<'a> {
    /// The blueprints and templates.
    pub catalog: &'a Catalog,
    /// The cluster, for those who stamp.
    pub accounts: &'a dyn Accounts,
    /// The cluster as the controller itself sees it: it removes what is no longer asked for.
    pub cluster: &'a dyn Cluster,
    /// What was submitted before. One for all workloads, one for all deliverables, one for all runnables.
    pub submitted: &'a Submitted,
    /// The time, as in RFC 3339.
    pub now: &'a str,
    /// Stops it; none if nobody does.
    pub cancel: Option<&'a CancelToken>,
}

/// What came of reconciling an owner or a runnable.
#[derive(Clone, Debug)]
pub struct Reconciled {
    /// Its new status.
    pub status: Node,
    /// Whether the status says anything else than before.
    pub changed: bool,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// Whether to try again after a while, and not only when something changes.
    pub retry: bool,
    /// The first thing that went wrong.
    pub error: Option<String>,
    /// The blueprint, once there is one.
    pub blueprint: Option<String>,
    /// The service account, once it is known which.
    pub account: Option<ServiceAccount>,
    /// What was stamped, in order.
    pub stamped: Vec<Stamped>,
}

impl Reconciled {
    /// Whether the owner is ready: the status of its condition `Ready`.
    pub fn ready(&self) -> Status {
        let status: OwnerStatus = read(&self.status).unwrap_or_default();
        super::conditions::find(&status.conditions, READY).map_or(Status::Unknown, |ready| ready.status)
    }
}

/// Reconciles a workload or a deliverable.
///
/// # Errors
/// `DataValues` if the object is none of them; `Cancelled` if it was stopped, at whatever it was.
pub fn reconcile_owner(object: &Object, with: Reconciler<'_>) -> crate::Result<Reconciled> {
    let owner = Owner::new(object)?;
    let Some(kind) = owner.kind() else {
        let message = format!("expected a Workload or a Deliverable, not {}", object.kind_name());
        return Err(crate::Error::new(crate::ErrorKind::DataValues, message));
    };
    // A status that does not read as one is written anew.
    let previous: OwnerStatus = object.status().and_then(|status| read(status).ok()).unwrap_or_default();
    let mut reconciling = Reconciling {
        with,
        owner: &owner,
        kind,
        previous: &previous,
        conditions: Conditions::new(READY, &previous.conditions, with.now),
        reconciled: Reconciled {
            status: Node::Null,
            changed: false,
            events: Vec::new(),
            retry: false,
            error: None,
            blueprint: None,
            account: None,
            stamped: Vec::new(),
        },
        blueprint: None,
        resources: None,
    };
    let done = reconciling.run();
    check_cancelled(with.cancel)?;
    match done {
        Ok(()) => {}
        Err(Stop { message, retry }) => {
            reconciling.reconciled.retry |= retry;
            reconciling.reconciled.error.get_or_insert(message);
        }
    }
    reconciling.finish()
}

/// Why reconciling ended early.
struct Stop {
    message: String,
    retry: bool,
}

struct Reconciling<'a> {
    with: Reconciler<'a>,
    owner: &'a Owner<'a>,
    kind: OwnerKind,
    previous: &'a OwnerStatus,
    conditions: Conditions<'a>,
    reconciled: Reconciled,
    blueprint: Option<ObjectReference>,
    /// The statuses of the resources, if it came to them, and whether they changed.
    resources: Option<(Vec<ResourceStatus>, bool)>,
}

impl<'a> Reconciling<'a> {
    fn run(&mut self) -> Result<(), Stop> {
        let blueprint = self.select()?;
        self.reconciled.blueprint = Some(blueprint.name().to_owned());
        self.blueprint = Some(ObjectReference {
            kind: blueprint.blueprint.kind.name().to_owned(),
            name: blueprint.name().to_owned(),
            ..ObjectReference::default()
        });
        if let Some(ready) = self.with.catalog.not_ready(&blueprint.blueprint) {
            self.conditions.add(say::blueprint_not_ready(self.kind, ready.as_ref()));
            let what = blueprint_words(self.kind);
            let message = format!("{what} [{}] is not in ready state", blueprint.name());
            return Err(Stop { message, retry: false });
        }
        self.conditions.add(say::blueprint_ready(self.kind));
        let params = match self.owner.params() {
            Ok(params) => params,
            Err(error) => return Err(self.failed(&RealizeError::Other(error.to_string()))),
        };
        let account = ServiceAccount::of(
            self.owner.object().namespace(),
            self.owner.service_account_name(),
            blueprint.blueprint.spec.service_account_ref.as_ref(),
        );
        self.reconciled.account = Some(account.clone());
        let cluster = match self.with.accounts.cluster(&account) {
            Ok(cluster) => cluster,
            Err(error) => return Err(self.failed(&error)),
        };
        let Reconciler { catalog, submitted, now, cancel, .. } = self.with;
        let pass = Pass { catalog, cluster, submitted, now, cancel };
        let previous = &self.previous.resources;
        let realized = realize(pass, self.owner, self.kind, &params, blueprint, previous);
        // What it did not come to is no orphan.
        check_cancelled(cancel).map_err(|error| Stop { message: error.to_string(), retry: false })?;
        self.conditions.add(match &realized.error {
            Some(error) => error.condition(self.kind, Level::Owner),
            None => say::resources_submitted(),
        });
        self.reconciled.events.extend(realized.events);
        self.reconciled.stamped = realized.stamped;
        let changed = realized.statuses.is_changed();
        let resources = realized.statuses.into_current();
        self.conditions.add(health::of_owner(&resources));
        self.remove_orphans(&resources);
        self.resources = Some((resources, changed));
        match realized.error {
            Some(error) => Err(Stop { retry: error.retry(), message: error.to_string() }),
            None => Ok(()),
        }
    }

    /// The blueprint that is for the owner.
    fn select(&mut self) -> Result<&'a CompiledBlueprint, Stop> {
        let Reconciling { owner, kind, .. } = *self;
        let name = format!("{}/{}", owner.object().namespace(), owner.object().name());
        let (what, for_what) = (blueprint_words(kind), owner_word(kind));
        if !owner.is_labelled() {
            self.conditions.add(say::labels_missing(kind));
            let message = format!("{for_what} [{name}] is missing required labels");
            return Err(Stop { message, retry: false });
        }
        let blueprints = self.with.catalog.blueprints(kind.blueprint());
        let matchers = blueprints.iter().map(|blueprint| &blueprint.matcher);
        let selected = best(matchers, owner, owner.view()).map_err(|error| {
            let at = blueprints.get(error.index).map_or("", |blueprint| blueprint.name());
            let plural = if kind == OwnerKind::Workload { "supply chains" } else { "deliveries" };
            let evaluating = if kind == OwnerKind::Workload { "supply chain" } else { "delivery" };
            let message = format!(
                "failed to get {plural} for {for_what} [{name}]: evaluating {evaluating} selectors against \
                 {for_what} [{name}] failed: {}",
                error.of_blueprint(kind.blueprint().name(), at)
            );
            Stop { message, retry: true }
        })?;
        let found = match selected.as_slice() {
            [index] => blueprints.get(*index),
            [] => {
                self.conditions.add(say::blueprint_not_found(kind, &owner.labels()));
                None
            }
            _ => {
                self.conditions.add(say::too_many_blueprints(kind));
                let names: Vec<&str> = selected
                    .iter()
                    .filter_map(|index| blueprints.get(*index))
                    .map(|blueprint| blueprint.name())
                    .collect();
                let names = names.join(" ");
                let message = format!("more than one {what} selected for {for_what} [{name}]: [{names}]");
                return Err(Stop { message, retry: false });
            }
        };
        match found {
            Some(blueprint) => Ok(blueprint),
            None => {
                let labels = super::go_map(&owner.labels());
                let message =
                    format!("no {what} [{name}] found where full selector is satisfied by labels: {labels}");
                Err(Stop { message, retry: false })
            }
        }
    }

    /// Says in the owner's conditions why it does not come to its resources.
    fn failed(&mut self, error: &RealizeError) -> Stop {
        self.conditions.add(error.condition(self.kind, Level::Owner));
        Stop { retry: error.retry(), message: error.to_string() }
    }

    /// Deletes what was stamped before and is no longer asked for. Troubles with that do not fail the pass.
    fn remove_orphans(&mut self, current: &[ResourceStatus]) {
        let Reconciler { catalog, cluster, .. } = self.with;
        for key in orphans(&self.previous.resources, current, catalog, cluster) {
            if cluster.delete(&key).is_err() {
                break;
            }
            if let Some(resource) = cluster.resource(&key.kind) {
                self.reconciled.events.push(Event::Deleted(Subject {
                    qualified: resource.to_string(),
                    name: key.name.to_string(),
                }));
            }
        }
    }

    fn finish(self) -> crate::Result<Reconciled> {
        let Reconciling { previous, kind, owner, mut reconciled, .. } = self;
        let finished = self.conditions.finish();
        let generation = owner.object().generation();
        let resources_changed = self.resources.as_ref().is_some_and(|(_, changed)| *changed);
        let changed = finished.changed || previous.observed_generation != generation || resources_changed;
        let resources = self.resources.map(|(resources, _)| resources);
        // What an earlier pass said of the blueprint and the resources stays where this one did not get there.
        let mut status = OwnerStatus {
            observed_generation: generation,
            conditions: finished.conditions,
            resources: resources.unwrap_or_else(|| previous.resources.clone()),
            ..previous.clone()
        };
        let blueprint = match kind {
            OwnerKind::Workload => &mut status.supply_chain_ref,
            OwnerKind::Deliverable => &mut status.delivery_ref,
        };
        if let Some(reference) = self.blueprint {
            *blueprint = Some(reference);
        }
        reconciled.changed = changed;
        reconciled.status = to_node(&status)
            .map_err(|error| crate::Error::new(crate::ErrorKind::Internal, error.to_string()))?;
        Ok(reconciled)
    }
}

fn owner_word(kind: OwnerKind) -> &'static str {
    match kind {
        OwnerKind::Workload => "workload",
        OwnerKind::Deliverable => "deliverable",
    }
}

fn blueprint_words(kind: OwnerKind) -> &'static str {
    match kind {
        OwnerKind::Workload => "supply chain",
        OwnerKind::Deliverable => "delivery",
    }
}
