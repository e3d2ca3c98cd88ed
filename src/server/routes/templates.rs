//! Registered template sets.

use std::cell::RefCell;
use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::Answer;
use crate::server::body::{self, text};
use crate::server::escape;
use crate::server::negotiate::{JSON, NDJSON, YAML, accepted, body_type};
use crate::server::output::{Format, OutputFiles, json, tagged};
use crate::server::problem::Problem;
use crate::server::state::{Call, Shared, TemplateEntry};
use crate::server::stream::{Answer as LineAnswer, stream as answer_stream};
use crate::server::templates::{self, Subject, render_registered};
use crate::server::wire::{Registered, RegisteredList, TemplateSet};
use crate::server::work::Work;
use crate::workspace::{Inspect, SchemaFormat};
use crate::{CancelToken, Output, Values};

/// The registered template sets.
#[utoipa::path(
    get, path = "/v1/templates", tag = "templates",
    responses((status = 200, description = "All of them", body = RegisteredList)),
)]
pub(super) async fn list(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Answer {
    accepted(&headers, &[JSON])?;
    let items = shared.templates.list();
    let items = items.iter().map(|(digest, entry, _)| entry.describe(&digest.to_string())).collect();
    json(StatusCode::OK, &RegisteredList { items })
}

/// Register a template set, to render it by its digest.
///
/// It is compiled once. Sets are kept until there is no room for them: those that were not used for the longest
/// time go first, and all of them when the service starts anew. Register it again after a 404.
#[utoipa::path(
    post, path = "/v1/templates", tag = "templates",
    request_body = TemplateSet,
    responses(
        (status = 201, description = "It is registered now", body = Registered,
            headers(("Location" = String, description = "Its path"))),
        (status = 200, description = "It was registered already", body = Registered,
            headers(("Location" = String, description = "Its path"))),
    ),
)]
pub(super) async fn register(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    request: Request,
) -> Answer {
    let (parts, body) = request.into_parts();
    accepted(&parts.headers, &[JSON])?;
    let set: TemplateSet = body::json(&parts.headers, body, shared.body).await?;
    let (registered, is_new) = templates::register(&shared, &call, set).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let location = format!("/v1/templates/{}", registered.digest);
    Ok(with_location(json(status, &registered)?, &location))
}

pub(super) fn with_location(mut response: Response, location: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

/// A registered template set.
#[utoipa::path(
    get, path = "/v1/templates/{digest}", tag = "templates",
    params(("digest" = String, Path, description = "`sha256:` and 64 digits")),
    responses(
        (status = 200, description = "What is known of it", body = Registered,
            headers(("ETag" = String, description = "The digest"))),
        (status = 304, description = "The client has it already"),
    ),
)]
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Path(reference): Path<String>,
    headers: HeaderMap,
) -> Answer {
    accepted(&headers, &[JSON])?;
    let (digest, entry) = shared.templates.get(&reference)?;
    let digest = digest.to_string();
    Ok(tagged(&headers, &digest, json(StatusCode::OK, &entry.describe(&digest))?))
}

/// Remove a registered template set.
#[utoipa::path(
    delete, path = "/v1/templates/{digest}", tag = "templates",
    params(("digest" = String, Path, description = "`sha256:` and 64 digits")),
    responses((status = 204, description = "It is gone")),
)]
pub(super) async fn remove(State(shared): State<Arc<Shared>>, Path(reference): Path<String>) -> Answer {
    shared.templates.remove(&reference)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Render a registered template set.
///
/// The body is data values: a JSON object, or YAML; none if it is empty. The answer is as for `/v1/render`.
#[utoipa::path(
    post, path = "/v1/templates/{digest}/render", tag = "templates",
    params(("digest" = String, Path, description = "`sha256:` and 64 digits")),
    request_body(content((Option<HashMap<String, serde_json::Value>> = "application/json"), (serde_json::Value = "application/yaml")), description = "Data values"),
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
    Path(reference): Path<String>,
    request: Request,
) -> Answer {
    let (parts, body) = request.into_parts();
    render_registered(&shared, &call, &reference, &parts.headers, body).await
}

/// How the documents of a stream are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum StreamAs {
    /// `{"index":0,"documents":[…]}`
    #[default]
    Json,
    /// `{"index":0,"output":"…"}`
    Yaml,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct StreamQuery {
    /// How documents are written: as JSON, or as YAML in a text.
    #[serde(default, rename = "as")]
    #[param(required = false, inline)]
    form: StreamAs,
}

/// Render a registered template set with many data values.
///
/// The body is NDJSON: data values a line. So is the answer: a line for each, in their order, with the number of
/// the line (`index`, counted from 0) and `documents`, `output` or `error`. It comes while the body is still
/// being sent; a client must read it, or it will not be read from any more.
#[utoipa::path(
    post, path = "/v1/templates/{digest}/stream", tag = "templates",
    params(("digest" = String, Path, description = "`sha256:` and 64 digits"), StreamQuery),
    request_body(content = serde_json::Value, content_type = "application/x-ndjson"),
    responses((status = 200, description = "A line for each", body = String, content_type = "application/x-ndjson")),
)]
pub(super) async fn stream(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    Path(reference): Path<String>,
    query: Result<Query<StreamQuery>, QueryRejection>,
    request: Request,
) -> Answer {
    let Query(StreamQuery { form }) = query.map_err(|error| Problem::request(error.body_text()))?;
    accepted(request.headers(), &[NDJSON])?;
    body_type(request.headers(), &[NDJSON, JSON])?;
    let (_, entry) = shared.templates.get(&reference)?;
    let answer = StreamAnswer { work: Arc::clone(&shared.work), entry, form };
    Ok(answer_stream(&shared, &call.client.id, request.into_body(), Arc::new(answer)))
}

thread_local! {
    /// What a line gives before it is escaped: the same memory for all of them.
    static TEXT: RefCell<String> = const { RefCell::new(String::new()) };
}
/// More of it is not kept.
const KEPT: usize = 64 << 10;

/// Renders the lines of a stream.
struct StreamAnswer {
    work: Arc<Work>,
    entry: Arc<TemplateEntry>,
    form: StreamAs,
}

impl StreamAnswer {
    fn write(&self, output: &Output, out: &mut Vec<u8>) -> crate::Result<()> {
        match self.form {
            StreamAs::Json => {
                out.extend_from_slice(b",\"documents\":");
                out.extend_from_slice(&Format::Json.write(output)?);
            }
            StreamAs::Yaml => {
                out.extend_from_slice(b",\"output\":");
                TEXT.with_borrow_mut(|text| {
                    text.clear();
                    output.write_yaml(text)?;
                    escape::text(out, text);
                    text.shrink_to(KEPT);
                    Ok::<_, crate::Error>(())
                })?;
            }
        }
        Ok(())
    }
}

impl LineAnswer for StreamAnswer {
    fn answer(&self, line: &Bytes, out: &mut Vec<u8>, cancel: &CancelToken) -> Result<(), Problem> {
        let values = Values::json(text(line)?);
        let output = self.work.renderer.render_with(&self.entry.template, &values, Some(cancel))?;
        Ok(self.write(&output, out)?)
    }

    fn quick(&self, line: &Bytes, out: &mut Vec<u8>) -> Option<Result<(), Problem>> {
        let values = match text(line) {
            Ok(text) => Values::json(text),
            Err(problem) => return Some(Err(problem)),
        };
        let TemplateEntry { template, pace, .. } = &*self.entry;
        let finish = |output: Output| self.write(&output, out);
        let result = self.work.try_quick(template, pace, &values, line.len(), finish);
        result.map(|result| result.map_err(Problem::from))
    }
}

/// The schema of the data values that a registered set takes.
///
/// An OpenAPI v3 document, as `ytt --data-values-schema-inspect -o openapi-v3-validations` prints it.
#[utoipa::path(
    post, path = "/v1/templates/{digest}/schema", tag = "templates",
    params(("digest" = String, Path, description = "`sha256:` and 64 digits")),
    responses((status = 200, description = "An OpenAPI v3 document", content(
        (serde_json::Value = "application/json"),
        (serde_json::Value = "application/yaml"),
        (String = "application/x-ndjson"),
    ))),
)]
pub(super) async fn schema(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    Path(reference): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let format = Format::accepted_one(&headers)?;
    let (_, entry) = shared.templates.get(&reference)?;
    let subject = Subject::Registered(entry, Bytes::new(), false);
    templates::inspect(&shared, &call, format, subject, Inspect::Schema(SchemaFormat::OpenApiWithValidations))
        .await
}

/// The data values that a registered set has, merged with those of the body.
///
/// As `ytt --data-values-inspect` prints them.
#[utoipa::path(
    post, path = "/v1/templates/{digest}/data-values", tag = "templates",
    params(("digest" = String, Path, description = "`sha256:` and 64 digits")),
    request_body(content((Option<HashMap<String, serde_json::Value>> = "application/json"), (serde_json::Value = "application/yaml")), description = "Data values"),
    responses((status = 200, description = "The data values", content(
        (serde_json::Value = "application/json"),
        (serde_json::Value = "application/yaml"),
        (String = "application/x-ndjson"),
    ))),
)]
pub(super) async fn data_values(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    Path(reference): Path<String>,
    request: Request,
) -> Answer {
    let (parts, body) = request.into_parts();
    let format = Format::accepted_one(&parts.headers)?;
    let is_yaml = body_type(&parts.headers, &[JSON, YAML])? == YAML;
    let (_, entry) = shared.templates.get(&reference)?;
    let body = body::read(&parts.headers, body, shared.body).await?;
    let subject = Subject::Registered(entry, body, is_yaml);
    templates::inspect(&shared, &call, format, subject, Inspect::DataValues).await
}
