//! Templates in ytt: whether they compile, and where in the outer file they do not.

use super::{Findings, Severity, files};
use crate::limits::Limits;
use crate::supply_chain::part::Part;
use crate::workspace::{File, Options};
use crate::yaml::Pos;
use crate::{Error, Template};

/// The name of the template, which ytt gives to what it reads from its standard input.
const FILE: &str = "stdin.yml";

/// Where the lines of the ytt text of a spec stand.
pub(super) fn lines(spec: Part<'_>) -> impl Fn(u32) -> Pos {
    let (pos, one_by_one) = files::text_line(spec, "ytt").unwrap_or((spec.pos(), false));
    move |line: u32| match one_by_one {
        true => Pos::new(pos.file, pos.line.saturating_add(line.saturating_sub(1))),
        false => pos,
    }
}

/// Reports what is wrong with the ytt text of a spec.
pub(super) fn check(spec: Part<'_>, limits: &Limits, findings: &mut Findings) {
    let text = spec.get("ytt").text();
    if text.is_empty() {
        return;
    }
    let file = File::new(FILE, text.as_bytes());
    if let Err(error) = Template::compile_with(vec![file], Options::default(), limits) {
        report(&error, &lines(spec), findings);
    }
}

fn report(error: &Error, lines: &impl Fn(u32) -> Pos, findings: &mut Findings) {
    let failures = error.template_failures();
    if failures.is_empty() {
        let message = error.to_string();
        let line = files::line_of(&message).unwrap_or(1);
        findings.add(Severity::Error, "ytt", lines(line), format!("ytt: {message}"));
        return;
    }
    for failure in failures {
        let line = failure.frames.iter().find_map(|frame| frame.place.rsplit_once(':')?.1.parse().ok());
        let message = format!("ytt: {}", failure.message.lines().next().unwrap_or_default());
        let finding = findings.add(Severity::Error, "ytt", lines(line.unwrap_or(1)), message);
        let hint = failure.hint.as_deref().or(failure.help.as_deref()).map(str::trim);
        if let Some(hint) = hint.filter(|hint| !hint.is_empty()) {
            finding.help(hint);
        }
    }
}
