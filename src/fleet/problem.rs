//! What is wrong with the input, and where.

use std::fmt;
use std::sync::Arc;

/// A line of a file, for people.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// The file as it was given, or what stands for it (`standard input`).
    pub file: Arc<str>,
    /// The line, counted from 1; 0 where only the file is known.
    pub line: u64,
}

impl Place {
    /// A line of a file.
    pub fn new(file: &Arc<str>, line: u64) -> Place {
        Place { file: Arc::clone(file), line }
    }
}

/// `file:line`, or the file alone.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line == 0 { Ok(()) } else { write!(f, ":{}", self.line) }
    }
}

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    /// Something cannot be used; the rest goes on.
    Error,
    /// Nothing is lost, but it is probably not meant.
    Warning,
}

/// Something wrong with the input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// How bad.
    pub severity: Severity,
    /// What, in one sentence or several lines.
    pub message: String,
}

impl Problem {
    /// Something that cannot be used.
    pub fn error(place: Place, message: impl Into<String>) -> Problem {
        Problem { place, severity: Severity::Error, message: message.into() }
    }

    /// Something that is probably not meant.
    pub fn warning(place: Place, message: impl Into<String>) -> Problem {
        Problem { place, severity: Severity::Warning, message: message.into() }
    }

    /// Whether something cannot be used.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// `file:line: error: message`
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{}: {severity}: {}", self.place, self.message)
    }
}
