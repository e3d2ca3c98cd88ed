//! Objects that were stamped in an earlier pass and are no longer asked for.
//!
//! Source of the rules: the reference's `cleanupOrphanedObjects` and `pkg/controllers/common.go`.

use super::api::{Lifecycle, ResourceStatus, StampedRef, TemplateKind};
use super::catalog::Catalog;
use super::labels::TEMPLATE_LIFECYCLE;
use crate::cluster::{Cluster, Kind, ObjectKey};

/// The objects to delete. None at all if one of them cannot be judged: its template is gone, or the cluster
/// does not answer.
pub(super) fn orphans(
    previous: &[ResourceStatus],
    current: &[ResourceStatus],
    catalog: &Catalog,
    cluster: &dyn Cluster,
) -> Vec<ObjectKey> {
    let mut orphans = Vec::new();
    for status in previous {
        let Some(stamped) = &status.stamped_ref else { continue };
        // Usually the resource has the object that it had.
        let is_there = |other: &&ResourceStatus| {
            other.name == status.name
                && other.template_ref == status.template_ref
                && other.stamped_ref.as_ref().is_some_and(|other| same_object(other, stamped))
        };
        if current.iter().any(|other| is_there(&other)) {
            continue;
        }
        let Some(lives_on) = lives_on(status, stamped, current, catalog, cluster) else { return Vec::new() };
        if !lives_on {
            orphans.push(key(stamped));
        }
    }
    orphans
}

/// Whether something of what there is now stands for an object; none if that cannot be told.
fn lives_on(
    status: &ResourceStatus,
    stamped: &StampedRef,
    current: &[ResourceStatus],
    catalog: &Catalog,
    cluster: &dyn Cluster,
) -> Option<bool> {
    let template = status.template_ref.as_ref()?;
    let kind = TemplateKind::of(&template.kind)?;
    let lifecycle = catalog.template(kind, &template.name)?.template.spec.lifecycle;
    let mut is_mutable = lifecycle.is_mutable();
    if !is_mutable {
        match cluster.get(&key(stamped)) {
            Ok(object) => {
                // It may have been stamped when the template was mutable.
                is_mutable = match object.label(TEMPLATE_LIFECYCLE) {
                    None => true,
                    Some(label) => label == Lifecycle::Mutable.as_str(),
                };
            }
            Err(error) if error.is_not_found() => return Some(false),
            Err(_) => return None,
        }
    }
    Some(current.iter().any(|other| {
        let Some(object) = &other.stamped_ref else { return false };
        if is_mutable {
            same_object(object, stamped)
        } else {
            other.name == status.name
                && other
                    .template_ref
                    .as_ref()
                    .is_some_and(|other| other.kind == template.kind && other.name == template.name)
        }
    }))
}

fn same_object(one: &StampedRef, other: &StampedRef) -> bool {
    let of = |object: &StampedRef| {
        (object.api_version.clone(), object.kind.clone(), object.namespace.clone(), object.name.clone())
    };
    of(one) == of(other)
}

fn key(stamped: &StampedRef) -> ObjectKey {
    let kind = Kind::from_api_version(&stamped.api_version, &stamped.kind);
    ObjectKey::new(kind, stamped.namespace.as_str(), stamped.name.as_str())
}
