//! The page at `/`: plain files, built into the program.
//!
//! The document names its parts below `/page/VERSION/`, where the version is the hash of them all, so that browsers
//! keep them for good and never mix two versions; the document itself is asked for each time, by its `ETag`.
//! Its policy allows nothing but these files: no scripts in the document, no other server, and no way from
//! text to HTML (trusted types).

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

/// What the document may do.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
                      connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

/// A file of the page.
struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! asset {
    ($name:literal, $kind:expr) => {
        Asset { name: $name, kind: $kind, text: include_str!($name) }
    };
}

const ASSETS: [Asset; 13] = [
    asset!("main.js", SCRIPT),
    asset!("api.js", SCRIPT),
    asset!("dom.js", SCRIPT),
    asset!("editor.js", SCRIPT),
    asset!("files.js", SCRIPT),
    asset!("fleet.js", SCRIPT),
    asset!("form.js", SCRIPT),
    asset!("highlight.js", SCRIPT),
    asset!("result.js", SCRIPT),
    asset!("share.js", SCRIPT),
    asset!("yaml.js", SCRIPT),
    asset!("page.css", "text/css; charset=utf-8"),
    asset!("icon.svg", "image/svg+xml"),
];

/// The version of the parts, and the document that names them.
static PAGE: LazyLock<(String, String)> = LazyLock::new(|| {
    let document = include_str!("index.html");
    let mut hash = Sha256::new();
    hash.update(document);
    for asset in &ASSETS {
        hash.update(asset.name);
        hash.update(asset.text);
    }
    let version: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    // All scripts at once, rather than one after the other as they import each other.
    let preloads: Vec<String> = ASSETS
        .iter()
        .filter(|asset| asset.kind == SCRIPT)
        .map(|asset| format!("<link rel=\"modulepreload\" href=\"page/VERSION/{}\">", asset.name))
        .collect();
    let document = document.replace("PRELOADS", &preloads.join("\n")).replace("VERSION", &version);
    (version, document)
});

/// Its routes: `/`, and what it needs below `/page/`.
pub(super) fn router() -> Router {
    Router::new().route("/", get(document)).route("/page/{version}/{name}", get(part))
}

async fn document(headers: HeaderMap) -> Response {
    let (version, text) = &*PAGE;
    let tag = format!("\"{version}\"");
    let mut answer = if matches(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text.as_str()).into_response()
    };
    let more = [
        (header::ETAG, tag.as_str()),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    set(&mut answer, &more);
    answer
}

async fn part(Path((version, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let current = &PAGE.0;
    let tag = format!("\"{current}-{name}\"");
    let mut answer = if matches(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, asset.kind)], asset.text).into_response()
    };
    // A document of another version, open while the server was replaced, must not keep this for its own.
    let keep = if version == *current { "public, max-age=31536000, immutable" } else { "no-store" };
    let more = [
        (header::ETAG, tag.as_str()),
        (header::CACHE_CONTROL, keep),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    set(&mut answer, &more);
    answer
}

fn set(answer: &mut Response, headers: &[(header::HeaderName, &str)]) {
    for (name, value) in headers {
        if let Ok(value) = header::HeaderValue::from_str(value) {
            answer.headers_mut().insert(name, value);
        }
    }
}

/// Whether the client has what this tag names. A proxy that compresses makes tags weak: `W/"…"`.
fn matches(headers: &HeaderMap, tag: &str) -> bool {
    let given = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    given.flat_map(|value| value.split(',')).any(|one| {
        let one = one.trim();
        one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_names_only_parts_that_are_there() {
        let (version, text) = &*PAGE;
        let start = format!("page/{version}/");
        let named: Vec<&str> = text.split(&start).skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(named.contains(&"main.js") && named.contains(&"page.css"), "{named:?}");
        for name in named {
            assert!(ASSETS.iter().any(|asset| asset.name == name), "{name}");
        }
        assert!(!text.contains("VERSION") && !text.contains("PRELOADS"));
    }

    #[test]
    fn scripts_import_only_parts_that_are_there() {
        for asset in ASSETS.iter().filter(|asset| asset.kind == SCRIPT) {
            for rest in asset.text.split("from \"./").skip(1) {
                let name = rest.split('"').next();
                assert!(ASSETS.iter().any(|other| Some(other.name) == name), "{}: {name:?}", asset.name);
            }
        }
    }

    #[test]
    fn no_script_turns_text_into_html() {
        for asset in ASSETS.iter().filter(|asset| asset.kind == SCRIPT) {
            for sink in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
                assert!(!asset.text.contains(sink), "{}: {sink}", asset.name);
            }
        }
    }
}
