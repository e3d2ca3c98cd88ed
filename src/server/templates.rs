//! Rendering, with files in the request or registered before.

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use http_body::Body;

use super::body::{self, text};
use super::negotiate::{JSON, YAML, body_type};
use super::output::Format;
use super::problem::Problem;
use super::slots::ClientId;
use super::state::{Call, Shared, TemplateEntry};
use super::wire::{Registered, RenderRequest, TemplateSet, digest};
use super::work::Pace;
use crate::workspace::{self, Inspect};
use crate::{Output, Values};

/// What the smallest set takes in memory, as measured.
const SET_BYTES: usize = 32 << 10;

/// A registered set that is to be rendered, and how.
#[derive(Clone)]
pub(super) struct Rendering {
    entry: Arc<TemplateEntry>,
    pub(super) format: Format,
    is_yaml: bool,
}

impl Rendering {
    /// From the digest, what the client takes, and what it gives.
    ///
    /// # Errors
    /// There is no such set.
    pub(super) fn new(
        shared: &Shared,
        reference: &str,
        format: Format,
        body_type: &str,
    ) -> Result<Rendering, Problem> {
        let (_, entry) = shared.templates.get(reference)?;
        Ok(Rendering { entry, format, is_yaml: body_type == YAML })
    }

    /// Renders here and now, and appends the result to a text; none if it has to go to a thread.
    ///
    /// # Errors
    /// Whatever is wrong with the data values or the templates.
    pub(super) fn quick(
        &self,
        shared: &Shared,
        body: &[u8],
        out: &mut String,
    ) -> Option<Result<(), Problem>> {
        let values = match text(body) {
            Ok(text) => body_values(text, self.is_yaml),
            Err(problem) => return Some(Err(problem)),
        };
        let finish = |output: Output| self.format.append(&output, out);
        let result =
            shared.work.try_quick(&self.entry.template, &self.entry.pace, &values, body.len(), finish);
        result.map(|result| result.map_err(Problem::from))
    }

    /// Renders on a thread.
    ///
    /// # Errors
    /// The same, and there is too much to do.
    pub(super) async fn elsewhere(
        self,
        shared: &Shared,
        client: &ClientId,
        body: Bytes,
    ) -> Result<Bytes, Problem> {
        let work = Arc::clone(&shared.work);
        let rendered = shared.work.run(client, move |cancel| {
            let values = body_values(text(&body)?, self.is_yaml);
            let output = work.renderer.render_with(&self.entry.template, &values, Some(cancel))?;
            Ok::<Bytes, Problem>(self.format.write(&output)?)
        });
        rendered.await
    }
}

/// Renders a registered set with data values in the body.
pub(super) async fn render_registered<B>(
    shared: &Arc<Shared>,
    call: &Call,
    reference: &str,
    headers: &HeaderMap,
    body: B,
) -> Result<Response, Problem>
where
    B: Body<Data = Bytes> + Unpin,
{
    let format = Format::accepted(headers)?;
    let rendering = Rendering::new(shared, reference, format, body_type(headers, &[JSON, YAML])?)?;
    let body = body::read(headers, body, shared.body).await?;
    let mut text = String::new();
    match rendering.quick(shared, &body, &mut text) {
        Some(rendered) => rendered.map(|()| format.response(text.into())),
        None => rendering.elsewhere(shared, &call.client.id, body).await.map(|text| format.response(text)),
    }
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
