//! What is said of the health of resources.

use super::condition;
use crate::supply_chain::api::{Condition, Status};

/// Whether a resource is healthy.
pub const HEALTHY: &str = "Healthy";
/// Whether all resources of an owner are.
pub const RESOURCES_HEALTHY: &str = "ResourcesHealthy";

/// Without a rule: the outputs are there.
pub fn outputs_available() -> Condition {
    condition(HEALTHY, Status::True, "OutputsAvailable", "")
}

/// Without a rule: there should be outputs.
pub fn output_not_available() -> Condition {
    condition(HEALTHY, Status::Unknown, "OutputNotAvailable", "")
}

/// The object is there, and no more is asked.
pub fn always_healthy() -> Condition {
    condition(HEALTHY, Status::True, "AlwaysHealthy", "")
}

/// The object is not there.
pub fn no_stamped_object() -> Condition {
    condition(HEALTHY, Status::Unknown, "NoStampedObject", "")
}

/// There is not even a status of the resource.
pub fn no_resource() -> Condition {
    condition(HEALTHY, Status::Unknown, "NoResource", "")
}

/// A rule asks for an object that is not there.
pub fn unknown() -> Condition {
    condition(HEALTHY, Status::Unknown, "Unknown", "")
}

/// As a condition of the object says; `kind` is its type.
pub fn single_condition(status: Status, kind: &str, message: impl Into<String>) -> Condition {
    condition(HEALTHY, status, format!("{kind}Condition"), message)
}

/// As a condition that a rule asks for says.
pub fn matched_condition(status: Status, message: impl Into<String>) -> Condition {
    condition(HEALTHY, status, "MatchedCondition", message)
}

/// As a field that a rule asks for says.
pub fn matched_field(status: Status, message: impl Into<String>) -> Condition {
    condition(HEALTHY, status, "MatchedField", message)
}

/// A rule of which both sides ask for nothing says yes without a reason.
pub fn matched_nothing() -> Condition {
    condition(HEALTHY, Status::True, "", "")
}

/// Neither healthy nor unhealthy.
pub fn no_matches_fulfilled() -> Condition {
    condition(HEALTHY, Status::Unknown, "NoMatchesFulfilled", "")
}

/// The sum of the resources of an owner.
pub fn resources_healthy(status: Status, message: impl Into<String>) -> Condition {
    condition(RESOURCES_HEALTHY, status, "HealthyConditionRule", message)
}
