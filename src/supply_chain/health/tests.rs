//! Expected values follow the reference's `healthcheck_test.go` and `healthcheck.go`.
#![allow(clippy::unwrap_used)] // Tests may fail loudly.

use super::{Health, of_owner};
use crate::supply_chain::api::{
    Condition, HealthRule, Lifecycle, ObjectReference, Output, ResourceStatus, StampedRef, Status,
    TemplateSpec, read,
};
use crate::yaml::{Node, json};

fn node(text: &str) -> Node {
    json::read(text.as_bytes()).unwrap()
}

fn rule(text: &str) -> Health {
    let rule: HealthRule = read(&node(text)).unwrap();
    Health::new(Some(&rule))
}

fn brief(condition: Condition) -> (String, Status, String, String) {
    (condition.kind, condition.status, condition.reason, condition.message)
}

fn healthy(status: Status, reason: &str, message: &str) -> (String, Status, String, String) {
    ("Healthy".to_owned(), status, reason.to_owned(), message.to_owned())
}

#[test]
fn without_a_rule_outputs_decide() {
    let health = Health::new(None);
    let of = |status: Option<&ResourceStatus>| brief(health.condition(status, Some(&node("{}"))));
    assert_eq!(of(None), healthy(Status::Unknown, "NoResource", ""));
    let mut status = ResourceStatus::default();
    assert_eq!(of(Some(&status)), healthy(Status::Unknown, "OutputNotAvailable", ""));
    let reference = |api_version: &str| ObjectReference {
        kind: "ClusterTemplate".into(),
        api_version: api_version.into(),
        ..ObjectReference::default()
    };
    status.template_ref = Some(reference("other/v1"));
    assert_eq!(of(Some(&status)), healthy(Status::Unknown, "OutputNotAvailable", ""));
    status.template_ref = Some(reference("carto.run/v1alpha1"));
    assert_eq!(of(Some(&status)), healthy(Status::Unknown, "NoStampedObject", ""));
    status.stamped_ref = Some(StampedRef::default());
    assert_eq!(of(Some(&status)), healthy(Status::True, "AlwaysHealthy", ""));
    status.outputs = vec![Output::default()];
    assert_eq!(of(Some(&status)), healthy(Status::True, "OutputsAvailable", ""));
}

#[test]
fn always_healthy_goes_first() {
    let health = rule(r#"{"alwaysHealthy": {}, "singleConditionType": "Ready"}"#);
    assert_eq!(brief(health.condition(None, Some(&node("{}")))), healthy(Status::True, "AlwaysHealthy", ""));
    assert_eq!(brief(health.condition(None, None)), healthy(Status::Unknown, "NoStampedObject", ""));
}

#[test]
fn single_conditions() {
    let health = rule(r#"{"singleConditionType": "Ready"}"#);
    let of = |conditions: &str| {
        let object = node(&format!(r#"{{"status": {{"conditions": {conditions}}}}}"#));
        brief(health.condition(None, Some(&object)))
    };
    let missing = "condition with type [Ready] not found on resource status";
    let cases = [
        (
            r#"[{"type": "A", "status": "False"}, {"type": "Ready", "status": "True", "message": "m"}]"#,
            Status::True,
            "m",
        ),
        (r#"[{"type": "Ready", "status": "False"}, {"type": "Ready", "status": "True"}]"#, Status::False, ""),
        (r#"[{"type": "Ready", "status": "Maybe", "message": "m"}]"#, Status::Unknown, "m"),
        (r#"[{"type": "Other", "status": "True"}]"#, Status::Unknown, missing),
        ("null", Status::Unknown, missing),
        ("{}", Status::Unknown, missing),
        (r#"[{"type": "Ready", "status": true}]"#, Status::Unknown, missing),
        (r#"[{"type": "Ready", "status": "True"}, 1]"#, Status::Unknown, missing),
        (r#"[{"type": "Ready", "status": "True", "lastTransitionTime": "x"}]"#, Status::Unknown, missing),
        (r#"[{"type": "Ready", "status": "True", "observedGeneration": 1.5}]"#, Status::Unknown, missing),
        (
            r#"[null, {"Type": "Ready", "STATUS": "True", "message": null, "observedGeneration": 1,
                "lastTransitionTime": "2022-01-01T00:00:00Z", "reason": "R", "more": []}]"#,
            Status::True,
            "",
        ),
    ];
    for (conditions, status, message) in cases {
        assert_eq!(of(conditions), healthy(status, "ReadyCondition", message), "{conditions}");
    }
    assert_eq!(brief(health.condition(None, None)), healthy(Status::Unknown, "Unknown", ""));
}

const MULTI: &str = r#"{"multiMatch": {
    "healthy": {"matchConditions": [{"type": "Good", "status": "Very"}],
        "matchFields": [{"key": ".f", "operator": "In", "values": ["x", "y"], "messagePath": ".m"}]},
    "unhealthy": {"matchConditions": [{"type": "Bad", "status": "True"}],
        "matchFields": [{"key": ".stop", "operator": "Exists", "messagePath": ".m"}]}}}"#;

fn multi(rest: &str, conditions: &str) -> (String, Status, String, String) {
    let object = node(&format!(r#"{{"status": {{"conditions": {conditions}}}{rest}}}"#));
    brief(rule(MULTI).condition(None, Some(&object)))
}

#[test]
fn multi_match() {
    let good = r#"[{"type": "Good", "status": "Very", "message": "m"}]"#;
    let both = r#"[{"type": "Good", "status": "Very"}, {"type": "Bad", "status": "True", "message": "b"}]"#;
    let none = healthy(Status::Unknown, "NoMatchesFulfilled", "");
    assert_eq!(
        multi(r#", "f": "y""#, good),
        healthy(Status::True, "MatchedCondition", "condition status: Very, message: m")
    );
    assert_eq!(
        multi(r#", "f": "y", "stop": 1"#, both),
        healthy(Status::False, "MatchedCondition", "condition status: True, message: b")
    );
    assert_eq!(
        multi(r#", "f": "y", "stop": 1000000, "m": [1, "a"]"#, good),
        healthy(Status::False, "MatchedField", "field value: 1e+06, message: [1 a]")
    );
    assert_eq!(
        multi(r#", "stop": {"b": 1, "a": "x"}"#, good),
        healthy(
            Status::False,
            "MatchedField",
            "field value: map[a:x b:1], message: unknown, error retrieving message path [.m]"
        )
    );
    assert_eq!(multi(r#", "f": "z""#, good), none);
    assert_eq!(multi("", good), none);
    assert_eq!(multi(r#", "f": "y", "stop": null"#, "[]"), none);
    assert_eq!(multi(r#", "f": "y""#, r#"[{"type": "Good", "status": "True"}]"#), none);
    assert_eq!(brief(rule(MULTI).condition(None, None)), healthy(Status::Unknown, "Unknown", ""));
}

#[test]
fn fields() {
    let of = |operator: &str, key: &str| {
        let text = format!(
            r#"{{"multiMatch": {{"healthy": {{"matchFields": [{{"key": "{key}", "operator": "{operator}",
                "values": ["x", "1"]}}]}}, "unhealthy": {{}}}}}}"#
        );
        let object = node(r#"{"s": "x", "n": 1, "null": null, "l": []}"#);
        brief(rule(&text).condition(None, Some(&object)))
    };
    let no = healthy(Status::Unknown, "NoMatchesFulfilled", "");
    let yes = |value: &str| {
        let text = format!("field value: {value}, message: unknown, error retrieving message path []");
        healthy(Status::True, "MatchedField", &text)
    };
    let lost = "<error retrieving field value>";
    let cases = [
        ("In", "s", yes("x")),
        ("In", "n", no.clone()),
        ("In", "missing", no.clone()),
        ("NotIn", "n", yes("1")),
        ("NotIn", "s", no.clone()),
        ("NotIn", "missing", no.clone()),
        ("Exists", "n", yes("1")),
        ("Exists", "null", no.clone()),
        ("Exists", "missing", no.clone()),
        ("DoesNotExist", "missing", yes(lost)),
        ("DoesNotExist", "null", yes("<nil>")),
        ("DoesNotExist", "s", no.clone()),
        ("DoesNotExist", "l[3]", no.clone()),
        ("Like", "s", no.clone()),
    ];
    for (operator, key, expected) in cases {
        assert_eq!(of(operator, key), expected, "{operator} {key}");
    }
}

#[test]
fn a_rule_that_asks_for_nothing_is_met() {
    let health = rule(r#"{"multiMatch": {"healthy": {}, "unhealthy": {}}}"#);
    assert_eq!(brief(health.condition(None, Some(&node("{}")))), healthy(Status::True, "", ""));
}

#[test]
fn objects() {
    let object = node(r#"{"status": {"conditions": [{"type": "Succeeded", "status": "False"}]}}"#);
    let always = rule(r#"{"alwaysHealthy": {}}"#);
    for health in [&Health::new(None), &always, &Health::succeeded(), &rule(MULTI)] {
        assert_eq!(health.of_object(None), Status::Unknown);
    }
    assert_eq!(Health::new(None).of_object(Some(&object)), Status::True);
    assert_eq!(always.of_object(Some(&object)), Status::True);
    assert_eq!(Health::succeeded().of_object(Some(&object)), Status::False);
    assert_eq!(rule(MULTI).of_object(Some(&object)), Status::Unknown);
}

#[test]
fn tekton_has_a_rule_of_its_own() {
    let object = node(r#"{"status": {"conditions": [{"type": "Succeeded", "status": "False"}]}}"#);
    let mut template = TemplateSpec { lifecycle: Lifecycle::Tekton, ..TemplateSpec::default() };
    assert_eq!(Health::of(&template).of_object(Some(&object)), Status::False);
    template.health_rule = Some(read(&node(r#"{"alwaysHealthy": {}}"#)).unwrap());
    assert_eq!(Health::of(&template).of_object(Some(&object)), Status::True);
    template = TemplateSpec { lifecycle: Lifecycle::Immutable, ..TemplateSpec::default() };
    assert_eq!(Health::of(&template).of_object(Some(&object)), Status::True);
}

#[test]
fn owners() {
    let resource = |healthy: Option<(Status, &str)>| {
        let condition = |kind: &str, status, message: &str| Condition {
            kind: kind.into(),
            status,
            reason: "R".into(),
            message: message.into(),
            ..Condition::default()
        };
        let mut conditions = vec![condition("ResourceSubmitted", Status::False, "other")];
        conditions.extend(healthy.map(|(status, message)| condition("Healthy", status, message)));
        ResourceStatus { conditions, ..ResourceStatus::default() }
    };
    use Status::{False, True, Unknown};
    type Healthy<'a> = Option<(Status, &'a str)>;
    let cases: [(&[Healthy<'_>], Status, &str); 6] = [
        (&[], Unknown, ""),
        (&[None], Unknown, ""),
        (&[None, Some((True, "a"))], True, ""),
        (&[Some((Unknown, "a")), Some((Unknown, "b")), Some((True, "c"))], Unknown, "a"),
        (&[Some((False, "a")), Some((False, "b")), Some((Unknown, "c"))], False, "b"),
        (&[Some((Unknown, "a")), Some((False, "b"))], False, "b"),
    ];
    for (resources, status, message) in cases {
        let resources: Vec<ResourceStatus> = resources.iter().map(|healthy| resource(*healthy)).collect();
        let expected =
            ("ResourcesHealthy".to_owned(), status, "HealthyConditionRule".to_owned(), message.to_owned());
        assert_eq!(brief(of_owner(&resources)), expected);
    }
}
