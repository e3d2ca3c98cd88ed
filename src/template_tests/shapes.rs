//! The Go types of what tests consist of: their settings, templates and supply chains.

use crate::supply_chain::api::TemplateKind;
use crate::supply_chain::view::kubernetes::{CONDITION, OBJECT_META, TYPE_META};
use crate::supply_chain::view::{Field, Shape, Struct};

/// Structs: their names in Go, and for each field its name in Go, that in JSON, and its type. `?` stands for
/// `omitempty`, `*` for an embedded struct.
macro_rules! structs {
    ($($static:ident $name:literal { $($go:literal $json:literal $mark:tt $shape:expr;)* })*) => {
        $(static $static: Struct = Struct {
            name: $name,
            fields: &[$(structs!(@field $go $json $mark $shape)),*],
        };)*
    };
    (@field $go:literal $json:literal ? $shape:expr) => { Field::maybe($go, $json, $shape) };
    (@field $go:literal $json:literal ! $shape:expr) => { Field::always($go, $json, $shape) };
    (@field $go:literal $json:literal * $shape:expr) => { Field::embedded($go, $json, $shape) };
}

const TEXT: Shape = Shape::Text("string");
const MAYBE_TEXT: Shape = Shape::Pointer(&TEXT);
const MAYBE_BOOL: Shape = Shape::Pointer(&Shape::Bool);
const TEXTS: Shape = Shape::List(&TEXT);
const MAYBE_TEXTS: Shape = Shape::Pointer(&TEXTS);
const LABELS: Shape = Shape::Map(&TEXT);
const INT64: Shape = Shape::Int("int64");
const ANY: Shape = Shape::Any;
const MAYBE_ANY: Shape = Shape::Pointer(&ANY);
const MAYBE_JSON: Shape = Shape::Pointer(&Shape::Opaque("v1.JSON"));

/// `info.yaml`
pub(super) static INFO: Shape = Shape::Struct(&TEST_INFO);
/// `v1alpha1.ClusterSupplyChain`
pub(super) static SUPPLY_CHAIN: Shape = Shape::Struct(&CLUSTER_SUPPLY_CHAIN);
static SOURCE_TEMPLATE: Shape = Shape::Struct(&CLUSTER_SOURCE_TEMPLATE);
static IMAGE_TEMPLATE: Shape = Shape::Struct(&CLUSTER_IMAGE_TEMPLATE);
static CONFIG_TEMPLATE: Shape = Shape::Struct(&CLUSTER_CONFIG_TEMPLATE);
static PLAIN_TEMPLATE: Shape = Shape::Struct(&CLUSTER_TEMPLATE);

/// The Go type of a template.
pub(super) fn template(kind: TemplateKind) -> &'static Shape {
    match kind {
        TemplateKind::Source => &SOURCE_TEMPLATE,
        TemplateKind::Image => &IMAGE_TEMPLATE,
        TemplateKind::Config => &CONFIG_TEMPLATE,
        TemplateKind::Plain | TemplateKind::Deployment => &PLAIN_TEMPLATE,
    }
}

const INFO_METADATA_SHAPE: Shape = Shape::Struct(&INFO_METADATA);
const GIVEN_SHAPE: Shape = Shape::Struct(&GIVEN);
const COMPARE_SHAPE: Shape = Shape::Struct(&COMPARE_OPTIONS);
const GIVEN_TEMPLATE_SHAPE: Shape = Shape::Struct(&GIVEN_TEMPLATE);
const GIVEN_MOCK_SHAPE: Shape = Shape::Struct(&GIVEN_MOCK);
const GIVEN_CHAIN_SHAPE: Shape = Shape::Struct(&GIVEN_CHAIN);
const MAYBE_INPUTS: Shape = Shape::Pointer(&INPUTS_SHAPE);
const INPUTS_SHAPE: Shape = Shape::Struct(&INPUTS);
const SOURCE_INPUT_SHAPE: Shape = Shape::Struct(&SOURCE_INPUT);
const SOURCE_INPUTS: Shape = Shape::Map(&SOURCE_INPUT_SHAPE);
const MAYBE_SOURCES: Shape = Shape::Pointer(&SOURCE_INPUTS);
const MAYBE_SOURCE_INPUT: Shape = Shape::Pointer(&SOURCE_INPUT_SHAPE);
const IMAGE_INPUT_SHAPE: Shape = Shape::Struct(&IMAGE_INPUT);
const IMAGE_INPUTS: Shape = Shape::Map(&IMAGE_INPUT_SHAPE);
const MAYBE_IMAGES: Shape = Shape::Pointer(&IMAGE_INPUTS);
const CONFIG_INPUT_SHAPE: Shape = Shape::Struct(&CONFIG_INPUT);
const CONFIG_INPUTS: Shape = Shape::Map(&CONFIG_INPUT_SHAPE);
const MAYBE_CONFIGS: Shape = Shape::Pointer(&CONFIG_INPUTS);
const OUTPUT_SHAPE: Shape = Shape::Struct(&OUTPUT);
const MAYBE_OUTPUT: Shape = Shape::Pointer(&OUTPUT_SHAPE);
const OUTPUTS: Shape = Shape::Map(&MAYBE_OUTPUT);
const MAYBE_OUTPUTS: Shape = Shape::Pointer(&OUTPUTS);
const SOURCE_SHAPE: Shape = Shape::Struct(&SOURCE);
const MAYBE_SOURCE: Shape = Shape::Pointer(&SOURCE_SHAPE);
const PARAM_SHAPE: Shape = Shape::Struct(&BLUEPRINT_PARAM);
const PARAMS: Shape = Shape::List(&PARAM_SHAPE);
const MAYBE_PARAMS: Shape = Shape::Pointer(&PARAMS);
const REQUIREMENT_SHAPE: Shape = Shape::Struct(&REQUIREMENT);
const REQUIREMENTS: Shape = Shape::List(&REQUIREMENT_SHAPE);
const RESOURCE_SHAPE: Shape = Shape::Struct(&RESOURCE);
const RESOURCES: Shape = Shape::List(&RESOURCE_SHAPE);
const CHAIN_SPEC_SHAPE: Shape = Shape::Struct(&CHAIN_SPEC);
const CHAIN_STATUS_SHAPE: Shape = Shape::Struct(&CHAIN_STATUS);
const CONDITION_SHAPE: Shape = Shape::Struct(&CONDITION);
const CONDITIONS: Shape = Shape::List(&CONDITION_SHAPE);
const ACCOUNT: Shape = Shape::Struct(&SERVICE_ACCOUNT_REF);
const MAYBE_ACCOUNT: Shape = Shape::Pointer(&ACCOUNT);
const TEMPLATE_REF_SHAPE: Shape = Shape::Struct(&TEMPLATE_REF);
const OPTION_SHAPE: Shape = Shape::Struct(&OPTION);
const OPTIONS: Shape = Shape::List(&OPTION_SHAPE);
const SELECTOR_SHAPE: Shape = Shape::Struct(&SELECTOR);
const REFERENCE_SHAPE: Shape = Shape::Struct(&RESOURCE_REFERENCE);
const REFERENCES: Shape = Shape::List(&REFERENCE_SHAPE);
const TYPE_META_SHAPE: Shape = Shape::Struct(&TYPE_META);
const OBJECT_META_SHAPE: Shape = Shape::Struct(&OBJECT_META);
const TEMPLATE_SPEC_SHAPE: Shape = Shape::Struct(&TEMPLATE_SPEC);
const TEMPLATE_PARAM_SHAPE: Shape = Shape::Struct(&TEMPLATE_PARAM);
const TEMPLATE_PARAMS: Shape = Shape::List(&TEMPLATE_PARAM_SHAPE);
const HEALTH_RULE_SHAPE: Shape = Shape::Struct(&HEALTH_RULE);
const MAYBE_HEALTH_RULE: Shape = Shape::Pointer(&HEALTH_RULE_SHAPE);
const RETENTION_SHAPE: Shape = Shape::Struct(&RETENTION_POLICY);
const MAYBE_RETENTION: Shape = Shape::Pointer(&RETENTION_SHAPE);
const MULTI_MATCH_SHAPE: Shape = Shape::Struct(&MULTI_MATCH);
const MAYBE_MULTI_MATCH: Shape = Shape::Pointer(&MULTI_MATCH_SHAPE);
const MATCH_RULE_SHAPE: Shape = Shape::Struct(&MATCH_RULE);
const MATCH_CONDITION_SHAPE: Shape = Shape::Struct(&MATCH_CONDITION);
const MATCH_CONDITIONS: Shape = Shape::List(&MATCH_CONDITION_SHAPE);
const MATCH_FIELD_SHAPE: Shape = Shape::Struct(&MATCH_FIELD);
const MATCH_FIELDS: Shape = Shape::List(&MATCH_FIELD_SHAPE);

structs! {
    TEST_INFO "testing.testInfo" {
        "Metadata" "metadata" ? INFO_METADATA_SHAPE;
        "Given" "given" ? GIVEN_SHAPE;
        "Expected" "expected" ? MAYBE_TEXT;
        "Focus" "focus" ? MAYBE_BOOL;
        "CompareOptions" "compareOptions" ? COMPARE_SHAPE;
    }
    INFO_METADATA "testing.testInfoMetadata" {
        "Name" "name" ? MAYBE_TEXT;
        "Description" "description" ? MAYBE_TEXT;
    }
    GIVEN "testing.testInfoGiven" {
        "Template" "template" ? GIVEN_TEMPLATE_SHAPE;
        "Workload" "workload" ? MAYBE_TEXT;
        "MockSupplyChain" "mockSupplyChain" ? GIVEN_MOCK_SHAPE;
        "SupplyChain" "supplyChain" ? GIVEN_CHAIN_SHAPE;
    }
    GIVEN_TEMPLATE "testing.testInfoTemplate" {
        "Path" "path" ? MAYBE_TEXT;
        "YttPath" "yttPath" ? MAYBE_TEXT;
    }
    GIVEN_MOCK "testing.testInfoMockSC" {
        "BlueprintInputs" "blueprintInputs" ? MAYBE_INPUTS;
        "BlueprintParams" "blueprintParams" ? MAYBE_PARAMS;
    }
    GIVEN_CHAIN "testing.testInfoSupplyChain" {
        "Paths" "paths" ? TEXTS;
        "YttPath" "yttPath" ? MAYBE_TEXT;
        "TargetResourceName" "targetResourceName" ? MAYBE_TEXT;
        "PreviousOutputs" "previousOutputs" ? MAYBE_OUTPUTS;
    }
    COMPARE_OPTIONS "testing.testInfoCompareOptions" {
        "IgnoreMetadata" "ignoreMetadata" ? MAYBE_BOOL;
        "IgnoreOwnerRefs" "ignoreOwnerRefs" ? MAYBE_BOOL;
        "IgnoreLabels" "ignoreLabels" ? MAYBE_BOOL;
        "IgnoreMetadataFields" "ignoreMetadataFields" ? MAYBE_TEXTS;
        "NamedCMPOptionFuncs" "namedCMPOptionFuncs" ? TEXTS;
    }
    INPUTS "testing.Inputs" {
        "Sources" "sources" ? MAYBE_SOURCES;
        "Images" "images" ? MAYBE_IMAGES;
        "Configs" "configs" ? MAYBE_CONFIGS;
        "Deployment" "deployment" ? MAYBE_SOURCE_INPUT;
    }
    SOURCE_INPUT "templates.SourceInput" {
        "URL" "url" ! ANY;
        "Revision" "revision" ! ANY;
        "Name" "name" ! TEXT;
    }
    IMAGE_INPUT "templates.ImageInput" {
        "Image" "image" ! ANY;
        "Name" "name" ! TEXT;
    }
    CONFIG_INPUT "templates.ConfigInput" {
        "Config" "config" ! ANY;
        "Name" "name" ! TEXT;
    }
    OUTPUT "templates.Output" {
        "Source" "source" ? MAYBE_SOURCE;
        "Image" "image" ? ANY;
        "Config" "config" ? ANY;
    }
    SOURCE "templates.Source" {
        "URL" "url" ! ANY;
        "Revision" "revision" ! ANY;
    }
    BLUEPRINT_PARAM "v1alpha1.BlueprintParam" {
        "Name" "name" ! TEXT;
        "Value" "value" ? MAYBE_JSON;
        "DefaultValue" "default" ? MAYBE_JSON;
    }
    REQUIREMENT "v1.LabelSelectorRequirement" {
        "Key" "key" ! TEXT;
        "Operator" "operator" ! TEXT;
        "Values" "values" ? TEXTS;
    }
    CLUSTER_SUPPLY_CHAIN "v1alpha1.ClusterSupplyChain" {
        "TypeMeta" "" * TYPE_META_SHAPE;
        "ObjectMeta" "metadata" * OBJECT_META_SHAPE;
        "Spec" "spec" ! CHAIN_SPEC_SHAPE;
        "Status" "status" ? CHAIN_STATUS_SHAPE;
    }
    CHAIN_SPEC "v1alpha1.SupplyChainSpec" {
        "Selector" "selector" ? LABELS;
        "SelectorMatchExpressions" "selectorMatchExpressions" ? REQUIREMENTS;
        "SelectorMatchFields" "selectorMatchFields" ? REQUIREMENTS;
        "Resources" "resources" ! RESOURCES;
        "Params" "params" ? PARAMS;
        "ServiceAccountRef" "serviceAccountRef" ? MAYBE_ACCOUNT;
    }
    CHAIN_STATUS "v1alpha1.SupplyChainStatus" {
        "Conditions" "conditions" ? CONDITIONS;
        "ObservedGeneration" "observedGeneration" ? INT64;
    }
    SERVICE_ACCOUNT_REF "v1alpha1.ServiceAccountRef" {
        "Name" "name" ! TEXT;
        "Namespace" "namespace" ? TEXT;
    }
    RESOURCE_REFERENCE "v1alpha1.ResourceReference" {
        "Name" "name" ! TEXT;
        "Resource" "resource" ! TEXT;
    }
    RESOURCE "v1alpha1.SupplyChainResource" {
        "Name" "name" ! TEXT;
        "TemplateRef" "templateRef" ! TEMPLATE_REF_SHAPE;
        "Params" "params" ? PARAMS;
        "Sources" "sources" ? REFERENCES;
        "Images" "images" ? REFERENCES;
        "Configs" "configs" ? REFERENCES;
    }
    TEMPLATE_REF "v1alpha1.SupplyChainTemplateReference" {
        "Kind" "kind" ! TEXT;
        "Name" "name" ? TEXT;
        "Options" "options" ? OPTIONS;
    }
    OPTION "v1alpha1.TemplateOption" {
        "Name" "name" ? TEXT;
        "PassThrough" "passThrough" ? TEXT;
        "Selector" "selector" ! SELECTOR_SHAPE;
    }
    SELECTOR "v1alpha1.Selector" {
        "MatchLabels" "matchLabels" ? LABELS;
        "MatchExpressions" "matchExpressions" ? REQUIREMENTS;
        "MatchFields" "matchFields" ? REQUIREMENTS;
    }
    CLUSTER_SOURCE_TEMPLATE "v1alpha1.ClusterSourceTemplate" {
        "TypeMeta" "" * TYPE_META_SHAPE;
        "ObjectMeta" "metadata" * OBJECT_META_SHAPE;
        "Spec" "spec" ! Shape::Struct(&SOURCE_TEMPLATE_SPEC);
    }
    SOURCE_TEMPLATE_SPEC "v1alpha1.SourceTemplateSpec" {
        "TemplateSpec" "" * TEMPLATE_SPEC_SHAPE;
        "URLPath" "urlPath" ! TEXT;
        "RevisionPath" "revisionPath" ! TEXT;
    }
    CLUSTER_IMAGE_TEMPLATE "v1alpha1.ClusterImageTemplate" {
        "TypeMeta" "" * TYPE_META_SHAPE;
        "ObjectMeta" "metadata" * OBJECT_META_SHAPE;
        "Spec" "spec" ! Shape::Struct(&IMAGE_TEMPLATE_SPEC);
    }
    IMAGE_TEMPLATE_SPEC "v1alpha1.ImageTemplateSpec" {
        "TemplateSpec" "" * TEMPLATE_SPEC_SHAPE;
        "ImagePath" "imagePath" ! TEXT;
    }
    CLUSTER_CONFIG_TEMPLATE "v1alpha1.ClusterConfigTemplate" {
        "TypeMeta" "" * TYPE_META_SHAPE;
        "ObjectMeta" "metadata" * OBJECT_META_SHAPE;
        "Spec" "spec" ! Shape::Struct(&CONFIG_TEMPLATE_SPEC);
    }
    CONFIG_TEMPLATE_SPEC "v1alpha1.ConfigTemplateSpec" {
        "TemplateSpec" "" * TEMPLATE_SPEC_SHAPE;
        "ConfigPath" "configPath" ! TEXT;
    }
    CLUSTER_TEMPLATE "v1alpha1.ClusterTemplate" {
        "TypeMeta" "" * TYPE_META_SHAPE;
        "ObjectMeta" "metadata" * OBJECT_META_SHAPE;
        "Spec" "spec" ! TEMPLATE_SPEC_SHAPE;
    }
    TEMPLATE_SPEC "v1alpha1.TemplateSpec" {
        "Template" "template" ? MAYBE_ANY;
        "Ytt" "ytt" ? TEXT;
        "Params" "params" ? TEMPLATE_PARAMS;
        "HealthRule" "healthRule" ? MAYBE_HEALTH_RULE;
        "Lifecycle" "lifecycle" ? TEXT;
        "RetentionPolicy" "retentionPolicy" ? MAYBE_RETENTION;
    }
    TEMPLATE_PARAM "v1alpha1.TemplateParam" {
        "Name" "name" ! TEXT;
        "DefaultValue" "default" ! Shape::Opaque("v1.JSON");
    }
    RETENTION_POLICY "v1alpha1.RetentionPolicy" {
        "MaxFailedRuns" "maxFailedRuns" ! INT64;
        "MaxSuccessfulRuns" "maxSuccessfulRuns" ! INT64;
    }
    HEALTH_RULE "v1alpha1.HealthRule" {
        "AlwaysHealthy" "alwaysHealthy" ? MAYBE_ANY;
        "SingleConditionType" "singleConditionType" ? TEXT;
        "MultiMatch" "multiMatch" ? MAYBE_MULTI_MATCH;
    }
    MULTI_MATCH "v1alpha1.MultiMatchHealthRule" {
        "Healthy" "healthy" ! MATCH_RULE_SHAPE;
        "Unhealthy" "unhealthy" ! MATCH_RULE_SHAPE;
    }
    MATCH_RULE "v1alpha1.HealthMatchRule" {
        "MatchConditions" "matchConditions" ? MATCH_CONDITIONS;
        "MatchFields" "matchFields" ? MATCH_FIELDS;
    }
    MATCH_CONDITION "v1alpha1.ConditionRequirement" {
        "Type" "type" ! TEXT;
        "Status" "status" ! TEXT;
    }
    MATCH_FIELD "v1alpha1.HealthMatchFieldSelectorRequirement" {
        "Key" "key" ! TEXT;
        "Operator" "operator" ! TEXT;
        "Values" "values" ? TEXTS;
        "MessagePath" "messagePath" ? TEXT;
    }
}
