//! The service as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use crate::bench::usage::Usage;
use crate::{Error, ErrorKind, Result};

/// A running service. It is killed when this is dropped.
pub(super) struct Server {
    child: Child,
    pub(super) address: SocketAddr,
}

fn failed(what: &str, error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Internal, format!("{what}: {error}"))
}

impl Server {
    /// Starts this program as a service, where this thread runs.
    pub(super) fn start(arguments: &[&str]) -> Result<Server> {
        let program = std::env::current_exe().map_err(|error| failed("finding this program", error))?;
        let mut command = Command::new(program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--page=false"]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| failed("starting the service", error))?;
        let log = child.stderr.take().ok_or_else(|| failed("starting the service", "no log"))?;
        let mut lines = BufReader::new(log).lines();
        let address = lines.by_ref().map_while(std::result::Result::ok).find_map(|line| {
            let (_, rest) = line.split_once("listening for requests")?;
            let (_, rest) = rest.split_once("\"address\":\"")?;
            rest.split('"').next()?.parse().ok()
        });
        // A log that nobody reads would stop it one day.
        std::thread::spawn(move || lines.map_while(std::result::Result::ok).for_each(drop));
        match address {
            Some(address) => Ok(Server { child, address }),
            None => {
                _ = child.kill();
                _ = child.wait();
                Err(failed("starting the service", "it ended before it listened"))
            }
        }
    }

    pub(super) fn usage(&self) -> Option<Usage> {
        Usage::of(&self.child.id().to_string())
    }

    /// Whether it still runs.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
