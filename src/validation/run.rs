//! Checking values by their rules, and the report of what does not satisfy them.
//!
//! Source of the rules and texts: the reference's `pkg/validations/validate.go`.

use starlark::environment::Module;
use starlark::values::Value;

use super::{Check, Validation};
use crate::engine::values::{Fragment, Struct};
use crate::engine::{NativeError, convert};
use crate::template::program;
use crate::yaml::{FileTable, Node, Pos, Text};

/// A value that has rules.
pub(crate) struct Subject<'v> {
    /// Its keys from the root, `a.b[0]`.
    pub(crate) path: String,
    /// What is shown of an empty path.
    pub(crate) kind: &'static str,
    pub(crate) value: Node,
    /// The map or array that holds it; none for the root.
    pub(crate) parent: Option<Node>,
    pub(crate) pos: Pos,
    pub(crate) validations: Vec<Validation<'v>>,
}

/// Checks values that belong to one document with the value `root`, and gives the report of those
/// that are not valid; none if all are.
///
/// # Errors
/// Why it could not be told whether a value has to be checked.
pub(crate) fn run<'v>(
    subjects: &[Subject<'v>],
    root: &Node,
    module: &Module<'v>,
    files: &FileTable,
) -> Result<Option<String>, String> {
    let run = Run { root, module, files };
    let mut report = String::new();
    for subject in subjects {
        for validation in &subject.validations {
            let applies = run.applies(subject, validation);
            if applies.map_err(|why| format!("Validating {}: {why}", subject.path))? {
                run.check(subject, validation, &mut report);
            }
        }
    }
    Ok(if report.is_empty() { None } else { Some(report) })
}

struct Run<'a, 'v> {
    root: &'a Node,
    module: &'a Module<'v>,
    files: &'a FileTable,
}

impl<'v> Run<'_, 'v> {
    /// A node as rules see it: collections are fragments whoever made them.
    fn value(&self, node: &Node) -> Value<'v> {
        let heap = self.module.heap();
        match node {
            Node::Map(_) | Node::Array(_) => heap.alloc_simple(Fragment::new(node.clone())),
            scalar => convert::scalar(scalar, heap),
        }
    }

    /// Calls a function, and gives the message alone where it fails.
    fn call(&self, function: Value<'v>, args: &[Value<'v>]) -> Result<Value<'v>, String> {
        program::with_evaluator(self.module, |eval| Ok(program::call(function, args, eval)))
            .map_err(|error| program::message(&error))?
            .map_err(|error| error.message())
    }

    /// Whether the rules have to be checked.
    fn applies(&self, subject: &Subject<'v>, validation: &Validation<'v>) -> Result<bool, String> {
        if subject.value == Node::Null && !validation.not_null {
            return Ok(false);
        }
        let Some(when) = validation.when else {
            return Ok(true);
        };
        let mut args = vec![self.value(&subject.value)];
        match when.parameters_spec().map(|spec| spec.len()) {
            Some(1) => {}
            Some(2) => {
                let parent =
                    subject.parent.as_ref().map_or_else(Value::new_none, |parent| self.value(parent));
                let fields = vec![(Text::new("parent"), parent), (Text::new("root"), self.value(self.root))];
                args.push(Struct::alloc(fields, self.module.heap()));
            }
            Some(given) => {
                return Err(format!(
                    "Failed to evaluate when=: function must accept 1 or 2 arguments ({given} given)"
                ));
            }
            None => return Err("Failed to evaluate when=: expected a function written in code".to_owned()),
        }
        let result = self.call(when, &args).map_err(|why| format!("Failure evaluating when=: {why}"))?;
        result.unpack_bool().ok_or_else(|| format!("want when= to be bool, got {}", result.get_type()))
    }

    fn check(&self, subject: &Subject<'v>, validation: &Validation<'v>, report: &mut String) {
        let value = self.value(&subject.value);
        let mut violations = String::new();
        let place = self.files.show(validation.pos);
        for requirement in &validation.requirements {
            let failure = match requirement.check {
                Check::Rule(rule) => {
                    rule.check(value, self.module.heap()).err().map(|error: NativeError| error.message())
                }
                Check::Function(function) => match self.call(function, &[value]) {
                    Ok(result) if result.unpack_bool() == Some(true) => None,
                    Ok(_) => Some(String::new()),
                    Err(message) => Some(message),
                },
            };
            let Some(message) = failure else {
                continue;
            };
            violations.push_str(&format!("    - must be: {} (by: {place})\n", requirement.description));
            let message = message.strip_prefix("fail: ").unwrap_or(&message);
            let message = message.strip_prefix("check: ").unwrap_or(message);
            if !message.is_empty() {
                violations.push_str(&format!("      found: {message}\n"));
            }
            if matches!(requirement.check, Check::Rule(crate::modules::Rule::NotNull)) {
                break;
            }
        }
        if !violations.is_empty() {
            let from = self.files.show(subject.pos);
            let path = if subject.path.is_empty() { subject.kind } else { &subject.path };
            report.push_str(&format!("  {path}\n    from: {from}\n{violations}\n"));
        }
    }
}
