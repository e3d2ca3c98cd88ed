//! Manifests of the scenarios.

/// A namespace with a service account that may do everything there.
pub(crate) fn namespace(name: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n---\n{}---\n{}",
        account(name),
        rights(name)
    )
}

pub(crate) fn account(namespace: &str) -> String {
    format!("apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: stamper, namespace: {namespace}}}\n")
}

pub(crate) fn rights(namespace: &str) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: stamper, namespace: {namespace}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}}
subjects: [{{kind: ServiceAccount, name: stamper, namespace: {namespace}}}]
"
    )
}

/// A definition of namespaced `things` of a group, with a status.
pub(crate) fn things(group: &str) -> String {
    format!(
        "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: things.{group}}}
spec:
  group: {group}
  scope: Namespaced
  names: {{kind: Thing, listKind: ThingList, plural: things, singular: thing}}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {{status: {{}}}}
    schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}
"
    )
}

/// A chain of two resources, selected by the label `app: NAME`: a thing whose status gives an image, and a
/// ConfigMap with that image, made by ytt.
pub(crate) fn chain(name: &str, group: &str, color: &str) -> String {
    format!(
        "apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {{name: {name}-image}}
spec:
  imagePath: .status.image
  template:
    apiVersion: {group}/v1
    kind: Thing
    metadata: {{name: $(workload.metadata.name)$}}
    spec: {{source: $(workload.spec.source.image)$}}
---
{}---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {{name: {name}}}
spec:
  selector: {{app: {name}}}
  resources:
  - name: image
    templateRef: {{kind: ClusterImageTemplate, name: {name}-image}}
  - name: config
    templateRef: {{kind: ClusterTemplate, name: {name}-config}}
    images: [{{resource: image, name: image}}]
",
        config_template(name, color)
    )
}

/// The template of the ConfigMap of [`chain`].
pub(crate) fn config_template(name: &str, color: &str) -> String {
    format!(
        r##"apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {{name: {name}-config}}
spec:
  ytt: |
    #@ load("@ytt:data", "data")
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: #@ data.values.workload.metadata.name
    data:
      image: #@ data.values.image
      color: {color}
"##
    )
}

pub(crate) fn workload(namespace: &str, name: &str, app: &str, source: &str) -> String {
    format!(
        "apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {{name: {name}, namespace: {namespace}, labels: {{app: {app}}}}}
spec: {{serviceAccountName: stamper, source: {{image: {source}}}}}
"
    )
}

/// A run template that makes a thing for each change of its input.
pub(crate) fn run_template(name: &str, group: &str) -> String {
    format!(
        "apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {{name: {name}}}
spec:
  template:
    apiVersion: {group}/v1
    kind: Thing
    metadata: {{generateName: $(runnable.metadata.name)$-}}
    spec: {{input: $(runnable.spec.inputs.input)$}}
"
    )
}

pub(crate) fn runnable(namespace: &str, name: &str, template: &str, input: &str) -> String {
    format!(
        "apiVersion: carto.run/v1alpha1
kind: Runnable
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  serviceAccountName: stamper
  runTemplateRef: {{name: {template}}}
  inputs: {{input: {input}}}
"
    )
}
