//! The blast radius of a change of templates: a fleet is stamped with both versions, and what differs is
//! grouped by the shape of the difference.
//!
//! `changes` compares two objects, `shape` tells which differences are of one kind, `groups` collects them,
//! `report` shows them. Owners come as a stream: what is kept grows with the shapes, not with the fleet.

mod changes;
mod groups;
mod report;
mod run;
mod shape;

pub use changes::{Change, ChangeKind, changes};
pub use groups::{Difference, Group, Line, StateGroup, What};
pub use run::{Side, Told, diff};
