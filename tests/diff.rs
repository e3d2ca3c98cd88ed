//! `stampmill diff`, from two versions of templates to what it prints.
#![cfg(feature = "cli")]
#![allow(clippy::expect_used, reason = "tests")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const BEFORE: &str = "\
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: deploy
    templateRef: {kind: ClusterTemplate, name: deploy}
  - name: gone
    templateRef: {kind: ClusterTemplate, name: gone}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: deploy}
spec:
  template:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: $(workload.metadata.name)$}
    spec:
      replicas: 1
      containers:
      - name: $(workload.metadata.name)$
        image: registry/$(workload.metadata.name)$:1
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: gone}
spec:
  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: $(workload.metadata.name)$}}
";

/// One has a port, the other has not.
const WORKLOADS: &str = r#"{"apiVersion":"carto.run/v1alpha1","kind":"Workload","metadata":{"name":"shop","namespace":"team","labels":{"type":"web"}},"spec":{"params":[{"name":"port","value":80}]}}
{"apiVersion":"carto.run/v1alpha1","kind":"Workload","metadata":{"name":"blog","namespace":"team","labels":{"type":"web"}}}
{"apiVersion":"carto.run/v1alpha1","kind":"Workload","metadata":{"name":"news","namespace":"press","labels":{"type":"web"}}}
"#;

fn write(folder: &Path, text: &str) {
    fs::create_dir_all(folder).expect("a directory");
    fs::write(folder.join("chain.yaml"), text).expect("a file");
}

fn after() -> String {
    let gone = "  - name: gone\n    templateRef: {kind: ClusterTemplate, name: gone}\n";
    assert!(BEFORE.contains(gone));
    BEFORE.replace(gone, "").replace(":1\n", ":2\n").replace(
        "      replicas: 1\n",
        "      replicas: 1\n      labels: {owner: $(workload.metadata.name)$, zone: $(workload.metadata.namespace)$}\n",
    )
}

fn place() -> TempDir {
    let place = tempfile::tempdir().expect("a temporary directory");
    fs::write(place.path().join("workloads.ndjson"), WORKLOADS).expect("a file");
    place
}

fn diff(place: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stampmill"));
    command.current_dir(place).arg("diff").args(arguments).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

const ARGUMENTS: [&str; 6] = ["--before", "v1", "--after", "v2", "--workloads", "workloads.ndjson"];

#[test]
fn changes_are_grouped_by_their_shape() {
    let place = place();
    write(&place.path().join("v1"), BEFORE);
    write(&place.path().join("v2"), &after());
    let output = diff(place.path(), &ARGUMENTS);
    let expected = "\
1. apps/v1 Deployment of resource deploy: 3 objects of 3 owners change
   ~ spec.containers[name=<name>].image: \"registry/<name>:1\" → \"registry/<name>:2\"
   + spec.labels: {\"owner\":\"<name>\",\"zone\":\"<namespace>\"}
   Workload team/shop, Workload team/blog, Workload press/news
   e.g. Deployment team/shop:
";
    let printed = text(&output.stdout);
    assert!(printed.starts_with(expected), "{printed}{}", text(&output.stderr));
    for line in [
        "   -  - image: registry/shop:1\n   +  - image: registry/shop:2\n",
        "2. v1 ConfigMap of resource gone: 3 objects of 3 owners are gone\n",
        "\n3 of 6 objects change, 0 added, 3 removed; 3 of 3 owners affected, 0 in another state; 2 shapes\n",
    ] {
        assert!(printed.contains(line), "{line}: {printed}");
    }
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(1), ""));
}

#[test]
fn values_that_differ_from_owner_to_owner_and_states() {
    let place = place();
    write(&place.path().join("v1"), BEFORE);
    let needs_port = "        image: registry/$(workload.metadata.name)$:1\n        port: $(params.port)$\n";
    write(
        &place.path().join("v2"),
        &BEFORE.replace("        image: registry/$(workload.metadata.name)$:1\n", needs_port),
    );
    let output = diff(place.path(), &[&ARGUMENTS[..], &["-o", "json"]].concat());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let at = |path: &str| report.pointer(path).cloned().unwrap_or_default();
    assert_eq!(at("/differs"), true, "{report:#}");
    assert_eq!(at("/objects/changed"), 1);
    assert_eq!(at("/owners/inAnotherState"), 2);
    assert_eq!(at("/states/0/from"), "ready");
    assert_eq!(at("/states/0/to"), "failed: TemplateStampFailure");
    assert_eq!(at("/states/0/someOwners"), serde_json::json!(["Workload team/blog", "Workload press/news"]));
    let added: Vec<_> = report["shapes"].as_array().into_iter().flatten().collect();
    let port = added.iter().find(|shape| shape["what"] == "changed").expect("a change");
    assert_eq!(port["changes"][0]["path"], "spec.containers[name=<name>].port");
    assert_eq!(port["changes"][0]["to"], "80");
}

#[test]
fn nothing_differs_and_what_goes_wrong() {
    let place = place();
    write(&place.path().join("v1"), BEFORE);
    write(&place.path().join("v2"), BEFORE);
    let output = diff(place.path(), &ARGUMENTS);
    let expected =
        "0 of 6 objects change, 0 added, 0 removed; 0 of 3 owners affected, 0 in another state; 0 shapes\n";
    assert_eq!((output.status.code(), text(&output.stdout), text(&output.stderr)), (Some(0), expected, ""));
    write(&place.path().join("v2"), "a: [\n");
    assert_eq!(diff(place.path(), &ARGUMENTS).status.code(), Some(2));
    let output = diff(place.path(), &["--before", "v1", "--after", "v3"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stderr), "stampmill: Error: --after v3: not a folder\n");
}

#[test]
fn a_revision_of_the_folder() {
    let place = place();
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        let output = command.current_dir(place.path()).args(arguments).output().expect("git runs");
        assert!(output.status.success(), "{}", text(&output.stderr));
        output
    };
    git(&["init", "-q"]);
    write(&place.path().join("deep/platform"), BEFORE);
    git(&["add", "-A"]);
    git(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first"]);
    write(&place.path().join("deep/platform"), &BEFORE.replace("replicas: 1", "replicas: 2"));
    let arguments = ["--before", "HEAD", "--after", "deep/platform", "--workloads", "workloads.ndjson"];
    let output = diff(place.path(), &arguments);
    let printed = text(&output.stdout);
    assert!(printed.contains("   ~ spec.replicas: 1 → 2\n"), "{printed}{}", text(&output.stderr));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&git(&["status", "--short"]).stdout), " M deep/platform/chain.yaml\n");
    let output = diff(place.path(), &["--before", "nowhere", "--after", "deep/platform"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("neither a folder nor a revision"), "{}", text(&output.stderr));
}
