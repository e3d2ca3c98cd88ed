//! The examples of the repository.

use axum::extract::Path;
use http::{HeaderMap, StatusCode};

use super::Answer;
use crate::server::examples::{all, named};
use crate::server::negotiate::{JSON, accepted};
use crate::server::output::{json, tagged};
use crate::server::problem::Problem;
use crate::server::store::Digest;
use crate::server::wire::{Example, ExampleSummary};

/// The examples.
#[utoipa::path(
    get, path = "/v1/examples", tag = "examples",
    responses((status = 200, description = "All of them", body = Vec<ExampleSummary>)),
)]
pub(super) async fn list(headers: HeaderMap) -> Answer {
    accepted(&headers, &[JSON])?;
    json(StatusCode::OK, &all())
}

/// An example with its files.
#[utoipa::path(
    get, path = "/v1/examples/{name}", tag = "examples",
    params(("name" = String, Path, description = "Its name")),
    responses(
        (status = 200, description = "It", body = Example, headers(("ETag" = String, description = "Its hash"))),
        (status = 304, description = "The client has it already"),
    ),
)]
pub(super) async fn show(Path(name): Path<String>, headers: HeaderMap) -> Answer {
    accepted(&headers, &[JSON])?;
    let example = named(&name).ok_or_else(|| Problem::not_found(format!("there is no example {name}")))?;
    let parts = example
        .files
        .iter()
        .flat_map(|file| [file.path.as_bytes(), file.text.as_deref().unwrap_or_default().as_bytes()]);
    let tag = Digest::of(parts).to_string();
    Ok(tagged(&headers, &tag, json(StatusCode::OK, &example)?))
}
