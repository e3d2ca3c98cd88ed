//! Rendering, with files in the request or registered before.

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::request::Parts;
use http_body::Body;

use super::body::{self, text};
use super::negotiate::{JSON, YAML, body_type};
use super::output::Format;
use super::problem::Problem;
use super::state::{Call, Shared, TemplateEntry};
use super::wire::{Registered, RenderRequest, TemplateSet, digest};
use super::work::Pace;
use crate::Values;
use crate::workspace::{self, Inspect};

/// What the smallest set takes in memory, as measured.
const SET_BYTES: usize = 32 << 10;

/// Renders a registered set with data values in the body: the path that is worth most, so nothing on it is
/// copied, and it goes to another thread only if it must.
pub(super) async fn render_registered<B>(
    shared: &Arc<Shared>,
    call: &Call,
    reference: &str,
    parts: &Parts,
    body: B,
) -> Result<Response, Problem>
where
    B: Body<Data = Bytes> + Unpin,
{
    let format = Format::accepted(&parts.headers)?;
    let is_yaml = body_type(&parts.headers, &[JSON, YAML])? == YAML;
    let (_, entry) = shared.templates.get(reference)?;
    let body = body::read(&parts.headers, body, shared.body).await?;
    let quick = shared.work.try_quick(
        &entry.template,
        &entry.pace,
        &body_values(text(&body)?, is_yaml),
        body.len(),
        |output| format.write(&output),
    );
    if let Some(result) = quick {
        let response = format.response(result?);
        // Whoever else is ready renders first, then all answers are sent one after the other: to wake a client
        // costs more than to send, and those that are awake already need not be woken.
        tokio::task::yield_now().await;
        return Ok(response);
    }
    let work = Arc::clone(&shared.work);
    let rendered = shared.work.run(&call.client.id, move |cancel| {
        let values = body_values(text(&body)?, is_yaml);
        let output = work.renderer.render_with(&entry.template, &values, Some(cancel))?;
        Ok::<Bytes, Problem>(format.write(&output)?)
    });
    Ok(format.response(rendered.await?))
}

/// Data values in a body; none in an empty one.
pub(super) fn body_values(text: &str, is_yaml: bool) -> Values<'_> {
    match is_yaml {
        _ if text.is_empty() => Values::none(),
        true => Values::yaml(text),
        false => Values::json(text),
    }
}

/// Renders files once.
pub(super) async fn render(
    shared: &Arc<Shared>,
    call: &Call,
    format: Format,
    request: RenderRequest,
) -> Result<Response, Problem> {
    let (set, values) = request.split()?;
    let work = Arc::clone(&shared.work);
    let rendered = shared.work.run(&call.client.id, move |cancel| {
        let template = work.renderer.compile_with(set.files()?, set.options.into())?;
        let output = work.renderer.render_with(&template, &values, Some(cancel))?;
        Ok::<Bytes, Problem>(format.write(&output)?)
    });
    Ok(format.response(rendered.await?))
}

/// Whether files can be rendered, and what is wrong if not.
pub(super) async fn check(
    shared: &Arc<Shared>,
    call: &Call,
    request: RenderRequest,
) -> Result<Vec<Problem>, Problem> {
    let (set, values) = request.split()?;
    let work = Arc::clone(&shared.work);
    let checked = shared.work.run(&call.client.id, move |cancel| {
        let template = match work.renderer.compile_with(set.files()?, set.options.into()) {
            Ok(template) => template,
            Err(error) => return Ok(vec![error.into()]),
        };
        let rendered = work.renderer.render_with(&template, &values, Some(cancel));
        Ok::<_, Problem>(rendered.err().map(Problem::from).into_iter().collect())
    });
    checked.await
}

/// Registers a set: what is known of it, and whether it is new.
pub(super) async fn register(
    shared: &Arc<Shared>,
    call: &Call,
    set: TemplateSet,
) -> Result<(Registered, bool), Problem> {
    let in_work = Arc::clone(shared);
    let registered = shared.work.run(&call.client.id, move |_| {
        let files = set.files()?;
        let digest = digest(set.options, &files);
        let options = set.options.into();
        let template = in_work.work.renderer.compile_with(files.clone(), options)?;
        let pace = Pace::of(&template);
        let bytes = template.bytes() + SET_BYTES;
        let entry = Arc::new(TemplateEntry { template, files, options, bytes, pace });
        let is_new = in_work.templates.insert(digest, Arc::clone(&entry), bytes, false)?;
        Ok::<_, Problem>((entry.describe(&digest.to_string()), is_new))
    });
    registered.await
}

impl TemplateEntry {
    /// What is known of a set.
    pub(super) fn describe(&self, digest: &str) -> Registered {
        Registered {
            digest: digest.to_owned(),
            files: self.files.iter().map(|file| file.original_path().to_owned()).collect(),
            bytes: self.bytes,
            compile_micros: u64::try_from(self.template.compile_time().as_micros()).unwrap_or(u64::MAX),
        }
    }
}

/// Where files are that are to be inspected, and with what data values.
pub(super) enum Subject {
    Request(Box<RenderRequest>),
    /// A registered set with a body that holds data values.
    Registered(Arc<TemplateEntry>, Bytes, bool),
}

/// The schema of data values, or the data values.
pub(super) async fn inspect(
    shared: &Arc<Shared>,
    call: &Call,
    format: Format,
    subject: Subject,
    what: Inspect,
) -> Result<Response, Problem> {
    let work = Arc::clone(&shared.work);
    let inspected = shared.work.run(&call.client.id, move |cancel| {
        let documents = match &subject {
            Subject::Request(request) => {
                let (set, values) = request.as_ref().clone().split()?;
                work.renderer.inspect(set.files()?, set.options.into(), &values, what, Some(cancel))?
            }
            Subject::Registered(entry, body, is_yaml) => {
                let values = body_values(text(body)?, *is_yaml);
                let options: workspace::Options = entry.options;
                work.renderer.inspect(entry.files.clone(), options, &values, what, Some(cancel))?
            }
        };
        Ok::<Bytes, Problem>(format.write_documents(&documents)?)
    });
    Ok(format.response(inspected.await?))
}
