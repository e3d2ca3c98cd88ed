//! A connection that does not wait for ever for a client to take its answers, and that does not end before the
//! client has had a chance to read the last of them.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// How long and how much is read of a client that sends on while its answer is on its way. Who closes a
/// connection with unread bytes takes the answer back with it.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 64 << 20;

/// A connection with a watch on it.
pub(super) struct Watched<S> {
    inner: S,
    /// What was read already, to be read again.
    before: Bytes,
    write_timeout: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
    closing: Closing,
}

enum Closing {
    No,
    /// Nothing is written any more; this much is still read and thrown away.
    Lingering(Pin<Box<Sleep>>, usize),
    Done,
}

impl<S> Watched<S> {
    pub(super) fn new(inner: S, write_timeout: Duration) -> Watched<S> {
        Watched { inner, before: Bytes::new(), write_timeout, stalled: None, closing: Closing::No }
    }

    /// Gives back what was read, for somebody else to read.
    pub(super) fn put_back(&mut self, bytes: Bytes) {
        self.before = bytes;
    }

    /// Passes progress on, and fails if there was none for too long.
    fn watch<T>(&mut self, context: &mut Context<'_>, progress: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if progress.is_ready() {
            self.stalled = None;
            return progress;
        }
        let timeout = self.write_timeout;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not take its answer")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.before.is_empty() {
            let count = self.before.len().min(buffer.remaining());
            buffer.put_slice(&self.before.split_to(count));
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.watch(context, progress)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.inner).poll_write_vectored(context, parts);
        self.watch(context, progress)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let progress = Pin::new(&mut self.inner).poll_flush(context);
        self.watch(context, progress)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            match &mut this.closing {
                Closing::No => {
                    let shut = Pin::new(&mut this.inner).poll_shutdown(context);
                    ready!(this.watch(context, shut))?;
                    let until = Instant::now() + LINGER;
                    this.closing =
                        Closing::Lingering(Box::pin(tokio::time::sleep_until(until)), LINGER_BYTES);
                }
                Closing::Lingering(time, bytes) => {
                    let mut space = [0; 16 << 10];
                    let mut buffer = ReadBuf::new(&mut space);
                    match Pin::new(&mut this.inner).poll_read(context, &mut buffer) {
                        Poll::Ready(Ok(())) if !buffer.filled().is_empty() && *bytes > 0 => {
                            *bytes = bytes.saturating_sub(buffer.filled().len());
                        }
                        Poll::Ready(_) => this.closing = Closing::Done,
                        Poll::Pending => {
                            ready!(time.as_mut().poll(context));
                            this.closing = Closing::Done;
                        }
                    }
                }
                Closing::Done => return Poll::Ready(Ok(())),
            }
        }
    }
}
