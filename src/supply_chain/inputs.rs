//! The inputs of a resource: outputs of other resources under local names.
//!
//! Source of the rule: the reference's `pkg/realizer/inputs.go`.

use super::api::{Resource, ResourceReference, TemplateKind};
use super::outputs::{ResourceOutput, SourceValue};
use crate::yaml::{Node, Text};

/// What the resources of a blueprint have given so far in this pass, by name.
#[derive(Clone, Debug, Default)]
pub struct Outputs(Vec<(Text, ResourceOutput)>);

impl Outputs {
    /// Nothing yet.
    pub fn new() -> Outputs {
        Outputs::default()
    }

    /// Says what a resource gives. Of several resources of one name the last counts.
    pub fn set(&mut self, resource: &str, output: ResourceOutput) {
        match self.0.iter_mut().find(|(name, _)| name == resource) {
            Some((_, known)) => *known = output,
            None => self.0.push((Text::new(resource), output)),
        }
    }

    fn get(&self, resource: &str) -> Option<&ResourceOutput> {
        self.0.iter().find(|(name, _)| name == resource).map(|(_, output)| output)
    }
}

/// The inputs that are there; those whose resource gives nothing yet are left out. Sorted by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    /// `sources` by local name.
    pub sources: Vec<(Text, SourceValue)>,
    /// `images` by local name.
    pub images: Vec<(Text, Node)>,
    /// `configs` by local name.
    pub configs: Vec<(Text, Node)>,
    /// `deployment`
    pub deployment: Option<SourceValue>,
}

impl Inputs {
    /// What a resource finds of what it asks for.
    pub fn of(resource: &Resource, outputs: &Outputs) -> Inputs {
        Inputs {
            sources: found(&resource.sources, outputs, ResourceOutput::source),
            images: found(&resource.images, outputs, ResourceOutput::image),
            configs: found(&resource.configs, outputs, ResourceOutput::config),
            deployment: resource
                .deployment
                .as_ref()
                .and_then(|reference| outputs.get(&reference.resource)?.source().cloned()),
        }
    }

    /// The input of this local name in the class that a kind of template gives.
    pub fn of_class(&self, kind: TemplateKind, name: &str) -> Option<ResourceOutput> {
        match kind {
            TemplateKind::Source => named(&self.sources, name).map(ResourceOutput::Source),
            TemplateKind::Image => named(&self.images, name).map(ResourceOutput::Image),
            TemplateKind::Config => named(&self.configs, name).map(ResourceOutput::Config),
            TemplateKind::Plain | TemplateKind::Deployment => None,
        }
    }
}

fn named<T: Clone>(inputs: &[(Text, T)], name: &str) -> Option<T> {
    inputs.iter().find(|(local, _)| local == name).map(|(_, value)| value.clone())
}

/// Of several references of one local name the last that finds something counts.
fn found<T: Clone>(
    references: &[ResourceReference],
    outputs: &Outputs,
    of: impl Fn(&ResourceOutput) -> Option<&T>,
) -> Vec<(Text, T)> {
    let mut inputs: Vec<(Text, T)> = Vec::with_capacity(references.len());
    for reference in references {
        let Some(value) = outputs.get(&reference.resource).and_then(&of) else { continue };
        match inputs.iter_mut().find(|(name, _)| *name == reference.name) {
            Some((_, known)) => *known = value.clone(),
            None => inputs.push((Text::new(&reference.name), value.clone())),
        }
    }
    inputs.sort_by(|(a, _), (b, _)| a.cmp(b));
    inputs
}
