//! What can go wrong while a controller is measured.

use std::fmt;

/// Why there are no figures.
#[derive(Debug)]
#[non_exhaustive]
pub enum BenchError {
    /// The API server, or the way to it, does not do what was asked.
    Cluster(String, kube::Error),
    /// Measuring would touch what belongs to others, or would be disturbed by it.
    Refused(String),
    /// Something did not come about in time, or not as expected.
    Failed(String),
    /// The controller could not be started, or has ended.
    Controller(std::io::Error),
}

impl fmt::Display for BenchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BenchError::Cluster(doing, error) => write!(f, "{doing}: {error}"),
            BenchError::Refused(message) | BenchError::Failed(message) => f.write_str(message),
            BenchError::Controller(error) => write!(f, "the controller: {error}"),
        }
    }
}

impl std::error::Error for BenchError {}

pub(super) type Result<T, E = BenchError> = std::result::Result<T, E>;

pub(super) fn failed(message: impl Into<String>) -> BenchError {
    BenchError::Failed(message.into())
}
