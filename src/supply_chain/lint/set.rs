//! The objects of a set of files, by what refers to them.

use std::collections::HashMap;

use super::Findings;
use super::files::Object;
use crate::supply_chain::api::{BlueprintKind, OwnerKind, TemplateKind};
use crate::supply_chain::part::Part;
use crate::yaml::FileTable;

pub(super) struct Set<'a> {
    pub(super) objects: &'a [Object],
    templates: HashMap<(TemplateKind, &'a str), &'a Object>,
}

/// A place where a blueprint refers to a template.
#[derive(Clone, Copy)]
pub(super) struct Use<'a> {
    pub(super) kind: BlueprintKind,
    pub(super) blueprint: &'a Object,
    pub(super) resource: Part<'a>,
    /// The name of the template, where it stands.
    pub(super) name: Part<'a>,
}

impl<'a> Set<'a> {
    pub(super) fn new(objects: &'a [Object]) -> Set<'a> {
        let mut templates = HashMap::new();
        for object in objects {
            if let Some(kind) = TemplateKind::of(object.kind()) {
                templates.entry((kind, object.name())).or_insert(object);
            }
        }
        Set { objects, templates }
    }

    /// Objects that are there twice.
    pub(super) fn check_names(&self, table: &FileTable, findings: &mut Findings) {
        let mut seen: HashMap<(&str, &str, &str), &Object> = HashMap::new();
        for object in self.objects {
            let name = object.name();
            if name.is_empty() {
                continue;
            }
            let namespace = object.part().at(&["metadata", "namespace"]).text();
            let at = object.part().at(&["metadata", "name"]);
            match seen.get(&(object.kind(), namespace, name)) {
                Some(first) => findings
                    .error("duplicate-object", at, format!("{} {name} is there twice", object.kind()))
                    .help(format!("the first stands at {}", table.show(first.pos))),
                None => {
                    seen.insert((object.kind(), namespace, name), object);
                }
            }
        }
    }

    pub(super) fn has_templates(&self) -> bool {
        !self.templates.is_empty()
    }

    pub(super) fn template(&self, kind: TemplateKind, name: &str) -> Option<&'a Object> {
        self.templates.get(&(kind, name)).copied()
    }

    /// The names of the templates of a kind.
    pub(super) fn template_names(&self, kind: TemplateKind) -> impl Iterator<Item = &'a str> {
        self.templates.keys().filter(move |(known, _)| *known == kind).map(|(_, name)| *name)
    }

    pub(super) fn blueprints(&self) -> impl Iterator<Item = (BlueprintKind, &'a Object)> {
        self.objects.iter().filter_map(|object| Some((BlueprintKind::of(object.kind())?, object)))
    }

    pub(super) fn owners(&self) -> impl Iterator<Item = (OwnerKind, &'a Object)> {
        self.objects.iter().filter_map(|object| Some((OwnerKind::of(object.kind())?, object)))
    }

    pub(super) fn templates(&self) -> impl Iterator<Item = (TemplateKind, &'a Object)> {
        self.objects.iter().filter_map(|object| Some((TemplateKind::of(object.kind())?, object)))
    }

    pub(super) fn of_kind(&self, kind: &str) -> impl Iterator<Item = &'a Object> {
        self.objects.iter().filter(move |object| object.kind() == kind)
    }

    /// Where blueprints refer to templates by name.
    pub(super) fn uses(&self) -> impl Iterator<Item = Use<'a>> {
        self.blueprints().flat_map(|(kind, blueprint)| {
            blueprint.spec().get("resources").items().flat_map(move |resource| {
                let reference = resource.get("templateRef");
                let options = reference.get("options").items().map(|option| option.get("name"));
                let names = std::iter::once(reference.get("name")).chain(options);
                let names = names.filter(|name| !name.text().is_empty());
                names.map(move |name| Use { kind, blueprint, resource, name })
            })
        })
    }
}
