//! The labels that stamped objects carry: whose they are and what they were stamped from.
//!
//! Source of the rule: the reference's `BuildWorkloadResourceLabeler` and its like.

use super::api::{Lifecycle, OwnerKind, Resource};
use crate::yaml::Text;

/// Labels, by key.
pub type Labels = Vec<(Text, Text)>;

/// The label that says which resource of the blueprint an object was stamped for.
pub const RESOURCE_NAME: &str = "carto.run/resource-name";
/// The label that names the kind of the template.
pub const TEMPLATE_KIND: &str = "carto.run/template-kind";
/// The label that names the template; empty where it was one of several options.
pub const TEMPLATE_NAME: &str = "carto.run/cluster-template-name";
/// The label that names the template's lifecycle.
pub const TEMPLATE_LIFECYCLE: &str = "carto.run/template-lifecycle";
/// The label that names the runnable.
pub const RUNNABLE_NAME: &str = "carto.run/runnable-name";
/// The label that names the run template.
pub const RUN_TEMPLATE_NAME: &str = "carto.run/run-template-name";

/// The labels that name an owner: name and namespace.
pub const fn owner_keys(owner: OwnerKind) -> [&'static str; 2] {
    match owner {
        OwnerKind::Workload => ["carto.run/workload-name", "carto.run/workload-namespace"],
        OwnerKind::Deliverable => ["carto.run/deliverable-name", "carto.run/deliverable-namespace"],
    }
}

/// The label that names the blueprint.
pub fn blueprint_key(owner: OwnerKind) -> &'static str {
    match owner {
        OwnerKind::Workload => "carto.run/supply-chain-name",
        OwnerKind::Deliverable => "carto.run/delivery-name",
    }
}

/// The labels of what is stamped for a resource, sorted by key.
pub fn labels(
    owner: OwnerKind,
    name: &str,
    namespace: &str,
    blueprint: &str,
    resource: &Resource,
    lifecycle: Lifecycle,
) -> Labels {
    let [name_key, namespace_key] = owner_keys(owner);
    sorted([
        (name_key, name),
        (namespace_key, namespace),
        (blueprint_key(owner), blueprint),
        (RESOURCE_NAME, &resource.name),
        (TEMPLATE_KIND, &resource.template_ref.kind),
        (TEMPLATE_NAME, &resource.template_ref.name),
        (TEMPLATE_LIFECYCLE, lifecycle.as_str()),
    ])
}

/// The labels of what is stamped for a runnable, sorted by key.
pub fn runnable_labels(runnable: &str, run_template: &str) -> Labels {
    sorted([(RUNNABLE_NAME, runnable), (RUN_TEMPLATE_NAME, run_template)])
}

fn sorted<const N: usize>(mut labels: [(&str, &str); N]) -> Labels {
    labels.sort_unstable();
    labels.iter().map(|(key, value)| (Text::new(key), Text::new(value))).collect()
}
