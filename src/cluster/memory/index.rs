//! Finding objects by namespace and labels without looking at all of them.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// From how many slots on a posting gives up slots lazily.
const LAZY_FROM: usize = 64;

/// Which slots may have which terms. A term (a label with its value, a namespace) is known by its hash
/// alone, and slots that have lost a term may stay listed under it for a while: what the index answers are
/// candidates, each has to be looked at.
#[derive(Default)]
pub(super) struct Index {
    postings: HashTable<Posting>,
}

struct Posting {
    term: u64,
    slots: Slots,
}

/// Most terms of a fleet (an owner's name) are those of one object or a few.
enum Slots {
    One(u32),
    Many(Box<Many>),
}

#[derive(Default)]
struct Many {
    slots: Vec<u32>,
    /// How many of them have lost the term, or stand there twice, at most.
    stale: usize,
}

impl Index {
    /// Adds a slot to a term it was not listed under, or only as stale.
    pub(super) fn add(&mut self, term: u64, slot: u32) {
        match self.postings.entry(term, |posting| posting.term == term, |posting| posting.term) {
            Entry::Vacant(place) => _ = place.insert(Posting { term, slots: Slots::One(slot) }),
            Entry::Occupied(mut posting) => match &mut posting.get_mut().slots {
                Slots::Many(many) => many.slots.push(slot),
                slots @ Slots::One(_) => {
                    let mut many = Many::default();
                    many.slots.extend(slots.as_slice());
                    many.slots.push(slot);
                    *slots = Slots::Many(Box::new(many));
                }
            },
        }
    }

    /// Removes a slot from a term. `has` tells whether a slot has the term now.
    pub(super) fn remove(&mut self, term: u64, slot: u32, has: impl Fn(u32) -> bool) {
        let Ok(mut posting) = self.postings.find_entry(term, |posting| posting.term == term) else { return };
        let empty = match &mut posting.get_mut().slots {
            Slots::One(only) => *only == slot,
            Slots::Many(many) => {
                many.remove(slot, has);
                many.slots.is_empty()
            }
        };
        if empty {
            posting.remove();
        }
    }

    /// The slots that may have a term.
    pub(super) fn candidates(&self, term: u64) -> &[u32] {
        let posting = self.postings.find(term, |posting| posting.term == term);
        posting.map_or(&[], |posting| posting.slots.as_slice())
    }
}

impl Slots {
    fn as_slice(&self) -> &[u32] {
        match self {
            Slots::One(slot) => std::slice::from_ref(slot),
            Slots::Many(many) => &many.slots,
        }
    }
}

impl Many {
    fn remove(&mut self, slot: u32, has: impl Fn(u32) -> bool) {
        if self.slots.len() < LAZY_FROM {
            self.slots.retain(|&other| other != slot);
            return;
        }
        self.stale += 1;
        if self.stale > self.slots.len() / 2 {
            self.slots.retain(|&slot| has(slot));
            self.slots.sort_unstable();
            self.slots.dedup();
            self.slots.shrink_to_fit();
            self.stale = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Index;

    #[test]
    fn slots_come_and_go() {
        let mut index = Index::default();
        assert!(index.candidates(1).is_empty());
        index.add(1, 5);
        index.add(2, 5);
        index.add(1, 6);
        assert_eq!(index.candidates(1), [5, 6]);
        assert_eq!(index.candidates(2), [5]);
        index.remove(1, 5, |_| true);
        index.remove(2, 5, |_| true);
        assert_eq!(index.candidates(1), [6]);
        assert!(index.candidates(2).is_empty());
    }

    #[test]
    fn a_large_posting_shrinks_in_time() {
        let mut index = Index::default();
        (0..1000).for_each(|slot| index.add(1, slot));
        for gone in 0..1000 {
            index.remove(1, gone, |slot| slot > gone);
            let (left, listed) = (999 - gone as usize, index.candidates(1));
            assert!(listed.len() <= 64 + 2 * left);
            assert!((gone + 1..1000).all(|slot| listed.contains(&slot)));
        }
        assert!(index.candidates(1).is_empty());
    }

    #[test]
    fn a_slot_that_came_back_counts_once_in_the_end() {
        let mut index = Index::default();
        (0..100).for_each(|slot| index.add(1, slot));
        for _ in 0..1000 {
            index.remove(1, 7, |_| true);
            index.add(1, 7);
        }
        assert!(index.candidates(1).len() <= 300);
    }
}
