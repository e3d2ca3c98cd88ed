//! `/healthz`, `/readyz` and `/metrics`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::get;
use tokio::net::TcpListener;

use super::Shared;
use crate::operations::metrics::OPENMETRICS;

/// Where to serve what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pages {
    Health,
    Metrics,
    Both,
}

/// Listens; what comes is answered as long as the task runs.
pub(super) async fn serve(shared: Arc<Shared>, address: SocketAddr, pages: Pages) -> std::io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, ?pages, "listening");
    let mut router = Router::new();
    if pages != Pages::Metrics {
        let ready = Arc::clone(&shared);
        router = router.route("/healthz", get(|| async { "ok" })).route(
            "/readyz",
            get(move || async move {
                match ready.is_ready() {
                    true => (StatusCode::OK, "ok"),
                    false => (StatusCode::SERVICE_UNAVAILABLE, "the watches are not complete yet"),
                }
            }),
        );
    }
    if pages != Pages::Health {
        router = router.route(
            "/metrics",
            get(move || async move { ([(header::CONTENT_TYPE, OPENMETRICS)], shared.metrics_text()) }),
        );
    }
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!("serving: {error}");
        }
    });
    Ok(())
}
