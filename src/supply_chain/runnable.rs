//! Reconciling a runnable: an object for each change of what it asks for, and the outputs of the latest that
//! succeeded.
//!
//! Source of the rules: the reference's `pkg/controllers/runnable_reconciler.go` and
//! `pkg/realizer/runnable/realizer.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::api::{ResourceSelector, RunnableSpec, RunnableStatus, read};
use super::apply;
use super::catalog::{CompiledRunTemplate, RUN_TEMPLATE};
use super::conditions::run as say;
use super::conditions::{Conditions, READY};
use super::context::Context;
use super::error::{ObjectName, RealizeError};
use super::event::{Event, Subject};
use super::health::Health;
use super::labels::{RUNNABLE_NAME, runnable_labels};
use super::object::condition_of_type;
use super::owner::Owner;
use super::realize::Stamped;
use super::reconcile::{Reconciled, Reconciler};
use super::resource_status::UNKNOWN_KIND;
use super::run_error::{RunError, SelectorError};
use super::runs;
use super::service_account::ServiceAccount;
use crate::cluster::{Cluster, Kind, Object, Query};
use crate::limits::check_cancelled;
use crate::yaml::{MapItem, Node, Text, same, to_node};

/// Reconciles a runnable.
///
/// # Errors
/// `DataValues` if the object is none, or has not the form of one; `Cancelled` if it was stopped.
pub fn reconcile_runnable(object: &Object, with: Reconciler<'_>) -> crate::Result<Reconciled> {
    // Whatever kind a runnable names, templates see the only one there is.
    let mut seen = object.clone();
    if let Some(spec) = object.spec() {
        seen.set("spec", with_kind(spec));
    }
    let runnable = Owner::new(&seen)?;
    let spec: RunnableSpec =
        read(object.spec().unwrap_or(&Node::Null)).map_err(|error| error.context("spec"))?;
    let previous: RunnableStatus = object.status().and_then(|status| read(status).ok()).unwrap_or_default();
    let mut conditions = Conditions::new(READY, &previous.conditions, with.now);
    let account = ServiceAccount::of(object.namespace(), &spec.service_account_name, None);
    let mut run = Run {
        with,
        runnable: &runnable,
        spec: &spec,
        previous: &previous,
        events: Vec::new(),
        stamped: None,
    };
    let result = match with.accounts.cluster(&account) {
        Ok(cluster) => Ok(run.realize(cluster)),
        Err(error) => Err(account_error(error)),
    };
    check_cancelled(with.cancel)?;
    let (error, outputs) = match result {
        // Whoever cannot act says nothing of what was stamped.
        Err(error) => {
            conditions.add(error.condition());
            (Some(error), BTreeMap::new())
        }
        Ok(realized) => {
            let (error, outputs) = match realized {
                Ok(outputs) => {
                    conditions.add(say::run_template_ready());
                    (None, outputs)
                }
                Err(error) => {
                    conditions.add(error.condition());
                    (Some(error), BTreeMap::new())
                }
            };
            let stamped = run.stamped.as_ref().and_then(|stamped| stamped.object.as_ref());
            let succeeded = stamped.and_then(|object| condition_of_type(object.node(), "Succeeded"));
            conditions.add(say::stamped_object(succeeded.as_ref()));
            (error, outputs)
        }
    };
    let finished = conditions.finish();
    let generation = object.generation();
    let changed = finished.changed
        || previous.observed_generation != generation
        || !same_outputs(&previous.outputs, &outputs);
    let status = RunnableStatus { observed_generation: generation, conditions: finished.conditions, outputs };
    let status =
        to_node(&status).map_err(|error| crate::Error::new(crate::ErrorKind::Internal, error.to_string()))?;
    Ok(Reconciled {
        status,
        changed,
        events: run.events,
        retry: error.as_ref().is_some_and(RunError::retry),
        error: error.map(|error| error.to_string()),
        blueprint: None,
        account: Some(account),
        stamped: run.stamped.into_iter().collect(),
    })
}

/// The spec, with the kind of its run template.
fn with_kind(spec: &Node) -> Node {
    let mut spec = spec.clone();
    if let Node::Map(spec) = &mut spec
        && let Some(item) =
            Arc::make_mut(spec).items.iter_mut().find(|item| item.key.as_str() == Some("runTemplateRef"))
        && let Node::Map(reference) = &mut item.value
    {
        let reference = Arc::make_mut(reference);
        reference.items.retain(|item| item.key.as_str() != Some("kind"));
        reference.items.push(MapItem {
            key: Node::str("kind"),
            value: Node::str(RUN_TEMPLATE),
            ..MapItem::default()
        });
    }
    spec
}

fn account_error(error: RealizeError) -> RunError {
    match error {
        RealizeError::ServiceAccount { account, cause } => RunError::ServiceAccount { account, cause },
        RealizeError::Token { cause } => RunError::Token { cause },
        other => RunError::Client { cause: other.to_string() },
    }
}

fn same_outputs(one: &BTreeMap<String, Node>, other: &BTreeMap<String, Node>) -> bool {
    one.len() == other.len()
        && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| same(value, other)))
}

struct Run<'a> {
    with: Reconciler<'a>,
    runnable: &'a Owner<'a>,
    spec: &'a RunnableSpec,
    previous: &'a RunnableStatus,
    events: Vec<Event>,
    stamped: Option<Stamped>,
}

impl Run<'_> {
    /// Stamps an object, submits it and gives the outputs.
    fn realize(&mut self, cluster: &dyn Cluster) -> Result<BTreeMap<String, Node>, RunError> {
        let name = &self.spec.run_template_ref.name;
        let template = self.with.catalog.run_template(name).ok_or_else(|| RunError::GetRunTemplate {
            template: name.clone(),
            cause: format!(
                "failed to get run template object from api server [{RUN_TEMPLATE}/{name}]: failed to get object \
                 [{name}] from api server: {RUN_TEMPLATE}.carto.run \"{name}\" not found"
            ),
        })?;
        let selected = match &self.spec.selector {
            None => None,
            Some(selector) => Some(self.select(selector, cluster)?),
        };
        let object = self.runnable.object();
        let labels = runnable_labels(object.name(), &template.metadata.name);
        let context = Context::of_runnable(self.runnable, selected);
        let Reconciler { catalog, cancel, .. } = self.with;
        let stamped = template.stamper.stamp_with(&context, object, &labels, catalog.renderer(), cancel);
        let stamped =
            stamped.map_err(|error| RunError::Stamp { template: name.clone(), cause: error.to_string() })?;
        let stamped = self.stamped.insert(Stamped {
            resource: Text::default(),
            template: None,
            submitted: stamped,
            object: None,
        });
        // Another run template of the same runnable continues the row.
        let own_labels = vec![(Text::new(RUNNABLE_NAME), Text::new(object.name()))];
        let applied = apply::immutable(&stamped.submitted, &own_labels, cluster, self.with.submitted);
        let (kept, applied) = match applied {
            Ok(applied) => applied,
            Err(error) => {
                let object = ObjectName::of_run(stamped.submitted.node());
                let forbidden = error.is_forbidden();
                let cause = error.to_string();
                return Err(RunError::Apply { template: name.clone(), object, forbidden, cause });
            }
        };
        let kept = stamped.object.insert(kept).clone();
        let resource = cluster.resource(&kept.kind());
        let subject = resource.as_ref().map(|resource| Subject::of(kept.node(), resource.qualified_name()));
        if let (apply::Applied::Created, Some(subject)) = (applied, &subject) {
            self.events.push(Event::Created(subject.clone()));
        }
        let existing = apply::list(&kept, &labels, cluster).map_err(|error| RunError::List {
            namespace: kept.namespace().to_owned(),
            labels: labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
            cause: format!("unable to list from api server: {error}"),
        })?;
        runs::keep(&existing, &Health::succeeded(), self.spec.retention_policy, cluster, &mut self.events);
        self.outputs(template, &existing, &kept, subject)
    }

    /// The one object that a selector finds.
    fn select(&self, selector: &ResourceSelector, cluster: &dyn Cluster) -> Result<Node, RunError> {
        let failed = |error| RunError::Selector { selector: selector.clone(), error };
        let kind = Kind::from_api_version(&selector.resource.api_version, &selector.resource.kind);
        // Objects of a kind that nobody knows are looked for in the whole cluster.
        let namespaced = cluster.resource(&kind).is_some_and(|resource| resource.namespaced);
        let mut query = Query::all(kind);
        if namespaced {
            query = query.in_namespace(self.runnable.object().namespace());
        }
        for (key, value) in &selector.matching_labels {
            query = query.labelled(key.as_str(), value.as_str());
        }
        let found = cluster.list(&query).map_err(|error| {
            let cause = format!("unable to list from api server: {error}");
            failed(SelectorError::List { namespaced, cause })
        })?;
        match found.items.as_slice() {
            [] => Err(failed(SelectorError::NoMatch)),
            [object] => Ok(object.node().clone()),
            _ => Err(failed(SelectorError::ManyMatches)),
        }
    }

    fn outputs(
        &mut self,
        template: &CompiledRunTemplate,
        existing: &[Object],
        stamped: &Object,
        subject: Option<Subject>,
    ) -> Result<BTreeMap<String, Node>, RunError> {
        let found = template.outputs.of_latest(existing.iter().map(Object::node));
        let outputs = found.outputs.map_err(|cause| RunError::RetrieveOutput {
            template: template.metadata.name.clone(),
            object: ObjectName::of_run(stamped.node()),
            qualified: subject.as_ref().map_or(UNKNOWN_KIND, |subject| &subject.qualified).to_owned(),
            cause,
        })?;
        if found.object.is_some()
            && !same_outputs(&self.previous.outputs, &outputs)
            && let Some(object) = subject
        {
            let runnable = self.runnable.object().name().to_owned();
            self.events.push(Event::RunOutputChanged { runnable, object });
        }
        Ok(if outputs.is_empty() { self.previous.outputs.clone() } else { outputs })
    }
}
