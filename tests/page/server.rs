//! `stampmill serve` on a port that the system picks.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

/// A server. It ends with this.
pub(crate) struct Server {
    child: Child,
    /// `http://127.0.0.1:PORT/`
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn start(arguments: &[&str]) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stampmill"));
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
        // Whoever runs the tests may have a server of their own.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("STAMPMILL_") {
                command.env_remove(name);
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let port = loop {
            let start = said.len();
            let read = errors.read_line(&mut said).unwrap();
            assert!(read > 0, "the server ended: {said}");
            let line = said.get(start..).unwrap_or_default();
            if let Some((_, rest)) = line.split_once("127.0.0.1:") {
                let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                match digits.parse::<u16>() {
                    Ok(port) if port > 0 => break port,
                    _ => {}
                }
            }
        };
        // What it says later is read, so that it can go on.
        std::thread::spawn(move || {
            let mut rest = Vec::new();
            _ = errors.read_to_end(&mut rest);
        });
        Server { child, url: format!("http://127.0.0.1:{port}/") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
