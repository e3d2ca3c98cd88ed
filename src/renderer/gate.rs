//! How many may do something at once, and how many have done it.
//!
//! Threads that come and go all the time would wait for one another at a single counter, long before there
//! is no room left. So the room is in several parts, and a thread goes to its own as long as that has any.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use super::thread;

/// Lets a number of threads in; others wait.
#[derive(Debug)]
pub(super) struct Gate {
    parts: Box<[Part]>,
    /// How many wait. Who leaves looks here.
    waiting: AtomicUsize,
    queue: Mutex<()>,
    left: Condvar,
    /// Nobody ever waits.
    open: bool,
}

/// A part of the room, on a cache line of its own.
#[repr(align(128))]
#[derive(Debug)]
struct Part {
    free: AtomicUsize,
    entered: AtomicU64,
}

/// Somebody who is in, until it is dropped.
pub(super) struct Turn<'a>(Option<(&'a Gate, &'a Part)>);

impl Part {
    /// Takes a place in it.
    fn take(&self) -> bool {
        self.free.fetch_update(Ordering::SeqCst, Ordering::Relaxed, |free| free.checked_sub(1)).is_ok()
    }
}

impl Gate {
    pub(super) fn new(most: usize) -> Gate {
        let most = most.max(1);
        let parts = thread::processors();
        let part = |number| Part {
            free: AtomicUsize::new(most / parts + usize::from(number < most % parts)),
            entered: AtomicU64::new(0),
        };
        Gate {
            parts: (0..parts).map(part).collect(),
            waiting: AtomicUsize::new(0),
            queue: Mutex::default(),
            left: Condvar::new(),
            open: most == usize::MAX,
        }
    }

    /// Waits until there is room.
    pub(super) fn enter(&self) -> Turn<'_> {
        let own = thread::number() % self.parts.len().max(1);
        let turn = if self.open { Turn(None) } else { self.turn(own) };
        if let Some(part) = self.parts.get(own) {
            part.entered.fetch_add(1, Ordering::Relaxed);
        }
        turn
    }

    fn turn(&self, own: usize) -> Turn<'_> {
        if let Some(part) = self.take(own) {
            return Turn(Some((self, part)));
        }
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever leaves from here on sees that somebody waits, or leaves room that is seen here.
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let part = loop {
            if let Some(part) = self.take(own) {
                break part;
            }
            queue = self.left.wait(queue).unwrap_or_else(PoisonError::into_inner);
        };
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        Turn(Some((self, part)))
    }

    /// Takes a place, if there is one: in this part, or else in any.
    fn take(&self, own: usize) -> Option<&Part> {
        let (before, from) = self.parts.split_at_checked(own)?;
        from.iter().chain(before).find(|part| part.take())
    }

    /// How often somebody has come.
    pub(super) fn entered(&self) -> u64 {
        self.parts.iter().map(|part| part.entered.load(Ordering::Relaxed)).sum()
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some((gate, part)) = self.0 {
            part.free.fetch_add(1, Ordering::SeqCst);
            if gate.waiting.load(Ordering::SeqCst) > 0 {
                // Between the look of somebody who waits and its sleep there is no gap.
                drop(gate.queue.lock().unwrap_or_else(PoisonError::into_inner));
                gate.left.notify_one();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::Gate;

    #[test]
    fn no_more_are_in_than_there_is_room_for() {
        let gate = Gate::new(2);
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let _turn = gate.enter();
                        most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert!((1..=2).contains(&most.into_inner()));
        assert_eq!(gate.entered(), 8 * 200);
        assert_eq!(inside.into_inner(), 0);
    }
}
