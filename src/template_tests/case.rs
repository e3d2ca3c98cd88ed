//! One test: what its folder and those above it say.

use crate::supply_chain::api::BlueprintParam;
use crate::yaml::Node;

/// A file, and what ytt evaluates beside it before it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct YttFile {
    /// The file; none if no folder names or has one.
    pub path: Option<String>,
    /// Data values for it. Without them it is not evaluated.
    pub values: Option<String>,
}

/// What the template is stamped for besides the workload.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// No supply chain: inputs and parameters as they are given.
    Mock(Mock),
    /// A resource of a supply chain.
    Chain(Chain),
}

/// What a mock supply chain gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mock {
    /// `sources`, `images` and `configs` by local names.
    pub inputs: Option<Node>,
    /// Parameters.
    pub params: Option<Vec<BlueprintParam>>,
}

/// A real supply chain.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chain {
    /// Files and folders of supply chains, of which the workload's labels select one.
    pub paths: Vec<String>,
    /// Data values with which ytt evaluates each of them.
    pub values: Option<String>,
    /// The resource that is stamped.
    pub resource: String,
    /// What earlier resources gave, by their names.
    pub previous_outputs: Option<Node>,
}

impl Chain {
    /// Whether anything is said of a supply chain, be it not where to find it.
    pub(super) fn is_given(&self) -> bool {
        self.values.is_some()
            || !self.paths.is_empty()
            || !self.resource.is_empty()
            || self.previous_outputs.is_some()
    }
}

/// What does not count when objects are compared. `status` never does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompareOptions {
    /// All of `metadata`.
    pub ignore_metadata: bool,
    /// `metadata.ownerReferences`
    pub ignore_owner_refs: bool,
    /// `metadata.labels`
    pub ignore_labels: bool,
    /// These fields of `metadata`.
    pub ignore_metadata_fields: Vec<String>,
    /// Whether a number is a float or an integer.
    pub numbers_as_floats: bool,
}

/// A test.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its folder, which is its name.
    pub path: String,
    /// What it calls itself.
    pub name: Option<String>,
    /// What it says of itself.
    pub description: Option<String>,
    /// The template.
    pub template: YttFile,
    /// The workload.
    pub workload: Option<String>,
    /// The file with the object that is expected.
    pub expected: Option<String>,
    /// What the template is stamped for.
    pub stage: Stage,
    /// How the objects are compared.
    pub compare: CompareOptions,
    /// Only tests with a focus run if there are any.
    pub focus: bool,
    /// Why it cannot be run.
    pub broken: Option<String>,
}
