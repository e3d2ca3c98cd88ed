//! Load on a server: as much as it takes, or so much a second.

use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::client::{Client, Waiting};
use super::processors::sleep_precisely;
use crate::bench::histogram::Histogram;

/// What a while of load gave.
pub(super) struct Loaded {
    pub(super) times: Histogram,
    /// How long requests were late when they were sent; empty for full load.
    pub(super) late: Histogram,
    pub(super) per_second: f64,
    /// Answers that were none: other statuses than 200.
    pub(super) failed: u64,
}

impl Loaded {
    fn new() -> Loaded {
        Loaded { times: Histogram::new(), late: Histogram::new(), per_second: 0.0, failed: 0 }
    }

    /// What connections saw since a moment.
    fn of(parts: impl IntoIterator<Item = io::Result<Loaded>>, start: Instant) -> io::Result<Loaded> {
        let seconds = start.elapsed().as_secs_f64();
        let mut loaded = Loaded::new();
        for part in parts {
            let part = part?;
            loaded.times.merge(&part.times);
            loaded.late.merge(&part.late);
            loaded.failed += part.failed;
        }
        loaded.per_second = loaded.times.count() as f64 / seconds;
        Ok(loaded)
    }
}

/// Asks on some connections, on each as soon as the last answer is there; on one thread, which takes less of the
/// machine than a thread each.
///
/// # Errors
/// A connection broke.
pub(super) async fn full(
    address: SocketAddr,
    requests: &[Vec<u8>],
    connections: usize,
    duration: Duration,
) -> io::Result<Loaded> {
    let start = Instant::now();
    let end = start + duration;
    let one = |number: usize| async move {
        let mut client = Client::connect(address).await?;
        let mut loaded = Loaded::new();
        for request in requests.iter().cycle().skip(number) {
            let begin = Instant::now();
            if begin >= end {
                break;
            }
            loaded.failed += u64::from(client.ask(request).await? != 200);
            loaded.times.add(begin.elapsed());
        }
        io::Result::Ok(loaded)
    };
    Loaded::of(join_all((0..connections).map(one)).await, start)
}

/// Asks so often a second, at times that are fixed beforehand: what is late counts from when it should have been sent.
///
/// Each connection has a thread that sleeps until its next request is due. Nobody spins on the clock: a virtual
/// machine whose processors are all busy is stopped for milliseconds now and then, and that would be measured.
///
/// # Errors
/// A connection broke; no thread is left.
pub(super) fn paced(
    address: SocketAddr,
    requests: &[Vec<u8>],
    connections: usize,
    duration: Duration,
    rate: f64,
) -> io::Result<Loaded> {
    let gap = Duration::from_secs_f64(connections as f64 / rate.max(1.0));
    let clients: io::Result<Vec<_>> = (0..connections).map(|_| Waiting::connect(address)).collect();
    let clients = clients?;
    let start = Instant::now();
    let end = start + duration;
    let one = |number: usize, mut client: Waiting| {
        sleep_precisely();
        let mut loaded = Loaded::new();
        // The connections take turns.
        let mut due = start + gap.mul_f64(number as f64 / connections as f64);
        for request in requests.iter().cycle().skip(number) {
            if due >= end {
                break;
            }
            thread::sleep(due.saturating_duration_since(Instant::now()));
            loaded.late.add(due.elapsed());
            loaded.failed += u64::from(client.ask(request)? != 200);
            loaded.times.add(due.elapsed());
            due += gap;
        }
        io::Result::Ok(loaded)
    };
    let done = thread::scope(|scope| {
        let one = &one;
        let start =
            |(number, client)| thread::Builder::new().spawn_scoped(scope, move || one(number, client));
        let threads: io::Result<Vec<_>> = clients.into_iter().enumerate().map(start).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|_| Err(io::Error::other("a client panicked")))
        };
        threads.map(|threads| threads.into_iter().map(join).collect::<Vec<_>>())
    })?;
    Loaded::of(done, start)
}
