//! Why an overlay could not be applied.

use crate::engine::NativeError;
use crate::error::{Error, ErrorKind};

/// The message with the nodes that lead to it, and what may help.
#[derive(Debug)]
pub(crate) struct Trouble {
    message: String,
    /// What the reference does not say: nearest candidates.
    help: Option<String>,
    /// The number of matches was not the one that `when` asks for, so there is nothing to do.
    pub(super) unmet_condition: bool,
}

pub(super) type Outcome<T> = Result<T, Trouble>;

impl Trouble {
    pub(super) fn new(message: impl Into<String>) -> Trouble {
        Trouble { message: message.into(), help: None, unmet_condition: false }
    }

    /// Adds lines that go below the message.
    #[must_use]
    pub(super) fn help(mut self, help: impl FnOnce() -> String) -> Trouble {
        if !self.unmet_condition {
            self.help = Some(help());
        }
        self
    }

    /// Puts the node that was being dealt with before the message.
    #[must_use]
    pub(super) fn within(mut self, node: &str) -> Trouble {
        self.message = format!("{node}: {}", self.message);
        self
    }

    /// As an error of the library.
    pub(crate) fn into_error(self, kind: ErrorKind) -> Error {
        Error::new(kind, self.message).with_help(self.help)
    }
}

impl From<Trouble> for NativeError {
    fn from(trouble: Trouble) -> NativeError {
        NativeError::new(trouble.message).with_help(trouble.help)
    }
}

impl From<NativeError> for Trouble {
    fn from(error: NativeError) -> Trouble {
        Trouble::new(error.message())
    }
}

/// Turns a condition that is not met into "nothing matches".
pub(super) fn unless_conditional<T>(found: Outcome<T>) -> Outcome<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(trouble) if trouble.unmet_condition => Ok(None),
        Err(trouble) => Err(trouble),
    }
}
