//! How the service runs.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::Limits;

/// How the service runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where to serve `/healthz`, `/readyz` and `/metrics`; none for where everything else is.
    pub operations: Option<SocketAddr>,
    /// Whether to listen beyond this machine without knowing who asks.
    pub insecure: bool,
    /// Names, besides addresses and those of this machine, under which it may be reached while it asks nobody who he
    /// is; `*` for any.
    pub allowed_hosts: Vec<String>,
    /// A file of tokens: `token,name` a line.
    pub token_file: Option<PathBuf>,
    /// The certificate and its chain, PEM.
    pub tls_cert: Option<PathBuf>,
    /// The key of the certificate, PEM.
    pub tls_key: Option<PathBuf>,
    /// The authorities whose certificates clients must have, PEM.
    pub client_ca: Option<PathBuf>,
    /// Files and folders with blueprints, templates and owners that are there from the beginning.
    pub blueprints: Vec<PathBuf>,
    /// Files and folders with what other controllers say of them.
    pub observed: Vec<PathBuf>,
    /// Whether the page is served.
    pub page: bool,
    /// What one render may use.
    pub limits: Limits,
    /// Renders that run at once beside the quick ones.
    pub renders: usize,
    /// Renders that may wait, of all clients.
    pub queue: usize,
    /// Bytes of a body, and of a line of a stream.
    pub body_bytes: usize,
    /// How long a body may take to come, and how long a stream may pause.
    pub body_timeout: Duration,
    /// How long a client may take to take in an answer before it is given up.
    pub write_timeout: Duration,
    /// How long a client may take for the head of a request, and a connection may be idle.
    pub header_timeout: Duration,
    /// Connections, of all clients.
    pub connections: usize,
    /// Connections of one address.
    pub client_connections: usize,
    /// Requests of one client at once.
    pub client_requests: usize,
    /// Renders of one client that run or wait.
    pub client_renders: usize,
    /// Requests of one client a second; 0 for no limit.
    pub client_rate: f64,
    /// Requests of one client that may come at once after a pause.
    pub client_burst: f64,
    /// Bytes that registered template sets take, and sets of blueprints again.
    pub store_bytes: usize,
    /// How long the service still answers after it was told to end, while `/readyz` says no.
    pub shutdown_delay: Duration,
    /// How long requests that have begun may take then.
    pub shutdown_timeout: Duration,
    /// Whether each request is logged.
    pub access_log: bool,
}

impl Options {
    /// Whether clients have to say who they are.
    pub(super) fn knows_clients(&self) -> bool {
        self.token_file.is_some() || self.client_ca.is_some()
    }
}

impl Default for Options {
    fn default() -> Options {
        Options {
            listen: SocketAddr::from(([127, 0, 0, 1], 8400)),
            operations: None,
            insecure: false,
            allowed_hosts: Vec::new(),
            token_file: None,
            tls_cert: None,
            tls_key: None,
            client_ca: None,
            blueprints: Vec::new(),
            observed: Vec::new(),
            page: true,
            limits: Limits::default(),
            renders: std::thread::available_parallelism().map_or(1, Into::into),
            queue: 256,
            body_bytes: 16 << 20,
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            header_timeout: Duration::from_secs(30),
            connections: 4096,
            client_connections: 1024,
            client_requests: 256,
            client_renders: 64,
            client_rate: 0.0,
            client_burst: 0.0,
            store_bytes: 256 << 20,
            shutdown_delay: Duration::ZERO,
            shutdown_timeout: Duration::from_secs(20),
            access_log: false,
        }
    }
}
