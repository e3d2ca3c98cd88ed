//! The owners of supply chains as the reference types them: which fields a path finds, what unset ones are, and what
//! their JSON leaves out.
//!
//! The types are those of `carto.run/v1alpha1`, with `k8s.io/api` and `k8s.io/apimachinery` of 2023.

use super::view::kubernetes::{
    CONDITION, ENV_VAR, OBJECT_META, OBJECT_REFERENCE, RESOURCE_REQUIREMENTS, TYPE_META,
};
use super::view::{Field, Shape, Struct, View};
use crate::yaml::Node;

const TEXT: Shape = Shape::Text("string");
const OPTIONAL_TEXT: Shape = Shape::Pointer(&Shape::Text("string"));
const INT64: Shape = Shape::Int("int64");
const JSON: Shape = Shape::Opaque("v1.JSON");

/// The kinds of objects that own what is stamped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum OwnerKind {
    /// `Workload`, for a `ClusterSupplyChain`.
    Workload,
    /// `Deliverable`, for a `ClusterDelivery`.
    Deliverable,
    /// `Runnable`, for a `ClusterRunTemplate`.
    Runnable,
}

impl OwnerKind {
    /// The kind of this name.
    pub fn from_kind(kind: &str) -> Option<OwnerKind> {
        match kind {
            "Workload" => Some(OwnerKind::Workload),
            "Deliverable" => Some(OwnerKind::Deliverable),
            "Runnable" => Some(OwnerKind::Runnable),
            _ => None,
        }
    }

    /// The Go type of owners of this kind: what a context has them as, see
    /// [`Context::insert`](super::view::Context::insert).
    pub fn shape(self) -> &'static Shape {
        match self {
            OwnerKind::Workload => &WORKLOAD,
            OwnerKind::Deliverable => &DELIVERABLE,
            OwnerKind::Runnable => &RUNNABLE,
        }
    }

    /// An owner as the reference sees it: unset fields are there, unknown ones are not.
    pub fn view(self, owner: &Node) -> View<'_> {
        View::new(owner, self.shape())
    }

    /// An owner as the reference writes it as JSON, for ytt: unset fields are absent or, where the reference
    /// writes them, null, empty or 0; unknown ones are absent.
    pub fn json(self, owner: &Node) -> Node {
        self.view(owner).to_whole_json()
    }
}

/// `*v1alpha1.Workload`
pub static WORKLOAD: Shape = Shape::Pointer(&Shape::Struct(&Struct {
    name: "v1alpha1.Workload",
    fields: &[
        Field::embedded("TypeMeta", "", Shape::Struct(&TYPE_META)),
        Field::embedded("ObjectMeta", "metadata", Shape::Struct(&OBJECT_META)),
        Field::always("Spec", "spec", Shape::Struct(&WORKLOAD_SPEC)),
        Field::maybe("Status", "status", Shape::Struct(&WORKLOAD_STATUS)),
    ],
}));

static WORKLOAD_SPEC: Struct = Struct {
    name: "v1alpha1.WorkloadSpec",
    fields: &[
        Field::maybe("Params", "params", PARAMS),
        Field::maybe("Source", "source", SOURCE),
        Field::maybe("Build", "build", Shape::Struct(&WORKLOAD_BUILD)),
        Field::maybe("Env", "env", ENV),
        Field::maybe("Image", "image", OPTIONAL_TEXT),
        Field::maybe("Resources", "resources", Shape::Pointer(&Shape::Struct(&RESOURCE_REQUIREMENTS))),
        Field::maybe("ServiceAccountName", "serviceAccountName", TEXT),
        Field::maybe("ServiceClaims", "serviceClaims", Shape::List(&Shape::Struct(&SERVICE_CLAIM))),
    ],
};

const ENV: Shape = Shape::List(&Shape::Struct(&ENV_VAR));

static WORKLOAD_BUILD: Struct =
    Struct { name: "v1alpha1.WorkloadBuild", fields: &[Field::maybe("Env", "env", ENV)] };

static SERVICE_CLAIM: Struct = Struct {
    name: "v1alpha1.WorkloadServiceClaim",
    fields: &[
        Field::always("Name", "name", TEXT),
        Field::maybe("Ref", "ref", Shape::Pointer(&Shape::Struct(&SERVICE_CLAIM_REFERENCE))),
    ],
};

static SERVICE_CLAIM_REFERENCE: Struct = Struct {
    name: "v1alpha1.WorkloadServiceClaimReference",
    fields: &[
        Field::always("APIVersion", "apiVersion", TEXT),
        Field::always("Kind", "kind", TEXT),
        Field::always("Name", "name", TEXT),
    ],
};

const PARAMS: Shape = Shape::List(&Shape::Struct(&OWNER_PARAM));

static OWNER_PARAM: Struct = Struct {
    name: "v1alpha1.OwnerParam",
    fields: &[Field::always("Name", "name", TEXT), Field::always("Value", "value", JSON)],
};

const SOURCE: Shape = Shape::Pointer(&Shape::Struct(&SOURCE_FIELDS));

static SOURCE_FIELDS: Struct = Struct {
    name: "v1alpha1.Source",
    fields: &[
        Field::maybe("Git", "git", Shape::Pointer(&Shape::Struct(&GIT_SOURCE))),
        Field::maybe("Image", "image", OPTIONAL_TEXT),
        Field::maybe("Subpath", "subPath", OPTIONAL_TEXT),
    ],
};

static GIT_SOURCE: Struct = Struct {
    name: "v1alpha1.GitSource",
    fields: &[
        Field::maybe("URL", "url", OPTIONAL_TEXT),
        Field::maybe("Ref", "ref", Shape::Pointer(&Shape::Struct(&GIT_REF))),
    ],
};

static GIT_REF: Struct = Struct {
    name: "v1alpha1.GitRef",
    fields: &[
        Field::maybe("Branch", "branch", OPTIONAL_TEXT),
        Field::maybe("Tag", "tag", OPTIONAL_TEXT),
        Field::maybe("Commit", "commit", OPTIONAL_TEXT),
    ],
};

static WORKLOAD_STATUS: Struct = Struct {
    name: "v1alpha1.WorkloadStatus",
    fields: &[
        Field::embedded("OwnerStatus", "", Shape::Struct(&OWNER_STATUS)),
        Field::maybe("SupplyChainRef", "supplyChainRef", Shape::Struct(&BLUEPRINT_REFERENCE)),
        Field::maybe("Resources", "resources", RESOURCES),
    ],
};

static OWNER_STATUS: Struct = Struct {
    name: "v1alpha1.OwnerStatus",
    fields: &[
        Field::maybe("ObservedGeneration", "observedGeneration", INT64),
        Field::maybe("Conditions", "conditions", CONDITIONS),
    ],
};

const CONDITIONS: Shape = Shape::List(&Shape::Struct(&CONDITION));

static BLUEPRINT_REFERENCE: Struct = Struct {
    name: "v1alpha1.ObjectReference",
    fields: &[
        Field::maybe("Kind", "kind", TEXT),
        Field::maybe("Namespace", "namespace", TEXT),
        Field::maybe("Name", "name", TEXT),
        Field::maybe("APIVersion", "apiVersion", TEXT),
    ],
};

const RESOURCES: Shape = Shape::List(&Shape::Struct(&RESOURCE_STATUS));

static RESOURCE_STATUS: Struct = Struct {
    name: "v1alpha1.ResourceStatus",
    fields: &[
        Field::embedded("RealizedResource", "", Shape::Struct(&REALIZED_RESOURCE)),
        Field::maybe("Conditions", "conditions", CONDITIONS),
    ],
};

static REALIZED_RESOURCE: Struct = Struct {
    name: "v1alpha1.RealizedResource",
    fields: &[
        Field::always("Name", "name", TEXT),
        Field::maybe("StampedRef", "stampedRef", Shape::Pointer(&Shape::Struct(&STAMPED_REF))),
        Field::maybe("TemplateRef", "templateRef", Shape::Pointer(&Shape::Struct(&OBJECT_REFERENCE))),
        Field::maybe("Inputs", "inputs", Shape::List(&Shape::Struct(&INPUT))),
        Field::maybe("Outputs", "outputs", Shape::List(&Shape::Struct(&OUTPUT))),
    ],
};

static STAMPED_REF: Struct = Struct {
    name: "v1alpha1.StampedRef",
    fields: &[
        Field::embedded("ObjectReference", "", Shape::Pointer(&Shape::Struct(&OBJECT_REFERENCE))),
        Field::maybe("Resource", "resource", TEXT),
    ],
};

static INPUT: Struct = Struct { name: "v1alpha1.Input", fields: &[Field::always("Name", "name", TEXT)] };

static OUTPUT: Struct = Struct {
    name: "v1alpha1.Output",
    fields: &[
        Field::always("Name", "name", TEXT),
        Field::always("Preview", "preview", TEXT),
        Field::always("Digest", "digest", TEXT),
        Field::always("LastTransitionTime", "lastTransitionTime", Shape::Time),
    ],
};

/// `*v1alpha1.Deliverable`
pub static DELIVERABLE: Shape = Shape::Pointer(&Shape::Struct(&Struct {
    name: "v1alpha1.Deliverable",
    fields: &[
        Field::embedded("TypeMeta", "", Shape::Struct(&TYPE_META)),
        Field::embedded("ObjectMeta", "metadata", Shape::Struct(&OBJECT_META)),
        Field::always("Spec", "spec", Shape::Struct(&DELIVERABLE_SPEC)),
        Field::maybe("Status", "status", Shape::Struct(&DELIVERABLE_STATUS)),
    ],
}));

static DELIVERABLE_SPEC: Struct = Struct {
    name: "v1alpha1.DeliverableSpec",
    fields: &[
        Field::maybe("Params", "params", PARAMS),
        Field::maybe("Source", "source", SOURCE),
        Field::maybe("ServiceAccountName", "serviceAccountName", TEXT),
    ],
};

static DELIVERABLE_STATUS: Struct = Struct {
    name: "v1alpha1.DeliverableStatus",
    fields: &[
        Field::embedded("OwnerStatus", "", Shape::Struct(&OWNER_STATUS)),
        Field::maybe("DeliveryRef", "deliveryRef", Shape::Struct(&BLUEPRINT_REFERENCE)),
        Field::maybe("Resources", "resources", RESOURCES),
    ],
};

/// `*v1alpha1.Runnable`
pub static RUNNABLE: Shape = Shape::Pointer(&Shape::Struct(&Struct {
    name: "v1alpha1.Runnable",
    fields: &[
        Field::embedded("TypeMeta", "", Shape::Struct(&TYPE_META)),
        Field::embedded("ObjectMeta", "metadata", Shape::Struct(&OBJECT_META)),
        Field::always("Spec", "spec", Shape::Struct(&RUNNABLE_SPEC)),
        Field::maybe("Status", "status", Shape::Struct(&RUNNABLE_STATUS)),
    ],
}));

static RUNNABLE_SPEC: Struct = Struct {
    name: "v1alpha1.RunnableSpec",
    fields: &[
        Field::always("RunTemplateRef", "runTemplateRef", Shape::Struct(&TEMPLATE_REFERENCE)),
        Field::maybe("Selector", "selector", Shape::Pointer(&Shape::Struct(&RESOURCE_SELECTOR))),
        Field::maybe("Inputs", "inputs", Shape::Map(&JSON)),
        Field::maybe("ServiceAccountName", "serviceAccountName", TEXT),
        Field::maybe("RetentionPolicy", "retentionPolicy", Shape::Struct(&RETENTION_POLICY)),
    ],
};

static TEMPLATE_REFERENCE: Struct = Struct {
    name: "v1alpha1.TemplateReference",
    fields: &[Field::maybe("Kind", "kind", TEXT), Field::always("Name", "name", TEXT)],
};

static RESOURCE_SELECTOR: Struct = Struct {
    name: "v1alpha1.ResourceSelector",
    fields: &[
        Field::always("Resource", "resource", Shape::Struct(&RESOURCE_TYPE)),
        Field::always("MatchingLabels", "matchingLabels", Shape::Map(&Shape::Text("string"))),
    ],
};

static RESOURCE_TYPE: Struct = Struct {
    name: "v1alpha1.ResourceType",
    fields: &[Field::maybe("APIVersion", "apiVersion", TEXT), Field::maybe("Kind", "kind", TEXT)],
};

static RETENTION_POLICY: Struct = Struct {
    name: "v1alpha1.RetentionPolicy",
    fields: &[
        Field::always("MaxFailedRuns", "maxFailedRuns", INT64),
        Field::always("MaxSuccessfulRuns", "maxSuccessfulRuns", INT64),
    ],
};

static RUNNABLE_STATUS: Struct = Struct {
    name: "v1alpha1.RunnableStatus",
    fields: &[
        Field::maybe("ObservedGeneration", "observedGeneration", INT64),
        Field::maybe("Conditions", "conditions", CONDITIONS),
        Field::maybe("Outputs", "outputs", Shape::Map(&JSON)),
    ],
};

#[cfg(test)]
#[path = "owner_view_tests.rs"]
mod tests;
