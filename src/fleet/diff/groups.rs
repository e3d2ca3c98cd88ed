//! Differences by their shapes.

use std::collections::HashMap;

use super::changes::{ChangeKind, changes};
use super::shape::Names;
use crate::cluster::{Object, ObjectKey};
use crate::fleet::realize::{OwnerState, StampedObject};
use crate::template_tests::diff as lines;
use crate::yaml::{Node, Text};

/// How many owners a group names.
const NAMED: usize = 10;

/// What happened to objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum What {
    /// They are stamped now.
    Added,
    /// They are no longer stamped.
    Removed,
    /// They are stamped otherwise.
    Changed,
}

impl What {
    /// In one word.
    pub fn as_str(self) -> &'static str {
        match self {
            What::Added => "added",
            What::Removed => "removed",
            What::Changed => "changed",
        }
    }
}

/// What a change of a shape does to values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Where, with `<name>` and `<namespace>` of the owner.
    pub path: String,
    /// What.
    pub kind: ChangeKind,
    /// The value before, as JSON, if it is the same for all.
    pub from: Option<String>,
    /// The value after, as JSON, if it is the same for all.
    pub to: Option<String>,
}

/// Objects that change in the same way.
#[derive(Clone, PartialEq, Debug)]
pub struct Group {
    /// What happened to them.
    pub what: What,
    /// Their `apiVersion` and kind: `apps/v1 Deployment`.
    pub kind: String,
    /// The resource of the blueprint.
    pub resource: String,
    /// What changes; empty if they are new or gone.
    pub lines: Vec<Line>,
    /// How many objects.
    pub objects: u64,
    /// How many owners.
    pub owners: u64,
    /// Some of the owners: `Workload team/web`.
    pub names: Vec<String>,
    /// The name of one of the objects.
    pub example: String,
    /// How that changes, as lines with `-` and `+`.
    pub diff: String,
    last_owner: String,
}

/// Owners whose state changes in the same way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateGroup {
    /// Before: `ready`, or `failed: Reason`; `not there` for owners that are no longer stamped.
    pub from: String,
    /// After.
    pub to: String,
    /// How many.
    pub owners: u64,
    /// Some of them.
    pub names: Vec<String>,
    /// What one of them says now.
    pub message: String,
}

/// What differs between two versions.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Difference {
    /// By shapes; sorted, those with most objects first.
    pub groups: Vec<Group>,
    /// Owners whose state changes.
    pub states: Vec<StateGroup>,
    /// All owners, those that are stamped for others included.
    pub owners: u64,
    /// Owners of which anything changes.
    pub changed_owners: u64,
    /// Objects stamped before.
    pub before: u64,
    /// Objects stamped after.
    pub after: u64,
    /// Problems that kept something from being compared.
    pub errors: u64,
    index: HashMap<String, usize>,
}

/// Two objects, or one that has no other.
pub(super) struct Pair {
    pub(super) before: Option<StampedObject>,
    pub(super) after: Option<StampedObject>,
}

/// What differs for an owner.
pub(super) struct OwnerDifference {
    pub(super) key: ObjectKey,
    pub(super) before: Option<OwnerState>,
    pub(super) after: Option<OwnerState>,
    /// How many objects there were, and how many there are.
    pub(super) objects: (u64, u64),
    /// Those that differ.
    pub(super) pairs: Vec<Pair>,
}

impl Difference {
    /// Whether anything does.
    pub fn is_any(&self) -> bool {
        !self.groups.is_empty() || !self.states.is_empty()
    }

    /// How many objects of what happened to them.
    pub fn count(&self, what: What) -> u64 {
        self.groups.iter().filter(|group| group.what == what).map(|group| group.objects).sum()
    }

    pub(super) fn add(&mut self, owner: &OwnerDifference) {
        self.owners += 1;
        self.before += owner.objects.0;
        self.after += owner.objects.1;
        let name = shown(&owner.key);
        let states = (state(owner.before.as_ref()), state(owner.after.as_ref()));
        let is_other = states.0 != states.1;
        if is_other {
            let message = owner.after.as_ref().map(|state| state.message.clone()).unwrap_or_default();
            self.add_state(states, &name, message);
        }
        for pair in &owner.pairs {
            self.add_pair(pair, &owner.key, &name);
        }
        self.changed_owners += u64::from(is_other || !owner.pairs.is_empty());
    }

    fn add_state(&mut self, (from, to): (String, String), name: &str, message: String) {
        match self.states.iter_mut().find(|group| group.from == from && group.to == to) {
            Some(group) => {
                group.owners += 1;
                if group.names.len() < NAMED {
                    group.names.push(name.to_owned());
                }
            }
            None => {
                self.states.push(StateGroup { from, to, owners: 1, names: vec![name.to_owned()], message })
            }
        }
    }

    fn add_pair(&mut self, pair: &Pair, key: &ObjectKey, owner: &str) {
        let (what, one) = match (&pair.before, &pair.after) {
            (Some(_), Some(after)) => (What::Changed, after),
            (Some(before), None) => (What::Removed, before),
            (None, Some(after)) => (What::Added, after),
            (None, None) => return,
        };
        let node =
            |side: &Option<StampedObject>| side.as_ref().map_or(Node::Null, |one| one.applied.node().clone());
        let (before, after) = (node(&pair.before), node(&pair.after));
        let names = Names { name: &key.name, namespace: &key.namespace };
        let kind = format!("{} {}", one.applied.api_version(), one.applied.kind_name());
        let changes = if what == What::Changed { changes(&before, &after) } else { Vec::new() };
        let mut lines: Vec<Line> = changes
            .iter()
            .map(|change| Line {
                path: names.path(change),
                kind: change.kind,
                from: Some(names.value(&change.from)),
                to: Some(names.value(&change.to)),
            })
            .collect();
        lines.sort_by(|a, b| (&a.path, a.kind).cmp(&(&b.path, b.kind)));
        let mut shape = format!("{}\n{kind}\n{}", what.as_str(), one.resource);
        for line in &lines {
            shape.push_str(&format!("\n{}{}", line.kind.sign(), line.path));
        }
        if let Some(group) = self.index.get(&shape).and_then(|index| self.groups.get_mut(*index)) {
            group.add(&lines, owner);
            return;
        }
        self.index.insert(shape, self.groups.len());
        self.groups.push(Group {
            what,
            kind,
            resource: one.resource.to_string(),
            lines,
            objects: 1,
            owners: 1,
            names: vec![owner.to_owned()],
            example: object_name(&one.applied),
            diff: match what {
                What::Changed => lines::diff(&before, &after),
                What::Added => marked('+', &after),
                What::Removed => marked('-', &before),
            },
            last_owner: owner.to_owned(),
        });
    }

    /// Sorts what was collected.
    pub(super) fn sort(&mut self) {
        self.index.clear();
        self.groups.sort_by_key(|group| std::cmp::Reverse(group.objects));
        self.states.sort_by_key(|group| std::cmp::Reverse(group.owners));
    }
}

impl Group {
    fn add(&mut self, lines: &[Line], owner: &str) {
        self.objects += 1;
        if self.last_owner != owner {
            owner.clone_into(&mut self.last_owner);
            self.owners += 1;
            if self.names.len() < NAMED {
                self.names.push(owner.to_owned());
            }
        }
        for (known, line) in self.lines.iter_mut().zip(lines) {
            if known.from != line.from {
                known.from = None;
            }
            if known.to != line.to {
                known.to = None;
            }
        }
    }
}

fn marked(sign: char, node: &Node) -> String {
    lines::text(node).lines().map(|line| format!("{sign}{line}\n")).collect()
}

/// `Deployment web`
fn object_name(object: &Object) -> String {
    let name = match object.name() {
        "" => format!("{}…", object.generate_name()),
        name => name.to_owned(),
    };
    format!("{} {}/{name}", object.kind_name(), object.namespace())
}

/// `Workload team/web`
pub(super) fn shown(key: &ObjectKey) -> String {
    format!("{} {}/{}", key.kind.kind, key.namespace, key.name)
}

fn state(state: Option<&OwnerState>) -> String {
    match state {
        None => "not there".to_owned(),
        Some(state) if state.reason.is_empty() || state.reason == "Ready" => state.state.as_str().to_owned(),
        Some(state) => format!("{}: {}", state.state.as_str(), state.reason),
    }
}

/// What two objects must have in common to be versions of one another.
pub(super) fn identity(object: &StampedObject) -> (Text, String, String) {
    let applied = &object.applied;
    let name = if applied.name().is_empty() { applied.generate_name() } else { applied.name() };
    let kind = format!("{} {}", applied.group(), applied.kind_name());
    (object.resource.clone(), kind, name.to_owned())
}
