//! The webhook, as a real API server asks it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::server::{Process, Server, free_port, openssl, page};

/// What the reference says of a chain that selects nothing.
const REFUSED: &str = "admission webhook \"supply-chain-validator.cartographer.com\" denied the request: error \
                       validating clustersupplychain [bad]: at least one selector, selectorMatchExpression, \
                       selectorMatchField must be specified";

fn chain(name: &str, selector: &str) -> String {
    format!(
        "apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {{name: {name}}}
spec:
  {selector}
  resources:
  - name: image
    templateRef: {{kind: ClusterImageTemplate, name: image}}
"
    )
}

/// A certificate for 127.0.0.1 that is its own authority; gives its file.
fn certificate(folder: &Path, name: &str) -> PathBuf {
    let (key, cert) = (format!("{name}.key"), format!("{name}.crt"));
    openssl(
        folder,
        &[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "1",
            "-subj",
            &format!("/CN={name}"),
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            &key,
            "-out",
            &cert,
        ],
    );
    folder.join(cert)
}

/// Puts a certificate where the webhook reads it.
fn install(folder: &Path, certificate: &Path) {
    for (from, to) in [(certificate.with_extension("key"), "tls.key"), (certificate.to_owned(), "tls.crt")] {
        fs::copy(from, folder.join(to)).unwrap();
    }
}

/// The configuration that `stampmill install` prints, for a webhook on loopback.
fn configuration(ports: u16, authority: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_stampmill"))
        .args(["install", "--skip-crds", "--webhook-ca-bundle"])
        .arg(authority)
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let documents =
        text.split("\n---\n").filter(|text| text.contains("kind: ValidatingWebhookConfiguration"));
    let text = documents.last().unwrap();
    // No Service has an address here.
    let service =
        "    service:\n      name: stampmill-webhook\n      namespace: stampmill-system\n      path: ";
    assert_eq!(text.matches(service).count(), 8);
    text.replace(service, &format!("    url: https://127.0.0.1:{ports}"))
}

fn start(server: &Server, port: u16, health: u16) -> Process {
    let at = |name: &str| server.folder.path().join(name).display().to_string();
    Process::start(
        Path::new(env!("CARGO_BIN_EXE_stampmill")),
        &[
            "webhook".to_owned(),
            format!("--listen=127.0.0.1:{port}"),
            format!("--cert={}", at("tls.crt")),
            format!("--key={}", at("tls.key")),
            format!("--metrics-bind-address=127.0.0.1:{health}"),
            format!("--health-probe-bind-address=127.0.0.1:{health}"),
        ],
        &[],
        Path::new(&at("webhook.log")),
    )
}

fn wait_until_healthy(health: u16) {
    let end = Instant::now() + Duration::from_secs(30);
    while page(health, "/healthz").is_none_or(|(status, _)| !status.contains(" 200 ")) {
        assert!(Instant::now() < end, "the webhook does not answer");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn create(server: &Server, text: &str) -> Result<String, String> {
    server.kubectl(&["create", "-f", "-"], text)
}

/// Creates something as soon as the API server asks the webhook, or does so no longer.
fn wait_for_answer(server: &Server, text: &str, is_right: impl Fn(&Result<String, String>) -> bool) {
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        let answer = create(server, text);
        if is_right(&answer) {
            return;
        }
        assert!(Instant::now() < end, "{answer:?}");
        _ = server.kubectl(&["delete", "--ignore-not-found", "-f", "-"], text);
        std::thread::sleep(Duration::from_millis(200));
    }
}

pub(crate) fn what_makes_no_sense_is_refused(assets: &Path) {
    let server = super::server(assets);
    let folder = server.folder.path().to_owned();
    let (first, second) = (certificate(&folder, "first"), certificate(&folder, "second"));
    install(&folder, &first);
    let (port, health) = (free_port(), free_port());
    let mut webhook = start(&server, port, health);
    wait_until_healthy(health);
    server.apply(&configuration(port, &first));
    let (bad, good) = (chain("bad", "serviceAccountRef: {name: a}"), chain("good", "selector: {app: web}"));
    wait_for_answer(&server, &bad, |answer| answer.as_ref().is_err_and(|error| error.contains(REFUSED)));
    create(&server, &good).unwrap();
    // An update is asked about as well, deleting is not.
    let patch = r#"{"spec": {"selector": null}}"#;
    let patched = server.kubectl(&["patch", "clustersupplychain", "good", "--type=merge", "-p", patch], "");
    assert!(patched.unwrap_err().contains("at least one selector"));
    let template = "apiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: t}\nspec: {}\n";
    let refused = create(&server, template).unwrap_err();
    let expected = "admission webhook \"template-validator.cartographer.com\" denied the request: invalid template: \
                    must specify one of template or ytt, found neither";
    assert!(refused.contains(expected), "{refused}");
    let (_, metrics) = page(health, "/metrics").unwrap();
    let name = "controller_runtime_webhook_requests_total{code=\"200\",webhook=\"/validate-carto-run-v1alpha1-clustersupplychain\"}";
    assert!(metrics.contains(name), "{metrics}");

    // Another certificate while it runs: the API server that trusts only the new one takes it.
    install(&folder, &second);
    server.apply(&configuration(port, &second));
    wait_for_answer(&server, &bad, |answer| answer.as_ref().is_err_and(|error| error.contains(REFUSED)));

    // Without the webhook nothing comes in: failurePolicy is Fail.
    webhook.kill();
    let other = chain("other", "selector: {app: other}");
    wait_for_answer(&server, &other, |answer| {
        answer.as_ref().is_err_and(|error| error.contains("failed calling webhook"))
    });
    // But goes out.
    server.kubectl(&["delete", "clustersupplychain", "good"], "").unwrap();
    // As a part of the controller, whether it is ready or not.
    let file = |name: &str, file: &str| format!("--webhook-{name}={}", folder.join(file).display());
    let listen = format!("--webhook-listen=127.0.0.1:{port}");
    let mut controller = server.controller(&[&listen, &file("cert", "tls.crt"), &file("key", "tls.key")]);
    wait_for_answer(&server, &other, Result::is_ok);
    let refused = create(&server, &bad).unwrap_err();
    assert!(refused.contains(REFUSED), "{refused}");
    let figures = controller.metrics();
    assert!(figures.contains("controller_runtime_webhook_requests_total{code=\"200\""), "{figures}");
    assert_eq!(controller.process.terminate(), Some(0));
}

/// Requests that no API server makes, by hand.
pub(crate) fn requests_that_make_no_sense_are_answered(_assets: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let own = certificate(folder.path(), "own");
    install(folder.path(), &own);
    let (port, health) = (free_port(), free_port());
    let at = |name: &str| folder.path().join(name).display().to_string();
    let _webhook = Process::start(
        Path::new(env!("CARGO_BIN_EXE_stampmill")),
        &[
            "webhook".to_owned(),
            format!("--listen=127.0.0.1:{port}"),
            format!("--cert={}", at("tls.crt")),
            format!("--key={}", at("tls.key")),
            "--metrics-bind-address=0".to_owned(),
            format!("--health-probe-bind-address=127.0.0.1:{health}"),
        ],
        &[],
        &folder.path().join("webhook.log"),
    );
    wait_until_healthy(health);
    // A handshake that never comes delays nobody.
    let _dawdling: Vec<_> =
        (0..20).map(|_| std::net::TcpStream::connect(("127.0.0.1", port)).unwrap()).collect();
    let ask_long = |method: &str, path: &str, head: &str, length: usize, body: &[u8]| {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{head}Content-Length: {length}\r\n\r\n"
        )
        .into_bytes();
        request.extend_from_slice(body);
        let answer = speak_tls(folder.path(), port, &request);
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    let ask =
        |method: &str, path: &str, head: &str, body: &[u8]| ask_long(method, path, head, body.len(), body);
    let (path, json) = ("/validate-carto-run-v1alpha1-clustertemplate", "Content-Type: application/json\r\n");
    let review = br#"{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": "u", "operation": "DELETE"}}"#;
    assert_eq!(ask("POST", path, json, review), "200");
    assert_eq!(ask("POST", path, json, b"{"), "400");
    assert_eq!(ask("POST", path, json, b""), "400");
    assert_eq!(ask("POST", path, "", review), "415");
    assert_eq!(ask("GET", path, "", b""), "405");
    assert_eq!(ask("POST", "/validate-carto-run-v1alpha1-workload", json, review), "404");
    assert_eq!(ask("POST", "/", json, review), "404");
    let deep = [vec![b'['; 200_000], vec![b']'; 200_000]].concat();
    assert_eq!(ask("POST", path, json, &deep), "400");
    let deep = format!(
        r#"{{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {{"uid": "u", "operation": "CREATE",
            "object": {{"apiVersion": "carto.run/v1alpha1", "kind": "ClusterRunTemplate", "metadata": {{"name": "x"}},
            "spec": {{"template": {{"a": {}{}}}}}}}}}}}"#,
        "[".repeat(950),
        "]".repeat(950)
    );
    assert_eq!(ask("POST", path, json, deep.as_bytes()), "200");
    // Nothing of it need be there.
    assert_eq!(ask_long("POST", path, json, (7 << 20) + 1, b""), "413");
}

/// Sends bytes over TLS and gives the answer, by `openssl s_client`.
fn speak_tls(folder: &Path, port: u16, request: &[u8]) -> String {
    use std::io::Write as _;
    let mut child = Command::new("openssl")
        .args(["s_client", "-quiet", "-ign_eof", "-verify_return_error", "-CAfile", "own.crt", "-connect"])
        .arg(format!("127.0.0.1:{port}"))
        .current_dir(folder)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let request = request.to_owned();
    // The answer may come before all is sent.
    let sending = std::thread::spawn(move || stdin.write_all(&request).is_ok());
    let output = child.wait_with_output().unwrap();
    _ = sending.join();
    String::from_utf8_lossy(&output.stdout).into_owned()
}
