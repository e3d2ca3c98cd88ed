//! Supply chains and deliveries.

use std::collections::HashSet;

use super::super::api::{BlueprintKind, TemplateKind};
use super::super::part::Part;
use super::{Found, field, label, options};

/// The inputs of a resource: the field, and the kind of template that must provide them.
const INPUTS: [(&str, TemplateKind); 3] =
    [("sources", TemplateKind::Source), ("images", TemplateKind::Image), ("configs", TemplateKind::Config)];

/// Checks the spec of a blueprint.
pub(super) fn check(kind: BlueprintKind, spec: Part<'_>, found: &mut Found) {
    let resources = spec.get("resources");
    check_selectors_exist(spec, found);
    check_params(spec, found);
    found.within("selector is not valid", |found| label::check_labels(spec.get("selector"), found));
    found.within("selectorMatchExpressions are not valid", |found| {
        label::check_requirements(spec.get("selectorMatchExpressions"), found);
    });
    field::check(kind, spec.get("selectorMatchFields"), found);
    check_names(kind, resources, found);
    for resource in resources.items() {
        check_option_names(resource, found);
    }
    for resource in resources.items() {
        found.within(format!("error validating resource [{}]", resource.get("name").text()), |found| {
            options::check_reference(kind, resource.get("templateRef"), found);
        });
    }
    for resource in resources.items() {
        check_pass_through(kind, resource, found);
    }
    match kind {
        BlueprintKind::SupplyChain => {
            for resource in resources.items() {
                check_inputs(resource, resources, found);
            }
        }
        BlueprintKind::Delivery => check_deployments(resources, found),
    }
}

fn check_selectors_exist(spec: Part<'_>, found: &mut Found) {
    if ["selector", "selectorMatchExpressions", "selectorMatchFields"]
        .iter()
        .all(|name| spec.get(name).is_empty())
    {
        found.add(
            spec,
            "at least one selector, selectorMatchExpression, selectorMatchField must be specified",
        );
    }
}

fn check_params(spec: Part<'_>, found: &mut Found) {
    let check = |owner: Part<'_>, found: &mut Found| {
        for param in owner.get("params").items() {
            if param.get("value").is_set() == param.get("default").is_set() {
                let name = param.get("name").text();
                let rule = "must set exactly one of value and default";
                found.add(param, format!("param [{name}] is invalid: {rule}"));
            }
        }
    };
    check(spec, found);
    for resource in spec.get("resources").items() {
        found.within(format!("resource [{}] is invalid", resource.get("name").text()), |found| {
            check(resource, found);
        });
    }
}

fn check_names(kind: BlueprintKind, resources: Part<'_>, found: &mut Found) {
    let mut names = HashSet::new();
    for (index, resource) in resources.items().enumerate() {
        let name = resource.get("name").text();
        if !names.insert(name) {
            let message = match kind {
                BlueprintKind::SupplyChain => format!("duplicate resource name [{name}] found"),
                BlueprintKind::Delivery => {
                    format!("spec.resources[{index}].name \"{name}\" cannot appear twice")
                }
            };
            found.add(resource, message);
        }
    }
}

/// Two options that pass an input through have the same name: none.
fn check_option_names(resource: Part<'_>, found: &mut Found) {
    let mut names = HashSet::new();
    for option in resource.at(&["templateRef", "options"]).items() {
        let name = option.get("name").text();
        if !names.insert(name) {
            let resource = resource.get("name").text();
            found.add(
                option,
                format!("duplicate template name [{name}] found in options for resource [{resource}]"),
            );
        }
    }
}

fn check_pass_through(kind: BlueprintKind, resource: Part<'_>, found: &mut Found) {
    let template = resource.at(&["templateRef", "kind"]);
    let inputs = match TemplateKind::of(template.text()) {
        Some(TemplateKind::Source) => Some("sources"),
        Some(TemplateKind::Image) if kind == BlueprintKind::SupplyChain => Some("images"),
        Some(TemplateKind::Config) => Some("configs"),
        _ => None,
    };
    for option in resource.at(&["templateRef", "options"]).items() {
        let input = option.get("passThrough");
        if input.text().is_empty() {
            continue;
        }
        found.within(format!("error validating resource [{}]", resource.get("name").text()), |found| {
            let Some(inputs) = inputs else {
                let kind = template.text();
                return found.add(template, format!("TemplateRef.Kind [{kind}] is not a known type"));
            };
            let name = input.text();
            if !resource.get(inputs).items().any(|known| known.get("name").text() == name) {
                found.add(input, format!("pass through [{name}] does not refer to a known input"));
            }
        });
    }
}

/// The reference checks only that providers exist and have the right kind, not that they come before.
fn check_inputs(resource: Part<'_>, resources: Part<'_>, found: &mut Found) {
    for (inputs, kind) in INPUTS {
        let name = resource.get("name").text();
        found.within(format!("invalid {inputs} for resource [{name}]"), |found| {
            for input in resource.get(inputs).items() {
                let name = input.get("name").text();
                let provider = input.get("resource");
                let known = resources.items().find(|known| known.get("name").text() == provider.text());
                let Some(known) = known else {
                    let provider_name = provider.text();
                    let message = format!("[{name}] is provided by unknown resource [{provider_name}]");
                    found.add(provider, message);
                    continue;
                };
                if known.at(&["templateRef", "kind"]).text() != kind.name() {
                    let provider_name = known.get("name").text();
                    let message =
                        format!("resource [{provider_name}] providing [{name}] must reference a {kind}");
                    found.add(provider, message);
                }
            }
        });
    }
}

fn check_deployments(resources: Part<'_>, found: &mut Found) {
    let deploys =
        |resource: Part<'_>| resource.at(&["templateRef", "kind"]).text() == TemplateKind::Deployment.name();
    for resource in resources.items() {
        let name = resource.get("name").text();
        let deployment = resource.get("deployment");
        if deploys(resource) && !deployment.is_set() {
            found.add(
                resource,
                format!(
                    "spec.resources[{name}] is a ClusterDeploymentTemplate and must receive a deployment"
                ),
            );
        }
        if !deploys(resource) && deployment.is_set() {
            found.add(
                deployment,
                format!(
                    "spec.resources[{name}] receives a deployment but is not a ClusterDeploymentTemplate"
                ),
            );
        }
    }
    for resource in resources.items() {
        let configs = resource.get("configs");
        if deploys(resource) && configs.is_set() {
            let name = resource.get("name").text();
            found.add(
                configs,
                format!("spec.resources[{name}] is a ClusterDeploymentTemplate and must not receive config"),
            );
        }
    }
}
