//! What other controllers would say of stamped objects, so that a chain runs to its end without them.
//!
//! Two things stand for other controllers: real objects, as `kubectl get -o yaml` prints them, which are
//! there before anything is stamped; and rules, which give a status to objects that have no real one. The
//! format of rules is described in `docs/observed.md`.

mod rule;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use self::rule::Rule;
use super::load::{Loaded, Source};
use super::{Place, Problem};
use crate::cluster::{Object, ObjectKey, merge_patch};
use crate::limits::CancelToken;
use crate::renderer::Renderer;
use crate::yaml::{Map, Node, Text};

/// The API group of rules.
pub const RULES_GROUP: &str = "stampmill";
/// `apiVersion` of rules.
pub const RULES_API_VERSION: &str = "stampmill/v1alpha1";
/// The kind of rules.
pub const RULES: &str = "ObservedRules";

/// What is observed of stamped objects.
#[derive(Debug, Default)]
pub struct Observed {
    /// By kind, in the order they were read.
    rules: HashMap<Text, Vec<Rule>>,
    /// Objects that are there before anything is stamped.
    pub objects: Vec<Source>,
    /// Those of them that have a status, which no rule changes.
    real: HashSet<ObjectKey>,
    renderer: Renderer,
}

impl Observed {
    /// Reads real objects and rules from files and folders.
    pub fn read(paths: &[PathBuf]) -> (Observed, Vec<Problem>) {
        Observed::of(Loaded::read(paths, &[]))
    }

    /// Takes real objects and rules from what files hold.
    pub fn of(loaded: Loaded) -> (Observed, Vec<Problem>) {
        let Loaded { catalog, owners, rules, others, mut problems, .. } = loaded;
        let mut observed = Observed::default();
        for source in &rules {
            observed.add_rules(source, &mut problems);
        }
        for source in catalog {
            let kind = source.object.kind_name();
            let message = format!("a {kind} is not observed: give it with --filename");
            problems.push(Problem::warning(source.place.clone(), message));
        }
        observed.objects = others;
        observed.objects.extend(owners);
        let with_status = observed.objects.iter().filter(|source| source.object.status().is_some());
        observed.real = with_status.map(|source| source.object.key()).collect();
        (observed, problems)
    }

    /// Adds the rules of an object of kind `ObservedRules`. Rules that cannot be used are left out.
    pub fn add_rules(&mut self, source: &Source, problems: &mut Vec<Problem>) {
        if source.object.api_version() != RULES_API_VERSION {
            let message = format!("{} is not known: write {RULES_API_VERSION}", source.object.api_version());
            return problems.push(Problem::error(source.place.clone(), message));
        }
        let known = ["apiVersion", "kind", "metadata", "rules"];
        rule::warn_of_unknown(source.object.fields(), &known, source, problems);
        let Some(Node::Array(rules)) = source.object.get("rules") else {
            return problems.push(Problem::error(source.place.clone(), "rules: expected an array of rules"));
        };
        for item in &rules.items {
            let place = source.place_of(item.pos);
            match &item.value {
                Node::Map(rule) => match Rule::read(rule, place, source, &self.renderer, problems) {
                    Ok(rule) => self.rules.entry(rule.kind.clone()).or_default().push(rule),
                    Err(problem) => problems.push(problem),
                },
                _ => problems.push(Problem::error(place, "a rule is a map with match and status or ytt")),
            }
        }
    }

    /// How many rules there are.
    pub fn rules(&self) -> usize {
        self.rules.values().map(Vec::len).sum()
    }

    /// The status that the rules give to an object: that of the first rule that matches, over which go those
    /// of later ones (as a JSON merge patch). None where no rule matches, or the status is real. Beside it
    /// the rules that cannot be evaluated for this object.
    pub fn status(&self, object: &Object) -> (Option<Node>, Vec<Failed<'_>>) {
        self.status_with(object, None)
    }

    /// [`status`](Observed::status), until somebody cancels it: then rules fail that are ytt.
    pub fn status_with(
        &self,
        object: &Object,
        cancel: Option<&CancelToken>,
    ) -> (Option<Node>, Vec<Failed<'_>>) {
        let mut failures = Vec::new();
        let Some(rules) = self.rules.get(object.kind_name()) else { return (None, failures) };
        if !self.real.is_empty() && self.real.contains(&object.key()) {
            return (None, failures);
        }
        let mut status: Option<Node> = None;
        for rule in rules.iter().filter(|rule| rule.matches(object)) {
            match (rule.evaluate(object, &self.renderer, cancel), &mut status) {
                (Ok(new), None) => status = Some(new),
                (Ok(new), Some(status)) => merge_patch::apply(status, &new),
                (Err(message), _) => failures.push(Failed { place: &rule.place, message }),
            }
        }
        (status, failures)
    }
}

/// A rule that cannot be evaluated for an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Failed<'a> {
    /// Where the rule stands.
    pub place: &'a Place,
    /// Why.
    pub message: String,
}

/// A value of a map that may be missing, where null is as good as missing.
fn field<'a>(map: &'a Map, name: &str) -> Option<&'a Node> {
    map.get(name).filter(|value| !matches!(value, Node::Null))
}

#[cfg(test)]
mod tests;
