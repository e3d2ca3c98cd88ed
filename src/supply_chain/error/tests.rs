//! Expected values follow the reference's `pkg/errors`, `workload_conditions.go` and
//! `deliverable_conditions.go`.
#![allow(clippy::unwrap_used)] // Tests may fail loudly.

use std::collections::BTreeMap;

use super::{Level, ObjectName, OutputError, Place, RealizeError};
use crate::supply_chain::api::{Condition, OwnerKind, ResourceSelector, ResourceType, Status};
use crate::supply_chain::run_error::{RunError, SelectorError};
use crate::yaml::json;

fn place() -> Place {
    Place::new("res", "bp")
}

fn name() -> ObjectName {
    ObjectName { namespace: "ns".into(), name: "n".into() }
}

fn labels() -> BTreeMap<String, String> {
    BTreeMap::from([("b".to_owned(), "2".to_owned()), ("a".to_owned(), "1".to_owned())])
}

fn output(error: OutputError) -> RealizeError {
    RealizeError::RetrieveOutput {
        place: place(),
        object: name(),
        qualified: "things.x.io".into(),
        health: Status::Unknown,
        error,
    }
}

fn path() -> OutputError {
    OutputError::Path { path: ".a".into(), cause: "boom".into() }
}

fn apply(forbidden: bool) -> RealizeError {
    RealizeError::Apply { place: place(), object: name(), forbidden, cause: "create: boom".into() }
}

fn pass_through(error: OutputError) -> RealizeError {
    RealizeError::PassThrough { place: place(), input: "in".into(), error }
}

/// Text, reason for workloads and deliverables, and whether it is tried again.
#[test]
fn texts_reasons_and_what_is_tried_again() {
    let cause = || "boom".to_owned();
    let cases = [
        (
            RealizeError::ServiceAccount { account: name(), cause: cause() },
            "failed to get service account object from api server [ns/n]: failed to get object [ns/n] from api \
             server: boom",
            ["ServiceAccountError"; 2],
            false,
        ),
        (
            RealizeError::Token { cause: "fetch token: boom".into() },
            "fetch token: boom",
            ["ServiceAccountTokenError"; 2],
            false,
        ),
        (
            RealizeError::Client { cause: cause() },
            "can't build client: boom",
            ["ResourceRealizerBuilderError"; 2],
            true,
        ),
        (
            RealizeError::GetTemplate { place: place(), template: "t".into(), cause: cause() },
            "unable to get template [t] for resource [res] in supply chain [bp]: boom",
            ["TemplateObjectRetrievalFailure"; 2],
            true,
        ),
        (
            RealizeError::TemplateGone { kind: "ClusterTemplate".into(), name: "t".into() },
            "failed to get cluster template [{Kind:ClusterTemplate Name:t}]: resource does not match a known \
             template",
            ["UnknownError"; 2],
            true,
        ),
        (
            RealizeError::OptionsMatch { place: place(), options: Vec::new() },
            "get template name from resource: find matching template option: expected exactly 1 option to \
             match, found [0] matching options for resource [res] in supply chain [bp]",
            ["UnknownError"; 2],
            true,
        ),
        (
            RealizeError::OptionsMatch { place: place(), options: vec!["a".into(), "".into()] },
            "get template name from resource: find matching template option: expected exactly 1 option to \
             match, found [2] matching options [a, ] for resource [res] in supply chain [bp]",
            ["UnknownError"; 2],
            true,
        ),
        (
            RealizeError::ResolveOption { place: place(), option: "o".into(), cause: cause() },
            "get template name from resource: find matching template option: error matching against template \
             option [o] for resource [res] in supply chain [bp]: boom",
            ["UnknownError"; 2],
            true,
        ),
        (
            RealizeError::Stamp { place: place(), kind: "K".into(), template: "t".into(), cause: cause() },
            "unable to stamp object for resource [res] for template [K/t] in supply chain [bp]: boom",
            ["TemplateStampFailure"; 2],
            false,
        ),
        (
            apply(false),
            "unable to apply object [ns/n] for resource [res] in supply chain [bp]: create: boom",
            ["TemplateRejectedByAPIServer"; 2],
            true,
        ),
        (
            apply(true),
            "unable to apply object [ns/n] for resource [res] in supply chain [bp]: create: boom",
            ["TemplateRejectedByAPIServer"; 2],
            false,
        ),
        (
            RealizeError::List { namespace: "ns".into(), labels: labels(), cause: cause() },
            "unable to list objects in namespace [ns] with labels [map[a:1 b:2]]: boom",
            ["FailedToListCreatedObjects", "UnknownError"],
            true,
        ),
        (
            output(path()),
            "unable to retrieve outputs [.a] from stamped object [ns/n] of type [things.x.io] for resource [res] \
             in supply chain [bp]: failed to evaluate json path '.a': boom",
            ["MissingValueAtPath"; 2],
            false,
        ),
        (
            output(OutputError::Other(cause())),
            "unable to retrieve outputs from stamped object [ns/n] of type [things.x.io] for resource [res] in \
             supply chain [bp]: boom",
            ["MissingValueAtPath", "UnknownError"],
            false,
        ),
        (
            pass_through(OutputError::Other(cause())),
            "unable to retrieve outputs from pass through [in] for resource [res] in supply chain [bp]: boom",
            ["PassThrough", "UnknownError"],
            false,
        ),
        (
            RealizeError::PassThroughKind,
            "failed to create new stamp pass through reader: kind does not match a known template",
            ["UnknownError"; 2],
            true,
        ),
        (RealizeError::Other(cause()), "boom", ["UnknownError"; 2], true),
    ];
    for (error, text, [workload, deliverable], retry) in cases {
        assert_eq!(error.to_string(), text);
        assert_eq!(error.retry(), retry, "{text}");
        for level in [Level::Owner, Level::Resource] {
            assert_eq!(error.condition(OwnerKind::Workload, level).reason, workload, "{text}");
            assert_eq!(error.condition(OwnerKind::Deliverable, level).reason, deliverable, "{text}");
        }
    }
}

fn condition(kind: &str, status: Status, reason: &str, message: &str) -> Condition {
    Condition {
        kind: kind.into(),
        status,
        reason: reason.into(),
        message: message.into(),
        ..Condition::default()
    }
}

#[test]
fn errors_before_realizing_are_the_owners() {
    let error = RealizeError::Token { cause: "text".into() };
    let expected = condition("ResourcesSubmitted", Status::False, "ServiceAccountTokenError", "text");
    assert_eq!(error.condition(OwnerKind::Workload, Level::Owner), expected);
}

#[test]
fn a_message_of_a_missing_value_depends_on_health() {
    let texts = [
        (Status::Unknown, "waiting to read value [.a] from object [things.x.io/n] in namespace [ns]"),
        (
            Status::True,
            "cannot read value [.a] from healthy object [things.x.io/n] in namespace [ns], contact Platform Eng",
        ),
        (
            Status::False,
            "cannot read value [.a] from unhealthy object [things.x.io/n] in namespace [ns], examine object, \
             particularly whether it is receiving proper inputs",
        ),
    ];
    for (health, text) in texts {
        let mut error = output(path());
        error.set_health(health);
        for owner in [OwnerKind::Workload, OwnerKind::Deliverable] {
            let expected = condition("ResourceSubmitted", Status::Unknown, "MissingValueAtPath", text);
            assert_eq!(error.condition(owner, Level::Resource), expected);
            let expected = condition("ResourcesSubmitted", Status::Unknown, "MissingValueAtPath", text);
            assert_eq!(error.condition(owner, Level::Owner), expected);
        }
    }
}

#[test]
fn an_object_without_a_namespace_and_an_error_without_a_path() {
    let error = RealizeError::RetrieveOutput {
        place: place(),
        object: ObjectName { namespace: String::new(), name: "n".into() },
        qualified: "things".into(),
        health: Status::Unknown,
        error: OutputError::ConditionNotMet("text".into()),
    };
    let message = error.condition(OwnerKind::Workload, Level::Owner).message;
    assert_eq!(message, "waiting to read value [<no jsonpath context>] from object [things/n]");
}

#[test]
fn deployments_speak_of_the_owner_on_both_levels() {
    let cases = [
        (
            OutputError::ConditionNotMet("text".into()),
            Status::Unknown,
            "ConditionNotMet",
            "resource [res] condition not met: text",
        ),
        (
            OutputError::FailedConditionMet("text".into()),
            Status::False,
            "FailedConditionMet",
            "resource [res] failed condition met: text",
        ),
        (
            OutputError::ObservedGeneration("text".into()),
            Status::False,
            "TemplateStampFailure",
            "resource [res] cannot satisfy observedCompletion without observedGeneration in object status",
        ),
    ];
    for (error, status, reason, message) in cases {
        for level in [Level::Owner, Level::Resource] {
            let found = output(error.clone()).condition(OwnerKind::Deliverable, level);
            assert_eq!(found, condition("ResourcesSubmitted", status, reason, message));
        }
    }
}

#[test]
fn a_missing_input_is_said_of_the_supply_chain() {
    let expected =
        condition("SupplyChainReady", Status::False, "PassThrough", "unable to find passthrough [in] in []");
    for level in [Level::Owner, Level::Resource] {
        let error = pass_through(OutputError::Other("boom".into()));
        assert_eq!(error.condition(OwnerKind::Workload, level), expected);
        assert_eq!(pass_through(path()).condition(OwnerKind::Deliverable, level), expected);
    }
}

#[test]
fn names_of_objects() {
    let object = json::read(br#"{"metadata": {"namespace": "ns", "generateName": "run-"}}"#).unwrap();
    assert_eq!(ObjectName::of(&object).to_string(), "ns/");
    assert_eq!(ObjectName::of_run(&object).to_string(), "ns/run-");
}

#[test]
fn runnables() {
    let cause = || "boom".to_owned();
    let template = || "t".to_owned();
    let selector = |error| RunError::Selector {
        selector: ResourceSelector {
            resource: ResourceType { api_version: "v1".into(), kind: "K".into() },
            matching_labels: labels(),
        },
        error,
    };
    let apply =
        |forbidden| RunError::Apply { template: template(), object: name(), forbidden, cause: cause() };
    let resolve = "unable to resolve selector [map[a:1 b:2]], apiVersion [v1], kind [K]: ";
    let cases = [
        (
            RunError::ServiceAccount { account: name(), cause: cause() },
            "failed to get service account object from api server [ns/n]: failed to get object [ns/n] from api \
             server: boom"
                .to_owned(),
            "ServiceAccountError",
            false,
        ),
        (RunError::Token { cause: cause() }, cause(), "ServiceAccountTokenError", false),
        (RunError::Client { cause: cause() }, cause(), "ClientBuilderError", true),
        (
            RunError::GetRunTemplate { template: template(), cause: cause() },
            "unable to get run template [t]: boom".to_owned(),
            "RunTemplateNotFound",
            true,
        ),
        (
            selector(SelectorError::Discovery(cause())),
            format!("{resolve}failed to list server api resources: boom"),
            "TemplateStampFailure",
            false,
        ),
        (
            selector(SelectorError::List { namespaced: true, cause: cause() }),
            format!("{resolve}failed to list objects in namespace matching selector [map[a:1 b:2]]: boom"),
            "TemplateStampFailure",
            false,
        ),
        (
            selector(SelectorError::List { namespaced: false, cause: cause() }),
            format!("{resolve}failed to list objects at cluster scope matching selector [map[a:1 b:2]]: boom"),
            "TemplateStampFailure",
            false,
        ),
        (
            selector(SelectorError::NoMatch),
            format!("{resolve}selector did not match any objects"),
            "TemplateStampFailure",
            false,
        ),
        (
            selector(SelectorError::ManyMatches),
            format!("{resolve}selector matched multiple objects"),
            "TemplateStampFailure",
            false,
        ),
        (
            RunError::Stamp { template: template(), cause: cause() },
            "unable to stamp object for run template [t]: boom".to_owned(),
            "TemplateStampFailure",
            false,
        ),
        (
            apply(false),
            "unable to apply object [ns/n] for run template [t]: boom".to_owned(),
            "StampedObjectRejectedByAPIServer",
            true,
        ),
        (
            apply(true),
            "unable to apply object [ns/n] for run template [t]: boom".to_owned(),
            "StampedObjectRejectedByAPIServer",
            false,
        ),
        (
            RunError::List { namespace: "ns".into(), labels: labels(), cause: cause() },
            "unable to list objects in namespace [ns] with labels [map[a:1 b:2]]: boom".to_owned(),
            "FailedToListCreatedObjects",
            true,
        ),
        (RunError::Other(cause()), cause(), "UnknownError", true),
    ];
    for (error, text, reason, retry) in cases {
        assert_eq!(error.to_string(), text);
        assert_eq!(error.condition(), condition("RunTemplateReady", Status::False, reason, &text));
        assert_eq!(error.retry(), retry, "{text}");
    }
}

#[test]
fn outputs_of_runnables() {
    let mut object = name();
    let mut error = |namespace: &str| {
        namespace.clone_into(&mut object.namespace);
        RunError::RetrieveOutput {
            template: "t".into(),
            object: object.clone(),
            qualified: "things.x.io".into(),
            cause: "boom".into(),
        }
    };
    let text = "unable to retrieve outputs from stamped object [ns/n] of type [things.x.io] for run template \
                [t]: boom";
    assert_eq!(error("ns").to_string(), text);
    assert!(!error("ns").retry());
    let message = format!("waiting to read value from resource [things.x.io/n] in namespace [ns]: {text}");
    let expected = condition("RunTemplateReady", Status::False, "OutputPathNotSatisfied", &message);
    assert_eq!(error("ns").condition(), expected);
    assert!(
        error("").condition().message.starts_with("waiting to read value from resource [things.x.io/n]: ")
    );
}
