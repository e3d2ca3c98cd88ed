//! Full load for a long time, good and bad requests mixed: does the service stay as it was?

use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::Plan;
use super::client::{Client, post};
use super::server::Server;

/// What a soak has seen.
#[derive(Debug, Default)]
pub(super) struct Soaked {
    /// Renders.
    pub(super) good: AtomicU64,
    /// Inputs of streams.
    pub(super) lines: AtomicU64,
    /// Bad requests that were answered as they should.
    pub(super) refused: AtomicU64,
    /// Everything else: other answers than expected, connections that broke.
    pub(super) unexpected: AtomicU64,
    /// The first of them.
    first: Mutex<Vec<String>>,
}

/// How many unexpected answers are told.
const TOLD: usize = 10;

impl Soaked {
    fn unexpected(&self, what: impl Display) {
        count(&self.unexpected);
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        if first.len() < TOLD {
            first.push(what.to_string());
        }
    }

    /// The first unexpected answers.
    pub(super) fn first(&self) -> Vec<String> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How often memory is looked at.
const LOOK: Duration = Duration::from_secs(60);

/// Memory at a time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Look {
    pub(super) seconds: f64,
    pub(super) resident_bytes: u64,
}

/// Soaks a service; `progress` hears of each look.
pub(super) async fn soak(
    server: &mut Server,
    plan: &Plan,
    duration: Duration,
    progress: &dyn Fn(&str),
) -> io::Result<(Soaked, Vec<Look>)> {
    let soaked = Soaked::default();
    let start = Instant::now();
    let end = start + duration;
    let address = server.address;
    let mut looks = Vec::new();
    let good = join_all((0..plan.connections).map(|number| renders(address, plan, number, end, &soaked)));
    let streams = streams(address, plan, end, &soaked);
    let bad = join_all((0..4).map(|number| bad(address, plan, number, end, &soaked)));
    let once = join_all((0..2).map(|number| registers(address, number, end, &soaked)));
    let look = async {
        while Instant::now() < end {
            // The first look is at a service that is warm.
            let next = LOOK.min(duration / 30).max(Duration::from_millis(100));
            tokio::time::sleep(next.min(end.saturating_duration_since(Instant::now()))).await;
            if !server.is_alive() {
                return Err(io::Error::other("the service has ended"));
            }
            if let Some(usage) = server.usage() {
                let seconds = start.elapsed().as_secs_f64();
                looks.push(Look { seconds, resident_bytes: usage.resident_bytes });
                progress(&format!(
                    "{seconds:.0} s: {:.1} MiB, {} renders, {} bad requests, {} unexpected",
                    usage.resident_bytes as f64 / f64::from(1 << 20),
                    soaked.good.load(Ordering::Relaxed) + soaked.lines.load(Ordering::Relaxed),
                    soaked.refused.load(Ordering::Relaxed),
                    soaked.unexpected.load(Ordering::Relaxed),
                ));
            }
        }
        Ok(())
    };
    let (_, (), _, _, looked) = tokio::join!(good, streams, bad, once, look);
    looked?;
    Ok((soaked, looks))
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Renders, one after the other.
async fn renders(address: SocketAddr, plan: &Plan, number: usize, end: Instant, soaked: &Soaked) {
    while Instant::now() < end {
        let mut client = match Client::connect(address).await {
            Ok(client) => client,
            Err(error) => {
                soaked.unexpected(format!("connecting: {error}"));
                continue;
            }
        };
        for request in plan.requests.iter().cycle().skip(number).take(10_000) {
            match client.ask(request).await {
                Ok(200) => count(&soaked.good),
                Ok(status) => {
                    let answer = String::from_utf8_lossy(client.body()).into_owned();
                    soaked.unexpected(format!("a render: {status} {answer}"));
                }
                Err(error) => {
                    soaked.unexpected(format!("a render: {error}"));
                    break;
                }
            }
            if Instant::now() >= end {
                break;
            }
        }
    }
}

/// Streams of ten seconds.
async fn streams(address: SocketAddr, plan: &Plan, end: Instant, soaked: &Soaked) {
    while Instant::now() < end {
        let until = end.min(Instant::now() + Duration::from_secs(10));
        let client = match Client::connect(address).await {
            Ok(client) => client,
            Err(error) => {
                soaked.unexpected(format!("connecting: {error}"));
                continue;
            }
        };
        match client.stream(&plan.stream, &plan.lines, || Instant::now() < until).await {
            Ok((lines, 0)) => _ = soaked.lines.fetch_add(lines, Ordering::Relaxed),
            other => soaked.unexpected(format!("a stream: {other:?}")),
        }
    }
}

/// Template sets that are always new, so that the store has to throw out others.
async fn registers(address: SocketAddr, number: usize, end: Instant, soaked: &Soaked) {
    let mut turn = 0_u64;
    while Instant::now() < end {
        turn += 1;
        let text = format!("a: {number}\\nb: {turn}\\n#@ for i in range(20):\\n---\\nx: #@ i\\n#@ end\\n");
        let body = format!("{{\"files\":[{{\"path\":\"a.yml\",\"text\":\"{text}\"}}]}}");
        let registered = async {
            let mut client = Client::connect(address).await?;
            let status = client.ask(&post("/v1/templates", "application/json", body.as_bytes())).await?;
            io::Result::Ok(status)
        };
        match registered.await {
            Ok(201) => count(&soaked.good),
            other => soaked.unexpected(format!("registering: {other:?}")),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Bad requests, each on a connection of its own, with the statuses they may be answered with; 0 for those that are
/// cut off, where the connection may end without an answer.
async fn bad(address: SocketAddr, plan: &Plan, number: usize, end: Instant, soaked: &Soaked) {
    let path = &plan.render;
    let unknown = format!("/v1/templates/sha256:{}/render", "0".repeat(64));
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000));
    let endless = "{\"files\":[{\"path\":\"a.yml\",\"text\":\"#@ for i in range(100000000):\\n#@ x = [i]\\n#@ end\\n\"}]}";
    let requests: Vec<(Vec<u8>, &[u16])> = vec![
        (post(path, "application/json", b"{\"a\":"), &[422]),
        (post(path, "application/json", b"[1]"), &[422]),
        (post(path, "application/json", b"{\"a\":\"\xff\xfe\"}"), &[400]),
        (post(path, "application/json", deep.as_bytes()), &[422]),
        (post(path, "text/plain", b"{}"), &[415]),
        (post(&unknown, "application/json", b"{}"), &[404]),
        (post("/v1/render", "application/json", b"{\"files\":1}"), &[400]),
        (post("/v1/render", "application/json", b"{\"files\":[{\"path\":\"a.yml\",\"text\":\"a: #@ b\\n\"}]}"), &[422]),
        (post("/v1/render", "application/json", endless.as_bytes()), &[422, 429, 503]),
        (post("/v1/nothing", "application/json", b"{}"), &[404]),
        (b"DELETE /v1/render HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec(), &[405]),
        (b"POST /v1/render HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1073741824\r\n\r\n".to_vec(), &[413]),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03garbage\r\n\r\n".to_vec(), &[400]),
        (format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-long: {}\r\n\r\n", "y".repeat(200_000)).into_bytes(), &[431, 0]),
        (b"POST /v1/render HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"files\"".to_vec(), &[400, 0]),
        (b"POST /v1/render HTTP/1.1\r\nhost:".to_vec(), &[0, 400]),
    ];
    for (request, expected) in requests.iter().cycle().skip(number * 4) {
        if Instant::now() >= end {
            return;
        }
        let asked = async {
            let mut client = Client::connect(address).await?;
            match expected.contains(&0) {
                true => client.ask_half_closed(request).await,
                false => client.ask(request).await,
            }
        };
        let status = tokio::time::timeout(Duration::from_secs(60), asked).await;
        match status {
            Ok(Ok(status)) if expected.contains(&status) => count(&soaked.refused),
            Ok(Err(_)) if expected.contains(&0) => count(&soaked.refused),
            other => {
                let request = String::from_utf8_lossy(request.get(..60).unwrap_or(request)).into_owned();
                soaked.unexpected(format!("a bad request: {other:?} for {request:?}"));
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
