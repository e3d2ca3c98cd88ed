//! Go types of `k8s.io/api/core/v1` and `k8s.io/apimachinery` (0.28, of which the reference is built) that owners are
//! made of.

use super::{Field, Shape, Struct};

const TEXT: Shape = Shape::Text("string");
const OPTIONAL_BOOL: Shape = Shape::Pointer(&Shape::Bool);
const UID: Shape = Shape::Text("types.UID");

/// `metav1.TypeMeta`
pub(crate) static TYPE_META: Struct = Struct {
    name: "v1.TypeMeta",
    fields: &[Field::maybe("Kind", "kind", TEXT), Field::maybe("APIVersion", "apiVersion", TEXT)],
};

/// `metav1.ObjectMeta`
pub(crate) static OBJECT_META: Struct = Struct {
    name: "v1.ObjectMeta",
    fields: &[
        Field::maybe("Name", "name", TEXT),
        Field::maybe("GenerateName", "generateName", TEXT),
        Field::maybe("Namespace", "namespace", TEXT),
        Field::maybe("SelfLink", "selfLink", TEXT),
        Field::maybe("UID", "uid", UID),
        Field::maybe("ResourceVersion", "resourceVersion", TEXT),
        Field::maybe("Generation", "generation", Shape::Int("int64")),
        Field::maybe("CreationTimestamp", "creationTimestamp", Shape::Time),
        Field::maybe("DeletionTimestamp", "deletionTimestamp", Shape::Pointer(&Shape::Time)),
        Field::maybe(
            "DeletionGracePeriodSeconds",
            "deletionGracePeriodSeconds",
            Shape::Pointer(&Shape::Int("int64")),
        ),
        Field::maybe("Labels", "labels", STRINGS),
        Field::maybe("Annotations", "annotations", STRINGS),
        Field::maybe("OwnerReferences", "ownerReferences", Shape::List(&Shape::Struct(&OWNER_REFERENCE))),
        Field::maybe("Finalizers", "finalizers", Shape::List(&TEXT)),
        Field::maybe("ManagedFields", "managedFields", Shape::List(&Shape::Struct(&MANAGED_FIELDS))),
    ],
};

const STRINGS: Shape = Shape::Map(&TEXT);

static OWNER_REFERENCE: Struct = Struct {
    name: "v1.OwnerReference",
    fields: &[
        Field::always("APIVersion", "apiVersion", TEXT),
        Field::always("Kind", "kind", TEXT),
        Field::always("Name", "name", TEXT),
        Field::always("UID", "uid", UID),
        Field::maybe("Controller", "controller", OPTIONAL_BOOL),
        Field::maybe("BlockOwnerDeletion", "blockOwnerDeletion", OPTIONAL_BOOL),
    ],
};

static MANAGED_FIELDS: Struct = Struct {
    name: "v1.ManagedFieldsEntry",
    fields: &[
        Field::maybe("Manager", "manager", TEXT),
        Field::maybe("Operation", "operation", Shape::Text("v1.ManagedFieldsOperationType")),
        Field::maybe("APIVersion", "apiVersion", TEXT),
        Field::maybe("Time", "time", Shape::Pointer(&Shape::Time)),
        Field::maybe("FieldsType", "fieldsType", TEXT),
        Field::maybe("FieldsV1", "fieldsV1", Shape::Pointer(&Shape::Opaque("v1.FieldsV1"))),
        Field::maybe("Subresource", "subresource", TEXT),
    ],
};

/// `metav1.Condition`
pub(crate) static CONDITION: Struct = Struct {
    name: "v1.Condition",
    fields: &[
        Field::always("Type", "type", TEXT),
        Field::always("Status", "status", Shape::Text("v1.ConditionStatus")),
        Field::maybe("ObservedGeneration", "observedGeneration", Shape::Int("int64")),
        Field::always("LastTransitionTime", "lastTransitionTime", Shape::Time),
        Field::always("Reason", "reason", TEXT),
        Field::always("Message", "message", TEXT),
    ],
};

/// `corev1.ObjectReference`
pub(crate) static OBJECT_REFERENCE: Struct = Struct {
    name: "v1.ObjectReference",
    fields: &[
        Field::maybe("Kind", "kind", TEXT),
        Field::maybe("Namespace", "namespace", TEXT),
        Field::maybe("Name", "name", TEXT),
        Field::maybe("UID", "uid", UID),
        Field::maybe("APIVersion", "apiVersion", TEXT),
        Field::maybe("ResourceVersion", "resourceVersion", TEXT),
        Field::maybe("FieldPath", "fieldPath", TEXT),
    ],
};

/// `corev1.EnvVar`
pub(crate) static ENV_VAR: Struct = Struct {
    name: "v1.EnvVar",
    fields: &[
        Field::always("Name", "name", TEXT),
        Field::maybe("Value", "value", TEXT),
        Field::maybe("ValueFrom", "valueFrom", Shape::Pointer(&Shape::Struct(&ENV_VAR_SOURCE))),
    ],
};

static ENV_VAR_SOURCE: Struct = Struct {
    name: "v1.EnvVarSource",
    fields: &[
        Field::maybe("FieldRef", "fieldRef", Shape::Pointer(&Shape::Struct(&FIELD_SELECTOR))),
        Field::maybe(
            "ResourceFieldRef",
            "resourceFieldRef",
            Shape::Pointer(&Shape::Struct(&RESOURCE_FIELD_SELECTOR)),
        ),
        Field::maybe(
            "ConfigMapKeyRef",
            "configMapKeyRef",
            Shape::Pointer(&Shape::Struct(&CONFIG_MAP_KEY_SELECTOR)),
        ),
        Field::maybe("SecretKeyRef", "secretKeyRef", Shape::Pointer(&Shape::Struct(&SECRET_KEY_SELECTOR))),
    ],
};

static FIELD_SELECTOR: Struct = Struct {
    name: "v1.ObjectFieldSelector",
    fields: &[Field::maybe("APIVersion", "apiVersion", TEXT), Field::always("FieldPath", "fieldPath", TEXT)],
};

static RESOURCE_FIELD_SELECTOR: Struct = Struct {
    name: "v1.ResourceFieldSelector",
    fields: &[
        Field::maybe("ContainerName", "containerName", TEXT),
        Field::always("Resource", "resource", TEXT),
        Field::maybe("Divisor", "divisor", Shape::Quantity),
    ],
};

static CONFIG_MAP_KEY_SELECTOR: Struct =
    Struct { name: "v1.ConfigMapKeySelector", fields: KEY_SELECTOR_FIELDS };

static SECRET_KEY_SELECTOR: Struct = Struct { name: "v1.SecretKeySelector", fields: KEY_SELECTOR_FIELDS };

const KEY_SELECTOR_FIELDS: &[Field] = &[
    Field::embedded("LocalObjectReference", "", Shape::Struct(&LOCAL_OBJECT_REFERENCE)),
    Field::always("Key", "key", TEXT),
    Field::maybe("Optional", "optional", OPTIONAL_BOOL),
];

static LOCAL_OBJECT_REFERENCE: Struct =
    Struct { name: "v1.LocalObjectReference", fields: &[Field::maybe("Name", "name", TEXT)] };

/// `corev1.ResourceRequirements`
pub(crate) static RESOURCE_REQUIREMENTS: Struct = Struct {
    name: "v1.ResourceRequirements",
    fields: &[
        Field::maybe("Limits", "limits", Shape::Map(&Shape::Quantity)),
        Field::maybe("Requests", "requests", Shape::Map(&Shape::Quantity)),
        Field::maybe("Claims", "claims", Shape::List(&Shape::Struct(&RESOURCE_CLAIM))),
    ],
};

static RESOURCE_CLAIM: Struct =
    Struct { name: "v1.ResourceClaim", fields: &[Field::always("Name", "name", TEXT)] };
