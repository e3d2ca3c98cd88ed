//! What admission refuses: the rules of the reference's validating webhooks, in their order and words.
//!
//! Objects are checked as they are given. On a cluster the schemas of the kinds come first: they refuse
//! wrong types and fill in defaults, such as the lifecycle that decides about the retention policy. Fields
//! of the wrong type count as missing here.
//!
//! Workloads, deliverables and runnables have no webhook. Source of the rules: `*_webhook.go` and
//! `common_validations.go` of `pkg/apis/v1alpha1`.

mod blueprint;
mod field;
mod label;
mod options;
mod template;

use std::collections::BTreeMap;

use super::api::{BlueprintKind, LabelRequirement, TemplateKind};
use super::part::Part;
use crate::error::{Error, ErrorKind, Result};
use crate::yaml::{Node, Pos};

/// What somebody wants to do with an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Operation {
    /// Create it.
    Create,
    /// Change it.
    Update,
    /// Delete it, which nothing forbids.
    Delete,
}

impl Operation {
    /// The operation that an admission review names: `CREATE`, `UPDATE`, `DELETE`.
    pub fn of(name: &str) -> Option<Operation> {
        match name {
            "CREATE" => Some(Operation::Create),
            "UPDATE" => Some(Operation::Update),
            "DELETE" => Some(Operation::Delete),
            _ => None,
        }
    }
}

/// A rule that an object breaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// What is wrong, in the reference's words, without the name of the object.
    pub message: String,
    /// Where it is wrong.
    pub pos: Pos,
}

/// Checks an object as the webhook of its kind does.
///
/// # Errors
/// `DataValues` with the text of the webhook: the first rule that the object breaks.
pub fn object(object: &Node, operation: Operation) -> Result<()> {
    if operation == Operation::Delete {
        return Ok(());
    }
    let Some(first) = violations(object).into_iter().next() else {
        return Ok(());
    };
    let part = Part::object(object);
    let error = Error::new(ErrorKind::DataValues, first.message);
    Err(match BlueprintKind::of(part.get("kind").text()) {
        Some(kind) => {
            let kind = kind.name().to_lowercase();
            error.context(format!("error validating {kind} [{}]", part.at(&["metadata", "name"]).text()))
        }
        None => error,
    })
}

/// All rules that an object breaks. The first is the one that its webhook names.
pub fn violations(object: &Node) -> Vec<Violation> {
    let object = Part::object(object);
    let mut found = Found::default();
    let kind = object.get("kind").text();
    let spec = object.get("spec");
    if let Some(kind) = BlueprintKind::of(kind) {
        blueprint::check(kind, spec, &mut found);
    } else if let Some(kind) = TemplateKind::of(kind) {
        template::check(kind, spec, &mut found);
    } else if kind == "ClusterRunTemplate" {
        template::check_run_template(spec, &mut found);
    }
    found.violations
}

/// What is wrong with labels and requirements on labels, as apimachinery says it.
pub fn label_selector(
    labels: &BTreeMap<String, String>,
    requirements: &[LabelRequirement],
) -> Option<String> {
    label::selector(labels.iter().map(|(key, value)| (key.as_str(), value.as_str())), requirements)
}

/// The violations found so far.
#[derive(Default)]
struct Found {
    violations: Vec<Violation>,
    /// What was checked when they were found, outermost first.
    context: Vec<String>,
}

impl Found {
    fn add(&mut self, part: Part<'_>, message: impl AsRef<str>) {
        let mut text = String::new();
        for context in &self.context {
            text.push_str(context);
            text.push_str(": ");
        }
        text.push_str(message.as_ref());
        self.violations.push(Violation { message: text, pos: part.pos() });
    }

    /// Puts `context` before the messages of what `check` finds.
    fn within(&mut self, context: impl Into<String>, check: impl FnOnce(&mut Found)) {
        self.context.push(context.into());
        check(self);
        self.context.pop();
    }
}
