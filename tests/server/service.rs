//! The service as a process, and a client that says exactly what it means.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A service on a port of its own. It ends with this.
pub(crate) struct Service {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) operations: Option<SocketAddr>,
    pub(crate) log: Arc<Mutex<Vec<String>>>,
}

pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stampmill"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    command
}

impl Service {
    /// Starts one with these arguments.
    pub(crate) fn start(arguments: &[&str]) -> Service {
        Service::start_in(arguments, &[])
    }

    pub(crate) fn start_in(arguments: &[&str], environment: &[(&str, &str)]) -> Service {
        let mut command = program();
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments).envs(environment.iter().copied());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| kept.lock().unwrap().push(line))
        });
        let mut service =
            Service { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), operations: None, log };
        service.address = service.listening("requests");
        if arguments.contains(&"--operations") {
            service.operations = Some(service.listening("operations"));
        }
        service
    }

    fn listening(&mut self, what: &str) -> SocketAddr {
        let end = Instant::now() + Duration::from_secs(60);
        while Instant::now() < end {
            let found = self.log.lock().unwrap().iter().find_map(|line| {
                let line: Value = serde_json::from_str(line).ok()?;
                (line["message"] == format!("listening for {what}")).then(|| line["address"].clone())
            });
            if let Some(address) = found {
                return address.as_str().unwrap().parse().unwrap();
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the service ended: {status}: {:?}", self.log.lock().unwrap());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the service does not listen: {:?}", self.log.lock().unwrap());
    }

    pub(crate) fn connect(&self) -> Connection {
        Connection::new(self.address)
    }

    /// Asks on a connection of its own.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.connect().ask(method, path, headers, body)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], b"")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, &[JSON], body.to_string().as_bytes())
    }

    /// Registers files; gives the digest.
    pub(crate) fn register(&self, files: &[(&str, &str)]) -> String {
        let answer = self.post("/v1/templates", &serde_json::json!({"files": list(files)}));
        assert!(matches!(answer.status, 200 | 201), "{answer:?}");
        answer.json()["digest"].as_str().unwrap().to_owned()
    }

    /// Renders a registered set.
    pub(crate) fn render(&self, digest: &str, values: &str) -> Answer {
        self.ask("POST", &format!("/v1/templates/{digest}/render"), &[JSON], values.as_bytes())
    }

    pub(crate) fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let size = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        size.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() << 10
    }

    /// The names of its threads, as the system keeps them.
    #[cfg(feature = "otel")]
    pub(crate) fn threads(&self) -> Vec<String> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok()).collect()
    }

    pub(crate) fn signal(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").arg(id).status().unwrap().success());
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        let end = Instant::now() + Duration::from_secs(60);
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the service does not end");
    }

    /// That it goes on as if nothing had been.
    pub(crate) fn assert_alive(&mut self) {
        assert_eq!(self.child.try_wait().unwrap(), None, "{:?}", self.log.lock().unwrap());
        assert_eq!(self.get("/healthz").status, 200);
        let rendered =
            self.post("/v1/render", &serde_json::json!({"files": list(&[("a.yml", "a: #@ 1 + 1\n")])}));
        assert_eq!((rendered.status, rendered.text()), (200, "a: 2\n".to_owned()));
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");
pub(crate) const NDJSON: (&str, &str) = ("content-type", "application/x-ndjson");

/// Files as requests have them.
pub(crate) fn list(files: &[(&str, &str)]) -> Value {
    files.iter().map(|(path, text)| serde_json::json!({"path": path, "text": text})).collect()
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// That it is a problem of this status and kind.
    pub(crate) fn is_problem(&self, status: u16, kind: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem = self.json();
        assert_eq!(problem["kind"], kind, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["type"], format!("urn:stampmill:problem:{kind}"));
        problem
    }
}

/// A connection.
pub(crate) struct Connection {
    pub(crate) stream: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) fn new(address: SocketAddr) -> Connection {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
        Connection { stream: BufReader::new(stream) }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    pub(crate) fn head(&mut self, method: &str, path: &str, headers: &[(&str, &str)]) {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        self.send((head + "\r\n").as_bytes()).unwrap();
    }

    pub(crate) fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let length = body.len().to_string();
        let mut headers = headers.to_vec();
        if !body.is_empty() || method == "POST" {
            headers.push(("content-length", &length));
        }
        self.head(method, path, &headers);
        self.send(body).unwrap();
        self.answer().unwrap()
    }

    /// The next answer; none if the connection ended instead.
    pub(crate) fn answer(&mut self) -> Option<Answer> {
        let (status, headers) = self.answer_head()?;
        let mut body = Vec::new();
        if headers.get("transfer-encoding").is_some_and(|value| value == "chunked") {
            while let Some(chunk) = self.chunk() {
                body.extend(chunk);
            }
        } else if let Some(length) = headers.get("content-length") {
            body.resize(length.parse().unwrap(), 0);
            self.stream.read_exact(&mut body).ok()?;
        }
        Some(Answer { status, headers, body })
    }

    pub(crate) fn answer_head(&mut self) -> Option<(u16, HashMap<String, String>)> {
        let mut line = String::new();
        loop {
            line.clear();
            if self.stream.read_line(&mut line).ok()? == 0 {
                return None;
            }
            // 100 Continue is no answer.
            if !line.starts_with("HTTP/1.1 100") {
                break;
            }
            self.stream.read_line(&mut line).ok()?;
        }
        let status = line.split(' ').nth(1)?.parse().ok()?;
        let mut headers = HashMap::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        Some((status, headers))
    }

    /// The next chunk of a body; none at its end.
    pub(crate) fn chunk(&mut self) -> Option<Vec<u8>> {
        let mut line = String::new();
        self.stream.read_line(&mut line).ok()?;
        let length = usize::from_str_radix(line.trim(), 16).ok()?;
        let mut chunk = vec![0; length + 2];
        self.stream.read_exact(&mut chunk).ok()?;
        chunk.truncate(length);
        (length > 0).then_some(chunk)
    }

    /// Sends a chunk.
    pub(crate) fn send_chunk(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.send(format!("{:x}\r\n", bytes.len()).as_bytes())?;
        self.send(bytes)?;
        self.send(b"\r\n")
    }
}
