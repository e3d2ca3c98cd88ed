//! A server that does nothing but take requests and send answers as long as those of the service: what is left is
//! the system's TCP.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::client::head;
use crate::bench::usage::Usage;

/// A running echo, a thread of this process. It ends when this is dropped.
pub(super) struct Echo {
    pub(super) address: SocketAddr,
    /// The thread's place below `/proc`, where there is one.
    task: Option<String>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Echo {
    /// Starts a thread, on the processor on which this one runs. `answers` are answers by the length of the request;
    /// a request of another length ends its connection.
    ///
    /// # Errors
    /// No thread or no port is left.
    pub(super) fn start(answers: HashMap<usize, Vec<u8>>) -> io::Result<Echo> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new().name("echo".to_owned()).spawn(move || {
            let task = std::fs::read_link("/proc/thread-self").ok();
            _ = tell.send(task.map(|task| task.to_string_lossy().into_owned()));
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    // Whoever asks sees that nobody answers.
                    _ = accept(listener, Arc::new(answers)) => {}
                }
            });
        })?;
        let task = told.recv().ok().flatten();
        Ok(Echo { address, task, stop: Some(stop), thread: Some(thread) })
    }

    /// What the thread has used of a processor.
    pub(super) fn usage(&self) -> Option<Usage> {
        self.task.as_deref().and_then(Usage::of)
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

async fn accept(listener: std::net::TcpListener, answers: Arc<HashMap<usize, Vec<u8>>>) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        let answers = Arc::clone(&answers);
        tokio::spawn(async move { serve(stream, &answers).await });
    }
}

async fn serve(mut stream: TcpStream, answers: &HashMap<usize, Vec<u8>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(16 << 10);
    while stream.read_buf(&mut buffer).await? > 0 {
        // Nobody sends a request before the last one is answered.
        let Some(head) = head(&buffer) else { continue };
        let length = head.end + head.length.unwrap_or(0);
        if buffer.len() < length {
            continue;
        }
        let Some(answer) = answers.get(&length) else { break };
        stream.write_all(answer).await?;
        buffer.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::io::{Read as _, Write as _};

    use super::*;

    #[test]
    fn answers_are_those_for_the_length_of_a_request() {
        let request = |body: &str| {
            format!("POST / HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
        };
        let (short, long) = (request("a"), request("abcd"));
        let answers = [(short.len(), b"one".to_vec()), (long.len(), b"four".to_vec())];
        let echo = Echo::start(HashMap::from(answers)).unwrap();
        let mut stream = std::net::TcpStream::connect(echo.address).unwrap();
        for (request, expected) in [(&long, "four"), (&short, "one"), (&long, "four")] {
            let (first, rest) = request.split_at(request.len() - 1);
            stream.write_all(first).unwrap();
            stream.write_all(rest).unwrap();
            let mut answer = vec![0; expected.len()];
            stream.read_exact(&mut answer).unwrap();
            assert_eq!(answer, expected.as_bytes());
        }
        stream.write_all(&request("unknown length")).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
        if std::path::Path::new("/proc/thread-self").exists() {
            assert!(echo.usage().is_some());
        }
    }
}
