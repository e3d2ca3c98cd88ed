//! The stable sort behind `sorted`.
//!
//! Comparisons can fail. The reference then sorts on and reports the last failure, so which one that
//! is depends on the order of comparisons: this sort compares as Go's does for up to 20 elements.

use starlark::values::Value;

use super::compare::{Op, compare};
use crate::engine::{NativeError, NativeResult};

/// Elements that one run of insertion sort takes.
const BLOCK: usize = 20;

/// Sorts pairs of a key and a value by their keys.
pub(crate) fn stable_sort<'v>(pairs: &mut Vec<(Value<'v>, Value<'v>)>, reverse: bool) -> NativeResult<()> {
    let mut failure = None;
    let mut less = |a: Value<'v>, b: Value<'v>| {
        let (a, b) = if reverse { (b, a) } else { (a, b) };
        compare(Op::Lt, a, b).unwrap_or_else(|error| {
            failure = Some(error);
            false
        })
    };
    for block in pairs.chunks_mut(BLOCK) {
        insertion_sort(block, &mut less);
    }
    let mut width = BLOCK;
    while width < pairs.len() {
        let mut merged = Vec::with_capacity(pairs.len());
        for both in pairs.chunks(width * 2) {
            let (left, right) = both.split_at(width.min(both.len()));
            merge(left, right, &mut merged, &mut less);
        }
        *pairs = merged;
        width *= 2;
    }
    failure.map_or(Ok(()), Err::<(), NativeError>)
}

fn insertion_sort<'v>(
    block: &mut [(Value<'v>, Value<'v>)],
    less: &mut impl FnMut(Value<'v>, Value<'v>) -> bool,
) {
    for end in 1..block.len() {
        let mut at = end;
        while let Some([before, here]) = at.checked_sub(1).and_then(|from| block.get_mut(from..=at)) {
            if !less(here.0, before.0) {
                break;
            }
            std::mem::swap(before, here);
            at -= 1;
        }
    }
}

fn merge<'v>(
    left: &[(Value<'v>, Value<'v>)],
    right: &[(Value<'v>, Value<'v>)],
    merged: &mut Vec<(Value<'v>, Value<'v>)>,
    less: &mut impl FnMut(Value<'v>, Value<'v>) -> bool,
) {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    loop {
        let next = match (left.peek(), right.peek()) {
            (Some(l), Some(r)) => {
                if less(r.0, l.0) {
                    right.next()
                } else {
                    left.next()
                }
            }
            (Some(_), None) => left.next(),
            _ => right.next(),
        };
        let Some(next) = next else { return };
        merged.push(*next);
    }
}
