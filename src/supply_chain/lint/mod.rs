//! Everything that is wrong with a set of files, at once: before a cluster sees them, and beyond what a
//! cluster would say.
//!
//! `files` reads objects, `fields` checks them against the schemas of their kinds, then come the webhooks'
//! rules and what only the whole set shows: `blueprint`, `template`, `owner`. What can be said in words of
//! the API is said in those, with the line it stands at.

mod blueprint;
mod fields;
mod files;
mod owner;
mod paths;
mod run;
mod selector;
mod set;
mod template;
mod ytt;

use std::cmp::Reverse;

pub use files::Source;

use super::part::Part;
use crate::limits::Limits;
use crate::yaml::{FileTable, Pos};
use set::Set;

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not what is meant.
    Warning,
    /// It is refused, or it cannot work.
    Error,
}

impl Severity {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// Something to say about a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Which check found it: `unknown-field`, `admission`, ...
    pub rule: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Where: a line of the files of the report.
    pub pos: Pos,
}

/// What linting found, in the order of files and lines.
#[derive(Clone, Debug)]
pub struct Report {
    /// What there is to say.
    pub findings: Vec<Finding>,
    /// The files that positions name.
    pub files: FileTable,
    /// How many objects of the API were looked at.
    pub objects: usize,
}

impl Report {
    /// How many findings there are of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

/// Lints files together. ytt templates are compiled within the limits.
pub fn lint(sources: Vec<Source>, limits: &Limits) -> Report {
    let mut findings = Findings::default();
    let mut table = FileTable::default();
    let objects = files::read(sources, &mut table, &mut findings);
    for object in &objects {
        fields::check(object, &mut findings);
        files::check_admission(object, &mut findings);
    }
    let set = Set::new(&objects);
    set.check_names(&table, &mut findings);
    blueprint::check(&set, &table, &mut findings);
    template::check(&set, limits, &mut findings);
    run::check(&set, &mut findings);
    owner::check(&set, &table, &mut findings);
    let mut findings = findings.0;
    findings.sort_by_key(|finding| (finding.pos.file, finding.pos.line, Reverse(finding.severity)));
    let mut seen = Vec::new();
    findings.retain(|finding| {
        let key = (finding.pos, finding.message.clone());
        let new = seen.last() != Some(&key) && !seen.contains(&key);
        if seen.last().is_some_and(|(pos, _): &(Pos, String)| *pos != key.0) {
            seen.clear();
        }
        seen.push(key);
        new
    });
    Report { findings, files: table, objects: objects.len() }
}

/// The findings so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(
        &mut self,
        severity: Severity,
        rule: &'static str,
        pos: Pos,
        message: impl Into<String>,
    ) -> &mut Finding {
        let finding = Finding { severity, rule, message: message.into(), help: None, pos };
        self.0.push(finding);
        let last = self.0.len().saturating_sub(1);
        // INVARIANT: something was pushed.
        #[allow(clippy::indexing_slicing, reason = "the item was pushed just now")]
        &mut self.0[last]
    }

    fn error(&mut self, rule: &'static str, at: Part<'_>, message: impl Into<String>) -> &mut Finding {
        self.add(Severity::Error, rule, at.pos(), message)
    }

    fn warning(&mut self, rule: &'static str, at: Part<'_>, message: impl Into<String>) -> &mut Finding {
        self.add(Severity::Warning, rule, at.pos(), message)
    }

    fn note(&mut self, rule: &'static str, at: Part<'_>, message: impl Into<String>) -> &mut Finding {
        self.add(Severity::Note, rule, at.pos(), message)
    }

    /// Whether there is an error of the rule at the line.
    fn has(&self, rule: &str, pos: Pos) -> bool {
        self.0.iter().any(|finding| finding.rule == rule && finding.pos == pos)
    }
}

impl Finding {
    fn help(&mut self, help: impl Into<String>) {
        self.help = Some(help.into());
    }

    /// Suggests the nearest of several names, if one is near.
    fn suggest<'a>(&mut self, name: &str, known: impl IntoIterator<Item = &'a str>) {
        let known: Vec<&str> = known.into_iter().collect();
        if let Some(near) = crate::engine::builtins::meant(name, &known) {
            self.help = Some(format!("did you mean {near}?"));
        }
    }
}
