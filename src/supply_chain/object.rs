//! What stamped objects say of themselves, wherever a cluster or a file has them from.

use jiff::Timestamp;

use crate::yaml::Node;

/// A value below maps; nothing where the path ends before.
pub fn at<'a>(object: &'a Node, path: &[&str]) -> Option<&'a Node> {
    path.iter().try_fold(object, |node, key| match node {
        Node::Map(map) => map.get(key),
        _ => None,
    })
}

fn text<'a>(object: &'a Node, path: &[&str]) -> &'a str {
    at(object, path).and_then(Node::as_str).unwrap_or_default()
}

/// `kind`, or empty.
pub fn kind(object: &Node) -> &str {
    text(object, &["kind"])
}

/// `apiVersion`, or empty.
pub fn api_version(object: &Node) -> &str {
    text(object, &["apiVersion"])
}

/// `metadata.name`, or empty.
pub fn name(object: &Node) -> &str {
    text(object, &["metadata", "name"])
}

/// `metadata.namespace`, or empty.
pub fn namespace(object: &Node) -> &str {
    text(object, &["metadata", "namespace"])
}

/// `metadata.name`, or `metadata.generateName` while there is none.
pub fn name_or_prefix(object: &Node) -> &str {
    match name(object) {
        "" => text(object, &["metadata", "generateName"]),
        name => name,
    }
}

/// `metadata.creationTimestamp`; none where it is no time as in RFC 3339.
pub fn created(object: &Node) -> Option<Timestamp> {
    time(text(object, &["metadata", "creationTimestamp"]))
}

fn time(text: &str) -> Option<Timestamp> {
    // The library reads more than RFC 3339 allows.
    let is_plain = text.as_bytes().get(10) == Some(&b'T') && !text.ends_with(']');
    is_plain.then(|| text.parse().ok()).flatten()
}

/// A condition of a stamped object. Its status can be any text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusCondition {
    /// Type.
    pub kind: String,
    /// Status.
    pub status: String,
    /// Message.
    pub message: String,
}

/// `status.conditions`; none at all if any of them has not the form of a `metav1.Condition`.
pub fn conditions(object: &Node) -> Vec<StatusCondition> {
    let Some(Node::Array(list)) = at(object, &["status", "conditions"]) else { return Vec::new() };
    let conditions: Option<Vec<StatusCondition>> =
        list.items.iter().map(|item| condition(&item.value)).collect();
    conditions.unwrap_or_default()
}

/// The first of `status.conditions` with this type.
pub fn condition_of_type(object: &Node, kind: &str) -> Option<StatusCondition> {
    conditions(object).into_iter().find(|condition| condition.kind == kind)
}

/// None if it has not the form of a condition. Go reads keys in any case, and null as nothing.
fn condition(node: &Node) -> Option<StatusCondition> {
    let mut condition = StatusCondition::default();
    let map = match node {
        Node::Null => return Some(condition),
        Node::Map(map) => map,
        _ => return None,
    };
    for item in &map.items {
        let key = item.key.as_str().unwrap_or_default().to_ascii_lowercase();
        let field = match (&*key, &item.value) {
            (_, Node::Null) => continue,
            ("type", value) => (&mut condition.kind, value),
            ("status", value) => (&mut condition.status, value),
            ("message", value) => (&mut condition.message, value),
            ("reason", value) => {
                value.as_str()?;
                continue;
            }
            ("lasttransitiontime", value) => {
                time(value.as_str()?)?;
                continue;
            }
            ("observedgeneration", value) => {
                is_whole(value).then_some(())?;
                continue;
            }
            _ => continue,
        };
        field.1.as_str()?.clone_into(field.0);
    }
    Some(condition)
}

fn is_whole(value: &Node) -> bool {
    match value {
        Node::Int(_) => true,
        Node::Float(value) => value.fract() == 0.0 && value.abs() < 1e18,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
