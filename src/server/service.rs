//! One request from its head to the head of its answer: who asks, whether they may, which route, what is logged.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use tower::ServiceExt as _;

use super::auth::{Peer, Tokens};
use super::clients::{Account, Running};
use super::compress;
use super::hosts::Hosts;
use super::metrics::Route;
use super::problem::{Fault, PROBLEM, Problem};
use super::state::{Call, Shared};

/// What answers requests.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) shared: Arc<Shared>,
    pub(super) tokens: Option<Arc<Tokens>>,
    hosts: Hosts,
    router: Router,
    /// The same, for clients that take compressed answers.
    compressed: Router,
}

impl Service {
    pub(super) fn new(
        shared: Arc<Shared>,
        tokens: Option<Arc<Tokens>>,
        hosts: Hosts,
        router: Router,
    ) -> Service {
        let compressed = router.clone().layer(compress::layer());
        Service { shared, tokens, hosts, router, compressed }
    }

    /// Answers a request.
    pub(super) async fn answer<B>(&self, peer: &Peer, request: Request<B>) -> Response
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<axum::BoxError>,
    {
        #[cfg(feature = "otel")]
        if let Some(span) = super::trace::request(request.method(), request.uri().path(), request.headers()) {
            return span.answered(self.measured(peer, request).await);
        }
        self.measured(peer, request).await
    }

    /// Answers a request, counts it, and logs it if that is wanted.
    async fn measured<B>(&self, peer: &Peer, request: Request<B>) -> Response
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let start = Instant::now();
        let route = Route::of(request.uri().path());
        let method = request.method().clone();
        let path = self.shared.access_log.then(|| request.uri().path().to_owned());
        let (response, client) = self.respond(peer, request).await;
        let status = response.status().as_u16();
        self.note(route, (method.as_str(), path.as_deref()), status, start, client.as_deref());
        response
    }

    /// Counts a request that was answered, and logs it if that is wanted.
    pub(super) fn note(
        &self,
        route: Route,
        (method, path): (&str, Option<&str>),
        status: u16,
        start: Instant,
        client: Option<&Account>,
    ) {
        let took = start.elapsed();
        self.shared.metrics.answered(route, status, took);
        if !self.shared.access_log {
            return;
        }
        tracing::info!(
            target: "stampmill::access",
            method,
            path,
            status,
            micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            client = client.map(|account| &*account.id),
            "request"
        );
    }

    async fn respond<B>(&self, peer: &Peer, request: Request<B>) -> (Response, Option<Arc<Account>>)
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let header = |name| request.headers().get(name).map(HeaderValue::as_bytes);
        if let Err(problem) = self.check_host(header(header::HOST), header(header::ORIGIN)) {
            return (problem.into_response(), None);
        }
        if is_public(request.uri().path()) {
            return (self.route(request.map(Body::new)).await, None);
        }
        let (client, running) = match self.admit(peer, header(header::AUTHORIZATION)) {
            Ok(admitted) => admitted,
            Err(problem) => return (problem.into_response(), None),
        };
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Call { client: Arc::clone(&client) });
        let response = self.route(request).await;
        // A stream is a request for as long as its answer takes.
        (response.map(|body| Body::new(Held::new(body, running))), Some(client))
    }

    /// That a request may come by the name in `Host`, and from the page in `Origin`.
    ///
    /// # Errors
    /// It may not.
    pub(super) fn check_host(&self, host: Option<&[u8]>, origin: Option<&[u8]>) -> Result<(), Problem> {
        self.hosts.check(host, origin).inspect_err(|_| self.shared.metrics.refused("host"))
    }

    /// Who asks, from the value of `Authorization`, and that they may now.
    ///
    /// # Errors
    /// They may not.
    pub(super) fn admit(
        &self,
        peer: &Peer,
        authorization: Option<&[u8]>,
    ) -> Result<(Arc<Account>, Running), Problem> {
        let clients = &self.shared.clients;
        let client = peer.identify(self.tokens.as_deref(), clients, authorization).inspect_err(|_| {
            self.shared.metrics.refused("unauthorized");
        })?;
        let running = clients.begin(&client).inspect_err(|_| self.shared.metrics.refused("client"))?;
        Ok((client, running))
    }

    async fn route(&self, request: Request<Body>) -> Response {
        let is_stream = request.uri().path().ends_with("/stream");
        let router = match takes_compressed(request.headers()) && !is_stream {
            true => self.compressed.clone(),
            false => self.router.clone(),
        };
        let is_operations = matches!(request.uri().path(), "/readyz" | "/healthz");
        let response = router.oneshot(request).await.unwrap_or_else(|never| match never {});
        if response.status().is_client_error() && !is_operations { as_problem(response) } else { response }
    }
}

/// A body that keeps something until it has been taken.
pub(super) struct Held<T> {
    body: Body,
    _kept: T,
}

impl<T> Held<T> {
    pub(super) fn new(body: Body, kept: T) -> Held<T> {
        Held { body, _kept: kept }
    }
}

impl<T: Unpin> http_body::Body for Held<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, axum::Error>>> {
        std::pin::Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

/// What anybody may see: it says nothing of anybody.
fn is_public(path: &str) -> bool {
    matches!(path, "/" | "/healthz" | "/readyz" | "/openapi.json" | "/openapi.yaml")
        || path.starts_with("/page/")
}

fn takes_compressed(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ACCEPT_ENCODING)
}

/// Answers that say what is wrong in another way, as those of the router do, say it as problems.
fn as_problem(response: Response) -> Response {
    if response.headers().get(header::CONTENT_TYPE).is_some_and(|value| value == PROBLEM) {
        return response;
    }
    let allow = response.headers().get(header::ALLOW).cloned();
    let problem = match response.status() {
        StatusCode::NOT_FOUND => {
            Problem::not_found("there is no such path; /openapi.json has those there are")
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            let methods = allow.as_ref().and_then(|allow| allow.to_str().ok()).unwrap_or("others");
            Problem::new(Fault::Method, format!("this path has {methods}"))
        }
        _ => Problem::request("the path or its parameters make no sense"),
    };
    let mut response = problem.into_response();
    if let Some(allow) = allow {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}
