//! Templates.

use super::super::api::TemplateKind;
use super::super::go_text;
use super::super::part::Part;
use super::Found;
use crate::yaml::{Array, ArrayItem, Map, MapItem, Node, json};

/// Checks the spec of a template of one of the five kinds that owners use.
pub(super) fn check(kind: TemplateKind, spec: Part<'_>, found: &mut Found) {
    let template = spec.get("template");
    let ytt = spec.get("ytt");
    let one_of = "invalid template: must specify one of template or ytt, found";
    match (template.is_set(), !ytt.text().is_empty()) {
        (false, false) => found.add(spec, format!("{one_of} neither")),
        (true, true) => found.add(ytt, format!("{one_of} both")),
        _ => {}
    }
    if template.is_set() {
        check_object(template, found);
    }
    let health = spec.get("healthRule");
    let retention = spec.get("retentionPolicy");
    if health.is_set() {
        check_health_rule(health, found);
    } else if retention.is_set() && spec.get("lifecycle").text() == "mutable" {
        // With a health rule the reference forgets to look.
        found.add(retention, "invalid template: if lifecycle is mutable, no retention policy may be set");
    }
    if kind == TemplateKind::Deployment
        && spec.get("observedMatches").is_set() == spec.get("observedCompletion").is_set()
    {
        found.add(
            spec,
            "invalid spec: must set exactly one of spec.ObservedMatches and spec.ObservedCompletion",
        );
    }
}

/// Checks the spec of a run template.
pub(super) fn check_run_template(spec: Part<'_>, found: &mut Found) {
    let template = spec.get("template");
    if !template.is_set() {
        return found.add(spec, "invalid template: failed to parse object: unexpected end of JSON input");
    }
    if !check_object(template, found) {
        return;
    }
    if template.map().is_some_and(|map| map.get("spec").is_none()) {
        let shown = go_text::value(&floats(template.node()));
        found.add(template, format!("invalid template: object must have a spec; templated object: {shown}"));
    }
}

/// Checks what is to be stamped, as far as it is an object at all: whether it is.
fn check_object(template: Part<'_>, found: &mut Found) -> bool {
    found.within("invalid template", |found| {
        if let Some(wrong) = not_an_object(template.node()) {
            found.add(template, format!("failed to parse object: {wrong}"));
        }
        let namespace = template.at(&["metadata", "namespace"]);
        if !namespace.text().is_empty() {
            found.add(namespace, "template should not set metadata.namespace on the child object");
        }
    });
    not_an_object(template.node()).is_none()
}

/// Why the reference cannot read a node as an object.
fn not_an_object(node: &Node) -> Option<String> {
    let kind = match node {
        Node::Map(map) => {
            if map.get("kind").and_then(Node::as_str).is_some_and(|kind| !kind.is_empty()) {
                return None;
            }
            let body = json::encode(node, 0, true).unwrap_or_default();
            return Some(format!("Object 'Kind' is missing in '{body}'"));
        }
        Node::Array(_) | Node::DocumentSet(_) => "array",
        Node::Str(_) | Node::Bytes(_) => "string",
        Node::Bool(_) => "bool",
        Node::Int(_) | Node::Uint(_) | Node::Float(_) => "number",
        Node::Null => "null",
    };
    Some(format!("json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"))
}

fn check_health_rule(rule: Part<'_>, found: &mut Found) {
    let multi_match = rule.get("multiMatch");
    let rules = [
        rule.get("alwaysHealthy").is_set(),
        !rule.get("singleConditionType").text().is_empty(),
        multi_match.is_set(),
    ];
    let one_of =
        "invalid health rule: must specify one of alwaysHealthy, singleConditionType or multiMatch, found";
    match rules.iter().filter(|given| **given).count() {
        0 => found.add(rule, format!("{one_of} neither")),
        1 => {}
        _ => found.add(rule, format!("{one_of} multiple")),
    }
    if multi_match.is_set() {
        for name in ["unhealthy", "healthy"] {
            let rule = multi_match.get(name);
            if rule.get("matchConditions").is_empty() && rule.get("matchFields").is_empty() {
                found.add(
                    rule,
                    format!(
                        "invalid multi match health rule: {name} rule has no matchFields or matchConditions"
                    ),
                );
            }
        }
    }
}

/// The reference decodes all numbers as floats, and prints them so.
fn floats(node: &Node) -> Node {
    match node {
        Node::Int(value) => Node::Float(*value as f64),
        Node::Uint(value) => Node::Float(*value as f64),
        Node::Map(map) => {
            let items = map.items.iter();
            let items = items.map(|item| MapItem { value: floats(&item.value), ..item.clone() }).collect();
            Node::Map(Map { items, ..Map::default() }.into())
        }
        Node::Array(array) => {
            let items = array.items.iter();
            let items = items.map(|item| ArrayItem { value: floats(&item.value), ..item.clone() }).collect();
            Node::Array(Array { items, ..Array::default() }.into())
        }
        other => other.clone(),
    }
}
