//! The validating webhook: what `kubectl apply` is told of blueprints and templates that make no sense.
//!
//! The rules are [`supply_chain::validate`](crate::supply_chain::validate)'s; this is how an API server asks
//! for them: AdmissionReview over TLS. Paths are the reference's. It needs no rights and knows no state, so every
//! replica answers.

mod certificate;
mod listener;
mod review;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use prometheus_client::registry::Registry;

pub(crate) use self::review::KINDS;

use self::certificate::Certificate;
use self::listener::TlsListener;
use super::ControllerError;
use super::metrics::WebhookMetrics;
use super::serve::{self, Pages, Status};
use crate::operations::metrics::text;

/// What the path of each kind begins with; the kind follows, in lower case.
pub(crate) const PATH: &str = "/validate-carto-run-v1alpha1-";

/// The largest review that is read, in bytes: the old and the new object may each have the 3 MiB that an API
/// server takes, and controller-runtime has the same limit.
const MOST: usize = 7 << 20;

/// How long reviews are still answered after the process was asked to end: it takes a moment until everybody
/// knows that.
pub(super) const LINGER: Duration = Duration::from_secs(3);

/// Where the webhook listens, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookOptions {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The certificate and those above it, PEM. Read again when it changes.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

/// Why the webhook does not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum WebhookError {
    /// The certificate or the key is of no use.
    Certificate(PathBuf, String),
    /// There is nothing to listen on.
    Listen(SocketAddr, std::io::Error),
}

impl std::fmt::Display for WebhookError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            WebhookError::Certificate(path, error) => {
                write!(f, "certificate of the webhook: {}: {error}", path.display())
            }
            WebhookError::Listen(address, error) => {
                write!(f, "listening on {address} for the webhook: {error}")
            }
        }
    }
}

impl std::error::Error for WebhookError {}

/// Listens; what comes is answered as long as the runtime is there.
pub(super) async fn serve(options: &WebhookOptions, metrics: WebhookMetrics) -> Result<(), WebhookError> {
    let certificate = Certificate::read(&options.certificate, &options.key)?;
    let listener = TlsListener::bind(options.listen, Arc::new(certificate)).await;
    let listener = listener.map_err(|error| WebhookError::Listen(options.listen, error))?;
    tracing::info!(address = %options.listen, "listening for admission reviews");
    let router = router(Arc::new(metrics));
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!("serving admission reviews: {error}");
        }
    });
    Ok(())
}

fn router(metrics: Arc<WebhookMetrics>) -> Router {
    // Other paths are answered with 404, other methods with 405.
    Router::new().route(&format!("{PATH}{{kind}}"), post(answer)).with_state(metrics)
}

async fn answer(
    State(metrics): State<Arc<WebhookMetrics>>,
    Path(kind): Path<String>,
    request: Request,
) -> Response {
    let begin = Instant::now();
    metrics.begun();
    let response = respond(&kind, request).await;
    metrics.ended(&kind, response.status().as_u16(), begin.elapsed());
    response
}

async fn respond(kind: &str, request: Request) -> Response {
    let refuse = |status: StatusCode, why: String| {
        tracing::info!(kind, status = status.as_u16(), "a request to the webhook makes no sense: {why}");
        (status, why).into_response()
    };
    if !review::KINDS.contains(&kind) {
        return refuse(StatusCode::NOT_FOUND, "there is no such kind to validate".to_owned());
    }
    let headers = request.headers();
    if !is_json(headers) {
        let why = "expected a body of application/json".to_owned();
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, why);
    }
    let is_large = headers.get(header::CONTENT_LENGTH).is_some_and(|length| {
        length.to_str().ok().and_then(|text| text.parse::<usize>().ok()).is_none_or(|length| length > MOST)
    });
    let body = match is_large {
        true => Err(()),
        false => to_bytes(request.into_body(), MOST).await.map_err(|_| ()),
    };
    let Ok(body) = body else {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, format!("a review may have {MOST} bytes"));
    };
    // Large templates take a while, and parsing needs room on the stack.
    let reviewed = tokio::task::spawn_blocking(move || review::answer(&body)).await;
    match reviewed {
        Ok(Ok(reviewed)) => {
            if let Some(message) = &reviewed.refused {
                // What is wrong is for the one who asks; it may hold values.
                tracing::info!(kind, name = reviewed.name, bytes = message.len(), "refused");
            }
            ([(header::CONTENT_TYPE, "application/json")], Bytes::from(reviewed.text)).into_response()
        }
        Ok(Err(why)) => refuse(StatusCode::BAD_REQUEST, why),
        Err(_) => {
            tracing::error!(kind, "a review panicked");
            (StatusCode::INTERNAL_SERVER_ERROR, "the review panicked").into_response()
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"))
}

/// The figures of a webhook that runs alone.
struct Alone(std::sync::Mutex<Registry>);

impl Status for Alone {
    fn is_ready(&self) -> bool {
        true
    }

    fn metrics_text(&self) -> String {
        text(&self.0)
    }
}

/// Runs the webhook alone until `stop` is there. It asks no API server for anything.
///
/// # Errors
/// It cannot start.
pub async fn run_webhook(
    options: WebhookOptions,
    metrics: Option<SocketAddr>,
    health: Option<SocketAddr>,
    stop: impl Future<Output = ()>,
) -> Result<(), ControllerError> {
    let mut registry = Registry::default();
    let figures = WebhookMetrics::new(&mut registry);
    let status = Arc::new(Alone(std::sync::Mutex::new(registry)));
    serve(&options, figures).await.map_err(ControllerError::Webhook)?;
    for (address, pages) in Pages::of(metrics, health) {
        let serving = serve::serve(Arc::clone(&status), address, pages).await;
        serving.map_err(|error| ControllerError::Listen(address, error))?;
    }
    stop.await;
    tokio::time::sleep(LINGER).await;
    Ok(())
}
