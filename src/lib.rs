//! Stampmill evaluates ytt templates in process.

pub mod engine;
mod error;
pub mod yaml;

pub use error::{Error, ErrorKind, Failure, Frame, Result};
