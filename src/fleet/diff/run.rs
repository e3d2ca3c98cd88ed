//! Stamping a fleet twice.

use std::collections::VecDeque;
use std::io;

use super::groups::{Difference, OwnerDifference, Pair, identity};
use crate::cluster::ObjectKey;
use crate::engine::stack_for;
use crate::fleet::owners::{Batch, Owners};
use crate::fleet::realize::{Fleet, RealizedOwner, StampedObject};
use crate::fleet::{Problem, pipeline};
use crate::limits::Limits;
use crate::yaml::same;

/// What there is to tell meanwhile.
#[derive(Debug)]
pub enum Told<'a> {
    /// Something wrong with the input; whether only with the version before it.
    Problem(&'a Problem, Side),
    /// How many owners have been done.
    Progress(u64),
}

/// Which version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// That before.
    Before,
    /// That after.
    After,
    /// Both.
    Both,
}

#[derive(Default)]
struct Done {
    owners: Vec<OwnerDifference>,
    problems: Vec<(Problem, Side)>,
}

/// Stamps owners with two versions of blueprints and templates, and collects what differs. No more than a
/// few batches of owners are held at a time.
///
/// # Errors
/// No thread can be started.
pub fn diff(
    before: &Fleet,
    after: &Fleet,
    owners: Owners,
    threads: usize,
    mut tell: impl FnMut(Told<'_>),
) -> io::Result<Difference> {
    let limits = Limits::default();
    // Renders find the stack deep enough, and need not make one each.
    let stack = stack_for(limits.call_depth, limits.tree_depth) + (2 << 20);
    let mut difference = Difference::default();
    let work = |batch: Batch| batch_of(before, after, batch);
    pipeline::in_order(threads, stack, owners, work, |done: Done| {
        for (problem, side) in &done.problems {
            difference.errors += u64::from(problem.is_error());
            tell(Told::Problem(problem, *side));
        }
        for owner in &done.owners {
            difference.add(owner);
        }
        tell(Told::Progress(difference.owners));
        true
    })?;
    difference.sort();
    Ok(difference)
}

fn batch_of(before: &Fleet, after: &Fleet, batch: Batch) -> Done {
    let mut done = Done::default();
    for owner in batch.owners() {
        let owner = match owner {
            Ok(owner) => owner,
            Err(problem) => {
                done.problems.push((problem, Side::Both));
                continue;
            }
        };
        let (old, new) = (before.realize(&owner), after.realize(&owner));
        for problem in &old.problems {
            let side = if new.problems.contains(problem) { Side::Both } else { Side::Before };
            done.problems.push((problem.clone(), side));
        }
        let others = new.problems.iter().filter(|problem| !old.problems.contains(problem));
        done.problems.extend(others.map(|problem| (problem.clone(), Side::After)));
        pair_owners(old.owners, new.owners, &mut done.owners);
    }
    done
}

fn pair_owners(old: Vec<RealizedOwner>, new: Vec<RealizedOwner>, found: &mut Vec<OwnerDifference>) {
    let mut new: VecDeque<RealizedOwner> = new.into();
    for before in old {
        let other = new.iter().position(|after| after.key == before.key);
        let after = other.and_then(|index| new.remove(index));
        found.push(compare(before.key.clone(), Some(before), after));
    }
    for after in new {
        found.push(compare(after.key.clone(), None, Some(after)));
    }
}

fn compare(key: ObjectKey, before: Option<RealizedOwner>, after: Option<RealizedOwner>) -> OwnerDifference {
    let take = |owner: Option<RealizedOwner>| match owner {
        Some(owner) => (owner.state, owner.objects),
        None => (None, Vec::new()),
    };
    let ((before, old), (after, new)) = (take(before), take(after));
    let objects = (old.len() as u64, new.len() as u64);
    let mut pairs = Vec::new();
    let mut new: VecDeque<StampedObject> = new.into();
    for before in old {
        let wanted = identity(&before);
        let other = new.iter().position(|after| identity(after) == wanted);
        let after = other.and_then(|index| new.remove(index));
        let is_same = after.as_ref().is_some_and(|after| same(before.applied.node(), after.applied.node()));
        if !is_same {
            pairs.push(Pair { before: Some(before), after });
        }
    }
    pairs.extend(new.into_iter().map(|after| Pair { before: None, after: Some(after) }));
    OwnerDifference { key, before, after, objects, pairs }
}
