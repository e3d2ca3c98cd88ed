//! An owner as the realizer sees it: what it says of itself, and its two forms in templates.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::api::{OwnerKind, OwnerParam, read};
use super::owner_view;
use super::select::Labelled;
use super::view::{Shape, View};
use super::wire::wire;
use crate::cluster::Object;
use crate::error::{Error, ErrorKind, Result};
use crate::yaml::Node;

/// A workload, a deliverable or a runnable.
#[derive(Debug)]
pub struct Owner<'a> {
    object: &'a Object,
    shape: &'static Shape,
    /// As the reference's JSON of it reads; made when a ytt template asks for it.
    json: OnceLock<Node>,
}

impl<'a> Owner<'a> {
    /// An owner.
    ///
    /// # Errors
    /// `DataValues` if it is of another kind.
    pub fn new(object: &'a Object) -> Result<Owner<'a>> {
        let kind = object.kind_name();
        let known = owner_view::OwnerKind::from_kind(kind).ok_or_else(|| {
            Error::new(
                ErrorKind::DataValues,
                format!("expected a Workload, Deliverable or Runnable, not {kind}"),
            )
        })?;
        Ok(Owner { object, shape: known.shape(), json: OnceLock::new() })
    }

    /// The object.
    pub fn object(&self) -> &'a Object {
        self.object
    }

    /// Which owner; none for runnables.
    pub fn kind(&self) -> Option<OwnerKind> {
        OwnerKind::of(self.object.kind_name())
    }

    /// The Go type that the reference has for it.
    pub fn shape(&self) -> &'static Shape {
        self.shape
    }

    /// As paths see it: fields that are known but not set are there.
    pub fn view(&self) -> View<'a> {
        View::new(self.object.node(), self.shape)
    }

    /// As ytt templates see it: fields that are not set are missing, those that are unknown as well.
    pub fn json(&self) -> &Node {
        self.json.get_or_init(|| wire(&self.view().to_whole_json()))
    }

    /// The parameters that it gives.
    ///
    /// # Errors
    /// `DataValues` if they have not the form of parameters.
    pub fn params(&self) -> Result<Vec<OwnerParam>> {
        match self.object.get_path(&["spec", "params"]) {
            None | Some(Node::Null) => Ok(Vec::new()),
            Some(params) => read(params).map_err(|error| error.context("spec.params")),
        }
    }

    /// The service account that it names; empty if none.
    pub fn service_account_name(&self) -> &'a str {
        self.object.get_path(&["spec", "serviceAccountName"]).and_then(Node::as_str).unwrap_or_default()
    }

    /// Whether it has any labels.
    pub fn is_labelled(&self) -> bool {
        self.object.labels().next().is_some()
    }

    /// Its labels.
    pub fn labels(&self) -> BTreeMap<String, String> {
        self.object.labels().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }
}

impl Labelled for Owner<'_> {
    fn label(&self, key: &str) -> Option<&str> {
        self.object.label(key)
    }
}
