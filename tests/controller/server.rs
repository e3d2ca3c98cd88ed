//! An API server with its etcd on loopback, from the binaries that `KUBEBUILDER_ASSETS` names.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

const TOKEN: &str = "token-of-the-tests";

/// A process that ends with this.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(
        program: &Path,
        arguments: &[String],
        environment: &[(&str, &Path)],
        log: &Path,
    ) -> Process {
        let log = File::options().create(true).append(true).open(log).unwrap();
        let mut command = Command::new(program);
        command.args(arguments).envs(environment.iter().copied());
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        Process(command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display())))
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// As `kill -9` does it.
    pub(crate) fn kill(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }

    /// As `kill -NAME` does it.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// As `kill` does it; gives the exit status.
    pub(crate) fn terminate(&mut self) -> Option<i32> {
        let id = self.id().to_string();
        assert!(Command::new("kill").arg(&id).status().unwrap().success());
        let end = Instant::now() + Duration::from_secs(30);
        while Instant::now() < end {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the process {id} does not end");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// etcd and kube-apiserver. Both end with this.
pub(crate) struct Server {
    assets: PathBuf,
    pub(crate) folder: tempfile::TempDir,
    etcd_port: u16,
    pub(crate) port: u16,
    api_server: Option<Process>,
    etcd: Process,
}

/// A port that nobody listens on, and that nobody else gets: none twice in this process, and none of those that the
/// system gives to connections.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 15_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    let mut ports = std::iter::repeat_with(|| first + NEXT.fetch_add(1, Ordering::Relaxed) % 5_000);
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap()
}

pub(crate) fn openssl(folder: &Path, arguments: &[&str]) {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "openssl: {}", String::from_utf8_lossy(&output.stderr));
}

impl Server {
    /// Starts both, and waits until they are ready.
    pub(crate) fn start(assets: &Path) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("tokens.csv"), format!("{TOKEN},admin,admin,system:masters\n")).unwrap();
        let (etcd_port, peer_port, port) = (free_port(), free_port(), free_port());
        let etcd = Process::start(
            &assets.join("etcd"),
            &[
                "--name=default".to_owned(),
                format!("--data-dir={}", at("etcd").display()),
                "--unsafe-no-fsync".to_owned(),
                format!("--listen-client-urls=http://127.0.0.1:{etcd_port}"),
                format!("--advertise-client-urls=http://127.0.0.1:{etcd_port}"),
                format!("--listen-peer-urls=http://127.0.0.1:{peer_port}"),
                format!("--initial-advertise-peer-urls=http://127.0.0.1:{peer_port}"),
                format!("--initial-cluster=default=http://127.0.0.1:{peer_port}"),
            ],
            &[],
            &at("etcd.log"),
        );
        let mut server =
            Server { assets: assets.to_owned(), folder, etcd_port, port, api_server: None, etcd };
        server.make_keys();
        server.write_kubeconfig(&server.kubeconfig(), TOKEN);
        server.start_api_server();
        server
    }

    /// Makes the keys of the tokens that the API server gives; new ones make the old tokens void with its next start.
    pub(crate) fn make_keys(&self) {
        openssl(self.folder.path(), &["genrsa", "-out", "sa.key", "2048"]);
        openssl(self.folder.path(), &["rsa", "-in", "sa.key", "-pubout", "-out", "sa.pub"]);
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// The kubeconfig of a service account.
    pub(crate) fn kubeconfig_of(&self, namespace: &str, account: &str) -> PathBuf {
        let token = self.kubectl(&["create", "token", "-n", namespace, account], "").unwrap();
        let path = self.folder.path().join(format!("kubeconfig-{account}"));
        self.write_kubeconfig(&path, token.trim());
        path
    }

    fn write_kubeconfig(&self, path: &Path, token: &str) {
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: test\n\
             clusters: [{{name: test, cluster: {{server: 'https://127.0.0.1:{}', insecure-skip-tls-verify: true}}}}]\n\
             users: [{{name: test, user: {{token: {token}}}}}]\n\
             contexts: [{{name: test, context: {{cluster: test, user: test, namespace: default}}}}]\n",
            self.port
        );
        fs::write(path, text).unwrap();
    }

    /// Starts the API server, again where it was stopped.
    pub(crate) fn start_api_server(&mut self) {
        let at = |name: &str| self.folder.path().join(name).display().to_string();
        let arguments = [
            format!("--etcd-servers=http://127.0.0.1:{}", self.etcd_port),
            "--bind-address=127.0.0.1".to_owned(),
            format!("--secure-port={}", self.port),
            format!("--cert-dir={}", at("certificates")),
            format!("--token-auth-file={}", at("tokens.csv")),
            "--authorization-mode=RBAC".to_owned(),
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local".to_owned(),
            format!("--service-account-signing-key-file={}", at("sa.key")),
            format!("--service-account-key-file={}", at("sa.pub")),
        ];
        let log = self.folder.path().join("kube-apiserver.log");
        self.api_server = Some(Process::start(&self.assets.join("kube-apiserver"), &arguments, &[], &log));
        let end = Instant::now() + Duration::from_secs(120);
        while self.kubectl(&["get", "--raw", "/readyz"], "").is_err() {
            assert!(Instant::now() < end, "no API server: {}", fs::read_to_string(&log).unwrap());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Ends the API server as `kill -9` does it; what it knows stays in etcd.
    pub(crate) fn stop_api_server(&mut self) {
        self.api_server = None;
        assert!(TcpStream::connect(("127.0.0.1", self.port)).is_err());
    }

    /// Runs kubectl with this on its standard input, and gives what it prints.
    pub(crate) fn kubectl(&self, arguments: &[&str], input: &str) -> Result<String, String> {
        let own = self.assets.join("kubectl");
        let program = if own.exists() { own } else { PathBuf::from("kubectl") };
        let mut child = Command::new(program)
            .args(arguments)
            .env("KUBECONFIG", self.kubeconfig())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("kubectl: {error}"))?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).map_err(|error| error.to_string())?;
        }
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// Applies manifests.
    pub(crate) fn apply(&self, text: &str) {
        if let Err(error) = self.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", "-"], text) {
            panic!("kubectl apply: {error}\n{text}");
        }
    }

    /// What `kubectl get ... -o jsonpath` prints; nothing where there is no such object.
    pub(crate) fn get(&self, arguments: &[&str], path: &str) -> String {
        let output = format!("jsonpath={path}");
        let mut all = vec!["get"];
        all.extend_from_slice(arguments);
        all.extend_from_slice(&["-o", &output]);
        self.kubectl(&all, "").unwrap_or_default()
    }

    /// Waits until something is as expected.
    pub(crate) fn wait(&self, what: &str, arguments: &[&str], path: &str, expected: &str) {
        let end = Instant::now() + Duration::from_secs(120);
        loop {
            let found = self.get(arguments, path);
            if found == expected {
                return;
            }
            if Instant::now() > end {
                let log = fs::read_to_string(self.folder.path().join("controller.log")).unwrap_or_default();
                let last: Vec<&str> = log.lines().rev().take(20).collect();
                panic!(
                    "{what}: expected {expected:?}, found {found:?}; the controller's last words:\n{last:#?}"
                );
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Starts a controller.
    pub(crate) fn controller(&self, arguments: &[&str]) -> Controller {
        self.controller_with(arguments, &[])
    }

    /// Starts a controller with more environment variables.
    pub(crate) fn controller_with(&self, arguments: &[&str], environment: &[(&str, &Path)]) -> Controller {
        let (metrics, health) = (free_port(), free_port());
        let mut all = vec![
            "controller".to_owned(),
            format!("--metrics-bind-address=127.0.0.1:{metrics}"),
            format!("--health-probe-bind-address=127.0.0.1:{health}"),
        ];
        all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        let kubeconfig = self.kubeconfig();
        let process = Process::start(
            Path::new(env!("CARGO_BIN_EXE_stampmill")),
            &all,
            &[&[("KUBECONFIG", kubeconfig.as_path())], environment].concat(),
            &self.folder.path().join("controller.log"),
        );
        Controller { process, metrics, health }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.api_server = None;
        self.etcd.kill();
    }
}

/// Status line and body of a page.
pub(crate) fn page(port: u16, path: &str) -> Option<(String, String)> {
    use std::io::Read as _;
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some((head.lines().next()?.to_owned(), body.to_owned()))
}

/// A running controller. It ends with this.
pub(crate) struct Controller {
    pub(crate) process: Process,
    metrics: u16,
    health: u16,
}

impl Controller {
    pub(crate) fn health(&self, path: &str) -> String {
        page(self.health, path).map(|(status, _)| status).unwrap_or_default()
    }

    pub(crate) fn metrics(&self) -> String {
        page(self.metrics, "/metrics").map(|(_, body)| body).unwrap_or_default()
    }

    /// Requests to the API server by one method, whatever the answer.
    pub(crate) fn requests(&self, method: &str) -> u64 {
        let name = format!("method=\"{method}\"");
        let metrics = self.metrics();
        let lines =
            metrics.lines().filter(|line| line.starts_with("rest_client_requests") && line.contains(&name));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }

    pub(crate) fn wait_until_ready(&self) {
        let end = Instant::now() + Duration::from_secs(120);
        while !self.health("/readyz").contains(" 200 ") {
            assert!(Instant::now() < end, "the controller does not become ready");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
