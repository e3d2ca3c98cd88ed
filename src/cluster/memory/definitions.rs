//! Kinds that a `CustomResourceDefinition` in the cluster defines.

use super::kinds::{GroupKind, KindInfo};
use crate::cluster::Object;
use crate::yaml::{Node, Text};

/// Whether the object defines a kind.
pub(super) fn is_definition(object: &Object) -> bool {
    object.kind_name() == "CustomResourceDefinition" && object.group() == "apiextensions.k8s.io"
}

/// The kind that a definition defines: none where something is missing.
pub(super) fn defined(definition: &Object) -> Option<(GroupKind, KindInfo)> {
    let field = |path: &[&str]| match definition.get_path(path) {
        Some(Node::Str(text)) => Some(text.clone()),
        _ => None,
    };
    let key = GroupKind { group: field(&["spec", "group"])?, kind: field(&["spec", "names", "kind"])? };
    let info = KindInfo {
        plural: field(&["spec", "names", "plural"])?,
        namespaced: field(&["spec", "scope"]).as_ref().map(Text::as_str) != Some("Cluster"),
        has_status: has_status(definition),
        has_generation: true,
    };
    Some((key, info))
}

/// Whether a version makes the status a resource of its own.
fn has_status(definition: &Object) -> bool {
    let Some(Node::Array(versions)) = definition.get_path(&["spec", "versions"]) else { return false };
    versions.items.iter().any(|version| {
        let Node::Map(version) = &version.value else { return false };
        matches!(version.get("subresources"), Some(Node::Map(of)) if of.get("status").is_some())
    })
}
