//! Work on a stream by several threads, whose results come in the order of the input.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What all threads share.
struct State<I, O> {
    input: I,
    /// The number of the part that is taken next.
    next: u64,
    /// Results that wait for those before them, by number.
    done: BTreeMap<u64, O>,
    /// The number of the result that is given out next.
    wanted: u64,
    /// How many threads still work.
    working: usize,
    /// The input is at its end, or nobody wants more.
    closed: bool,
}

struct Shared<I, O> {
    state: Mutex<State<I, O>>,
    changed: Condvar,
}

impl<I, O> Shared<I, O> {
    fn lock(&self) -> MutexGuard<'_, State<I, O>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says that a thread has ended, even if it panics.
struct Working<'a, I, O>(&'a Shared<I, O>);

impl<I, O> Drop for Working<'_, I, O> {
    fn drop(&mut self) {
        self.0.lock().working -= 1;
        self.0.changed.notify_all();
    }
}

/// Does `work` on every part of the input on a number of threads of `stack` bytes, and hands the results to
/// `give`, on the calling thread, in the order of the input. Each thread takes the next part when it is
/// done with one; none runs further ahead of `give` than a few parts a thread, so memory is bounded. `give`
/// ends it all by returning `false`.
///
/// # Errors
/// A thread cannot be started.
pub(super) fn in_order<T, O: Send, I: Iterator<Item = T> + Send>(
    threads: usize,
    stack: usize,
    input: I,
    work: impl Fn(T) -> O + Sync,
    mut give: impl FnMut(O) -> bool,
) -> std::io::Result<()> {
    let threads = threads.max(1);
    let window = 4 * threads as u64;
    let state = State { input, next: 0, done: BTreeMap::new(), wanted: 0, working: threads, closed: false };
    let shared = Shared { state: Mutex::new(state), changed: Condvar::new() };
    let run = || {
        let _working = Working(&shared);
        loop {
            let (number, part) = {
                let mut state = shared.lock();
                while !state.closed && state.next >= state.wanted + window {
                    state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                if state.closed {
                    return;
                }
                match state.input.next() {
                    Some(part) => {
                        state.next += 1;
                        (state.next - 1, part)
                    }
                    None => {
                        state.closed = true;
                        drop(state);
                        shared.changed.notify_all();
                        return;
                    }
                }
            };
            let result = work(part);
            shared.lock().done.insert(number, result);
            shared.changed.notify_all();
        }
    };
    std::thread::scope(|scope| {
        let close = || {
            shared.lock().closed = true;
            shared.changed.notify_all();
        };
        for started in 0..threads {
            let builder = std::thread::Builder::new().stack_size(stack).name("stamp".to_owned());
            if let Err(error) = builder.spawn_scoped(scope, &run) {
                shared.lock().working -= threads - started;
                // Fewer threads do as well, but not none.
                if started == 0 {
                    close();
                    return Err(error);
                }
                break;
            }
        }
        loop {
            let mut state = shared.lock();
            let result = loop {
                let wanted = state.wanted;
                if let Some(result) = state.done.remove(&wanted) {
                    state.wanted += 1;
                    break result;
                }
                if state.working == 0 {
                    return Ok(());
                }
                state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            };
            drop(state);
            shared.changed.notify_all();
            if !give(result) {
                close();
                return Ok(());
            }
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use std::sync::atomic::{AtomicU64, Ordering};

    use super::in_order;

    const STACK: usize = 1 << 20;

    #[test]
    fn results_come_in_the_order_of_the_input() {
        for threads in [1, 2, 5] {
            let mut results = Vec::new();
            let work = |n: u64| {
                // Later parts are done before earlier ones.
                std::thread::sleep(std::time::Duration::from_micros((7 - n % 7) * 100));
                n * 2
            };
            in_order(threads, STACK, 0..200, work, |result| {
                results.push(result);
                true
            })
            .unwrap();
            assert_eq!(results, (0..200).map(|n| n * 2).collect::<Vec<_>>());
        }
        in_order(2, STACK, 0..0, |n: u64| n, |_| true).unwrap();
    }

    #[test]
    fn no_more_is_read_than_there_is_room_for_and_who_has_enough_ends_it() {
        let read = AtomicU64::new(0);
        let input = (0..u64::MAX).inspect(|_| _ = read.fetch_add(1, Ordering::Relaxed));
        let mut given = 0;
        in_order(
            3,
            STACK,
            input,
            |n| n,
            |_| {
                given += 1;
                assert!(read.load(Ordering::Relaxed) <= given + 12);
                given < 1000
            },
        )
        .unwrap();
        assert!(read.load(Ordering::Relaxed) <= 1012);
    }
}
