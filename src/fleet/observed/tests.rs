#![allow(clippy::unwrap_used)] // Tests may fail loudly.

use super::Observed;
use crate::cluster::Object;
use crate::yaml::json;

/// Reads what a file holds; gives the problems as text, the file as `f.yaml`.
fn read(text: &str) -> (Observed, Vec<String>) {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("f.yaml");
    std::fs::write(&file, text).unwrap();
    let (observed, problems) = Observed::read(&[file]);
    let root = format!("{}/", place.path().display());
    (observed, problems.iter().map(|problem| problem.to_string().replace(&root, "")).collect())
}

fn object(text: &str) -> Object {
    json::read(text.as_bytes()).unwrap().try_into().unwrap()
}

/// The status that an object gets as JSON, and what failed.
fn status(observed: &Observed, text: &str) -> (String, Vec<String>) {
    let object = object(text);
    let (status, failed) = observed.status(&object);
    let status = status.map(|status| json::encode(&status, 0, false).unwrap()).unwrap_or_default();
    (status, failed.into_iter().map(|failed| failed.message).collect())
}

const RULES: &str = "\
apiVersion: stampmill/v1alpha1
kind: ObservedRules
rules:
- match: {apiVersion: a/v1, kind: Image}
  status:
    latestImage: $(object.spec.tag)$@sha256:1
    observedGeneration: $(object.metadata.generation)$
    conditions: [{type: Ready, status: \"True\"}]
- match: {kind: Image, labels: {slow: \"yes\"}}
  status:
    latestImage: null
    conditions: [{type: Ready, status: Unknown}]
- match: {kind: Image, namespace: x, name: ytt}
  ytt: |
    #@ load('@ytt:data', 'data')
    tags:
    #@ for n in range(data.values.object.spec.n):
    - #@ data.values.object.spec.tag + str(n)
    #@ end
";

#[test]
fn rules_match_and_later_ones_go_over_earlier_ones() {
    let (observed, problems) = read(RULES);
    assert_eq!(problems, [""; 0]);
    assert_eq!(observed.rules(), 3);
    let of = |version: &str, metadata: &str| {
        let text = format!(
            r#"{{"apiVersion": "{version}", "kind": "Image", "metadata": {metadata}, "spec": {{"tag": "t", "n": 2}}}}"#
        );
        status(&observed, &text)
    };
    let ready = r#"{"conditions":[{"status":"True","type":"Ready"}],"latestImage":"t@sha256:1","observedGeneration":3}"#;
    assert_eq!(of("a/v1", r#"{"name": "a", "generation": 3}"#), (ready.to_owned(), vec![]));
    assert_eq!(of("b/v1", r#"{"name": "a", "generation": 3}"#), (String::new(), vec![]));
    let slow = r#"{"conditions":[{"status":"Unknown","type":"Ready"}],"observedGeneration":3}"#;
    assert_eq!(
        of("a/v1", r#"{"name": "a", "generation": 3, "labels": {"slow": "yes"}}"#),
        (slow.to_owned(), vec![])
    );
    assert_eq!(
        of("b/v1", r#"{"name": "ytt", "namespace": "x"}"#),
        (r#"{"tags":["t0","t1"]}"#.to_owned(), vec![])
    );
    assert_eq!(status(&observed, r#"{"apiVersion": "a/v1", "kind": "Other"}"#).0, "");
    // What one rule cannot say, others do.
    let (found, failed) = of("a/v1", r#"{"name": "ytt", "namespace": "x"}"#);
    assert_eq!(found, r#"{"tags":["t0","t1"]}"#);
    assert_eq!(
        failed,
        [
            "status.observedGeneration: evaluate tag $(object.metadata.generation)$: jsonpath returned empty list: \
         object.metadata.generation"
        ]
    );
}

#[test]
fn real_objects_keep_their_status() {
    let real = "metadata: {name: real, namespace: x, generation: 1}\nstatus: {latestImage: u}\n";
    let (observed, problems) = read(&format!("{RULES}---\napiVersion: a/v1\nkind: Image\n{real}"));
    assert_eq!(problems, [""; 0]);
    let of = |name: &str| {
        let metadata = format!(r#"{{"name": "{name}", "namespace": "x", "generation": 1}}"#);
        let text = format!(
            r#"{{"apiVersion": "a/v1", "kind": "Image", "metadata": {metadata}, "spec": {{"tag": "t"}}}}"#
        );
        status(&observed, &text).0
    };
    assert_eq!(of("real"), "");
    assert!(of("other").contains("t@sha256:1"));
    assert_eq!(observed.objects.len(), 1);
}

#[test]
fn rules_that_cannot_be_used_are_told_with_their_place() {
    let (observed, problems) = read(
        "# rules
apiVersion: stampmill/v1alpha1
kind: ObservedRules
rule: []
rules:
- match: {kind: A, nam: b}
  status: {a: 1}
- match: {apiVersion: v1}
  status: {a: 1}
- match: {kind: A}
- match: {kind: A}
  status: {a: 1}
  ytt: 'a: 1'
- match:
    kind: A
  ytt: |
    a: #@ b
- status: {}
- a
- match: {kind: A, labels: {a: 1}}
  status: {}
---
apiVersion: stampmill/v1
kind: ObservedRules
---
apiVersion: stampmill/v1alpha1
kind: ObservedRules
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: a}
",
    );
    assert_eq!(observed.rules(), 1);
    let firsts: Vec<_> = problems.iter().map(|problem| problem.lines().next().unwrap()).collect();
    assert_eq!(
        firsts,
        [
            "f.yaml:4: warning: unknown field rule: expected apiVersion, kind, metadata, rules",
            "f.yaml:6: warning: unknown field nam: expected apiVersion, kind, namespace, name, labels",
            "f.yaml:8: error: a rule needs match.kind",
            "f.yaml:10: error: a rule has either status or ytt, this has neither",
            "f.yaml:11: error: a rule has either status or ytt, this has both",
            "f.yaml:14: error: ytt: ",
            "f.yaml:18: error: a rule needs match, a map with the kind of object it is for",
            "f.yaml:19: error: a rule is a map with match and status or ytt",
            "f.yaml:20: error: match.labels: expected a map of texts",
            "f.yaml:23: error: stampmill/v1 is not known: write stampmill/v1alpha1",
            "f.yaml:26: error: rules: expected an array of rules",
            "f.yaml:29: warning: a ClusterTemplate is not observed: give it with --filename",
        ]
    );
}
