//! `event`: texts of events.

use stampmill::supply_chain::event::{Subject, fill};
use stampmill::yaml::Node;

use crate::case::{Case, field, show};
use crate::nodes::items;

/// A text with an object and arguments.
pub(crate) fn event(case: &Case) -> Result<(), String> {
    let resource = Some(case.given("resource")).filter(|resource| **resource != Node::Null);
    let text = |node: &Node, key| field(node, key).and_then(Node::as_str).unwrap_or_default().to_owned();
    let subject = resource.map(|resource| Subject {
        qualified: text(resource, "qualifiedResource"),
        name: text(resource, "name"),
    });
    let arguments: Vec<String> = items(case.given("args"))
        .into_iter()
        .map(|argument| argument.as_str().map_or_else(|| show(argument), str::to_owned))
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    case.check("message", Ok(Node::str(fill(case.given_text("format")?, subject.as_ref(), &arguments))))
}
