//! `params`, `inputs`, `context`, `labels` and `service-account`: what goes into a template.

use stampmill::cluster::Object;
use stampmill::supply_chain::api::{
    BlueprintParam, Lifecycle, OwnerKind, OwnerParam, Resource, ServiceAccountRef, TemplateParam, read,
};
use stampmill::supply_chain::context::Context;
use stampmill::supply_chain::inputs::{Inputs, Outputs};
use stampmill::supply_chain::labels::labels;
use stampmill::supply_chain::outputs::{ResourceOutput, SourceValue};
use stampmill::supply_chain::owner::Owner;
use stampmill::supply_chain::params::params as merged;
use stampmill::supply_chain::service_account::ServiceAccount;
use stampmill::yaml::{Map, MapItem, Node, Text, json};

use crate::case::{Case, equal, field, show};

fn parsed<T: for<'a> serde::Deserialize<'a>>(node: &Node) -> Result<T, String> {
    read(node).map_err(|error| format!("the case is malformed: {error}"))
}

fn list<T: for<'a> serde::Deserialize<'a>>(node: &Node) -> Result<Vec<T>, String> {
    match node {
        Node::Array(array) => array.items.iter().map(|item| parsed(&item.value)).collect(),
        _ => Ok(Vec::new()),
    }
}

fn map(items: impl IntoIterator<Item = (Text, Node)>) -> Node {
    let items = items.into_iter();
    let items = items.map(|(key, value)| MapItem { key: Node::Str(key), value, ..MapItem::default() });
    Node::Map(std::sync::Arc::new(Map { items: items.collect(), ..Map::default() }))
}

pub fn params(case: &Case) -> Result<(), String> {
    let template: Vec<TemplateParam> = list(case.given("template"))?;
    let blueprint: Vec<BlueprintParam> = list(case.given("blueprint"))?;
    let resource: Vec<BlueprintParam> = list(case.given("resource"))?;
    let owner: Vec<OwnerParam> = list(case.given("owner"))?;
    case.check("params", Ok(map(merged(&template, &blueprint, &resource, &owner))))
}

/// The resource of a case, which may lack what every resource has.
fn resource(node: &Node) -> Result<Resource, String> {
    let reference = field(node, "templateRef");
    let text = |key| reference.and_then(|node| field(node, key)).and_then(Node::as_str).unwrap_or_default();
    let part = |name| field(node, name).unwrap_or(&Node::Null);
    let mut resource = Resource {
        name: part("name").as_str().unwrap_or_default().to_owned(),
        params: list(part("params"))?,
        sources: list(part("sources"))?,
        images: list(part("images"))?,
        configs: list(part("configs"))?,
        deployment: match part("deployment") {
            Node::Null => None,
            deployment => Some(parsed(deployment)?),
        },
        ..Resource::default()
    };
    resource.template_ref.kind = text("kind").to_owned();
    resource.template_ref.name = text("name").to_owned();
    Ok(resource)
}

fn outputs(node: &Node) -> Outputs {
    let mut outputs = Outputs::new();
    let items = match node {
        Node::Map(map) => map.items.as_slice(),
        _ => &[],
    };
    for item in items {
        let part = |name| field(&item.value, name);
        let output = if let Some(source) = part("source") {
            let part = |name| field(source, name).cloned().unwrap_or_default();
            ResourceOutput::Source(SourceValue { url: part("url"), revision: part("revision") })
        } else if let Some(image) = part("image") {
            ResourceOutput::Image(image.clone())
        } else if let Some(config) = part("config") {
            ResourceOutput::Config(config.clone())
        } else {
            ResourceOutput::None
        };
        outputs.set(item.key.as_str().unwrap_or_default(), output);
    }
    outputs
}

/// A workload that no case says anything of.
fn owner() -> Result<Object, String> {
    let text = br#"{"apiVersion":"carto.run/v1alpha1","kind":"Workload","metadata":{"name":"w"},"spec":{}}"#;
    let node = json::read(text).map_err(|error| error.to_string())?;
    Object::try_from(node).map_err(|error| error.to_string())
}

fn context_of(
    resource: &Resource,
    outputs: &Outputs,
    params: Vec<(Text, Node)>,
    labels: &Node,
) -> Result<Node, String> {
    let object = owner()?;
    let owner = Owner::new(&object).map_err(|error| error.to_string())?;
    let labels: Vec<(Text, Text)> = match labels {
        Node::Map(map) => {
            let text = |node: &Node| Text::new(node.as_str().unwrap_or_default());
            map.items.iter().map(|item| (text(&item.key), text(&item.value))).collect()
        }
        _ => Vec::new(),
    };
    let context = Context::of_resource(&owner, params, &Inputs::of(resource, outputs), &labels);
    // Both forms of the context must agree on everything but the owner.
    let (values, paths) = (context.data_values(), context.view().to_whole_json());
    for name in
        ["params", "sources", "images", "configs", "deployment", "labels", "source", "image", "config"]
    {
        let (one, other) = (field(&values, name), field(&paths, name));
        if one.is_some() != other.is_some() || !one.zip(other).is_none_or(|(one, other)| equal(one, other)) {
            return Err(format!("`{name}` is {one:?} for ytt and {other:?} for paths"));
        }
    }
    Ok(values)
}

pub fn inputs(case: &Case) -> Result<(), String> {
    let resource = resource(case.given("resource"))?;
    let found = context_of(&resource, &outputs(case.given("outputs")), Vec::new(), &Node::Null)?;
    for name in ["sources", "images", "configs", "deployment"] {
        if case.expect.as_ref().is_some_and(|expect| field(expect, name).is_some()) {
            case.check(name, Ok(field(&found, name).cloned().unwrap_or_default()))?;
        }
    }
    Ok(())
}

pub fn context(case: &Case) -> Result<(), String> {
    let resource = resource(case.given("resource"))?;
    let params = merged(
        &list(case.given("templateParams"))?,
        &list(case.given("blueprintParams"))?,
        &resource.params,
        &list(case.given("ownerParams"))?,
    );
    let found = context_of(&resource, &outputs(case.given("outputs")), params, case.given("labels"))?;
    let expect = case.expect.as_ref().ok_or("no expectation")?;
    for name in texts(expect, "ownerUnder") {
        let owner = field(&found, name).ok_or_else(|| format!("there is no owner under `{name}`"))?;
        if field(owner, "kind").and_then(Node::as_str) != Some("Workload") {
            return Err(format!("what is under `{name}` is no owner: {}", show(owner)));
        }
    }
    for name in texts(expect, "absent") {
        if field(&found, name).is_some() {
            return Err(format!("`{name}` should not be there"));
        }
    }
    let Node::Map(found) = found else { return Err("no map".to_owned()) };
    let owners = texts(expect, "ownerUnder");
    let items = found.items.iter().filter(|item| !owners.contains(&item.key.as_str().unwrap_or_default()));
    let items = items.map(|item| (Text::new(item.key.as_str().unwrap_or_default()), item.value.clone()));
    case.check("context", Ok(map(items)))
}

fn texts<'a>(node: &'a Node, name: &str) -> Vec<&'a str> {
    match field(node, name) {
        Some(Node::Array(array)) => array.items.iter().filter_map(|item| item.value.as_str()).collect(),
        _ => Vec::new(),
    }
}

pub fn labels_of_resource(case: &Case) -> Result<(), String> {
    let owner = Object::try_from(case.given("owner").clone()).map_err(|error| error.to_string())?;
    let kind = OwnerKind::of(owner.kind_name()).ok_or("an owner of an unknown kind")?;
    let lifecycle: Lifecycle =
        stampmill::yaml::from_node(case.given("lifecycle")).map_err(|error| error.to_string())?;
    let resource = resource(case.given("resource"))?;
    let found =
        labels(kind, owner.name(), owner.namespace(), case.given_text("blueprint")?, &resource, lifecycle);
    case.check("labels", Ok(map(found.into_iter().map(|(key, value)| (key, Node::Str(value))))))
}

pub fn service_account(case: &Case) -> Result<(), String> {
    let reference: Option<ServiceAccountRef> = match case.given("serviceAccountRef") {
        Node::Null => None,
        reference => Some(parsed(reference)?),
    };
    let named = case.given("ownerServiceAccountName").as_str().unwrap_or_default();
    let found = ServiceAccount::of(case.given_text("ownerNamespace")?, named, reference.as_ref());
    case.check("name", Ok(Node::str(&*found.name)))?;
    case.check("namespace", Ok(Node::str(&*found.namespace)))
}
