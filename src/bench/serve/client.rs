//! A client that takes little: requests that are written beforehand, answers of which only the length is read.

use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Who waits longer for an answer waits in vain.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A connection that is kept.
pub(super) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Where the body of the last answer begins.
    body: usize,
}

/// The same for a thread that has many of them.
pub(super) struct Waiting {
    stream: std::net::TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

/// The end of the head of a message, and how long its body is; none for one in chunks.
pub(super) struct Head {
    /// None for a request.
    pub(super) status: Option<u16>,
    pub(super) end: usize,
    pub(super) length: Option<usize>,
    /// Whether the body comes in chunks.
    pub(super) chunked: bool,
}

impl Head {
    /// The end of the body, if that much of it is there already that it can be told.
    fn body_end(&self, buffer: &[u8]) -> Option<usize> {
        match self.length {
            Some(length) => Some(self.end + length),
            None if self.chunked => chunks_end(buffer, self.end),
            None => Some(self.end),
        }
    }
}

/// The end of a body in chunks that begins at `at` (RFC 9112, 7.1); none if it is not there yet.
fn chunks_end(buffer: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let rest = buffer.get(at..)?;
        let line = memchr::memmem::find(rest, b"\r\n")?;
        let size = std::str::from_utf8(rest.get(..line)?).ok()?;
        let size = usize::from_str_radix(size, 16).ok()?;
        at = at.checked_add(line + 2 + size + 2)?;
        if size == 0 {
            return (at <= buffer.len()).then_some(at);
        }
    }
}

/// What clients usually send besides.
const USUAL: &str = concat!(
    "accept: */*\r\naccept-encoding: gzip\r\nuser-agent: stampmill-bench/",
    env!("CARGO_PKG_VERSION"),
    "\r\n"
);

/// A request with a body.
pub(super) fn post(path: &str, media_type: &str, body: &[u8]) -> Vec<u8> {
    post_with("", path, media_type, body)
}

/// The same, with the headers that clients usually send.
pub(super) fn usual_post(path: &str, media_type: &str, body: &[u8]) -> Vec<u8> {
    post_with(USUAL, path, media_type, body)
}

fn post_with(headers: &str, path: &str, media_type: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\n{headers}content-type: {media_type}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

/// The head, if all of it is there.
pub(super) fn head(buffer: &[u8]) -> Option<Head> {
    let end = memchr::memmem::find(buffer, b"\r\n\r\n")?;
    let text = String::from_utf8_lossy(buffer.get(..end).unwrap_or_default());
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let chunked = length.is_none() && text.to_ascii_lowercase().contains("\r\ntransfer-encoding: chunked");
    Some(Head { status, end: end + 4, length, chunked })
}

fn status(head: &Head) -> io::Result<u16> {
    head.status.ok_or_else(|| io::Error::other("an answer without a status"))
}

impl Waiting {
    pub(super) fn connect(address: SocketAddr) -> io::Result<Waiting> {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Waiting { stream, buffer: vec![0; 64 << 10], filled: 0 })
    }

    /// What to look at for an answer.
    pub(super) fn stream(&self) -> &std::net::TcpStream {
        &self.stream
    }

    /// Sends a request.
    pub(super) fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.filled = 0;
        self.stream.write_all(request)
    }

    /// Reads what has come of the answer: its status, if that is all of it.
    pub(super) fn receive(&mut self) -> io::Result<Option<u16>> {
        if self.buffer.len() == self.filled {
            self.buffer.resize(self.filled * 2, 0);
        }
        match self.stream.read(self.buffer.get_mut(self.filled..).unwrap_or_default())? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => self.filled += count,
        }
        let come = self.buffer.get(..self.filled).unwrap_or_default();
        let whole = head(come).filter(|head| head.body_end(come).is_some_and(|end| end <= come.len()));
        whole.map(|head| status(&head)).transpose()
    }
}

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> io::Result<Client> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Client { stream, buffer: Vec::with_capacity(16 << 10), body: 0 })
    }

    /// Sends a request and takes the answer: its status, and its body is in [`body`](Client::body).
    pub(super) async fn ask(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request).await?;
        self.answer().await
    }

    /// The same for a request behind which nothing will come.
    pub(super) async fn ask_half_closed(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request).await?;
        self.stream.shutdown().await?;
        self.answer().await
    }

    async fn more(&mut self) -> io::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    async fn answer(&mut self) -> io::Result<u16> {
        self.buffer.clear();
        let found = loop {
            match head(&self.buffer) {
                Some(found) => break found,
                None => self.more().await?,
            }
        };
        self.body = found.end;
        while found.body_end(&self.buffer).is_none_or(|end| self.buffer.len() < end) {
            self.more().await?;
        }
        status(&found)
    }

    /// The body of the last answer.
    pub(super) fn body(&self) -> &[u8] {
        self.buffer.get(self.body..).unwrap_or_default()
    }

    /// The last answer with its head.
    pub(super) fn whole(&self) -> &[u8] {
        &self.buffer
    }

    /// Sends a stream for as long as `go_on` says so, and counts the lines of the answer and the bad ones.
    pub(super) async fn stream(
        self,
        path: &str,
        lines: &[u8],
        mut go_on: impl FnMut() -> bool,
    ) -> io::Result<(u64, u64)> {
        let (mut from, mut to) = self.stream.into_split();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        );
        to.write_all(head.as_bytes()).await?;
        let mut chunk = format!("{:x}\r\n", lines.len()).into_bytes();
        chunk.extend_from_slice(lines);
        chunk.extend_from_slice(b"\r\n");
        let send = async {
            while go_on() {
                to.write_all(&chunk).await?;
            }
            to.write_all(b"0\r\n\r\n").await?;
            io::Result::Ok(to)
        };
        let receive = async {
            let (mut found, mut bad) = (0, 0);
            let mut buffer = vec![0; 256 << 10];
            loop {
                let count = from.read(&mut buffer).await?;
                if count == 0 {
                    return io::Result::Ok((found, bad));
                }
                let part = buffer.get(..count).unwrap_or_default();
                found += memchr::memmem::find_iter(part, b"{\"index\":").count() as u64;
                bad += memchr::memmem::find_iter(part, b"\"error\":").count() as u64;
            }
        };
        let (sent, received) = tokio::join!(send, receive);
        drop(sent);
        received
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn an_answer_ends_where_its_body_does() {
        for text in [
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            // What looks like the last chunk is in the data, too.
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n0\r\n\r\n\r\na\r\n0123456789\r\n0\r\n\r\n",
        ] {
            for end in 0..text.len() {
                let part = &text.as_bytes()[..end];
                let whole = head(part).and_then(|head| head.body_end(part)).is_some_and(|at| at <= end);
                assert!(!whole, "{text}: {end}");
            }
            let head = head(text.as_bytes()).unwrap();
            assert_eq!((head.status, head.body_end(text.as_bytes())), (Some(200), Some(text.len())));
        }
    }
}
