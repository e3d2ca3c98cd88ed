//! `realize`: the statuses and events that come of what the resources yield.

use stampmill::supply_chain::api::{Condition, OwnerKind, Resource, ResourceStatus, Status};
use stampmill::supply_chain::error::RealizeError;
use stampmill::supply_chain::outputs::{ResourceOutput, SourceValue};
use stampmill::supply_chain::resource_status::{Realized, ResourceStatuses};
use stampmill::yaml::{Node, from_node, to_node};

use crate::case::{Case, equal, field, show};

fn items(node: &Node) -> Vec<&Node> {
    match node {
        Node::Array(array) => array.items.iter().map(|item| &item.value).collect(),
        _ => Vec::new(),
    }
}

fn output(node: &Node) -> Option<ResourceOutput> {
    let part = |name| field(node, name);
    if let Some(source) = part("source") {
        let part = |name| field(source, name).cloned().unwrap_or_default();
        return Some(ResourceOutput::Source(SourceValue { url: part("url"), revision: part("revision") }));
    }
    match (part("image"), part("config")) {
        (Some(image), _) => Some(ResourceOutput::Image(image.clone())),
        (_, Some(config)) => Some(ResourceOutput::Config(config.clone())),
        _ => None,
    }
}

/// A resource; cases leave out what does not matter to them.
fn resource(node: &Node) -> Result<Resource, String> {
    let mut resource = Resource::default();
    let part = |name| field(node, name).unwrap_or(&Node::Null);
    let references = |name| match part(name) {
        Node::Null => Ok(Vec::new()),
        list => from_node(list).map_err(|error| error.to_string()),
    };
    resource.name = part("name").as_str().unwrap_or_default().to_owned();
    resource.sources = references("sources")?;
    resource.images = references("images")?;
    resource.configs = references("configs")?;
    resource.deployment = match part("deployment") {
        Node::Null => None,
        deployment => Some(from_node(deployment).map_err(|error| error.to_string())?),
    };
    let text = |name| field(part("templateRef"), name).and_then(Node::as_str).unwrap_or_default().to_owned();
    resource.template_ref.kind = text("kind");
    resource.template_ref.name = text("name");
    Ok(resource)
}

pub fn realize(case: &Case) -> Result<(), String> {
    let now = case.given_text("now")?;
    let previous: Vec<ResourceStatus> = match case.given("previous") {
        Node::Null => Vec::new(),
        previous => from_node(previous).map_err(|error| error.to_string())?,
    };
    let mut statuses = ResourceStatuses::new(OwnerKind::Workload, &previous, now);
    let mut first_error = None;
    let mut events: Vec<(&str, String)> = Vec::new();
    for (node, result) in items(case.given("resources")).into_iter().zip(items(case.given("results"))) {
        let resource = resource(node)?;
        let part = |name| field(result, name).filter(|node| **node != Node::Null);
        let yields = part("output").and_then(output);
        let health = Condition {
            kind: "Healthy".to_owned(),
            ..match part("health") {
                Some(health) => from_node(health).map_err(|error| error.to_string())?,
                None => Condition { status: Status::Unknown, ..Condition::default() },
            }
        };
        let template =
            part("template").map(|_| part("templateName").and_then(Node::as_str).unwrap_or_default());
        let realized = Realized {
            resource: &resource,
            template,
            object: part("stampedObject"),
            qualified: part("qualifiedResource").and_then(Node::as_str),
            output: yields.as_ref(),
            pass_through: part("passThrough") == Some(&Node::Bool(true)),
            error: part("error").and_then(Node::as_str).map(|text| RealizeError::Other(text.to_owned())),
        };
        let (raised, error) = statuses.record(realized, |_| health.clone());
        events.extend(raised.iter().map(|event| (event.reason(), resource.name.clone())));
        first_error = first_error.or(error);
    }
    let expect = case.expect.as_ref().ok_or("no expectation")?;
    let error = first_error.map_or(Node::Null, |error| Node::str(error.to_string()));
    case.check("error", Ok(error))?;
    let found = to_node(&statuses.into_current()).map_err(|error| error.to_string())?;
    let (expected, found) = (items(field(expect, "resources").unwrap_or(&Node::Null)), items(&found));
    if expected.len() != found.len() {
        return Err(format!("expected {} resources, found {}", expected.len(), found.len()));
    }
    // The cases do not say in which order: what had a status before comes first.
    for expected in expected {
        let name = field(expected, "name");
        let found = found.iter().find(|status| field(status, "name") == name);
        let found = found.ok_or_else(|| format!("there is no status of {name:?}"))?;
        holds(expected, found, now).map_err(|problem| format!("{name:?}: {problem}"))?;
    }
    if let Some(expected) = field(expect, "events") {
        let mut expected: Vec<(String, String)> = items(expected)
            .iter()
            .map(|pair| {
                let text = |node: &&Node| node.as_str().unwrap_or_default().to_owned();
                let parts: Vec<String> = items(pair).iter().map(text).collect();
                (parts.first().cloned().unwrap_or_default(), parts.get(1).cloned().unwrap_or_default())
            })
            .collect();
        let mut found: Vec<(String, String)> =
            events.into_iter().map(|(reason, resource)| (reason.to_owned(), resource)).collect();
        expected.sort();
        found.sort();
        if expected != found {
            return Err(format!("expected events {expected:?}\nfound {found:?}"));
        }
    }
    Ok(())
}

/// Whether there is what is expected, and perhaps more. Null means absent, `"now"` the time of the pass.
fn holds(expected: &Node, found: &Node, now: &str) -> Result<(), String> {
    match (expected, found) {
        (Node::Map(map), _) => {
            for item in &map.items {
                let name = item.key.as_str().unwrap_or_default();
                let there = field(found, name).unwrap_or(&Node::Null);
                holds(&item.value, there, now).map_err(|problem| format!("{name}: {problem}"))?;
            }
            Ok(())
        }
        (Node::Array(expected), Node::Array(found)) if expected.items.len() == found.items.len() => {
            for (expected, found) in expected.items.iter().zip(&found.items) {
                holds(&expected.value, &found.value, now)?;
            }
            Ok(())
        }
        (Node::Str(text), Node::Str(found)) if text == "now" && found == now => Ok(()),
        (expected, found) if equal(expected, found) => Ok(()),
        (expected, found) => Err(format!("expected {}, found {}", show(expected), show(found))),
    }
}
