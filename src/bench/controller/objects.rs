//! The objects that are measured. Whatever is not in a namespace of the bench has a name that begins with
//! [`NAME`]; everything that can carry it has the label [`LABEL`].

use std::fmt::Write as _;

use crate::supply_chain::crd;
use crate::yaml::{Node, json};

/// The namespace, and how names outside of it begin.
pub(super) const NAME: &str = "stampmill-bench";
/// The namespace of the bare client.
pub(super) const BARE: &str = "stampmill-bench-bare";
/// The label of everything that is of a bench.
pub(super) const LABEL: &str = "stampmill-bench";
/// The group of the kinds of the bench.
pub(super) const GROUP: &str = "stampmill-bench.example.com";
/// The plurals of the kinds of the bench.
pub(super) const KINDS: [&str; 2] = ["things", "owners"];

/// The supply chains of the reference's benchmark.
pub(super) const REFERENCE_CHAINS: usize = 5;

const CARTO: &str = "/apis/carto.run/v1alpha1";

/// The path of a kind of `carto.run`, in the bench's namespace where it has one.
pub(super) fn carto(plural: &str) -> String {
    if plural.starts_with("cluster") {
        format!("{CARTO}/{plural}")
    } else {
        format!("{CARTO}/namespaces/{NAME}/{plural}")
    }
}

/// The path of a kind of the bench.
pub(super) fn own(namespace: &str, plural: &str) -> String {
    format!("/apis/{GROUP}/v1/namespaces/{namespace}/{plural}")
}

pub(super) fn config_maps(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/configmaps")
}

pub(super) const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

fn labels() -> String {
    format!(r#""labels":{{"{LABEL}":"true"}}"#)
}

pub(super) fn namespace(name: &str) -> String {
    format!(r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"{name}",{}}}}}"#, labels())
}

/// A definition of `things`, whose status is set by the bench, or of `owners`, which are what workloads are.
pub(super) fn definition(plural: &str) -> String {
    let (kind, schema) = match plural {
        "owners" => ("Owner", workload_schema()),
        _ => ("Thing", r#"{"type":"object","x-kubernetes-preserve-unknown-fields":true}"#.to_owned()),
    };
    let singular = kind.to_lowercase();
    format!(
        r#"{{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{{"name":"{plural}.{GROUP}",{}}},
        "spec":{{"group":"{GROUP}","scope":"Namespaced","names":{{"kind":"{kind}","listKind":"{kind}List","plural":"{plural}","singular":"{singular}"}},
        "versions":[{{"name":"v1","served":true,"storage":true,"subresources":{{"status":{{}}}},"schema":{{"openAPIV3Schema":{schema}}}}}]}}}}"#,
        labels()
    )
}

fn workload_schema() -> String {
    let schema = crd::schema("Workload").unwrap_or(&Node::Null);
    json::encode(schema, 0, false).unwrap_or_default()
}

/// The service account that stamps and its rights: path and object.
pub(super) fn account() -> [(String, String); 3] {
    const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces";
    let labels = labels();
    let metadata = format!(r#""metadata":{{"name":"stamper","namespace":"{NAME}",{labels}}}"#);
    [
        (
            format!("/api/v1/namespaces/{NAME}/serviceaccounts"),
            format!(r#"{{"apiVersion":"v1","kind":"ServiceAccount",{metadata}}}"#),
        ),
        (
            format!("{RBAC}/{NAME}/roles"),
            format!(
                r#"{{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role",{metadata},"rules":[
                {{"apiGroups":[""],"resources":["configmaps"],"verbs":["*"]}},{{"apiGroups":["{GROUP}"],"resources":["things"],"verbs":["*"]}}]}}"#
            ),
        ),
        (
            format!("{RBAC}/{NAME}/rolebindings"),
            format!(
                r#"{{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding",{metadata},
                "roleRef":{{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"stamper"}},
                "subjects":[{{"kind":"ServiceAccount","name":"stamper","namespace":"{NAME}"}}]}}"#
            ),
        ),
    ]
}

fn template(kind: &str, name: &str, spec: &str) -> (String, String) {
    let plural = format!("{}s", kind.to_lowercase());
    let text = format!(
        r#"{{"apiVersion":"carto.run/v1alpha1","kind":"{kind}","metadata":{{"name":"{NAME}-{name}",{}}},"spec":{spec}}}"#,
        labels()
    );
    (carto(&plural), text)
}

/// A supply chain for workloads with the label `chain: NAME`.
fn chain(name: &str, resources: &str) -> (String, String) {
    let spec = format!(r#"{{"selector":{{"chain":"{name}"}},"resources":[{resources}]}}"#);
    template("ClusterSupplyChain", name, &spec)
}

fn quoted(text: &str) -> String {
    json::encode(&Node::str(text), 0, false).unwrap_or_default()
}

fn ytt(text: &str) -> String {
    quoted(&format!("#@ load(\"@ytt:data\", \"data\")\n{text}"))
}

/// The templates of the chain of three resources: a source, an image of it and a configuration with that.
/// They stamp ConfigMaps, whose outputs are there at once, as the reference's benchmark does.
pub(super) fn fleet_templates() -> [(String, String); 3] {
    let image = ytt(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: #@ data.values.workload.metadata.name + \"-image\"\n\
         data:\n  image: #@ \"registry.example.com/\" + data.values.workload.metadata.name + \"@\" + data.values.source.revision\n",
    );
    let config = ytt(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: #@ data.values.workload.metadata.name + \"-config\"\n\
         data:\n  image: #@ data.values.image\n  #@ for variable in data.values.workload.spec.env:\n  \
         #@yaml/text-templated-strings\n  (@= variable.name @): #@ variable.value\n  #@ end\n",
    );
    [
        template(
            "ClusterSourceTemplate",
            "source",
            r#"{"urlPath":".data.url","revisionPath":".data.revision","template":{"apiVersion":"v1","kind":"ConfigMap",
            "metadata":{"name":"$(workload.metadata.name)$-source"},
            "data":{"url":"$(workload.spec.source.git.url)$","revision":"$(workload.spec.source.git.ref.branch)$"}}}"#,
        ),
        template("ClusterImageTemplate", "image", &format!(r#"{{"imagePath":".data.image","ytt":{image}}}"#)),
        template("ClusterTemplate", "config", &format!(r#"{{"ytt":{config}}}"#)),
    ]
}

/// The chain of three resources.
pub(super) fn fleet_chain() -> (String, String) {
    let resource = |name: &str, kind: &str, inputs: &str| {
        format!(r#"{{"name":"{name}","templateRef":{{"kind":"{kind}","name":"{NAME}-{name}"}}{inputs}}}"#)
    };
    let resources = [
        resource("source", "ClusterSourceTemplate", ""),
        resource("image", "ClusterImageTemplate", r#","sources":[{"resource":"source","name":"source"}]"#),
        resource("config", "ClusterTemplate", r#","images":[{"resource":"image","name":"image"}]"#),
    ];
    chain("fleet", &resources.join(","))
}

/// A chain of two resources: a thing whose status gives an image, and a ConfigMap with that image.
pub(super) fn thing_chain() -> [(String, String); 3] {
    [
        template(
            "ClusterImageTemplate",
            "thing",
            &format!(
                r#"{{"imagePath":".status.image","template":{{"apiVersion":"{GROUP}/v1","kind":"Thing",
                "metadata":{{"name":"$(workload.metadata.name)$"}},"spec":{{"source":"$(workload.spec.source.git.url)$"}}}}}}"#
            ),
        ),
        color_template("red"),
        chain(
            "thing",
            &format!(
                r#"{{"name":"thing","templateRef":{{"kind":"ClusterImageTemplate","name":"{NAME}-thing"}}}},
                {{"name":"color","templateRef":{{"kind":"ClusterTemplate","name":"{NAME}-color"}},"images":[{{"resource":"thing","name":"image"}}]}}"#
            ),
        ),
    ]
}

/// The template of the ConfigMaps of [`thing_chain`].
pub(super) fn color_template(color: &str) -> (String, String) {
    let text = ytt(&format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: #@ data.values.workload.metadata.name\n\
         data:\n  image: #@ data.values.image\n  color: {color}\n"
    ));
    template("ClusterTemplate", "color", &format!(r#"{{"ytt":{text}}}"#))
}

/// A workload for a chain.
pub(super) fn workload(name: &str, chain: &str) -> String {
    format!(
        r#"{{"apiVersion":"carto.run/v1alpha1","kind":"Workload","metadata":{{"name":"{name}","namespace":"{NAME}",
        "labels":{{"{LABEL}":"true","chain":"{chain}"}}}},"spec":{{"serviceAccountName":"stamper",
        "source":{{"git":{{"url":"https://git.example.com/{name}.git","ref":{{"branch":"main"}}}}}},
        "env":[{{"name":"PORT","value":"8080"}},{{"name":"LEVEL","value":"info"}}]}}}}"#
    )
}

/// A supply chain of the reference's benchmark and its template: a ConfigMap.
pub(super) fn reference_chain(number: usize) -> [(String, String); 2] {
    let name = format!("reference-{number}");
    [
        template(
            "ClusterTemplate",
            &name,
            r#"{"template":{"apiVersion":"v1","kind":"ConfigMap",
            "metadata":{"name":"$(workload.metadata.name)$-stamped-object","labels":{}},"data":{"foo":"bar"}}}"#,
        ),
        chain(
            &name,
            &format!(
                r#"{{"name":"template","templateRef":{{"kind":"ClusterTemplate","name":"{NAME}-{name}"}}}}"#
            ),
        ),
    ]
}

/// A workload of the reference's benchmark.
pub(super) fn reference_workload(number: usize) -> String {
    let chain = number % REFERENCE_CHAINS;
    format!(
        r#"{{"apiVersion":"carto.run/v1alpha1","kind":"Workload","metadata":{{"name":"foo-workload-{number}","namespace":"{NAME}",
        "labels":{{"{LABEL}":"true","chain":"reference-{chain}"}}}},"spec":{{"serviceAccountName":"stamper"}}}}"#
    )
}

/// The run template of one runnable of the reference's benchmark.
pub(super) fn run_template(number: usize) -> (String, String) {
    template(
        "ClusterRunTemplate",
        &format!("foo-runnable-{number}"),
        &format!(
            r#"{{"outputs":{{"my-output":"spec.foo"}},"template":{{"apiVersion":"{GROUP}/v1","kind":"Thing",
            "metadata":{{"generateName":"foo-runnable-{number}-stamped-object"}},"spec":{{"foo":"value is $(runnable.spec.inputs.arg)$"}}}}}}"#
        ),
    )
}

/// A runnable of the reference's benchmark.
pub(super) fn runnable(number: usize) -> String {
    format!(
        r#"{{"apiVersion":"carto.run/v1alpha1","kind":"Runnable","metadata":{{"name":"foo-runnable-{number}","namespace":"{NAME}","labels":{{"{LABEL}":"true"}}}},
        "spec":{{"serviceAccountName":"stamper","runTemplateRef":{{"name":"{NAME}-foo-runnable-{number}"}},"inputs":{{"command":"echo","arg":"0"}}}}}}"#
    )
}

/// What the maker of things says of one: an image, and that it has succeeded.
pub(super) fn thing_status(image: &str) -> String {
    format!(
        r#"{{"status":{{"image":"{image}","conditions":[{{"type":"Succeeded","status":"True","reason":"because",
        "message":"see?","lastTransitionTime":"2026-01-01T00:00:00Z"}}]}}}}"#
    )
}

/// The owner of the bare client, like a workload.
pub(super) fn bare_owner(name: &str) -> String {
    workload(name, "fleet")
        .replace("carto.run/v1alpha1", &format!("{GROUP}/v1"))
        .replace(r#""kind":"Workload""#, r#""kind":"Owner""#)
        .replace(&format!(r#""namespace":"{NAME}""#), &format!(r#""namespace":"{BARE}""#))
}

/// What the controller stamps for a workload of the fleet, for an owner of the bare client. The labels have keys
/// of the same length as the controller's, so that it need not look at them.
pub(super) fn bare_objects(name: &str, uid: &str) -> [String; 3] {
    let object = |resource: &str, kind: &str, data: &str| {
        let mut labels = String::new();
        let long = format!("{NAME}-{resource}");
        for (key, value) in [
            ("cluster-template-name", long.as_str()),
            ("resource-name", resource),
            ("supply-chain-name", "stampmill-bench-fleet"),
            ("template-kind", kind),
            ("template-lifecycle", "mutable"),
            ("workload-name", name),
            ("workload-namespace", BARE),
        ] {
            _ = write!(labels, r#""bench.own/{key}":"{value}","#);
        }
        format!(
            r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{name}-{resource}","namespace":"{BARE}",
            "labels":{{{labels}"{LABEL}":"true"}},"ownerReferences":[{{"apiVersion":"{GROUP}/v1","kind":"Owner","name":"{name}","uid":"{uid}",
            "controller":true,"blockOwnerDeletion":true}}]}},"data":{{{data}}}}}"#
        )
    };
    let image = format!("registry.example.com/{name}@main");
    [
        object(
            "source",
            "ClusterSourceTemplate",
            &format!(r#""url":"https://git.example.com/{name}.git","revision":"main""#),
        ),
        object("image", "ClusterImageTemplate", &format!(r#""image":"{image}""#)),
        object("config", "ClusterTemplate", &format!(r#""image":"{image}","PORT":"8080","LEVEL":"info""#)),
    ]
}
