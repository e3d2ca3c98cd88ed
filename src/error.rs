//! The one error type of the library.

use std::fmt;

use crate::limits::Limit;

/// What went wrong, for callers that decide by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Text that is not YAML, or YAML ytt refuses.
    Yaml,
    /// Code that does not parse or names something undefined.
    Syntax,
    /// Code or a template failed while it ran.
    Evaluation,
    /// Data values that do not fit one another or their schema.
    DataValues,
    /// A file that cannot be found, read, written or is not allowed.
    File,
    /// A command line or request that makes no sense.
    Usage,
    /// A limit was reached: see [`Limits`](crate::Limits).
    Limit(Limit),
    /// The render was cancelled.
    Cancelled,
    /// A fault of this program, reported instead of a crash.
    Internal,
}

/// One place of a back trace, innermost first.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Frame {
    /// The function, `<toplevel>` for the file itself; empty for errors found before running.
    pub context: String,
    /// The place: `file:line`; for lines that stand for generated code `file:?`.
    pub place: String,
    /// The text of that line.
    pub source: String,
}

impl Frame {
    /// A frame.
    pub fn new(context: impl Into<String>, place: impl Into<String>, source: impl Into<String>) -> Frame {
        Frame { context: context.into(), place: place.into(), source: source.into() }
    }
}

/// One failure of a template: a message, an optional hint and the frames that lead to it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The message; lines after the first are shown as its reason.
    pub message: String,
    /// What to do about it, shown in parentheses behind the message.
    pub hint: Option<String>,
    /// Innermost first.
    pub frames: Vec<Frame>,
    /// More lines, shown below the frames: what the reference does not say.
    pub help: Option<String>,
}

impl Failure {
    /// A failure without frames.
    pub fn new(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), hint: None, frames: Vec::new(), help: None }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Inner {
    kind: ErrorKind,
    /// Outermost first: `Unmarshaling YAML template 'a.yml'`.
    contexts: Vec<String>,
    /// The message, when the error is not one of a template.
    message: String,
    /// The failures of a template.
    failures: Vec<Failure>,
    /// More lines below it all: what the reference does not say.
    help: Option<String>,
}

/// Why a run failed.
///
/// `Display` prints what ytt prints after `ytt: Error: `, frames included.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error(Box<Inner>);

/// A result with the library's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of this kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error(Box::new(Inner {
            kind,
            contexts: Vec::new(),
            message: message.into(),
            failures: Vec::new(),
            help: None,
        }))
    }

    /// An error with back traces.
    pub fn failures(kind: ErrorKind, failures: Vec<Failure>) -> Error {
        Error(Box::new(Inner { kind, contexts: Vec::new(), message: String::new(), failures, help: None }))
    }

    /// Puts what was being done before the message: `context: message`.
    #[must_use]
    pub fn context(mut self, context: impl Into<String>) -> Error {
        self.0.contexts.insert(0, context.into());
        self
    }

    /// Adds lines that go below everything else.
    #[must_use]
    pub(crate) fn with_help(mut self, help: Option<String>) -> Error {
        self.0.help = help;
        self
    }

    /// Takes the lines that go below everything else.
    pub(crate) fn take_help(&mut self) -> Option<String> {
        self.0.help.take()
    }

    /// The same error as one of another kind.
    pub(crate) fn of_kind(mut self, kind: ErrorKind) -> Error {
        self.0.kind = kind;
        self
    }

    /// Names the file in frames that know no place.
    pub(crate) fn in_file(mut self, name: &str) -> Error {
        let frames = self.0.failures.iter_mut().flat_map(|failure| &mut failure.frames);
        for frame in frames.filter(|frame| frame.place.is_empty()) {
            frame.place = format!("{name}:?");
        }
        self
    }

    /// Whether a limit was reached or the render was cancelled.
    pub fn is_limit(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Limit(_) | ErrorKind::Cancelled)
    }

    /// The bytes it takes in memory, about.
    pub(crate) fn bytes(&self) -> usize {
        self.to_string().len().saturating_mul(2)
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The failures of a template with their frames; empty for other errors.
    pub fn template_failures(&self) -> &[Failure] {
        &self.0.failures
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for context in &self.0.contexts {
            write!(f, "{context}: ")?;
        }
        f.write_str(&self.0.message)?;
        for failure in &self.0.failures {
            write!(f, "\n{failure}")?;
        }
        if let Some(help) = &self.0.help {
            write!(f, "\n\n{help}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = self.message.split('\n');
        write!(f, "- {}", lines.next().unwrap_or_default())?;
        if let Some(hint) = &self.hint {
            write!(f, " (hint: {hint})")?;
        }
        for frame in &self.frames {
            let mut pad = "    ";
            if !frame.context.is_empty() {
                write!(f, "\n    in {}", frame.context)?;
                pad = "      ";
            }
            write!(f, "\n{pad}{} | {}", frame.place, frame.source)?;
        }
        let mut rest = lines.peekable();
        if rest.peek().is_some() {
            f.write_str("\n\n    reason:")?;
            for line in rest {
                write!(f, "\n     {line}")?;
            }
        }
        if let Some(help) = &self.help {
            write!(f, "\n\n{help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
