//! The OpenAPI document, generated from the routes.

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get;
use http::StatusCode;
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, OpenApi as Api, Ref, RefOr, Required, ResponseBuilder};

use super::negotiate::{JSON, YAML};
use super::output::{respond, tagged};
use super::problem::{PROBLEM, Problem};
use super::store::Digest;
use super::wire::{OwnerReference, OwnerResult, StampedRecord};
use crate::yaml;

/// What the document says besides the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Stampmill",
        description = "Renders ytt templates, and stamps owners of supply chains. Problems are told as problem details (RFC 9457).",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(Problem, OwnerResult, StampedRecord, OwnerReference)),
    tags(
        (name = "render", description = "Files that come with the request"),
        (name = "templates", description = "Template sets that are registered once and rendered by their digest"),
        (name = "blueprints", description = "Supply chains: blueprints, and owners stamped with them"),
        (name = "examples", description = "Examples to begin with"),
        (name = "operations", description = "For whoever runs the service"),
    ),
)]
pub(super) struct Document;

/// Problems that any request may meet, and those of requests with a body.
const ANY: [(&str, &str); 7] = [
    ("400", "The request makes no sense"),
    ("401", "No token, or one that is not known"),
    ("403", "Not for this client"),
    ("404", "There is no such thing"),
    ("406", "There is no answer of an accepted type"),
    ("429", "Too many requests of this client; Retry-After says when to try again"),
    ("503", "Too much to do; Retry-After says when to try again"),
];
const WITH_BODY: [(&str, &str); 4] = [
    ("408", "The body came too slowly"),
    ("413", "The body is too large"),
    ("415", "The body has a type that is not taken"),
    ("422", "Templates, data values or objects are wrong"),
];

/// Adds what all routes have in common, and gives the document as JSON.
pub(super) fn complete(mut document: Api) -> String {
    for (path, item) in &mut document.paths.paths {
        for operation in [&mut item.get, &mut item.post, &mut item.delete].into_iter().flatten() {
            // Handlers are named within their file.
            let tag = operation.tags.iter().flatten().next().map_or("", String::as_str);
            operation.operation_id = operation.operation_id.as_deref().map(|name| camel_case(tag, name));
        }
        // No data values, and no owners, are fine, too.
        let optional =
            ["}/render", "}/data-values", "}/stamp", "}/stream"].iter().any(|end| path.ends_with(end));
        if let Some(RefOr::T(body)) = item.post.as_mut().and_then(|post| post.request_body.as_mut()) {
            body.required = Some(if optional { Required::False } else { Required::True });
        }
        if matches!(path.as_str(), "/healthz" | "/readyz") {
            continue;
        }
        let operations =
            [&mut item.get, &mut item.post, &mut item.delete].into_iter().filter_map(Option::as_mut);
        for operation in operations {
            // Whoever renders something may find it wrong.
            let has_body = operation.request_body.is_some() || path.ends_with("/schema");
            let problems = ANY.iter().chain(if has_body { &WITH_BODY[..] } else { &WITH_BODY[3..] });
            for (status, what) in problems {
                let content = Content::new(Some(RefOr::<utoipa::openapi::Schema>::Ref(
                    Ref::from_schema_name("Problem"),
                )));
                let response = ResponseBuilder::new().description(*what).content(PROBLEM, content).build();
                operation.responses.responses.entry((*status).to_owned()).or_insert(RefOr::T(response));
            }
        }
    }
    let components = document.components.get_or_insert_default();
    let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.security_schemes.insert("bearer".to_owned(), RefOr::T(scheme));
    // Either none, where the service asks for none, or a token.
    let bearer = SecurityRequirement::new("bearer", Vec::<String>::new());
    document.security = Some(vec![SecurityRequirement::default(), bearer]);
    document.to_json().unwrap_or_default()
}

/// `templatesDataValues`
fn camel_case(tag: &str, name: &str) -> String {
    let mut id = tag.to_owned();
    for word in name.split('_') {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        id.push_str(&first.to_uppercase());
        id.push_str(rest);
    }
    id
}

/// Serves the document.
pub(super) fn router(document: &str) -> Router {
    let json = document.to_owned();
    let yaml = match yaml::json::read(document.as_bytes()) {
        Ok(node) => yaml::print_value(&node),
        Err(error) => error.to_string(),
    };
    let serve = |media_type: &'static str, text: String| {
        let tag = Digest::of([text.as_bytes()]).to_string();
        move |headers: HeaderMap| async move { tagged(&headers, &tag, respond(StatusCode::OK, media_type, text)) }
    };
    Router::new()
        .route("/openapi.json", get(serve(JSON, json)))
        .route("/openapi.yaml", get(serve(YAML, yaml)))
}
