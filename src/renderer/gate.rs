//! How many may do something at once.

use std::sync::{Condvar, Mutex, PoisonError};

/// Lets a number of threads in; others wait.
#[derive(Debug)]
pub(super) struct Gate {
    free: Mutex<usize>,
    left: Condvar,
    /// Nobody ever waits.
    open: bool,
}

/// Somebody who is in, until it is dropped.
pub(super) struct Turn<'a>(Option<&'a Gate>);

impl Gate {
    pub(super) fn new(most: usize) -> Gate {
        Gate { free: Mutex::new(most.max(1)), left: Condvar::new(), open: most == usize::MAX }
    }

    /// Waits until there is room.
    pub(super) fn enter(&self) -> Turn<'_> {
        if self.open {
            return Turn(None);
        }
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.left.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Turn(Some(self))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(gate) = self.0 {
            *gate.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            gate.left.notify_one();
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
        assert_eq!(inside.into_inner(), 0);
    }
}
