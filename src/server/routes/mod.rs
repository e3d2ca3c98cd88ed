//! The routes, each with what the OpenAPI document says of it.

mod blueprints;
mod examples;
mod operations;
mod render;
mod templates;
mod validate;

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) use operations::{healthz, metrics, readyz};

use super::openapi::{self, Document};
use super::problem::Problem;
use super::state::Shared;

/// What a handler gives.
type Answer = Result<Response, Problem>;

/// All routes and their document.
pub(super) fn routes(shared: &Arc<Shared>) -> (Router, String) {
    let routes = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(render::render))
        .routes(routes!(templates::list, templates::register))
        .routes(routes!(templates::show, templates::remove))
        .routes(routes!(templates::render))
        .routes(routes!(templates::stream))
        .routes(routes!(templates::schema))
        .routes(routes!(templates::data_values))
        .routes(routes!(render::schema))
        .routes(routes!(render::data_values))
        .routes(routes!(validate::validate))
        .routes(routes!(blueprints::list, blueprints::register))
        .routes(routes!(blueprints::show, blueprints::remove))
        .routes(routes!(blueprints::stamp))
        .routes(routes!(blueprints::stream))
        .routes(routes!(blueprints::owners))
        .routes(routes!(blueprints::graph))
        .routes(routes!(examples::list))
        .routes(routes!(examples::show))
        .with_state(Arc::clone(shared));
    let (router, mut document) = routes.split_for_parts();
    // They may be served elsewhere.
    document.merge(operations::Operations::openapi());
    let document = openapi::complete(document);
    let router = router.merge(openapi::router(&document));
    (router, document)
}
