//! Which of the objects that a template stamped one after the other are kept, and which gives the output.
//!
//! Follows the reference's `pkg/realizer/runnable/gc` and `pkg/stamp/reader.go`.

use std::cmp::Reverse;

use super::api::{RetentionPolicy, Status};
use super::object;
use crate::yaml::Node;

/// An object that was stamped, and how healthy it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Examined<'a> {
    /// The object, which says when it was created.
    pub object: &'a Node,
    /// By [`Health::of_object`](super::health::Health::of_object).
    pub health: Status,
}

/// The objects that a policy does not keep, newest first: of those that succeeded and of those that failed all
/// behind the newest ones. Objects of unknown health are neither counted nor named.
pub fn to_delete<'a>(objects: &[Examined<'a>], policy: RetentionPolicy) -> Vec<&'a Node> {
    let mut sorted: Vec<&Examined<'a>> = objects.iter().collect();
    // Whole seconds, in the order of the list where they are equal; what has no time is oldest.
    sorted.sort_by_key(|examined| Reverse(object::created(examined.object).map(|time| time.as_second())));
    let (mut succeeded, mut failed) = (0, 0);
    let mut is_beyond = |health| {
        let (count, kept) = match health {
            Status::True => (&mut succeeded, policy.max_successful_runs),
            Status::False => (&mut failed, policy.max_failed_runs),
            Status::Unknown => return false,
        };
        *count += 1;
        *count > kept
    };
    sorted.into_iter().filter(|examined| is_beyond(examined.health)).map(|examined| examined.object).collect()
}

/// The newest object that succeeded; the first of those that are equally new. One without a time of creation
/// does not count.
pub fn latest_success<'a>(objects: &[Examined<'a>]) -> Option<&'a Node> {
    let succeeded = objects.iter().filter(|examined| examined.health == Status::True);
    newest(succeeded.map(|examined| examined.object))
}

/// The newest object; the first of those that are equally new.
pub(super) fn newest<'a>(objects: impl Iterator<Item = &'a Node>) -> Option<&'a Node> {
    let timed = objects.filter_map(|object| Some((object::created(object)?, object)));
    // Of equal ones, `max_by` takes the last.
    let newest = timed.reduce(|newest, other| if other.0 > newest.0 { other } else { newest });
    newest.map(|(_, object)| object)
}

#[cfg(test)]
mod tests;
