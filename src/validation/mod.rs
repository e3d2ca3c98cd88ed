//! Rules that values must satisfy: what `@schema/validation` and `@assert/validate` ask for.

mod parse;
mod run;

use starlark::values::Value;

pub(crate) use run::{Subject, run};

use crate::modules::Rule;
use crate::yaml::Pos;

/// What one annotation asks of a value.
#[derive(Clone)]
pub(crate) struct Validation<'v> {
    /// The place of the annotation.
    pub(crate) pos: Pos,
    /// In the order in which they are checked.
    requirements: Vec<Requirement<'v>>,
    /// Tells whether to check at all.
    when: Option<Value<'v>>,
    /// Null is looked at, and refused, instead of skipped.
    not_null: bool,
}

/// One thing that is asked of a value.
#[derive(Clone)]
struct Requirement<'v> {
    /// What a valid value is.
    description: String,
    check: Check<'v>,
}

#[derive(Clone, Copy)]
enum Check<'v> {
    /// A function that returns True or fails.
    Function(Value<'v>),
    Rule(Rule<'v>),
}

impl<'v> Validation<'v> {
    /// Whether null is never valid.
    pub(crate) fn refuses_null(&self) -> bool {
        self.not_null && self.when.is_none()
    }

    /// The rules that hold for every value but null, as far as they are not functions.
    pub(crate) fn unconditional_rules(&self) -> impl Iterator<Item = Rule<'v>> {
        let rules = if self.when.is_none() { self.requirements.as_slice() } else { &[] };
        rules.iter().filter_map(|requirement| match requirement.check {
            Check::Rule(rule) => Some(rule),
            Check::Function(_) => None,
        })
    }
}
