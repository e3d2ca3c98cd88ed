//! Sets of blueprints, and what they make of owners.

use std::io::Cursor;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::value::RawValue;

use super::problem::{Fault, Problem};
use super::store::{Digest, Store};
use super::wire::{
    BlueprintSet, BlueprintSetRequest, OwnerPage, OwnerReference, OwnerResult, OwnerSummary, StampedRecord,
};
use crate::cluster::ObjectKey;
use crate::fleet::load::{Loaded, Source};
use crate::fleet::output::{Format as StyleFormat, Style, shown};
use crate::fleet::owners::{Batch, Entry};
use crate::fleet::read::{Located, Pieces, below};
use crate::fleet::realize::{OwnerState, Realized, State};
use crate::fleet::{Fleet, Observed, Place};
use crate::graph::{Graph, blueprint_of};
use crate::supply_chain::api::BlueprintKind;
use crate::supply_chain::catalog::CompiledBlueprint;
use crate::supply_chain::object::at;
use crate::yaml::{Node, json};
use crate::{CancelToken, Error, ErrorKind, Limit, Limits};

/// How many times as large as its text a set is in memory, about.
const GROWTH: usize = 24;

/// The most bytes of an answer that holds all stamped objects; streams have no such bound.
const STAMPED_BYTES: usize = 64 << 20;

/// The most owners that are stamped to find those of one state; then whoever asked asks again.
const LOOKED_AT: usize = 1000;

/// A set of blueprints with the owners that came with it.
#[derive(Debug)]
pub(super) struct BlueprintEntry {
    pub(super) fleet: Fleet,
    owners: Vec<Source>,
    description: BlueprintSet,
}

/// All sets.
#[derive(Debug)]
pub(super) struct Blueprints {
    /// What each render for an owner may use.
    limits: Limits,
    pub(super) store: Store<BlueprintEntry>,
    pub(super) default: OnceLock<Digest>,
}

/// Which owners are wanted.
pub(super) struct OwnerFilter {
    /// In lower case.
    words: Vec<String>,
    state: Option<State>,
}

impl OwnerFilter {
    /// Those whose kind, namespace and name hold all of these words, in whatever case, and that are in this state.
    pub(super) fn new(search: &str, state: Option<State>) -> OwnerFilter {
        OwnerFilter { words: search.to_lowercase().split_whitespace().map(str::to_owned).collect(), state }
    }

    fn takes_name(&self, owner: &Source) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let object = &owner.object;
        let text = format!("{} {}/{}", object.kind_name(), object.namespace(), object.name()).to_lowercase();
        self.words.iter().all(|word| text.contains(word))
    }
}

/// What one owner gives.
pub(super) struct Stamped(Realized);

impl Blueprints {
    pub(super) fn new(bytes: usize, limits: &Limits) -> Blueprints {
        Blueprints {
            limits: limits.clone(),
            store: Store::new("set of blueprints", bytes),
            default: OnceLock::new(),
        }
    }

    /// Reads the set that belongs to the service.
    ///
    /// # Errors
    /// There is one already.
    pub(super) fn load(&self, files: &[PathBuf], observed: &[PathBuf]) -> Result<BlueprintSet, Problem> {
        let mut parts: Vec<Vec<u8>> = Vec::new();
        for path in files.iter().chain(observed) {
            for file in below(path, &[]).0 {
                parts.push(file.to_string_lossy().into_owned().into_bytes());
                parts.push(std::fs::read(&file).unwrap_or_default());
            }
        }
        let digest = Digest::of(parts.iter().map(Vec::as_slice));
        let bytes = parts.iter().map(Vec::len).sum::<usize>().saturating_mul(GROWTH);
        let (fleet, owners, problems) = Fleet::load(files, observed, Timestamp::now(), &self.limits);
        let problems = problems.iter().map(ToString::to_string).collect();
        let entry = Arc::new(BlueprintEntry::new(fleet, owners, problems, digest));
        let description = entry.description.clone();
        self.store.insert(digest, entry, bytes, true)?;
        _ = self.default.set(digest);
        Ok(description)
    }

    /// Registers a set; whether it is new.
    ///
    /// # Errors
    /// There is no room for it.
    pub(super) fn register(&self, request: &BlueprintSetRequest) -> Result<(BlueprintSet, bool), Problem> {
        let observed_text = request.observed.as_deref().unwrap_or_default();
        let digest = Digest::of([request.objects.as_bytes(), observed_text.as_bytes()]);
        if let Ok((_, entry)) = self.store.get(&digest.to_string()) {
            return Ok((entry.description.clone(), false));
        }
        let read = |name: &str, text: &str| {
            let mut loaded = Loaded::default();
            loaded.stream(name.into(), text.as_bytes());
            loaded
        };
        let (observed, observed_problems) = Observed::of(read("observed", observed_text));
        let (fleet, owners, mut problems) =
            Fleet::of(read("objects", &request.objects), observed, Timestamp::now(), &self.limits);
        problems.extend(observed_problems);
        let problems = problems.iter().map(ToString::to_string).collect();
        let bytes = (request.objects.len() + observed_text.len()).saturating_mul(GROWTH);
        let entry = Arc::new(BlueprintEntry::new(fleet, owners, problems, digest));
        let description = entry.description.clone();
        let is_new = self.store.insert(digest, entry, bytes, false)?;
        Ok((description, is_new))
    }
}

impl BlueprintEntry {
    fn new(fleet: Fleet, owners: Vec<Source>, problems: Vec<String>, digest: Digest) -> BlueprintEntry {
        let catalog = fleet.catalog();
        let kinds = [BlueprintKind::SupplyChain, BlueprintKind::Delivery];
        let blueprints = kinds.iter().flat_map(|kind| catalog.blueprints(*kind));
        let blueprints =
            blueprints.map(|known| format!("{} {}", known.blueprint.kind, known.name())).collect();
        let mut templates: Vec<String> = catalog
            .templates()
            .map(|known| format!("{} {}", known.kind().name(), known.template.metadata.name))
            .collect();
        templates.sort();
        let description = BlueprintSet {
            digest: digest.to_string(),
            blueprints,
            templates,
            owners: owners.len(),
            problems,
        };
        BlueprintEntry { fleet, owners, description }
    }

    pub(super) fn describe(&self) -> BlueprintSet {
        self.description.clone()
    }

    /// What comes of an owner.
    ///
    /// # Errors
    /// Cancelled.
    pub(super) fn stamp(&self, owner: &Source, cancel: &CancelToken) -> Result<Stamped, Problem> {
        Ok(Stamped(self.fleet.realize_with(owner, cancel)?))
    }

    /// Stamps all owners and writes what would be applied.
    ///
    /// # Errors
    /// An owner that cannot be read, or whose objects cannot be written; cancelled.
    pub(super) fn stamp_all(
        &self,
        owners: Vec<Source>,
        format: StyleFormat,
        cancel: &CancelToken,
    ) -> Result<Bytes, Problem> {
        let style = Style { format, with_status: false };
        let mut text = String::new();
        for owner in owners {
            let Stamped(realized) = self.stamp(&owner, cancel)?;
            if let Some(problem) = unread(&realized) {
                return Err(problem);
            }
            if let Some(error) = style.write(&mut text, &realized).into_iter().next() {
                return Err(error.into());
            }
            check_bytes(text.len())?;
        }
        let (before, behind) = style.frame(text.is_empty());
        Ok(if before.is_empty() && behind.is_empty() { text } else { format!("{before}{text}{behind}") }
            .into())
    }

    /// Stamps all owners: what came of each.
    ///
    /// # Errors
    /// As [`stamp_all`](BlueprintEntry::stamp_all).
    pub(super) fn results(
        &self,
        owners: Vec<Source>,
        cancel: &CancelToken,
    ) -> Result<Vec<OwnerResult>, Problem> {
        let mut results = Vec::new();
        let mut bytes = 0;
        for owner in owners {
            let result = self.stamp(&owner, cancel)?.result()?;
            bytes += result.objects.iter().map(|object| object.object.get().len()).sum::<usize>();
            check_bytes(bytes)?;
            results.push(result);
        }
        Ok(results)
    }

    /// A part of the owners that came with the set, and how far they are.
    ///
    /// # Errors
    /// Cancelled.
    pub(super) fn page(
        &self,
        filter: &OwnerFilter,
        from: usize,
        limit: usize,
        cancel: &CancelToken,
    ) -> Result<OwnerPage, Problem> {
        let mut items = Vec::new();
        let owners = self.owners.iter().enumerate().skip(from);
        let named = owners.filter(|(_, owner)| filter.takes_name(owner));
        for (stamped, (index, owner)) in named.enumerate() {
            if items.len() == limit || stamped == LOOKED_AT {
                return Ok(OwnerPage { items, next: Some(index.to_string()) });
            }
            let (state, summary) = self.summary(owner, cancel)?;
            if filter.state.is_none_or(|wanted| wanted == state) {
                items.push(summary);
            }
        }
        Ok(OwnerPage { items, next: None })
    }

    fn summary(&self, owner: &Source, cancel: &CancelToken) -> Result<(State, OwnerSummary), Problem> {
        let Stamped(realized) = self.stamp(owner, cancel)?;
        let root = realized.owners.first();
        let state = root.and_then(|root| root.state.as_ref());
        let message = match state {
            Some(state) => reason_of(state).1,
            None => realized.problems.first().map(|problem| problem.message.clone()),
        };
        let state = state.map_or(State::Failed, |state| state.state);
        let summary = OwnerSummary {
            kind: owner.object.kind_name().to_owned(),
            namespace: owner.object.namespace().to_owned(),
            name: owner.object.name().to_owned(),
            state: state.as_str().to_owned(),
            blueprint: root.and_then(|root| blueprint_name(&root.status)),
            message,
            resources: root.map_or(0, |root| root.objects.len()),
        };
        Ok((state, summary))
    }

    /// The chain of an owner that came with the set, and how far it is.
    ///
    /// # Errors
    /// There is no such owner; it has no blueprint; cancelled.
    pub(super) fn graph(
        &self,
        kind: &str,
        namespace: &str,
        name: &str,
        cancel: &CancelToken,
    ) -> Result<Graph, Problem> {
        let owner = self.owners.iter().find(|owner| {
            let object = &owner.object;
            object.kind_name().eq_ignore_ascii_case(kind)
                && object.namespace() == namespace
                && object.name() == name
        });
        let owner = owner.ok_or_else(|| {
            Problem::not_found(format!(
                "there is no owner {kind} {namespace}/{name} in this set of blueprints"
            ))
        })?;
        let Stamped(realized) = self.stamp(owner, cancel)?;
        let mut object = owner.object.clone();
        if let Some(root) = realized.owners.first() {
            object.set_status(Some(root.status.clone()));
        }
        let catalog = self.fleet.catalog();
        let kinds = [BlueprintKind::SupplyChain, BlueprintKind::Delivery];
        let blueprints = kinds.iter().flat_map(|kind| catalog.blueprints(*kind));
        let blueprint = blueprint_of(&object, blueprints.map(|known| -> &CompiledBlueprint { known }))?;
        Ok(Graph::new(blueprint, Some(&object))?)
    }
}

impl Stamped {
    /// What came of the owner.
    ///
    /// # Errors
    /// It could not be read, or objects cannot be written as JSON.
    pub(super) fn result(&self) -> Result<OwnerResult, Problem> {
        let Stamped(realized) = self;
        if let Some(problem) = unread(realized) {
            return Err(problem);
        }
        let root = realized.owners.first().ok_or_else(nothing)?;
        let state = root.state.as_ref().ok_or_else(nothing)?;
        let mut objects = Vec::new();
        for owner in &realized.owners {
            for stamped in &owner.objects {
                objects.push(StampedRecord {
                    resource: Some(stamped.resource.to_string()).filter(|name| !name.is_empty()),
                    object: raw(stamped.applied.node())
                        .map_err(|error| Problem::from(error.context(shown(&owner.key))))?,
                });
            }
        }
        let (reason, message) = reason_of(state);
        Ok(OwnerResult {
            owner: reference(&root.key),
            state: state.state.as_str().to_owned(),
            blueprint: blueprint_name(&root.status),
            reason,
            message,
            status: raw(&root.status)?,
            objects,
        })
    }
}

fn nothing() -> Problem {
    Error::new(ErrorKind::Internal, "Internal error: an owner without a state").into()
}

/// The problem of an owner that could not even be read.
fn unread(realized: &Realized) -> Option<Problem> {
    if realized.owners.first().is_some_and(|root| root.state.is_some()) {
        return None;
    }
    let problems: Vec<String> = realized.problems.iter().map(ToString::to_string).collect();
    Some(Error::new(ErrorKind::DataValues, problems.join("\n")).into())
}

fn check_bytes(bytes: usize) -> Result<(), Problem> {
    if bytes <= STAMPED_BYTES {
        return Ok(());
    }
    let message = format!("an answer of more than {STAMPED_BYTES} bytes: ask for a stream");
    Err(Error::new(ErrorKind::Limit(Limit::OutputBytes), message).into())
}

fn reason_of(state: &OwnerState) -> (Option<String>, Option<String>) {
    if state.state == State::Ready {
        return (None, None);
    }
    let set = |text: &str| Some(text.trim_end().to_owned()).filter(|text| !text.is_empty());
    (set(&state.reason), set(&state.message))
}

fn reference(key: &ObjectKey) -> OwnerReference {
    OwnerReference {
        kind: key.kind.kind.to_string(),
        namespace: key.namespace.to_string(),
        name: key.name.to_string(),
    }
}

/// The blueprint that a status names.
fn blueprint_name(status: &Node) -> Option<String> {
    let of = |reference| at(status, &[reference, "name"]).and_then(Node::as_str);
    of("supplyChainRef").or_else(|| of("deliveryRef")).map(ToOwned::to_owned)
}

fn raw(node: &Node) -> Result<Box<RawValue>, Error> {
    let mut text = String::new();
    json::write(&mut text, node)?;
    RawValue::from_string(text).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))
}

/// The owners in a body: YAML documents, a JSON object, an array or an object a line.
///
/// # Errors
/// What is none.
pub(super) fn owners(body: &Bytes) -> Result<Vec<Source>, Problem> {
    let file: Arc<str> = Arc::from("body");
    let entries = if body.trim_ascii_start().starts_with(b"[") {
        let array = json::read(body).map_err(|error| Problem::from(error.context("body")))?;
        let Node::Array(array) = array else { return Err(Problem::request("body: expected an array")) };
        let value = |node: &Node| {
            Entry::Value(Located { place: Place { file: Arc::clone(&file), line: 0 }, node: node.clone() })
        };
        array.items.iter().map(|item| value(&item.value)).collect()
    } else {
        let pieces = Pieces::new(Cursor::new(body.clone()), file);
        pieces.map(|piece| piece.map_or_else(Entry::Problem, Entry::Piece)).collect()
    };
    let mut owners = Vec::new();
    let mut wrong = Vec::new();
    for owner in (Batch { entries, bytes: 0 }).owners() {
        match owner {
            Ok(owner) => owners.push(owner),
            Err(problem) => wrong.push(problem.to_string()),
        }
    }
    match wrong.is_empty() {
        true => Ok(owners),
        false => Err(Error::new(ErrorKind::DataValues, wrong.join("\n")).into()),
    }
}

/// One owner of a stream.
///
/// # Errors
/// It is none.
pub(super) fn owner_of_line(line: &Bytes) -> Result<Source, Problem> {
    let mut owners = owners(line)?;
    match (owners.pop(), owners.is_empty()) {
        (Some(owner), true) => Ok(owner),
        _ => Err(Problem::new(Fault::Request, "expected one owner a line")),
    }
}
