//! Traces of requests by OpenTelemetry. They go where `OTEL_EXPORTER_OTLP_ENDPOINT` says, over HTTP; without it
//! there are none.

use std::sync::OnceLock;

use http::{HeaderMap, Method};
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, Tracer};
use tracing::{Span, Subscriber};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt as _};
use tracing_subscriber::registry::LookupSpan;

use super::metrics::Route;

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// The variable that says where traces go.
const ENDPOINT: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

/// What makes traces of spans; none where nobody wants any. Must not be called by a task.
pub(crate) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>() -> Option<OpenTelemetryLayer<S, Tracer>> {
    if ENDPOINT.iter().all(|name| std::env::var_os(name).is_none()) {
        return None;
    }
    let exporter = SpanExporter::builder().with_http().build().ok()?;
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).build();
    let tracer = PROVIDER.get_or_init(|| provider).tracer("stampmill");
    Some(tracing_opentelemetry::layer().with_tracer(tracer))
}

/// Whether anybody wants traces.
pub(super) fn is_on() -> bool {
    PROVIDER.get().is_some()
}

/// Sends what has not been sent yet.
pub(crate) fn end() {
    if let Some(provider) = PROVIDER.get() {
        // Nobody is left who could be told.
        _ = provider.shutdown();
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

/// The span of a request, below that of whoever asks; none where there are no traces.
pub(super) fn span(method: &Method, route: Route, headers: &HeaderMap) -> Option<Span> {
    PROVIDER.get()?;
    let span = tracing::info_span!(
        target: "stampmill::request",
        "request",
        otel.name = route.name(),
        otel.kind = "server",
        http.request.method = method.as_str(),
        http.response.status_code = tracing::field::Empty,
    );
    let parent = TraceContextPropagator::new().extract(&Headers(headers));
    _ = span.set_parent(parent);
    Some(span)
}
