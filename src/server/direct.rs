//! Renders of registered sets, from the bytes of a connection to bytes.
//!
//! What a general HTTP server does for a request costs a quarter of a small render. So the one kind of request that
//! comes by the hundred thousand is read and answered here, in the task of its connection, with buffers and clocks that
//! last as long as the connection. Whatever is the least unusual is left to the general server, and everything after it.

use std::future::{Future as _, poll_fn};
use std::io::{self, Write as _};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant, SystemTime};

use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::sync::watch;

use super::auth::Peer;
use super::clients::{Account, Running};
use super::compress::{WORTH, compress};
use super::io::Watched;
use super::metrics::Route;
use super::negotiate::{JSON, YAML, type_of};
use super::output::Format;
use super::problem::Problem;
use super::request::{self, Parsed, Request};
use super::service::Service;
use super::templates::Rendering;
use super::work::QUICK_INPUT;

/// What becomes of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    /// It is at its end.
    End,
    /// The general server goes on with it.
    General,
}

/// How long the rest of a request is waited for. Slow clients are the general server's.
const PATIENCE: Duration = Duration::from_millis(100);
/// How much is read at once, at least.
const SPACE: usize = 4 << 10;
/// How much is read ahead of a render that takes its time.
const AHEAD: usize = 64 << 10;
/// Larger buffers are not kept for the next request.
const KEPT: usize = 16 << 10;

/// Serves a connection for as long as all that comes are renders of registered sets; `stop` ends it, and `idle` without
/// a request.
///
/// # Errors
/// The connection is broken.
pub(super) async fn serve<S>(
    stream: &mut Watched<S>,
    service: &Service,
    peer: &Peer,
    stop: watch::Receiver<bool>,
    idle: Duration,
) -> io::Result<Next>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    #[cfg(feature = "otel")]
    if super::trace::is_on() {
        return Ok(Next::General);
    }
    let most = QUICK_INPUT.min(service.shared.body.bytes);
    let mut waiting = stop.clone();
    let mut stopped = pin!(async { _ = waiting.wait_for(|stop| *stop).await });
    // It is set anew only when it rings, so that requests need not touch it.
    let mut clock = pin!(tokio::time::sleep(idle));
    let mut last = Instant::now();
    let mut input = Input::default();
    let mut answer = Answer::default();
    loop {
        if input.bytes().is_empty() {
            let came = poll_fn(|context| {
                if let Poll::Ready(came) = input.poll_read(stream, context) {
                    return Poll::Ready(came.map(|bytes| bytes > 0));
                }
                let mut is_over = stopped.as_mut().poll(context).is_ready();
                while !is_over && clock.as_mut().poll(context).is_ready() {
                    is_over = last.elapsed() >= idle;
                    clock.as_mut().reset((last + idle).into());
                }
                if is_over { Poll::Ready(Ok(false)) } else { Poll::Pending }
            });
            if !came.await? {
                return Ok(Next::End);
            }
        }
        let request = match request::parse(input.bytes(), most) {
            Parsed::Request(request) => request,
            other => {
                if let Parsed::Begun(bytes) = other
                    && input.wait_for(stream, bytes, most).await?
                {
                    continue;
                }
                stream.put_back(Bytes::copy_from_slice(input.bytes()));
                return Ok(Next::General);
            }
        };
        let start = Instant::now();
        answer.begin(start);
        let bytes = request.bytes;
        match begin(service, peer, &request, &mut answer.text) {
            Begun::Done(client, result) => {
                answer.is_last = stop.has_changed().unwrap_or(true);
                let status = answer.write(result, request.accept_encoding).await?;
                let call = ("POST", Some(request.path));
                service.note(Route::RenderRegistered, call, status, start, client.as_deref());
                input.take(bytes);
                last = start;
                // Whoever else is ready renders first, then all answers are sent one after the other: to wake a client
                // costs as much as a render, and one that is awake already need not be woken.
                tokio::task::yield_now().await;
            }
            Begun::Elsewhere(client, running, rendering) => {
                let path = request.path.to_owned();
                let codings = request.accept_encoding.map(<[u8]>::to_vec);
                let body = Bytes::copy_from_slice(request.body);
                input.take(bytes);
                let format = rendering.format;
                let work = rendering.elsewhere(&service.shared, &client.id, body);
                // A client that goes away takes its render with it.
                let rendered = tokio::select! {
                    rendered = work => rendered,
                    () = input.ends(stream) => return Ok(Next::End),
                };
                drop(running);
                let result = rendered.map(|text| Rendered::Elsewhere(format, text));
                answer.is_last = stop.has_changed().unwrap_or(true);
                let status = answer.write(result, codings.as_deref()).await?;
                let call = ("POST", Some(&*path));
                service.note(Route::RenderRegistered, call, status, start, Some(&client));
                last = Instant::now();
            }
        }
        stream.write_all(&answer.bytes).await?;
        stream.flush().await?;
        answer.end();
        if answer.is_last {
            return Ok(Next::End);
        }
    }
}

/// How far a request has come at once.
enum Begun {
    /// It was rendered, or something is wrong.
    Done(Option<Arc<Account>>, Result<Rendered, Problem>),
    /// It has to go to a thread.
    Elsewhere(Arc<Account>, Running, Rendering),
}

/// What a render gave.
enum Rendered {
    /// It is in the text that it was given.
    Here(Format),
    Elsewhere(Format, Bytes),
}

fn begin(service: &Service, peer: &Peer, request: &Request<'_>, out: &mut String) -> Begun {
    // Requests with an origin are the general server's.
    let admitted =
        service.check_host(request.host, None).and_then(|()| service.admit(peer, request.authorization));
    let (client, running) = match admitted {
        Ok(admitted) => admitted,
        Err(problem) => return Begun::Done(None, Err(problem)),
    };
    let rendering = Format::best(request.accept).and_then(|format| {
        let body_type = type_of(request.content_type, &[JSON, YAML])?;
        Rendering::new(&service.shared, request.reference, format, body_type)
    });
    let rendering = match rendering {
        Ok(rendering) => rendering,
        Err(problem) => return Begun::Done(Some(client), Err(problem)),
    };
    match rendering.quick(&service.shared, request.body, out) {
        Some(result) => Begun::Done(Some(client), result.map(|()| Rendered::Here(rendering.format))),
        None => Begun::Elsewhere(client, running, rendering),
    }
}

/// What came and was not used yet.
#[derive(Default)]
struct Input {
    space: Vec<u8>,
    start: usize,
    end: usize,
}

impl Input {
    fn bytes(&self) -> &[u8] {
        self.space.get(self.start..self.end).unwrap_or_default()
    }

    /// Makes room for more.
    fn reserve(&mut self) {
        if self.start > 0 {
            self.space.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.space.len() < self.end + SPACE {
            self.space.resize(2 * self.end + SPACE, 0);
        }
    }

    /// Uses up some of it.
    fn take(&mut self, bytes: usize) {
        self.start += bytes;
        if self.start >= self.end {
            (self.start, self.end) = (0, 0);
            if self.space.len() > KEPT {
                self.space = Vec::new();
            }
        }
    }

    /// Reads what has come; 0 at the end.
    fn poll_read<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut Watched<S>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if self.end == self.space.len() {
            self.reserve();
        }
        let mut buffer = ReadBuf::new(self.space.get_mut(self.end..).unwrap_or_default());
        ready!(Pin::new(stream).poll_read(context, &mut buffer))?;
        let count = buffer.filled().len();
        self.end += count;
        Poll::Ready(Ok(count))
    }

    /// Waits until there are more bytes than that, of a request with a body of at most `most`; whether they have come.
    async fn wait_for<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut Watched<S>,
        bytes: usize,
        most: usize,
    ) -> io::Result<bool> {
        let reading = async {
            while self.bytes().len() <= bytes {
                // Nothing that may still be such a request is longer.
                if self.bytes().len() > 2 * most + AHEAD
                    || poll_fn(|context| self.poll_read(stream, context)).await? == 0
                {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        tokio::time::timeout(PATIENCE, reading).await.unwrap_or(Ok(false))
    }

    /// Waits until the client has gone. What it sends meanwhile is kept; beyond some of it nobody looks.
    async fn ends<S: AsyncRead + Unpin>(&mut self, stream: &mut Watched<S>) {
        loop {
            if self.bytes().len() > AHEAD {
                return std::future::pending().await;
            }
            if !matches!(poll_fn(|context| self.poll_read(stream, context)).await, Ok(1..)) {
                return;
            }
        }
    }
}

/// The answer to a request; its buffers are used again and again.
#[derive(Default)]
struct Answer {
    /// What was rendered.
    text: String,
    /// What is sent.
    bytes: Vec<u8>,
    date: String,
    dated: Option<Instant>,
    /// Whether the connection ends with it.
    is_last: bool,
}

impl Answer {
    fn begin(&mut self, now: Instant) {
        if self.dated.is_none_or(|dated| now.duration_since(dated) >= Duration::from_secs(1)) {
            self.date = httpdate::fmt_http_date(SystemTime::now());
            self.dated = Some(now);
        }
    }

    /// Makes room for the next one. A connection that waits for its next request keeps little.
    fn end(&mut self) {
        self.text.clear();
        self.text.shrink_to(KEPT);
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
    }

    /// Writes it, and gives its status.
    async fn write(&mut self, result: Result<Rendered, Problem>, codings: Option<&[u8]>) -> io::Result<u16> {
        let response = match (result, codings) {
            (Ok(Rendered::Here(format)), Some(codings)) if self.text.len() as u64 >= WORTH => {
                compress(format.response(std::mem::take(&mut self.text).into()), codings).await
            }
            (Ok(Rendered::Here(format)), _) => {
                self.bytes.extend_from_slice(b"HTTP/1.1 200 OK\r\ncontent-type: ");
                self.bytes.extend_from_slice(format.media_type().as_bytes());
                self.end_head(self.text.len())?;
                self.bytes.extend_from_slice(self.text.as_bytes());
                return Ok(200);
            }
            (Ok(Rendered::Elsewhere(format, body)), Some(codings)) if body.len() as u64 >= WORTH => {
                compress(format.response(body), codings).await
            }
            (Ok(Rendered::Elsewhere(format, body)), _) => format.response(body),
            (Err(problem), _) => problem.into_response(),
        };
        self.write_response(response).await
    }

    async fn write_response(&mut self, response: Response) -> io::Result<u16> {
        let (parts, mut body) = response.into_parts();
        let mut all = Vec::new();
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame.map_err(io::Error::other)?.into_data() {
                all.extend_from_slice(&data);
            }
            // To compress a long answer takes its time.
            tokio::task::yield_now().await;
        }
        write!(self.bytes, "HTTP/1.1 {}", parts.status)?;
        for (name, value) in parts.headers.iter().filter(|(name, _)| *name != http::header::CONTENT_LENGTH) {
            self.bytes.extend_from_slice(b"\r\n");
            self.bytes.extend_from_slice(name.as_str().as_bytes());
            self.bytes.extend_from_slice(b": ");
            self.bytes.extend_from_slice(value.as_bytes());
        }
        self.end_head(all.len())?;
        self.bytes.extend_from_slice(&all);
        Ok(parts.status.as_u16())
    }

    /// Writes the fields that every answer has, and the end of the head.
    fn end_head(&mut self, length: usize) -> io::Result<()> {
        write!(self.bytes, "\r\ncontent-length: {length}\r\ndate: ")?;
        self.bytes.extend_from_slice(self.date.as_bytes());
        if self.is_last {
            self.bytes.extend_from_slice(b"\r\nconnection: close");
        }
        self.bytes.extend_from_slice(b"\r\n\r\n");
        Ok(())
    }
}
