//! What is said of workloads and deliverables, but for errors of realizing: see
//! [`RealizeError::condition`](crate::supply_chain::error::RealizeError::condition).

use std::collections::BTreeMap;

use super::condition;
use crate::supply_chain::api::{Condition, OwnerKind, Status};
use crate::supply_chain::go_map;

/// Whether all resources of an owner have been submitted.
pub const RESOURCES_SUBMITTED: &str = "ResourcesSubmitted";
/// Whether one has.
pub const RESOURCE_SUBMITTED: &str = "ResourceSubmitted";

/// Whether the blueprint of an owner is there: the type of the condition.
pub fn blueprint_ready_type(owner: OwnerKind) -> &'static str {
    match owner {
        OwnerKind::Workload => "SupplyChainReady",
        OwnerKind::Deliverable => "DeliveryReady",
    }
}

/// The blueprint is ready.
pub fn blueprint_ready(owner: OwnerKind) -> Condition {
    condition(blueprint_ready_type(owner), Status::True, "Ready", "")
}

/// The owner has no labels, so no blueprint can be for it.
pub fn labels_missing(owner: OwnerKind) -> Condition {
    let (reason, message) = match owner {
        OwnerKind::Workload => ("WorkloadLabelsMissing", "workload has no labels to match to supply chain"),
        OwnerKind::Deliverable => {
            ("DeliverableLabelsMissing", "deliverable has no labels to match to delivery")
        }
    };
    condition(blueprint_ready_type(owner), Status::False, reason, message)
}

/// No blueprint is for the owner, which has these labels.
pub fn blueprint_not_found(owner: OwnerKind, labels: &BTreeMap<String, String>) -> Condition {
    let (reason, what) = match owner {
        OwnerKind::Workload => ("SupplyChainNotFound", "supply chain"),
        OwnerKind::Deliverable => ("DeliveryNotFound", "delivery"),
    };
    let message = format!("no {what} found where full selector is satisfied by labels: {}", go_map(labels));
    condition(blueprint_ready_type(owner), Status::False, reason, message)
}

/// Several blueprints are equally for the owner.
pub fn too_many_blueprints(owner: OwnerKind) -> Condition {
    let (reason, message) = match owner {
        OwnerKind::Workload => {
            ("MultipleSupplyChainMatches", "workload may only match a single supply chain's selector")
        }
        OwnerKind::Deliverable => {
            ("MultipleDeliveryMatches", "deliverable may only match a single delivery's selector")
        }
    };
    condition(blueprint_ready_type(owner), Status::False, reason, message)
}

/// The blueprint is not ready, as its own condition `Ready` says; without one, reason and message are empty.
pub fn blueprint_not_ready(owner: OwnerKind, ready: Option<&Condition>) -> Condition {
    let (reason, message) = ready.map_or(("", ""), |ready| (&ready.reason, &ready.message));
    condition(blueprint_ready_type(owner), Status::False, reason, message)
}

/// All resources have been submitted.
pub fn resources_submitted() -> Condition {
    condition(RESOURCES_SUBMITTED, Status::True, "ResourceSubmissionComplete", "")
}

/// The resource has been submitted, or its input passed through.
pub fn resource_submitted(pass_through: bool) -> Condition {
    let reason = if pass_through { "PassThrough" } else { "ResourceSubmissionComplete" };
    condition(RESOURCE_SUBMITTED, Status::True, reason, "")
}
