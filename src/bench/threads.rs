//! Renders on several threads at once, timed.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::histogram::Histogram;
use crate::{Error, ErrorKind, Result};

/// The stack of a measuring thread. On a smaller one every render would have to grow it.
const STACK_BYTES: usize = 16 << 20;

/// How many renders warm a thread up, if there is time: enough for it to get what it keeps for itself.
const WARM_UP: u64 = 64;

/// What some threads did.
#[derive(Clone, Debug)]
pub(super) struct Timed {
    pub(super) threads: usize,
    /// The times of single turns.
    pub(super) times: Histogram,
    /// Turns a second, of all threads together.
    pub(super) per_second: f64,
}

/// Takes turns on some threads for a while. `worker` is called on each thread, with its number, for what
/// takes its turns; the number of the turn is given to that.
///
/// # Errors
/// The first of any turn; `Internal` if a thread cannot be started.
pub(super) fn measure<W: FnMut(u64) -> Result<()>>(
    threads: usize,
    duration: Duration,
    worker: impl Fn(usize) -> W + Sync,
) -> Result<Timed> {
    let line = StartLine { ready: AtomicUsize::new(0), expected: AtomicUsize::new(usize::MAX) };
    let run = |number: usize| -> Result<(Histogram, f64)> {
        let mut turn = worker(number);
        let warm = warm_up(duration, &mut turn);
        // Whoever failed must not keep the others waiting.
        line.wait();
        let from = warm?;
        timed(duration, from, turn)
    };
    std::thread::scope(|scope| {
        let run = &run;
        let mut started = Vec::new();
        for number in 0..threads {
            let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
            started.push(thread.spawn_scoped(scope, move || run(number)));
        }
        line.expect(started.iter().filter(|thread| thread.is_ok()).count());
        let mut result = Timed { threads, times: Histogram::new(), per_second: 0.0 };
        for thread in started {
            let thread = thread.map_err(|error| internal(format!("starting a thread: {error}")))?;
            let (times, per_second) = thread.join().map_err(|_| internal("a render panicked"))??;
            result.times.merge(&times);
            result.per_second += per_second;
        }
        Ok(result)
    })
}

/// Where threads wait for one another. How many there are is known once they are started.
struct StartLine {
    ready: AtomicUsize,
    expected: AtomicUsize,
}

impl StartLine {
    fn expect(&self, threads: usize) {
        self.expected.store(threads, Ordering::Relaxed);
    }

    fn wait(&self) {
        self.ready.fetch_add(1, Ordering::Relaxed);
        while self.ready.load(Ordering::Relaxed) < self.expected.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
    }
}

/// Takes turns until a thread has what it keeps, but for half of a duration at most: how many there were.
pub(super) fn warm_up(duration: Duration, turn: &mut impl FnMut(u64) -> Result<()>) -> Result<u64> {
    let end = Instant::now() + duration / 2;
    let mut turns = 0;
    while turns < WARM_UP && (turns == 0 || Instant::now() < end) {
        turn(turns)?;
        turns += 1;
    }
    Ok(turns)
}

/// Takes turns on this thread: their times, and how many there were a second.
fn timed(duration: Duration, from: u64, mut turn: impl FnMut(u64) -> Result<()>) -> Result<(Histogram, f64)> {
    let mut times = Histogram::new();
    let start = Instant::now();
    let mut last = start;
    for number in from.. {
        black_box(turn(number))?;
        let now = Instant::now();
        times.add(now - last);
        last = now;
        if now - start >= duration {
            break;
        }
    }
    let seconds = (last - start).as_secs_f64().max(1e-9);
    let per_second = times.count() as f64 / seconds;
    Ok((times, per_second))
}

fn internal(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Internal, message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn every_thread_takes_turns_in_their_order() {
        let worker = |_| {
            let mut next = 0;
            move |number| {
                assert_eq!(number, next);
                next += 1;
                Ok(())
            }
        };
        let timed = measure(3, Duration::from_millis(1), worker).unwrap();
        assert!(timed.times.count() >= 3);
        assert!(timed.per_second > 0.0);
    }

    #[test]
    fn a_turn_that_fails_ends_it() {
        let failed = measure(2, Duration::from_secs(60), |thread| {
            move |number| {
                if thread == 1 || number > 9 { Err(internal(format!("at {number}"))) } else { Ok(()) }
            }
        });
        assert!(failed.unwrap_err().to_string().starts_with("at "));
    }
}
