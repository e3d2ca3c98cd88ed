//! `stampmill graph`, from the command line to what it prints.
#![cfg(feature = "cli")]
#![allow(clippy::expect_used, reason = "tests")]

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

const CHAIN: &str = "\
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: source
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: image
    templateRef: {kind: ClusterImageTemplate, name: kpack}
    sources: [{resource: source, name: app}]
  - name: config
    templateRef:
      kind: ClusterConfigTemplate
      options:
      - {name: small, selector: {matchLabels: {size: small}}}
      - {name: large, selector: {matchLabels: {size: large}}}
    images: [{resource: image, name: app}]
    sources: [{resource: source, name: app}]
  - name: deploy
    templateRef: {kind: ClusterTemplate, name: <deploy>}
    configs: [{resource: config, name: app}, {resource: gone, name: extra}]
";

const WORKLOAD: &str = "\
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: shop, namespace: team, labels: {type: web, size: large}}
status:
  supplyChainRef: {kind: ClusterSupplyChain, name: web}
  conditions:
  - {type: Ready, status: Unknown, reason: MissingValueAtPath, message: waiting}
  resources:
  - name: source
    stampedRef: {kind: GitRepository, name: shop}
    outputs: [{name: url, preview: \"http://git/shop\\n\", digest: d, lastTransitionTime: \"2026-01-01T00:00:00Z\"}]
    conditions: [{type: Ready, status: \"True\", reason: Ready}]
  - name: image
    stampedRef: {kind: Image, name: shop}
    conditions: [{type: Ready, status: \"False\", reason: Broken, message: no builder}]
";

fn place() -> TempDir {
    let place = tempfile::tempdir().expect("a temporary directory");
    fs::write(place.path().join("chain.yaml"), CHAIN).expect("a file");
    fs::write(place.path().join("workload.yaml"), WORKLOAD).expect("a file");
    place
}

fn graph(place: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stampmill"));
    command.current_dir(place.path()).args(["graph", "-f", "."]).args(arguments).output().expect("it runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

#[test]
fn a_blueprint_as_a_tree() {
    let output = graph(&place(), &[]);
    let expected = "\
ClusterSupplyChain web

source  ClusterSourceTemplate git
└─ image  ClusterImageTemplate kpack  (sources.app from source)
   └─ config  ClusterConfigTemplate small | large  (sources.app from source, images.app from image)
      └─ deploy  ClusterTemplate <deploy>  (configs.app from config, configs.extra from gone, which is not there)
";
    assert_eq!((text(&output.stdout), text(&output.stderr)), (expected, ""));
}

#[test]
fn an_owner_and_how_far_it_is() {
    let output = graph(&place(), &["--owner", "workload/team/shop"]);
    let expected = "\
ClusterSupplyChain web for Workload team/shop: waiting (MissingValueAtPath: waiting)

✓ source  ClusterSourceTemplate git
│  stamped GitRepository/shop
│  url: http://git/shop
└─ ✗ image  ClusterImageTemplate kpack  (sources.app from source)
   │  stamped Image/shop
   │  Broken: no builder
   └─ ○ config  ClusterConfigTemplate large  (sources.app from source, images.app from image)
      └─ ○ deploy  ClusterTemplate <deploy>  (configs.app from config, configs.extra from gone, which is not there)
";
    assert_eq!((text(&output.stdout), text(&output.stderr)), (expected, ""));
}

#[test]
fn a_flowchart() {
    let output = graph(&place(), &["web", "-o", "mermaid"]);
    let expected = "\
---
title: \"ClusterSupplyChain web\"
---
flowchart LR
  r0[\"<b>source</b><br>ClusterSourceTemplate<br>git\"]
  r1[\"<b>image</b><br>ClusterImageTemplate<br>kpack\"]
  r2[\"<b>config</b><br>ClusterConfigTemplate<br>small | large\"]
  r3[\"<b>deploy</b><br>ClusterTemplate<br>#lt;deploy#gt;\"]
  r0 -- \"sources.app\" --> r1
  r0 -- \"sources.app\" --> r2
  r1 -- \"images.app\" --> r2
  r2 -- \"configs.app\" --> r3
  r3m1([\"gone is not there\"]) -. \"configs.extra\" .-> r3
";
    assert_eq!((text(&output.stdout), text(&output.stderr)), (expected, ""));
}

#[test]
fn a_picture_has_a_box_for_each_resource_and_a_line_for_each_edge() {
    let output = graph(&place(), &["--owner", "wld/shop", "-o", "svg"]);
    let picture = text(&output.stdout);
    assert!(
        picture.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\"") && picture.ends_with("</svg>\n")
    );
    assert_eq!(picture.matches("<path class=\"edge\"").count(), 4);
    assert_eq!(picture.matches("rx=\"6\"").count(), 4);
    for text in
        [">&lt;deploy&gt;<", ">configs.extra: no gone<", ">Broken: no builder<", ">url: http://git/shop<"]
    {
        assert!(picture.contains(text), "{text}");
    }
}

#[test]
fn what_is_not_there_is_said() {
    let place = place();
    for (arguments, expected) in [
        (&["shop"][..], "there is no blueprint shop; there are: web"),
        (&["--owner", "workload/shop2"], "there is no workload/shop2 in these files"),
        (&["--owner", "pod/a/b"], "--owner pod/a/b: expected a workload or a deliverable"),
    ] {
        let output = graph(&place, arguments);
        assert_eq!(text(&output.stderr), format!("stampmill: Error: {expected}\n"));
        assert_eq!(output.status.code(), Some(1));
    }
}
