//! Supply chains and deliveries: inputs, templates, options, outputs.

use super::set::Set;
use super::{Findings, files::Object, selector};
use crate::supply_chain::api::{BlueprintKind, TemplateKind};
use crate::supply_chain::part::Part;
use crate::yaml::FileTable;

/// The inputs of a resource: the field, what one is called, and the kinds of templates that may provide it.
const INPUTS: [(&str, &str, &[TemplateKind]); 3] = [
    ("sources", "source", &[TemplateKind::Source, TemplateKind::Deployment]),
    ("images", "image", &[TemplateKind::Image]),
    ("configs", "config", &[TemplateKind::Config]),
];

/// Checks all blueprints of a set.
pub(super) fn check(set: &Set<'_>, table: &FileTable, findings: &mut Findings) {
    for (kind, blueprint) in set.blueprints() {
        let resources: Vec<Part<'_>> = blueprint.spec().get("resources").items().collect();
        for (index, resource) in resources.iter().enumerate() {
            check_inputs(kind, &resources, index, findings);
            check_templates(set, *resource, findings);
            check_options(blueprint, *resource, findings);
            check_output(kind, &resources, index, findings);
        }
        if let Some(why) = selector::contradiction(&selector::of_blueprint(blueprint.spec())) {
            let spec = blueprint.spec();
            findings.error("never-matches", spec, format!("{} can never match: {why}", blueprint.name()));
        }
    }
    check_equal(set, table, findings);
    if !set.has_templates()
        && let Some((_, blueprint)) = set.blueprints().next()
    {
        findings
            .note(
                "no-templates",
                blueprint.part(),
                "there are no templates: references to them are not checked",
            )
            .help("lint the folder of the templates, too: -f FOLDER -f FOLDER");
    }
}

fn name(resource: Part<'_>) -> &str {
    resource.get("name").text()
}

fn template_kind(resource: Part<'_>) -> Option<TemplateKind> {
    TemplateKind::of(resource.at(&["templateRef", "kind"]).text())
}

/// Inputs come from resources before: what admission does not check, or not of deliveries.
fn check_inputs(kind: BlueprintKind, resources: &[Part<'_>], index: usize, findings: &mut Findings) {
    let Some(resource) = resources.get(index).copied() else {
        return;
    };
    let deployment = resource.get("deployment");
    let inputs = INPUTS.iter().flat_map(|(field, what, kinds)| {
        resource.get(field).items().map(move |input| (input, *what, *kinds))
    });
    let deployment = deployment.is_set().then_some((
        deployment,
        "deployment",
        &[TemplateKind::Source, TemplateKind::Deployment][..],
    ));
    for (input, what, kinds) in inputs.chain(deployment) {
        let provider = input.get("resource");
        if provider.text().is_empty() {
            continue;
        }
        let found = resources.iter().position(|resource| name(*resource) == provider.text());
        match found {
            None => {
                // Webhooks say so of supply chains.
                if kind == BlueprintKind::Delivery {
                    let message = format!("{what} of an unknown resource: {}", provider.text());
                    findings
                        .error("unknown-resource", provider, message)
                        .suggest(provider.text(), resources.iter().map(|resource| name(*resource)));
                }
            }
            Some(provider_index) if provider_index >= index => {
                let message = match provider_index == index {
                    true => format!("{} takes a {what} from itself", name(resource)),
                    false => format!(
                        "{} takes a {what} from {}, which comes later",
                        name(resource),
                        provider.text()
                    ),
                };
                findings
                    .error("input-order", provider, message)
                    .help("resources are stamped in the order of the list: move the provider before it");
            }
            Some(provider_index) if kind == BlueprintKind::Delivery => {
                let provides = resources.get(provider_index).copied().and_then(template_kind);
                if let Some(provides) = provides.filter(|kind| !kinds.contains(kind)) {
                    let message = format!("{} gives no {what}: it refers to a {provides}", provider.text());
                    findings.error("wrong-provider", provider, message);
                }
            }
            Some(_) => {}
        }
    }
}

/// Templates that are not there, or have another kind.
fn check_templates(set: &Set<'_>, resource: Part<'_>, findings: &mut Findings) {
    let reference = resource.get("templateRef");
    let Some(kind) = template_kind(resource).filter(|_| set.has_templates()) else {
        return;
    };
    let options = reference.get("options").items().map(|option| option.get("name"));
    for template in std::iter::once(reference.get("name")).chain(options) {
        let name = template.text();
        if name.is_empty() || set.template(kind, name).is_some() {
            continue;
        }
        let finding = findings.error("unknown-template", template, format!("there is no {kind} {name}"));
        let other = TemplateKind::ALL.into_iter().find(|kind| set.template(*kind, name).is_some());
        match other {
            Some(other) => finding.help(format!("there is a {other} of this name")),
            None => finding.suggest(name, set.template_names(kind)),
        }
    }
}

/// Options that no owner gets.
fn check_options(blueprint: &Object, resource: Part<'_>, findings: &mut Findings) {
    let shown = |option: Part<'_>| match option.get("name").text() {
        "" => format!("the option that passes {} through", option.get("passThrough").text()),
        name => format!("option {name}"),
    };
    let of_blueprint = selector::of_blueprint(blueprint.spec());
    let options: Vec<(Part<'_>, Vec<selector::Requirement<'_>>)> = resource
        .at(&["templateRef", "options"])
        .items()
        .map(|option| (option, selector::of_option(option.get("selector"))))
        .collect();
    for (index, (option, requirements)) in options.iter().enumerate() {
        let option_name = shown(*option);
        if let Some(why) = selector::contradiction(requirements) {
            let message = format!("{option_name} can never match: {why}");
            findings.error("never-matches", *option, message);
            continue;
        }
        let both: Vec<_> = requirements.iter().chain(&of_blueprint).cloned().collect();
        if let Some(why) = selector::contradiction(&both) {
            let message = format!("{option_name} can never match an owner of {}: {why}", blueprint.name());
            findings.error("never-matches", *option, message);
        }
        let same = options.iter().take(index).find(|(_, other)| other == requirements && !other.is_empty());
        if let Some((other, _)) = same {
            let message = format!("{option_name} asks for the same as {}", shown(*other));
            findings
                .error("same-selector", *option, message)
                .help("exactly one option must match an owner best: no owner of these gets either");
        }
    }
}

/// Outputs that no later resource takes.
fn check_output(kind: BlueprintKind, resources: &[Part<'_>], index: usize, findings: &mut Findings) {
    let Some(resource) = resources.get(index).copied() else {
        return;
    };
    let what = match template_kind(resource) {
        Some(TemplateKind::Source) => "source",
        Some(TemplateKind::Image) => "image",
        Some(TemplateKind::Config) => "config",
        _ => return,
    };
    let takes = |other: &Part<'_>| {
        let inputs = INPUTS.iter().flat_map(|(field, ..)| other.get(field).items());
        inputs.chain([other.get("deployment")]).any(|input| input.get("resource").text() == name(resource))
    };
    if !resources.iter().any(takes) {
        let message = format!("nobody takes the {what} of {}", name(resource));
        let finding = findings.note("unused-output", resource, message);
        if kind == BlueprintKind::SupplyChain {
            finding.help("if nothing needs it, a ClusterTemplate says so");
        }
    }
}

/// Blueprints that ask for the same owners.
fn check_equal(set: &Set<'_>, table: &FileTable, findings: &mut Findings) {
    let blueprints: Vec<(BlueprintKind, &Object, Vec<selector::Requirement<'_>>)> = set
        .blueprints()
        .map(|(kind, object)| (kind, object, selector::of_blueprint(object.spec())))
        .collect();
    for (index, (kind, blueprint, requirements)) in blueprints.iter().enumerate() {
        let earlier = blueprints.iter().take(index);
        let same = earlier.into_iter().find(|(other_kind, other, other_requirements)| {
            other_kind == kind
                && other.name() != blueprint.name()
                && !requirements.is_empty()
                && other_requirements == requirements
        });
        if let Some((_, other, _)) = same {
            let message = format!("{} selects the same owners as {}", blueprint.name(), other.name());
            findings.error("same-selector", blueprint.spec(), message).help(format!(
                "exactly one must match best: {} stands at {}",
                other.name(),
                table.show(other.pos)
            ));
        }
    }
}
