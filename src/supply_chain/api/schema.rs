//! Schemas of what the API holds as plain trees: values of any shape, and types of Kubernetes itself.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// Any value.
pub(super) struct Any;

impl JsonSchema for Any {
    fn schema_name() -> Cow<'static, str> {
        "Any".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "x-kubernetes-preserve-unknown-fields": true })
    }
}

/// An object of any shape.
pub(super) struct Object;

impl JsonSchema for Object {
    fn schema_name() -> Cow<'static, str> {
        "Object".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true })
    }
}

/// An amount, as in `resource.Quantity`: `500m`, `1Gi`, 2.
pub(super) struct Quantity;

impl JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [{ "type": "integer" }, { "type": "string" }],
            "pattern": r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$",
            "x-kubernetes-int-or-string": true,
        })
    }
}

/// An environment variable of a container, as in `core/v1`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct EnvVar {
    /// Name of the environment variable.
    name: String,
    /// Value of the variable. `$(VAR_NAME)` stands for variables defined before it; `$$` for a `$`.
    #[schemars(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// Where the value comes from, if none is given.
    #[schemars(skip_serializing_if = "Option::is_none")]
    value_from: Option<EnvVarSource>,
}

/// Where the value of an environment variable comes from.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[allow(dead_code, reason = "only its schema is used")]
struct EnvVarSource {
    /// A key of a ConfigMap.
    #[schemars(skip_serializing_if = "Option::is_none")]
    config_map_key_ref: Option<KeySelector>,
    /// A field of the pod, such as `metadata.name` or `status.podIP`.
    #[schemars(skip_serializing_if = "Option::is_none")]
    field_ref: Option<ObjectFieldSelector>,
    /// A limit or request of the container, such as `limits.cpu`.
    #[schemars(skip_serializing_if = "Option::is_none")]
    resource_field_ref: Option<ResourceFieldSelector>,
    /// A key of a Secret in the namespace of the pod.
    #[schemars(skip_serializing_if = "Option::is_none")]
    secret_key_ref: Option<KeySelector>,
}

/// A key of a ConfigMap or Secret.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("x-kubernetes-map-type" = "atomic"))]
#[allow(dead_code, reason = "only its schema is used")]
struct KeySelector {
    /// The key to select.
    key: String,
    /// Name of the object.
    #[schemars(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Whether the object and its key may be missing.
    #[schemars(skip_serializing_if = "Option::is_none")]
    optional: Option<bool>,
}

/// A field of a pod.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("x-kubernetes-map-type" = "atomic"))]
#[allow(dead_code, reason = "only its schema is used")]
struct ObjectFieldSelector {
    /// Version of the API that the path is about; `v1` if none is given.
    #[schemars(skip_serializing_if = "Option::is_none")]
    api_version: Option<String>,
    /// Path of the field.
    field_path: String,
}

/// A limit or request of a container.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("x-kubernetes-map-type" = "atomic"))]
#[allow(dead_code, reason = "only its schema is used")]
struct ResourceFieldSelector {
    /// Name of the container.
    #[schemars(skip_serializing_if = "Option::is_none")]
    container_name: Option<String>,
    /// The unit in which the value is given; 1 if none is given.
    #[schemars(skip_serializing_if = "Option::is_none")]
    divisor: Quantity,
    /// The limit or request.
    resource: String,
}

/// What a container may and must have, as in `core/v1`.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct ResourceRequirements {
    /// Resource claims of the pod that the container uses.
    #[schemars(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    claims: Option<Vec<ResourceClaim>>,
    /// The most the container may take.
    #[schemars(skip_serializing_if = "Option::is_none")]
    limits: Option<BTreeMap<String, Quantity>>,
    /// The least the container needs.
    #[schemars(skip_serializing_if = "Option::is_none")]
    requests: Option<BTreeMap<String, Quantity>>,
}

/// A resource claim of a pod.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[allow(dead_code, reason = "only its schema is used")]
struct ResourceClaim {
    /// Name of the claim in the pod.
    name: String,
}

/// An object, as in `core/v1`. Supply chains set the first four fields only.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("x-kubernetes-map-type" = "atomic"))]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct CoreObjectReference {
    /// Version of its API.
    #[schemars(skip_serializing_if = "Option::is_none")]
    api_version: Option<String>,
    /// Kind.
    #[schemars(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// Namespace.
    #[schemars(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    /// Name.
    #[schemars(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// A part of the object.
    #[schemars(skip_serializing_if = "Option::is_none")]
    field_path: Option<String>,
    /// Version of the object.
    #[schemars(skip_serializing_if = "Option::is_none")]
    resource_version: Option<String>,
    /// Identity of the object.
    #[schemars(skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
}

/// A stamped object: [`CoreObjectReference`] with its resource.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", extend("x-kubernetes-map-type" = "atomic"))]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct StampedObjectReference {
    #[schemars(flatten)]
    object: CoreObjectReference,
    /// Plural name and group, as `kubectl get` takes them: `deployments.apps`.
    #[schemars(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
}
