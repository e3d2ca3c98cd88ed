//! The blueprints and templates of a cluster, compiled once and shared by all who realize owners.

use std::collections::HashMap;
use std::sync::Arc;

use super::api::{
    Blueprint, BlueprintKind, Condition, Metadata, Resource, RetentionPolicy, RunTemplateSpec, Status,
    Template, TemplateKind, read,
};
use super::conditions::blueprint as say;
use super::conditions::{Conditions, READY};
use super::health::Health;
use super::outputs::OutputReader;
use super::run_outputs::RunOutputs;
use super::select::Matcher;
use super::stamp::Stamper;
use crate::cluster::Object;
use crate::error::Result;
use crate::limits::Limits;
use crate::renderer::Renderer;
use crate::yaml::Node;

/// The kind of run templates.
pub const RUN_TEMPLATE: &str = "ClusterRunTemplate";

/// A blueprint whose selectors are compiled.
#[derive(Debug)]
pub struct CompiledBlueprint {
    /// What it says.
    pub blueprint: Blueprint,
    /// Whom it is for.
    pub matcher: Matcher,
    /// The selectors of the options of each resource, in order.
    pub options: Vec<Vec<Matcher>>,
}

impl CompiledBlueprint {
    /// Compiles a blueprint.
    pub fn new(blueprint: Blueprint) -> CompiledBlueprint {
        let options = blueprint.spec.resources.iter().map(|resource| {
            resource.template_ref.options.iter().map(|option| Matcher::new(&option.selector)).collect()
        });
        let options = options.collect();
        CompiledBlueprint { matcher: Matcher::new(&blueprint.spec.selects()), options, blueprint }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.blueprint.metadata.name
    }
}

/// A template, compiled.
#[derive(Debug)]
pub struct CompiledTemplate {
    /// What it says.
    pub template: Template,
    /// Stamps its objects.
    pub stamper: Stamper,
    /// Reads their outputs.
    pub outputs: OutputReader,
    /// Judges their health.
    pub health: Health,
}

impl CompiledTemplate {
    /// Compiles a template.
    pub fn new(template: Template, renderer: &Renderer) -> CompiledTemplate {
        CompiledTemplate {
            stamper: Stamper::new(&template.spec, renderer),
            outputs: OutputReader::new(&template.output),
            health: Health::of(&template.spec),
            template,
        }
    }

    /// Its kind.
    pub fn kind(&self) -> TemplateKind {
        self.template.kind
    }

    /// How many objects are kept where each change makes another one.
    pub fn retention(&self) -> RetentionPolicy {
        self.template.spec.retention_policy.unwrap_or_default()
    }
}

/// A run template, compiled.
#[derive(Debug)]
pub struct CompiledRunTemplate {
    /// What it says of itself.
    pub metadata: Metadata,
    /// Stamps its objects.
    pub stamper: Stamper,
    /// Reads their outputs.
    pub outputs: RunOutputs,
}

impl CompiledRunTemplate {
    /// Compiles a run template.
    ///
    /// # Errors
    /// `DataValues` if the object has not its form.
    pub fn new(object: &Object) -> Result<CompiledRunTemplate> {
        let part = |name| object.get(name).unwrap_or(&Node::Null);
        let spec: RunTemplateSpec = read(part("spec")).map_err(|error| error.context("spec"))?;
        Ok(CompiledRunTemplate {
            metadata: read(part("metadata")).map_err(|error| error.context("metadata"))?,
            stamper: Stamper::interpolated(&spec.template),
            outputs: RunOutputs::new(&spec.outputs),
        })
    }
}

/// All blueprints and templates.
///
/// Those that stay are not compiled again when others change: entries are shared, by clones as well.
#[derive(Clone, Debug)]
pub struct Catalog {
    renderer: Arc<Renderer>,
    /// Sorted by name.
    chains: Vec<Arc<CompiledBlueprint>>,
    /// Sorted by name.
    deliveries: Vec<Arc<CompiledBlueprint>>,
    templates: HashMap<TemplateKind, HashMap<String, Arc<CompiledTemplate>>>,
    run_templates: HashMap<String, Arc<CompiledRunTemplate>>,
    /// Whether a blueprint must have been found ready by a controller.
    trusts_status: bool,
}

impl Default for Catalog {
    fn default() -> Catalog {
        Catalog::new()
    }
}

impl Catalog {
    /// An empty catalog. Whether a blueprint is ready is found out from the templates that are there.
    pub fn new() -> Catalog {
        Catalog::with_renderer(Arc::new(Renderer::new().with_limits(Limits::default())))
    }

    /// An empty catalog that compiles ytt templates with a renderer of one's own.
    pub fn with_renderer(renderer: Arc<Renderer>) -> Catalog {
        Catalog {
            renderer,
            chains: Vec::new(),
            deliveries: Vec::new(),
            templates: HashMap::new(),
            run_templates: HashMap::new(),
            trusts_status: false,
        }
    }

    /// Takes the status of blueprints for whether they are ready, as a controller does.
    #[must_use]
    pub fn trusting_status(mut self) -> Catalog {
        self.trusts_status = true;
        self
    }

    /// What renders ytt templates.
    pub fn renderer(&self) -> &Renderer {
        &self.renderer
    }

    /// Adds a blueprint or template, or puts it in the place of the one of its kind and name. Gives `false`
    /// for objects of other kinds.
    ///
    /// # Errors
    /// `DataValues` if the object has not the form of its kind.
    pub fn add(&mut self, object: &Object) -> Result<bool> {
        if object.group() != super::api::GROUP {
            return Ok(false);
        }
        let kind = object.kind_name();
        if let Some(kind) = BlueprintKind::of(kind) {
            let blueprint = Arc::new(CompiledBlueprint::new(Blueprint::read(kind, object.node())?));
            let blueprints = self.blueprints_mut(kind);
            match blueprints.binary_search_by(|known| known.name().cmp(blueprint.name())) {
                Ok(index) => {
                    if let Some(known) = blueprints.get_mut(index) {
                        *known = blueprint;
                    }
                }
                Err(index) => blueprints.insert(index, blueprint),
            }
        } else if let Some(kind) = TemplateKind::of(kind) {
            let template = CompiledTemplate::new(Template::read(kind, object.node())?, &self.renderer);
            let name = template.template.metadata.name.clone();
            self.templates.entry(kind).or_default().insert(name, Arc::new(template));
        } else if kind == RUN_TEMPLATE {
            let template = CompiledRunTemplate::new(object)?;
            self.run_templates.insert(template.metadata.name.clone(), Arc::new(template));
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Removes a blueprint or template.
    pub fn remove(&mut self, kind: &str, name: &str) {
        if let Some(kind) = BlueprintKind::of(kind) {
            self.blueprints_mut(kind).retain(|blueprint| blueprint.name() != name);
        } else if let Some(kind) = TemplateKind::of(kind) {
            if let Some(templates) = self.templates.get_mut(&kind) {
                templates.remove(name);
            }
        } else if kind == RUN_TEMPLATE {
            self.run_templates.remove(name);
        }
    }

    fn blueprints_mut(&mut self, kind: BlueprintKind) -> &mut Vec<Arc<CompiledBlueprint>> {
        match kind {
            BlueprintKind::SupplyChain => &mut self.chains,
            BlueprintKind::Delivery => &mut self.deliveries,
        }
    }

    /// The blueprints of a kind, by name.
    pub fn blueprints(&self, kind: BlueprintKind) -> &[Arc<CompiledBlueprint>] {
        match kind {
            BlueprintKind::SupplyChain => &self.chains,
            BlueprintKind::Delivery => &self.deliveries,
        }
    }

    /// A template.
    pub fn template(&self, kind: TemplateKind, name: &str) -> Option<&Arc<CompiledTemplate>> {
        self.templates.get(&kind)?.get(name)
    }

    /// All templates, in no order.
    pub fn templates(&self) -> impl Iterator<Item = &Arc<CompiledTemplate>> {
        self.templates.values().flat_map(HashMap::values)
    }

    /// A run template.
    pub fn run_template(&self, name: &str) -> Option<&Arc<CompiledRunTemplate>> {
        self.run_templates.get(name)
    }

    /// The names of resources whose template is not there, once for each missing option.
    pub fn missing_templates(&self, blueprint: &Blueprint) -> Vec<String> {
        let is_there = |resource: &Resource, name: &str| {
            TemplateKind::of(&resource.template_ref.kind)
                .is_some_and(|kind| self.template(kind, name).is_some())
        };
        let mut missing = Vec::new();
        for resource in &blueprint.spec.resources {
            let reference = &resource.template_ref;
            if reference.options.is_empty() {
                if !is_there(resource, &reference.name) {
                    missing.push(resource.name.clone());
                }
            } else {
                let options = reference.options.iter().filter(|option| option.pass_through.is_empty());
                let lost = options.filter(|option| !is_there(resource, &option.name));
                missing.extend(lost.map(|_| resource.name.clone()));
            }
        }
        missing
    }

    /// The conditions of a blueprint: whether its templates are there.
    pub fn blueprint_conditions(&self, blueprint: &Blueprint, now: &str) -> super::conditions::Finished {
        let mut conditions = Conditions::new(READY, &blueprint.status.conditions, now);
        let missing = self.missing_templates(blueprint);
        conditions.add(if missing.is_empty() {
            say::templates_found()
        } else {
            say::templates_not_found(&missing)
        });
        conditions.finish()
    }

    /// The condition `Ready` of a blueprint that cannot be used yet; that may be missing, too.
    pub(super) fn not_ready(&self, blueprint: &Blueprint) -> Option<Option<Condition>> {
        let conditions = if self.trusts_status {
            blueprint.status.conditions.clone()
        } else {
            self.blueprint_conditions(blueprint, "").conditions
        };
        let ready = conditions.into_iter().find(|condition| condition.kind == READY);
        match &ready {
            Some(condition) if condition.status == Status::True => None,
            _ => Some(ready),
        }
    }
}
