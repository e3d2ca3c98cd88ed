//! Sets of blueprints, and owners stamped with them.

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::response::IntoResponse as _;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::Answer;
use super::templates::with_location;
use crate::fleet::output::Format as StyleFormat;
use crate::fleet::realize;
use crate::graph::{mermaid, svg};
use crate::server::blueprints::{OwnerFilter, owner_of_line, owners as owners_of};
use crate::server::body;
use crate::server::negotiate::{JSON, NDJSON, YAML, accepted, body_type};
use crate::server::output::{Format, json, respond, tagged};
use crate::server::problem::Problem;
use crate::server::state::{Call, Shared};
use crate::server::store::Digest;
use crate::server::stream::stream as answer_stream;
use crate::server::wire::{BlueprintSet, BlueprintSetList, BlueprintSetRequest, OwnerPage, OwnerResult};
use crate::{CancelToken, Error, ErrorKind};

/// The sets of blueprints.
#[utoipa::path(
    get, path = "/v1/blueprints", tag = "blueprints",
    responses((status = 200, description = "All of them, those of the service first", body = BlueprintSetList)),
)]
pub(super) async fn list(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Answer {
    accepted(&headers, &[JSON])?;
    let sets = shared.blueprints.store.list();
    let items = sets.iter().map(|(_, entry, _)| entry.describe()).collect();
    let default = shared.blueprints.default.get().map(ToString::to_string);
    json(StatusCode::OK, &BlueprintSetList { items, default })
}

/// Register blueprints and templates, to stamp owners with them.
///
/// What cannot be used is told in `problems`, and the rest is registered. Sets are kept as template sets are.
#[utoipa::path(
    post, path = "/v1/blueprints", tag = "blueprints",
    request_body = BlueprintSetRequest,
    responses(
        (status = 201, description = "It is registered now", body = BlueprintSet,
            headers(("Location" = String, description = "Its path"))),
        (status = 200, description = "It was registered already", body = BlueprintSet,
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
    let request: BlueprintSetRequest = body::json(&parts.headers, body, shared.body).await?;
    let in_work = Arc::clone(&shared);
    let (set, is_new) =
        shared.work.run(&call.client.id, move |_| in_work.blueprints.register(&request)).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let location = format!("/v1/blueprints/{}", set.digest);
    Ok(with_location(json(status, &set)?, &location))
}

/// A set of blueprints.
#[utoipa::path(
    get, path = "/v1/blueprints/{digest}", tag = "blueprints",
    params(("digest" = String, Path, description = "`sha256:` and 64 digits")),
    responses(
        (status = 200, description = "What is known of it", body = BlueprintSet,
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
    let (digest, entry) = shared.blueprints.store.get(&reference)?;
    Ok(tagged(&headers, &digest.to_string(), json(StatusCode::OK, &entry.describe())?))
}

/// Remove a set of blueprints.
#[utoipa::path(
    delete, path = "/v1/blueprints/{digest}", tag = "blueprints",
    params(("digest" = String, Path, description = "`sha256:` and 64 digits")),
    responses((status = 204, description = "It is gone")),
)]
pub(super) async fn remove(State(shared): State<Arc<Shared>>, Path(reference): Path<String>) -> Answer {
    shared.blueprints.store.remove(&reference)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct StampQuery {
    /// What came of each owner, with its state and status, instead of the objects alone.
    #[serde(default)]
    #[param(required = false)]
    owners: bool,
}

/// Stamp owners.
///
/// The body is workloads, deliverables and runnables: YAML documents, a JSON object, an array, or one a line. The
/// answer is what would be applied, as `stampmill stamp -o yaml|json|ndjson` prints it. Nothing is applied.
#[utoipa::path(
    post, path = "/v1/blueprints/{digest}/stamp", tag = "blueprints",
    params(("digest" = String, Path, description = "`sha256:` and 64 digits"), StampQuery),
    request_body(content(
        (serde_json::Value = "application/json"),
        (serde_json::Value = "application/yaml"),
        (serde_json::Value = "application/x-ndjson"),
    ), description = "Owners"),
    responses((status = 200, description = "What would be applied, or with `owners=true` a list of owners", content(
        (serde_json::Value = "application/yaml"),
        (Vec<serde_json::Value> = "application/json"),
        (String = "application/x-ndjson"),
    ))),
)]
pub(super) async fn stamp(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    Path(reference): Path<String>,
    query: Result<Query<StampQuery>, QueryRejection>,
    request: Request,
) -> Answer {
    let Query(StampQuery { owners }) = query.map_err(|error| Problem::request(error.body_text()))?;
    let (parts, body) = request.into_parts();
    let format = match owners {
        true => {
            accepted(&parts.headers, &[JSON])?;
            Format::Json
        }
        false => Format::accepted_documents(&parts.headers)?,
    };
    body_type(&parts.headers, &[JSON, YAML, NDJSON])?;
    let (_, entry) = shared.blueprints.store.get(&reference)?;
    let body = body::read(&parts.headers, body, shared.body).await?;
    body::text(&body)?;
    let stamped = shared.work.run(&call.client.id, move |cancel| -> Result<Bytes, Problem> {
        let sources = owners_of(&body)?;
        if owners {
            let results: Vec<OwnerResult> = entry.results(sources, cancel)?;
            let text = serde_json::to_string(&results);
            return Ok(text.map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?.into());
        }
        let style = match format {
            Format::Json => StyleFormat::Json,
            Format::Ndjson => StyleFormat::Ndjson,
            Format::Yaml | Format::Files => StyleFormat::Yaml,
        };
        entry.stamp_all(sources, style, cancel)
    });
    Ok(format.response(stamped.await?))
}

/// Stamp many owners.
///
/// The body is NDJSON: an owner a line. So is the answer: a line for each, in their order, with the number of the
/// line (`index`, counted from 0) and either `owner`, `state`, `objects` and so on, or `error`.
#[utoipa::path(
    post, path = "/v1/blueprints/{digest}/stream", tag = "blueprints",
    params(("digest" = String, Path, description = "`sha256:` and 64 digits")),
    request_body(content = serde_json::Value, content_type = "application/x-ndjson"),
    responses((status = 200, description = "A line for each", body = String, content_type = "application/x-ndjson")),
)]
pub(super) async fn stream(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    Path(reference): Path<String>,
    request: Request,
) -> Answer {
    accepted(request.headers(), &[NDJSON])?;
    body_type(request.headers(), &[NDJSON, JSON])?;
    let (_, entry) = shared.blueprints.store.get(&reference)?;
    let answer = move |line: &Bytes, out: &mut Vec<u8>, cancel: &CancelToken| -> Result<(), Problem> {
        body::text(line)?;
        let result = entry.stamp(&owner_of_line(line)?, cancel)?.result()?;
        let text = serde_json::to_vec(&result);
        let text = text.map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
        // The object is written without its braces: the line has some already.
        out.push(b',');
        out.extend_from_slice(text.get(1..text.len().saturating_sub(1)).unwrap_or_default());
        Ok(())
    };
    Ok(answer_stream(&shared, &call.client.id, request.into_body(), Arc::new(answer)))
}

/// The most owners of a part.
const MOST: usize = 500;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OwnersQuery {
    /// How many owners at most.
    #[param(required = false, minimum = 1, maximum = 500, default = 100)]
    limit: Option<usize>,
    /// Where to go on: `continue` of the part before.
    #[serde(rename = "continue")]
    #[param(required = false, pattern = "^[0-9]{1,9}$")]
    from: Option<String>,
    /// Words that kind, namespace and name hold, in whatever case: `workload team/web`.
    #[serde(default)]
    #[param(required = false)]
    search: String,
    /// How far they are.
    #[param(required = false, inline)]
    state: Option<StateQuery>,
}

/// States of owners.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum StateQuery {
    Ready,
    Waiting,
    Failed,
}

impl From<StateQuery> for realize::State {
    fn from(state: StateQuery) -> realize::State {
        match state {
            StateQuery::Ready => realize::State::Ready,
            StateQuery::Waiting => realize::State::Waiting,
            StateQuery::Failed => realize::State::Failed,
        }
    }
}

/// The owners that came with a set of blueprints, and how far they are.
///
/// How far an owner is has to be found out. So a part of those in one state may hold fewer than `limit`, even none, when
/// many had to be looked at; as long as there is a `continue`, there may be more.
#[utoipa::path(
    get, path = "/v1/blueprints/{digest}/owners", tag = "blueprints",
    params(("digest" = String, Path, description = "`sha256:` and 64 digits"), OwnersQuery),
    responses((status = 200, description = "A part of them", body = OwnerPage)),
)]
pub(super) async fn owners(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    Path(reference): Path<String>,
    query: Result<Query<OwnersQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Answer {
    let query = query.map_err(|error| Problem::request(error.body_text()))?;
    let Query(OwnersQuery { limit, from, search, state }) = query;
    accepted(&headers, &[JSON])?;
    let limit = limit.unwrap_or(100);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::request(format!("limit: from 1 to {MOST}")));
    }
    let from = match from {
        Some(text)
            if text.len() > 9 || !text.bytes().all(|byte| byte.is_ascii_digit()) || text.is_empty() =>
        {
            return Err(Problem::request("continue: what an earlier answer gave"));
        }
        from => from.map_or(0, |text| text.parse().unwrap_or(usize::MAX)),
    };
    let (_, entry) = shared.blueprints.store.get(&reference)?;
    let filter = OwnerFilter::new(&search, state.map(realize::State::from));
    let page =
        shared.work.run(&call.client.id, move |cancel| entry.page(&filter, from, limit, cancel)).await?;
    json(StatusCode::OK, &page)
}

const SVG: &str = "image/svg+xml";
const MERMAID: &str = "text/vnd.mermaid";

/// The chain of an owner as a picture.
#[utoipa::path(
    get, path = "/v1/blueprints/{digest}/owners/{kind}/{namespace}/{name}/graph", tag = "blueprints",
    params(
        ("digest" = String, Path, description = "`sha256:` and 64 digits"),
        ("kind" = String, Path, description = "`Workload` or `Deliverable`"),
        ("namespace" = String, Path, description = "Its namespace"),
        ("name" = String, Path, description = "Its name"),
    ),
    responses(
        (status = 200, description = "As SVG or Mermaid, or the figures of it", content(
            (String = "image/svg+xml"),
            (String = "text/vnd.mermaid"),
            (serde_json::Value = "application/json"),
        ), headers(("ETag" = String, description = "The hash of the picture"))),
        (status = 304, description = "The client has it already"),
    ),
)]
pub(super) async fn graph(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    Path((reference, kind, namespace, name)): Path<(String, String, String, String)>,
    headers: HeaderMap,
) -> Answer {
    let media_type = accepted(&headers, &[SVG, MERMAID, JSON])?;
    let (_, entry) = shared.blueprints.store.get(&reference)?;
    let drawn = shared.work.run(&call.client.id, move |cancel| -> Result<String, Problem> {
        let graph = entry.graph(&kind, &namespace, &name, cancel)?;
        Ok(match media_type {
            SVG => svg(&graph),
            MERMAID => mermaid(&graph),
            _ => crate::server::picture::json(&graph),
        })
    });
    let text = drawn.await?;
    let tag = Digest::of([text.as_bytes()]).to_string();
    Ok(tagged(&headers, &tag, respond(StatusCode::OK, media_type, text)))
}
