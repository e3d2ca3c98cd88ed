//! Objects against the schema of their kind: unknown fields, wrong types, missing fields, values out of
//! bounds.

use regex::Regex;

use super::Findings;
use super::files::Object;
use crate::supply_chain::crd;
use crate::supply_chain::part::Part;
use crate::yaml::Node;

/// Checks an object.
pub(super) fn check(object: &Object, findings: &mut Findings) {
    let Some(schema) = crd::schema(object.kind()) else {
        return;
    };
    let part = object.part();
    value(Part::object(schema), part, "", findings);
    let metadata = part.get("metadata");
    if metadata.map().is_some() {
        check_metadata(object, metadata, findings);
    }
}

/// The schema leaves metadata to the API server.
fn check_metadata(object: &Object, metadata: Part<'_>, findings: &mut Findings) {
    if object.name().is_empty() && !metadata.get("generateName").is_set() {
        findings.error("required-field", metadata, "metadata.name is missing");
    }
    let is_namespaced =
        crd::KINDS.iter().any(|kind| kind.name == object.kind() && kind.scope == crd::Scope::Namespaced);
    let namespace = metadata.get("namespace");
    if namespace.is_set() && !is_namespaced {
        findings.warning(
            "namespace",
            namespace,
            format!("a {} belongs to no namespace, metadata.namespace does not count", object.kind()),
        );
    }
    for field in ["labels", "annotations"] {
        for (name, text) in metadata.get(field).fields() {
            if text.node().as_str().is_none() {
                wrong_type("text", text, &format!("metadata.{field}.{name}"), findings);
            }
        }
    }
}

fn value(schema: Part<'_>, part: Part<'_>, path: &str, findings: &mut Findings) {
    // The API server drops null where nothing says that it may be there.
    if !part.is_set() {
        return;
    }
    let any = |word| matches!(schema.get(word).node(), Node::Bool(true));
    if any("x-kubernetes-int-or-string") {
        match part.node() {
            Node::Int(_) | Node::Uint(_) => {}
            Node::Str(_) => bounds(schema, part, path, findings),
            _ => wrong_type("text or a whole number", part, path, findings),
        }
        return;
    }
    match (schema.get("type").text(), part.node()) {
        ("object", Node::Map(_)) => object(schema, part, path, findings),
        ("object", _) => wrong_type("a map", part, path, findings),
        ("array", Node::Array(_)) => {
            for (index, item) in part.items().enumerate() {
                value(schema.get("items"), item, &format!("{path}[{index}]"), findings);
            }
            bounds(schema, part, path, findings);
        }
        ("array", _) => wrong_type("a list", part, path, findings),
        ("string", Node::Str(_)) => bounds(schema, part, path, findings),
        ("string", _) => wrong_type("text", part, path, findings),
        ("integer", Node::Int(_) | Node::Uint(_)) => bounds(schema, part, path, findings),
        ("integer", _) => wrong_type("a whole number", part, path, findings),
        ("boolean", Node::Bool(_)) => {}
        ("boolean", _) => wrong_type("true or false", part, path, findings),
        _ => {}
    }
}

fn object(schema: Part<'_>, part: Part<'_>, path: &str, findings: &mut Findings) {
    let properties = schema.get("properties");
    let others = schema.get("additionalProperties");
    let takes_all = matches!(schema.get("x-kubernetes-preserve-unknown-fields").node(), Node::Bool(true));
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    for (name, field) in part.fields() {
        let known = properties.get(name);
        if path.is_empty() && name == "status" {
            // The API server drops what is given here before it looks at it.
            continue;
        }
        if known.is_set() {
            value(known, field, &below(name), findings);
        } else if others.is_set() {
            value(others, field, &below(name), findings);
        } else if properties.is_set() && !takes_all {
            let message = format!("unknown field {}", below(name));
            findings
                .error("unknown-field", field, message)
                .suggest(name, properties.fields().map(|(name, _)| name));
        }
    }
    for required in schema.get("required").items() {
        let name = required.text();
        // Any value is a value, null as well.
        if !part.get(name).is_set() {
            findings.error("required-field", part, format!("{} is missing", below(name)));
        }
    }
}

/// Enumerations, lengths, patterns and least values.
fn bounds(schema: Part<'_>, part: Part<'_>, path: &str, findings: &mut Findings) {
    let number = |word| match schema.get(word).node() {
        Node::Int(number) => Some(*number),
        _ => None,
    };
    let text = part.text();
    let words = schema.get("enum");
    if words.is_set() && !words.items().any(|word| word.text() == text) {
        let all: Vec<&str> = words.items().map(Part::text).collect();
        let finding =
            findings.error("wrong-value", part, format!("{path}: {text:?} is none of {}", all.join(", ")));
        finding.suggest(text, all);
    }
    let length = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    let characters = length(text.chars().count());
    if number("minLength").is_some_and(|least| characters < least) {
        findings.error("wrong-value", part, format!("{path} must not be empty"));
    }
    if let Some(most) = number("maxLength").filter(|most| characters > *most) {
        findings.error("wrong-value", part, format!("{path} must have {most} characters at most"));
    }
    if let Some(least) = number("minItems").filter(|least| length(part.items().count()) < *least) {
        findings.error("wrong-value", part, format!("{path} must have {least} items at least"));
    }
    if let (Some(least), Node::Int(value)) = (number("minimum"), part.node())
        && *value < least
    {
        findings.error("wrong-value", part, format!("{path} must be {least} at least"));
    }
    let pattern = schema.get("pattern").text();
    if !pattern.is_empty() && !Regex::new(pattern).is_ok_and(|regex| regex.is_match(text)) {
        findings.error("wrong-value", part, format!("{path}: {text:?} does not match {pattern}"));
    }
}

fn wrong_type(wanted: &str, part: Part<'_>, path: &str, findings: &mut Findings) {
    let found = match part.node() {
        Node::Null => "nothing",
        Node::Bool(_) => "true or false",
        Node::Int(_) | Node::Uint(_) => "a whole number",
        Node::Float(_) => "a number",
        Node::Str(_) | Node::Bytes(_) => "text",
        Node::Map(_) => "a map",
        Node::Array(_) | Node::DocumentSet(_) => "a list",
    };
    let finding = findings.error("wrong-type", part, format!("{path}: expected {wanted}, found {found}"));
    if wanted == "text" && part.node().is_scalar() {
        finding.help("put it in quotes");
    }
}
