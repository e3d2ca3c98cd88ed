//! What happened to an owner and its resources, as events of a cluster say it. All are of type `Normal`.
//!
//! Reasons and texts follow the reference's `pkg/events`, `pkg/realizer` and `pkg/repository`.

use std::fmt;

use super::api::Status;
use super::object;
use crate::yaml::Node;

/// The type of all events.
pub const NORMAL: &str = "Normal";

/// A stamped object in events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Plural kind and group.
    pub qualified: String,
    /// The name, or what it begins with while there is none.
    pub name: String,
}

impl Subject {
    /// An object of the kind with this plural kind and group.
    pub fn of(object: &Node, qualified: impl Into<String>) -> Subject {
        Subject { qualified: qualified.into(), name: object::name_or_prefix(object).to_owned() }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.qualified, self.name)
    }
}

/// Something that happened. An event about an object whose plural kind is not known is not raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An object was created.
    Created(Subject),
    /// An object was changed.
    Patched(Subject),
    /// An object was deleted: none of the newest, or no longer asked for.
    Deleted(Subject),
    /// The output of a resource changed.
    OutputChanged {
        /// Name of the resource.
        resource: String,
        /// The object that was stamped.
        object: Option<Subject>,
    },
    /// What a resource passes through changed.
    PassThroughChanged {
        /// Name of the resource.
        resource: String,
    },
    /// The outputs of a runnable changed.
    RunOutputChanged {
        /// Name of the runnable.
        runnable: String,
        /// The object that was stamped last.
        object: Subject,
    },
    /// A resource got healthier or less so.
    HealthChanged {
        /// Name of the resource.
        resource: String,
        /// The object that was stamped.
        object: Option<Subject>,
        /// How healthy it is now.
        status: Status,
    },
}

impl Event {
    /// Why, in one word.
    pub fn reason(&self) -> &'static str {
        match self {
            Event::Created(_) | Event::Patched(_) => "StampedObjectApplied",
            Event::Deleted(_) => "StampedObjectRemoved",
            Event::OutputChanged { .. }
            | Event::PassThroughChanged { .. }
            | Event::RunOutputChanged { .. } => "ResourceOutputChanged",
            Event::HealthChanged { .. } => "ResourceHealthyStatusChanged",
        }
    }

    /// The text.
    pub fn message(&self) -> String {
        match self {
            Event::Created(object) => fill("Created object [%Q]", Some(object), &[]),
            Event::Patched(object) => fill("Patched object [%Q]", Some(object), &[]),
            Event::Deleted(object) => fill("Deleted object [%Q]", Some(object), &[]),
            Event::OutputChanged { resource, object } => {
                fill("[%s] found a new output in [%Q]", object.as_ref(), &[resource])
            }
            Event::PassThroughChanged { resource } => {
                fill("[%s] passed through a new output", None, &[resource])
            }
            Event::RunOutputChanged { runnable, object } => {
                fill("Runnable [%s] found a new output in [%Q]", Some(object), &[runnable])
            }
            Event::HealthChanged { resource, object, status } => fill(
                "[%s] found healthy status in [%Q] changed to [%s]",
                object.as_ref(),
                &[resource, status.as_str()],
            ),
        }
    }
}

/// A text of the reference with its parts: `%Q` is the object, or `<nil>`; the other verbs, of one letter
/// each, are the arguments in their order.
pub fn fill(format: &str, object: Option<&Subject>, arguments: &[&str]) -> String {
    let mut out = String::with_capacity(format.len());
    let mut arguments = arguments.iter();
    let mut rest = format;
    while let Some((before, behind)) = rest.split_once('%') {
        out.push_str(before);
        let mut chars = behind.chars();
        match chars.next() {
            Some('Q') => out.push_str(&object.map_or("<nil>".to_owned(), Subject::to_string)),
            Some('%') | None => out.push('%'),
            Some(_) => out.push_str(arguments.next().copied().unwrap_or_default()),
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests;
