//! Expected values follow the reference's `cluster_run_template_test.go`.
#![allow(clippy::unwrap_used)] // Tests may fail loudly.

use std::collections::BTreeMap;

use super::{Found, RunOutputs};
use crate::supply_chain::object;
use crate::yaml::{Node, json};

fn run(name: &str, created: &str, status: &str) -> Node {
    let text = format!(
        r#"{{"metadata": {{"name": "{name}", "creationTimestamp": "{created}"}}, "status": {status}}}"#
    );
    json::read(text.as_bytes()).unwrap()
}

fn outputs(paths: &[(&str, &str)]) -> RunOutputs {
    let paths: BTreeMap<String, String> =
        paths.iter().map(|(name, path)| ((*name).to_owned(), (*path).to_owned())).collect();
    RunOutputs::new(&paths)
}

const SUCCEEDED: &str =
    r#"{"conditions": [{"type": "A", "status": "False"}, {"type": "Succeeded", "status": "True"}], "v": 5}"#;
const FAILED: &str = r#"{"conditions": [{"type": "Succeeded", "status": "False"}], "v": 6}"#;

#[test]
fn the_newest_that_succeeded_gives_them() {
    let objects = [
        run("old", "2021-09-17T16:02:30Z", SUCCEEDED),
        run("new", "2021-09-17T17:02:30Z", SUCCEEDED),
        run("same", "2021-09-17T17:02:30Z", SUCCEEDED),
        run("failed", "2021-09-17T18:02:30Z", FAILED),
        run("silent", "2021-09-17T18:02:30Z", r#"{"v": 7}"#),
        run("timeless", "", SUCCEEDED),
    ];
    let Found { object, outputs } = outputs(&[("out", "status.v")]).of_latest(&objects);
    assert_eq!(object.map(object::name), Some("new"));
    assert_eq!(outputs, Ok(BTreeMap::from([("out".to_owned(), Node::Float(5.0))])));
}

#[test]
fn without_success_there_are_none() {
    let objects = [run("failed", "2021-09-17T18:02:30Z", FAILED)];
    let found = outputs(&[("out", "status.missing")]).of_latest(&objects);
    assert_eq!(found, Found { object: None, outputs: Ok(BTreeMap::new()) });
}

#[test]
fn without_paths_there_is_still_an_object() {
    let objects = [run("one", "2021-09-17T18:02:30Z", SUCCEEDED)];
    let found = outputs(&[]).of_latest(&objects);
    assert_eq!(found, Found { object: objects.first(), outputs: Ok(BTreeMap::new()) });
}

#[test]
fn one_that_is_missing_drops_the_others() {
    let objects = [run("one", "2021-09-17T18:02:30Z", SUCCEEDED)];
    let Found { object, outputs: found } =
        outputs(&[("a", "status.missing"), ("b", "status.v")]).of_latest(&objects);
    assert_eq!(object.map(object::name), Some("one"));
    let text = "failed to evaluate path [status.missing]: jsonpath returned empty list: status.missing";
    assert_eq!(found, Err(text.to_owned()));
    let Found { outputs: found, .. } = outputs(&[("a", "")]).of_latest(&objects);
    assert_eq!(found, Err("failed to evaluate path []: empty jsonpath not allowed".to_owned()));
}
