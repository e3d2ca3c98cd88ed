//! Conditions of owners, their resources, blueprints and runnables.
//!
//! [`Conditions`] collects those of one object and sums them up in a top level condition; the files beside
//! this one hold each condition's type, reason and text.

pub mod blueprint;
pub mod health;
pub mod owner;
pub mod run;

use super::api::{Condition, Status};

/// The top level condition of owners, resources, blueprints and runnables.
pub const READY: &str = "Ready";

/// What a condition says when it is good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Polarity {
    /// `True` is good.
    Positive,
    /// `False` is good.
    Negative,
}

/// Collects the conditions of one object, with what was said before and the time of this pass.
#[derive(Clone, Debug)]
pub struct Conditions<'a> {
    top_level: &'a str,
    previous: &'a [Condition],
    now: &'a str,
    conditions: Vec<Condition>,
    status: Status,
    reason: String,
    message: String,
    changed: bool,
}

/// All conditions of an object, the top level one last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The conditions, in the order they were added.
    pub conditions: Vec<Condition>,
    /// Whether any differs from what was said before. One that is no longer said does not count.
    pub changed: bool,
    /// Whether none is bad; unknown ones are not.
    pub successful: bool,
}

impl<'a> Conditions<'a> {
    /// None yet. `top_level` is the type of the condition that sums up the others, `now` the time in
    /// RFC 3339.
    pub fn new(top_level: &'a str, previous: &'a [Condition], now: &'a str) -> Conditions<'a> {
        Conditions {
            top_level,
            previous,
            now,
            conditions: Vec::new(),
            status: Status::True,
            reason: String::new(),
            message: String::new(),
            changed: false,
        }
    }

    /// Adds a condition of which `True` is good.
    pub fn add(&mut self, condition: Condition) {
        self.add_with(condition, Polarity::Positive);
    }

    /// Adds a condition. Its time is that of the previous one if nothing else of it differs, otherwise now.
    pub fn add_with(&mut self, mut condition: Condition, polarity: Polarity) {
        let bad = match polarity {
            Polarity::Positive => Status::False,
            Polarity::Negative => Status::True,
        };
        // The last bad one decides; of the unknown ones the first, if none is bad.
        let decides =
            condition.status == bad || (condition.status == Status::Unknown && self.status == Status::True);
        if decides {
            self.status = if condition.status == bad { Status::False } else { Status::Unknown };
            self.reason.clone_from(&condition.reason);
            self.message.clone_from(&condition.message);
        }
        condition.last_transition_time = self.now.to_owned();
        let mut is_new = true;
        for previous in self.previous.iter().filter(|previous| previous.kind == condition.kind) {
            is_new = false;
            if is_same_but_for_time(previous, &condition) {
                condition.last_transition_time.clone_from(&previous.last_transition_time);
            } else {
                self.changed = true;
            }
        }
        self.changed |= is_new;
        self.conditions.push(condition);
    }

    /// Whether none that was added is bad.
    pub fn is_successful(&self) -> bool {
        self.status != Status::False
    }

    /// Adds the top level condition: bad as the last bad one, else unknown as the first unknown one, else
    /// true. Without any condition it is unknown and counts as changed.
    pub fn finish(mut self) -> Finished {
        if self.conditions.is_empty() {
            let unknown = Condition {
                kind: self.top_level.to_owned(),
                status: Status::Unknown,
                reason: "Unknown".to_owned(),
                last_transition_time: self.now.to_owned(),
                ..Condition::default()
            };
            return Finished { conditions: vec![unknown], changed: true, successful: false };
        }
        if self.status == Status::True {
            READY.clone_into(&mut self.reason);
        }
        self.add(Condition {
            kind: self.top_level.to_owned(),
            status: self.status,
            reason: self.reason.clone(),
            message: self.message.clone(),
            ..Condition::default()
        });
        let successful = self.is_successful();
        Finished { conditions: self.conditions, changed: self.changed, successful }
    }
}

fn is_same_but_for_time(one: &Condition, other: &Condition) -> bool {
    one.kind == other.kind
        && one.status == other.status
        && one.reason == other.reason
        && one.message == other.message
        && one.observed_generation == other.observed_generation
}

/// The first condition of a type.
pub fn find<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.kind == kind)
}

/// A condition without a time, which [`Conditions::add`] gives it.
fn condition(kind: &str, status: Status, reason: impl Into<String>, message: impl Into<String>) -> Condition {
    Condition {
        kind: kind.to_owned(),
        status,
        reason: reason.into(),
        message: message.into(),
        ..Condition::default()
    }
}

#[cfg(test)]
mod tests;
