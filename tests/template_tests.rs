//! `stampmill test`, from the command line to its report.
//!
//! `CARTOTEST` names a folder of tests that all pass, by default `../shared/cartographer/cartotest`.
#![cfg(feature = "cli")]
#![allow(clippy::expect_used, clippy::print_stderr, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Runs `stampmill test` in a folder.
fn test(place: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stampmill"));
    command.current_dir(place).arg("test").args(arguments).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

fn ours() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// A copy of our own tests, to be changed.
fn copied() -> TempDir {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).expect("a directory");
        for entry in fs::read_dir(from).expect("a directory") {
            let entry = entry.expect("an entry");
            let to = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy(&entry.path(), &to);
            } else {
                fs::copy(entry.path(), to).expect("a file");
            }
        }
    }
    let place = tempfile::tempdir().expect("a temporary directory");
    copy(&ours().join("cartotest"), &place.path().join("cartotest"));
    place
}

fn change(place: &TempDir, file: &str, from: &str, to: &str) {
    let path = place.path().join(file);
    let text = fs::read_to_string(&path).unwrap_or_default();
    assert!(text.contains(from), "{file} has no {from}");
    fs::write(path, text.replace(from, to)).expect("a file");
}

#[test]
fn our_own_tests_pass() {
    let output = test(&ours(), &["cartotest"]);
    let expected = "\nPASS: cartotest/chain/large\nPASS: cartotest/chain/small\nPASS: cartotest/mock/plain\n\
                    PASS: cartotest/mock/ytt\nPASS\n";
    assert_eq!((output.status.code(), text(&output.stderr), text(&output.stdout)), (Some(0), expected, ""));
    let output = test(&ours(), &["cartotest/mock", "-v", "--filter", "^plain$"]);
    assert_eq!(text(&output.stderr), "\nPASS: cartotest/mock/plain plain\nPASS\n");
}

#[test]
fn shared_tests_pass() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let named = std::env::var_os("CARTOTEST").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| root.join("../shared/cartographer/cartotest"));
    if !folder.is_dir() {
        eprintln!("no folder {}: set CARTOTEST", folder.display());
        return;
    }
    let output = test(root, &[&folder.to_string_lossy()]);
    let report = text(&output.stderr);
    assert!(output.status.success() && report.ends_with("\nPASS\n"), "{report}");
    assert!(report.lines().any(|line| line.starts_with("PASS: ")), "no test: {report}");
}

#[test]
fn failures_say_why() {
    let place = copied();
    change(&place, "cartotest/mock/plain/expected.yaml", "gold on", "silver on");
    change(&place, "cartotest/mock/plain/info.yaml", "compareOptions", "compareOption");
    change(&place, "cartotest/mock/ytt/expected.yaml", "kind: ConfigMap", "kin: ConfigMap");
    change(
        &place,
        "cartotest/chain/small/info.yaml",
        "targetResourceName: deploy",
        "targetResourceName: build",
    );
    let output = test(place.path(), &["cartotest", "-v"]);
    let expected = "\
warning: cartotest/mock/plain/info.yaml:12: unknown field \"compareOption\", did you mean \"compareOptions\"?

PASS: cartotest/chain/large
FAIL: cartotest/chain/small
Error: failed to get actual object: template 'deploy' is not selected by resource/stage 'build' in supply chain 'web'
FAIL: cartotest/mock/plain
Name: plain
Description: keys match in any case, numbers of spec.template are floats
Error: expected does not equal actual: spec.port: numbers of spec.template are floats, those of the expectation integers; compareOptions.namedCMPOptionFuncs: [ConvertNumbersToFloatsDuringComparison] makes them equal (-expected +actual):
@@ -10,5 +10,5 @@
   namespace: team
 spec:
   image: registry/web@sha256:1
-  note: silver on 8080
+  note: gold on 8080
   port: 8080
FAIL: cartotest/mock/ytt
Error: failed to get expected object: unmarshall json: cartotest/mock/ytt/expected.yaml: Object 'Kind' is missing in '";
    let report = text(&output.stderr);
    assert!(report.starts_with(expected), "{report}");
    assert!(report.ends_with("\nFAIL\n"), "{report}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn what_is_wrong_with_a_folder_costs_no_other() {
    let place = copied();
    change(&place, "cartotest/mock/plain/info.yaml", "name: plain", "name: [plain]");
    fs::write(place.path().join("cartotest/mock/ytt/supply-chain-x.yaml"), "").expect("a file");
    fs::write(
        place.path().join("cartotest/mock/ytt/info.yaml"),
        "given: {mockSupplyChain: {blueprintParams: []}}\n",
    )
    .expect("a file");
    let output = test(place.path(), &["cartotest"]);
    let report = text(&output.stderr);
    assert!(report.contains("PASS: cartotest/chain/large\n"), "{report}");
    assert!(report.contains("cannot unmarshal array into Go field metadata.name of type string"), "{report}");
    assert!(
        report.contains("only one of mock supply chain and real supply chain may be specified"),
        "{report}"
    );
    let output = test(place.path(), &["nowhere"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stderr), "stampmill: Error: argument must be a valid path: nowhere\n");
}

#[test]
fn a_focused_test_runs_alone_and_the_suite_fails() {
    let place = copied();
    change(&place, "cartotest/mock/plain/info.yaml", "Given:", "focus: true\ngiven:");
    let output = test(place.path(), &["cartotest"]);
    let expected = "\nPASS: cartotest/mock/plain\n\ntest suite failed due to focused test, check individual \
                    test case status\nFAIL\n";
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(1), expected));
}

/// The reference keeps one set of options for a folder and all below it.
#[test]
fn options_of_comparing_count_for_neighbours() {
    let place = copied();
    change(
        &place,
        "cartotest/mock/plain/info.yaml",
        "compareOptions:",
        "compareOptions:\n  ignoreLabels: true",
    );
    change(&place, "cartotest/mock/ytt/expected.yaml", "carto.run/workload-name: web", "a: b");
    assert_eq!(test(place.path(), &["cartotest/mock"]).status.code(), Some(0));
}

#[test]
fn expectations_are_rewritten() {
    let place = copied();
    let before = fs::read_to_string(place.path().join("cartotest/mock/ytt/expected.yaml")).expect("a file");
    change(&place, "cartotest/mock/ytt/expected.yaml", "port: 8080", "port: 80");
    fs::remove_file(place.path().join("cartotest/chain/small/expected.yaml")).expect("a file");
    let output = test(place.path(), &["cartotest", "--update"]);
    let expected = "\nPASS: cartotest/chain/large\nUPDATED: cartotest/chain/small\n\
                    PASS: cartotest/mock/plain\nUPDATED: cartotest/mock/ytt\nPASS\n";
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), expected));
    let after = fs::read_to_string(place.path().join("cartotest/mock/ytt/expected.yaml")).expect("a file");
    assert_eq!(after, before);
    assert_eq!(test(place.path(), &["cartotest"]).status.code(), Some(0));
}

#[test]
fn lines_that_no_test_reaches_are_shown() {
    let output = test(&ours(), &["cartotest/mock", "--coverage"]);
    let report = text(&output.stdout);
    assert!(report.contains("100%  4 of 4 lines  cartotest/mock/plain/template.yaml\n"), "{report}");
    assert!(report.contains("cartotest/mock/ytt/template.yaml\n"), "{report}");
    let lines: Vec<&str> = report.lines().filter(|line| line.starts_with("      ")).map(str::trim).collect();
    assert_eq!(lines, ["16  #@   return 80", "27    source: #@ data.values.source.url"], "{report}");
}

#[test]
fn results_for_programs() {
    let place = copied();
    change(&place, "cartotest/mock/plain/expected.yaml", "gold on", "<silver> on");
    let output = test(place.path(), &["cartotest/mock", "-o", "json", "--coverage"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let at = |path: &str| report.pointer(path).cloned().unwrap_or_default();
    assert_eq!(at("/passed"), false);
    assert_eq!(at("/tests/0/path"), "cartotest/mock/plain");
    assert_eq!(at("/tests/0/result"), "failed");
    assert_eq!(at("/tests/1/result"), "passed");
    assert_eq!(at("/coverage/0/file"), "cartotest/mock/plain/template.yaml");
    assert_eq!(at("/coverage/0/lines/0"), serde_json::json!({"line": 15, "visits": 1}));
    assert_eq!(text(&output.stderr), "");
    let output = test(place.path(), &["cartotest/mock", "-o", "junit"]);
    let report = text(&output.stdout);
    assert!(report.contains("<testsuite name=\"stampmill test\" tests=\"2\" failures=\"1\">"), "{report}");
    assert!(report.contains("-  note: &lt;silver&gt; on 8080&#10;"), "{report}");
}
