//! `output`, `pass-through`, `output-status` and `run-output`: what resources and runs give.

use std::collections::BTreeMap;

use stampmill::supply_chain::api::{Template, TemplateKind};
use stampmill::supply_chain::error::{OutputError, RealizeError};
use stampmill::supply_chain::object;
use stampmill::supply_chain::output_status::entry;
use stampmill::supply_chain::outputs::{OutputReader, ResourceOutput, SourceValue, pass_through};
use stampmill::supply_chain::run_outputs::{Found, RunOutputs};
use stampmill::yaml::Node;

use crate::case::{Case, field};
use crate::nodes::{items, map};

/// The output of a stamped object.
pub(crate) fn output(case: &Case) -> Result<(), String> {
    let kind = template_kind(case)?;
    let template = map([("spec", case.given("spec").clone())]);
    let template = Template::read(kind, &template).map_err(|error| error.to_string())?;
    let object = Some(case.given("stampedObject")).filter(|object| **object != Node::Null);
    let deployment = source(case.given("deployment"));
    let result = OutputReader::new(&template.output).read(object, deployment.as_ref());
    if let Some(expected) = case.error_type.as_deref() {
        let found = match &result {
            Ok(_) => "none",
            Err(OutputError::Path { .. }) => "json-path",
            Err(OutputError::ConditionNotMet(_)) => "condition-not-met",
            Err(OutputError::FailedConditionMet(_)) => "failed-condition-met",
            Err(OutputError::ObservedGeneration(_)) => "observed-generation",
            Err(OutputError::Other(_)) => "plain",
        };
        if expected != found {
            return Err(format!("expected an error of type {expected}, found {found}: {result:?}"));
        }
    }
    case.check("output", result.map(|output| shown(&output)).map_err(|error| error.to_string()))
}

/// The output of a resource that passes an input through.
pub(crate) fn passed_through(case: &Case) -> Result<(), String> {
    let name = case.given_text("passThrough")?;
    let Ok(kind) = template_kind(case) else {
        return case.check("output", Err(RealizeError::PassThroughKind.to_string()));
    };
    let inputs = case.given("inputs");
    let found = |class: &str| field(field(inputs, class)?, name);
    let found = match kind {
        TemplateKind::Source => found("sources").and_then(source).map(ResourceOutput::Source),
        TemplateKind::Image => found("images")
            .map(|input| ResourceOutput::Image(field(input, "image").cloned().unwrap_or_default())),
        TemplateKind::Config => found("configs")
            .map(|input| ResourceOutput::Config(field(input, "config").cloned().unwrap_or_default())),
        _ => None,
    };
    let result = pass_through(kind, name, found);
    case.check("output", result.map(|output| shown(&output)).map_err(|error| error.to_string()))
}

fn template_kind(case: &Case) -> Result<TemplateKind, String> {
    TemplateKind::of(case.given_text("templateKind")?).ok_or_else(|| "no such template".to_owned())
}

fn source(node: &Node) -> Option<SourceValue> {
    let part = |key| field(node, key).cloned().unwrap_or_default();
    (*node != Node::Null).then(|| SourceValue { url: part("url"), revision: part("revision") })
}

fn shown(output: &ResourceOutput) -> Node {
    if let Some(SourceValue { url, revision }) = output.source() {
        return map([("source", map([("url", url.clone()), ("revision", revision.clone())]))]);
    }
    match (output.image(), output.config()) {
        (Some(image), _) => map([("image", image.clone())]),
        (_, Some(config)) => map([("config", config.clone())]),
        _ => map::<&str>([]),
    }
}

/// The preview and digest of a value.
pub(crate) fn output_status(case: &Case) -> Result<(), String> {
    let entry = entry("value", case.given("value"));
    case.check("preview", Ok(Node::str(entry.preview)))?;
    case.check("digest", Ok(Node::str(entry.digest)))
}

/// The outputs of the objects of a runnable.
pub(crate) fn run_output(case: &Case) -> Result<(), String> {
    let paths: BTreeMap<String, String> = match case.given("outputs") {
        Node::Map(paths) => paths
            .items
            .iter()
            .filter_map(|item| Some((item.key.as_str()?.to_owned(), item.value.as_str()?.to_owned())))
            .collect(),
        _ => BTreeMap::new(),
    };
    let Found { object, outputs } = RunOutputs::new(&paths).of_latest(items(case.given("stampedObjects")));
    let object = object.map_or(Node::Null, |object| Node::str(object::name(object)));
    match &case.expect {
        Some(_) => case.check("object", Ok(object))?,
        None => {
            let expected = field(&case.node, "expectObject").unwrap_or(&Node::Null);
            if *expected != object {
                return Err(format!("expected the object {expected:?}, found {object:?}"));
            }
        }
    }
    case.check("outputs", outputs.map(map))
}
