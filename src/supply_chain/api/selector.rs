//! How blueprints and template options choose owners.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an owner must have to be chosen. All requirements must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-kubernetes-map-type" = "atomic"))]
pub struct Selector {
    /// Labels the owner must have.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
    /// Requirements on the owner's labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<LabelRequirement>,
    /// Requirements on the owner's fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_fields: Vec<FieldRequirement>,
}

impl Selector {
    /// How many requirements there are: of the selectors that match, the one with most wins.
    pub fn requirements(&self) -> usize {
        self.match_labels.len() + self.match_expressions.len() + self.match_fields.len()
    }
}

/// A requirement on a label.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LabelRequirement {
    /// The label key that the requirement applies to.
    pub key: String,
    /// A key's relationship to a set of values. Valid operators are In, NotIn, Exists and DoesNotExist.
    pub operator: String,
    /// Values of the label. If the operator is In or NotIn, there must be some. If the operator is Exists
    /// or DoesNotExist, there must be none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// A requirement on a field.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldRequirement {
    /// The JSON path of the field to match against, such as `spec.source.git.url`.
    #[schemars(length(min = 1))]
    pub key: String,
    /// A key's relationship to a set of values. Valid operators are In, NotIn, Exists and DoesNotExist.
    #[schemars(extend("enum" = ["In", "NotIn", "Exists", "DoesNotExist"]))]
    pub operator: String,
    /// Strings to compare with. If the operator is In or NotIn, there must be some. If the operator is
    /// Exists or DoesNotExist, there must be none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}
