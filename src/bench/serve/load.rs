//! Load on a service: as much as it takes, or so much a second.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::client::Client;
use crate::bench::histogram::Histogram;

/// What a while of load gave.
pub(super) struct Loaded {
    pub(super) times: Histogram,
    pub(super) per_second: f64,
    /// Answers that were none: connections that broke, other statuses than 200.
    pub(super) failed: u64,
}

/// Asks on some connections, on each as soon as the last answer is there; or, with a rate, at times that are
/// fixed beforehand, and what is late counts from when it should have been sent.
pub(super) async fn load(
    address: SocketAddr,
    requests: &[Vec<u8>],
    connections: usize,
    duration: Duration,
    rate: Option<f64>,
) -> io::Result<Loaded> {
    let start = Instant::now();
    let end = start + duration;
    let one = |number: usize| async move {
        let mut client = Client::connect(address).await?;
        let mut times = Histogram::new();
        let mut failed = 0;
        let gap = rate.map(|rate| Duration::from_secs_f64(connections as f64 / rate.max(1.0)));
        let mut due = start + gap.unwrap_or_default().mul_f64(number as f64 / connections as f64);
        for request in requests.iter().cycle().skip(number) {
            if let Some(gap) = gap {
                until(due).await;
                let begin = due;
                due += gap;
                if begin >= end {
                    break;
                }
                failed += u64::from(client.ask(request).await? != 200);
                times.add(begin.elapsed());
                continue;
            }
            let begin = Instant::now();
            if begin >= end {
                break;
            }
            failed += u64::from(client.ask(request).await? != 200);
            times.add(begin.elapsed());
        }
        io::Result::Ok((times, failed))
    };
    let done = join_all((0..connections).map(one)).await;
    let seconds = start.elapsed().as_secs_f64();
    let mut loaded = Loaded { times: Histogram::new(), per_second: 0.0, failed: 0 };
    for one in done {
        let (times, failed) = one?;
        loaded.times.merge(&times);
        loaded.failed += failed;
    }
    loaded.per_second = loaded.times.count() as f64 / seconds;
    Ok(loaded)
}

/// Waits for a moment. Timers are a millisecond late, which is longer than an answer takes, so what is left of the
/// wait is spent asking for the time.
async fn until(moment: Instant) {
    const LATE: Duration = Duration::from_millis(2);
    if let Some(early) = moment.checked_sub(LATE)
        && early > Instant::now()
    {
        tokio::time::sleep_until(early.into()).await;
    }
    while Instant::now() < moment {
        tokio::task::yield_now().await;
    }
}
