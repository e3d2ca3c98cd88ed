//! Steps on values.

use super::compare::compare;
use super::error::Trouble;
use super::syntax::{Filter, Slice, Step, Test};
use crate::supply_chain::go_text;
use crate::supply_chain::view::{List, NULL, Shape, View};

type Values<'a> = Vec<View<'a>>;

/// A step stopped: why, and whether it had values to show for it, which is what `[?(...)]` asks.
struct Stop {
    trouble: Trouble,
    has_values: bool,
}

impl Stop {
    fn new(trouble: Trouble, values: &[View<'_>]) -> Stop {
        Stop { trouble, has_values: !values.is_empty() }
    }
}

/// How many values one evaluation may go through.
const MAX_VALUES: usize = 1_000_000;

/// Go's zero `reflect.Value`.
static NOTHING: Shape = Shape::Nothing;

/// Evaluates the parts of an expression: a list of values for each part.
pub(super) fn evaluate<'a>(parts: &'a [Step], root: View<'a>) -> Result<Vec<Values<'a>>, Trouble> {
    let mut evaluator = Evaluator { parts, ..Evaluator::default() };
    evaluator.parts_from(0, root, 0)
}

/// How deep ranges may stand within one another.
const MAX_RANGES: usize = 50;

#[derive(Default)]
struct Evaluator<'a> {
    parts: &'a [Step],
    /// `range` was met in the part at hand.
    begun: usize,
    /// How many ranges are being gone through.
    within: usize,
    /// `end` was met.
    ended: usize,
    /// The part of the last `end`.
    last_end: Option<usize>,
    /// How many values there have been.
    count: usize,
}

impl<'a> Evaluator<'a> {
    fn parts_from(
        &mut self,
        first: usize,
        value: View<'a>,
        depth: usize,
    ) -> Result<Vec<Values<'a>>, Trouble> {
        if depth > MAX_RANGES {
            return Err(Trouble::TooManyValues);
        }
        let parts = self.parts;
        let mut all = Vec::new();
        let mut index = first;
        while let Some(part) = parts.get(index) {
            let results = self.step(vec![value], part).map_err(|stop| stop.trouble)?;
            if self.ended > 0 && self.ended <= self.within {
                self.ended -= 1;
                self.last_end = Some(index);
                break;
            }
            if self.begun > 0 {
                self.begun -= 1;
                self.within += 1;
                if results.is_empty() {
                    // What follows is gone through all the same, to find its end.
                    self.parts_from(index + 1, View { node: &NULL, shape: &NOTHING }, depth + 1)?;
                }
                for result in results {
                    let inner = match result.indirect_interface() {
                        Some(inner) => inner,
                        None => View { node: &NULL, shape: &NOTHING },
                    };
                    if matches!(result.shape, Shape::Nothing) {
                        return Err(Trouble::NoValue);
                    }
                    all.extend(self.parts_from(index + 1, inner, depth + 1)?);
                }
                self.within -= 1;
                if let Some(end) = self.last_end.filter(|end| *end > index) {
                    index = end;
                }
            } else {
                all.push(results);
            }
            index += 1;
        }
        Ok(all)
    }

    fn steps(&mut self, input: Values<'a>, steps: &'a [Step]) -> Result<Values<'a>, Stop> {
        let mut values = input;
        for step in steps {
            values = self.step(values, step)?;
        }
        Ok(values)
    }

    fn step(&mut self, input: Values<'a>, step: &'a Step) -> Result<Values<'a>, Stop> {
        let values = match step {
            Step::List(steps) => self.steps(input, steps)?,
            Step::Text(node) => vec![View { node, shape: &Shape::Text("string") }],
            Step::Literal(node, shape) => vec![View { node, shape }; input.len()],
            Step::Field(name) => input.into_iter().filter_map(|value| value.field(name)).collect(),
            Step::Identifier(name) => self.identifier(input, name)?,
            Step::Slice(bounds) => slice(input, bounds)?,
            Step::Filter(filter) => self.filter(&input, filter)?,
            Step::Wildcard => input.into_iter().filter_map(View::indirect).flat_map(View::children).collect(),
            Step::Recursive => self.recursive(input)?,
            Step::Union(parts) => {
                let mut values = Vec::new();
                for part in parts {
                    match self.steps(input.clone(), part) {
                        Ok(more) => values.extend(more),
                        Err(stop) => return Err(Stop::new(stop.trouble, &input)),
                    }
                }
                values
            }
        };
        self.spend(values.len())?;
        Ok(values)
    }

    fn spend(&mut self, count: usize) -> Result<(), Stop> {
        self.count += count;
        if self.count > MAX_VALUES {
            return Err(Stop { trouble: Trouble::TooManyValues, has_values: false });
        }
        Ok(())
    }

    fn identifier(&mut self, input: Values<'a>, name: &str) -> Result<Values<'a>, Stop> {
        match name {
            "range" => {
                self.begun += 1;
                Ok(input)
            }
            "end" if self.within > 0 => {
                self.ended += 1;
                Ok(Vec::new())
            }
            "end" => Err(Stop::new(Trouble::NotInRange, &[])),
            name => Err(Stop::new(Trouble::UnknownIdentifier(name.into()), &input)),
        }
    }

    /// Each value that holds others, and all those in it.
    fn recursive(&mut self, input: Values<'a>) -> Result<Values<'a>, Stop> {
        let mut found = Vec::new();
        let mut pending: Values<'a> = input.into_iter().rev().collect();
        while let Some(value) = pending.pop() {
            let Some(value) = value.indirect() else {
                continue;
            };
            let children = value.children();
            if !children.is_empty() {
                self.spend(children.len())?;
                found.push(value);
                pending.extend(children.into_iter().rev());
            }
        }
        Ok(found)
    }

    fn filter(&mut self, input: &[View<'a>], filter: &'a Filter) -> Result<Values<'a>, Stop> {
        let mut found = Vec::new();
        for value in input {
            let target = value.indirect();
            let Some(list) = target.and_then(View::list) else {
                let value = go_text::view(target.unwrap_or(*value));
                return Err(Stop::new(Trouble::NotFilterable { value }, input));
            };
            for item in (0..list.len()).filter_map(|index| list.get(index)) {
                let left = self.steps(vec![item], &filter.left);
                let (operator, right) = match &filter.test {
                    Test::Exists => {
                        // A fault is no fault here, but for those of this program's own.
                        let exists = match left {
                            Ok(values) => !values.is_empty(),
                            Err(Stop { trouble: Trouble::TooManyValues, .. }) => {
                                return Err(Stop::new(Trouble::TooManyValues, &[]));
                            }
                            Err(stop) => stop.has_values,
                        };
                        if exists {
                            found.push(item);
                        }
                        continue;
                    }
                    Test::Compare(operator, right) => (operator, right),
                };
                let Some(left) = one(left, input)? else {
                    continue;
                };
                let Some(right) = one(self.steps(vec![item], right), input)? else {
                    continue;
                };
                if compare(operator, left, right).map_err(|trouble| Stop::new(trouble, &found))? {
                    found.push(item);
                }
            }
        }
        Ok(found)
    }
}

/// The one value of a side of a comparison.
fn one<'a>(side: Result<Values<'a>, Stop>, input: &[View<'a>]) -> Result<Option<View<'a>>, Stop> {
    match side {
        Err(stop) => Err(Stop::new(stop.trouble, input)),
        Ok(values) if values.len() > 1 => Err(Stop::new(Trouble::SeveralCompared, input)),
        Ok(values) => Ok(values.first().copied()),
    }
}

fn slice<'a>(input: Values<'a>, bounds: &Slice) -> Result<Values<'a>, Stop> {
    let mut found = Vec::new();
    for value in &input {
        if matches!(value.shape, Shape::Nothing) {
            return Err(Stop::new(Trouble::NoValue, &input));
        }
        let Some(target) = value.indirect() else {
            continue;
        };
        let Some(list) = target.list() else {
            let type_name = target.type_name();
            return Err(Stop::new(Trouble::NotAList { type_name }, &input));
        };
        let range = range(bounds, list.len()).map_err(|trouble| Stop::new(trouble, &input))?;
        let Some((start, end, step)) = range else {
            // An empty slice ends the step, as in the reference.
            return Ok(found);
        };
        found.extend((start..end).step_by(step).filter_map(|index| list.get(index)));
    }
    Ok(found)
}

/// The indices of a list that a slice means: first, behind the last, and step. `None` if none.
fn range(bounds: &Slice, length: usize) -> Result<Option<(usize, usize, usize)>, Trouble> {
    let size = i64::try_from(length).unwrap_or(i64::MAX);
    let from_end = |bound: i64, is_end: bool| {
        if bound < 0 || bound == 0 && is_end && bounds.is_index { bound.wrapping_add(size) } else { bound }
    };
    let start = from_end(bounds.start.unwrap_or(0), false);
    let end = from_end(bounds.end.unwrap_or(size), true);
    if start == end {
        return Ok(None);
    }
    if start >= size || start < 0 {
        return Err(Trouble::OutOfBounds { index: start, length });
    }
    if end > size || end < 0 {
        return Err(Trouble::OutOfBounds { index: end.wrapping_sub(1), length });
    }
    if start > end {
        return Err(Trouble::StartAfterEnd { start, end });
    }
    let step = bounds.step.unwrap_or(1);
    match (usize::try_from(start), usize::try_from(end), usize::try_from(step)) {
        (Ok(start), Ok(end), Ok(step)) if step > 0 => Ok(Some((start, end, step))),
        _ => Err(Trouble::Step),
    }
}

/// The item of a list at an index, for paths of fields and indices alone.
pub(super) fn index<'a>(value: View<'a>, bounds: &Slice) -> Result<Option<View<'a>>, Trouble> {
    let Some(target) = value.indirect() else {
        return Ok(None);
    };
    match target.list() {
        None => Err(Trouble::NotAList { type_name: target.type_name() }),
        Some(list) => {
            let found = range(bounds, list.len())?;
            Ok(found.and_then(|(start, ..)| List::get(&list, start)))
        }
    }
}
