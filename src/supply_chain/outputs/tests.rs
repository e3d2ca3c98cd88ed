//! Expected values follow the reference's `reader_test.go` and `reader.go`.
#![allow(clippy::unwrap_used)] // Tests may fail loudly.

use super::{OutputReader, ResourceOutput, SourceValue, as_string, pass_through};
use crate::supply_chain::api::{Template, TemplateKind};
use crate::supply_chain::error::OutputError;
use crate::yaml::{Node, json};

fn node(text: &str) -> Node {
    json::read(text.as_bytes()).unwrap()
}

fn deployment() -> SourceValue {
    SourceValue { url: Node::str("u"), revision: Node::str("r") }
}

fn read(kind: TemplateKind, spec: &str, object: &str) -> Result<ResourceOutput, OutputError> {
    let template = Template::read(kind, &node(&format!(r#"{{"spec": {spec}}}"#))).unwrap();
    let object = (!object.is_empty()).then(|| node(object));
    OutputReader::new(&template.output).read(object.as_ref(), Some(&deployment()))
}

fn path(path: &str, cause: &str) -> Result<ResourceOutput, OutputError> {
    Err(OutputError::Path { path: path.to_owned(), cause: cause.to_owned() })
}

#[test]
fn sources() {
    let spec = r#"{"urlPath": ".a", "revisionPath": ".b"}"#;
    let read = |object| read(TemplateKind::Source, spec, object);
    let found = SourceValue { url: Node::str("u"), revision: Node::Float(1.0) };
    assert_eq!(read(r#"{"a": "u", "b": 1}"#), Ok(ResourceOutput::Source(found)));
    assert_eq!(
        read("{}"),
        path(".a", "failed to evaluate the url path [.a]: jsonpath returned empty list: .a")
    );
    assert_eq!(
        read(r#"{"a": 1}"#),
        path(".b", "failed to evaluate the revision path [.b]: jsonpath returned empty list: .b")
    );
    assert_eq!(read(""), path(".a", "failed to evaluate path of empty object"));
}

#[test]
fn images() {
    let read = |path: &str, object| {
        let spec = format!(r#"{{"imagePath": "{path}"}}"#);
        read(TemplateKind::Image, &spec, object)
    };
    assert_eq!(read(".a", r#"{"a": "i"}"#), Ok(ResourceOutput::Image(Node::str("i"))));
    assert_eq!(
        read(".a", "{}"),
        path(".a", "failed to evaluate the url path [.a]: jsonpath returned empty list: .a")
    );
    assert_eq!(read(".a", ""), path(".a", "failed to evaluate path of empty object"));
    assert_eq!(read("", "{}"), path("", "failed to evaluate the url path []: empty jsonpath not allowed"));
    let nothing = read(".a", r#"{"a": null}"#).unwrap();
    assert_eq!((nothing.image(), nothing.config(), nothing.source()), (None, None, None));
}

#[test]
fn configs() {
    let read = |object| read(TemplateKind::Config, r#"{"configPath": ".a"}"#, object);
    assert_eq!(read(r#"{"a": "c"}"#).unwrap().config(), Some(&Node::str("c")));
    assert_eq!(
        read("{}"),
        path(".a", "failed to evaluate spec.configPath [.a]: jsonpath returned empty list: .a")
    );
    assert_eq!(read(""), path(".a", "failed to evaluate path of empty object"));
}

#[test]
fn plain_templates_give_nothing() {
    assert_eq!(read(TemplateKind::Plain, "{}", ""), Ok(ResourceOutput::None));
    assert_eq!(read(TemplateKind::Plain, "{}", "{}"), Ok(ResourceOutput::None));
}

#[test]
fn observed_matches() {
    let read = |object| {
        read(TemplateKind::Deployment, r#"{"observedMatches": [{"input": "a", "output": "b"}]}"#, object)
    };
    let done = Ok(ResourceOutput::Source(deployment()));
    let not_met = |text: &str| Err(OutputError::ConditionNotMet(text.to_owned()));
    for same in [
        r#"{"a": 1, "b": 1}"#,
        r#"{"a": null, "b": null}"#,
        r#"{"a": {"x": [1], "y": 2}, "b": {"y": 2, "x": [1]}}"#,
    ] {
        assert_eq!(read(same), done, "{same}");
    }
    let cases = [
        (r#"{"a": 1, "b": "1"}"#, "input [a] and output [b] do not match: %!s(float64=1) != 1"),
        (r#"{"a": true, "b": null}"#, "input [a] and output [b] do not match: %!s(bool=true) != %!s(<nil>)"),
        (r#"{"a": "x", "b": ["x"]}"#, "input [a] and output [b] do not match: x != [x]"),
        (
            r#"{"a": [1], "b": [2]}"#,
            "input [a] and output [b] do not match: [%!s(float64=1)] != [%!s(float64=2)]",
        ),
        (r#"{"b": 1}"#, "could not find value on input [a]: jsonpath returned empty list: a"),
        (r#"{"a": 1}"#, "could not find value on output [b]: jsonpath returned empty list: b"),
    ];
    for (object, text) in cases {
        assert_eq!(read(object), not_met(text), "{object}");
    }
    assert_eq!(read(""), Err(OutputError::Other("failed to evaluate path of empty object".to_owned())));
}

#[test]
fn no_matches_are_met_at_once() {
    let read = |spec| read(TemplateKind::Deployment, spec, "{}");
    assert_eq!(read(r#"{"observedMatches": []}"#), Ok(ResourceOutput::Source(deployment())));
    assert_eq!(read("{}"), Ok(ResourceOutput::Source(deployment())));
}

#[test]
fn the_input_of_a_deployment_is_asked_for_last() {
    let template = Template::read(TemplateKind::Deployment, &node(r#"{"spec": {}}"#)).unwrap();
    let result = OutputReader::new(&template.output).read(Some(&node("{}")), None);
    assert_eq!(result, Err(OutputError::Other("deployment not found in upstream template".to_owned())));
}

#[test]
fn observed_completion() {
    let spec = r#"{"observedCompletion": {"succeeded": {"key": "s.v", "value": "yes"},
        "failed": {"key": "f.v", "value": "no"}}, "observedMatches": [{"input": "x", "output": "y"}]}"#;
    let read = |rest: &str| {
        let object =
            format!(r#"{{"metadata": {{"generation": 1}}, "status": {{"observedGeneration": 1}}{rest}}}"#);
        read(TemplateKind::Deployment, spec, &object)
    };
    let not_met = |text: &str| Err(OutputError::ConditionNotMet(text.to_owned()));
    assert_eq!(read(r#", "s": {"v": "yes"}"#), Ok(ResourceOutput::Source(deployment())));
    assert_eq!(read(r#", "s": {"v": "yes"}, "f": {"v": "maybe"}"#), Ok(ResourceOutput::Source(deployment())));
    assert_eq!(
        read(r#", "s": {"v": "yes"}, "f": {"v": "no"}"#),
        Err(OutputError::FailedConditionMet("deployment failure condition [f.v] was: no".to_owned()))
    );
    assert_eq!(
        read(""),
        not_met("failed to evaluate succeededCondition.Key [s.v]: jsonpath returned empty list: s.v")
    );
    assert_eq!(
        read(r#", "s": {"v": "no"}"#),
        not_met("deployment success condition [s.v] was: no, expected: yes")
    );
    assert_eq!(
        read(r#", "s": {"v": true}"#),
        not_met("deployment success condition [s.v] was: %!s(bool=true), expected: yes")
    );
}

#[test]
fn a_failed_condition_that_cannot_be_evaluated() {
    let spec = r#"{"observedCompletion": {"succeeded": {"key": "s.v", "value": "yes"},
        "failed": {"key": "l[3]", "value": "no"}}}"#;
    let object = r#"{"metadata": {"generation": 1}, "status": {"observedGeneration": 1}, "l": []}"#;
    match read(TemplateKind::Deployment, spec, object) {
        Err(OutputError::Path { path, cause }) => {
            assert_eq!(path, "l[3]");
            assert!(
                cause.starts_with("failed to evaluate l[3]: evaluate: failed to find results: "),
                "{cause}"
            );
        }
        other => assert!(other.is_err(), "{other:?}"),
    }
}

#[test]
fn generations() {
    let spec = r#"{"observedCompletion": {"succeeded": {"key": "s", "value": "5"}}}"#;
    let read = |object| read(TemplateKind::Deployment, spec, object);
    let empty = |path: &str| format!("failed to evaluate {path}: jsonpath returned empty list: {path}");
    assert_eq!(read("{}"), path("metadata.generation", &empty("metadata.generation")));
    assert_eq!(
        read(r#"{"metadata": {"generation": 1}}"#),
        Err(OutputError::ObservedGeneration(empty("status.observedGeneration")))
    );
    assert_eq!(
        read(r#"{"metadata": {"generation": 1}, "status": {"observedGeneration": 2}}"#),
        Err(OutputError::ConditionNotMet(
            "status.observedGeneration does not equal metadata.generation: %!s(float64=2) != %!s(float64=1)"
                .to_owned()
        ))
    );
    assert_eq!(
        read(r#"{"metadata": {"generation": 1}, "status": {"observedGeneration": 1}, "s": 5}"#),
        Err(OutputError::ConditionNotMet(
            "deployment success condition [s] was: %!s(float64=5), expected: 5".to_owned()
        ))
    );
}

#[test]
fn inputs_pass_through() {
    let image = ResourceOutput::Image(Node::str("i"));
    assert_eq!(pass_through(TemplateKind::Image, "in", Some(image.clone())), Ok(image));
    let missing = |kind| pass_through(kind, "in", None).unwrap_err().to_string();
    assert_eq!(missing(TemplateKind::Source), "input [in] not found in sources");
    assert_eq!(missing(TemplateKind::Image), "input [in] not found in images");
    assert_eq!(missing(TemplateKind::Config), "input [in] not found in configs");
    assert_eq!(missing(TemplateKind::Deployment), "failed to evaluate path of empty object");
    assert_eq!(pass_through(TemplateKind::Plain, "in", None), Ok(ResourceOutput::None));
}

#[test]
fn values_print_as_go_prints_strings() {
    // What Go's Sprintf printed for the decoded JSON.
    let cases = [
        ("null", "%!s(<nil>)"),
        ("\"a\"", "a"),
        (
            r#"[null, 1.0, "a", true, {"b": null, "a": 2.5, "c": []}]"#,
            "[<nil> %!s(float64=1) a %!s(bool=true) map[a:%!s(float64=2.5) b:<nil> c:[]]]",
        ),
        ("{}", "map[]"),
    ];
    for (value, expected) in cases {
        assert_eq!(as_string(&node(value)), expected, "{value}");
    }
}
