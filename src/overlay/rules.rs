//! What the annotations of a node ask for.

use starlark::values::Value;

use super::count::Expectation;
use super::trouble::{Outcome, Trouble};
use crate::engine::builtins::is_callable;
use crate::engine::convert::go_value_type;
use crate::template::run::Run;
use crate::yaml::Text;

/// The annotation that makes a document an overlay.
pub(crate) const MATCH: &str = "overlay/match";
const CHILD_DEFAULTS: &str = "overlay/match-child-defaults";

/// What to do with the nodes that match.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Operation {
    Merge,
    Remove,
    Replace,
    Insert,
    Append,
    Assert,
}

impl Operation {
    const ALL: [Operation; 6] = [
        Operation::Merge,
        Operation::Remove,
        Operation::Replace,
        Operation::Insert,
        Operation::Append,
        Operation::Assert,
    ];

    /// The annotation.
    pub(super) fn name(self) -> &'static str {
        match self {
            Operation::Merge => "overlay/merge",
            Operation::Remove => "overlay/remove",
            Operation::Replace => "overlay/replace",
            Operation::Insert => "overlay/insert",
            Operation::Append => "overlay/append",
            Operation::Assert => "overlay/assert",
        }
    }
}

type Kwargs<'v> = Vec<(Text, Value<'v>)>;

/// The overlay annotations of one node, as they were written: what is wrong with them is said only where
/// they are needed.
#[derive(Default)]
pub(super) struct Rules<'v> {
    operations: Vec<Operation>,
    matching: Option<Kwargs<'v>>,
    child_defaults: Kwargs<'v>,
    /// Of the operation.
    arguments: Kwargs<'v>,
}

/// What a node matches.
#[derive(Clone, Copy, Default)]
pub(super) struct Match<'v> {
    pub(super) by: Option<Value<'v>>,
    pub(super) count: Expectation<'v>,
    /// An array item without annotation: it matches nothing and is appended.
    pub(super) nothing: bool,
}

/// The arguments of `overlay/replace`.
pub(super) struct Replace<'v> {
    pub(super) via: Option<Value<'v>>,
    pub(super) or_add: bool,
}

/// The arguments of `overlay/insert`.
pub(super) struct Insert<'v> {
    pub(super) via: Option<Value<'v>>,
    pub(super) before: bool,
    pub(super) after: bool,
}

impl<'v> Rules<'v> {
    /// Those of the annotations `id`.
    pub(super) fn of(run: &Run<'v>, id: u32) -> Rules<'v> {
        let operations: Vec<Operation> =
            Operation::ALL.into_iter().filter(|operation| run.has(id, operation.name())).collect();
        let arguments = operations.first().and_then(|operation| run.kwargs(id, operation.name()));
        Rules {
            operations,
            matching: run.kwargs(id, MATCH),
            child_defaults: run.kwargs(id, CHILD_DEFAULTS).unwrap_or_default(),
            arguments: arguments.unwrap_or_default(),
        }
    }

    /// As if the node had `@overlay/match missing_ok=True`, and `@overlay/replace or_add=True` where its
    /// value is to be replaced.
    pub(super) fn plain(replace: bool) -> Rules<'v> {
        let yes = Value::new_bool(true);
        let matching = Some(vec![(Text::new_static("missing_ok"), yes)]);
        if !replace {
            return Rules { matching, ..Rules::default() };
        }
        let arguments = vec![(Text::new_static("or_add"), yes)];
        Rules { operations: vec![Operation::Replace], matching, arguments, ..Rules::default() }
    }

    /// The one operation.
    pub(super) fn operation(&self) -> Outcome<Operation> {
        match self.operations.as_slice() {
            [] => Ok(Operation::Merge),
            [operation] => Ok(*operation),
            _ => Err(Trouble::new("Expected to find only one overlay operation")),
        }
    }

    /// What holds for the nodes below, given what holds for this one.
    pub(super) fn child_defaults(&self, defaults: Expectation<'v>) -> Outcome<Expectation<'v>> {
        let mut own = Expectation::default();
        for (name, value) in &self.child_defaults {
            *own.slot(name).ok_or_else(|| unknown(CHILD_DEFAULTS, name))? = Some(*value);
        }
        Ok(own.or(defaults))
    }

    /// What a document matches; with `exact`, the only document there is.
    pub(super) fn document_match(&self, exact: bool, defaults: Expectation<'v>) -> Outcome<Match<'v>> {
        if !exact && self.matching.as_ref().is_none_or(Vec::is_empty) {
            return Err(without_kwargs(MATCH, "by=..., expects=..."));
        }
        self.map_item_match(defaults)
    }

    /// What a map item matches.
    pub(super) fn map_item_match(&self, defaults: Expectation<'v>) -> Outcome<Match<'v>> {
        let mut found = Match::default();
        for (name, value) in self.matching.iter().flatten() {
            let slot = if name == "by" { Some(&mut found.by) } else { found.count.slot(name) };
            *slot.ok_or_else(|| unknown(MATCH, name))? = Some(*value);
        }
        found.count = found.count.or(defaults);
        Ok(found)
    }

    /// What an array item matches.
    pub(super) fn array_item_match(&self, defaults: Expectation<'v>) -> Outcome<Match<'v>> {
        match &self.matching {
            None => Ok(Match { nothing: true, ..Match::default() }),
            Some(kwargs) if kwargs.is_empty() => Err(without_kwargs(MATCH, "by=..., expects=...")),
            Some(_) => self.map_item_match(defaults),
        }
    }

    pub(super) fn replace(&self) -> Outcome<Replace<'v>> {
        let name = Operation::Replace.name();
        let mut replace = Replace { via: None, or_add: false };
        for (kwarg, value) in &self.arguments {
            match kwarg.as_str() {
                "via" => replace.via = Some(function(name, *value)?),
                "or_add" => replace.or_add = boolean(*value)?,
                _ => return Err(unknown(name, kwarg)),
            }
        }
        Ok(replace)
    }

    pub(super) fn insert(&self) -> Outcome<Insert<'v>> {
        let name = Operation::Insert.name();
        if self.arguments.is_empty() {
            return Err(without_kwargs(name, "before=..., after=..."));
        }
        let mut insert = Insert { via: None, before: false, after: false };
        for (kwarg, value) in &self.arguments {
            match kwarg.as_str() {
                "before" => insert.before = boolean(*value)?,
                "after" => insert.after = boolean(*value)?,
                "via" => insert.via = Some(function(name, *value)?),
                _ => return Err(unknown(name, kwarg)),
            }
        }
        Ok(insert)
    }

    /// The function of `overlay/assert`, which may turn out to be none.
    pub(super) fn assert(&self) -> Outcome<Option<Value<'v>>> {
        let mut via = None;
        for (kwarg, value) in &self.arguments {
            match kwarg.as_str() {
                "via" => via = Some(*value),
                _ => return Err(unknown(Operation::Assert.name(), kwarg)),
            }
        }
        Ok(via)
    }
}

fn unknown(annotation: &str, kwarg: &str) -> Trouble {
    Trouble::new(format!("Unknown '{annotation}' annotation keyword argument '{kwarg}'"))
}

fn without_kwargs(annotation: &str, examples: &str) -> Trouble {
    Trouble::new(format!(
        "Expected '{annotation}' annotation to have at least one keyword argument ({examples})"
    ))
}

fn function<'v>(annotation: &str, value: Value<'v>) -> Outcome<Value<'v>> {
    if is_callable(value) {
        return Ok(value);
    }
    Err(Trouble::new(format!(
        "Expected '{annotation}' annotation keyword argument 'via' to be function, but was {}",
        go_value_type(value)
    )))
}

/// The reference's `AsBool`.
pub(super) fn boolean(value: Value<'_>) -> Outcome<bool> {
    value
        .unpack_bool()
        .ok_or_else(|| Trouble::new(format!("expected starlark.Bool, but was {}", go_value_type(value))))
}
