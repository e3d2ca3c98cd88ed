//! The list of known failing cases: it may shrink, and may not grow unnoticed.
//!
//! Each line is `CASE  output|errors  # reason`: whether the output is wrong, or only the error text.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use super::judge::Grade;

const HEADER: &str = "\
# Cases that are known to fail, and why. A case that passes must leave the list; a new failure may not enter it unnoticed.
# `output`: exit status, standard output or files differ. `errors`: only the error text differs.
# UPDATE_KNOWN_FAILURES=1 cargo test --test ytt   writes the list anew and keeps the reasons.
";

/// What is given for a failure nobody has looked at yet.
const NO_REASON: &str = "not looked at yet";

/// A known failure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Failure {
    /// `Wrong` or `OtherErrors`.
    pub(crate) grade: Grade,
    pub(crate) reason: String,
}

/// The list, by the full name of the case.
pub(crate) type Known = BTreeMap<String, Failure>;

/// Reads the list; one that is not there is empty.
pub(crate) fn read(path: &Path) -> Result<Known, String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(format!("{}: {error}", path.display())),
    };
    let mut known = Known::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let at = |problem: &str| format!("{}:{}: {problem}: {line}", path.display(), number + 1);
        let (entry, reason) = line.split_once('#').ok_or_else(|| at("no reason"))?;
        let (name, grade) = match entry.split_whitespace().collect::<Vec<_>>()[..] {
            [name, "output"] => (name, Grade::Wrong),
            [name, "errors"] => (name, Grade::OtherErrors),
            _ => return Err(at("expected `CASE  output|errors  # reason`")),
        };
        if known.last_key_value().is_some_and(|(last, _)| last.as_str() >= name) {
            return Err(at("not sorted, or listed twice"));
        }
        known.insert(name.to_owned(), Failure { grade, reason: reason.trim().to_owned() });
    }
    Ok(known)
}

/// Says why a grade is not what the list leads to expect.
pub(crate) fn verdict(grade: Grade, known: Option<&Failure>) -> Result<(), &'static str> {
    match (grade, known.map(|failure| failure.grade)) {
        (Grade::Wrong, Some(Grade::Wrong)) | (Grade::OtherErrors, Some(Grade::OtherErrors)) => Ok(()),
        (Grade::Same | Grade::Exact, None) => Ok(()),
        (Grade::Same | Grade::Exact, Some(_)) => Err("passes now: remove it from tests/known-failures.txt"),
        (Grade::OtherErrors, Some(_)) => {
            Err("output passes now: list it as `errors` in tests/known-failures.txt")
        }
        (Grade::Wrong, Some(_)) => Err("listed for its error text only, but the output is wrong"),
        (Grade::Wrong, None) => Err("the output is wrong"),
        (Grade::OtherErrors, None) => Err("the error text differs"),
    }
}

/// Writes the list anew: the cases that ran get their grade, the others stay; reasons are kept.
pub(crate) fn update(path: &Path, mut known: Known, grades: &BTreeMap<String, Grade>) -> io::Result<()> {
    for (name, grade) in grades {
        let reason = known.remove(name).map_or_else(|| NO_REASON.to_owned(), |failure| failure.reason);
        if *grade <= Grade::OtherErrors {
            known.insert(name.clone(), Failure { grade: *grade, reason });
        }
    }
    let lines = known.iter().map(|(name, failure)| {
        let grade = if failure.grade == Grade::Wrong { "output" } else { "errors" };
        format!("{name}  {grade}  # {}\n", failure.reason)
    });
    fs::write(path, HEADER.to_owned() + &lines.collect::<String>())
}
