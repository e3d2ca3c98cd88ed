//! Templates: paths, tags, code, parameters and inputs.

use std::collections::HashMap;

use super::files::Object;
use super::paths::{self, Reference};
use super::set::{Set, Use};
use super::{Finding, Findings, Severity, ytt};
use crate::limits::Limits;
use crate::supply_chain::api::{BlueprintKind, TemplateKind};
use crate::supply_chain::crd;
use crate::supply_chain::part::Part;

/// What tags and code find.
const CONTEXT: [&str; 11] = [
    "workload",
    "deliverable",
    "params",
    "sources",
    "images",
    "configs",
    "deployment",
    "labels",
    "source",
    "image",
    "config",
];

/// Inputs: the map of them, the shorthand for a single one, and what one has.
const INPUTS: [(&str, &str, &[&str]); 3] = [
    ("sources", "source", &["url", "revision", "name"]),
    ("images", "image", &["image", "name"]),
    ("configs", "config", &["config", "name"]),
];

/// A template and what it refers to.
struct Known<'a> {
    spec: Part<'a>,
    references: Vec<Reference>,
}

impl Known<'_> {
    fn declares(&self, param: &str) -> bool {
        self.spec.get("params").items().any(|known| known.get("name").text() == param)
    }

    /// Whether it uses a parameter, as far as one can tell.
    fn uses(&self, param: &str) -> bool {
        self.references.iter().any(|Reference { fields, .. }| match fields.names.as_slice() {
            [root, name, ..] => root == "params" && name == param,
            // All of them, or by an expression.
            [root] => root == "params",
            [] => false,
        })
    }
}

type Templates<'a> = HashMap<(TemplateKind, &'a str), Known<'a>>;

/// Checks all templates of a set.
pub(super) fn check(set: &Set<'_>, limits: &Limits, findings: &mut Findings) {
    let mut templates = Templates::new();
    for (kind, template) in set.templates() {
        let spec = template.spec();
        check_paths(spec, findings);
        check_params(spec, findings);
        ytt::check(spec, limits, findings);
        let mut references = paths::of_template(spec.get("template"), findings);
        references.extend(paths::of_ytt(spec.get("ytt").text(), ytt::lines(spec)));
        for reference in &references {
            check_root(reference, &CONTEXT, findings);
        }
        templates.insert((kind, template.name()), Known { spec, references });
    }
    check_uses(set, &templates, findings);
    check_given_params(set, &templates, findings);
    check_unused_inputs(set, &templates, findings);
}

/// Paths on the stamped object.
fn check_paths(spec: Part<'_>, findings: &mut Findings) {
    for field in ["urlPath", "revisionPath", "imagePath", "configPath"] {
        paths::check(field, spec.get(field), findings);
    }
    for observed in spec.get("observedMatches").items() {
        paths::check("input", observed.get("input"), findings);
        paths::check("output", observed.get("output"), findings);
    }
    for name in ["succeeded", "failed"] {
        paths::check("key", spec.at(&["observedCompletion", name, "key"]), findings);
    }
    for name in ["healthy", "unhealthy"] {
        for field in spec.at(&["healthRule", "multiMatch", name, "matchFields"]).items() {
            paths::check("key", field.get("key"), findings);
            if !field.get("messagePath").text().is_empty() {
                paths::check("messagePath", field.get("messagePath"), findings);
            }
        }
    }
}

fn check_params(spec: Part<'_>, findings: &mut Findings) {
    let mut seen = Vec::new();
    for param in spec.get("params").items() {
        let name = param.get("name").text();
        if seen.contains(&name) {
            findings.warning(
                "repeated-param",
                param,
                format!("the parameter {name} is there twice, the last counts"),
            );
        }
        seen.push(name);
    }
}

/// The first word of a reference.
pub(super) fn check_root(reference: &Reference, context: &[&str], findings: &mut Findings) {
    let Some(root) = reference.fields.names.first() else {
        return;
    };
    let Reference { text, pos, .. } = reference;
    if !context.contains(&root.as_str()) {
        let severity = severity(reference);
        let finding = findings.add(severity, "unknown-value", *pos, format!("{text}: there is no {root}"));
        finding.suggest(root, context.iter().copied());
        if finding.help.is_none() {
            finding.help(format!("there are {}", context.join(", ")));
        }
    }
    if let ("params", [_, _, _, ..], false) =
        (root.as_str(), reference.fields.names.as_slice(), reference.in_code)
    {
        findings
            .add(Severity::Error, "opaque-param", *pos, format!("{text}: tags cannot look into a parameter"))
            .help("take the whole parameter, or write the template in ytt");
    }
}

/// Code may look before it takes.
fn severity(reference: &Reference) -> Severity {
    if reference.in_code { Severity::Warning } else { Severity::Error }
}

/// What templates refer to, where blueprints use them.
fn check_uses(set: &Set<'_>, templates: &Templates<'_>, findings: &mut Findings) {
    let mut used = Vec::new();
    for usage in set.uses() {
        let Some(kind) = TemplateKind::of(usage.resource.at(&["templateRef", "kind"]).text()) else {
            continue;
        };
        let key = (kind, usage.name.text());
        let Some(known) = templates.get(&key) else {
            continue;
        };
        used.push(key);
        for reference in &known.references {
            check_reference(set, &usage, known, reference, findings);
        }
    }
    let has_blueprints = set.blueprints().next().is_some();
    for (kind, template) in set.templates().filter(|_| has_blueprints) {
        if !used.contains(&(kind, template.name())) {
            let message = format!("no blueprint uses the {kind} {}", template.name());
            findings.note("unused-template", template.part(), message);
        }
    }
}

fn check_reference(
    set: &Set<'_>,
    usage: &Use<'_>,
    known: &Known<'_>,
    reference: &Reference,
    findings: &mut Findings,
) {
    let names: Vec<&str> = reference.fields.names.iter().map(String::as_str).collect();
    let resource = usage.resource;
    let place = format!("{} of {}", resource.get("name").text(), usage.blueprint.name());
    match names.as_slice() {
        ["params", param, ..] => {
            let given =
                |part: Part<'_>| part.get("params").items().any(|known| known.get("name").text() == *param);
            let by_owner = || set.owners().any(|(_, owner)| given(owner.spec()));
            if !known.declares(param) && !given(usage.blueprint.spec()) && !given(resource) && !by_owner() {
                let declared = known.spec.get("params").items().map(|param| param.get("name").text());
                let declared: Vec<&str> = declared.collect();
                say(findings, reference, "unknown-param", format!("{place} has no parameter {param}"))
                    .suggest(param, declared);
            }
        }
        ["deployment", ..] if !resource.get("deployment").is_set() => {
            say(findings, reference, "unknown-input", format!("{place} has no deployment"));
        }
        [root @ ("workload" | "deliverable"), rest @ ..] => {
            if let Some(unknown) = unknown_field(usage.kind, rest) {
                let owner = owner_kind(usage.kind);
                say(findings, reference, "unknown-value", format!("a {owner} has no field {unknown}"));
            } else if *root != owner_kind(usage.kind).to_lowercase() {
                let owner = owner_kind(usage.kind);
                findings
                    .add(
                        Severity::Note,
                        "other-owner",
                        reference.pos,
                        format!("{}: {place} is for a {owner}", reference.text),
                    )
                    .help("both names stand for the owner, whatever it is");
            }
        }
        [root, rest @ ..] => {
            for (many, one, fields) in INPUTS {
                let inputs: Vec<&str> =
                    resource.get(many).items().map(|input| input.get("name").text()).collect();
                if *root == one && inputs.len() != 1 {
                    let count = if inputs.is_empty() { "no".to_owned() } else { inputs.len().to_string() };
                    let finding =
                        say(findings, reference, "unknown-input", format!("{place} has {count} {many}"));
                    if !inputs.is_empty() {
                        finding.help(format!(
                            "{one} is there for a single one; name it: {many}.{}",
                            inputs.join(" or ")
                        ));
                    }
                } else if *root == many
                    && let Some(name) = rest.first().filter(|name| !inputs.contains(name))
                {
                    let finding =
                        say(findings, reference, "unknown-input", format!("{place} has no {one} {name}"));
                    finding.suggest(name, inputs.iter().copied());
                }
                let field = match (*root == one, *root == many) {
                    // Images and configs stand for themselves.
                    (true, _) if one == "source" => rest.first(),
                    (_, true) => rest.get(1),
                    _ => None,
                };
                if let Some(field) = field.filter(|field| !fields.contains(field)) {
                    say(findings, reference, "unknown-value", format!("a {one} has no {field}"))
                        .help(format!("it has {}", fields.join(", ")));
                }
            }
        }
        [] => {}
    }
}

/// Says something of a reference: an error of a tag, a warning of code.
fn say<'f>(
    findings: &'f mut Findings,
    reference: &Reference,
    rule: &'static str,
    what: String,
) -> &'f mut Finding {
    findings.add(severity(reference), rule, reference.pos, format!("{}: {what}", reference.text))
}

fn owner_kind(kind: BlueprintKind) -> &'static str {
    match kind {
        BlueprintKind::SupplyChain => "Workload",
        BlueprintKind::Delivery => "Deliverable",
    }
}

/// The first field below an owner that its schema does not have.
fn unknown_field(kind: BlueprintKind, path: &[&str]) -> Option<String> {
    let mut schema = Part::object(crd::schema(owner_kind(kind))?);
    let mut walked = Vec::new();
    for name in path {
        let properties = schema.get("properties");
        if !properties.is_set() {
            return None;
        }
        walked.push(*name);
        schema = properties.get(name);
        if !schema.is_set() {
            return Some(walked.join("."));
        }
    }
    None
}

/// The templates of a resource that are in the set, and whether these are all.
fn templates_of<'k, 'a>(resource: Part<'k>, templates: &'k Templates<'a>) -> (Vec<&'k Known<'a>>, bool) {
    let reference = resource.get("templateRef");
    let kind = TemplateKind::of(reference.get("kind").text());
    let options = reference.get("options").items().map(|option| option.get("name").text());
    let names = std::iter::once(reference.get("name").text()).chain(options).filter(|name| !name.is_empty());
    let found: Vec<Option<&Known<'a>>> =
        names.map(|name| kind.and_then(|kind| templates.get(&(kind, name)))).collect();
    let all = found.iter().all(Option::is_some);
    (found.into_iter().flatten().collect(), all)
}

/// Parameters of blueprints and owners that no template knows.
fn check_given_params(set: &Set<'_>, templates: &Templates<'_>, findings: &mut Findings) {
    for (_, blueprint) in set.blueprints() {
        let mut of_blueprint = Vec::new();
        let mut complete = true;
        for resource in blueprint.spec().get("resources").items() {
            let (found, all) = templates_of(resource, templates);
            if all && !found.is_empty() {
                check_known(resource.get("params"), &found, "no template of the resource", findings);
            }
            complete &= all;
            of_blueprint.extend(found);
        }
        if !complete || of_blueprint.is_empty() {
            continue;
        }
        let place = format!("no template of {}", blueprint.name());
        check_known(blueprint.spec().get("params"), &of_blueprint, &place, findings);
        for (kind, owner) in set.owners() {
            if let [chosen] = set.best(kind, owner).as_slice()
                && std::ptr::eq(*chosen, blueprint)
            {
                check_owner_params(owner, blueprint, &of_blueprint, &place, findings);
            }
        }
    }
}

fn check_known(params: Part<'_>, templates: &[&Known<'_>], place: &str, findings: &mut Findings) {
    for param in params.items() {
        check_known_param(param, templates, place, findings);
    }
}

fn check_known_param(param: Part<'_>, templates: &[&Known<'_>], place: &str, findings: &mut Findings) {
    let name = param.get("name").text();
    if !templates.iter().any(|template| template.declares(name) || template.uses(name)) {
        let declared = templates.iter().flat_map(|template| template.spec.get("params").items());
        findings
            .warning("unused-param", param, format!("{place} knows the parameter {name}"))
            .suggest(name, declared.map(|param| param.get("name").text()));
    }
}

/// Owners may also give parameters for selectors to look at, or for templates that look at all of them.
fn check_owner_params(
    owner: &Object,
    blueprint: &Object,
    templates: &[&Known<'_>],
    place: &str,
    findings: &mut Findings,
) {
    let takes_all = |reference: &Reference| {
        let names: Vec<&str> = reference.fields.names.iter().map(String::as_str).collect();
        matches!(names.as_slice(), ["workload" | "deliverable"] | ["workload" | "deliverable", "spec"])
            || matches!(names.as_slice(), ["workload" | "deliverable", "spec", "params", ..])
    };
    if templates.iter().any(|template| template.references.iter().any(takes_all)) {
        return;
    }
    let spec = blueprint.spec();
    let options = spec.get("resources").items().flat_map(|resource| {
        resource.at(&["templateRef", "options"]).items().map(|option| option.at(&["selector", "matchFields"]))
    });
    let fields = options.chain([spec.get("selectorMatchFields")]).flat_map(Part::items);
    let selected: Vec<&str> = fields.map(|field| field.get("key").text()).collect();
    for param in owner.spec().get("params").items() {
        let name = param.get("name").text();
        if !selected.iter().any(|key| key.contains(name)) {
            check_known_param(param, templates, place, findings);
        }
    }
}

/// Inputs that no template of the resource uses.
fn check_unused_inputs(set: &Set<'_>, templates: &Templates<'_>, findings: &mut Findings) {
    for (_, blueprint) in set.blueprints() {
        for resource in blueprint.spec().get("resources").items() {
            let (found, all) = templates_of(resource, templates);
            if !all || found.is_empty() {
                continue;
            }
            let passed: Vec<&str> = resource
                .at(&["templateRef", "options"])
                .items()
                .map(|option| option.get("passThrough").text())
                .collect();
            for (many, one, _) in INPUTS {
                let inputs = resource.get(many).items();
                let is_single = inputs.clone().count() == 1;
                for input in inputs {
                    let name = input.get("name").text();
                    let is_used = |reference: &Reference| {
                        let names: Vec<&str> = reference.fields.names.iter().map(String::as_str).collect();
                        match names.as_slice() {
                            [root] if *root == many => true,
                            [root, used, ..] if *root == many => *used == name,
                            [root, ..] => *root == one && is_single,
                            [] => false,
                        }
                    };
                    let used = found.iter().any(|template| template.references.iter().any(is_used));
                    if !used && !passed.contains(&name) {
                        let message =
                            format!("no template of {} uses the {one} {name}", resource.get("name").text());
                        findings.note("unused-input", input, message);
                    }
                }
            }
        }
    }
}
