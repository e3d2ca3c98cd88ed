//! Rendering files that come with the request.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};

use super::Answer;
use crate::server::body;
use crate::server::output::{Format, OutputFiles};
use crate::server::state::{Call, Shared};
use crate::server::templates::{self, Subject};
use crate::server::wire::RenderRequest;
use crate::workspace::{Inspect, SchemaFormat};

/// Render files with data values.
///
/// The answer is YAML as `ytt` prints it, JSON (an array of documents), NDJSON (a document a line), or each
/// output file on its own, by `Accept`.
#[utoipa::path(
    post, path = "/v1/render", tag = "render",
    request_body = RenderRequest,
    responses((status = 200, description = "What the templates give", content(
        (serde_json::Value = "application/yaml"),
        (Vec<serde_json::Value> = "application/json"),
        (String = "application/x-ndjson"),
        (OutputFiles = "application/vnd.stampmill.files+json"),
    ))),
)]
pub(super) async fn render(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    request: Request,
) -> Answer {
    let (parts, body) = request.into_parts();
    let format = Format::accepted(&parts.headers)?;
    let request = body::json(&parts.headers, body, shared.body).await?;
    templates::render(&shared, &call, format, request).await
}

/// The schema of the data values that files take.
///
/// An OpenAPI v3 document, as `ytt --data-values-schema-inspect -o openapi-v3-validations` prints it.
#[utoipa::path(
    post, path = "/v1/schema", tag = "render",
    request_body = RenderRequest,
    responses((status = 200, description = "An OpenAPI v3 document", content(
        (serde_json::Value = "application/json"),
        (serde_json::Value = "application/yaml"),
        (String = "application/x-ndjson"),
    ))),
)]
pub(super) async fn schema(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    request: Request,
) -> Answer {
    inspect(shared, call, request, Inspect::Schema(SchemaFormat::OpenApiWithValidations)).await
}

/// The data values that files have, merged.
///
/// As `ytt --data-values-inspect` prints them.
#[utoipa::path(
    post, path = "/v1/data-values", tag = "render",
    request_body = RenderRequest,
    responses((status = 200, description = "The data values", content(
        (serde_json::Value = "application/json"),
        (serde_json::Value = "application/yaml"),
        (String = "application/x-ndjson"),
    ))),
)]
pub(super) async fn data_values(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    request: Request,
) -> Answer {
    inspect(shared, call, request, Inspect::DataValues).await
}

async fn inspect(shared: Arc<Shared>, call: Call, request: Request, what: Inspect) -> Answer {
    let (parts, body) = request.into_parts();
    let format = Format::accepted_one(&parts.headers)?;
    let request: RenderRequest = body::json(&parts.headers, body, shared.body).await?;
    let inspected = templates::inspect(&shared, &call, format, Subject::Request(Box::new(request)), what);
    inspected.await
}
