//! Blueprints: `ClusterSupplyChain` and `ClusterDelivery`.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::{
    BlueprintParam, DeploymentReference, Metadata, ResourceReference, ServiceAccountRef, read,
};
use super::selector::{FieldRequirement, LabelRequirement, Selector};
use super::status::Condition;
use crate::error::Result;
use crate::yaml::Node;

/// Which blueprint.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum BlueprintKind {
    /// For workloads.
    SupplyChain,
    /// For deliverables.
    Delivery,
}

impl BlueprintKind {
    /// The kind in the API.
    pub fn name(self) -> &'static str {
        match self {
            BlueprintKind::SupplyChain => "ClusterSupplyChain",
            BlueprintKind::Delivery => "ClusterDelivery",
        }
    }

    /// The blueprint with this kind in the API.
    pub fn of(kind: &str) -> Option<BlueprintKind> {
        match kind {
            "ClusterSupplyChain" => Some(BlueprintKind::SupplyChain),
            "ClusterDelivery" => Some(BlueprintKind::Delivery),
            _ => None,
        }
    }
}

impl fmt::Display for BlueprintKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A supply chain or a delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct Blueprint {
    /// Which of the two.
    pub kind: BlueprintKind,
    /// What it says of itself.
    pub metadata: Metadata,
    /// What it asks for.
    pub spec: BlueprintSpec,
    /// What a cluster says of it.
    pub status: BlueprintStatus,
}

impl Blueprint {
    /// From an object of one of the two kinds.
    ///
    /// # Errors
    /// `DataValues` with what does not fit.
    pub fn read(kind: BlueprintKind, object: &Node) -> Result<Blueprint> {
        let part = |name| match object {
            Node::Map(map) => map.get(name).unwrap_or(&Node::Null),
            _ => &Node::Null,
        };
        Ok(Blueprint {
            kind,
            metadata: read(part("metadata")).map_err(|error| error.context("metadata"))?,
            spec: read(part("spec")).map_err(|error| error.context("spec"))?,
            status: read(part("status")).map_err(|error| error.context("status"))?,
        })
    }
}

/// What a blueprint asks for. Supply chains have resources without `deployment`, deliveries such without
/// `images`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlueprintSpec {
    /// Labels that owners must have to be chosen.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub selector: BTreeMap<String, String>,
    /// Requirements on the labels of owners.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selector_match_expressions: Vec<LabelRequirement>,
    /// Requirements on the fields of owners.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selector_match_fields: Vec<FieldRequirement>,
    /// Resources that bring the application to a deliverable state, in the order they are stamped.
    pub resources: Vec<Resource>,
    /// Additional parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<BlueprintParam>,
    /// The service account with permissions to create the resources. An owner's `serviceAccountName` goes
    /// before it; without either it is the account `default` in the namespace of the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account_ref: Option<ServiceAccountRef>,
}

impl BlueprintSpec {
    /// Whom it is for.
    pub fn selects(&self) -> Selector {
        Selector {
            match_labels: self.selector.clone(),
            match_expressions: self.selector_match_expressions.clone(),
            match_fields: self.selector_match_fields.clone(),
        }
    }
}

/// What a cluster says of a blueprint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct BlueprintStatus {
    /// The state of the blueprint; the top level condition is of type `Ready`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "is_zero")]
    pub observed_generation: i64,
}

pub(super) fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// One step of a blueprint: what is stamped from a template with the outputs of earlier steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// Name of the resource. Other resources refer to it as an input, and it identifies the resource in
    /// the status of owners.
    pub name: String,
    /// The template that produces this resource.
    pub template_ref: TemplateRef,
    /// Parameters for the template. Those that the template has defaults for need not be given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<BlueprintParam>,
    /// Inputs from resources with a ClusterSourceTemplate. Templates find them as `$(sources.<name>.url)$`
    /// and `$(sources.<name>.revision)$`, a single one also as `$(source.url)$` and `$(source.revision)$`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<ResourceReference>,
    /// Inputs from resources with a ClusterImageTemplate. Templates find them as `$(images.<name>.image)$`,
    /// a single one also as `$(image)$`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<ResourceReference>,
    /// Inputs from resources with a ClusterConfigTemplate. Templates find them as
    /// `$(configs.<name>.config)$`, a single one also as `$(config)$`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub configs: Vec<ResourceReference>,
    /// The input that a ClusterDeploymentTemplate deploys and passes on. Templates find it as
    /// `$(deployment.url)$` and `$(deployment.revision)$`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<DeploymentReference>,
}

/// The template of a resource: one by name, or one of several by what the owner has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TemplateRef {
    /// Kind of the template.
    pub kind: String,
    /// Name of the template. Only one of name and options can be given.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(min = 1))]
    pub name: String,
    /// Templates of this kind, each with a selector. Exactly one must match best. Only one of name and
    /// options can be given, and there must be two options at least.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 2))]
    pub options: Vec<TemplateOption>,
}

/// A template, or an input to pass through, for owners that a selector matches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TemplateOption {
    /// Name of the template. One of name and passThrough must be given.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(min = 1))]
    pub name: String,
    /// Name of the input that becomes the output, without a template. One of name and passThrough must be
    /// given.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pass_through: String,
    /// What an owner must have.
    pub selector: Selector,
}
