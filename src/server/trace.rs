//! Traces of requests by OpenTelemetry: a span for each, below that of whoever asks, by the semantic conventions for
//! HTTP servers. They go where `OTEL_EXPORTER_OTLP_ENDPOINT` says, as protobuf over HTTP; without it there are none.
//!
//! Spans are made here and not of what is logged: they do not depend on the level of the log, nothing that is logged
//! gets into them, and they last until an answer has been taken, which for streams is when there is nothing left to
//! log. A span says nothing that the client chose but its method, its route and whose child it is: paths hold
//! digests and names of owners.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{Span as _, SpanBuilder, SpanKind, Status, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{HeaderExtractor, HttpClient, HttpError};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::resource::{EnvResourceDetector, TelemetryResourceDetector};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, Span};
use ureq::Agent;

use super::service::Held;
use crate::workspace::agent;

/// Variables that say where traces go.
const ENDPOINT: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
/// Variables that say how long sending a batch may take, in milliseconds.
const TIMEOUT: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
/// What it may take otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the end of the process waits for the last spans to be sent.
const LAST: Duration = Duration::from_secs(5);
/// The longest answer of a collector that is read.
const ANSWER_BYTES: u64 = 1 << 20;

/// The routes, as the OpenAPI document has them, and what belongs to the page. Those of probes have no spans.
const ROUTES: [&str; 22] = [
    "/v1/templates/{digest}/render",
    "/v1/templates/{digest}/stream",
    "/v1/render",
    "/v1/templates",
    "/v1/templates/{digest}",
    "/v1/templates/{digest}/schema",
    "/v1/templates/{digest}/data-values",
    "/v1/schema",
    "/v1/data-values",
    "/v1/validate",
    "/v1/blueprints",
    "/v1/blueprints/{digest}",
    "/v1/blueprints/{digest}/stamp",
    "/v1/blueprints/{digest}/stream",
    "/v1/blueprints/{digest}/owners",
    "/v1/blueprints/{digest}/owners/{kind}/{namespace}/{name}/graph",
    "/v1/examples",
    "/v1/examples/{name}",
    "/",
    "/page/{version}/{name}",
    "/openapi.json",
    "/openapi.yaml",
];
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

static TRACES: OnceLock<Traces> = OnceLock::new();

/// Whether anybody wants traces.
pub(super) fn is_on() -> bool {
    TRACES.get().is_some()
}

/// Begins to send traces, if the environment says where to.
pub(crate) fn begin() {
    let is_disabled = variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if is_disabled || ENDPOINT.iter().all(|name| variable(name).is_none()) {
        return;
    }
    match traces() {
        Ok(traces) => _ = TRACES.set(traces),
        // As OpenTelemetry has it, what is wrong with it keeps nobody from work.
        Err(error) => tracing::warn!("no traces are sent: {error}"),
    }
}

/// Sends what has not been sent yet, for some seconds at most.
pub(crate) fn end() {
    if let Some(Err(error)) = TRACES.get().map(|traces| traces.provider.shutdown_with_timeout(LAST)) {
        tracing::warn!("the last traces may be lost: {error}");
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn traces() -> Result<Traces, ExporterBuildError> {
    let timeout = TIMEOUT.iter().find_map(|name| variable(name)?.parse().ok());
    let client = Collector(agent(timeout.map_or(DEFAULT_TIMEOUT, Duration::from_millis)));
    let exporter = SpanExporter::builder().with_http().with_http_client(client).build()?;
    let provider =
        SdkTracerProvider::builder().with_resource(resource()).with_batch_exporter(exporter).build();
    let tracer = provider.tracer("stampmill");
    Ok(Traces { provider, tracer })
}

/// What sends the traces: the variables say it, else it is Stampmill.
fn resource() -> Resource {
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = Resource::builder_empty()
        .with_service_name("stampmill")
        .with_attribute(version)
        .with_detectors(&[Box::new(TelemetryResourceDetector), Box::new(EnvResourceDetector::new())]);
    match variable("OTEL_SERVICE_NAME") {
        Some(name) => resource.with_service_name(name).build(),
        None => resource.build(),
    }
}

/// Where traces go. It is asked by a thread that does nothing else.
#[derive(Debug)]
struct Collector(Agent);

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let response = self.0.run(Request::from_parts(parts, body.as_ref()))?;
        let (parts, body) = response.into_parts();
        let body = body.into_with_config().limit(ANSWER_BYTES).read_to_vec()?;
        Ok(Response::from_parts(parts, body.into()))
    }
}

/// The span of a request; it ends when this is dropped.
pub(super) struct RequestSpan(Span);

/// Begins the span of a request; none where there are no traces.
pub(super) fn request(method: &Method, path: &str, headers: &HeaderMap) -> Option<RequestSpan> {
    let traces = TRACES.get()?;
    if PROBES.contains(&path) {
        return None;
    }
    let (method, name) = known(method);
    let route = route(path);
    let name = route.map_or_else(|| name.into(), |route| format!("{name} {route}").into());
    let mut attributes = vec![KeyValue::new("http.request.method", method)];
    attributes.extend(route.map(|route| KeyValue::new("http.route", route)));
    let builder = SpanBuilder::from_name::<Cow<'static, str>>(name)
        .with_kind(SpanKind::Server)
        .with_attributes(attributes);
    let parent =
        TraceContextPropagator::new().extract_with_context(&Context::new(), &HeaderExtractor(headers));
    Some(RequestSpan(traces.tracer.build_with_context(builder, &parent)))
}

/// A method as attribute and in names: clients may invent others.
fn known(method: &Method) -> (&'static str, &'static str) {
    let known = [
        (Method::GET, "GET"),
        (Method::POST, "POST"),
        (Method::DELETE, "DELETE"),
        (Method::HEAD, "HEAD"),
        (Method::PUT, "PUT"),
        (Method::PATCH, "PATCH"),
        (Method::OPTIONS, "OPTIONS"),
        (Method::CONNECT, "CONNECT"),
        (Method::TRACE, "TRACE"),
    ];
    let found = known.iter().find(|(known, _)| known == method);
    found.map_or(("_OTHER", "HTTP"), |(_, name)| (name, name))
}

/// The route of a path.
fn route(path: &str) -> Option<&'static str> {
    let is_of = |route: &str| {
        let mut parts = path.split('/');
        let fits = |part: &str, given: &str| part == given || part.starts_with('{') && !given.is_empty();
        route.split('/').all(|part| parts.next().is_some_and(|given| fits(part, given)))
            && parts.next().is_none()
    };
    ROUTES.into_iter().find(|route| is_of(route))
}

impl RequestSpan {
    /// Says how the request was answered. The span ends with the body.
    pub(super) fn answered(mut self, response: Response) -> Response {
        let status = response.status();
        self.0.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
        // What clients do wrong is no error of the service.
        if status.is_server_error() {
            self.0.set_attribute(KeyValue::new("error.type", status.as_str().to_owned()));
            self.0.set_status(Status::error(""));
        }
        response.map(|body| Body::new(Held::new(body, self)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn the_routes_are_those_of_the_document() {
        let document: serde_json::Value = serde_json::from_str(&crate::server::openapi()).unwrap();
        let mut documented: Vec<&str> =
            document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        let mut routes: Vec<&str> =
            ROUTES.into_iter().filter(|route| route.starts_with("/v1/")).chain(PROBES).collect();
        documented.sort_unstable();
        routes.sort_unstable();
        assert_eq!(routes, documented);
    }

    #[test]
    fn paths_have_routes() {
        for (path, expected) in [
            ("/v1/templates/sha256:0/render", Some("/v1/templates/{digest}/render")),
            ("/v1/templates", Some("/v1/templates")),
            ("/v1/templates/", None),
            ("/v1/templates/x/render/y", None),
            (
                "/v1/blueprints/x/owners/Workload/default/a/graph",
                Some("/v1/blueprints/{digest}/owners/{kind}/{namespace}/{name}/graph"),
            ),
            ("/", Some("/")),
            ("", None),
            ("/page/0/main.js", Some("/page/{version}/{name}")),
            ("/nowhere", None),
        ] {
            assert_eq!(route(path), expected, "{path}");
        }
    }

    #[test]
    fn methods_that_clients_invent_are_one() {
        assert_eq!(known(&Method::POST), ("POST", "POST"));
        assert_eq!(known(&Method::from_bytes(b"BREW").unwrap()), ("_OTHER", "HTTP"));
    }
}
