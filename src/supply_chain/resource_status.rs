//! The statuses of an owner's resources: what was said before, and what this pass says.
//!
//! Follows the reference's `pkg/realizer/statuses` and `pkg/realizer/realizer.go`.

use super::api::{
    API_VERSION, Condition, Input, ObjectReference, OwnerKind, Resource, ResourceStatus, StampedRef, Status,
};
use super::conditions::health::HEALTHY;
use super::conditions::owner::resource_submitted;
use super::conditions::{self, Conditions, READY};
use super::error::{Level, RealizeError};
use super::event::{Event, Subject};
use super::object;
use super::output_status;
use super::outputs::ResourceOutput;
use crate::yaml::Node;

/// What stands in a status for a plural kind that the cluster does not know.
pub(super) const UNKNOWN_KIND: &str =
    "could not fetch - see logs for 'failed to retrieve qualified resource name'";

/// The statuses of the resources of one owner during a pass.
#[derive(Clone, Debug)]
pub struct ResourceStatuses<'a> {
    owner: OwnerKind,
    now: &'a str,
    entries: Vec<Entry<'a>>,
}

#[derive(Clone, Debug)]
struct Entry<'a> {
    name: String,
    previous: Option<&'a ResourceStatus>,
    current: Option<ResourceStatus>,
    conditions_changed: bool,
}

/// How realizing a resource went.
#[derive(Clone, Debug)]
pub struct Realized<'a> {
    /// The resource of the blueprint.
    pub resource: &'a Resource,
    /// Name of the template, once it has been read; none for what passes through.
    pub template: Option<&'a str>,
    /// The object, if it was submitted.
    pub object: Option<&'a Node>,
    /// Plural kind and group of the object, if the cluster knows it.
    pub qualified: Option<&'a str>,
    /// The output, if there is one.
    pub output: Option<&'a ResourceOutput>,
    /// Whether an input passes through.
    pub pass_through: bool,
    /// Why it failed.
    pub error: Option<RealizeError>,
}

impl<'a> ResourceStatuses<'a> {
    /// Nothing said yet in this pass. `now` is its time in RFC 3339.
    pub fn new(owner: OwnerKind, previous: &'a [ResourceStatus], now: &'a str) -> ResourceStatuses<'a> {
        let entry = |status: &'a ResourceStatus| Entry {
            name: status.name.clone(),
            previous: Some(status),
            current: None,
            conditions_changed: false,
        };
        ResourceStatuses { owner, now, entries: previous.iter().map(entry).collect() }
    }

    /// What was said of a resource before.
    pub fn previous(&self, resource: &str) -> Option<&'a ResourceStatus> {
        self.entry(resource)?.previous
    }

    /// What is said of a resource now.
    pub fn current(&self, resource: &str) -> Option<&ResourceStatus> {
        self.entry(resource)?.current.as_ref()
    }

    fn entry(&self, resource: &str) -> Option<&Entry<'a>> {
        self.entries.iter().find(|entry| entry.name == resource)
    }

    /// Records how realizing a resource went: its status, with the condition that `health` gives for it. What
    /// has no object keeps what was said before, but for the conditions. Returns the events to raise, and the
    /// error with the health that its text depends on.
    pub fn record(
        &mut self,
        realized: Realized<'_>,
        health: impl FnOnce(&ResourceStatus) -> Condition,
    ) -> (Vec<Event>, Option<RealizeError>) {
        let name = &realized.resource.name;
        let mut events = Events { realized: &realized, raised: Vec::new() };
        let previous = self.previous(name);
        let (status, healthy) = match previous {
            Some(previous) if realized.object.is_none() || realized.template.is_none() => {
                (previous.clone(), conditions::find(&previous.conditions, HEALTHY).cloned())
            }
            _ => {
                let before = previous.map_or(&[][..], |previous| &previous.outputs);
                let mut status = realized.status();
                if (realized.template.is_some() || realized.pass_through)
                    && let Some(output) = realized.output
                {
                    status.outputs = output_status::of(output, before, self.now);
                }
                if before != status.outputs {
                    events.output_changed();
                }
                let healthy = realized.template.map(|_| health(&status));
                (status, healthy)
            }
        };
        let mut error = realized.error.clone();
        if let (Some(error), Some(healthy)) = (&mut error, &healthy) {
            error.set_health(healthy.status);
        }
        let new_health = healthy.as_ref().map(|healthy| healthy.status).unwrap_or_default();
        self.add(status, error.as_ref(), realized.pass_through, healthy.into_iter().collect());
        if self.changed_condition_types(name).contains(&HEALTHY) {
            events.health_changed(new_health);
        }
        (events.raised, error)
    }

    /// Says of the resource with the name of `status` what that says, but for its conditions: these are
    /// whether it was submitted, then `further` ones, then their sum.
    pub fn add(
        &mut self,
        mut status: ResourceStatus,
        error: Option<&RealizeError>,
        pass_through: bool,
        further: Vec<Condition>,
    ) {
        let index = self.entries.iter().position(|entry| entry.name == status.name).unwrap_or_else(|| {
            self.entries.push(Entry {
                name: status.name.clone(),
                previous: None,
                current: None,
                conditions_changed: false,
            });
            self.entries.len() - 1
        });
        let Some(entry) = self.entries.get_mut(index) else { return };
        let previous = entry.previous.map_or(&[][..], |previous| &previous.conditions);
        let mut conditions = Conditions::new(READY, previous, self.now);
        conditions.add(match error {
            Some(error) => error.condition(self.owner, Level::Resource),
            None => resource_submitted(pass_through),
        });
        for condition in further {
            conditions.add(condition);
        }
        let finished = conditions.finish();
        status.conditions = finished.conditions;
        entry.conditions_changed = finished.changed;
        entry.current = Some(status);
    }

    /// The types of the conditions of a resource whose status changed. Of new ones those count that are known.
    pub fn changed_condition_types(&self, resource: &str) -> Vec<&str> {
        let Some(Entry { previous, current: Some(current), .. }) = self.entry(resource) else {
            return Vec::new();
        };
        let previous = previous.map_or(&[][..], |previous| &previous.conditions);
        let is_changed = |condition: &&Condition| {
            let before = conditions::find(previous, &condition.kind).map(|previous| previous.status);
            before.unwrap_or(Status::Unknown) != condition.status
        };
        current.conditions.iter().filter(is_changed).map(|condition| &*condition.kind).collect()
    }

    /// Whether anything differs from what was said before: also when a resource has come or gone.
    pub fn is_changed(&self) -> bool {
        self.entries.iter().any(|entry| match (&entry.current, entry.previous) {
            (Some(current), Some(previous)) => {
                entry.conditions_changed || !is_same_but_for_conditions(current, previous)
            }
            _ => true,
        })
    }

    /// What is said now: resources in the order they were said before, new ones behind them, without those
    /// of which nothing was said in this pass.
    pub fn into_current(self) -> Vec<ResourceStatus> {
        self.entries.into_iter().filter_map(|entry| entry.current).collect()
    }
}

fn is_same_but_for_conditions(one: &ResourceStatus, other: &ResourceStatus) -> bool {
    let ResourceStatus { name, stamped_ref, template_ref, inputs, outputs, conditions: _ } = one;
    *name == other.name
        && *stamped_ref == other.stamped_ref
        && *template_ref == other.template_ref
        && *inputs == other.inputs
        && *outputs == other.outputs
}

impl Realized<'_> {
    /// The status of the resource without outputs and conditions.
    fn status(&self) -> ResourceStatus {
        let resource = self.resource;
        let named = |provider: &String| Input { name: provider.clone() };
        let sources = resource.sources.iter().map(|input| named(&input.resource));
        let images = resource.images.iter().map(|input| named(&input.resource));
        let deployment = resource.deployment.iter().map(|input| named(&input.resource));
        let configs = resource.configs.iter().map(|input| named(&input.resource));
        ResourceStatus {
            name: resource.name.clone(),
            stamped_ref: self.object.map(|object| StampedRef {
                kind: object::kind(object).to_owned(),
                namespace: object::namespace(object).to_owned(),
                name: object::name(object).to_owned(),
                api_version: object::api_version(object).to_owned(),
                resource: self.qualified.unwrap_or(UNKNOWN_KIND).to_owned(),
            }),
            template_ref: self.template.map(|name| ObjectReference {
                kind: resource.template_ref.kind.clone(),
                name: name.to_owned(),
                api_version: API_VERSION.to_owned(),
                ..ObjectReference::default()
            }),
            inputs: sources.chain(images).chain(deployment).chain(configs).collect(),
            ..ResourceStatus::default()
        }
    }
}

/// The events about one resource.
struct Events<'a> {
    realized: &'a Realized<'a>,
    raised: Vec<Event>,
}

impl Events<'_> {
    /// The object of an event, if it has one; none at all if its plural kind is not known.
    fn object(&self) -> Option<Option<Subject>> {
        match (self.realized.object, self.realized.qualified) {
            (Some(object), Some(qualified)) => Some(Some(Subject::of(object, qualified))),
            (Some(_), None) => None,
            (None, _) => Some(None),
        }
    }

    fn output_changed(&mut self) {
        let resource = self.realized.resource.name.clone();
        if self.realized.pass_through {
            self.raised.push(Event::PassThroughChanged { resource });
        } else if let Some(object) = self.object() {
            self.raised.push(Event::OutputChanged { resource, object });
        }
    }

    fn health_changed(&mut self, status: Status) {
        let resource = self.realized.resource.name.clone();
        if let Some(object) = self.object() {
            self.raised.push(Event::HealthChanged { resource, object, status });
        }
    }
}

#[cfg(test)]
mod tests;
