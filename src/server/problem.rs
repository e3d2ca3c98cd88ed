//! What is wrong, as problem details (RFC 9457).

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Error, ErrorKind, Failure, Frame};

/// The media type of problems.
pub(super) const PROBLEM: &str = "application/problem+json";

/// What is wrong with a request or with what it asks for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `urn:stampmill:problem:` and the kind.
    #[serde(rename = "type")]
    pub uri: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status. Problems of one of many inputs have the one they would have alone.
    pub status: u16,
    /// The whole text of the error, as the command prints it behind `ytt: Error: `.
    pub detail: String,
    /// What went wrong, for programs: `yaml`, `syntax`, `evaluation`, `data-values`, `file`, `usage`, `limit`,
    /// `cancelled`, `internal`, and for requests `request`, `not-found`, `method`, `not-acceptable`,
    /// `media-type`, `too-large`, `timeout`, `unauthorized`, `forbidden`, `rate`, `overload`.
    pub kind: String,
    /// The limit that was reached, for the kind `limit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// The failures of templates with the places that lead to them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<ProblemFailure>,
    /// After how many seconds it is worth trying again.
    #[serde(skip)]
    pub retry_after: Option<u32>,
}

/// One failure of a template.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProblemFailure {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// More about it, several lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The places that lead to it, innermost first.
    pub frames: Vec<ProblemFrame>,
}

/// A place of a failure.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProblemFrame {
    /// The function; `<toplevel>` for the file itself, empty for errors found before running.
    pub context: String,
    /// The file.
    pub file: String,
    /// The line, counted from 1; null where only generated code is at fault.
    pub line: Option<u32>,
    /// The text of the line.
    pub source: String,
}

/// Kinds of problems that are none of templates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    Request,
    NotFound,
    Method,
    NotAcceptable,
    MediaType,
    TooLarge,
    Timeout,
    Unauthorized,
    Forbidden,
    Rate,
    Overload,
}

impl Fault {
    fn parts(self) -> (&'static str, &'static str, StatusCode) {
        match self {
            Fault::Request => ("request", "The request makes no sense", StatusCode::BAD_REQUEST),
            Fault::NotFound => ("not-found", "There is no such thing", StatusCode::NOT_FOUND),
            Fault::Method => ("method", "This path has no such method", StatusCode::METHOD_NOT_ALLOWED),
            Fault::NotAcceptable => {
                ("not-acceptable", "There is no answer of an accepted type", StatusCode::NOT_ACCEPTABLE)
            }
            Fault::MediaType => {
                ("media-type", "The body has a type that is not taken", StatusCode::UNSUPPORTED_MEDIA_TYPE)
            }
            Fault::TooLarge => ("too-large", "The body is too large", StatusCode::PAYLOAD_TOO_LARGE),
            Fault::Timeout => ("timeout", "The request came too slowly", StatusCode::REQUEST_TIMEOUT),
            Fault::Unauthorized => ("unauthorized", "Who are you?", StatusCode::UNAUTHORIZED),
            Fault::Forbidden => ("forbidden", "This is not for you", StatusCode::FORBIDDEN),
            Fault::Rate => ("rate", "Too many requests of one client", StatusCode::TOO_MANY_REQUESTS),
            Fault::Overload => ("overload", "Too much to do", StatusCode::SERVICE_UNAVAILABLE),
        }
    }
}

impl Problem {
    /// A problem that is none of templates.
    pub(super) fn new(fault: Fault, detail: impl Into<String>) -> Problem {
        let (kind, title, status) = fault.parts();
        let retry_after = matches!(fault, Fault::Rate | Fault::Overload).then_some(1);
        Problem { retry_after, ..Problem::of(kind, title, status, detail.into()) }
    }

    /// A request that makes no sense.
    pub(super) fn request(detail: impl Into<String>) -> Problem {
        Problem::new(Fault::Request, detail)
    }

    /// Nothing is there.
    pub(super) fn not_found(detail: impl Into<String>) -> Problem {
        Problem::new(Fault::NotFound, detail)
    }

    fn of(kind: &str, title: &str, status: StatusCode, detail: String) -> Problem {
        Problem {
            uri: format!("urn:stampmill:problem:{kind}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail,
            kind: kind.to_owned(),
            limit: None,
            failures: Vec::new(),
            retry_after: None,
        }
    }

    /// As JSON.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Problem {
        let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
        let (kind, title, status) = match error.kind() {
            ErrorKind::Yaml => ("yaml", "Something is not YAML", unprocessable),
            ErrorKind::Syntax => ("syntax", "Code does not parse", unprocessable),
            ErrorKind::Evaluation => ("evaluation", "A template fails", unprocessable),
            ErrorKind::DataValues => ("data-values", "Data values do not fit", unprocessable),
            ErrorKind::File => ("file", "A file cannot be used", unprocessable),
            ErrorKind::Usage => ("usage", "The request makes no sense to ytt", unprocessable),
            ErrorKind::Limit(_) => ("limit", "A limit was reached", unprocessable),
            ErrorKind::Cancelled => {
                ("cancelled", "The render was cancelled", StatusCode::SERVICE_UNAVAILABLE)
            }
            ErrorKind::Internal => ("internal", "A fault of this program", StatusCode::INTERNAL_SERVER_ERROR),
        };
        let mut problem = Problem::of(kind, title, status, error.to_string().trim_end().to_owned());
        if let ErrorKind::Limit(limit) = error.kind() {
            problem.limit = Some(limit.name().to_owned());
        }
        problem.failures = error.template_failures().iter().map(ProblemFailure::from).collect();
        problem
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        Problem::from(&error)
    }
}

impl From<&Failure> for ProblemFailure {
    fn from(failure: &Failure) -> ProblemFailure {
        ProblemFailure {
            message: failure.message.clone(),
            hint: failure.hint.clone(),
            help: failure.help.clone(),
            frames: failure.frames.iter().map(ProblemFrame::from).collect(),
        }
    }
}

impl From<&Frame> for ProblemFrame {
    fn from(frame: &Frame) -> ProblemFrame {
        let (file, line) = frame.place.rsplit_once(':').unwrap_or((&frame.place, ""));
        ProblemFrame {
            context: frame.context.clone(),
            file: file.to_owned(),
            line: line.parse().ok(),
            source: frame.source.clone(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.json()));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED.as_u16() {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::{Fault, Problem};
    use crate::workspace::File;
    use crate::{Template, Values};

    #[test]
    fn failures_have_their_file_and_line() {
        let text = b"#@ load('@ytt:data', 'data')\na: 1\nb: #@ data.values.nmae\n";
        let template = Template::compile(vec![File::new("dir/config.yml", &text[..])]).unwrap();
        let error = template.render(&Values::json(r#"{"name": "x"}"#)).unwrap_err();
        let problem = Problem::from(&error);
        assert_eq!((problem.status, &*problem.kind), (422, "evaluation"));
        assert_eq!(problem.detail, error.to_string().trim_end());
        let frame = &problem.failures[0].frames[0];
        assert_eq!((&*frame.file, frame.line), ("dir/config.yml", Some(3)));
        assert_eq!(frame.source.trim(), "b: #@ data.values.nmae");
    }

    #[test]
    fn who_may_try_again_is_told_when() {
        assert_eq!(Problem::new(Fault::Overload, "").retry_after, Some(1));
        assert_eq!(Problem::request("").retry_after, None);
    }
}
