//! Runs: `Runnable` and `ClusterRunTemplate`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::blueprint::is_zero;
use super::schema::{Any, Object};
use super::status::Condition;
use crate::yaml::Node;

/// What a runnable asks for: an object for each change of its inputs, and the outputs of the latest that
/// succeeded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunnableSpec {
    /// The run template.
    pub run_template_ref: RunTemplateRef,
    /// An additional object, which the template finds as `$(selected)$`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<ResourceSelector>,
    /// Values, which the template finds as `$(runnable.spec.inputs.<key>)$`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, Any>")]
    pub inputs: BTreeMap<String, Node>,
    /// The service account with permissions to create what the template asks for. If it is not given, the
    /// account `default` in the namespace of the runnable.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub service_account_name: String,
    /// How many successful and failed objects are kept. Older ones are deleted.
    #[serde(default)]
    pub retention_policy: RetentionPolicy,
}

/// The run template of a runnable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunTemplateRef {
    /// Kind; always ClusterRunTemplate, whatever is given.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Name.
    #[schemars(length(min = 1))]
    pub name: String,
}

/// How many objects are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RetentionPolicy {
    /// How many that failed.
    #[schemars(range(min = 1))]
    pub max_failed_runs: i64,
    /// How many that succeeded.
    #[schemars(range(min = 1))]
    pub max_successful_runs: i64,
}

impl Default for RetentionPolicy {
    fn default() -> RetentionPolicy {
        RetentionPolicy { max_failed_runs: 10, max_successful_runs: 10 }
    }
}

/// An object, by its kind and labels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceSelector {
    /// Kind of the object.
    pub resource: ResourceType,
    /// Labels that exactly one object must have.
    pub matching_labels: BTreeMap<String, String>,
}

/// A kind of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceType {
    /// Version of its API.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// Kind.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
}

/// What a cluster says of a runnable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RunnableStatus {
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "is_zero")]
    pub observed_generation: i64,
    /// The state of the runnable; the top level condition is of type `Ready`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Outputs of the latest object whose condition `Succeeded` is true.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, Any>")]
    pub outputs: BTreeMap<String, Node>,
}

/// What a run template stamps for a runnable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunTemplateSpec {
    /// A Kubernetes object in which `$(path)$` stands for values of the runnable and the selected object.
    #[schemars(with = "Object")]
    pub template: Node,
    /// JSON paths on the stamped object by the name of the output.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, String>,
}
