//! The types of the API group `carto.run/v1alpha1`.
//!
//! They have the reference's names and JSON form; their documentation is what `kubectl explain` shows, so
//! it speaks to those who write blueprints and workloads. Objects are read from trees with
//! [`yaml::from_node`](crate::yaml::from_node).

mod blueprint;
mod common;
mod owner;
mod run;
mod schema;
mod selector;
mod status;
mod template;

pub use blueprint::{
    Blueprint, BlueprintKind, BlueprintSpec, BlueprintStatus, Resource, TemplateOption, TemplateRef,
};
pub use common::{
    BlueprintParam, DeploymentReference, GitRef, GitSource, Metadata, ObjectReference, OwnerParam,
    ResourceReference, ServiceAccountRef, Source, TemplateParam, read,
};
pub use owner::{
    DeliverableSpec, OwnerKind, OwnerStatus, WorkloadBuild, WorkloadServiceClaim,
    WorkloadServiceClaimReference, WorkloadSpec,
};
pub use run::{
    ResourceSelector, ResourceType, RetentionPolicy, RunTemplateRef, RunTemplateSpec, RunnableSpec,
    RunnableStatus,
};
pub use selector::{FieldRequirement, LabelRequirement, Selector};
pub use status::{Condition, Input, Output, ResourceStatus, StampedRef, Status};
pub use template::{
    CompletionCondition, ConditionRequirement, ConfigOutput, DeploymentCompletion, HealthFieldRequirement,
    HealthMatchRule, HealthRule, ImageOutput, Lifecycle, MultiMatch, ObservedCompletion, ObservedMatch,
    SourceOutput, Template, TemplateKind, TemplateOutput, TemplateSpec,
};

/// The group of the API.
pub const GROUP: &str = "carto.run";
/// The only version of the API.
pub const VERSION: &str = "v1alpha1";
/// `apiVersion` of all kinds.
pub const API_VERSION: &str = "carto.run/v1alpha1";
