//! The page at `/`.

use axum::Router;

/// Its routes: `/`, and what it needs below `/page/`.
pub(super) fn router() -> Router {
    Router::new()
}
