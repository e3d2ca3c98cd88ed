#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::{Converted, convert};

fn remarks(converted: &Converted) -> (Vec<String>, Vec<String>) {
    let shown = |remarks: &[super::Remark]| {
        remarks.iter().map(|remark| format!("{}: {}", remark.line, remark.text)).collect()
    };
    (shown(&converted.changes), shown(&converted.warnings))
}

#[test]
fn a_supply_chain_of_2021() {
    let text = "\
# The way to production.
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: supply-chain
spec:
  selector:
    app.tanzu.vmware.com/workload-type: web

  #   source-provider <--[src]-- image-builder
  components:
  - name: source-provider   # from git
    templateRef: {kind: ClusterSourceTemplate, name: source}
  - name: image-builder
    templateRef:
      kind: ClusterImageTemplate
      name: image
    params:
    - name: component
      value: components
    sources:
    - component: source-provider
      name: source
    images: [{name: x, component: component}]
---
kind: Other
spec:
  components: []
";
    let expected = text
        .replace("  components:\n  -", "  resources:\n  -")
        .replace("- component: source-provider", "- resource: source-provider")
        .replace("component: component}", "resource: component}");
    let converted = convert(text).unwrap();
    assert_eq!(converted.text, expected);
    let changes =
        ["11: components is now resources", "22: component is now resource", "24: component is now resource"];
    assert_eq!(remarks(&converted), (changes.map(String::from).to_vec(), Vec::new()));
    assert!(!converted.laid_out);
    let again = convert(&expected).unwrap();
    assert_eq!((again.text, again.changes.len()), (expected, 0));
}

#[test]
fn run_templates_and_pipelines() {
    let text = "\
apiVersion: carto.run/v1alpha1
kind: RunTemplate
metadata:
  name: test
  namespace: default
spec:
  template:
    apiVersion: test.run/v1alpha1
    kind: TestObj
    metadata:
      generateName: test-
      namespace: $(pipeline.metadata.namespace)$
      labels:
        carto.run/pipeline-name: $(pipeline.metadata.name)$
        carto.run/pipeline-namespace: $(pipeline.metadata.namespace)$
    spec:
      both: $(pipeline.spec.inputs.a)$-$(pipeline.spec.inputs.b)$
      script: |
        echo $(pipeline.spec.inputs.a)$
        echo pipeline
---
apiVersion: carto.run/v1alpha1
kind: Pipeline
metadata: {name: test, namespace: default}
spec:
  runTemplateRef:
    kind: RunTemplate
    name: test
    namespace: default
  inputs:
    kind: Pipeline
";
    let expected = "\
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata:
  name: test
spec:
  template:
    apiVersion: test.run/v1alpha1
    kind: TestObj
    metadata:
      generateName: test-
      labels:
        carto.run/runnable-name: $(runnable.metadata.name)$
    spec:
      both: $(runnable.spec.inputs.a)$-$(runnable.spec.inputs.b)$
      script: |
        echo $(runnable.spec.inputs.a)$
        echo pipeline
---
apiVersion: carto.run/v1alpha1
kind: Runnable
metadata: {name: test, namespace: default}
spec:
  runTemplateRef:
    kind: ClusterRunTemplate
    name: test
  inputs:
    kind: Pipeline
";
    let converted = convert(text).unwrap();
    assert_eq!(converted.text, expected);
    assert!(!converted.laid_out && converted.warnings.is_empty());
}

#[test]
fn templates_of_pipelines_and_what_nobody_can_convert() {
    let text = "\
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: t}
spec:
  template:
    apiVersion: carto.run/v1alpha1
    kind: Pipeline
    metadata:
      name: $(workload.metadata.name)$
      namespace: elsewhere
    spec:
      runTemplateRef: {name: test, namespace: x, kind: RunTemplate}
";
    let converted = convert(text).unwrap();
    // Several things on a line: the tree is laid out anew.
    assert!(converted.laid_out);
    let expected = "\
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata:
  name: t
spec:
  template:
    apiVersion: carto.run/v1alpha1
    kind: Runnable
    metadata:
      name: $(workload.metadata.name)$
      namespace: elsewhere
    spec:
      runTemplateRef:
        name: test
        kind: ClusterRunTemplate
";
    assert_eq!(converted.text, expected);
    let warning =
        "10: templates cannot choose a namespace any more: what is stamped comes into that of the owner";
    assert_eq!(remarks(&converted).1, [warning]);

    let ytt = "apiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nspec:\n  ytt: |\n    apiVersion: carto.run/v1alpha1\n    kind: Pipeline\n";
    let converted = convert(ytt).unwrap();
    assert_eq!(converted.text, ytt);
    assert_eq!(
        remarks(&converted).1,
        ["4: this ytt template makes a Pipeline or RunTemplate: change it by hand"]
    );
}

#[test]
fn what_is_no_yaml_is_said() {
    assert!(convert("a: [").is_err());
    assert_eq!(convert("").unwrap().text, "");
}
