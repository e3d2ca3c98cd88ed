//! Work on a stream by several threads, whose results come in the order of the input.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What all threads share.
struct State<O> {
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
    /// The input and the number of its next part. Who waits for it keeps nobody from handing in results.
    input: Mutex<(I, u64)>,
    state: Mutex<State<O>>,
    changed: Condvar,
}

impl<I: Iterator, O> Shared<I, O> {
    fn lock(&self) -> MutexGuard<'_, State<O>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State<O>>) -> MutexGuard<'a, State<O>> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// The next part of the input and its number, once it is less than `window` ahead of what is given out.
    fn take(&self, window: u64) -> Option<(u64, I::Item)> {
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.lock();
        while !state.closed && input.1 >= state.wanted + window {
            state = self.wait(state);
        }
        if state.closed {
            return None;
        }
        drop(state);
        match input.0.next() {
            Some(part) => {
                input.1 += 1;
                Some((input.1 - 1, part))
            }
            None => {
                self.close();
                None
            }
        }
    }

    /// The next result in order; none when there are no more.
    fn give(&self) -> Option<O> {
        let mut state = self.lock();
        loop {
            let wanted = state.wanted;
            if let Some(result) = state.done.remove(&wanted) {
                state.wanted += 1;
                drop(state);
                self.changed.notify_all();
                return Some(result);
            }
            if state.working == 0 {
                return None;
            }
            state = self.wait(state);
        }
    }
}

/// Says that a thread has ended. If it panics there is no result to go on with, and the others end, too.
struct Working<'a, I: Iterator, O>(&'a Shared<I, O>);

impl<I: Iterator, O> Drop for Working<'_, I, O> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.working -= 1;
        state.closed |= std::thread::panicking();
        drop(state);
        self.0.changed.notify_all();
    }
}

/// Does `work` on every part of the input on a number of threads of `stack` bytes, and hands the results to
/// `give`, on the calling thread, in the order of the input. Each thread takes the next part when it is
/// done with one; none runs further ahead of `give` than a few parts a thread, so memory is bounded. `give`
/// ends it all by returning `false`.
///
/// # Errors
/// No thread can be started.
pub(super) fn in_order<T, O: Send, I: Iterator<Item = T> + Send>(
    threads: usize,
    stack: usize,
    input: I,
    work: impl Fn(T) -> O + Sync,
    mut give: impl FnMut(O) -> bool,
) -> std::io::Result<()> {
    let threads = threads.max(1);
    let window = 4 * threads as u64;
    let state = State { done: BTreeMap::new(), wanted: 0, working: threads, closed: false };
    let shared = Shared { input: Mutex::new((input, 0)), state: Mutex::new(state), changed: Condvar::new() };
    let run = || {
        let _working = Working(&shared);
        while let Some((number, part)) = shared.take(window) {
            let result = work(part);
            shared.lock().done.insert(number, result);
            shared.changed.notify_all();
        }
    };
    std::thread::scope(|scope| {
        for started in 0..threads {
            let builder = std::thread::Builder::new().stack_size(stack).name("stamp".to_owned());
            if let Err(error) = builder.spawn_scoped(scope, &run) {
                shared.lock().working -= threads - started;
                // Fewer threads do as well, but not none.
                if started == 0 {
                    return Err(error);
                }
                break;
            }
        }
        while let Some(result) = shared.give() {
            if !give(result) {
                shared.close();
                break;
            }
        }
        Ok(())
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
