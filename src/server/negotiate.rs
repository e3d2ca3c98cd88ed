//! Which type of answer a client takes, and whether a body has a type that is taken (RFC 9110, 12.5.1).

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};

use super::problem::{Fault, Problem};

/// YAML.
pub(super) const YAML: &str = "application/yaml";
/// JSON.
pub(super) const JSON: &str = "application/json";
/// JSON, a value a line.
pub(super) const NDJSON: &str = "application/x-ndjson";
/// Output files, each on its own.
pub(super) const FILES: &str = "application/vnd.stampmill.files+json";

/// The one of several types that a client likes best; the first of those it likes as much.
///
/// # Errors
/// It takes none of them.
pub(super) fn accepted(headers: &HeaderMap, offered: &[&'static str]) -> Result<&'static str, Problem> {
    best(headers.get_all(ACCEPT).iter().map(http::HeaderValue::as_bytes), offered)
}

/// The same from the values of the header.
///
/// # Errors
/// The same.
pub(super) fn best<'a>(
    values: impl Iterator<Item = &'a [u8]>,
    offered: &[&'static str],
) -> Result<&'static str, Problem> {
    let first = offered.first().copied().unwrap_or(JSON);
    let mut ranges: Vec<(String, f32)> = Vec::new();
    for value in values {
        // The most usual value needs no weighing.
        if value != b"*/*" || !ranges.is_empty() {
            ranges.extend(self::ranges(str::from_utf8(value).unwrap_or("")));
        }
    }
    let mut best: Option<(f32, &'static str)> = None;
    if ranges.is_empty() {
        return Ok(first);
    }
    for &kind in offered {
        // The most exact range counts.
        let weight = ranges
            .iter()
            .filter_map(|(range, weight)| Some((exactness(range, kind)?, *weight)))
            .max_by(|a, b| a.0.cmp(&b.0))
            .map_or(0.0, |(_, weight)| weight);
        if weight > 0.0 && best.is_none_or(|(most, _)| weight > most) {
            best = Some((weight, kind));
        }
    }
    best.map(|(_, kind)| kind).ok_or_else(|| {
        Problem::new(Fault::NotAcceptable, format!("the answer can be {}", offered.join(", ")))
    })
}

/// The ranges of an `Accept` header with their weights.
fn ranges(text: &str) -> Vec<(String, f32)> {
    let range = |part: &str| {
        let mut parts = part.split(';').map(str::trim);
        let range = parts.next().unwrap_or("").to_ascii_lowercase();
        let weight = parts
            .find_map(|parameter| parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q=")))
            .map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
        (!range.is_empty()).then_some((range, weight))
    };
    text.split(',').filter_map(range).collect()
}

/// How exactly a range names a type; none if it does not.
fn exactness(range: &str, kind: &str) -> Option<u8> {
    if range == kind || is_other_name(range, kind) {
        return Some(2);
    }
    if range == "*/*" {
        return Some(0);
    }
    let group = range.strip_suffix("/*")?;
    (kind.split('/').next() == Some(group)).then_some(1)
}

/// Names that were used before types were registered.
fn is_other_name(name: &str, kind: &str) -> bool {
    match kind {
        YAML => matches!(name, "application/x-yaml" | "text/yaml" | "text/x-yaml" | "text/vnd.yaml"),
        NDJSON => matches!(name, "application/ndjson" | "application/jsonl" | "application/jsonlines"),
        _ => false,
    }
}

/// Which of several types a body has. A body without a type has the first.
///
/// # Errors
/// It has another.
pub(super) fn body_type(headers: &HeaderMap, taken: &[&'static str]) -> Result<&'static str, Problem> {
    type_of(headers.get(CONTENT_TYPE).map(http::HeaderValue::as_bytes), taken)
}

/// The same from the value of the header.
///
/// # Errors
/// The same.
pub(super) fn type_of(value: Option<&[u8]>, taken: &[&'static str]) -> Result<&'static str, Problem> {
    let first = taken.first().copied().unwrap_or(JSON);
    let Some(value) = value else { return Ok(first) };
    if value == first.as_bytes() {
        return Ok(first);
    }
    let text = str::from_utf8(value).unwrap_or("");
    let name = text.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    taken.iter().copied().find(|kind| name == *kind || is_other_name(&name, kind)).ok_or_else(|| {
        Problem::new(
            Fault::MediaType,
            format!(
                "the body can be {}, not {}",
                taken.join(", "),
                if name.is_empty() { "this" } else { &name }
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn accept(text: &str) -> Result<&'static str, u16> {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(ACCEPT, value);
        }
        accepted(&headers, &[YAML, JSON, NDJSON]).map_err(|problem| problem.status)
    }

    #[test]
    fn the_type_a_client_likes_best_is_chosen() {
        for (text, kind) in [
            ("*/*", Ok(YAML)),
            ("application/json", Ok(JSON)),
            ("application/*", Ok(YAML)),
            ("application/json;q=0.5, application/x-ndjson", Ok(NDJSON)),
            ("application/json; q=0.5, */*;q=0.1", Ok(JSON)),
            ("application/yaml;q=0, */*", Ok(JSON)),
            ("text/yaml", Ok(YAML)),
            ("Application/JSON", Ok(JSON)),
            ("text/html", Err(406)),
            ("text/html;q=x, application/json;q=0", Err(406)),
            ("", Ok(YAML)),
        ] {
            assert_eq!(accept(text), kind, "{text}");
        }
        assert_eq!(accepted(&HeaderMap::new(), &[YAML]).ok(), Some(YAML));
    }

    #[test]
    fn bodies_of_other_types_are_refused() {
        let body = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(text));
            body_type(&headers, &[JSON, YAML]).map_err(|problem| problem.status)
        };
        assert_eq!(body("application/json; charset=utf-8"), Ok(JSON));
        assert_eq!(body("text/x-yaml"), Ok(YAML));
        assert_eq!(body("text/plain"), Err(415));
        assert_eq!(body(""), Err(415));
    }
}
