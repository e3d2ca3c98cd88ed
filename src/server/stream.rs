//! Many inputs in one request: a line each, answered in their order while the request is still being sent.
//!
//! Lines are done in batches, a few batches at once, each in a slot of its own, so that streams take turns with
//! other requests. Lines that are quick are done where the request is, others on threads. Nobody reads further ahead
//! than a few batches: who does not take the answers is not read from.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::StatusCode;
use http_body_util::BodyExt as _;
use tokio::sync::mpsc;

use super::body::too_slow;
use super::lines::{Line, Lines};
use super::negotiate::NDJSON;
use super::output::respond;
use super::problem::{Fault, Problem};
use super::slots::ClientId;
use super::state::Shared;
use super::work::Work;
use crate::CancelToken;

/// A batch has at most this many lines and bytes.
const LINES: usize = 64;
const BYTES: usize = 64 << 10;
/// What is done in one turn of a slot: others wait for it.
const TURN: Duration = Duration::from_millis(20);
const TURN_BYTES: usize = 128 << 10;
/// The same where the request is.
const QUICK_TURN: Duration = Duration::from_millis(1);
/// How long a stream waits that has found no place to wait for a slot.
const REFUSED: Duration = Duration::from_millis(20);

/// Answers lines.
pub(super) trait Answer: Send + Sync + 'static {
    /// Answers a line: appends the fields of a JSON object behind its index.
    ///
    /// # Errors
    /// Whatever is wrong with the line; what was appended does not count.
    fn answer(&self, line: &Bytes, out: &mut Vec<u8>, cancel: &CancelToken) -> Result<(), Problem>;

    /// The same here and now; none if it has to go to a thread.
    ///
    /// # Errors
    /// The same.
    fn quick(&self, _line: &Bytes, _out: &mut Vec<u8>) -> Option<Result<(), Problem>> {
        None
    }
}

impl<F> Answer for F
where
    F: Fn(&Bytes, &mut Vec<u8>, &CancelToken) -> Result<(), Problem> + Send + Sync + 'static,
{
    fn answer(&self, line: &Bytes, out: &mut Vec<u8>, cancel: &CancelToken) -> Result<(), Problem> {
        self(line, out, cancel)
    }
}

/// Lines with the number of the first.
struct Batch {
    first: u64,
    lines: std::vec::IntoIter<Line>,
}

/// Answers a stream.
pub(super) fn stream(
    shared: &Arc<Shared>,
    client: &ClientId,
    body: Body,
    answer: Arc<dyn Answer>,
) -> Response {
    // As many batches as there are slots keep them busy; one more is read meanwhile.
    let (order, ordered) = mpsc::channel(std::thread::available_parallelism().map_or(1, usize::from));
    let reader = Reader {
        work: Arc::clone(&shared.work),
        client: Arc::clone(client),
        answer,
        order,
        longest: shared.body.bytes,
        pause: shared.body.time,
    };
    tokio::spawn(reader.read(body));
    let state = (ordered, None::<mpsc::Receiver<Bytes>>);
    let pieces = futures_util::stream::unfold(state, |(mut ordered, mut batch)| async move {
        loop {
            if let Some(pieces) = &mut batch
                && let Some(piece) = pieces.recv().await
            {
                return Some((Ok::<Bytes, std::convert::Infallible>(piece), (ordered, batch)));
            }
            batch = Some(ordered.recv().await?);
        }
    });
    respond(StatusCode::OK, NDJSON, Body::from_stream(pieces))
}

struct Reader {
    work: Arc<Work>,
    client: ClientId,
    answer: Arc<dyn Answer>,
    /// The answers of batches, in order.
    order: mpsc::Sender<mpsc::Receiver<Bytes>>,
    longest: usize,
    pause: Duration,
}

/// Nobody takes answers any more.
struct Gone;

impl Reader {
    async fn read(self, mut body: Body) {
        // Who has gone needs no answer.
        _ = self.read_all(&mut body).await;
    }

    async fn read_all(&self, body: &mut Body) -> Result<(), Gone> {
        let mut lines = Lines::new(self.longest);
        let mut batch: Vec<Line> = Vec::new();
        let mut bytes = 0;
        let mut next = 0;
        loop {
            // What is there is not kept waiting for what is not.
            let frame = match body.frame().now_or_never() {
                Some(frame) => frame,
                None => {
                    self.flush(&mut batch, &mut bytes, &mut next).await?;
                    tokio::select! {
                        frame = tokio::time::timeout(self.pause, body.frame()) => match frame {
                            Ok(frame) => frame,
                            Err(_) => return self.fail(next, &too_slow(self.pause)).await,
                        },
                        () = self.order.closed() => return Err(Gone),
                    }
                }
            };
            let data = match frame {
                None => break,
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => data,
                    Err(_) => continue,
                },
                Some(Err(_)) => {
                    self.flush(&mut batch, &mut bytes, &mut next).await?;
                    return self.fail(next, &Problem::request("the body ended before its end")).await;
                }
            };
            lines.add(data);
            while let Some(line) = lines.next() {
                if let Line::Text(text) = &line {
                    bytes += text.len();
                }
                batch.push(line);
                if batch.len() >= LINES || bytes >= BYTES {
                    self.flush(&mut batch, &mut bytes, &mut next).await?;
                }
            }
        }
        batch.extend(lines.last());
        self.flush(&mut batch, &mut bytes, &mut next).await
    }

    async fn flush(&self, batch: &mut Vec<Line>, bytes: &mut usize, next: &mut u64) -> Result<(), Gone> {
        if batch.is_empty() {
            return Ok(());
        }
        let lines = std::mem::take(batch);
        *bytes = 0;
        let first = *next;
        *next += lines.len() as u64;
        let (sender, receiver) = mpsc::channel(1);
        self.order.send(receiver).await.map_err(|_| Gone)?;
        let batch = Batch { first, lines: lines.into_iter() };
        let (work, client, answer) =
            (Arc::clone(&self.work), Arc::clone(&self.client), Arc::clone(&self.answer));
        tokio::spawn(async move {
            tokio::select! {
                () = sender.closed() => {}
                () = do_batch(&work, &client, answer, batch, &sender) => {}
            }
        });
        Ok(())
    }

    /// Ends the stream with a problem.
    async fn fail(&self, index: u64, problem: &Problem) -> Result<(), Gone> {
        let (sender, receiver) = mpsc::channel(1);
        self.order.send(receiver).await.map_err(|_| Gone)?;
        let mut out = Vec::new();
        error(&mut out, index, problem);
        sender.send(out.into()).await.map_err(|_| Gone)
    }
}

/// Does the lines of a batch, in as many turns as they need.
async fn do_batch(
    work: &Work,
    client: &ClientId,
    answer: Arc<dyn Answer>,
    mut batch: Batch,
    sender: &mpsc::Sender<Bytes>,
) {
    while batch.lines.len() > 0 {
        let Ok(slot) = work.slot(client).await else {
            tokio::time::sleep(REFUSED).await;
            continue;
        };
        // Whoever else wants a slot asks for it now, so that clients have their turns.
        tokio::task::yield_now().await;
        let mut out = Vec::with_capacity(TURN_BYTES + TURN_BYTES / 8);
        if do_quick_turn(&mut batch, &*answer, &mut out) {
            drop(slot);
        } else {
            let answer = Arc::clone(&answer);
            let done = work.run_in(slot, move |cancel| {
                do_turn(&mut batch, &*answer, &mut out, cancel);
                (out, batch)
            });
            match done.await {
                Ok(done) => (out, batch) = done,
                Err(problem) => {
                    let mut out = Vec::new();
                    error(&mut out, u64::MAX, &problem);
                    _ = sender.send(out.into()).await;
                    return;
                }
            }
        }
        if sender.send(out.into()).await.is_err() {
            return;
        }
    }
}

/// Does lines here for as long as a turn is; whether none of them has to go to a thread.
fn do_quick_turn(batch: &mut Batch, answer: &dyn Answer, out: &mut Vec<u8>) -> bool {
    let start = Instant::now();
    while let Some(line) = batch.lines.as_slice().first() {
        let is_done = match line {
            Line::Text(text) => do_line(batch.first, out, |out| answer.quick(text, out)),
            Line::TooLong => do_line(batch.first, out, |_| Some(Err(too_long()))),
        };
        if !is_done {
            return false;
        }
        batch.first += 1;
        _ = batch.lines.next();
        if out.len() >= TURN_BYTES || start.elapsed() >= QUICK_TURN {
            break;
        }
    }
    true
}

/// Does lines for as long as a turn is.
fn do_turn(batch: &mut Batch, answer: &dyn Answer, out: &mut Vec<u8>, cancel: &CancelToken) {
    let start = Instant::now();
    for line in batch.lines.by_ref() {
        _ = match &line {
            Line::Text(text) => do_line(batch.first, out, |out| Some(answer.answer(text, out, cancel))),
            Line::TooLong => do_line(batch.first, out, |_| Some(Err(too_long()))),
        };
        batch.first += 1;
        if out.len() >= TURN_BYTES || start.elapsed() >= TURN || cancel.is_cancelled() {
            break;
        }
    }
}

/// Appends what answers a line, unless there is no answer; whether there is.
fn do_line(
    index: u64,
    out: &mut Vec<u8>,
    answer: impl FnOnce(&mut Vec<u8>) -> Option<Result<(), Problem>>,
) -> bool {
    let begin = out.len();
    begin_line(out, index);
    match answer(out) {
        Some(Ok(())) => out.extend_from_slice(b"}\n"),
        Some(Err(problem)) => {
            out.truncate(begin);
            error(out, index, &problem);
        }
        None => out.truncate(begin),
    }
    out.len() > begin
}

fn too_long() -> Problem {
    Problem::new(Fault::TooLarge, "the line is longer than a body may be")
}

fn begin_line(out: &mut Vec<u8>, index: u64) {
    // Writing to memory cannot fail.
    _ = write!(out, "{{\"index\":{index}");
}

fn error(out: &mut Vec<u8>, index: u64, problem: &Problem) {
    begin_line(out, index);
    out.extend_from_slice(b",\"error\":");
    out.extend_from_slice(problem.json().as_bytes());
    out.extend_from_slice(b"}\n");
}
