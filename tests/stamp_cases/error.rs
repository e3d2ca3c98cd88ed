//! `error-condition`, `retry` and `message`: what is said of errors, and what is tried again.

use std::collections::BTreeMap;

use stampmill::supply_chain::api::{OwnerKind, ResourceSelector, ResourceType, Status};
use stampmill::supply_chain::error::{Level, ObjectName, OutputError, Place, RealizeError};
use stampmill::supply_chain::run_error::{RunError, SelectorError};
use stampmill::yaml::Node;

use crate::case::{Case, field};

/// The condition of an error.
pub(crate) fn error_condition(case: &Case) -> Result<(), String> {
    let owner = OwnerKind::of(case.given_text("ownerKind")?).ok_or("no such owner")?;
    let level = match case.given_text("level")? {
        "owner" => Level::Owner,
        "resource" => Level::Resource,
        level => return Err(format!("no level {level}")),
    };
    let condition = realize_error(case.given("error"))?.condition(owner, level);
    case.check("type", Ok(Node::str(condition.kind)))?;
    case.check("status", Ok(Node::str(condition.status.as_str())))?;
    case.check("reason", Ok(Node::str(condition.reason)))?;
    case.check("message", Ok(Node::str(condition.message)))
}

/// Whether an error is tried again.
pub(crate) fn retry(case: &Case) -> Result<(), String> {
    case.check("retry", realize_error(case.given("error")).map(|error| Node::Bool(error.retry())))
}

/// The text of an error or of its condition.
pub(crate) fn message(case: &Case) -> Result<(), String> {
    let input = &case.input;
    let cause = || text(input, "error");
    let template = || text(input, "runTemplate");
    let name = || match text(input, "name") {
        name if name.is_empty() => text(input, "generateName"),
        name => name,
    };
    let object = || ObjectName { namespace: text(input, "namespace"), name: name() };
    let qualified = || text(input, "qualifiedResource");
    let message = match case.given_text("for")? {
        "MissingValueAtPath" => {
            let error = RealizeError::RetrieveOutput {
                place: Place::new("", ""),
                object: object(),
                qualified: qualified(),
                health: status(&text(input, "health")),
                error: OutputError::Path { path: text(input, "expression"), cause: String::new() },
            };
            error.condition(OwnerKind::Workload, Level::Owner).message
        }
        // The error is the whole text there.
        "OutputPathNotSatisfied" => {
            let error = RunError::RetrieveOutput {
                template: String::new(),
                object: object(),
                qualified: qualified(),
                cause: String::new(),
            };
            let own = error.to_string();
            error.condition().message.replace(&own, &cause())
        }
        "RunnableGetRunTemplate" => {
            RunError::GetRunTemplate { template: template(), cause: cause() }.to_string()
        }
        "RunnableStamp" => RunError::Stamp { template: template(), cause: cause() }.to_string(),
        "RunnableApply" | "RunnableApplyStampedObject" => {
            RunError::Apply { template: template(), object: object(), forbidden: false, cause: cause() }
                .to_string()
        }
        "RunnableRetrieveOutput" => {
            let error = RunError::RetrieveOutput {
                template: template(),
                object: object(),
                qualified: qualified(),
                cause: cause(),
            };
            error.to_string()
        }
        "RunnableSelector" | "RunnableResolveSelector" => {
            let selector = case.given("selector");
            let resource =
                ResourceType { api_version: text(selector, "apiVersion"), kind: text(selector, "kind") };
            let matching_labels = texts(selector, "matchingLabels");
            let error = selector_error(input);
            let selector = ResourceSelector { resource, matching_labels };
            RunError::Selector { selector, error }.to_string()
        }
        kind => {
            let mut error = realize_error_of(kind, input)?;
            if let RealizeError::RetrieveOutput { object: name, .. }
            | RealizeError::Apply { object: name, .. } = &mut error
                && name.name.is_empty()
            {
                *name = object();
            }
            error.to_string()
        }
    };
    case.check("message", Ok(Node::str(message)))
}

fn selector_error(input: &Node) -> SelectorError {
    let namespaced = field(input, "namespaced") == Some(&Node::Bool(true));
    match (field(input, "listError"), field(input, "discoveryError"), field(input, "matches")) {
        (Some(_), _, _) => SelectorError::List { namespaced, cause: text(input, "listError") },
        (_, Some(_), _) => SelectorError::Discovery(text(input, "discoveryError")),
        (_, _, Some(Node::Int(0))) => SelectorError::NoMatch,
        _ => SelectorError::ManyMatches,
    }
}

fn realize_error(error: &Node) -> Result<RealizeError, String> {
    realize_error_of(&text(error, "kind"), error)
}

fn realize_error_of(kind: &str, error: &Node) -> Result<RealizeError, String> {
    let place = Place::new(text(error, "resource"), text(error, "blueprint"));
    let template = text(error, "template");
    let cause = match text(error, "cause") {
        cause if cause.is_empty() => text(error, "error"),
        cause => cause,
    };
    let object = field(error, "object").filter(|object| **object != Node::Null);
    let name =
        object.map(|object| ObjectName { namespace: text(object, "namespace"), name: text(object, "name") });
    Ok(match kind {
        "GetTemplate" => RealizeError::GetTemplate { place, template, cause },
        "Stamp" => RealizeError::Stamp { place, kind: text(error, "templateKind"), template, cause },
        "ApplyStampedObject" => RealizeError::Apply {
            place,
            object: name.unwrap_or_default(),
            forbidden: text(error, "apiReason") == "Forbidden",
            cause,
        },
        "ListCreatedObjects" => {
            RealizeError::List { namespace: text(error, "namespace"), labels: texts(error, "labels"), cause }
        }
        "ResolveTemplateOption" => {
            RealizeError::ResolveOption { place, option: text(error, "option"), cause }
        }
        "TemplateOptionsMatch" => {
            let names = match field(error, "matches") {
                Some(Node::Array(names)) => {
                    names.items.iter().filter_map(|item| Some(item.value.as_str()?.to_owned())).collect()
                }
                _ => Vec::new(),
            };
            RealizeError::OptionsMatch { place, options: names }
        }
        "RetrieveOutput" => {
            let output = output_error(error, cause);
            match text(error, "passThrough") {
                input if !input.is_empty() => RealizeError::PassThrough { place, input, error: output },
                _ => RealizeError::RetrieveOutput {
                    place,
                    object: name.unwrap_or_default(),
                    qualified: text(error, "qualifiedResource"),
                    health: status(&text(error, "health")),
                    error: output,
                },
            }
        }
        "Other" => RealizeError::Other(cause),
        kind => return Err(format!("no error {kind}")),
    })
}

fn output_error(error: &Node, cause: String) -> OutputError {
    let path = match text(error, "jsonPath") {
        path if path.is_empty() => text(error, "expression"),
        path => path,
    };
    match &*text(error, "causeType") {
        "condition-not-met" => OutputError::ConditionNotMet(cause),
        "failed-condition-met" => OutputError::FailedConditionMet(cause),
        "observed-generation" => OutputError::ObservedGeneration(cause),
        _ if !path.is_empty() => OutputError::Path { path, cause },
        _ => OutputError::Other(cause),
    }
}

fn status(word: &str) -> Status {
    match word {
        "True" => Status::True,
        "False" => Status::False,
        _ => Status::Unknown,
    }
}

fn text(node: &Node, key: &str) -> String {
    field(node, key).and_then(Node::as_str).unwrap_or_default().to_owned()
}

fn texts(node: &Node, key: &str) -> BTreeMap<String, String> {
    match field(node, key) {
        Some(Node::Map(map)) => {
            let text = |node: &Node| node.as_str().unwrap_or_default().to_owned();
            map.items.iter().map(|item| (text(&item.key), text(&item.value))).collect()
        }
        _ => BTreeMap::new(),
    }
}
