//! Stampmill evaluates ytt templates in process.

#[cfg(feature = "cli")]
pub mod cli;
pub mod engine;
mod error;
mod modules;
mod template;
pub mod version;
pub mod workspace;
pub mod yaml;

pub use error::{Error, ErrorKind, Failure, Frame, Result};
