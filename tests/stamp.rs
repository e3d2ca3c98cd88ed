//! `stampmill stamp`, from the command line to what it prints. Expected objects follow from the rules of the
//! API (namespace, owner reference, labels) and the fixtures in `tests/stamp/`.
#![cfg(feature = "cli")]
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stamp").join(name);
    fs::read_to_string(path).expect("a fixture")
}

/// A folder with the fixtures, and more files.
fn place(files: &[(&str, &str)]) -> TempDir {
    let place = tempfile::tempdir().expect("a temporary directory");
    let fixtures = ["platform.yaml", "observed.yaml"].map(|name| (name, fixture(name)));
    let all = fixtures.iter().map(|(name, text)| (*name, text.as_str())).chain(files.iter().copied());
    for (name, text) in all {
        let path = place.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    place
}

fn command(place: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stampmill"));
    command.current_dir(place.path()).arg("stamp").args(arguments);
    for variable in ["JOB_COMPLETION_INDEX", "JOB_COMPLETIONS", "SOURCE_DATE_EPOCH"] {
        command.env_remove(variable);
    }
    command
}

fn run(place: &TempDir, arguments: &[&str]) -> Output {
    command(place, arguments).stdin(Stdio::null()).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// Standard error without the counts at its end.
fn complaints(output: &Output) -> Vec<String> {
    let lines: Vec<String> = text(&output.stderr).lines().map(str::to_owned).collect();
    let counts = lines.iter().position(|line| line.contains(" owner") && line.contains(" ready, "));
    lines.into_iter().take(counts.unwrap_or(usize::MAX)).collect()
}

/// The line that counts owners.
fn counts(output: &Output) -> String {
    let text = text(&output.stderr);
    text.lines().find(|line| line.contains(" ready, ")).unwrap_or_default().to_owned()
}

fn records(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("a record")).collect()
}

fn workload(name: &str, level: Option<&str>) -> String {
    let params =
        level.map_or(String::new(), |level| format!(r#","params":[{{"name":"level","value":"{level}"}}]"#));
    format!(
        r#"{{"apiVersion":"carto.run/v1alpha1","kind":"Workload","metadata":{{"name":"{name}","namespace":"shop","uid":"u-{name}","labels":{{"type":"web"}}}},"spec":{{"source":{{"git":{{"url":"https://git.test/{name}"}}}}{params}}}}}"#
    ) + "\n"
}

fn fleet(count: usize) -> String {
    (0..count).map(|n| workload(&format!("app-{n}"), (n % 3 == 0).then_some("debug"))).collect()
}

const ALL: [&str; 8] =
    ["-f", "platform.yaml", "--observed", "observed.yaml", "--workloads", "workloads.ndjson", "-o", "ndjson"];

#[test]
fn every_object_has_its_owner_its_resource_and_what_the_cluster_needs() {
    let place = place(&[("workloads.ndjson", &workload("cart", Some("debug")))]);
    let output = run(&place, &ALL);
    assert_eq!(complaints(&output), [""; 0]);
    assert_eq!(output.status.code(), Some(0));
    let metadata = |resource: &str, kind: &str, template: &str| {
        json!({
            "name": "cart",
            "namespace": "shop",
            "ownerReferences": [{
                "apiVersion": "carto.run/v1alpha1", "kind": "Workload", "name": "cart", "uid": "u-cart",
                "controller": true, "blockOwnerDeletion": true,
            }],
            "labels": {
                "carto.run/workload-name": "cart",
                "carto.run/workload-namespace": "shop",
                "carto.run/supply-chain-name": "web",
                "carto.run/resource-name": resource,
                "carto.run/template-kind": kind,
                "carto.run/cluster-template-name": template,
                "carto.run/template-lifecycle": "mutable",
            },
        })
    };
    let owner = json!({"kind": "Workload", "namespace": "shop", "name": "cart"});
    assert_eq!(
        records(&output),
        [
            json!({"owner": owner, "resource": "source", "object": {
                "apiVersion": "source.test/v1", "kind": "Repository",
                "metadata": metadata("source", "ClusterSourceTemplate", "repository"),
                "spec": {"url": "https://git.test/cart"},
            }}),
            json!({"owner": owner, "resource": "config", "object": {
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": metadata("config", "ClusterConfigTemplate", "settings"),
                "data": {"settings": "level=debug revision=r1"},
            }}),
            json!({"owner": owner, "resource": "deployment", "object": {
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": metadata("deployment", "ClusterTemplate", "deployment"),
                "spec": {
                    "image": "registry.test/cart",
                    "source": "http://archive.test/cart.tar.gz",
                    "settings": "level=debug revision=r1",
                },
            }}),
            json!({"owner": owner, "resource": "service", "object": {
                "apiVersion": "v1", "kind": "Service",
                "metadata": metadata("service", "ClusterTemplate", "service"),
                "spec": {"ports": [{"port": 80}]},
            }}),
        ]
    );
    assert_eq!(counts(&output), "4 objects for 1 owner: 1 ready, 0 waiting, 0 failed");
}

#[test]
fn yaml_names_owner_and_resource_above_each_document() {
    let place = place(&[("workload.json", &workload("cart", None))]);
    let output = run(&place, &["-f", "platform.yaml", "workload.json", "--observed", "observed.yaml"]);
    let printed = text(&output.stdout);
    let comments: Vec<_> = printed.lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!(
        comments,
        [
            "# Workload shop/cart, resource source",
            "# Workload shop/cart, resource config",
            "# Workload shop/cart, resource deployment",
            "# Workload shop/cart, resource service",
        ]
    );
    let kinds: Vec<_> = printed
        .split("---\n")
        .map(|document| document.lines().find_map(|line| line.strip_prefix("kind: ")).expect("a kind"))
        .collect();
    assert_eq!(kinds, ["Repository", "ConfigMap", "Deployment", "Service"]);
}

#[test]
fn json_is_one_array_of_the_same_records() {
    let place = place(&[("workloads.ndjson", &fleet(100)), ("none.ndjson", "")]);
    let lines = records(&run(&place, &ALL));
    let mut arguments = ALL;
    arguments[7] = "json";
    let array: Value = serde_json::from_slice(&run(&place, &arguments).stdout).expect("JSON");
    assert_eq!(array, Value::Array(lines));
    arguments[5] = "none.ndjson";
    assert_eq!(text(&run(&place, &arguments).stdout), "[]\n");
}

#[test]
fn files_lie_in_a_folder_for_each_owner() {
    let place = place(&[("workload.json", &workload("cart", None))]);
    let arguments =
        ["-f", "platform.yaml", "workload.json", "--observed", "observed.yaml", "--output-dir", "out"];
    let output = run(&place, &arguments);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(0), ""));
    let folder = place.path().join("out/shop/workload.cart");
    let names: BTreeSet<_> = fs::read_dir(&folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    assert_eq!(Vec::from_iter(names), ["config.yaml", "deployment.yaml", "service.yaml", "source.yaml"]);
    let service = fs::read_to_string(folder.join("service.yaml")).expect("a file");
    assert!(service.starts_with("apiVersion: v1\nkind: Service\nmetadata:\n"), "{service}");
}

#[test]
fn owners_that_wait_or_fail_are_told_with_their_condition() {
    let mut workloads = workload("cart", None);
    workloads += &workload("mail", None).replace(r#"{"type":"web"}"#, r#"{"type":"job"}"#);
    workloads += &workload("none", None).replace(r#","labels":{"type":"web"}"#, "");
    let place = place(&[("workloads.ndjson", &workloads)]);
    let arguments = ["-f", "platform.yaml", "--workloads", "workloads.ndjson", "-o", "ndjson"];
    let output = run(&place, &arguments);
    let waits =
        "waiting to read value [.status.url] from object [repositories.source.test/cart] in namespace [shop]";
    let lost = "no supply chain found where full selector is satisfied by labels: map[type:job]";
    let unlabelled = "workload has no labels to match to supply chain";
    assert_eq!(
        complaints(&output),
        [
            format!("workloads.ndjson:1: Workload shop/cart waits: MissingValueAtPath: {waits}"),
            format!("workloads.ndjson:2: Workload shop/mail failed: SupplyChainNotFound: {lost}"),
            format!("workloads.ndjson:3: Workload shop/none failed: WorkloadLabelsMissing: {unlabelled}"),
        ]
    );
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(counts(&output), "2 objects for 3 owners: 0 ready, 1 waiting, 2 failed");
    let records = records(&output);
    let states: Vec<_> = records.iter().filter(|record| record.get("state").is_some()).collect();
    let state = |name: &str, state: &str, status: &str, reason: &str, message: &str| {
        json!({
            "owner": {"kind": "Workload", "namespace": "shop", "name": name},
            "state": state,
            "condition": {"type": "Ready", "status": status, "reason": reason, "message": message},
        })
    };
    assert_eq!(
        states,
        [
            &state("cart", "waiting", "Unknown", "MissingValueAtPath", waits),
            &state("mail", "failed", "False", "SupplyChainNotFound", lost),
            &state("none", "failed", "False", "WorkloadLabelsMissing", unlabelled),
        ]
    );
    // What does not wait for the source is stamped: the service.
    let resources: Vec<_> = records.iter().filter_map(|record| record["resource"].as_str()).collect();
    assert_eq!(resources, ["source", "service"]);

    // Waiting alone is no failure, unless somebody says so.
    fs::write(place.path().join("workloads.ndjson"), workload("cart", None)).expect("a file");
    assert_eq!(run(&place, &arguments).status.code(), Some(0));
    let strict = [&arguments[..], &["--fail-on", "waiting"]].concat();
    assert_eq!(run(&place, &strict).status.code(), Some(1));
    let quiet = [&arguments[..], &["--quiet"]].concat();
    assert_eq!(text(&run(&place, &quiet).stderr), "");
}

#[test]
fn what_is_broken_is_told_where_it_is_and_the_rest_is_stamped() {
    let template = "\
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: unused}
spec:
  ytt: |
    a: #@ b
---
a: b: c
---
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: bad}
spec: {urlPath: 1}
";
    let workloads = [
        &workload("one", None),
        "{\"apiVersion\": \"carto.run/v1alpha1\",\n",
        "{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"metadata\": {\"name\": \"s\"}}\n",
        &workload("two", None).replace(r#""spec":{"#, r#""spec":{"params":3,"#),
        "[1]\n",
        &workload("three", None),
    ];
    let place = place(&[("broken/t.yaml", template), ("workloads.ndjson", &workloads.concat())]);
    let output = run(&place, &[&ALL[..], &["-f", "broken", "nothing"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let complaints = complaints(&output);
    let begins = |start: &str| complaints.iter().any(|line| line.starts_with(start));
    for start in [
        "broken/t.yaml:1: error: ClusterTemplate unused: unable to apply ytt template: ytt: Error:",
        "broken/t.yaml:8: error: mapping values are not allowed in this context",
        "broken/t.yaml:10: error: ClusterSourceTemplate bad: spec: ",
        "nothing: error: cannot be read: ",
        "workloads.ndjson:2: error: unexpected end of JSON input",
        "workloads.ndjson:3: error: expected a Workload, Deliverable or Runnable, not a Secret",
        "workloads.ndjson:5: error: expected an object, found array",
        "workloads.ndjson:4: Workload shop/two failed: ",
    ] {
        assert!(begins(start), "{start}\n{complaints:#?}");
    }
    let ready: BTreeSet<_> = records(&output)
        .iter()
        .filter_map(|record| record["object"]["metadata"]["name"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(Vec::from_iter(ready), ["one", "three"]);
    assert!(counts(&output).ends_with("2 ready, 0 waiting, 1 failed; 7 errors"), "{}", counts(&output));
}

#[test]
fn threads_do_not_change_a_byte() {
    let place = place(&[("workloads.ndjson", &fleet(500))]);
    let one = run(&place, &[&ALL[..], &["--threads", "1"]].concat());
    assert_eq!(records(&one).len(), 2000);
    for threads in ["2", "7"] {
        let many = run(&place, &[&ALL[..], &["--threads", threads]].concat());
        assert!(many.stdout == one.stdout, "{threads}");
        assert_eq!(complaints(&many), complaints(&one));
    }
}

#[test]
fn resources_in_any_order_end_in_the_same_objects() {
    let place = place(&[("workloads.ndjson", &fleet(20))]);
    let platform = fixture("platform.yaml");
    let sorted = |output: &Output| {
        assert_eq!(complaints(output), [""; 0]);
        let mut lines: Vec<_> = text(&output.stdout).lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let usual = sorted(&run(&place, &ALL));
    assert_eq!(usual.len(), 80);
    let (head, rest) = platform.split_once("  - name: source\n    templateRef").expect("resources");
    let (resources, tail) = rest.split_once("---\n").expect("templates");
    let resources = format!("  - name: source\n    templateRef{resources}");
    let mut blocks: Vec<String> =
        resources.split("  - name: ").skip(1).map(|block| format!("  - name: {block}")).collect();
    assert_eq!(blocks.len(), 4);
    for _ in 0..2 {
        blocks.rotate_left(1);
        blocks.swap(0, 3);
        fs::write(place.path().join("platform.yaml"), format!("{head}{}---\n{tail}", blocks.concat()))
            .expect("a file");
        assert_eq!(sorted(&run(&place, &ALL)), usual, "{}", blocks.concat());
    }
    blocks.sort();
    blocks.reverse();
    fs::write(place.path().join("platform.yaml"), format!("{head}{}---\n{tail}", blocks.concat()))
        .expect("a file");
    assert_eq!(sorted(&run(&place, &ALL)), usual);
}

#[test]
fn parts_together_are_the_whole() {
    let place = place(&[("workloads.ndjson", &fleet(200))]);
    let whole = text(&run(&place, &ALL).stdout);
    let mut lines: Vec<String> = Vec::new();
    for index in 0..3 {
        let shard = format!("{index}/3");
        let part = run(&place, &[&ALL[..], &["--shard", &shard]].concat());
        let part: Vec<_> = text(&part.stdout).lines().map(str::to_owned).collect();
        assert!(part.len() > 100, "{}", part.len());
        lines.extend(part);
    }
    let mut expected: Vec<_> = whole.lines().map(str::to_owned).collect();
    lines.sort();
    expected.sort();
    assert_eq!(lines, expected);
    assert_eq!(run(&place, &[&ALL[..], &["--shard", "3/3"]].concat()).status.code(), Some(2));
}

/// The pods of the manifest in `examples/indexed-job` do the whole, each its part.
#[test]
fn an_indexed_job_does_the_whole() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/indexed-job/job.yaml");
    let manifest = fs::read_to_string(manifest).expect("a manifest");
    let after = |key: &str| {
        let line = manifest.lines().find_map(|line| line.trim().strip_prefix(key));
        line.unwrap_or_else(|| panic!("no {key}")).trim().trim_matches('"').to_owned()
    };
    let completions = after("completions:");
    let variable = manifest.split_once("name: JOB_COMPLETIONS\n").expect("the variable").1;
    let value = variable.lines().next().and_then(|line| line.trim().strip_prefix("value:")).expect("a value");
    assert_eq!(value.trim().trim_matches('"'), completions);
    assert_eq!(after("completionMode:"), "Indexed");

    let place = place(&[("workloads.ndjson", &fleet(60))]);
    let (_, arguments) = manifest.split_once("args:\n").expect("arguments");
    let arguments: Vec<String> = arguments
        .lines()
        .map_while(|line| line.trim().strip_prefix("- "))
        .map(|argument| {
            argument
                .replace("=/platform", "=platform.yaml")
                .replace("=/observed", "=observed.yaml")
                .replace("=/fleet/", "=")
                .replace("=/out", "=out")
        })
        .collect();
    assert_eq!(arguments[0], "stamp");
    let arguments: Vec<&str> = arguments.iter().skip(1).map(String::as_str).collect();
    let mut done = 0;
    for index in 0..completions.parse().expect("a number") {
        let mut job = command(&place, &arguments);
        job.env("JOB_COMPLETION_INDEX", u32::to_string(&index)).env("JOB_COMPLETIONS", &completions);
        let output = job.output().expect("the program runs");
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
        let owners = fs::read_dir(place.path().join("out/shop")).expect("a folder").count();
        assert!(owners > done && owners < 60 || index == 3, "{index}: {owners}");
        done = owners;
    }
    assert_eq!(done, 60);
    // A part without a number of parts would be everything, on every machine.
    let mut job = command(&place, &arguments);
    assert_eq!(
        job.env("JOB_COMPLETION_INDEX", "0").output().expect("the program runs").status.code(),
        Some(2)
    );
}

/// Objects come while owners are still being read: the input is never held as a whole.
#[test]
fn the_fleet_is_streamed() {
    let place = place(&[]);
    let arguments =
        ["-f", "platform.yaml", "--observed", "observed.yaml", "--workloads", "-", "-o", "ndjson", "-q"];
    let mut child = command(&place, &arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut stdin = child.stdin.take().expect("standard input");
    let lines = BufReader::new(child.stdout.take().expect("standard output")).lines();
    let (sender, received) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        lines.for_each(|line| sender.send(line.expect("a line")).expect("a reader"))
    });
    // Batches of 64, a few of them for each thread, and what the pipe holds may be on their way. Then no more
    // is written before objects have come out.
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let ahead = 64 * (6 * threads + 2) + (1 << 17) / workload("app-1000", None).len();
    let owners = 500;
    for n in 0..owners + ahead {
        stdin.write_all(workload(&format!("app-{n}"), None).as_bytes()).expect("standard input");
        stdin.flush().expect("standard input");
        if n >= ahead {
            for _ in 0..4 {
                received.recv().expect("an object");
            }
        }
    }
    drop(stdin);
    reader.join().expect("all lines");
    assert_eq!(received.iter().count(), 4 * ahead);
    assert!(child.wait().expect("an end").success());
}

#[test]
fn real_objects_give_their_status() {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [{
        "apiVersion": "source.test/v1", "kind": "Repository",
        "metadata": {"name": "cart", "namespace": "shop", "generation": 4, "uid": "u", "resourceVersion": "99",
                     "creationTimestamp": "2024-01-01T00:00:00Z"},
        "spec": {"url": "https://git.test/cart"},
        "status": {"url": "http://real.test/cart", "revision": "real"},
    }]});
    let place = place(&[
        ("workloads.ndjson", &(workload("cart", None) + &workload("mail", None))),
        ("real.json", &serde_json::to_string_pretty(&list).expect("JSON")),
    ]);
    let output = run(&place, &[&ALL[..], &["--observed", "real.json"]].concat());
    assert_eq!(complaints(&output), [""; 0]);
    let sources: Vec<_> = records(&output)
        .iter()
        .filter_map(|record| record["object"]["spec"]["source"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(sources, ["http://real.test/cart", "http://archive.test/mail.tar.gz"]);
    // What is printed is what would be applied, not what the server made of it.
    assert!(!text(&output.stdout).contains("resourceVersion"));
}

#[test]
fn statuses_are_shown_on_demand() {
    let place = place(&[("workloads.ndjson", &workload("cart", None))]);
    let arguments = [&ALL[..], &["--with-status"]].concat();
    let output = command(&place, &arguments)
        .env("SOURCE_DATE_EPOCH", "1718000000")
        .output()
        .expect("the program runs");
    let records = records(&output);
    let source = &records[0]["object"];
    assert_eq!(source["status"], json!({"url": "http://archive.test/cart.tar.gz", "revision": "r1"}));
    assert_eq!(source["metadata"]["generation"], 1);
    assert_eq!(source["metadata"]["creationTimestamp"], "2024-06-10T06:13:20Z");
}

/// A chain that stamps a deliverable, which stamps a runnable, which stamps a job.
const NESTED: &str = r#"
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: nested}
spec:
  selector: {type: web}
  resources:
  - name: after
    templateRef: {kind: ClusterTemplate, name: after}
    sources: [{name: run, resource: run}]
  - name: run
    templateRef: {kind: ClusterSourceTemplate, name: run}
  - name: deliverable
    templateRef: {kind: ClusterTemplate, name: deliverable}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: after}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: after}
    data: {url: $(source.url)$}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: run}
spec:
  urlPath: .status.outputs.url
  revisionPath: .status.outputs.url
  template:
    apiVersion: carto.run/v1alpha1
    kind: Runnable
    metadata: {name: run}
    spec:
      runTemplateRef: {name: job}
      inputs: {url: $(workload.spec.source.git.url)$}
---
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: job}
spec:
  outputs: {url: spec.url}
  template:
    apiVersion: test/v1
    kind: Run
    metadata: {generateName: run-}
    spec: {url: $(runnable.spec.inputs.url)$}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: deliverable}
spec:
  template:
    apiVersion: carto.run/v1alpha1
    kind: Deliverable
    metadata: {name: $(workload.metadata.name)$, labels: {type: delivery}}
    spec: {}
---
apiVersion: carto.run/v1alpha1
kind: ClusterDelivery
metadata: {name: delivery}
spec:
  selector: {type: delivery}
  resources:
  - name: settings
    templateRef: {kind: ClusterTemplate, name: settings}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: settings}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings}
---
apiVersion: stampmill/v1alpha1
kind: ObservedRules
rules:
- match: {kind: Run}
  status: {conditions: [{type: Succeeded, status: "True"}]}
"#;

#[test]
fn owners_that_are_stamped_run_to_their_end_too() {
    let (platform, rules) = NESTED.split_at(NESTED.rfind("---\napiVersion: stampmill").expect("rules"));
    let place = place(&[
        ("nested.yaml", platform),
        ("rules.yaml", rules),
        ("workloads.ndjson", &workload("cart", None)),
    ]);
    let arguments =
        ["-f", "nested.yaml", "--observed", "rules.yaml", "--workloads", "workloads.ndjson", "-o", "ndjson"];
    let output = run(&place, &arguments);
    assert_eq!(complaints(&output), [""; 0]);
    let records = records(&output);
    let shown: Vec<_> = records
        .iter()
        .map(|record| {
            let part = |value: &Value| value.as_str().unwrap_or("-").to_owned();
            let (owner, object) = (&record["owner"], &record["object"]);
            [&owner["kind"], &record["root"]["name"], &record["resource"], &object["kind"]]
                .map(part)
                .join(" ")
        })
        .collect();
    assert_eq!(
        shown,
        [
            "Workload - after ConfigMap",
            "Workload - run Runnable",
            "Workload - deliverable Deliverable",
            "Runnable cart - Run",
            "Deliverable cart settings ConfigMap",
        ]
    );
    assert_eq!(records[0]["object"]["data"]["url"], "https://git.test/cart");
    // The name is the cluster's to make.
    assert_eq!(records[3]["object"]["metadata"].get("name"), None);
    assert_eq!(records[3]["object"]["metadata"]["generateName"], "run-");
    assert_eq!(counts(&output), "5 objects for 3 owners: 3 ready, 0 waiting, 0 failed");
}

#[test]
fn a_chain_without_end_is_stopped() {
    let chain = "\
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: endless}
spec:
  selector: {type: web}
  resources:
  - name: next
    templateRef: {kind: ClusterTemplate, name: next}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: next}
spec:
  template:
    apiVersion: carto.run/v1alpha1
    kind: Workload
    metadata: {name: $(workload.metadata.name)$-x, labels: {type: web}}
";
    let place = place(&[("endless.yaml", chain), ("workloads.ndjson", &workload("a", None))]);
    let output = run(&place, &["-f", "endless.yaml", "--workloads", "workloads.ndjson", "-o", "ndjson"]);
    assert_eq!(output.status.code(), Some(1));
    let expected = "workloads.ndjson:1: error: Workload shop/a: more than 100 owners were stamped for it";
    assert!(complaints(&output).iter().any(|line| line == expected), "{:?}", complaints(&output));
}

#[test]
fn command_lines_that_make_no_sense_are_refused() {
    let place = place(&[]);
    for arguments in [
        &["--workloads", "a"][..],
        &["-f", "platform.yaml", "-o", "xml"],
        &["-f", "platform.yaml", "--shard", "1"],
        &["-f", "platform.yaml", "--threads", "0"],
    ] {
        assert_eq!(run(&place, arguments).status.code(), Some(2), "{arguments:?}");
    }
    for arguments in [
        &["-f", "platform.yaml", "-o", "dir"][..],
        &["-f", "platform.yaml", "-o", "json", "--output-dir", "x"],
    ] {
        assert_eq!(run(&place, arguments).status.code(), Some(2), "{arguments:?}");
    }
}

/// A pipe that is closed early ends the command quietly.
#[cfg(unix)]
#[test]
fn nobody_need_read_to_the_end() {
    let place = place(&[("workloads.ndjson", &fleet(3000))]);
    let mut child = command(&place, &ALL)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut lines = BufReader::new(child.stdout.take().expect("standard output")).lines();
    lines.next().expect("an object").expect("a line");
    drop(lines);
    let output = child.wait_with_output().expect("an end");
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(141), ""));
}

/// The fleet that is measured is a fleet like others.
#[test]
fn the_fleet_of_the_bench_can_be_written_and_stamped() {
    let place = place(&[]);
    let mut bench = Command::new(env!("CARGO_BIN_EXE_stampmill"));
    bench.current_dir(place.path()).args(["bench", "fleet", "--workloads", "30"]);
    let report = bench.args(["-o", "json"]).output().expect("the program runs");
    let report: Value = serde_json::from_slice(&report.stdout).expect("JSON");
    assert_eq!((&report["stamps"], &report["objects"]), (&json!(150), &json!(150)));
    let mut bench = Command::new(env!("CARGO_BIN_EXE_stampmill"));
    bench.current_dir(place.path()).args(["bench", "fleet", "--workloads", "30", "--write", "fleet"]);
    assert!(bench.status().expect("the program runs").success());
    let arguments = [
        "-f",
        "fleet/platform",
        "--observed",
        "fleet/observed",
        "--workloads",
        "fleet/workloads.ndjson",
        "-o",
        "ndjson",
    ];
    let output = run(&place, &arguments);
    assert_eq!(counts(&output), "150 objects for 30 owners: 30 ready, 0 waiting, 0 failed");
    assert_eq!(report["output_bytes"], json!(output.stdout.len()));
}
