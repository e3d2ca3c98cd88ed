//! Stamping: a template, filled in for one owner, as an object that is ready to be submitted.
//!
//! Source of the rules: the reference's `pkg/templates/stamper.go`.

use std::fmt;

use super::api::TemplateSpec;
use super::context::Context;
use super::go_text;
use super::interpolate;
use super::labels::Labels;
use super::wire::wire;
use crate::cluster::{Object, OwnerReference};
use crate::limits::CancelToken;
use crate::renderer::{self, Renderer, Values};
use crate::workspace::File;
use crate::yaml::{Node, json};

/// The name that ytt gives to what it reads from its standard input, which is where the reference puts
/// templates.
const YTT_FILE: &str = "stdin.yml";

/// Why a template gave no object.
#[derive(Clone, Debug, PartialEq)]
pub struct StampError {
    message: String,
    /// The error of the ytt template, if it was that.
    ytt: Option<crate::Error>,
}

impl StampError {
    fn new(message: impl Into<String>) -> StampError {
        StampError { message: message.into(), ytt: None }
    }

    fn of_ytt(error: &crate::Error) -> StampError {
        let message = format!("unable to apply ytt template: ytt: Error: {error}\n");
        StampError { message, ytt: Some(error.clone()) }
    }

    /// The error of the ytt template, with its places, if it was that.
    pub fn ytt(&self) -> Option<&crate::Error> {
        self.ytt.as_ref()
    }
}

impl fmt::Display for StampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StampError {}

/// A template, compiled: stamps any number of objects.
#[derive(Clone, Debug)]
pub struct Stamper(Form);

#[derive(Clone, Debug)]
enum Form {
    Interpolated(interpolate::Template),
    Ytt(renderer::Template),
    /// What fails whenever it is stamped.
    Failed(StampError),
}

impl Stamper {
    /// Compiles what a template says; where it has both forms, `ytt` does not count. What is wrong with it
    /// fails where it is stamped, as in the reference.
    pub fn new(spec: &TemplateSpec, renderer: &Renderer) -> Stamper {
        match &spec.template {
            Some(template) => Stamper::interpolated(template),
            None if spec.ytt.is_empty() => Stamper(Form::Failed(StampError::new(
                "unknown resource template type, expected either template or ytt",
            ))),
            None => Stamper(match renderer.compile(vec![File::new(YTT_FILE, spec.ytt.as_bytes())]) {
                Ok(template) => Form::Ytt(template),
                Err(error) => Form::Failed(StampError::of_ytt(&error)),
            }),
        }
    }

    /// Compiles an object with `$(path)$` in it.
    pub fn interpolated(template: &Node) -> Stamper {
        Stamper(Form::Interpolated(interpolate::Template::compile(template)))
    }

    /// What is wrong with the template, whatever it is stamped for.
    pub fn error(&self) -> Option<&StampError> {
        match &self.0 {
            Form::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// Stamps an object: it belongs to the owner, lives in its namespace and has the labels.
    ///
    /// # Errors
    /// Whatever is wrong with the template; a namespace other than the owner's.
    pub fn stamp(
        &self,
        context: &Context<'_>,
        owner: &Object,
        labels: &Labels,
        renderer: &Renderer,
    ) -> Result<Object, StampError> {
        self.stamp_with(context, owner, labels, renderer, None)
    }

    /// [`stamp`](Stamper::stamp), until somebody cancels the render of a ytt template.
    ///
    /// # Errors
    /// The same; [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled) in that of ytt.
    pub fn stamp_with(
        &self,
        context: &Context<'_>,
        owner: &Object,
        labels: &Labels,
        renderer: &Renderer,
        cancel: Option<&CancelToken>,
    ) -> Result<Object, StampError> {
        let stamped = match &self.0 {
            Form::Interpolated(template) => {
                let stamped = template.evaluate(&context.view());
                interpolated(stamped.map_err(|error| StampError::new(error.to_string()))?)?
            }
            Form::Ytt(template) => {
                let output = renderer.render_with(template, &Values::tree(context.data_values()), cancel);
                from_ytt(&output.map_err(|error| StampError::of_ytt(&error))?)?
            }
            Form::Failed(error) => return Err(error.clone()),
        };
        owned(stamped, owner, labels)
    }
}

fn interpolated(stamped: Node) -> Result<Object, StampError> {
    let shown = match &stamped {
        Node::Map(_) => String::new(),
        other => go_text::decoded(other),
    };
    Object::try_from(stamped).map_err(|_| {
        let message =
            format!("stamped resource is not a map[string]interface{{}}, stamped resource: {shown}");
        StampError::new(message)
    })
}

/// The first document that ytt prints, as JSON.
fn from_ytt(output: &renderer::Output) -> Result<Object, StampError> {
    let document = output.documents().next().map_or(&Node::Null, |document| &document.value);
    let document = wire(document);
    let has_kind = match &document {
        Node::Map(map) => map.get("kind").and_then(Node::as_str).is_some_and(|kind| !kind.is_empty()),
        _ => false,
    };
    if !has_kind {
        let mut text = String::new();
        let _ = json::write(&mut text, &document);
        return Err(StampError::new(format!("Object 'Kind' is missing in '{text}'")));
    }
    Object::try_from(document).map_err(|error| StampError::new(error.to_string()))
}

/// Makes an object one of the owner's.
fn owned(mut object: Object, owner: &Object, labels: &Labels) -> Result<Object, StampError> {
    let namespace = owner.namespace();
    if !object.namespace().is_empty() && object.namespace() != namespace {
        return Err(StampError::new("cannot set namespace in resource template"));
    }
    object.set_namespace(namespace);
    object.set_owner_references(&[OwnerReference::controller_of(owner)]);
    object.merge_labels(labels.iter().map(|(key, value)| (key, value.clone())));
    Ok(object)
}
