//! What is said of runnables, but for errors of realizing: see
//! [`RunError::condition`](crate::supply_chain::run_error::RunError::condition).

use super::condition;
use crate::supply_chain::api::{Condition, Status};
use crate::supply_chain::object::StatusCondition;

/// Whether the run template is there and what it asks for has been done.
pub const RUN_TEMPLATE_READY: &str = "RunTemplateReady";
/// What the object that was stamped last says.
pub const STAMPED_OBJECT_CONDITION: &str = "StampedObjectCondition";

/// All has been done.
pub fn run_template_ready() -> Condition {
    condition(RUN_TEMPLATE_READY, Status::True, "Ready", "")
}

/// What the object's condition `Succeeded` says, if it has one.
pub fn stamped_object(succeeded: Option<&StatusCondition>) -> Condition {
    match succeeded {
        Some(succeeded) => {
            let status = match &*succeeded.status {
                "True" => Status::True,
                "False" => Status::False,
                _ => Status::Unknown,
            };
            condition(STAMPED_OBJECT_CONDITION, status, "SucceededCondition", &*succeeded.message)
        }
        None => condition(STAMPED_OBJECT_CONDITION, Status::Unknown, "Unknown", ""),
    }
}
