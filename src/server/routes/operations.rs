//! What whoever runs the service asks.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use utoipa::OpenApi;

use crate::operations::metrics::OPENMETRICS;
use crate::server::metrics::Snapshot;
use crate::server::state::Shared;

/// Their part of the document.
#[derive(OpenApi)]
#[openapi(paths(healthz, readyz, metrics))]
pub(super) struct Operations;

/// Whether the process lives.
#[utoipa::path(
    get, path = "/healthz", tag = "operations",
    responses((status = 200, description = "It does", body = String, content_type = "text/plain")),
)]
pub(in crate::server) async fn healthz() -> Response {
    "ok".into_response()
}

/// Whether requests may be sent here: not once the service was told to end.
#[utoipa::path(
    get, path = "/readyz", tag = "operations",
    responses(
        (status = 200, description = "Yes", body = String, content_type = "text/plain"),
        (status = 503, description = "No", body = String, content_type = "text/plain"),
    ),
)]
pub(in crate::server) async fn readyz(State(shared): State<Arc<Shared>>) -> Response {
    match shared.is_ready() {
        true => "ok".into_response(),
        false => (StatusCode::SERVICE_UNAVAILABLE, "ending").into_response(),
    }
}

/// Figures.
#[utoipa::path(
    get, path = "/metrics", tag = "operations",
    responses((status = 200, description = "In the format of OpenMetrics", body = String, content_type = "application/openmetrics-text")),
)]
pub(in crate::server) async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    ([(header::CONTENT_TYPE, OPENMETRICS)], metrics_text(&shared)).into_response()
}

pub(in crate::server) fn metrics_text(shared: &Shared) -> String {
    let renderer = &shared.work.renderer;
    let inline = shared.work.inline.load(Ordering::Relaxed);
    shared.metrics.text(&Snapshot {
        cache: renderer.cache_stats(),
        renders: renderer.renders() + inline,
        inline,
        slots: shared.work.slots.figures(),
        stores: [
            ("templates", shared.templates.figures()),
            ("blueprints", shared.blueprints.store.figures()),
        ],
        connections: shared.connections.load(Ordering::Relaxed),
        is_ready: shared.is_ready(),
    })
}
