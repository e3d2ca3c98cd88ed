//! The parameters of a resource: who gives them, and who wins.
//!
//! Source of the rule: the reference's `pkg/realizer/params.go`.

use super::api::{BlueprintParam, OwnerParam, TemplateParam};
use crate::yaml::{Node, Text};

/// A parameter's name and value.
pub type Param = (Text, Node);

/// The parameters that a template gets, by name: its defaults, over which go the blueprint's, then those of
/// the resource, then the owner's. A `value` of the blueprint or resource shuts the owner out, a `default`
/// that comes later lets it in again. Parameters that the template does not know are handed over, too.
pub fn params(
    template: &[TemplateParam],
    blueprint: &[BlueprintParam],
    resource: &[BlueprintParam],
    owner: &[OwnerParam],
) -> Vec<Param> {
    let mut params = Params::default();
    for param in template {
        params.set(&param.name, &param.default, true);
    }
    for param in blueprint.iter().chain(resource) {
        match (&param.value, &param.default) {
            (Some(value), _) => params.set(&param.name, value, false),
            (None, Some(default)) => params.set(&param.name, default, true),
            // Refused on admission; where that is off, null is what the reference hands over.
            (None, None) => params.set(&param.name, &Node::Null, true),
        }
    }
    for param in owner {
        if params.is_open(&param.name) {
            params.set(&param.name, &param.value, true);
        }
    }
    params.0.sort_by(|a, b| a.name.cmp(&b.name));
    params.0.into_iter().map(|entry| (entry.name, entry.value)).collect()
}

#[derive(Default)]
struct Params(Vec<Entry>);

struct Entry {
    name: Text,
    value: Node,
    /// Whether the owner may set it.
    open: bool,
}

impl Params {
    fn set(&mut self, name: &str, value: &Node, open: bool) {
        match self.0.iter_mut().find(|entry| entry.name == name) {
            Some(entry) => {
                entry.value = value.clone();
                entry.open = open;
            }
            None => self.0.push(Entry { name: Text::new(name), value: value.clone(), open }),
        }
    }

    fn is_open(&self, name: &str) -> bool {
        self.0.iter().all(|entry| entry.name != name || entry.open)
    }
}
