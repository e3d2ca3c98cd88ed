//! Expected values follow the reference's `condition_manager_test.go`.
#![allow(clippy::unwrap_used)] // Tests may fail loudly.

use std::collections::BTreeMap;

use super::{Conditions, Finished, Polarity, blueprint, condition, find, health, owner, run};
use crate::supply_chain::api::{Condition, OwnerKind, Status};
use crate::supply_chain::object::StatusCondition;

const THEN: &str = "2020-01-01T00:00:00Z";
const NOW: &str = "2030-01-01T00:00:00Z";

fn at(time: &str, condition: Condition) -> Condition {
    Condition { last_transition_time: time.to_owned(), ..condition }
}

fn brief(finished: &Finished) -> Vec<(&str, Status, &str, &str)> {
    finished.conditions.iter().map(|c| (&*c.kind, c.status, &*c.reason, &*c.message)).collect()
}

#[test]
fn the_last_bad_one_gives_reason_and_message() {
    let mut conditions = Conditions::new("Top", &[], NOW);
    conditions.add(condition("A", Status::Unknown, "R0", "m0"));
    conditions.add(condition("B", Status::False, "R1", "m1"));
    conditions.add_with(condition("C", Status::True, "R2", "m2"), Polarity::Negative);
    conditions.add(condition("D", Status::Unknown, "R3", "m3"));
    assert!(!conditions.is_successful());
    let finished = conditions.finish();
    assert_eq!(brief(&finished).last().unwrap(), &("Top", Status::False, "R2", "m2"));
    assert_eq!(brief(&finished).len(), 5);
    assert!(finished.changed && !finished.successful);
    assert!(finished.conditions.iter().all(|condition| condition.last_transition_time == NOW));
}

#[test]
fn the_first_unknown_one_gives_reason_and_message() {
    let mut conditions = Conditions::new("Top", &[], NOW);
    conditions.add(condition("A", Status::True, "R0", "m0"));
    conditions.add(condition("B", Status::Unknown, "R1", "m1"));
    conditions.add_with(condition("C", Status::Unknown, "R2", "m2"), Polarity::Negative);
    let finished = conditions.finish();
    assert_eq!(brief(&finished).last().unwrap(), &("Top", Status::Unknown, "R1", "m1"));
    assert!(finished.successful);
}

#[test]
fn good_ones_are_ready() {
    let mut conditions = Conditions::new("Top", &[], NOW);
    conditions.add(condition("A", Status::True, "R0", "m0"));
    conditions.add_with(condition("B", Status::False, "R1", "m1"), Polarity::Negative);
    let finished = conditions.finish();
    assert_eq!(brief(&finished).last().unwrap(), &("Top", Status::True, "Ready", ""));
}

#[test]
fn none_is_unknown() {
    let previous = [at(THEN, condition("Top", Status::Unknown, "Unknown", ""))];
    let finished = Conditions::new("Top", &previous, NOW).finish();
    assert_eq!(brief(&finished), [("Top", Status::Unknown, "Unknown", "")]);
    assert_eq!(finished.conditions.first().unwrap().last_transition_time, NOW);
    assert!(finished.changed && !finished.successful);
}

#[test]
fn times_move_when_anything_else_does() {
    let previous = [
        at(THEN, condition("Same", Status::True, "R", "m")),
        at(THEN, condition("Message", Status::True, "R", "before")),
        at(THEN, condition("Status", Status::Unknown, "R", "m")),
        at(THEN, condition("Gone", Status::True, "R", "m")),
        at(THEN, condition("Top", Status::Unknown, "R", "m")),
    ];
    let mut conditions = Conditions::new("Top", &previous, NOW);
    conditions.add(at(NOW, condition("Same", Status::True, "R", "m")));
    let untouched = conditions.clone();
    conditions.add(condition("Message", Status::True, "R", "after"));
    conditions.add(condition("Status", Status::True, "R", "m"));
    let finished = conditions.finish();
    let times: Vec<&str> = finished.conditions.iter().map(|c| &*c.last_transition_time).collect();
    assert_eq!(times, [THEN, NOW, NOW, NOW]);
    assert!(finished.changed);

    let mut unchanged = untouched;
    unchanged.add(condition("Status", Status::Unknown, "R", "m"));
    let finished = unchanged.finish();
    assert!(finished.conditions.iter().all(|condition| condition.last_transition_time == THEN));
    assert!(!finished.changed, "one that is no longer said is no change");
}

#[test]
fn of_a_repeated_type_every_previous_one_counts() {
    let (other, same) = ("2021-01-01T00:00:00Z", "2022-01-01T00:00:00Z");
    let previous =
        [at(other, condition("A", Status::False, "R", "")), at(same, condition("A", Status::True, "R", ""))];
    let mut conditions = Conditions::new("Top", &previous, NOW);
    conditions.add(condition("A", Status::True, "R", ""));
    let finished = conditions.finish();
    assert_eq!(find(&finished.conditions, "A").unwrap().last_transition_time, same);
    assert!(finished.changed);
}

#[test]
fn texts() {
    let labels = BTreeMap::from([("b".to_owned(), "2".to_owned()), ("a".to_owned(), "1".to_owned())]);
    let not_ready = condition("Ready", Status::False, "TemplatesNotFound", "text");
    let (workload, deliverable) = (OwnerKind::Workload, OwnerKind::Deliverable);
    let succeeded = |status: &str| StatusCondition {
        kind: "Succeeded".into(),
        status: status.into(),
        message: "text".into(),
    };
    use Status::{False, True, Unknown};
    let cases = [
        (owner::blueprint_ready(workload), "SupplyChainReady", True, "Ready", ""),
        (owner::blueprint_ready(deliverable), "DeliveryReady", True, "Ready", ""),
        (
            owner::labels_missing(workload),
            "SupplyChainReady",
            False,
            "WorkloadLabelsMissing",
            "workload has no labels to match to supply chain",
        ),
        (
            owner::labels_missing(deliverable),
            "DeliveryReady",
            False,
            "DeliverableLabelsMissing",
            "deliverable has no labels to match to delivery",
        ),
        (
            owner::blueprint_not_found(workload, &labels),
            "SupplyChainReady",
            False,
            "SupplyChainNotFound",
            "no supply chain found where full selector is satisfied by labels: map[a:1 b:2]",
        ),
        (
            owner::blueprint_not_found(deliverable, &labels),
            "DeliveryReady",
            False,
            "DeliveryNotFound",
            "no delivery found where full selector is satisfied by labels: map[a:1 b:2]",
        ),
        (
            owner::too_many_blueprints(workload),
            "SupplyChainReady",
            False,
            "MultipleSupplyChainMatches",
            "workload may only match a single supply chain's selector",
        ),
        (
            owner::too_many_blueprints(deliverable),
            "DeliveryReady",
            False,
            "MultipleDeliveryMatches",
            "deliverable may only match a single delivery's selector",
        ),
        (
            owner::blueprint_not_ready(workload, Some(&not_ready)),
            "SupplyChainReady",
            False,
            "TemplatesNotFound",
            "text",
        ),
        (owner::blueprint_not_ready(deliverable, None), "DeliveryReady", False, "", ""),
        (owner::resources_submitted(), "ResourcesSubmitted", True, "ResourceSubmissionComplete", ""),
        (owner::resource_submitted(false), "ResourceSubmitted", True, "ResourceSubmissionComplete", ""),
        (owner::resource_submitted(true), "ResourceSubmitted", True, "PassThrough", ""),
        (blueprint::templates_found(), "TemplatesReady", True, "Ready", ""),
        (
            blueprint::templates_not_found(&["a".to_owned(), "a".to_owned(), "b".to_owned()]),
            "TemplatesReady",
            False,
            "TemplatesNotFound",
            "did not find the template of the resource(s) [a, a, b]",
        ),
        (run::run_template_ready(), "RunTemplateReady", True, "Ready", ""),
        (run::stamped_object(None), "StampedObjectCondition", Unknown, "Unknown", ""),
        (
            run::stamped_object(Some(&succeeded("True"))),
            "StampedObjectCondition",
            True,
            "SucceededCondition",
            "text",
        ),
        (
            run::stamped_object(Some(&succeeded("False"))),
            "StampedObjectCondition",
            False,
            "SucceededCondition",
            "text",
        ),
        (
            run::stamped_object(Some(&succeeded("Unknown"))),
            "StampedObjectCondition",
            Unknown,
            "SucceededCondition",
            "text",
        ),
        (health::resources_healthy(True, ""), "ResourcesHealthy", True, "HealthyConditionRule", ""),
    ];
    for (found, kind, status, reason, message) in cases {
        assert_eq!(found, condition(kind, status, reason, message));
    }
}
