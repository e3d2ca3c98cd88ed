//! Load on a server: as much as it takes, or so much a second.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::client::{Client, PATIENCE, Waiting};
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
/// One thread has all connections, and sleeps until an answer comes or a request is due. Nothing spins on the clock: a
/// virtual machine whose processors are all busy is stopped for milliseconds now and then, and that would be measured.
///
/// # Errors
/// A connection broke, or has no answer for too long.
pub(super) fn paced(
    address: SocketAddr,
    requests: &[Vec<u8>],
    connections: usize,
    duration: Duration,
    rate: f64,
) -> io::Result<Loaded> {
    sleep_precisely();
    let gap = Duration::from_secs_f64(connections as f64 / rate.max(1.0));
    let start = Instant::now();
    let end = start + duration;
    let turn = |number: usize| {
        // The connections take turns.
        let due = start + gap.mul_f64(number as f64 / connections as f64);
        let client = Waiting::connect(address)?;
        io::Result::Ok(Turn { client, requests: requests.iter().cycle().skip(number), due, is_sent: false })
    };
    let mut turns = (0..connections).map(turn).collect::<io::Result<Vec<_>>>()?;
    let mut loaded = Loaded::new();
    loop {
        for turn in turns.iter_mut().filter(|turn| !turn.is_sent && turn.due < end) {
            let late = turn.due.elapsed();
            if !late.is_zero()
                && let Some(request) = turn.requests.next()
            {
                turn.client.send(request)?;
                turn.is_sent = true;
                loaded.late.add(late);
            }
        }
        let next = turns.iter().filter(|turn| !turn.is_sent && turn.due < end).map(|turn| turn.due).min();
        let mut sent: Vec<PollFd<'_>> = turns
            .iter()
            .filter(|turn| turn.is_sent)
            .map(|turn| PollFd::new(turn.client.stream(), PollFlags::IN))
            .collect();
        if sent.is_empty() && next.is_none() {
            return Loaded::of([Ok(loaded)], start);
        }
        let wait = next.map_or(PATIENCE, |due| due.saturating_duration_since(Instant::now()));
        let wait = Timespec::try_from(wait).map_err(io::Error::other)?;
        if poll(&mut sent, Some(&wait))? == 0 && next.is_none() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let ready: Vec<bool> = sent.iter().map(|one| !one.revents().is_empty()).collect();
        for (turn, _) in turns.iter_mut().filter(|turn| turn.is_sent).zip(ready).filter(|(_, ready)| *ready) {
            if let Some(status) = turn.client.receive()? {
                loaded.failed += u64::from(status != 200);
                loaded.times.add(turn.due.elapsed());
                turn.is_sent = false;
                turn.due += gap;
            }
        }
    }
}

/// A connection, and when its next request is due or its last one was.
struct Turn<'a, R: Iterator<Item = &'a Vec<u8>>> {
    client: Waiting,
    requests: R,
    due: Instant,
    is_sent: bool,
}
