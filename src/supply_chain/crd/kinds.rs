//! The eleven kinds.

use super::structural::{merged, one_of, schema, without};
use crate::supply_chain::api::{
    BlueprintSpec, BlueprintStatus, ConfigOutput, DeliverableSpec, DeploymentCompletion, ImageOutput,
    OwnerStatus, RunTemplateSpec, RunnableSpec, RunnableStatus, SourceOutput, TemplateSpec, WorkloadSpec,
};
use crate::yaml::Node;

/// A kind of the API.
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// Its plural in paths of the API, in lower case.
    pub plural: &'static str,
    /// What `kubectl` takes for the plural.
    pub short_name: &'static str,
    /// Whether its objects live in namespaces.
    pub scope: Scope,
    /// Groups of kinds that `kubectl get` lists together.
    pub categories: &'static [&'static str],
    /// What `kubectl get` shows besides the name.
    pub columns: &'static [Column],
    /// What it is for.
    pub description: &'static str,
    pub(super) spec: fn() -> Node,
    /// Kinds without a status have no such subresource either.
    pub(super) status: Option<fn() -> Node>,
}

impl Kind {
    /// Whether its objects have a status, written by way of a subresource.
    pub fn has_status(&self) -> bool {
        self.status.is_some()
    }
}

/// Where objects live.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// In a namespace.
    Namespaced,
    /// In the cluster as a whole.
    Cluster,
}

impl Scope {
    /// The word in the API.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Namespaced => "Namespaced",
            Scope::Cluster => "Cluster",
        }
    }
}

/// A column that `kubectl get` shows.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its title.
    pub name: &'static str,
    /// Where its value is.
    pub path: &'static str,
    /// `string`, or `date` for ages.
    pub format: &'static str,
}

const fn column(name: &'static str, path: &'static str) -> Column {
    Column { name, path, format: "string" }
}

// The reference asks for keys with dots; a workload with a git repository shows nothing in this column.
const SOURCE: Column = column("Source", ".spec.source['git.url','image']");
const READY: Column = column("Ready", ".status.conditions[?(@.type=='Ready')].status");
const REASON: Column = column("Reason", ".status.conditions[?(@.type=='Ready')].reason");
const AGE: Column = Column { name: "Age", path: ".metadata.creationTimestamp", format: "date" };

/// The columns of objects that have a condition `Ready` and nothing else to show.
const STATE: &[Column] = &[READY, REASON, AGE];
const WORKLOAD: &[Column] =
    &[SOURCE, column("SupplyChain", ".status.supplyChainRef.name"), READY, REASON, AGE];
const DELIVERABLE: &[Column] = &[SOURCE, column("Delivery", ".status.deliveryRef.name"), READY, REASON, AGE];

/// A kind of template.
const fn template(
    name: &'static str,
    plural: &'static str,
    short_name: &'static str,
    description: &'static str,
    spec: fn() -> Node,
) -> Kind {
    Kind {
        name,
        plural,
        short_name,
        scope: Scope::Cluster,
        categories: &[],
        columns: &[],
        description,
        spec,
        status: None,
    }
}

/// All kinds of the API.
pub static KINDS: [Kind; 11] = [
    Kind {
        name: "Workload",
        plural: "workloads",
        short_name: "wld",
        scope: Scope::Namespaced,
        categories: &["all"],
        columns: WORKLOAD,
        description: "An application, brought to a deliverable state by the supply chain that selects it.",
        spec: schema::<WorkloadSpec>,
        status: Some(|| without(schema::<OwnerStatus>(), &[], &["deliveryRef"])),
    },
    Kind {
        name: "Deliverable",
        plural: "deliverables",
        short_name: "dlv",
        scope: Scope::Namespaced,
        categories: &["all"],
        columns: DELIVERABLE,
        description: "Configuration, delivered to a cluster by the delivery that selects it.",
        spec: schema::<DeliverableSpec>,
        status: Some(|| without(schema::<OwnerStatus>(), &[], &["supplyChainRef"])),
    },
    Kind {
        name: "Runnable",
        plural: "runnables",
        short_name: "run",
        scope: Scope::Namespaced,
        categories: &[],
        columns: STATE,
        description: "Something to run again whenever its inputs change.",
        spec: schema::<RunnableSpec>,
        status: Some(schema::<RunnableStatus>),
    },
    Kind {
        name: "ClusterSupplyChain",
        plural: "clustersupplychains",
        short_name: "csc",
        scope: Scope::Cluster,
        categories: &[],
        columns: STATE,
        description: "The way of workloads: what is stamped for each of those it selects.",
        spec: || {
            let kinds = ["Source", "Image", "", "Config"];
            blueprint(&kinds, "deployment")
        },
        status: Some(schema::<BlueprintStatus>),
    },
    Kind {
        name: "ClusterDelivery",
        plural: "clusterdeliveries",
        short_name: "cd",
        scope: Scope::Cluster,
        categories: &[],
        columns: STATE,
        description: "The way of deliverables: what is stamped for each of those it selects.",
        spec: || {
            let kinds = ["Source", "Deployment", "", "Config"];
            blueprint(&kinds, "images")
        },
        status: Some(schema::<BlueprintStatus>),
    },
    template(
        "ClusterSourceTemplate",
        "clustersourcetemplates",
        "cst",
        "What is stamped to get the location of source code.",
        || merged(schema::<TemplateSpec>(), schema::<SourceOutput>()),
    ),
    template(
        "ClusterImageTemplate",
        "clusterimagetemplates",
        "cit",
        "What is stamped to get a container image.",
        || merged(schema::<TemplateSpec>(), schema::<ImageOutput>()),
    ),
    template(
        "ClusterConfigTemplate",
        "clusterconfigtemplates",
        "cct",
        "What is stamped to get configuration.",
        || merged(schema::<TemplateSpec>(), schema::<ConfigOutput>()),
    ),
    template(
        "ClusterTemplate",
        "clustertemplates",
        "ct",
        "What is stamped for its own sake, without an output.",
        schema::<TemplateSpec>,
    ),
    template(
        "ClusterDeploymentTemplate",
        "clusterdeploymenttemplates",
        "cdt",
        "What is stamped to deploy, and how to tell that the deployment is done.",
        || merged(schema::<TemplateSpec>(), schema::<DeploymentCompletion>()),
    ),
    template(
        "ClusterRunTemplate",
        "clusterruntemplates",
        "crt",
        "What is stamped for each run of a runnable.",
        schema::<RunTemplateSpec>,
    ),
];

/// The spec of a blueprint whose resources refer to these kinds of templates and lack a field.
fn blueprint(templates: &[&str], lacks: &str) -> Node {
    let resource = &["resources", "[]"];
    let reference = &["resources", "[]", "templateRef"];
    let templates: Vec<String> = templates.iter().map(|kind| format!("Cluster{kind}Template")).collect();
    let templates: Vec<&str> = templates.iter().map(String::as_str).collect();
    one_of(without(schema::<BlueprintSpec>(), resource, &[lacks]), reference, "kind", &templates)
}
