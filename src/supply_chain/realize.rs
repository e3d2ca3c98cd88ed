//! Realizing: going through the resources of a blueprint, each stamped with what those before it gave.
//!
//! Source of the rules: the reference's `pkg/realizer/realizer.go` and `component.go`.

#![allow(clippy::result_large_err, reason = "an error ends the work on a resource: its size is copied once")]

use std::sync::Arc;

use super::api::{OwnerKind, OwnerParam, Resource, ResourceStatus, Status, TemplateKind};
use super::apply::{self, Applied};
use super::catalog::{Catalog, CompiledBlueprint, CompiledTemplate};
use super::context::Context;
use super::error::{ObjectName, OutputError, Place, RealizeError};
use super::event::{Event, Subject};
use super::health::Health;
use super::inputs::{Inputs, Outputs};
use super::labels::{Labels, labels};
use super::outputs::{ResourceOutput, pass_through};
use super::owner::Owner;
use super::params::params;
use super::resource_status::{self, ResourceStatuses};
use super::runs;
use super::select::{Matcher, best};
use super::submitted::Submitted;
use crate::cluster::{Cluster, Object};
use crate::limits::CancelToken;
use crate::yaml::Text;

/// What stands in messages for the plural of a kind that the cluster does not know.
const NO_RESOURCE: &str =
    "could not fetch - see the log line for 'failed to retrieve qualified resource name'";

/// Everything a pass over one owner works with.
#[derive(Clone, Copy)]
pub struct Pass<'a> {
    /// The blueprints and templates.
    pub catalog: &'a Catalog,
    /// The cluster as the owner's service account sees it.
    pub cluster: &'a dyn Cluster,
    /// What was submitted before.
    pub submitted: &'a Submitted,
    /// The time of the pass, as in RFC 3339.
    pub now: &'a str,
    /// Stops it. Nothing that a pass which was stopped says of its owner is to be believed.
    pub cancel: Option<&'a CancelToken>,
}

/// An object that was stamped in a pass.
#[derive(Clone, Debug)]
pub struct Stamped {
    /// The resource it was stamped for.
    pub resource: Text,
    /// The kind and name of the template; none for what a run template stamped.
    pub template: Option<(TemplateKind, Text)>,
    /// The object as it was submitted.
    pub submitted: Object,
    /// The object as the cluster keeps it; none if it was not taken.
    pub object: Option<Object>,
}

/// What came of going through the resources.
pub(super) struct Realized<'a> {
    pub(super) statuses: ResourceStatuses<'a>,
    /// The first error.
    pub(super) error: Option<RealizeError>,
    pub(super) events: Vec<Event>,
    pub(super) stamped: Vec<Stamped>,
}

/// Goes through the resources of a blueprint in the order they stand, all of them, whatever fails; no further
/// than where it is cancelled.
pub(super) fn realize<'a>(
    pass: Pass<'a>,
    owner: &Owner<'_>,
    kind: OwnerKind,
    owner_params: &[OwnerParam],
    blueprint: &CompiledBlueprint,
    previous: &'a [ResourceStatus],
) -> Realized<'a> {
    let mut realized = Realized {
        statuses: ResourceStatuses::new(kind, previous, pass.now),
        error: None,
        events: Vec::new(),
        stamped: Vec::new(),
    };
    let mut outputs = Outputs::new();
    let options = blueprint.options.iter().map(Vec::as_slice).chain(std::iter::repeat(&[][..]));
    for (resource, options) in blueprint.blueprint.spec.resources.iter().zip(options) {
        if pass.cancel.is_some_and(CancelToken::is_cancelled) {
            break;
        }
        let task = Task { pass, owner, kind, owner_params, blueprint, resource, options };
        let done = task.run(&outputs, &mut realized.events);
        outputs.set(&resource.name, done.output.clone().unwrap_or_default());
        let error = task.record(&done, &mut realized);
        realized.stamped.extend(done.stamped);
        if realized.error.is_none() {
            realized.error = error;
        }
    }
    realized
}

/// One resource, to be realized.
struct Task<'a> {
    pass: Pass<'a>,
    owner: &'a Owner<'a>,
    kind: OwnerKind,
    owner_params: &'a [OwnerParam],
    blueprint: &'a CompiledBlueprint,
    resource: &'a Resource,
    options: &'a [Matcher],
}

/// What came of one resource.
#[derive(Default)]
struct Done {
    /// The template, if it came to stamping.
    template: Option<(Arc<CompiledTemplate>, Text)>,
    is_pass_through: bool,
    /// The object that the status names.
    object: Option<Object>,
    output: Option<ResourceOutput>,
    error: Option<RealizeError>,
    stamped: Option<Stamped>,
}

/// Which template a resource has, or which input it passes through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice<'a> {
    /// The template of this name.
    Template(&'a str),
    /// The input of this local name.
    PassThrough(&'a str),
}

/// Chooses among the options of a resource, whose selectors are `options`: exactly one must match best.
///
/// # Errors
/// None or several match best, or a selector cannot be evaluated.
pub fn choose<'a>(
    resource: &'a Resource,
    options: &[Matcher],
    owner: &Owner<'_>,
    blueprint: &str,
) -> Result<Choice<'a>, RealizeError> {
    let reference = &resource.template_ref;
    if reference.options.is_empty() {
        return Ok(Choice::Template(&reference.name));
    }
    let place = || Place::new(&resource.name, blueprint);
    let name = |index: usize| reference.options.get(index).map_or("", |option| &option.name);
    let matching = best(options, owner, owner.view()).map_err(|error| RealizeError::ResolveOption {
        place: place(),
        option: name(error.index).to_owned(),
        cause: error.message,
    })?;
    match matching.as_slice() {
        [index] => match reference.options.get(*index) {
            Some(option) if !option.pass_through.is_empty() => Ok(Choice::PassThrough(&option.pass_through)),
            _ => Ok(Choice::Template(name(*index))),
        },
        _ => Err(RealizeError::OptionsMatch {
            place: place(),
            options: matching.iter().map(|index| name(*index).to_owned()).collect(),
        }),
    }
}

impl Task<'_> {
    fn place(&self) -> Place {
        Place::new(&self.resource.name, self.blueprint.name())
    }

    fn run(&self, outputs: &Outputs, events: &mut Vec<Event>) -> Done {
        let inputs = Inputs::of(self.resource, outputs);
        match choose(self.resource, self.options, self.owner, self.blueprint.name()) {
            Ok(Choice::PassThrough(input)) => self.pass_through(input, &inputs),
            Ok(Choice::Template(name)) => self.stamp(name, &inputs, events),
            Err(error) => Done { error: Some(error), ..Done::default() },
        }
    }

    fn pass_through(&self, input: &str, inputs: &Inputs) -> Done {
        let mut done = Done { is_pass_through: true, ..Done::default() };
        let Some(kind) = TemplateKind::of(&self.resource.template_ref.kind) else {
            done.error = Some(RealizeError::PassThroughKind);
            return done;
        };
        match pass_through(kind, input, inputs.of_class(kind, input)) {
            Ok(output) => done.output = Some(output),
            Err(error) => {
                let input = input.to_owned();
                done.error = Some(RealizeError::PassThrough { place: self.place(), input, error });
            }
        }
        done
    }

    /// Stamps an object from a template, submits it and reads its output.
    fn stamp(&self, name: &str, inputs: &Inputs, events: &mut Vec<Event>) -> Done {
        let mut done = Done::default();
        let reference = &self.resource.template_ref;
        let kind = TemplateKind::of(&reference.kind);
        let template = kind.and_then(|kind| self.pass.catalog.template(kind, name));
        let (Some(kind), Some(template)) = (kind, template) else {
            done.error = Some(match kind {
                Some(_) => {
                    RealizeError::TemplateGone { kind: reference.kind.clone(), name: reference.name.clone() }
                }
                None => RealizeError::GetTemplate {
                    place: self.place(),
                    template: name.to_owned(),
                    cause: format!(
                        "unable to get api template [{}/{name}]: resource does not have valid kind: {}",
                        reference.kind, reference.kind
                    ),
                },
            });
            return done;
        };
        done.template = Some((Arc::clone(template), Text::new(name)));
        let spec = &template.template.spec;
        let metadata = self.owner.object();
        let labels = labels(
            self.kind,
            metadata.name(),
            metadata.namespace(),
            self.blueprint.name(),
            self.resource,
            spec.lifecycle,
        );
        let params = params(
            &spec.params,
            &self.blueprint.blueprint.spec.params,
            &self.resource.params,
            self.owner_params,
        );
        let context = Context::of_resource(self.owner, params, inputs, &labels);
        let Pass { catalog, cancel, .. } = self.pass;
        let renderer = catalog.renderer();
        let object = match template.stamper.stamp_with(&context, metadata, &labels, renderer, cancel) {
            Ok(object) => object,
            Err(error) => {
                done.error = Some(RealizeError::Stamp {
                    place: self.place(),
                    kind: reference.kind.clone(),
                    template: name.to_owned(),
                    cause: error.to_string(),
                });
                return done;
            }
        };
        let stamped = done.stamped.insert(Stamped {
            resource: Text::new(&self.resource.name),
            template: Some((kind, Text::new(name))),
            submitted: object,
            object: None,
        });
        match self.submit(template, stamped, &labels, inputs, events) {
            Ok(output) => done.output = Some(output),
            Err(error) => done.error = Some(error),
        }
        done.object = stamped.object.clone();
        done
    }

    /// Submits a stamped object and reads the output, of it or of those that were stamped before.
    fn submit(
        &self,
        template: &CompiledTemplate,
        stamped: &mut Stamped,
        labels: &Labels,
        inputs: &Inputs,
        events: &mut Vec<Event>,
    ) -> Result<ResourceOutput, RealizeError> {
        let Pass { cluster, submitted, .. } = self.pass;
        let is_mutable = template.template.spec.lifecycle.is_mutable();
        let applied = match is_mutable {
            true => apply::mutable(&stamped.submitted, cluster, submitted),
            false => apply::immutable(&stamped.submitted, labels, cluster, submitted),
        };
        let (object, applied) = applied.map_err(|error| RealizeError::Apply {
            place: self.place(),
            object: ObjectName::of(stamped.submitted.node()),
            forbidden: error.is_forbidden(),
            cause: error.to_string(),
        })?;
        let resource = cluster.resource(&object.kind());
        let subject = resource.map(|resource| Subject::of(object.node(), resource.qualified_name()));
        events.extend(subject.and_then(|subject| match applied {
            Applied::Created => Some(Event::Created(subject)),
            Applied::Patched => Some(Event::Patched(subject)),
            Applied::Unchanged => None,
        }));
        let object = &*stamped.object.insert(object);
        let deployment = inputs.deployment.as_ref();
        let (source, output) = if is_mutable {
            (object.clone(), template.outputs.read(Some(object.node()), deployment))
        } else {
            let latest = self.latest(template, object, labels, events)?;
            let output = template.outputs.read(latest.as_ref().map(Object::node), deployment);
            (latest.unwrap_or_else(|| object.clone()), output)
        };
        output.map_err(|error| self.no_output(object, &source, error))
    }

    /// The latest healthy one of the objects of an immutable resource. Those that need not be kept go.
    fn latest(
        &self,
        template: &CompiledTemplate,
        object: &Object,
        labels: &Labels,
        events: &mut Vec<Event>,
    ) -> Result<Option<Object>, RealizeError> {
        let Pass { cluster, .. } = self.pass;
        let existing = apply::list(object, labels, cluster).map_err(|error| RealizeError::List {
            namespace: object.namespace().to_owned(),
            labels: labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
            cause: format!("unable to list from api server: {error}"),
        })?;
        Ok(runs::keep(&existing, &template.health, template.retention(), cluster, events))
    }

    fn no_output(&self, object: &Object, source: &Object, error: OutputError) -> RealizeError {
        let resource = self.pass.cluster.resource(&source.kind());
        RealizeError::RetrieveOutput {
            place: self.place(),
            object: ObjectName::of(object.node()),
            qualified: resource.map_or_else(|| NO_RESOURCE.to_owned(), |resource| resource.to_string()),
            health: Status::Unknown,
            error,
        }
    }

    /// Says in the status of the resource what came of it, and gives the error as that words it.
    fn record(&self, done: &Done, realized: &mut Realized<'_>) -> Option<RealizeError> {
        let resource = done.object.as_ref().and_then(|object| self.pass.cluster.resource(&object.kind()));
        let qualified = resource.map(|resource| resource.qualified_name());
        let object = done.object.as_ref().map(Object::node);
        let recorded = resource_status::Realized {
            resource: self.resource,
            template: done.template.as_ref().map(|(_, name)| name.as_str()),
            object,
            qualified: qualified.as_deref(),
            output: done.output.as_ref(),
            pass_through: done.is_pass_through,
            error: done.error.clone(),
        };
        let health = |status: &ResourceStatus| match &done.template {
            Some((template, _)) => template.health.condition(Some(status), object),
            None => Health::new(None).condition(Some(status), object),
        };
        let (events, error) = realized.statuses.record(recorded, health);
        realized.events.extend(events);
        error
    }
}
