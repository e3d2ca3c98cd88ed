//! Something between a controller and its API server that makes trouble.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::server::Server;

/// What goes wrong.
#[derive(Default)]
pub(crate) struct Faults {
    /// How long each answer is put off, in milliseconds.
    pub(crate) delay: AtomicU64,
    /// Each so manieth request that is no watch fails, in turn: 429, 500, the connection is closed after it was done,
    /// the connection is closed before. 0 for none.
    pub(crate) every: AtomicU64,
    /// Whether watches are answered with 410 Gone.
    pub(crate) gone: AtomicBool,
    requests: AtomicU64,
    /// Writes whose answer was lost.
    pub(crate) lost: AtomicU64,
    pub(crate) gones: AtomicU64,
}

/// A proxy on loopback. Ends with this.
pub(crate) struct Proxy {
    pub(crate) faults: Arc<Faults>,
    cut: watch::Sender<u64>,
    pub(crate) kubeconfig: PathBuf,
    _runtime: Runtime,
}

const GONE: &str = r#"{"type": "ERROR", "object": {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
    "message": "too old resource version", "reason": "Expired", "code": 410}}"#;

impl Proxy {
    pub(crate) fn start(server: &Server) -> Proxy {
        let runtime = Runtime::new().unwrap();
        let faults = Arc::new(Faults::default());
        let (cut, is_cut) = watch::channel(0);
        let (seen, kubeconfig) = (Arc::clone(&faults), server.kubeconfig());
        let port = runtime.block_on(async move {
            let kubeconfig = Kubeconfig::read_from(kubeconfig).unwrap();
            let options = KubeConfigOptions::default();
            let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
            // Whoever asks says who it is.
            config.auth_info = AuthInfo::default();
            config.default_retry = false;
            let client = kube::Client::try_from(config).unwrap();
            let router = Router::new().fallback(move |request: Request| {
                pass(client.clone(), Arc::clone(&seen), is_cut.clone(), request)
            });
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            tokio::spawn(async move { axum::serve(listener, router).await });
            port
        });
        let kubeconfig = server.folder.path().join("kubeconfig-proxy");
        let text = std::fs::read_to_string(server.kubeconfig()).unwrap();
        let direct = format!("https://127.0.0.1:{}", server.port);
        std::fs::write(&kubeconfig, text.replace(&direct, &format!("http://127.0.0.1:{port}"))).unwrap();
        Proxy { faults, cut, kubeconfig, _runtime: runtime }
    }

    /// Ends all watches.
    pub(crate) fn cut_watches(&self) {
        self.cut.send_modify(|number| *number += 1);
    }
}

fn status(code: u16, reason: &str, details: &str) -> Response {
    let text = format!(
        r#"{{"kind": "Status", "apiVersion": "v1", "metadata": {{}}, "status": "Failure", "message": "trouble",
            "reason": "{reason}", "code": {code}, "details": {{{details}}}}}"#
    );
    (StatusCode::from_u16(code).unwrap(), [("content-type", "application/json")], text).into_response()
}

/// An answer that breaks off.
fn broken() -> Response {
    let error =
        futures_util::stream::iter([Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("closed"))]);
    Response::new(Body::from_stream(error))
}

async fn pass(
    client: kube::Client,
    faults: Arc<Faults>,
    mut is_cut: watch::Receiver<u64>,
    request: Request,
) -> Response {
    is_cut.mark_unchanged();
    let is_watch = request.uri().query().is_some_and(|query| query.contains("watch=true"));
    tokio::time::sleep(Duration::from_millis(faults.delay.load(Ordering::Relaxed))).await;
    if is_watch && faults.gone.load(Ordering::Relaxed) {
        faults.gones.fetch_add(1, Ordering::Relaxed);
        return format!("{}\n", GONE.replace('\n', " ")).into_response();
    }
    let every = faults.every.load(Ordering::Relaxed);
    let number = faults.requests.fetch_add(1, Ordering::Relaxed);
    let fault = (!is_watch && every > 0 && number.is_multiple_of(every)).then(|| number / every % 4);
    match fault {
        Some(0) => return status(429, "TooManyRequests", r#""retryAfterSeconds": 1"#),
        Some(1) => return status(500, "InternalError", ""),
        Some(2) => return broken(),
        _ => {}
    }
    let (head, body) = request.into_parts();
    let is_write = head.method != Method::GET;
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let answer = client.send(Request::from_parts(head, kube::client::Body::from(body.to_vec()))).await;
    let Ok(answer) = answer else { return broken() };
    if fault.is_some() {
        if is_write && answer.status().is_success() {
            faults.lost.fetch_add(1, Ordering::Relaxed);
        }
        return broken();
    }
    let answer = answer.map(Body::new);
    if !is_watch {
        return answer;
    }
    answer.map(|body| {
        let until = async move { _ = is_cut.changed().await };
        Body::from_stream(body.into_data_stream().take_until(Box::pin(until)))
    })
}
