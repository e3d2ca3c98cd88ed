//! The objects of a set of files, by what refers to them.

use std::collections::{BTreeMap, HashMap};

use super::Findings;
use super::files::Object;
use super::selector::selector_of_blueprint;
use crate::supply_chain::api::{BlueprintKind, OwnerKind, TemplateKind};
use crate::supply_chain::owner_view;
use crate::supply_chain::part::Part;
use crate::supply_chain::select::{self, Matcher};
use crate::supply_chain::view::View;
use crate::yaml::FileTable;

pub(super) struct Set<'a> {
    pub(super) objects: &'a [Object],
    templates: HashMap<(TemplateKind, &'a str), &'a Object>,
    selecting: Vec<(BlueprintKind, &'a Object, Matcher)>,
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
        let selecting = objects.iter().filter_map(|object| {
            let kind = BlueprintKind::of(object.kind())?;
            Some((kind, object, Matcher::new(&selector_of_blueprint(object.spec()))))
        });
        Set { objects, templates, selecting: selecting.collect() }
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

    /// The blueprints that match an owner best. Selectors that are malformed match nothing; they have findings
    /// of their own.
    pub(super) fn best(&self, kind: OwnerKind, owner: &'a Object) -> Vec<&'a Object> {
        let Some(shape) = owner_view::OwnerKind::from_kind(owner.kind()).map(owner_view::OwnerKind::shape)
        else {
            return Vec::new();
        };
        let labels = owner.part().at(&["metadata", "labels"]).fields();
        let labels: BTreeMap<String, String> =
            labels.map(|(key, value)| (key.to_owned(), value.text().to_owned())).collect();
        if labels.is_empty() {
            return Vec::new();
        }
        let mut candidates: Vec<&(BlueprintKind, &'a Object, Matcher)> =
            self.selecting.iter().filter(|(of, ..)| *of == kind.blueprint()).collect();
        loop {
            let matchers = candidates.iter().map(|(.., matcher)| matcher);
            match select::best(matchers, &labels, View::new(&owner.node, shape)) {
                Ok(best) => {
                    let best = best.into_iter().filter_map(|index| candidates.get(index));
                    return best.map(|(_, blueprint, _)| *blueprint).collect();
                }
                Err(error) if error.index < candidates.len() => _ = candidates.remove(error.index),
                Err(_) => return Vec::new(),
            }
        }
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
