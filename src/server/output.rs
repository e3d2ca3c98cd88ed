//! What a render made, in the type a client takes.

use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::negotiate::{FILES, JSON, NDJSON, YAML, accepted, best};
use super::problem::Problem;
use crate::yaml::DocumentSet;
use crate::{Error, ErrorKind, Output, Result, yaml};

/// A file that a render made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct OutputFile {
    /// Its path.
    pub path: String,
    /// What is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The same for what is not text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
}

/// The files that a render made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct OutputFiles {
    /// In the order in which they are written.
    pub files: Vec<OutputFile>,
}

/// How a result is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    Yaml,
    Json,
    Ndjson,
    Files,
}

impl Format {
    /// The one that a client takes.
    pub(super) fn accepted(headers: &HeaderMap) -> Result<Format, Problem> {
        Format::accepted_of(headers, &[YAML, JSON, NDJSON, FILES])
    }

    /// The same for documents that are in no files.
    pub(super) fn accepted_documents(headers: &HeaderMap) -> Result<Format, Problem> {
        Format::accepted_of(headers, &[YAML, JSON, NDJSON])
    }

    /// The same for one document, which JSON has without an array around it.
    pub(super) fn accepted_one(headers: &HeaderMap) -> Result<Format, Problem> {
        Format::accepted_documents(headers)
    }

    fn accepted_of(headers: &HeaderMap, offered: &[&'static str]) -> Result<Format, Problem> {
        Ok(Format::of(accepted(headers, offered)?))
    }

    /// The one that a client takes, from the value of `Accept`.
    pub(super) fn best(accept: Option<&[u8]>) -> Result<Format, Problem> {
        Ok(Format::of(best(accept.into_iter(), &[YAML, JSON, NDJSON, FILES])?))
    }

    fn of(media_type: &str) -> Format {
        match media_type {
            JSON => Format::Json,
            NDJSON => Format::Ndjson,
            FILES => Format::Files,
            _ => Format::Yaml,
        }
    }

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Format::Yaml => YAML,
            Format::Json => JSON,
            Format::Ndjson => NDJSON,
            Format::Files => FILES,
        }
    }

    /// Writes what a render made.
    pub(super) fn write(self, output: &Output) -> Result<Bytes> {
        let mut text = String::new();
        self.append(output, &mut text)?;
        Ok(text.into())
    }

    /// Appends what a render made to a text.
    pub(super) fn append(self, output: &Output, out: &mut String) -> Result<()> {
        match self {
            Format::Yaml => output.write_yaml(out)?,
            Format::Ndjson => {
                let text = output.json()?;
                if !text.is_empty() {
                    out.push_str(&text);
                    out.push('\n');
                }
            }
            Format::Json => {
                out.push('[');
                // Within a document there is no line break.
                for (index, document) in output.json()?.split('\n').enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    out.push_str(document);
                }
                out.push(']');
            }
            Format::Files => {
                let file = |(path, content): (&str, std::borrow::Cow<'_, [u8]>)| {
                    let (text, base64) = match std::str::from_utf8(&content) {
                        Ok(text) => (Some(text.to_owned()), None),
                        Err(_) => (None, Some(STANDARD.encode(&content))),
                    };
                    OutputFile { path: path.to_owned(), text, base64 }
                };
                let files = OutputFiles { files: output.files()?.into_iter().map(file).collect() };
                let text = serde_json::to_string(&files);
                out.push_str(&text.map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?);
            }
        }
        Ok(())
    }

    /// Writes documents.
    pub(super) fn write_documents(self, documents: &DocumentSet) -> Result<Bytes> {
        if self == Format::Yaml {
            return Ok(yaml::print_documents(documents).into());
        }
        if let (Format::Json, [only]) = (self, documents.items.as_slice()) {
            // Whoever makes a form of it wants the order in which things are declared, which ytt's JSON does not keep.
            let mut sorted = String::new();
            yaml::json::write(&mut sorted, &only.value)?;
            return Ok(serde_json::to_string(&only.value).unwrap_or(sorted).into());
        }
        let mut text = String::new();
        for document in documents.items.iter().filter(|document| !yaml::is_empty(&document.value)) {
            if !text.is_empty() {
                text.push(if self == Format::Json { ',' } else { '\n' });
            }
            yaml::json::write(&mut text, &document.value)?;
        }
        Ok(if self == Format::Json { format!("[{text}]") } else { text + "\n" }.into())
    }

    /// An answer of this type.
    pub(super) fn response(self, body: Bytes) -> Response {
        respond(StatusCode::OK, self.media_type(), body)
    }
}

/// An answer.
pub(super) fn respond(status: StatusCode, media_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// A value as JSON.
pub(super) fn json<T: Serialize>(status: StatusCode, value: &T) -> Result<Response, Problem> {
    let text = serde_json::to_string(value);
    let text = text.map_err(|error| Problem::from(Error::new(ErrorKind::Internal, error.to_string())))?;
    Ok(respond(status, JSON, text))
}

/// An answer with a tag of its content; without the content where a client has it already.
pub(super) fn tagged(headers: &HeaderMap, tag: &str, mut response: Response) -> Response {
    let tag = format!("\"{tag}\"");
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut known = known.flat_map(|value| value.split(',')).map(str::trim);
    let is_known = known.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag);
    if let Ok(value) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    response
}
