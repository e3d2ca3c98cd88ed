//! What is said of blueprints.

use super::condition;
use crate::supply_chain::api::{Condition, Status};

/// Whether the templates of a blueprint are there.
pub const TEMPLATES_READY: &str = "TemplatesReady";

/// All templates are there.
pub fn templates_found() -> Condition {
    condition(TEMPLATES_READY, Status::True, "Ready", "")
}

/// The templates of these resources are missing; a resource is named once for each missing option.
pub fn templates_not_found(resources: &[String]) -> Condition {
    let message = format!("did not find the template of the resource(s) [{}]", resources.join(", "));
    condition(TEMPLATES_READY, Status::False, "TemplatesNotFound", message)
}
