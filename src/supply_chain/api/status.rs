//! What a cluster says of owners.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::blueprint::is_zero;
use super::common::ObjectReference;
use super::schema::{CoreObjectReference, StampedObjectReference};

/// What `metav1.Condition` asks of the type of a condition.
const TYPE: &str = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$";
/// What `metav1.Condition` asks of the reason of a condition.
const REASON: &str = "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$";

/// Whether a condition holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Status {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Nobody knows yet.
    #[default]
    Unknown,
}

impl Status {
    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::True => "True",
            Status::False => "False",
            Status::Unknown => "Unknown",
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One aspect of the state of an object, as in `metav1.Condition`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(!default)]
pub struct Condition {
    /// Type of the condition.
    #[serde(rename = "type")]
    #[schemars(length(max = 316), regex(pattern = TYPE))]
    pub kind: String,
    /// Whether it holds.
    pub status: Status,
    /// When the condition last changed, as in RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    pub last_transition_time: String,
    /// Why it is so, in one word.
    #[schemars(length(min = 1, max = 1024), regex(pattern = REASON))]
    pub reason: String,
    /// Why it is so, for a person. May be empty.
    #[schemars(length(max = 32768))]
    pub message: String,
    /// The generation that the condition is about.
    #[schemars(range(min = 0))]
    #[serde(skip_serializing_if = "is_zero")]
    pub observed_generation: i64,
}

/// The state of one resource of an owner's blueprint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(!default)]
pub struct ResourceStatus {
    /// Name of the resource in the blueprint.
    pub name: String,
    /// The object that was stamped.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "StampedObjectReference")]
    pub stamped_ref: Option<StampedRef>,
    /// The template that it was stamped from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "CoreObjectReference")]
    pub template_ref: Option<ObjectReference>,
    /// The resources whose outputs went into it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
    /// What other resources can use of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Output>,
    /// The state of the resource; the top level condition is of type `Ready`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
}

/// A stamped object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct StampedRef {
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
    /// Plural name and group, as `kubectl get` takes them: `deployments.apps`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource: String,
}

/// A resource whose output is an input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(!default)]
pub struct Input {
    /// Name of the resource in the blueprint whose output is used.
    pub name: String,
}

/// A value that other resources can use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(!default)]
pub struct Output {
    /// Which output: url, revision, image or config.
    pub name: String,
    /// The beginning of the value, as YAML.
    pub preview: String,
    /// A sha256 of the whole value.
    pub digest: String,
    /// When the value last changed, as in RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    pub last_transition_time: String,
}
