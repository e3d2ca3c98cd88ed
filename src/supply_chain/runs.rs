//! The objects that were stamped one after the other for an immutable resource or a runnable: old ones go, the
//! latest that succeeded counts.

use super::api::RetentionPolicy;
use super::event::{Event, Subject};
use super::health::Health;
use super::retention::{Examined, latest_success, to_delete};
use crate::cluster::{Cluster, Object};
use crate::yaml::Node;

/// Deletes the objects that a policy does not keep, and returns the latest healthy one. That they could not
/// be deleted is no error: they are tried again with the next pass.
pub(super) fn keep(
    existing: &[Object],
    health: &Health,
    policy: RetentionPolicy,
    cluster: &dyn Cluster,
    events: &mut Vec<Event>,
) -> Option<Object> {
    let examine = |object: &'_ Object| health.of_object(Some(object.node()));
    let examined: Vec<Examined<'_>> =
        existing.iter().map(|object| Examined { object: object.node(), health: examine(object) }).collect();
    for object in to_delete(&examined, policy).into_iter().filter_map(|node| find(existing, node)) {
        let resource = cluster.resource(&object.kind());
        if cluster.delete(&object.key()).is_ok()
            && let Some(resource) = resource
        {
            events.push(Event::Deleted(Subject::of(object.node(), resource.qualified_name())));
        }
    }
    find(existing, latest_success(&examined)?).cloned()
}

fn find<'a>(existing: &'a [Object], node: &Node) -> Option<&'a Object> {
    existing.iter().find(|object| std::ptr::eq(object.node(), node))
}
