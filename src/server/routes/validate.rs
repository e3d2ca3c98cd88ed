//! Checking without rendering for somebody.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use http::StatusCode;

use super::Answer;
use crate::server::body;
use crate::server::negotiate::{JSON, accepted};
use crate::server::output::json;
use crate::server::problem::Problem;
use crate::server::state::{Call, Shared};
use crate::server::templates;
use crate::server::wire::{Finding, RenderRequest, ValidateRequest, Validation};
use crate::supply_chain::lint::{Severity, Source, lint};

/// What is wrong with files and data values, or with objects.
///
/// Files are rendered, and the result is thrown away. Objects (blueprints, templates, owners) are checked as
/// `stampmill lint` does. What is wrong is in the answer, whose status is 200 then, too.
#[utoipa::path(
    post, path = "/v1/validate", tag = "render",
    request_body = ValidateRequest,
    responses((status = 200, description = "What is wrong", body = Validation)),
)]
pub(super) async fn validate(
    State(shared): State<Arc<Shared>>,
    Extension(call): Extension<Call>,
    request: Request,
) -> Answer {
    let (parts, body) = request.into_parts();
    accepted(&parts.headers, &[JSON])?;
    let request: ValidateRequest = body::json(&parts.headers, body, shared.body).await?;
    let ValidateRequest { files, options, file_marks, data_values, data_values_yaml, objects } = request;
    let validation = match (files, objects) {
        (Some(files), None) => {
            let request = RenderRequest { files, options, file_marks, data_values, data_values_yaml };
            let problems = templates::check(&shared, &call, request).await?;
            Validation { valid: problems.is_empty(), problems, findings: Vec::new() }
        }
        (None, Some(objects)) => {
            let limits = shared.limits.clone();
            let linted = shared.work.run(&call.client.id, move |_| {
                let source = Source { name: "objects".to_owned(), content: Ok(objects.into_bytes()) };
                let report = lint(vec![source], &limits);
                let findings = report.findings.iter().map(|finding| Finding {
                    line: finding.pos.line,
                    severity: finding.severity.name().to_owned(),
                    rule: finding.rule.to_owned(),
                    message: finding.message.clone(),
                    help: finding.help.clone(),
                });
                let valid = report.count(Severity::Error) == 0;
                let findings = findings.collect();
                Ok::<_, Problem>(Validation { valid, problems: Vec::new(), findings })
            });
            linted.await?
        }
        _ => return Err(Problem::request("give files or objects")),
    };
    json(StatusCode::OK, &validation)
}
