//! Expected values follow the reference's `gc_test.go` and `reader_test.go`.
#![allow(clippy::unwrap_used)] // Tests may fail loudly.

use super::{Examined, latest_success, to_delete};
use crate::supply_chain::api::{RetentionPolicy, Status};
use crate::supply_chain::object;
use crate::yaml::{Node, json};

fn objects(given: &[(&str, &str)]) -> Vec<Node> {
    let object = |(name, created): &(&str, &str)| {
        let text = format!(r#"{{"metadata": {{"name": "{name}", "creationTimestamp": "{created}"}}}}"#);
        json::read(text.as_bytes()).unwrap()
    };
    given.iter().map(object).collect()
}

fn examined<'a>(objects: &'a [Node], health: &[Status]) -> Vec<Examined<'a>> {
    objects.iter().zip(health).map(|(object, health)| Examined { object, health: *health }).collect()
}

fn names<'a>(objects: impl IntoIterator<Item = &'a Node>) -> Vec<&'a str> {
    objects.into_iter().map(object::name).collect()
}

#[test]
fn the_oldest_of_each_kind_go() {
    use Status::{False, True, Unknown};
    let objects = objects(&[
        ("s-old", "2022-01-01T00:00:00Z"),
        ("s-new", "2022-01-03T00:00:00Z"),
        ("u", "2021-01-01T00:00:00Z"),
        ("s-mid", "2022-01-02T00:00:00Z"),
        ("f-old", "2022-01-01T00:00:00Z"),
        ("f-new", "2022-01-02T01:00:00+02:00"),
        ("s-none", ""),
    ]);
    let examined = examined(&objects, &[True, True, Unknown, True, False, False, True]);
    let policy =
        |failed, successful| RetentionPolicy { max_failed_runs: failed, max_successful_runs: successful };
    assert_eq!(names(to_delete(&examined, policy(1, 1))), ["s-mid", "s-old", "f-old", "s-none"]);
    assert_eq!(names(to_delete(&examined, policy(2, 3))), ["s-none"]);
    assert!(to_delete(&examined, policy(10, 10)).is_empty());
}

#[test]
fn of_equally_new_ones_the_first_is_kept() {
    let objects = objects(&[("a", "2022-01-01T00:00:00Z"), ("b", "2022-01-01T00:00:00Z")]);
    let examined = examined(&objects, &[Status::True, Status::True]);
    let policy = RetentionPolicy { max_failed_runs: 1, max_successful_runs: 1 };
    assert_eq!(names(to_delete(&examined, policy)), ["b"]);
    assert_eq!(names(latest_success(&examined)), ["a"]);
}

#[test]
fn the_latest_success() {
    use Status::{False, True, Unknown};
    let objects = objects(&[
        ("a", "2022-01-01T00:00:00Z"),
        ("b", "2022-01-02T00:00:00Z"),
        ("c", "2022-01-03T00:00:00Z"),
        ("none", ""),
        ("not a time", "yesterday"),
    ]);
    assert_eq!(names(latest_success(&examined(&objects, &[True, True, False, True, True]))), ["b"]);
    assert_eq!(names(latest_success(&examined(&objects, &[True, Unknown, True]))), ["c"]);
    assert_eq!(latest_success(&examined(&objects, &[False, Unknown, False, True, True])), None);
    assert_eq!(latest_success(&[]), None);
}
