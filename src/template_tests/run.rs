//! Running tests.

use rayon::prelude::*;

use super::Failed;
use super::case::Case;
use super::compare::compare;
use super::coverage::Coverage;
use super::report::{Report, Verdict};
use super::stamp::{Stamping, stamp};
use super::suite::{Suite, Warning};
use super::typed::first_document;
use super::update::{self, Updates};
use crate::supply_chain::part::Part;
use crate::supply_chain::wire::wire;
use crate::yaml::{Node, json};

/// How to run tests.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Only tests whose path or name this finds.
    pub filter: Option<regex::Regex>,
    /// Rewrite expectations that are not met.
    pub update: bool,
    /// Tell which lines of templates no test reached.
    pub coverage: bool,
}

/// What came of one test.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The test.
    pub case: Case,
    /// Whether it passed.
    pub verdict: Verdict,
}

/// Runs tests, on all processors; to see what is covered, one after the other.
pub fn run(suite: Suite, run: &Run) -> Report {
    let Suite { mut cases, mut warnings } = suite;
    let has_focus = cases.iter().any(|case| case.focus);
    if has_focus {
        cases.retain(|case| case.focus);
    }
    if let Some(filter) = &run.filter {
        cases.retain(|case| {
            filter.is_match(&case.path) || case.name.as_deref().is_some_and(|name| filter.is_match(name))
        });
    }
    let done: Vec<Done> = match run.coverage {
        true => cases.iter().map(|case| one(case, true)).collect(),
        false => cases.par_iter().map(|case| one(case, false)).collect(),
    };
    let mut coverage = run.coverage.then(Coverage::default);
    let mut updates = Updates::default();
    let mut outcomes = Vec::with_capacity(cases.len());
    for (case, mut done) in cases.into_iter().zip(done) {
        if let Some(coverage) = &mut coverage {
            coverage.add(&done.stamping);
        }
        if run.update {
            updates.consider(&case, &mut done);
        }
        warnings.append(&mut done.stamping.warnings);
        outcomes.push(Outcome { case, verdict: done.verdict });
    }
    let mut told: Vec<Warning> = Vec::new();
    for warning in warnings {
        // A file may be read by several tests.
        if !told.contains(&warning) {
            told.push(warning);
        }
    }
    Report { outcomes, has_focus, warnings: told, coverage }
}

/// A test that ran.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) stamping: Stamping,
    pub(super) verdict: Verdict,
}

fn one(case: &Case, watched: bool) -> Done {
    if let Some(broken) = &case.broken {
        return Done { stamping: Stamping::default(), verdict: Verdict::error(broken.clone()) };
    }
    // The reference looks at the expectation first; what is stamped is wanted for an update all the same.
    let expected = expected(case);
    let stamping = stamp(case, watched);
    let verdict = match (expected, &stamping.stamped) {
        (Err(error), _) => Verdict::error(format!("failed to get expected object: {error}")),
        (Ok(_), Some(Err(error))) => Verdict::error(error.clone()),
        (Ok(expected), Some(Ok(stamped))) => match compare(&expected, stamped, &case.compare) {
            Ok(None) => Verdict::Passed,
            Ok(Some(difference)) => Verdict::different(difference),
            Err(error) => Verdict::error(error),
        },
        (Ok(_), None) => Verdict::error("it did not run".to_owned()),
    };
    Done { stamping, verdict }
}

/// The object that is expected.
fn expected(case: &Case) -> Result<Node, Failed> {
    let Some(path) = &case.expected else {
        return Err(format!("there is no {}, and expected names none", update::FILE));
    };
    let text =
        std::fs::read(path).map_err(|error| format!("could not read expected yaml: open {path}: {error}"))?;
    let node = first_document(&text).map_err(|error| format!("convert yaml to json: {path}: {error}"))?;
    let node = wire(&node);
    if Part::object(&node).get("kind").text().is_empty() {
        let text = json::encode(&node, 0, false).unwrap_or_default();
        return Err(format!("unmarshall json: {path}: Object 'Kind' is missing in '{text}'"));
    }
    Ok(node)
}
