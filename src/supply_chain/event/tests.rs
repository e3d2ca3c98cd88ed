//! Expected values follow the reference's `owner_recorder_test.go`.
#![allow(clippy::unwrap_used)] // Tests may fail loudly.

use super::{Event, Subject, fill};
use crate::supply_chain::api::Status;
use crate::yaml::json;

#[test]
fn reasons_and_texts() {
    let object = json::read(br#"{"metadata": {"generateName": "run-"}}"#).unwrap();
    let subject = || Subject::of(&object, "things.x.io");
    let resource = || "res".to_owned();
    let cases = [
        (Event::Created(subject()), "StampedObjectApplied", "Created object [things.x.io/run-]"),
        (Event::Patched(subject()), "StampedObjectApplied", "Patched object [things.x.io/run-]"),
        (Event::Deleted(subject()), "StampedObjectRemoved", "Deleted object [things.x.io/run-]"),
        (
            Event::OutputChanged { resource: resource(), object: Some(subject()) },
            "ResourceOutputChanged",
            "[res] found a new output in [things.x.io/run-]",
        ),
        (
            Event::OutputChanged { resource: resource(), object: None },
            "ResourceOutputChanged",
            "[res] found a new output in [<nil>]",
        ),
        (
            Event::PassThroughChanged { resource: resource() },
            "ResourceOutputChanged",
            "[res] passed through a new output",
        ),
        (
            Event::RunOutputChanged { runnable: "run".into(), object: subject() },
            "ResourceOutputChanged",
            "Runnable [run] found a new output in [things.x.io/run-]",
        ),
        (
            Event::HealthChanged { resource: resource(), object: Some(subject()), status: Status::False },
            "ResourceHealthyStatusChanged",
            "[res] found healthy status in [things.x.io/run-] changed to [False]",
        ),
    ];
    for (event, reason, message) in cases {
        assert_eq!(event.reason(), reason);
        assert_eq!(event.message(), message);
    }
}

#[test]
fn texts_are_filled_in() {
    assert_eq!(fill("100%% of [%Q]: %d %s", None, &["1", "hen"]), "100% of [<nil>]: 1 hen");
}
