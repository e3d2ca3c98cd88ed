//! Compression of answers, for clients that ask for it and answers that are worth it.

use std::convert::Infallible;

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, Request, header};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;

/// Answers of fewer bytes are not compressed: for most renders that would take several times as long as the render,
/// and they fit into a few packets as they are.
pub(super) const WORTH: u64 = 8 << 10;

/// What compresses the answers of a router.
pub(super) fn layer() -> CompressionLayer<SizeAbove> {
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(SizeAbove::new(WORTH))
}

/// Compresses one answer for a client that takes these codings, if it takes one that is known.
pub(super) async fn compress(response: Response, codings: &[u8]) -> Response {
    let mut request = Request::new(());
    if let Ok(value) = HeaderValue::from_bytes(codings) {
        request.headers_mut().insert(header::ACCEPT_ENCODING, value);
    }
    let mut response = Some(response);
    let answer = service_fn(move |_| {
        let response = response.take().unwrap_or_default();
        async move { Ok::<_, Infallible>(response) }
    });
    let response = layer().layer(answer).oneshot(request).await.unwrap_or_else(|never| match never {});
    response.map(Body::new)
}
