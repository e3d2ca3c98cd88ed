//! Requirements on fields of owners.

use super::super::api::BlueprintKind;
use super::super::jsonpath::Expression;
use super::super::part::Part;
use super::Found;

/// Paths that both kinds of owners have.
const SOURCE_PATHS: [&str; 10] = [
    "spec.source",
    "spec.source.git",
    "spec.source.git.url",
    "spec.source.git.ref",
    "spec.source.git.ref.branch",
    "spec.source.git.ref.tag",
    "spec.source.git.ref.commit",
    "spec.source.image",
    "spec.source.subPath",
    "spec.serviceAccountName",
];

/// What requirements on owners of the blueprint may begin with, besides the paths that must be exact.
const DELIVERABLE_PREFIXES: [&str; 2] = ["spec.params", "metadata"];
const WORKLOAD_PREFIXES: [&str; 6] =
    ["spec.params", "spec.build.env", "spec.env", "spec.resources", "spec.serviceClaims", "metadata"];

/// Whether blueprints of this kind may ask for the field of an owner.
pub(super) fn is_known_path(kind: BlueprintKind, key: &str) -> bool {
    let (exact, prefixes): (&[&str], &[&str]) = match kind {
        BlueprintKind::SupplyChain => (&["spec.build", "spec.image"], &WORKLOAD_PREFIXES),
        BlueprintKind::Delivery => (&[], &DELIVERABLE_PREFIXES),
    };
    SOURCE_PATHS.contains(&key)
        || exact.contains(&key)
        || prefixes.iter().any(|prefix| key.starts_with(prefix))
}

/// Checks requirements on fields of the owners of a blueprint.
pub(super) fn check(kind: BlueprintKind, requirements: Part<'_>, found: &mut Found) {
    for requirement in requirements.items() {
        let operator = requirement.get("operator");
        let values = requirement.get("values");
        let key = requirement.get("key");
        match operator.text() {
            name @ ("Exists" | "DoesNotExist") if !values.is_empty() => {
                found.add(values, format!("cannot specify values with operator [{name}]"));
            }
            name @ ("In" | "NotIn") if values.is_empty() => {
                found.add(values, format!("must specify values with operator [{name}]"));
            }
            "Exists" | "DoesNotExist" | "In" | "NotIn" => {}
            name => found.add(operator, format!("operator [{name}] is invalid")),
        }
        let path = key.text();
        if !is_known_path(kind, path) {
            found.add(key, format!("requirement key [{path}] is not a valid path"));
        } else if let Err(error) = Expression::parse(path) {
            // The reference parses the key without braces around it, so few keys fail.
            found.add(key, format!("invalid jsonpath for key [{path}]: {error}"));
        }
    }
}
