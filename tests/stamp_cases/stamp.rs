//! `stamp` and `cache`: an object from a template, and whether it must be submitted.

use stampmill::Renderer;
use stampmill::cluster::Object;
use stampmill::supply_chain::api::TemplateSpec;
use stampmill::supply_chain::context::Context;
use stampmill::supply_chain::stamp::Stamper;
use stampmill::supply_chain::submitted::Submitted;
use stampmill::yaml::{Node, Text, json};

use crate::case::{Case, equal, field, show};

fn object(node: &Node) -> Result<Object, String> {
    Object::try_from(node.clone()).map_err(|error| error.to_string())
}

fn texts(node: &Node) -> Vec<(Text, Node)> {
    match node {
        Node::Map(map) => map
            .items
            .iter()
            .filter_map(|item| Some((Text::new(item.key.as_str()?), item.value.clone())))
            .collect(),
        _ => Vec::new(),
    }
}

fn stamped(case: &Case) -> Result<Object, String> {
    let renderer = Renderer::new();
    let template = match (case.given("template"), case.given("templateRaw")) {
        (Node::Null, Node::Str(raw)) => {
            let message = |error| format!("failed to unmarshal json resource template: {error}");
            Some(json::read(raw.as_bytes()).map_err(message)?)
        }
        (Node::Null, _) => None,
        (template, _) => Some(template.clone()),
    };
    let ytt = case.given("ytt").as_str().unwrap_or_default().to_owned();
    let spec = TemplateSpec { template, ytt, ..TemplateSpec::default() };
    let context = Context::of_values(texts(case.given("context")));
    let labels: Vec<(Text, Text)> = texts(case.given("labels"))
        .into_iter()
        .map(|(key, value)| (key, Text::new(value.as_str().unwrap_or_default())))
        .collect();
    let owner = object(case.given("owner"))?;
    let stamped = Stamper::new(&spec, &renderer).stamp(&context, &owner, &labels, &renderer);
    stamped.map_err(|error| error.to_string())
}

/// The value at a JSON pointer.
fn at<'a>(node: &'a Node, pointer: &str) -> Option<&'a Node> {
    pointer.split('/').skip(1).try_fold(node, |node, step| {
        let step = step.replace("~1", "/").replace("~0", "~");
        match node {
            Node::Map(map) => map.get(&step),
            Node::Array(array) => Some(&array.items.get(step.parse::<usize>().ok()?)?.value),
            _ => None,
        }
    })
}

pub fn stamp(case: &Case) -> Result<(), String> {
    let stamped = stamped(case);
    let Some(expect) = &case.expect else {
        return match stamped {
            Err(error) => case.check_error(&error),
            Ok(object) => Err(format!("expected an error\nfound {}", show(object.node()))),
        };
    };
    let object = stamped?;
    for (pointer, expected) in texts(field(expect, "fields").unwrap_or(&Node::Null)) {
        let found = at(object.node(), &pointer).ok_or_else(|| format!("there is nothing at {pointer}"))?;
        if !equal(&expected, found) {
            return Err(format!("{pointer}: expected {}\nfound {}", show(&expected), show(found)));
        }
    }
    if field(expect, "object").is_some() {
        case.check("object", Ok(object.node().clone()))?;
    }
    Ok(())
}

pub fn cache(case: &Case) -> Result<(), String> {
    let submitted = Submitted::new();
    let Node::Array(sets) = case.given("set") else { return Err("no list `set` in the input".to_owned()) };
    for set in &sets.items {
        let part = |name| object(field(&set.value, name).unwrap_or(&Node::Null));
        let discriminant = field(&set.value, "ownerDiscriminant").and_then(Node::as_str).unwrap_or_default();
        submitted.set(&part("submitted")?, &part("persisted")?, discriminant);
    }
    let query = case.given("query");
    let part = |name| field(query, name).unwrap_or(&Node::Null);
    let wanted = object(part("submitted"))?;
    let hit = match part("existing") {
        Node::Array(existing) => {
            let existing =
                existing.items.iter().map(|item| object(&item.value)).collect::<Result<Vec<_>, _>>()?;
            let discriminant = part("ownerDiscriminant").as_str().unwrap_or_default();
            submitted.unchanged_in(&wanted, &existing, discriminant).is_some()
        }
        existing => submitted.is_unchanged(&wanted, &object(existing)?),
    };
    case.check("hit", Ok(Node::Bool(hit)))
}
