//! What a template can name: the owner, its parameters and its inputs, once for `$(path)$` and once for ytt.
//!
//! Source of the rules: the reference's `pkg/realizer/context.go` and `TemplatingContext` of runnables.

use super::inputs::Inputs;
use super::labels::Labels;
use super::outputs::SourceValue;
use super::owner::Owner;
use super::params::Param;
use super::view::{self, ANY, CONFIGS, IMAGES, OPAQUE_MAP, SOURCE, SOURCES, STRING_MAP, Shape};
use super::wire::{map, wire};
use crate::yaml::{Node, Text};

/// The names under which a template finds the owner, whichever kind it is.
const OWNER_NAMES: [&str; 2] = ["workload", "deliverable"];

/// A templating context.
#[derive(Debug)]
pub struct Context<'a> {
    /// The owner and the names it goes by.
    owner: Option<(&'a Owner<'a>, &'static [&'static str])>,
    values: Vec<(Text, Node, &'static Shape)>,
}

impl<'a> Context<'a> {
    /// For a resource of a blueprint. A single source, image or config that is there can be named without
    /// its local name.
    pub fn of_resource(
        owner: &'a Owner<'a>,
        params: Vec<Param>,
        inputs: &Inputs,
        labels: &Labels,
    ) -> Context<'a> {
        let sources = inputs.sources.iter().map(|(name, value)| (name.clone(), source(value, name)));
        let named = |field: &'static str, inputs: &[(Text, Node)]| {
            let inputs = inputs.iter().map(|(name, value)| {
                let value = map([(field, value.clone()), ("name", Node::Str(name.clone()))]);
                (name.clone(), value)
            });
            map(inputs)
        };
        let labels = labels.iter().map(|(key, value)| (key.clone(), Node::Str(value.clone())));
        let deployment = inputs.deployment.as_ref().map_or(Node::Null, |value| source(value, ""));
        let mut values = vec![
            (Text::new_static("params"), map(params), &OPAQUE_MAP),
            (Text::new_static("sources"), map(sources), &SOURCES),
            (Text::new_static("images"), named("image", &inputs.images), &IMAGES),
            (Text::new_static("configs"), named("config", &inputs.configs), &CONFIGS),
            (Text::new_static("deployment"), deployment, &SOURCE),
            (Text::new_static("labels"), map(labels), &STRING_MAP),
        ];
        if let [(name, value)] = inputs.sources.as_slice() {
            values.push((Text::new_static("source"), source(value, name), &SOURCE));
        }
        if let [(_, value)] = inputs.images.as_slice() {
            values.push((Text::new_static("image"), value.clone(), &ANY));
        }
        if let [(_, value)] = inputs.configs.as_slice() {
            values.push((Text::new_static("config"), value.clone(), &ANY));
        }
        Context { owner: Some((owner, &OWNER_NAMES)), values }
    }

    /// For a runnable, with the object that it selects.
    pub fn of_runnable(runnable: &'a Owner<'a>, selected: Option<Node>) -> Context<'a> {
        let selected = selected.unwrap_or(Node::Null);
        Context {
            owner: Some((runnable, &["runnable"])),
            values: vec![(Text::new_static("selected"), selected, &ANY)],
        }
    }

    /// For an owner under names of one's own, with values whose types are known.
    pub fn of_owner(
        owner: &'a Owner<'a>,
        names: &'static [&'static str],
        values: impl IntoIterator<Item = (Text, Node, &'static Shape)>,
    ) -> Context<'a> {
        Context { owner: Some((owner, names)), values: values.into_iter().collect() }
    }

    /// Of plain values alone.
    pub fn of_values(values: impl IntoIterator<Item = (Text, Node)>) -> Context<'a> {
        let values = values.into_iter().map(|(name, value)| (name, value, &ANY as &'static Shape));
        Context { owner: None, values: values.collect() }
    }

    /// As paths see it.
    pub fn view(&self) -> view::Context {
        let mut context = view::Context::new();
        if let Some((owner, names)) = self.owner {
            for name in names {
                context.insert(*name, owner.object().node().clone(), owner.shape());
            }
        }
        for (name, value, shape) in &self.values {
            context.insert(name.clone(), value.clone(), shape);
        }
        context
    }

    /// The data values of ytt templates: what the reference hands to ytt, as JSON.
    pub fn data_values(&self) -> Node {
        let owner = self.owner.into_iter().flat_map(|(owner, names)| {
            names.iter().map(|name| (Text::new_static(name), owner.json().clone()))
        });
        let values = self.values.iter().map(|(name, value, _)| (name.clone(), value.clone()));
        wire(&map(owner.chain(values)))
    }
}

fn source(value: &SourceValue, name: &str) -> Node {
    map([("url", value.url.clone()), ("revision", value.revision.clone()), ("name", Node::str(name))])
}
