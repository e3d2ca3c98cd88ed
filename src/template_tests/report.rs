//! What came of tests, for people and for programs.

use std::fmt::Write;

use super::compare::Difference;
use super::coverage::Coverage;
use super::diff::painted;
use super::run::Outcome;
use super::suite::Warning;
use crate::supply_chain::wire::map;
use crate::yaml::{Array, ArrayItem, Node, json};

/// Whether a test passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// What was stamped is what is expected.
    Passed,
    /// It is now: the expectation was rewritten.
    Updated,
    /// It is not.
    Failed {
        /// Why.
        error: String,
        /// What must go from the expectation (`-`) and what must come (`+`); empty if it did not come to that.
        diff: String,
    },
}

impl Verdict {
    pub(super) fn error(error: String) -> Verdict {
        Verdict::Failed { error, diff: String::new() }
    }

    pub(super) fn different(difference: Difference) -> Verdict {
        let Difference { diff, number_types } = difference;
        let mut error = "expected does not equal actual".to_owned();
        if !number_types.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(
                error,
                ": {}: numbers of spec.template are floats, those of the expectation integers; \
                 compareOptions.namedCMPOptionFuncs: [ConvertNumbersToFloatsDuringComparison] makes them equal",
                number_types.join(", ")
            );
        }
        Verdict::Failed { error, diff }
    }

    fn is_failed(&self) -> bool {
        matches!(self, Verdict::Failed { .. })
    }

    fn word(&self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::Updated => "updated",
            Verdict::Failed { .. } => "failed",
        }
    }
}

/// What came of tests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// The tests that ran, in the order of their paths.
    pub outcomes: Vec<Outcome>,
    /// Whether tests were left out because others have a focus.
    pub has_focus: bool,
    /// What is probably not meant.
    pub warnings: Vec<Warning>,
    /// What was covered, if somebody asked.
    pub coverage: Option<Coverage>,
}

const FOCUSED: &str = "test suite failed due to focused test, check individual test case status";

impl Report {
    /// Whether all tests ran and passed.
    pub fn passed(&self) -> bool {
        !self.has_focus && !self.outcomes.iter().any(|outcome| outcome.verdict.is_failed())
    }

    /// The reference's report: a line a test, and a last line. Below failed tests stands why they failed.
    pub fn text(&self, verbose: bool, colours: bool) -> String {
        let mut out = String::new();
        for Outcome { case, verdict } in &self.outcomes {
            let name = case.name.as_ref().filter(|_| verbose);
            let label = match verdict {
                Verdict::Passed => "PASS",
                Verdict::Updated => "UPDATED",
                Verdict::Failed { .. } => "FAIL",
            };
            let _ = write!(out, "\n{label}: {}", case.path);
            match (verdict, name) {
                (Verdict::Failed { .. }, Some(name)) => _ = write!(out, "\nName: {name}"),
                (_, Some(name)) => _ = write!(out, " {name}"),
                (_, None) => {}
            }
            let Verdict::Failed { error, diff } = verdict else { continue };
            if let Some(description) = case.description.as_ref().filter(|_| verbose) {
                let _ = write!(out, "\nDescription: {description}");
            }
            let _ = write!(out, "\nError: {}", error.trim_end());
            if !diff.is_empty() {
                out.push_str(" (-expected +actual):\n");
                let diff = if colours { painted(diff) } else { diff.clone() };
                out.push_str(diff.trim_end_matches('\n'));
            }
        }
        if self.has_focus {
            let _ = write!(out, "\n\n{FOCUSED}");
        }
        out.push_str(if self.passed() { "\nPASS\n" } else { "\nFAIL\n" });
        out
    }

    /// One JSON object; its keys stay.
    pub fn json(&self) -> String {
        let text = |text: &str| Node::str(text);
        let maybe = |text: Option<&String>| text.map_or(Node::Null, |text| Node::str(text.as_str()));
        let tests = self.outcomes.iter().map(|Outcome { case, verdict }| {
            let (error, diff) = match verdict {
                Verdict::Failed { error, diff } => (text(error), text(diff)),
                _ => (Node::Null, Node::Null),
            };
            map([
                ("path", text(&case.path)),
                ("name", maybe(case.name.as_ref())),
                ("description", maybe(case.description.as_ref())),
                ("result", text(verdict.word())),
                ("error", error),
                ("diff", diff),
            ])
        });
        let warnings = self.warnings.iter().map(|warning| text(&warning.to_string()));
        let mut fields = vec![
            ("passed", Node::Bool(self.passed())),
            ("focused", Node::Bool(self.has_focus)),
            ("tests", list(tests)),
            ("warnings", list(warnings)),
        ];
        if let Some(coverage) = &self.coverage {
            fields.push(("coverage", coverage.node()));
        }
        let mut text = json::encode(&map(fields), 2, false).unwrap_or_default();
        text.push('\n');
        text
    }

    /// As JUnit has it, for CI systems.
    pub fn junit(&self) -> String {
        let failed = self.outcomes.iter().filter(|outcome| outcome.verdict.is_failed()).count();
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let tests = self.outcomes.len();
        let _ = writeln!(out, "<testsuite name=\"stampmill test\" tests=\"{tests}\" failures=\"{failed}\">");
        for Outcome { case, verdict } in &self.outcomes {
            let (path, name) = (escaped(&case.path), escaped(case.name.as_ref().unwrap_or(&case.path)));
            let _ = write!(out, "  <testcase classname=\"{path}\" name=\"{name}\"");
            match verdict {
                Verdict::Failed { error, diff } => {
                    let (error, diff) = (escaped(error), escaped(diff));
                    let _ =
                        writeln!(out, ">\n    <failure message=\"{error}\">{diff}</failure>\n  </testcase>");
                }
                _ => out.push_str("/>\n"),
            }
        }
        out.push_str("</testsuite>\n");
        out
    }
}

pub(crate) fn list(items: impl IntoIterator<Item = Node>) -> Node {
    let items = items.into_iter().map(|value| ArrayItem { value, ..ArrayItem::default() });
    Node::Array(Array { items: items.collect(), ..Array::default() }.into())
}

/// Text in XML. Control characters have no form there.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
