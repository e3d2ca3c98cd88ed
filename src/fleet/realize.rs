//! One owner, brought to its end in a cluster of its own: itself, and the owners that are stamped for it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::load::{Loaded, RUNNABLE, Role, Source};
use super::observed::{Failed, RULES};
use super::{Layered, Observed, Problem, fields};
use crate::cluster::memory::{Observer, Settings};
use crate::cluster::{Cluster, ManualClock, Memory, Object, ObjectKey, rfc3339};
use crate::error::{ErrorKind, Result};
use crate::limits::{CancelToken, Limits, check_cancelled};
use crate::renderer::Renderer;
use crate::supply_chain::api::{Condition, GROUP, TemplateKind, read};
use crate::supply_chain::catalog::Catalog;
use crate::supply_chain::conditions::READY;
use crate::supply_chain::reconcile::{Everybody, Reconciled, Reconciler, reconcile_owner};
use crate::supply_chain::runnable::reconcile_runnable;
use crate::supply_chain::submitted::Submitted;
use crate::yaml::{Node, Text};

/// How many owners may be stamped for one owner: a chain that stamps a workload for itself has no end.
const MAX_OWNERS: usize = 100;

/// How often one owner is gone through at most: once, and again whenever an owner that was stamped for it has
/// changed.
const MAX_PASSES: u32 = 64;

/// What owners are realized with. Any number of threads may use it.
#[derive(Debug)]
pub struct Fleet {
    catalog: Catalog,
    observed: Arc<Observed>,
    /// Objects that are there before anything is stamped.
    base: Arc<Memory>,
    time: Timestamp,
    now: Text,
}

impl Fleet {
    /// Reads blueprints, templates and other objects from files and folders, and what is observed from
    /// others. Gives the owners among the files, and what is wrong with any of it.
    ///
    /// Conditions and creation times have `time`; each template renders within `limits`.
    pub fn load(
        files: &[PathBuf],
        observed: &[PathBuf],
        time: Timestamp,
        limits: &Limits,
    ) -> (Fleet, Vec<Source>, Vec<Problem>) {
        let loaded = Loaded::read(files, observed);
        let (observed, observed_problems) = Observed::read(observed);
        let (fleet, owners, mut problems) = Fleet::of(loaded, observed, time, limits);
        problems.extend(observed_problems);
        (fleet, owners, problems)
    }

    /// Takes blueprints, templates and other objects from what files hold; as [`load`](Fleet::load).
    pub fn of(
        loaded: Loaded,
        observed: Observed,
        time: Timestamp,
        limits: &Limits,
    ) -> (Fleet, Vec<Source>, Vec<Problem>) {
        let mut problems = loaded.problems;
        for source in &loaded.rules {
            let message = format!("{RULES} do nothing here: give them with --observed");
            problems.push(Problem::warning(source.place.clone(), message));
        }
        let failed = Arc::default();
        let mut fleet = Fleet::new(observed, time, limits, &failed);
        for source in &loaded.catalog {
            fleet.add_to_catalog(source, &mut problems);
        }
        for source in loaded.others {
            fleet.seed(source, &mut problems);
        }
        problems.extend(take(&failed));
        (fleet, loaded.owners, problems)
    }

    /// Without blueprints and templates.
    fn new(observed: Observed, time: Timestamp, limits: &Limits, failed: &Arc<Mutex<Vec<Problem>>>) -> Fleet {
        let observed = Arc::new(observed);
        let watching = Watching { observed: Arc::clone(&observed), failed: Arc::clone(failed), cancel: None };
        let base = Memory::with(Arc::new(Settings::new().clock(ManualClock::at(time)).observer(watching)));
        for source in &observed.objects {
            // They have a name and a kind: there is nothing else to refuse.
            let _ = base.load(source.object.clone());
        }
        let renderer = Renderer::new().with_limits(limits.clone()).with_max_concurrent(usize::MAX >> 8);
        let catalog = Catalog::with_renderer(Arc::new(renderer));
        Fleet { catalog, observed, base: Arc::new(base), time, now: rfc3339(time) }
    }

    fn add_to_catalog(&mut self, source: &Source, problems: &mut Vec<Problem>) {
        let object = &source.object;
        let what = format!("{} {}", object.kind_name(), object.name());
        fields::warn(source, problems);
        if let Err(error) = self.catalog.add(object) {
            return problems.push(Problem::error(source.place.clone(), format!("{what}: {error}")));
        }
        // Owners say so, too, but not where.
        let template =
            TemplateKind::of(object.kind_name()).and_then(|kind| self.catalog.template(kind, object.name()));
        if let Some(error) = template.and_then(|template| template.stamper.error()) {
            problems.push(Problem::error(
                source.place.clone(),
                format!("{what}: {}", error.to_string().trim_end()),
            ));
        }
    }

    fn seed(&mut self, source: Source, problems: &mut Vec<Problem>) {
        let mut object = source.object;
        if object.namespace().is_empty() {
            // The cluster takes it away from kinds that have none.
            object.set_namespace(super::load::DEFAULT_NAMESPACE);
        }
        if self.base.get(&object.key()).is_ok() {
            // What is observed is newer.
            return;
        }
        if let Err(error) = self.base.load(object) {
            problems.push(Problem::error(source.place, error.to_string()));
        }
    }

    /// The blueprints and templates.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Realizes an owner until nothing changes any more. Owners that are stamped are realized, too.
    pub fn realize(&self, owner: &Source) -> Realized {
        self.realized(owner, None)
    }

    /// [`realize`](Fleet::realize), until somebody cancels it.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`].
    pub fn realize_with(&self, owner: &Source, cancel: &CancelToken) -> Result<Realized> {
        let realized = self.realized(owner, Some(cancel));
        check_cancelled(Some(cancel))?;
        Ok(realized)
    }

    fn realized(&self, owner: &Source, cancel: Option<&CancelToken>) -> Realized {
        let observed = Arc::clone(&self.observed);
        let watching = Watching { observed, failed: Arc::default(), cancel: cancel.cloned() };
        let failed = Arc::clone(&watching.failed);
        let settings = Settings::new().clock(ManualClock::at(self.time)).observer(watching).history(0);
        let cluster = Layered::new(&self.base, Arc::new(settings));
        let mut realizing = Realizing {
            fleet: self,
            cluster: &cluster,
            submitted: [Submitted::new(), Submitted::new(), Submitted::new()],
            owners: Vec::new(),
            stamps: 0,
            problems: Vec::new(),
            root: owner,
            cancel,
        };
        match cluster.load(owner.object.clone()) {
            Ok(object) => {
                realizing.owners.push(Tracked::new(object.key()));
                realizing.run();
            }
            Err(error) => realizing.problem(error.to_string()),
        }
        let Realizing { owners, stamps, mut problems, .. } = realizing;
        problems.extend(take(&failed));
        Realized { owners: owners.into_iter().map(Tracked::finish).collect(), problems, stamps }
    }
}

fn take(problems: &Mutex<Vec<Problem>>) -> Vec<Problem> {
    std::mem::take(&mut *problems.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Stands for other controllers, and remembers what it could not say.
struct Watching {
    observed: Arc<Observed>,
    failed: Arc<Mutex<Vec<Problem>>>,
    cancel: Option<CancelToken>,
}

impl Observer for Watching {
    fn observe(&self, object: &Object) -> Option<Node> {
        let (status, failures) = self.observed.status_with(object, self.cancel.as_ref());
        for Failed { place, message } in failures {
            let (kind, namespace, name) = (object.kind_name(), object.namespace(), object.name());
            let problem = Problem::error(
                place.clone(),
                format!("the rule fails for {kind} {namespace}/{name}: {message}"),
            );
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            if !failed.contains(&problem) {
                failed.push(problem);
            }
        }
        status
    }
}

/// What came of an owner.
#[derive(Debug)]
pub struct Realized {
    /// The owner, then those that were stamped for it, in the order they were.
    pub owners: Vec<RealizedOwner>,
    /// What is wrong besides what conditions say.
    pub problems: Vec<Problem>,
    /// How many objects were stamped, those of passes that were repeated included.
    pub stamps: u64,
}

/// What came of one of the owners.
#[derive(Debug)]
pub struct RealizedOwner {
    /// Which.
    pub key: ObjectKey,
    /// Its state; none if it could not be read.
    pub state: Option<OwnerState>,
    /// What was stamped for it at last, in the order of its blueprint.
    pub objects: Vec<StampedObject>,
    /// Its status.
    pub status: Node,
}

/// An object that was stamped.
#[derive(Clone, Debug)]
pub struct StampedObject {
    /// The resource of the blueprint; empty for what a runnable stamps.
    pub resource: Text,
    /// The object as it would be applied.
    pub applied: Object,
    /// The object as the cluster keeps it, with uid, versions and status; none if it was not taken.
    pub kept: Option<Object>,
}

impl StampedObject {
    /// The name of the object, also where the cluster has made it.
    pub fn name(&self) -> &str {
        self.kept.as_ref().unwrap_or(&self.applied).name()
    }
}

/// How far an owner is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Its condition `Ready` is true.
    Ready,
    /// It is unknown: something has not been observed yet.
    Waiting,
    /// It is false, or it could not be found out.
    Failed,
}

impl State {
    /// In one word.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Ready => "ready",
            State::Waiting => "waiting",
            State::Failed => "failed",
        }
    }
}

/// How far an owner is, and the condition a cluster would show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnerState {
    /// How far.
    pub state: State,
    /// Type of the condition.
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Why, in one word.
    pub reason: String,
    /// Why, for a person.
    pub message: String,
}

impl OwnerState {
    /// From what reconciling gave.
    fn of(reconciled: &Reconciled) -> OwnerState {
        let conditions = match &reconciled.status {
            Node::Map(status) => status.get("conditions"),
            _ => None,
        };
        let conditions: Vec<Condition> = conditions.and_then(read_conditions).unwrap_or_default();
        let ready = conditions.into_iter().find(|condition| condition.kind == READY).unwrap_or_default();
        let status = ready.status.as_str().to_owned();
        let mut message = ready.message;
        let state = match status.as_str() {
            "True" => State::Ready,
            "False" => State::Failed,
            // No condition was made: this goes to the log of a controller, which tries again.
            _ if ready.reason == "Unknown" && reconciled.error.is_some() => {
                message = reconciled.error.clone().unwrap_or_default();
                State::Failed
            }
            _ => State::Waiting,
        };
        OwnerState { state, kind: READY.to_owned(), status, reason: ready.reason, message }
    }
}

fn read_conditions(conditions: &Node) -> Option<Vec<Condition>> {
    read(conditions).ok()
}

/// An owner on its way.
struct Tracked {
    key: ObjectKey,
    passes: u32,
    /// How many writes there had been when it was known that another pass would change nothing.
    settled: Option<u64>,
    last: Option<Reconciled>,
}

impl Tracked {
    fn new(key: ObjectKey) -> Tracked {
        Tracked { key, passes: 0, settled: None, last: None }
    }

    fn finish(self) -> RealizedOwner {
        let Tracked { key, last, .. } = self;
        let Some(last) = last else {
            return RealizedOwner { key, state: None, objects: Vec::new(), status: Node::Null };
        };
        let state = Some(OwnerState::of(&last));
        let objects = last.stamped.into_iter().map(|stamped| StampedObject {
            resource: stamped.resource,
            applied: stamped.submitted,
            kept: stamped.object,
        });
        RealizedOwner { key, state, objects: objects.collect(), status: last.status }
    }
}

/// The way of an owner and those that are stamped for it.
struct Realizing<'a> {
    fleet: &'a Fleet,
    cluster: &'a Layered,
    /// Of workloads, deliverables and runnables.
    submitted: [Submitted; 3],
    owners: Vec<Tracked>,
    stamps: u64,
    problems: Vec<Problem>,
    root: &'a Source,
    cancel: Option<&'a CancelToken>,
}

impl Realizing<'_> {
    fn problem(&mut self, message: String) {
        let object = &self.root.object;
        let (kind, namespace, name) = (object.kind_name(), object.namespace(), object.name());
        let message = format!("{kind} {namespace}/{name}: {message}");
        self.problems.push(Problem::error(self.root.place.clone(), message));
    }

    /// Goes through all owners until no pass would change anything.
    fn run(&mut self) {
        let mut is_done = false;
        while !is_done {
            is_done = true;
            let mut index = 0;
            while let Some(tracked) = self.owners.get(index) {
                if tracked.settled != Some(self.cluster.writes()) {
                    if tracked.passes >= MAX_PASSES {
                        let (kind, name) = (tracked.key.kind.kind.clone(), tracked.key.name.clone());
                        return self
                            .problem(format!("{kind} {name} still changes after {MAX_PASSES} passes"));
                    }
                    if !self.pass(index) {
                        return;
                    }
                    is_done = false;
                }
                index += 1;
            }
        }
    }

    /// Goes through one owner; whether to go on.
    fn pass(&mut self, index: usize) -> bool {
        let Some(tracked) = self.owners.get_mut(index) else { return true };
        tracked.passes += 1;
        let before = self.cluster.writes();
        let Ok(object) = self.cluster.get(&tracked.key) else {
            // It was stamped once, but is no longer asked for.
            tracked.last = None;
            tracked.settled = Some(before);
            return true;
        };
        let [workloads, deliverables, runnables] = &self.submitted;
        let everybody = Everybody(self.cluster);
        let with = |submitted| Reconciler {
            catalog: &self.fleet.catalog,
            accounts: &everybody,
            cluster: self.cluster,
            submitted,
            now: &self.fleet.now,
            cancel: self.cancel,
        };
        let reconciled = match object.kind_name() {
            RUNNABLE => reconcile_runnable(&object, with(runnables)),
            "Deliverable" => reconcile_owner(&object, with(deliverables)),
            _ => reconcile_owner(&object, with(workloads)),
        };
        let reconciled = match reconciled {
            Ok(reconciled) => reconciled,
            Err(error) if error.kind() == ErrorKind::Cancelled => return false,
            Err(error) => {
                tracked.settled = Some(before);
                self.problem(error.to_string());
                return true;
            }
        };
        self.stamps += reconciled.stamped.len() as u64;
        if reconciled.changed {
            let mut object = object;
            object.set_status(Some(reconciled.status.clone()));
            if let Err(error) = self.cluster.update_status(&object) {
                self.problem(format!("writing the status: {error}"));
                return false;
            }
        }
        // As in a cluster, only what others change gives reason for another pass: outputs go from a resource to
        // later ones, never back.
        let settled = self.cluster.writes();
        let stamped: Vec<ObjectKey> = reconciled
            .stamped
            .iter()
            .filter_map(|stamped| stamped.object.as_ref())
            .filter(|object| object.group() == GROUP && matches!(Role::of(object), Ok(Role::Owner)))
            .map(Object::key)
            .collect();
        if let Some(tracked) = self.owners.get_mut(index) {
            tracked.last = Some(reconciled);
            tracked.settled = Some(settled);
        }
        for key in stamped {
            if self.owners.iter().all(|tracked| tracked.key != key) {
                if self.owners.len() == MAX_OWNERS {
                    self.problem(format!("more than {MAX_OWNERS} owners were stamped for it"));
                    return false;
                }
                self.owners.push(Tracked::new(key));
            }
        }
        true
    }
}

#[cfg(test)]
mod tests;
