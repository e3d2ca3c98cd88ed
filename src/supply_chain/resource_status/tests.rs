//! Expected values follow the reference's `resource_statuses_test.go` and `realizer_test.go`.
#![allow(clippy::unwrap_used)] // Tests may fail loudly.

use super::{Realized, ResourceStatuses};
use crate::supply_chain::api::{
    Condition, DeploymentReference, Input, ObjectReference, OwnerKind, Resource, ResourceReference,
    ResourceStatus, StampedRef, Status, TemplateRef,
};
use crate::supply_chain::conditions::health::{always_healthy, output_not_available};
use crate::supply_chain::error::{ObjectName, OutputError, Place, RealizeError};
use crate::supply_chain::event::Event;
use crate::supply_chain::outputs::ResourceOutput;
use crate::yaml::{Node, json};

const THEN: &str = "2020-01-01T00:00:00Z";
const NOW: &str = "2030-01-01T00:00:00Z";

fn resource(name: &str) -> Resource {
    let reference = |resource: &str| ResourceReference { name: "local".into(), resource: resource.into() };
    Resource {
        name: name.into(),
        template_ref: TemplateRef { kind: "ClusterImageTemplate".into(), ..TemplateRef::default() },
        sources: vec![reference("s1"), reference("s2")],
        images: vec![reference("i")],
        configs: vec![reference("c")],
        deployment: Some(DeploymentReference { resource: "d".into() }),
        ..Resource::default()
    }
}

fn object() -> Node {
    json::read(br#"{"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"namespace": "ns", "name": "n"}}"#)
        .unwrap()
}

fn realized<'a>(resource: &'a Resource, object: &'a Node, output: &'a ResourceOutput) -> Realized<'a> {
    Realized {
        resource,
        template: Some("t"),
        object: Some(object),
        qualified: Some("things.x.io"),
        output: Some(output),
        pass_through: false,
        error: None,
    }
}

fn texts(events: &[Event]) -> Vec<String> {
    events.iter().map(Event::message).collect()
}

fn kinds(status: &ResourceStatus) -> Vec<(&str, Status, &str)> {
    status.conditions.iter().map(|c| (&*c.kind, c.status, &*c.reason)).collect()
}

/// What one pass says of a resource that stamps an image.
fn first_pass() -> ResourceStatus {
    let (resource, object) = (resource("res"), object());
    let output = ResourceOutput::Image(Node::str("whatever"));
    let mut statuses = ResourceStatuses::new(OwnerKind::Workload, &[], THEN);
    let (events, error) = statuses.record(realized(&resource, &object, &output), |_| always_healthy());
    assert_eq!(error, None);
    assert_eq!(
        texts(&events),
        [
            "[res] found a new output in [things.x.io/n]",
            "[res] found healthy status in [things.x.io/n] changed to [True]"
        ]
    );
    assert!(statuses.is_changed());
    statuses.into_current().pop().unwrap()
}

#[test]
fn a_new_resource() {
    let status = first_pass();
    let stamped = StampedRef {
        kind: "Thing".into(),
        namespace: "ns".into(),
        name: "n".into(),
        api_version: "x.io/v1".into(),
        resource: "things.x.io".into(),
    };
    assert_eq!(status.stamped_ref, Some(stamped));
    let template = ObjectReference {
        kind: "ClusterImageTemplate".into(),
        name: "t".into(),
        api_version: "carto.run/v1alpha1".into(),
        ..ObjectReference::default()
    };
    assert_eq!(status.template_ref, Some(template));
    let inputs: Vec<&str> = status.inputs.iter().map(|Input { name }| &**name).collect();
    assert_eq!(inputs, ["s1", "s2", "i", "d", "c"]);
    let output = status.outputs.first().unwrap();
    assert_eq!(
        (&*output.name, &*output.preview, &*output.last_transition_time),
        ("image", "whatever\n", THEN)
    );
    assert_eq!(output.digest, "sha256:cd293be6cea034bd45a0352775a219ef5dc7825ce55d1f7dae9762d80ce64411");
    let expected = [
        ("ResourceSubmitted", Status::True, "ResourceSubmissionComplete"),
        ("Healthy", Status::True, "AlwaysHealthy"),
        ("Ready", Status::True, "Ready"),
    ];
    assert_eq!(kinds(&status), expected);
}

#[test]
fn nothing_new() {
    let before = [first_pass()];
    let (resource, object) = (resource("res"), object());
    let output = ResourceOutput::Image(Node::str("whatever"));
    let mut statuses = ResourceStatuses::new(OwnerKind::Workload, &before, NOW);
    let (events, _) = statuses.record(realized(&resource, &object, &output), |_| always_healthy());
    assert!(events.is_empty());
    assert!(!statuses.is_changed());
    assert_eq!(statuses.into_current(), before);
}

#[test]
fn a_new_output_of_a_kind_that_is_not_known() {
    let before = [first_pass()];
    let (resource, object) = (resource("res"), object());
    let output = ResourceOutput::Image(Node::str("new"));
    let mut statuses = ResourceStatuses::new(OwnerKind::Workload, &before, NOW);
    let realized = Realized { qualified: None, ..realized(&resource, &object, &output) };
    let (events, _) = statuses.record(realized, |_| output_not_available());
    assert!(events.is_empty(), "{events:?}");
    assert!(statuses.is_changed());
    let status = statuses.into_current().pop().unwrap();
    assert_eq!(
        status.stamped_ref.unwrap().resource,
        "could not fetch - see logs for 'failed to retrieve qualified resource name'"
    );
    assert_eq!(status.outputs.first().unwrap().last_transition_time, NOW);
}

#[test]
fn without_an_object_the_previous_status_stays() {
    let before = [first_pass()];
    let resource = resource("res");
    let failed = |template| Realized {
        resource: &resource,
        template,
        object: None,
        qualified: None,
        output: None,
        pass_through: false,
        error: Some(RealizeError::Stamp {
            place: Place::new("res", "bp"),
            kind: "K".into(),
            template: "t".into(),
            cause: "boom".into(),
        }),
    };
    let mut statuses = ResourceStatuses::new(OwnerKind::Workload, &before, NOW);
    let (events, error) = statuses.record(failed(Some("t")), |_| output_not_available());
    assert!(events.is_empty());
    assert!(error.is_some());
    let status = statuses.into_current().pop().unwrap();
    let expected = [
        ("ResourceSubmitted", Status::False, "TemplateStampFailure"),
        ("Healthy", Status::True, "AlwaysHealthy"),
        ("Ready", Status::False, "TemplateStampFailure"),
    ];
    assert_eq!(kinds(&status), expected);
    assert_eq!(status.outputs, before[0].outputs);

    // Without a previous one there is nothing to keep; the template alone is known, or not even that.
    let mut statuses = ResourceStatuses::new(OwnerKind::Workload, &[], NOW);
    statuses.record(failed(Some("t")), |_| output_not_available());
    let status = statuses.into_current().pop().unwrap();
    assert!(status.template_ref.is_some() && status.stamped_ref.is_none() && status.outputs.is_empty());
    assert_eq!(status.conditions.len(), 3);
    let mut statuses = ResourceStatuses::new(OwnerKind::Workload, &[], NOW);
    statuses.record(failed(None), |_| output_not_available());
    let status = statuses.into_current().pop().unwrap();
    assert!(status.template_ref.is_none());
    assert_eq!(status.conditions.len(), 2);
}

#[test]
fn a_missing_output_clears_what_was_there_and_speaks_of_health() {
    let before = [first_pass()];
    let (resource, object) = (resource("res"), object());
    let error = RealizeError::RetrieveOutput {
        place: Place::new("res", "bp"),
        object: ObjectName::of(&object),
        qualified: "things.x.io".into(),
        health: Status::Unknown,
        error: OutputError::Path { path: ".a".into(), cause: "boom".into() },
    };
    let realized =
        Realized { output: None, error: Some(error), ..realized(&resource, &object, &ResourceOutput::None) };
    let mut statuses = ResourceStatuses::new(OwnerKind::Workload, &before, NOW);
    let (events, error) =
        statuses.record(realized, |_| Condition { status: Status::False, ..output_not_available() });
    assert_eq!(
        texts(&events),
        [
            "[res] found a new output in [things.x.io/n]",
            "[res] found healthy status in [things.x.io/n] changed to [False]"
        ]
    );
    assert!(matches!(error, Some(RealizeError::RetrieveOutput { health: Status::False, .. })));
    let status = statuses.into_current().pop().unwrap();
    assert!(status.outputs.is_empty());
    assert_eq!(
        status.conditions.first().unwrap().message,
        "cannot read value [.a] from unhealthy object [things.x.io/n] in namespace [ns], examine object, \
         particularly whether it is receiving proper inputs"
    );
}

#[test]
fn what_passes_through() {
    let resource = resource("res");
    let output = ResourceOutput::Image(Node::str("whatever"));
    let realized = || Realized {
        resource: &resource,
        template: None,
        object: None,
        qualified: None,
        output: Some(&output),
        pass_through: true,
        error: None,
    };
    let mut statuses = ResourceStatuses::new(OwnerKind::Workload, &[], THEN);
    let (events, _) = statuses.record(realized(), |_| always_healthy());
    assert_eq!(texts(&events), ["[res] passed through a new output"]);
    let first = statuses.into_current();
    let expected = [("ResourceSubmitted", Status::True, "PassThrough"), ("Ready", Status::True, "Ready")];
    assert_eq!(kinds(&first[0]), expected);
    assert_eq!((first[0].outputs.len(), first[0].inputs.len()), (1, 5));
    assert!(first[0].template_ref.is_none() && first[0].stamped_ref.is_none());

    // Once there is a status it is kept, whatever passes through.
    let other = ResourceOutput::Image(Node::str("other"));
    let mut statuses = ResourceStatuses::new(OwnerKind::Workload, &first, NOW);
    let realized = Realized { output: Some(&other), ..realized() };
    let (events, _) = statuses.record(realized, |_| always_healthy());
    assert!(events.is_empty());
    assert!(!statuses.is_changed());
    assert_eq!(statuses.into_current(), first);
}

#[test]
fn order_and_what_is_gone() {
    let named = |name: &str| ResourceStatus { name: name.into(), ..ResourceStatus::default() };
    let before = [named("b"), named("gone"), named("a")];
    let mut statuses = ResourceStatuses::new(OwnerKind::Workload, &before, NOW);
    for name in ["new", "a", "b"] {
        statuses.add(named(name), None, false, Vec::new());
    }
    assert!(statuses.is_changed());
    assert_eq!(statuses.previous("new"), None);
    assert_eq!(statuses.previous("gone"), before.get(1));
    assert!(statuses.current("gone").is_none() && statuses.current("new").is_some());
    let names: Vec<String> = statuses.into_current().into_iter().map(|status| status.name).collect();
    assert_eq!(names, ["b", "a", "new"]);
}

#[test]
fn conditions_that_changed() {
    let before = [first_pass()];
    let mut statuses = ResourceStatuses::new(OwnerKind::Workload, &before, NOW);
    let error = RealizeError::Other("boom".into());
    statuses.add(before[0].clone(), Some(&error), false, vec![always_healthy()]);
    assert_eq!(statuses.changed_condition_types("res"), ["ResourceSubmitted", "Ready"]);
    assert_eq!(statuses.changed_condition_types("other"), [""; 0]);
    let new = ResourceStatus { name: "new".into(), ..ResourceStatus::default() };
    statuses.add(new, None, false, vec![output_not_available()]);
    assert_eq!(statuses.changed_condition_types("new"), ["ResourceSubmitted"]);
}
