//! What is shown of a blueprint and an owner.

use crate::cluster::Object;
use crate::error::Result;
use crate::supply_chain::api::{
    BlueprintKind, Condition, OwnerStatus, Resource, ResourceReference, ResourceStatus, Status, read,
};
use crate::supply_chain::catalog::CompiledBlueprint;
use crate::supply_chain::owner::Owner;
use crate::supply_chain::realize::{Choice, choose};

/// How far something has come: what its condition `Ready` says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum State {
    /// True.
    Ready,
    /// Unknown: it waits.
    Waiting,
    /// False.
    Failed,
    /// It is not in the status.
    Missing,
}

impl State {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            State::Ready => "ready",
            State::Waiting => "waiting",
            State::Failed => "failed",
            State::Missing => "not there yet",
        }
    }

    fn of(conditions: &[Condition]) -> State {
        match ready(conditions).map(|condition| condition.status) {
            Some(Status::True) => State::Ready,
            Some(Status::Unknown) => State::Waiting,
            Some(Status::False) => State::Failed,
            None => State::Missing,
        }
    }
}

fn ready(conditions: &[Condition]) -> Option<&Condition> {
    conditions.iter().find(|condition| condition.kind == "Ready")
}

/// Why it is not ready; empty if it is, or nothing is said.
fn reason(conditions: &[Condition]) -> String {
    match ready(conditions) {
        Some(condition) if condition.status != Status::True => {
            let text = [&*condition.reason, &*condition.message];
            text.iter().filter(|text| !text.is_empty()).copied().collect::<Vec<_>>().join(": ")
        }
        _ => String::new(),
    }
}

/// An input of a resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Input {
    /// `sources`, `images`, `configs` or `deployment`.
    pub class: &'static str,
    /// The local name; empty for `deployment`.
    pub name: String,
    /// The resource that provides it.
    pub resource: String,
    /// Its index; none if no earlier resource has this name.
    pub from: Option<usize>,
}

impl Input {
    /// `images.app`
    pub fn shown(&self) -> String {
        if self.name.is_empty() { self.class.to_owned() } else { format!("{}.{}", self.class, self.name) }
    }
}

/// A resource of a blueprint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// The kind of its template.
    pub kind: String,
    /// The template, or those that it may be, or that it passes an input through.
    pub template: String,
    /// Its inputs in the order of their classes.
    pub inputs: Vec<Input>,
    /// How far an owner has come with it.
    pub state: Option<State>,
    /// Why it is not ready.
    pub reason: String,
    /// What was stamped: `Image/web`.
    pub stamped: String,
    /// Names and previews of outputs.
    pub outputs: Vec<(String, String)>,
}

/// An owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Subject {
    /// `Workload team/web`
    pub name: String,
    /// How far it has come.
    pub state: State,
    /// Why it is not ready.
    pub reason: String,
}

/// What is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Graph {
    /// The blueprint: kind and name.
    pub blueprint: String,
    /// Its resources in order.
    pub steps: Vec<Step>,
    /// Whose state is shown.
    pub owner: Option<Subject>,
}

impl Graph {
    /// A blueprint and, if there is one, an owner's state from its status.
    ///
    /// # Errors
    /// `DataValues` if the owner is none, or its status is not one.
    pub fn new(blueprint: &CompiledBlueprint, owner: Option<&Object>) -> Result<Graph> {
        let spec = &blueprint.blueprint.spec;
        let status = match owner.and_then(|owner| owner.status()) {
            Some(status) => read::<OwnerStatus>(status).map_err(|error| error.context("status"))?,
            None => OwnerStatus::default(),
        };
        let view = owner.map(Owner::new).transpose()?;
        let mut steps: Vec<Step> = Vec::with_capacity(spec.resources.len());
        for (index, resource) in spec.resources.iter().enumerate() {
            let earlier = |name: &str| steps.iter().rposition(|step| step.name == name);
            let mut step = Step {
                name: resource.name.clone(),
                kind: resource.template_ref.kind.clone(),
                template: template(resource),
                inputs: inputs(resource, earlier),
                state: None,
                reason: String::new(),
                stamped: String::new(),
                outputs: Vec::new(),
            };
            if let Some(view) = &view {
                let options = blueprint.options.get(index).map(Vec::as_slice).unwrap_or_default();
                if let Ok(choice) = choose(resource, options, view, blueprint.name()) {
                    step.template = match choice {
                        Choice::Template(name) => name.to_owned(),
                        Choice::PassThrough(input) => format!("passes {input} through"),
                    };
                }
                let known = status.resources.iter().find(|known| known.name == resource.name);
                step.state = Some(known.map_or(State::Missing, |known| State::of(&known.conditions)));
                if let Some(known) = known {
                    step.tell(known);
                }
            }
            steps.push(step);
        }
        let kind: BlueprintKind = blueprint.blueprint.kind;
        Ok(Graph {
            blueprint: format!("{kind} {}", blueprint.name()),
            steps,
            owner: owner.map(|owner| Subject {
                name: format!("{} {}/{}", owner.kind_name(), owner.namespace(), owner.name()),
                state: State::of(&status.conditions),
                reason: reason(&status.conditions),
            }),
        })
    }
}

impl Step {
    fn tell(&mut self, known: &ResourceStatus) {
        self.reason = reason(&known.conditions);
        if let Some(stamped) = &known.stamped_ref {
            self.stamped = format!("{}/{}", stamped.kind, stamped.name);
        }
        let outputs = known.outputs.iter();
        self.outputs =
            outputs.map(|output| (output.name.clone(), output.preview.trim().to_owned())).collect();
    }
}

fn template(resource: &Resource) -> String {
    let reference = &resource.template_ref;
    if reference.options.is_empty() {
        return reference.name.clone();
    }
    let options = reference.options.iter().map(|option| match &*option.pass_through {
        "" => option.name.clone(),
        input => format!("passes {input} through"),
    });
    options.collect::<Vec<_>>().join(" | ")
}

fn inputs(resource: &Resource, earlier: impl Fn(&str) -> Option<usize>) -> Vec<Input> {
    let input = |class, name: &str, from: &str| Input {
        class,
        name: name.to_owned(),
        resource: from.to_owned(),
        from: earlier(from),
    };
    let class = |class: &'static str, references: &[ResourceReference]| -> Vec<Input> {
        references.iter().map(|reference| input(class, &reference.name, &reference.resource)).collect()
    };
    let mut inputs = class("sources", &resource.sources);
    inputs.extend(class("images", &resource.images));
    inputs.extend(class("configs", &resource.configs));
    inputs.extend(resource.deployment.iter().map(|deployment| input("deployment", "", &deployment.resource)));
    inputs
}
