//! Why the cluster did not do what it was asked.

use std::fmt;

use super::kind::{Kind, Resource};

/// What kind of refusal it is, for callers that decide by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no such object.
    NotFound,
    /// There is an object of that name.
    AlreadyExists,
    /// The object has changed since it was read.
    Conflict,
    /// The caller is not allowed to do this.
    Forbidden,
    /// The cluster does not know the caller.
    Unauthorized,
    /// The object breaks the rules of its kind.
    Invalid,
    /// The request makes no sense.
    BadRequest,
    /// The cluster has no such kind.
    NoMatch,
    /// The version to watch from is too old, or the watcher too slow: list, and watch from there.
    Gone,
    /// The cluster does not answer, or not in time.
    Unavailable,
    /// Anything else that the cluster says.
    Other,
}

/// Why the cluster did not do what it was asked. `Display` gives the API server's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error(Box<(ErrorKind, String)>);

/// A result of the cluster.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of this kind, in the API server's words.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error(Box::new((kind, message.into())))
    }

    /// What kind of refusal it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.0
    }

    /// Whether there is no such object.
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// `configmaps "x" not found`
    pub fn not_found(resource: &Resource, name: &str) -> Error {
        Error::new(ErrorKind::NotFound, format!("{resource} {name:?} not found"))
    }

    /// `configmaps "x" already exists`
    pub fn already_exists(resource: &Resource, name: &str) -> Error {
        Error::new(ErrorKind::AlreadyExists, format!("{resource} {name:?} already exists"))
    }

    /// `Operation cannot be fulfilled on configmaps "x": the object has been modified; ...`
    pub fn conflict(resource: &Resource, name: &str) -> Error {
        let message = format!(
            "Operation cannot be fulfilled on {resource} {name:?}: the object has been modified; please apply \
             your changes to the latest version and try again"
        );
        Error::new(ErrorKind::Conflict, message)
    }

    /// `configmaps "x" is forbidden: reason`
    pub fn forbidden(resource: &Resource, name: &str, reason: &str) -> Error {
        Error::new(ErrorKind::Forbidden, format!("{resource} {name:?} is forbidden: {reason}"))
    }

    /// `ConfigMap "x" is invalid: reason`
    pub fn invalid(kind: &Kind, name: &str, reason: &str) -> Error {
        Error::new(ErrorKind::Invalid, format!("{kind} {name:?} is invalid: {reason}"))
    }

    /// `no matches for kind "ConfigMap" in version "v1"`
    pub fn no_match(kind: &Kind) -> Error {
        let message = format!("no matches for kind {:?} in version {:?}", kind.kind, kind.api_version());
        Error::new(ErrorKind::NoMatch, message)
    }

    /// `too old resource version: 1 (5)`
    pub fn too_old(version: u64, oldest: u64) -> Error {
        Error::new(ErrorKind::Gone, format!("too old resource version: {version} ({oldest})"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.1)
    }
}

impl std::error::Error for Error {}
