//! Why a schema or values are refused, and the report that shows it.
//!
//! Source of the layout: the reference's `pkg/schema/error.go`.

use crate::yaml::{FileTable, Pos};

/// One thing that is wrong: where, what was found and what expected instead. Empty texts are not
/// shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Violation {
    pub(crate) pos: Pos,
    /// The item at a place that no file holds.
    pub(crate) computed: Option<String>,
    /// The place is that of a whole text: its `---`, or nothing where it has none.
    pub(crate) is_start: bool,
    /// The annotations to blame.
    pub(crate) annotations: Vec<Pos>,
    pub(crate) description: String,
    pub(crate) found: String,
    pub(crate) expected: String,
    pub(crate) hints: Vec<String>,
}

/// Why a schema is refused.
#[derive(Clone, Debug)]
pub(crate) enum Problem {
    /// Something at a place; reported below a summary.
    At(Box<Violation>),
    /// A complete text.
    Text(String),
}

impl From<Violation> for Problem {
    fn from(violation: Violation) -> Problem {
        Problem::At(Box::new(violation))
    }
}

impl Problem {
    /// Puts a problem under a summary, where it is not a complete text already.
    pub(crate) fn text(self, files: &FileTable) -> String {
        match self {
            Problem::Text(text) => text,
            at => report("Invalid schema", vec![at], files),
        }
    }

    /// A report with this one problem.
    #[must_use]
    pub(crate) fn under(self, summary: &str, files: &FileTable) -> Problem {
        Problem::Text(report(summary, vec![self], files))
    }
}

/// A text that shows problems below a summary.
pub(crate) fn report(summary: &str, problems: Vec<Problem>, files: &FileTable) -> String {
    let width = problems
        .iter()
        .map(|problem| match problem {
            Problem::At(violation) => line_number(violation.pos).len(),
            Problem::Text(_) => 0,
        })
        .max()
        .unwrap_or_default();
    let mut out = format!("\n{summary}\n{}\n", "=".repeat(summary.len()));
    let mut texts = String::new();
    for problem in problems {
        match problem {
            Problem::At(violation) => violation.show(&mut out, width, files),
            Problem::Text(text) => {
                texts.push_str(&text);
                texts.push_str(" \n");
            }
        }
    }
    out + &texts + "\n"
}

fn line_number(pos: Pos) -> String {
    if pos.is_known() { pos.line.to_string() } else { "?".to_owned() }
}

impl Violation {
    /// The lines of the place and of the annotations before it.
    fn show_lines(&self, out: &mut String, width: usize, files: &FileTable) {
        let file = files.get(self.pos.file).filter(|_| self.pos.is_known());
        out.push_str(&format!("\n{}:", file.map(|file| &*file.name).unwrap_or_default()));
        let mut line = |start: &str, rest: &str| {
            out.push_str(&format!("\n  {start:>width$} |{rest}"));
        };
        line("", "");
        let mut places = self.annotations.clone();
        places.sort_by_key(|pos| if pos.is_known() { pos.line } else { 0 });
        places.push(self.pos);
        let mut before: Option<Pos> = None;
        for pos in places {
            if before.is_some_and(|before| !next_to(before, pos)) {
                line("", " ...");
            }
            let text = files.line(pos).unwrap_or_default();
            let hidden = self.is_start && pos == self.pos && !text.starts_with("---");
            let text = if hidden { "" } else { text };
            line(&line_number(pos), &format!(" {text}"));
            before = Some(pos);
        }
        line("", "");
    }

    fn show(&self, out: &mut String, width: usize, files: &FileTable) {
        if !self.description.is_empty() {
            out.push('\n');
            out.push_str(&self.description);
        }
        match &self.computed {
            Some(source) => {
                let pad = format!("\n  {:>width$} #", "");
                out.push_str(&format!("\nData value calculated:{pad}{pad} {source}{pad}"));
            }
            None => self.show_lines(out, width, files),
        }
        out.push('\n');
        let pad = format!("  {:>width$} =", "");
        out.push('\n');
        if !self.found.is_empty() {
            out.push_str(&format!("{pad} found: {}", self.found));
        }
        out.push('\n');
        if !self.expected.is_empty() {
            out.push_str(&format!("{pad} expected: {}", self.expected));
        }
        for hint in &self.hints {
            out.push_str(&format!("\n{pad} hint: {hint}"));
        }
        out.push('\n');
    }
}

/// Whether two places are at most one line apart.
fn next_to(a: Pos, b: Pos) -> bool {
    a.is_known() && b.is_known() && a.file == b.file && a.line.abs_diff(b.line) <= 1
}
