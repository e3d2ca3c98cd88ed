//! Errors found before a program runs.

use std::fmt;

use super::ast::Position;

/// Why a program does not parse or resolve.
///
/// `pos` may lie one line behind the last line of the source, as in the reference; line 0 means that
/// the error has no place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxError {
    /// The reference's text.
    pub message: String,
    /// Where.
    pub pos: Position,
}

impl SyntaxError {
    /// An error at a place.
    pub fn new(pos: Position, message: impl Into<String>) -> SyntaxError {
        SyntaxError { message: message.into(), pos }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.pos.line, self.pos.col, self.message)
    }
}

impl std::error::Error for SyntaxError {}
