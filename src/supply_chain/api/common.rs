//! Types that several kinds share.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::Any;
use crate::error::{Error, ErrorKind, Result};
use crate::yaml::{Node, from_node};

/// Reads a part of an object as one of the types of the API; null reads as an empty map.
///
/// # Errors
/// `DataValues` with what does not fit.
pub fn read<T: for<'a> Deserialize<'a>>(node: &Node) -> Result<T> {
    let empty = Node::Map(Default::default());
    let node = if matches!(node, Node::Null) { &empty } else { node };
    from_node(node).map_err(|error| Error::new(ErrorKind::DataValues, error.to_string()))
}

/// What every object says of itself, as far as supply chains ask.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    /// The name.
    pub name: String,
    /// The namespace; empty for cluster-scoped objects.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The identity that the cluster gave it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// Counts changes of the spec.
    pub generation: i64,
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// A parameter that a template takes from the blueprint or the owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TemplateParam {
    /// Name of a parameter the template accepts from the blueprint or the owner.
    pub name: String,
    /// Value where neither the blueprint nor the owner gives one.
    #[schemars(with = "Any")]
    pub default: Node,
}

/// A parameter that an owner gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnerParam {
    /// Name of the parameter. Should match a parameter of the blueprint or of a template.
    pub name: String,
    /// Value of the parameter.
    #[schemars(with = "Any")]
    pub value: Node,
}

/// A parameter that a blueprint gives, as a whole or for one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlueprintParam {
    /// Name of the parameter. Should match a parameter of a template.
    pub name: String,
    /// Value of the parameter. When it is given, that of the owner is ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Any")]
    pub value: Option<Node>,
    /// Value where the owner gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Any")]
    pub default: Option<Node>,
}

/// An input of a resource: the output of another one under a local name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceReference {
    /// Name under which templates find the input.
    pub name: String,
    /// Name of the resource that provides it.
    pub resource: String,
}

/// The input of a resource that deploys: the output of another one, passed on when the deployment is done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentReference {
    /// Name of the resource that provides it.
    pub resource: String,
}

/// Where source code is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Source {
    /// Source code location in a git repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git: Option<GitSource>,
    /// OCI image in a repository that contains the source code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Path inside the git repository or image to treat as the root of the application. Defaults to the
    /// root if left empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_path: Option<String>,
}

/// A git repository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct GitSource {
    /// Address of the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What to take from it.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<GitRef>,
}

/// A state of a git repository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct GitRef {
    /// Branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// A service account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceAccountRef {
    /// Name of the service account.
    pub name: String,
    /// Namespace of the service account. If omitted, the namespace of the owner is used.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
}

/// An object of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectReference {
    /// Kind.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Version of its API.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
}
