//! How many matches there may be: `expects`, `missing_ok`, `when`.

use starlark::values::list::ListRef;
use starlark::values::{UnpackValue, Value};

use super::apply::Overlay;
use super::rules::MATCH;
use super::trouble::{Outcome, Trouble};
use crate::engine::builtins::is_callable;
use crate::engine::convert::go_value_type;
use crate::engine::values::ByteStr;
use crate::yaml::Pos;

/// How deep lists of expectations may nest; a list may hold itself.
const MAX_DEPTH: usize = 100;

/// What the annotations of a node say about the number of matches.
#[derive(Clone, Copy, Default)]
pub(super) struct Expectation<'v> {
    pub(super) expects: Option<Value<'v>>,
    pub(super) missing_ok: Option<Value<'v>>,
    pub(super) when: Option<Value<'v>>,
}

impl<'v> Expectation<'v> {
    /// The keyword argument of this name, if it is one of these.
    pub(super) fn slot(&mut self, name: &str) -> Option<&mut Option<Value<'v>>> {
        match name {
            "expects" => Some(&mut self.expects),
            "missing_ok" => Some(&mut self.missing_ok),
            "when" => Some(&mut self.when),
            _ => None,
        }
    }

    /// Takes what is not said from `match-child-defaults` above.
    pub(super) fn or(self, defaults: Expectation<'v>) -> Expectation<'v> {
        Expectation {
            expects: self.expects.or(defaults.expects),
            missing_ok: self.missing_ok.or(defaults.missing_ok),
            when: self.when.or(defaults.when),
        }
    }

    /// Whether something is said: without it there must be exactly one match.
    pub(super) fn is_said(&self) -> bool {
        self.expects.is_some() || self.missing_ok.is_some() || self.when.is_some()
    }

    /// Fails unless the number of `matches` is right.
    pub(super) fn check(&self, matches: &[Pos], overlay: &mut Overlay<'_, 'v, '_, '_>) -> Outcome<()> {
        let both = |one: &str, other: &str| {
            let message = format!("Expected only one of keyword arguments ('{one}', '{other}') specified");
            Err(Trouble::new(message))
        };
        let mut check = Check { matches, when: self.when.is_some(), kwarg: "", overlay };
        match (self.missing_ok, self.when, self.expects) {
            (Some(_), _, Some(_)) => both("missing_ok", "expects"),
            (Some(_), Some(_), _) => both("missing_ok", "when"),
            (_, Some(_), Some(_)) => both("when", "expects"),
            (Some(missing_ok), None, None) => match missing_ok.unpack_bool() {
                // With more than one, the last of the allowed numbers is named.
                Some(missing_ok) if missing_ok && matches.is_empty() => Ok(()),
                Some(_) => check.number(1),
                None => Err(Trouble::new("Expected keyword argument 'missing_ok' to be a boolean")),
            },
            (None, Some(when), None) => {
                check.kwarg = "when";
                check.value(when, 0)
            }
            (None, None, Some(expects)) => {
                check.kwarg = "expects";
                check.value(expects, 0)
            }
            (None, None, None) => check.number(1),
        }
    }
}

struct Check<'c, 'x, 'v, 'a, 'e> {
    matches: &'c [Pos],
    when: bool,
    kwarg: &'static str,
    overlay: &'c mut Overlay<'x, 'v, 'a, 'e>,
}

impl<'v> Check<'_, '_, 'v, '_, '_> {
    fn value(&mut self, value: Value<'v>, depth: usize) -> Outcome<()> {
        if depth > MAX_DEPTH {
            return Err(Trouble::new(format!("lists nested deeper than {MAX_DEPTH} levels")));
        }
        if value.get_type() == "int" {
            return self.int(value);
        }
        if let Some(text) = ByteStr::of(value) {
            return self.at_least(&String::from_utf8_lossy(text));
        }
        if let Some(list) = ListRef::from_value(value) {
            let values: Vec<Value<'v>> = list.iter().collect();
            let mut last = Ok(());
            for value in values {
                last = self.value(value, depth + 1);
                if last.is_ok() {
                    return Ok(());
                }
            }
            return last;
        }
        if is_callable(value) {
            let count = self.overlay.heap().alloc(self.matches.len() as i64);
            let result = self.overlay.call(value, &[count])?;
            return match result.unpack_bool() {
                Some(true) => Ok(()),
                Some(false) => self.wrong("Expectation of number of matched nodes failed".to_owned()),
                None => Err(Trouble::new(format!(
                    "Expected keyword argument '{}' to have a function that returns a boolean",
                    self.kwarg
                ))),
            };
        }
        Err(Trouble::new(format!(
            "Expected '{MATCH}' annotation keyword argument '{}' to be either int, string or function, but was {}",
            self.kwarg,
            go_value_type(value)
        )))
    }

    fn int(&mut self, value: Value<'v>) -> Outcome<()> {
        if let Ok(Some(number)) = i64::unpack_value(value) {
            return self.number(i128::from(number));
        }
        if let Ok(Some(number)) = u64::unpack_value(value) {
            return self.number(i128::from(number));
        }
        Err(Trouble::new("Unsure how to convert starlark.Int to int"))
    }

    fn number(&mut self, number: i128) -> Outcome<()> {
        let found = self.matches.len();
        if i128::try_from(found).is_ok_and(|found| found == number) {
            return Ok(());
        }
        let places = self.places();
        self.wrong(format!("Expected number of matched nodes to be {number}, but was {found}{places}"))
    }

    fn at_least(&mut self, text: &str) -> Outcome<()> {
        let least = text.strip_suffix('+').and_then(|number| number.parse::<i64>().ok());
        let Some(least) = least else {
            let message = format!("Expected '{text}' to be in format 'i+' where i is an integer");
            return Err(Trouble::new(message));
        };
        let found = self.matches.len();
        if i64::try_from(found).is_ok_and(|found| found >= least) {
            return Ok(());
        }
        let places = self.places();
        self.wrong(format!("Expected number of matched nodes to be >= {least}, but was {found}{places}"))
    }

    /// The number is wrong; under `when`, that only means that there is nothing to do.
    fn wrong(&self, message: String) -> Outcome<()> {
        let mut trouble = Trouble::new(message);
        trouble.unmet_condition = self.when;
        Err(trouble)
    }

    fn places(&self) -> String {
        if self.matches.is_empty() || self.when {
            return String::new();
        }
        let mut places: Vec<String> = self.matches.iter().map(|pos| self.overlay.place(*pos)).collect();
        places.sort();
        format!(" (lines: {})", places.join(", "))
    }
}
