//! Owners: `Workload` and `Deliverable`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::blueprint::{BlueprintKind, is_zero};
use super::common::{ObjectReference, OwnerParam, Source};
use super::schema::{EnvVar, ResourceRequirements};
use super::status::{Condition, ResourceStatus};
use crate::yaml::Node;

/// Which owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum OwnerKind {
    /// What a supply chain is for.
    Workload,
    /// What a delivery is for.
    Deliverable,
}

impl OwnerKind {
    /// The kind in the API.
    pub fn name(self) -> &'static str {
        match self {
            OwnerKind::Workload => "Workload",
            OwnerKind::Deliverable => "Deliverable",
        }
    }

    /// The owner with this kind in the API.
    pub fn of(kind: &str) -> Option<OwnerKind> {
        match kind {
            "Workload" => Some(OwnerKind::Workload),
            "Deliverable" => Some(OwnerKind::Deliverable),
            _ => None,
        }
    }

    /// What the owner is brought about by.
    pub fn blueprint(self) -> BlueprintKind {
        match self {
            OwnerKind::Workload => BlueprintKind::SupplyChain,
            OwnerKind::Deliverable => BlueprintKind::Delivery,
        }
    }
}

impl fmt::Display for OwnerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a workload asks for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadSpec {
    /// Additional parameters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<OwnerParam>,
    /// Where the source code of the workload is. Give one of source and image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// How the workload is built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build: Option<WorkloadBuild>,
    /// Environment variables of the main container that runs the application.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<EnvVar>")]
    pub env: Vec<Node>,
    /// A pre-built image in a registry, instead of source code. Give one of source and image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Resource constraints of the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ResourceRequirements")]
    pub resources: Option<Node>,
    /// The service account with permissions to create the resources of the supply chain. If it is not
    /// given, that of the supply chain is used, else the account `default` in the namespace of the workload.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_account_name: String,
    /// Services that the application is bound to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub service_claims: Vec<WorkloadServiceClaim>,
}

/// How a workload is built.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadBuild {
    /// Environment variables of the resources that build.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<EnvVar>")]
    pub env: Vec<Node>,
}

/// A service that an application is bound to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadServiceClaim {
    /// Name of the claim.
    pub name: String,
    /// The service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "ref")]
    pub reference: Option<WorkloadServiceClaimReference>,
}

/// A service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadServiceClaimReference {
    /// Version of its API.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
}

/// What a deliverable asks for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct DeliverableSpec {
    /// Additional parameters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<OwnerParam>,
    /// Where the configuration to deliver is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The service account with permissions to create the resources of the delivery. If it is not given,
    /// that of the delivery is used, else the account `default` in the namespace of the deliverable.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_account_name: String,
}

/// What a cluster says of an owner. The reference to the blueprint is `supplyChainRef` of workloads and
/// `deliveryRef` of deliverables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnerStatus {
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "is_zero")]
    pub observed_generation: i64,
    /// The state of the owner; the top level condition is of type `Ready`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The supply chain of a workload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supply_chain_ref: Option<ObjectReference>,
    /// The delivery of a deliverable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_ref: Option<ObjectReference>,
    /// The resources of the blueprint, with the objects stamped for them and what they give.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ResourceStatus>,
}
