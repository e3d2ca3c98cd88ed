//! Owners against what Go made of them as the reference's types.

#![allow(clippy::unwrap_used)] // Tests may fail loudly.

use super::OwnerKind;
use crate::supply_chain::jsonpath;
use crate::supply_chain::view::Context;
use crate::yaml::json;

const EMPTY: &str =
    r##"{"apiVersion":"carto.run/v1alpha1","kind":"Workload","metadata":{"name":"pet"},"spec":{}}"##;

const EMPTY_JSON: &str = r##"{"apiVersion":"carto.run/v1alpha1","kind":"Workload","metadata":{"creationTimestamp":null,"name":"pet"},"spec":{"build":{}},"status":{"supplyChainRef":{}}}"##;

const EMPTY_PATHS: &[(&str, &str)] = &[
    ("metadata", r##"{"creationTimestamp":null,"name":"pet"}"##),
    ("metadata.creationTimestamp", "null"),
    ("metadata.deletionTimestamp", "null"),
    ("metadata.deletionGracePeriodSeconds", "null"),
    ("metadata.generation", "0"),
    ("metadata.labels", "null"),
    ("metadata.labels.x", "! jsonpath returned empty list: P"),
    ("metadata.finalizers", "null"),
    ("metadata.finalizers[0]", "! array index out of bounds: index 0, length 0"),
    ("metadata.ownerReferences[0].name", "! array index out of bounds: index 0, length 0"),
    ("spec", r##"{"build":{}}"##),
    ("spec.source", "null"),
    ("spec.source.git", "! jsonpath returned empty list: P"),
    ("spec.build", "{}"),
    ("spec.build.env", "null"),
    ("spec.env[0]", "! array index out of bounds: index 0, length 0"),
    ("spec.env[*]", "! jsonpath returned empty list: P"),
    (r##"spec.env[?(@.name=="A")]"##, "! jsonpath returned empty list: P"),
    ("spec.params", "null"),
    ("spec.serviceAccountName", r##""""##),
    ("spec.resources.limits", "! jsonpath returned empty list: P"),
    ("spec.nope", "! jsonpath returned empty list: P"),
    ("status", r##"{"supplyChainRef":{}}"##),
    ("status.observedGeneration", "0"),
    ("status.conditions", "null"),
    ("status.supplyChainRef", "{}"),
    ("status.supplyChainRef.kind", r##""""##),
    ("kind", r##""Workload""##),
    ("apiVersion", r##""carto.run/v1alpha1""##),
    ("[0]", "! v1.TypeMeta is not array or slice"),
    ("spec[0]", "! v1alpha1.WorkloadSpec is not array or slice"),
    (
        "metadata[?(@.x)]",
        "! {pet      0 0001-01-01 00:00:00 +0000 UTC <nil> <nil> map[] map[] [] [] []} is not array or slice and cannot be filtered",
    ),
    ("metadata.name[0]", "! string is not array or slice"),
    ("spec.image[0]", "! jsonpath returned empty list: P"),
    ("spec.source[?(@.x)]", "! <nil> is not array or slice and cannot be filtered"),
];

const FULL: &str = r##"{"apiVersion":"carto.run/v1alpha1","kind":"Workload","unknown":1,"metadata":{"name":"pet","generation":4,"creationTimestamp":"2024-06-01T12:30:15+02:00","labels":{"tier":"web"},"ownerReferences":[{"name":"o","controller":false}]},"spec":{"params":[{"name":"p","value":{"k":[1,2]}},{"name":"q"}],"source":{"git":{"ref":{"branch":"main","junk":1}}},"build":{"env":[]},"env":[{"name":"A","value":""},{"name":"B","valueFrom":{"secretKeyRef":{"name":"s","key":"k"},"resourceFieldRef":{"resource":"limits.cpu"}}}],"resources":{"limits":{"cpu":"1000m","memory":"1024Mi"},"requests":{"cpu":0.5}},"serviceClaims":[{"name":"db","ref":{"kind":"Secret"}}],"junk":true},"status":{"observedGeneration":3,"conditions":[{"type":"Ready","status":"True","lastTransitionTime":null}],"resources":[{"name":"r","stampedRef":{"kind":"K","resource":"ks"}}]}}"##;

const FULL_JSON: &str = r##"{"apiVersion":"carto.run/v1alpha1","kind":"Workload","metadata":{"creationTimestamp":"2024-06-01T10:30:15Z","generation":4,"labels":{"tier":"web"},"name":"pet","ownerReferences":[{"apiVersion":"","controller":false,"kind":"","name":"o","uid":""}]},"spec":{"build":{},"env":[{"name":"A"},{"name":"B","valueFrom":{"resourceFieldRef":{"divisor":"0","resource":"limits.cpu"},"secretKeyRef":{"key":"k","name":"s"}}}],"params":[{"name":"p","value":{"k":[1,2]}},{"name":"q","value":null}],"resources":{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"500m"}},"serviceClaims":[{"name":"db","ref":{"apiVersion":"","kind":"Secret","name":""}}],"source":{"git":{"ref":{"branch":"main"}}}},"status":{"conditions":[{"lastTransitionTime":null,"message":"","reason":"","status":"True","type":"Ready"}],"observedGeneration":3,"resources":[{"name":"r","stampedRef":{"kind":"K","resource":"ks"}}],"supplyChainRef":{}}}"##;

const FULL_PATHS: &[(&str, &str)] = &[
    ("unknown", "! jsonpath returned empty list: P"),
    (
        "metadata",
        r##"{"creationTimestamp":"2024-06-01T10:30:15Z","generation":4,"labels":{"tier":"web"},"name":"pet","ownerReferences":[{"apiVersion":"","controller":false,"kind":"","name":"o","uid":""}]}"##,
    ),
    ("metadata.creationTimestamp", r##""2024-06-01T10:30:15Z""##),
    ("metadata.labels[0]", "! map[string]string is not array or slice"),
    (
        "metadata.ownerReferences[0]",
        r##"{"apiVersion":"","controller":false,"kind":"","name":"o","uid":""}"##,
    ),
    (
        "spec",
        r##"{"build":{},"env":[{"name":"A"},{"name":"B","valueFrom":{"resourceFieldRef":{"divisor":"0","resource":"limits.cpu"},"secretKeyRef":{"key":"k","name":"s"}}}],"params":[{"name":"p","value":{"k":[1,2]}},{"name":"q","value":null}],"resources":{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"500m"}},"serviceClaims":[{"name":"db","ref":{"apiVersion":"","kind":"Secret","name":""}}],"source":{"git":{"ref":{"branch":"main"}}}}"##,
    ),
    ("spec.params", r##"[{"name":"p","value":{"k":[1,2]}},{"name":"q","value":null}]"##),
    ("spec.params[0].value", r##"{"k":[1,2]}"##),
    ("spec.params[0].value.k", "! jsonpath returned empty list: P"),
    ("spec.params[0].value[0]", "! v1.JSON is not array or slice"),
    ("spec.params[1].value", "null"),
    (r##"spec.params[?(@.name=="p")].value"##, r##"{"k":[1,2]}"##),
    (r##"spec.params[?(@.value=="p")].value"##, "! invalid type for comparison"),
    ("spec.params[0].value.Raw", r##""eyJrIjpbMSwyXX0=""##),
    ("spec.source", r##"{"git":{"ref":{"branch":"main"}}}"##),
    ("spec.source.git.ref", r##"{"branch":"main"}"##),
    ("spec.source.git.ref.tag", "null"),
    ("spec.source.git.ref.junk", "! jsonpath returned empty list: P"),
    ("spec.build", "{}"),
    (
        "spec.env",
        r##"[{"name":"A"},{"name":"B","valueFrom":{"resourceFieldRef":{"divisor":"0","resource":"limits.cpu"},"secretKeyRef":{"key":"k","name":"s"}}}]"##,
    ),
    (r##"spec.env[?(@.value=="")].name"##, "! too many results for the query: P"),
    ("spec.env[?(@.valueFrom)].name", "! too many results for the query: P"),
    (
        "spec.env[1].valueFrom",
        r##"{"resourceFieldRef":{"divisor":"0","resource":"limits.cpu"},"secretKeyRef":{"key":"k","name":"s"}}"##,
    ),
    ("spec.env[1].valueFrom.secretKeyRef.name", r##""s""##),
    ("spec.resources", r##"{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"500m"}}"##),
    ("spec.resources.limits.cpu", r##""1""##),
    ("spec.resources.limits[0]", "! v1.ResourceList is not array or slice"),
    ("spec.resources.requests", r##"{"cpu":"500m"}"##),
    ("spec.serviceClaims[0].ref", r##"{"apiVersion":"","kind":"Secret","name":""}"##),
    ("spec.serviceClaims[0].ref.apiVersion", r##""""##),
    (
        "status",
        r##"{"conditions":[{"lastTransitionTime":null,"message":"","reason":"","status":"True","type":"Ready"}],"observedGeneration":3,"resources":[{"name":"r","stampedRef":{"kind":"K","resource":"ks"}}],"supplyChainRef":{}}"##,
    ),
    (
        "status.conditions[0]",
        r##"{"lastTransitionTime":null,"message":"","reason":"","status":"True","type":"Ready"}"##,
    ),
    ("status.resources[0]", r##"{"name":"r","stampedRef":{"kind":"K","resource":"ks"}}"##),
    ("status.resources[0].name", r##""r""##),
    ("status.resources[0].stampedRef", r##"{"kind":"K","resource":"ks"}"##),
    ("status.resources[0].stampedRef.kind", "! jsonpath returned empty list: P"),
    ("status.resources[0].stampedRef.Kind", r##""K""##),
    ("status.resources[0].stampedRef.resource", r##""ks""##),
    ("Name", r##""pet""##),
    ("Spec.Image", "null"),
    ("ObjectMeta.Generation", "4"),
    ("metadata.generation[0]", "! int64 is not array or slice"),
    ("spec.params..k", "! jsonpath returned empty list: P"),
    ("metadata.ownerReferences[?(@.controller==false)].name", "! invalid type for comparison"),
];

const DELIVERABLE: &str =
    r##"{"metadata":{},"spec":{"source":{"image":"i"},"image":"no"},"status":{"deliveryRef":{"name":"d"}}}"##;

const DELIVERABLE_JSON: &str = r##"{"metadata":{"creationTimestamp":null},"spec":{"source":{"image":"i"}},"status":{"deliveryRef":{"name":"d"}}}"##;

const DELIVERABLE_PATHS: &[(&str, &str)] = &[
    ("spec", r##"{"source":{"image":"i"}}"##),
    ("spec.image", "! jsonpath returned empty list: P"),
    ("spec.source.image", r##""i""##),
    ("status", r##"{"deliveryRef":{"name":"d"}}"##),
    ("kind", r##""""##),
    ("metadata.name", r##""""##),
];

const RUNNABLE: &str = r##"{"spec":{"runTemplateRef":{"name":"t"},"inputs":{"a":{"b":1},"n":null},"selector":{"resource":{"kind":"Pod"}}},"status":{"outputs":{"x":[1]}}}"##;

const RUNNABLE_JSON: &str = r##"{"metadata":{"creationTimestamp":null},"spec":{"inputs":{"a":{"b":1},"n":null},"retentionPolicy":{"maxFailedRuns":0,"maxSuccessfulRuns":0},"runTemplateRef":{"name":"t"},"selector":{"matchingLabels":null,"resource":{"kind":"Pod"}}},"status":{"outputs":{"x":[1]}}}"##;

const RUNNABLE_PATHS: &[(&str, &str)] = &[
    (
        "spec",
        r##"{"inputs":{"a":{"b":1},"n":null},"retentionPolicy":{"maxFailedRuns":0,"maxSuccessfulRuns":0},"runTemplateRef":{"name":"t"},"selector":{"matchingLabels":null,"resource":{"kind":"Pod"}}}"##,
    ),
    ("spec.inputs", r##"{"a":{"b":1},"n":null}"##),
    ("spec.inputs.a", r##"{"b":1}"##),
    ("spec.inputs.a.b", "! jsonpath returned empty list: P"),
    ("spec.inputs.n", "null"),
    ("spec.inputs.zz", "! jsonpath returned empty list: P"),
    ("spec.inputs[0]", "! map[string]v1.JSON is not array or slice"),
    ("spec.selector", r##"{"matchingLabels":null,"resource":{"kind":"Pod"}}"##),
    ("spec.retentionPolicy.maxFailedRuns", "0"),
    ("spec.runTemplateRef.kind", r##""""##),
    ("status", r##"{"outputs":{"x":[1]}}"##),
    ("status.outputs.x", "[1]"),
    ("status.outputs.x[0]", "! v1.JSON is not array or slice"),
];

/// What came out: a value, or `!` and why there is none, with `P` for the path.
fn check(kind: OwnerKind, text: &str, expected_json: &str, paths: &[(&str, &str)]) {
    let owner = json::read(text.as_bytes()).unwrap();
    let mut context = Context::new();
    context.insert("owner", owner.clone(), kind.shape());
    let mut wrong = Vec::new();
    for (path, expected) in paths {
        let path = format!("owner.{path}");
        let found = match jsonpath::evaluate(&path, &context) {
            Ok(value) => json::encode(&value, 0, false).unwrap(),
            Err(error) => {
                let error = error.to_string().replace("evaluate: failed to find results: ", "");
                format!("! {}", error.replace(&path, "P"))
            }
        };
        if found != *expected {
            wrong.push(format!("{path}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(json::encode(&kind.json(&owner), 0, false).unwrap(), expected_json);
}

#[test]
fn an_empty_workload() {
    check(OwnerKind::Workload, EMPTY, EMPTY_JSON, EMPTY_PATHS);
}

#[test]
fn a_workload() {
    check(OwnerKind::Workload, FULL, FULL_JSON, FULL_PATHS);
}

#[test]
fn a_deliverable() {
    check(OwnerKind::Deliverable, DELIVERABLE, DELIVERABLE_JSON, DELIVERABLE_PATHS);
}

#[test]
fn a_runnable() {
    check(OwnerKind::Runnable, RUNNABLE, RUNNABLE_JSON, RUNNABLE_PATHS);
}
