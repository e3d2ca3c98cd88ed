//! Templates of owners: `ClusterSourceTemplate`, `ClusterImageTemplate`, `ClusterConfigTemplate`,
//! `ClusterTemplate` and `ClusterDeploymentTemplate`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::{Metadata, TemplateParam, read};
use super::run::RetentionPolicy;
use super::schema::Object;
use crate::error::{Error, ErrorKind, Result};
use crate::yaml::Node;

/// Which template.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum TemplateKind {
    /// Gives a url and a revision.
    Source,
    /// Gives an image.
    Image,
    /// Gives a config.
    Config,
    /// Gives nothing.
    Plain,
    /// Deploys and then passes its input on.
    Deployment,
}

impl TemplateKind {
    /// All of them.
    pub const ALL: [TemplateKind; 5] = [
        TemplateKind::Source,
        TemplateKind::Image,
        TemplateKind::Config,
        TemplateKind::Plain,
        TemplateKind::Deployment,
    ];

    /// The kind in the API.
    pub fn name(self) -> &'static str {
        match self {
            TemplateKind::Source => "ClusterSourceTemplate",
            TemplateKind::Image => "ClusterImageTemplate",
            TemplateKind::Config => "ClusterConfigTemplate",
            TemplateKind::Plain => "ClusterTemplate",
            TemplateKind::Deployment => "ClusterDeploymentTemplate",
        }
    }

    /// The template with this kind in the API.
    pub fn of(kind: &str) -> Option<TemplateKind> {
        TemplateKind::ALL.into_iter().find(|known| known.name() == kind)
    }
}

impl fmt::Display for TemplateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A template of one of the five kinds.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// Which of them.
    pub kind: TemplateKind,
    /// What it says of itself.
    pub metadata: Metadata,
    /// What all kinds have.
    pub spec: TemplateSpec,
    /// What the kind says of outputs.
    pub output: TemplateOutput,
}

impl Template {
    /// From an object of one of the five kinds.
    ///
    /// # Errors
    /// `DataValues` with what does not fit.
    pub fn read(kind: TemplateKind, object: &Node) -> Result<Template> {
        let part = |name| match object {
            Node::Map(map) => map.get(name).unwrap_or(&Node::Null),
            _ => &Node::Null,
        };
        let spec = part("spec");
        let output = match kind {
            TemplateKind::Source => read(spec).map(TemplateOutput::Source),
            TemplateKind::Image => read(spec).map(TemplateOutput::Image),
            TemplateKind::Config => read(spec).map(TemplateOutput::Config),
            TemplateKind::Plain => Ok(TemplateOutput::None),
            TemplateKind::Deployment => read(spec).map(TemplateOutput::Deployment),
        };
        Ok(Template {
            kind,
            metadata: read(part("metadata")).map_err(|error| error.context("metadata"))?,
            spec: read(spec).map_err(|error| error.context("spec"))?,
            output: output.map_err(|error| error.context("spec"))?,
        })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }
}

/// What the kinds say of outputs.
#[derive(Clone, Debug, PartialEq)]
pub enum TemplateOutput {
    /// Of a ClusterSourceTemplate.
    Source(SourceOutput),
    /// Of a ClusterImageTemplate.
    Image(ImageOutput),
    /// Of a ClusterConfigTemplate.
    Config(ConfigOutput),
    /// Of a ClusterDeploymentTemplate.
    Deployment(DeploymentCompletion),
    /// Of a ClusterTemplate.
    None,
}

/// What all templates of owners have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct TemplateSpec {
    /// A Kubernetes object in which `$(path)$` stands for values of the owner, its parameters and inputs.
    /// Either template or ytt must be given. The object should have no namespace: it comes into that of
    /// the owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Object")]
    pub template: Option<Node>,
    /// A ytt template of a Kubernetes object; the owner, its parameters and inputs are its data values.
    /// Either template or ytt must be given. The object should have no namespace: it comes into that of
    /// the owner.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ytt: String,
    /// Parameters with their defaults.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<TemplateParam>,
    /// How the health of the stamped object is determined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_rule: Option<HealthRule>,
    /// Whether changes update the stamped object (`mutable`) or lead to a new one beside it (`immutable`,
    /// `tekton`).
    pub lifecycle: Lifecycle,
    /// How many successful and failed objects are kept if the lifecycle is immutable or tekton. Older ones
    /// are deleted. If it is not given, ten of each are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_policy: Option<RetentionPolicy>,
}

/// What happens to stamped objects when what is stamped changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Lifecycle {
    /// The object is updated.
    #[default]
    Mutable,
    /// Another one is created; the latest healthy one gives the output.
    Immutable,
    /// Immutable, and healthy when the condition `Succeeded` is true.
    Tekton,
    /// Unknown or empty, which the reference takes for mutable.
    #[serde(other)]
    #[schemars(skip)]
    Other,
}

impl Lifecycle {
    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Lifecycle::Mutable | Lifecycle::Other => "mutable",
            Lifecycle::Immutable => "immutable",
            Lifecycle::Tekton => "tekton",
        }
    }

    /// Whether changes update the object.
    pub fn is_mutable(self) -> bool {
        matches!(self, Lifecycle::Mutable | Lifecycle::Other)
    }
}

/// Where a source is found on the stamped object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceOutput {
    /// JSON path of the url on the stamped object, such as `.status.artifact.url`.
    pub url_path: String,
    /// JSON path of the revision on the stamped object, such as `.status.artifact.revision`.
    pub revision_path: String,
}

/// Where an image is found on the stamped object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageOutput {
    /// JSON path of the image on the stamped object, such as `.status.latestImage`.
    pub image_path: String,
}

/// Where a config is found on the stamped object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigOutput {
    /// JSON path of the config on the stamped object, such as `.data`.
    pub config_path: String,
}

/// When a deployment is done. Exactly one of the two must be given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentCompletion {
    /// It is done when each of these outputs equals its input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_matches: Option<Vec<ObservedMatch>>,
    /// It is done when the generation has been observed and a field has a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_completion: Option<ObservedCompletion>,
}

/// Two fields that are equal when a deployment is done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObservedMatch {
    /// JSON path of a value that is there before the object is reconciled, usually in its spec.
    pub input: String,
    /// JSON path of a value that is there afterwards, usually in its status.
    pub output: String,
}

/// A field that says how a deployment went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObservedCompletion {
    /// What says that it succeeded.
    pub succeeded: CompletionCondition,
    /// What says that it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<CompletionCondition>,
}

/// A field with a value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CompletionCondition {
    /// JSON path of the field on the stamped object, such as
    /// `status.conditions[?(@.type=="Succeeded")].status`.
    pub key: String,
    /// The value that it must have.
    pub value: String,
}

/// How the health of a stamped object is determined. Exactly one must be given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct HealthRule {
    /// It is healthy once it exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Object")]
    pub always_healthy: Option<Node>,
    /// It is as healthy as its condition of this type says.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub single_condition_type: String,
    /// Conditions and fields that say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multi_match: Option<MultiMatch>,
}

/// Conditions and fields that say whether an object is healthy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MultiMatch {
    /// It is healthy when all of these hold.
    pub healthy: HealthMatchRule,
    /// It is unhealthy when any of these holds.
    pub unhealthy: HealthMatchRule,
}

/// Requirements on conditions and fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct HealthMatchRule {
    /// Conditions and their status.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_conditions: Vec<ConditionRequirement>,
    /// Fields and their values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_fields: Vec<HealthFieldRequirement>,
}

/// A condition with a status.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConditionRequirement {
    /// Type of the condition.
    #[serde(rename = "type")]
    pub kind: String,
    /// Status of the condition.
    pub status: String,
}

/// A requirement on a field, and where to read what it means.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthFieldRequirement {
    /// JSON path of the field on the stamped object.
    #[schemars(length(min = 1))]
    pub key: String,
    /// A key's relationship to a set of values. Valid operators are In, NotIn, Exists and DoesNotExist.
    #[schemars(extend("enum" = ["In", "NotIn", "Exists", "DoesNotExist"]))]
    pub operator: String,
    /// Strings to compare with. If the operator is In or NotIn, there must be some. If the operator is
    /// Exists or DoesNotExist, there must be none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// JSON path of a message on the stamped object, shown when this requirement decides.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message_path: String,
}

impl Template {
    /// From an object whose kind is not known yet.
    ///
    /// # Errors
    /// `DataValues` if it is no template, or with what does not fit.
    pub fn read_any(object: &Node) -> Result<Template> {
        let kind = match object {
            Node::Map(map) => map.get("kind").and_then(Node::as_str).unwrap_or_default(),
            _ => "",
        };
        match TemplateKind::of(kind) {
            Some(kind) => Template::read(kind, object),
            None => {
                Err(Error::new(ErrorKind::DataValues, format!("resource does not have valid kind: {kind}")))
            }
        }
    }
}
