//! `selector`, `blueprint-select`, `match-field`, `match-owner` and `options`: what matches an owner best.

use std::collections::BTreeMap;

use stampmill::cluster::Object;
use stampmill::supply_chain::api::{BlueprintSpec, FieldRequirement, Resource, Selector, read};
use stampmill::supply_chain::owner::Owner;
use stampmill::supply_chain::owner_view::OwnerKind;
use stampmill::supply_chain::realize::{Choice, choose};
use stampmill::supply_chain::select::{FieldMatcher, Matcher, best};
use stampmill::supply_chain::view::View;
use stampmill::yaml::{Node, to_node};

use crate::case::{Case, field};

fn items(node: &Node) -> impl Iterator<Item = &Node> {
    let items = match node {
        Node::Array(array) => array.items.as_slice(),
        _ => &[],
    };
    items.iter().map(|item| &item.value)
}

fn parsed<T: for<'a> serde::Deserialize<'a>>(node: &Node) -> Result<T, String> {
    read(node).map_err(|error| format!("the case is malformed: {error}"))
}

fn node(value: impl serde::Serialize) -> Node {
    to_node(&value).unwrap_or_default()
}

/// Selectors on labels and the fields of a plain object.
pub fn selector(case: &Case) -> Result<(), String> {
    let labels: BTreeMap<String, String> = parsed(case.given("labels"))?;
    let selectors =
        items(case.given("selectors")).map(parsed::<Selector>).collect::<Result<Vec<_>, String>>()?;
    let matchers: Vec<Matcher> = selectors.iter().map(Matcher::new).collect();
    let found = best(&matchers, &labels, View::from(case.given("object")));
    if let (Err(error), Some(expected)) = (&found, field(&case.node, "errorIndex"))
        && *expected != Node::Int(error.index as i64)
    {
        return Err(format!("expected the selector {expected:?} to fail, not {}", error.index));
    }
    case.check("indices", found.map(node).map_err(|error| error.to_string()))
}

/// Blueprints of any kind for an owner of any kind.
pub fn blueprint_select(case: &Case) -> Result<(), String> {
    let owner = case.given("owner");
    let labels = field(owner, "metadata").and_then(|metadata| field(metadata, "labels"));
    let labels: BTreeMap<String, String> = parsed(labels.unwrap_or(&Node::Null))?;
    let blueprints: Vec<&Node> = items(case.given("blueprints")).collect();
    let mut matchers = Vec::new();
    for blueprint in &blueprints {
        let mut spec = BlueprintSpec::default();
        let part = |name| field(blueprint, "spec").and_then(|spec| field(spec, name)).unwrap_or(&Node::Null);
        spec.selector = parsed(part("selector"))?;
        spec.selector_match_expressions = list(part("selectorMatchExpressions"))?;
        spec.selector_match_fields = list(part("selectorMatchFields"))?;
        matchers.push(Matcher::new(&spec.selects()));
    }
    let name = |index: usize| {
        let metadata = blueprints.get(index).and_then(|blueprint| field(blueprint, "metadata"));
        metadata.and_then(|metadata| field(metadata, "name")).and_then(Node::as_str).unwrap_or_default()
    };
    let found = best(&matchers, &labels, View::from(owner)).map_err(|error| {
        let kind = blueprints.get(error.index).and_then(|blueprint| field(blueprint, "kind"));
        error.of_blueprint(kind.and_then(Node::as_str).unwrap_or_default(), name(error.index))
    });
    case.check("names", found.map(|found| node(found.into_iter().map(name).collect::<Vec<_>>())))
}

fn list<T: for<'a> serde::Deserialize<'a>>(node: &Node) -> Result<Vec<T>, String> {
    items(node).map(parsed).collect()
}

/// A requirement on a field of a plain object.
pub fn match_field(case: &Case) -> Result<(), String> {
    let requirement: FieldRequirement = parsed(case.given("requirement"))?;
    let found = FieldMatcher::new(&requirement).matches(View::from(case.given("context")));
    case.check("match", found.map(Node::Bool).map_err(|error| error.to_string()))
}

/// A requirement on a field of a workload; a missing path is no match.
pub fn match_owner(case: &Case) -> Result<(), String> {
    let requirement: FieldRequirement = parsed(case.given("requirement"))?;
    let view = OwnerKind::Workload.view(case.given("workload"));
    let found = match FieldMatcher::new(&requirement).matches(view) {
        Err(error) if error.does_not_exist() => Ok(false),
        found => found,
    };
    case.check("match", found.map(Node::Bool).map_err(|error| error.to_string()))
}

/// One of the options of a resource.
pub fn options(case: &Case) -> Result<(), String> {
    let owner = Object::try_from(case.given("owner").clone()).map_err(|error| error.to_string())?;
    let owner = Owner::new(&owner).map_err(|error| error.to_string())?;
    let resource: Resource = parsed(case.given("resource"))?;
    let matchers: Vec<Matcher> =
        resource.template_ref.options.iter().map(|option| Matcher::new(&option.selector)).collect();
    let blueprint = case.given_text("blueprintName")?;
    match choose(&resource, &matchers, &owner, blueprint) {
        Ok(Choice::Template(name)) => case.check("templateName", Ok(Node::str(name))),
        Ok(Choice::PassThrough(input)) => case.check("passThrough", Ok(Node::str(input))),
        Err(error) => case.check("templateName", Err(error.to_string())),
    }
}
