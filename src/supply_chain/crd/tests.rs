//! The facts of the reference's definitions.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use super::{definitions, schema};
use crate::supply_chain::part::Part;
use crate::yaml::{Node, json};

/// What a definition says of its kind: name, plural, scope, short name, categories, whether it has a status,
/// and columns.
type Facts = (&'static str, &'static str, &'static str, &'static str, &'static str, bool, &'static str);

const STATE: &str = "Ready .status.conditions[?(@.type=='Ready')].status string, \
    Reason .status.conditions[?(@.type=='Ready')].reason string, \
    Age .metadata.creationTimestamp date";

const FACTS: [Facts; 11] = [
    ("Workload", "workloads", "Namespaced", "wld", "all", true, "SupplyChain .status.supplyChainRef.name"),
    ("Deliverable", "deliverables", "Namespaced", "dlv", "all", true, "Delivery .status.deliveryRef.name"),
    ("Runnable", "runnables", "Namespaced", "run", "", true, ""),
    ("ClusterSupplyChain", "clustersupplychains", "Cluster", "csc", "", true, ""),
    ("ClusterDelivery", "clusterdeliveries", "Cluster", "cd", "", true, ""),
    ("ClusterSourceTemplate", "clustersourcetemplates", "Cluster", "cst", "", false, ""),
    ("ClusterImageTemplate", "clusterimagetemplates", "Cluster", "cit", "", false, ""),
    ("ClusterConfigTemplate", "clusterconfigtemplates", "Cluster", "cct", "", false, ""),
    ("ClusterTemplate", "clustertemplates", "Cluster", "ct", "", false, ""),
    ("ClusterDeploymentTemplate", "clusterdeploymenttemplates", "Cluster", "cdt", "", false, ""),
    ("ClusterRunTemplate", "clusterruntemplates", "Cluster", "crt", "", false, ""),
];

fn texts(list: Part<'_>) -> String {
    list.items().map(Part::text).collect::<Vec<_>>().join(" ")
}

#[test]
fn definitions_have_the_names_of_the_reference() {
    let definitions = definitions();
    assert_eq!(definitions.len(), FACTS.len());
    for (definition, (kind, plural, scope, short, categories, status, columns)) in
        definitions.iter().zip(FACTS)
    {
        let definition = Part::object(definition);
        let spec = definition.get("spec");
        let names = spec.get("names");
        assert_eq!(definition.get("apiVersion").text(), "apiextensions.k8s.io/v1");
        assert_eq!(definition.get("kind").text(), "CustomResourceDefinition");
        assert_eq!(definition.at(&["metadata", "name"]).text(), format!("{plural}.carto.run"));
        assert_eq!(spec.get("group").text(), "carto.run");
        assert_eq!(spec.get("scope").text(), scope, "{kind}");
        assert_eq!(names.get("kind").text(), kind);
        assert_eq!(names.get("listKind").text(), format!("{kind}List"));
        assert_eq!(names.get("plural").text(), plural);
        assert_eq!(names.get("singular").text(), kind.to_lowercase());
        assert_eq!(texts(names.get("shortNames")), short);
        assert_eq!(texts(names.get("categories")), categories, "{kind}");
        let versions: Vec<Part<'_>> = spec.get("versions").items().collect();
        let [version] = versions.as_slice() else { panic!("{kind} has one version") };
        assert_eq!(version.get("name").text(), "v1alpha1");
        assert_eq!(
            (version.get("served").node(), version.get("storage").node()),
            (&Node::Bool(true), &Node::Bool(true))
        );
        assert_eq!(version.at(&["subresources", "status"]).is_set(), status, "{kind}");
        let expected = match (status, columns) {
            (false, _) => String::new(),
            (true, "") => STATE.to_owned(),
            (true, own) => {
                format!("Source .spec.source['git.url','image'] string, {own} string, {STATE}")
            }
        };
        let columns = version.get("additionalPrinterColumns").items().map(|column| {
            format!(
                "{} {} {}",
                column.get("name").text(),
                column.get("jsonPath").text(),
                column.get("type").text()
            )
        });
        assert_eq!(columns.collect::<Vec<_>>().join(", "), expected, "{kind}");
        let schema = version.at(&["schema", "openAPIV3Schema"]);
        assert_eq!(texts(schema.get("required")), "metadata spec", "{kind}");
        assert_eq!(schema.at(&["properties", "status"]).is_set(), status, "{kind}");
    }
}

/// The schema at a path of field names; `[]` leads to the items of a list, `{}` to the values of a map.
fn at<'a>(kind: &str, path: &str) -> Part<'a> {
    let mut part = Part::object(schema(kind).unwrap());
    for name in path.split('.').filter(|name| !name.is_empty()) {
        part = match name {
            "[]" => part.get("items"),
            "{}" => part.get("additionalProperties"),
            name => part.at(&["properties", name]),
        };
    }
    assert!(part.is_set(), "{kind} has no {path}");
    part
}

#[test]
fn fields_are_required_as_in_the_reference() {
    let chain = "ClusterSupplyChain";
    let cases = [
        ("Workload", "spec", ""),
        ("Workload", "spec.params.[]", "name value"),
        ("Workload", "spec.serviceClaims.[]", "name"),
        ("Workload", "spec.serviceClaims.[].ref", "apiVersion kind name"),
        ("Workload", "spec.env.[]", "name"),
        ("Workload", "spec.build.env.[].valueFrom.secretKeyRef", "key"),
        ("Workload", "spec.env.[].valueFrom.fieldRef", "fieldPath"),
        ("Workload", "spec.env.[].valueFrom.resourceFieldRef", "resource"),
        ("Workload", "spec.resources.claims.[]", "name"),
        ("Workload", "status.conditions.[]", "lastTransitionTime message reason status type"),
        ("Workload", "status.resources.[]", "name"),
        ("Workload", "status.resources.[].outputs.[]", "digest lastTransitionTime name preview"),
        ("Workload", "status.resources.[].inputs.[]", "name"),
        ("Deliverable", "spec", ""),
        ("Runnable", "spec", "runTemplateRef"),
        ("Runnable", "spec.runTemplateRef", "name"),
        ("Runnable", "spec.selector", "matchingLabels resource"),
        ("Runnable", "spec.retentionPolicy", "maxFailedRuns maxSuccessfulRuns"),
        (chain, "spec", "resources"),
        (chain, "spec.params.[]", "name"),
        (chain, "spec.serviceAccountRef", "name"),
        (chain, "spec.resources.[]", "name templateRef"),
        (chain, "spec.resources.[].templateRef", "kind"),
        (chain, "spec.resources.[].templateRef.options.[]", "selector"),
        (chain, "spec.resources.[].images.[]", "name resource"),
        (chain, "spec.selectorMatchFields.[]", "key operator"),
        ("ClusterDelivery", "spec.resources.[].deployment", "resource"),
        ("ClusterTemplate", "spec", ""),
        ("ClusterTemplate", "spec.params.[]", "default name"),
        ("ClusterTemplate", "spec.healthRule.multiMatch", "healthy unhealthy"),
        ("ClusterTemplate", "spec.healthRule.multiMatch.healthy.matchConditions.[]", "status type"),
        ("ClusterTemplate", "spec.healthRule.multiMatch.healthy.matchFields.[]", "key operator"),
        ("ClusterSourceTemplate", "spec", "revisionPath urlPath"),
        ("ClusterImageTemplate", "spec", "imagePath"),
        ("ClusterConfigTemplate", "spec", "configPath"),
        ("ClusterDeploymentTemplate", "spec", ""),
        ("ClusterDeploymentTemplate", "spec.observedMatches.[]", "input output"),
        ("ClusterDeploymentTemplate", "spec.observedCompletion", "succeeded"),
        ("ClusterDeploymentTemplate", "spec.observedCompletion.failed", "key value"),
        ("ClusterRunTemplate", "spec", "template"),
    ];
    for (kind, path, expected) in cases {
        let mut required: Vec<&str> = at(kind, path).get("required").items().map(Part::text).collect();
        required.sort_unstable();
        assert_eq!(required.join(" "), expected, "{kind} {path}");
    }
}

#[test]
fn values_are_bound_as_in_the_reference() {
    let operators = r#"["In", "NotIn", "Exists", "DoesNotExist"]"#;
    let chain_kinds =
        r#"["ClusterSourceTemplate", "ClusterImageTemplate", "ClusterTemplate", "ClusterConfigTemplate"]"#;
    let delivery_kinds = r#"["ClusterSourceTemplate", "ClusterDeploymentTemplate", "ClusterTemplate", "ClusterConfigTemplate"]"#;
    let type_of_condition = r#""^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$""#;
    let cases = [
        ("ClusterSupplyChain", "spec.resources.[].templateRef.kind", "enum", chain_kinds),
        ("ClusterDelivery", "spec.resources.[].templateRef.kind", "enum", delivery_kinds),
        ("ClusterSupplyChain", "spec.resources.[].templateRef.name", "minLength", "1"),
        ("ClusterSupplyChain", "spec.resources.[].templateRef.options", "minItems", "2"),
        ("ClusterSupplyChain", "spec.resources.[].templateRef.options.[].name", "minLength", "1"),
        (
            "ClusterSupplyChain",
            "spec.resources.[].templateRef.options.[].selector",
            "x-kubernetes-map-type",
            r#""atomic""#,
        ),
        ("ClusterSupplyChain", "spec.selectorMatchFields.[].key", "minLength", "1"),
        ("ClusterSupplyChain", "spec.selectorMatchFields.[].operator", "enum", operators),
        ("ClusterSupplyChain", "spec.params.[].value", "x-kubernetes-preserve-unknown-fields", "true"),
        ("ClusterTemplate", "spec.lifecycle", "enum", r#"["mutable", "immutable", "tekton"]"#),
        ("ClusterTemplate", "spec.lifecycle", "default", r#""mutable""#),
        ("ClusterTemplate", "spec.template", "x-kubernetes-preserve-unknown-fields", "true"),
        ("ClusterTemplate", "spec.template", "type", r#""object""#),
        ("ClusterTemplate", "spec.healthRule.alwaysHealthy", "type", r#""object""#),
        (
            "ClusterTemplate",
            "spec.healthRule.multiMatch.unhealthy.matchFields.[].operator",
            "enum",
            operators,
        ),
        ("ClusterTemplate", "spec.retentionPolicy.maxFailedRuns", "minimum", "1"),
        ("ClusterTemplate", "spec.retentionPolicy.maxSuccessfulRuns", "format", r#""int64""#),
        ("Runnable", "spec.retentionPolicy", "default", r#"{"maxFailedRuns": 10, "maxSuccessfulRuns": 10}"#),
        ("Runnable", "spec.runTemplateRef.name", "minLength", "1"),
        ("Runnable", "spec.inputs.{}", "x-kubernetes-preserve-unknown-fields", "true"),
        ("Runnable", "status.outputs.{}", "x-kubernetes-preserve-unknown-fields", "true"),
        ("Runnable", "spec.selector.matchingLabels.{}", "type", r#""string""#),
        ("Workload", "spec.resources.claims", "x-kubernetes-list-type", r#""map""#),
        ("Workload", "spec.resources.claims", "x-kubernetes-list-map-keys", r#"["name"]"#),
        ("Workload", "spec.resources.limits.{}", "x-kubernetes-int-or-string", "true"),
        ("Workload", "spec.env.[].valueFrom.configMapKeyRef", "x-kubernetes-map-type", r#""atomic""#),
        ("Workload", "status.conditions.[].status", "enum", r#"["True", "False", "Unknown"]"#),
        ("Workload", "status.conditions.[].reason", "minLength", "1"),
        ("Workload", "status.conditions.[].reason", "maxLength", "1024"),
        (
            "Workload",
            "status.conditions.[].reason",
            "pattern",
            r#""^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$""#,
        ),
        ("Workload", "status.conditions.[].type", "pattern", type_of_condition),
        ("Workload", "status.conditions.[].type", "maxLength", "316"),
        ("Workload", "status.conditions.[].message", "maxLength", "32768"),
        ("Workload", "status.conditions.[].lastTransitionTime", "format", r#""date-time""#),
        ("Workload", "status.conditions.[].observedGeneration", "minimum", "0"),
        ("Deliverable", "status.resources.[].stampedRef", "x-kubernetes-map-type", r#""atomic""#),
        ("Deliverable", "status.resources.[].stampedRef.resource", "type", r#""string""#),
        ("Deliverable", "status.resources.[].templateRef.uid", "type", r#""string""#),
    ];
    for (kind, path, word, expected) in cases {
        let found = at(kind, path).get(word).node();
        let expected = json::read(expected.as_bytes()).unwrap();
        let shown = |node: &Node| json::encode(node, 0, false).unwrap();
        assert_eq!(shown(found), shown(&expected), "{kind} {path} {word}");
    }
}

#[test]
fn blueprints_have_the_inputs_of_their_kind() {
    for (kind, has, lacks) in
        [("ClusterSupplyChain", "images", "deployment"), ("ClusterDelivery", "deployment", "images")]
    {
        let resource = at(kind, "spec.resources.[]").get("properties");
        assert!(resource.get(has).is_set() && !resource.get(lacks).is_set(), "{kind}");
    }
    for (kind, has, lacks) in
        [("Workload", "supplyChainRef", "deliveryRef"), ("Deliverable", "deliveryRef", "supplyChainRef")]
    {
        let status = at(kind, "status").get("properties");
        assert!(status.get(has).is_set() && !status.get(lacks).is_set(), "{kind}");
    }
}

/// What structural schemas must not have, at any depth.
#[test]
fn schemas_are_structural() {
    fn check(schema: &Node, path: &str) {
        let part = Part::object(schema);
        for word in ["$ref", "$schema", "title", "nullable", "oneOf", "const"] {
            assert!(!part.get(word).is_set(), "{path} has {word}");
        }
        let typed = part.get("type").is_set();
        let any = part.get("x-kubernetes-preserve-unknown-fields").is_set()
            || part.get("x-kubernetes-int-or-string").is_set();
        assert!(typed || any, "{path} has no type");
        for (name, property) in part.get("properties").fields() {
            check(property.node(), &format!("{path}.{name}"));
        }
        for word in ["items", "additionalProperties"] {
            if part.get(word).is_set() {
                check(part.get(word).node(), &format!("{path}.{word}"));
            }
        }
    }
    for (kind, ..) in FACTS {
        check(schema(kind).unwrap(), kind);
    }
}
