//! Sorts objects into what supply chains are made of, who uses them, and the rest.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::observed::{RULES, RULES_GROUP};
use super::read::{Located, Pieces, below, read_all};
use super::{Place, Problem};
use crate::cluster::{Object, ObjectKey};
use crate::supply_chain::api::{BlueprintKind, GROUP, OwnerKind, TemplateKind, VERSION};

use crate::yaml::{Node, Pos};

/// The kind of runnables.
pub const RUNNABLE: &str = "Runnable";
/// The kind of run templates.
const RUN_TEMPLATE: &str = "ClusterRunTemplate";

/// The namespace of owners who name none, as with `kubectl`.
pub const DEFAULT_NAMESPACE: &str = "default";

/// An object and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Where it begins.
    pub place: Place,
    /// The object.
    pub object: Object,
}

impl Source {
    /// The place of a part of the object; that of the object where it is not known.
    pub fn place_of(&self, part: Pos) -> Place {
        let first = self.object.fields().items.first().map_or(Pos::UNKNOWN, |item| item.pos);
        if !part.is_known() || !first.is_known() {
            return self.place.clone();
        }
        // Positions count from the beginning of the document.
        let line = self.place.line + u64::from(part.line.saturating_sub(first.line));
        Place { line, ..self.place.clone() }
    }
}

/// What an object is to supply chains.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// A blueprint or a template.
    Catalog,
    /// A workload, a deliverable or a runnable.
    Owner,
    /// Rules for what is observed.
    Rules,
    /// A service account: whose rights are used does not matter without a cluster.
    ServiceAccount,
    /// Anything else.
    Other,
}

impl Role {
    /// The role of an object.
    ///
    /// # Errors
    /// A message about a kind of the API group that is not known.
    pub fn of(object: &Object) -> Result<Role, String> {
        let kind = object.kind_name();
        match (object.group(), kind) {
            (GROUP, _) if object.version() != VERSION => {
                Err(format!("{} of {kind} is not known: write {GROUP}/{VERSION}", object.api_version()))
            }
            (GROUP, RUNNABLE) => Ok(Role::Owner),
            (GROUP, RUN_TEMPLATE) => Ok(Role::Catalog),
            (GROUP, kind) if OwnerKind::of(kind).is_some() => Ok(Role::Owner),
            (GROUP, kind) if BlueprintKind::of(kind).is_some() || TemplateKind::of(kind).is_some() => {
                Ok(Role::Catalog)
            }
            (GROUP, kind) => Err(format!("{GROUP} has no kind {kind}")),
            (RULES_GROUP, RULES) => Ok(Role::Rules),
            ("", "ServiceAccount") => Ok(Role::ServiceAccount),
            _ => Ok(Role::Other),
        }
    }
}

/// What files hold.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Blueprints and templates.
    pub catalog: Vec<Source>,
    /// Workloads, deliverables and runnables.
    pub owners: Vec<Source>,
    /// Rules for what is observed.
    pub rules: Vec<Source>,
    /// Everything else but service accounts.
    pub others: Vec<Source>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    seen: HashMap<ObjectKey, Place>,
}

impl Loaded {
    /// Reads all files that paths name; those below `except` are left out.
    pub fn read(paths: &[PathBuf], except: &[PathBuf]) -> Loaded {
        let mut loaded = Loaded::default();
        for path in paths {
            let (files, problems) = below(path, except);
            loaded.problems.extend(problems);
            for file in files {
                loaded.file(&file);
            }
        }
        loaded
    }

    fn file(&mut self, path: &Path) {
        let name: Arc<str> = Arc::from(&*path.to_string_lossy());
        let input = match File::open(path) {
            Ok(input) => input,
            Err(error) => {
                let place = Place { file: name, line: 0 };
                return self.problems.push(Problem::error(place, format!("cannot be read: {error}")));
            }
        };
        self.stream(name, BufReader::new(input));
    }

    /// Reads the objects of a stream; `file` is what messages call it.
    pub fn stream(&mut self, file: Arc<str>, input: impl BufRead) {
        for piece in Pieces::new(input, file) {
            match piece {
                Ok(piece) => read_all(&piece).into_iter().for_each(|found| match found {
                    Ok(found) => self.add(found),
                    Err(problem) => self.problems.push(problem),
                }),
                Err(problem) => self.problems.push(problem),
            }
        }
    }

    fn add(&mut self, found: Located) {
        let sorted = object_of(found).and_then(|source| match Role::of(&source.object) {
            Ok(role) => Ok((role, source)),
            Err(message) => Err(Problem::error(source.place, message)),
        });
        let (role, source) = match sorted {
            Ok(sorted) => sorted,
            Err(problem) => return self.problems.push(problem),
        };
        // Rules have no identity, and of others the cluster keeps the last, as it does when they are applied.
        if matches!(role, Role::Catalog | Role::Owner) {
            let key = source.object.key();
            if let Some(first) = self.seen.get(&key) {
                let message = format!("{} {} is there already, at {first}", key.kind.kind, shown(&key));
                return self.problems.push(Problem::error(source.place, message));
            }
            self.seen.insert(key, source.place.clone());
        }
        match role {
            Role::Catalog => self.catalog.push(source),
            Role::Owner => self.owners.push(source),
            Role::Rules => self.rules.push(source),
            Role::Other => self.others.push(source),
            Role::ServiceAccount => {}
        }
    }
}

fn shown(key: &ObjectKey) -> String {
    if key.namespace.is_empty() { key.name.to_string() } else { format!("{}/{}", key.namespace, key.name) }
}

/// A value as an object: it has a kind, a version and a name; owners have a namespace.
///
/// # Errors
/// What it lacks.
pub fn object_of(found: Located) -> Result<Source, Problem> {
    let Located { place, node } = found;
    let mut object = match Object::try_from(node) {
        Ok(object) => object,
        Err(error) => return Err(Problem::error(place, error.to_string())),
    };
    let is_rules = object.group() == RULES_GROUP;
    let missing = if object.kind_name().is_empty() {
        Some("kind")
    } else if object.api_version().is_empty() {
        Some("apiVersion")
    } else if object.name().is_empty() && object.generate_name().is_empty() && !is_rules {
        Some("metadata.name")
    } else {
        None
    };
    if let Some(field) = missing {
        let what = if object.kind_name().is_empty() { "this" } else { object.kind_name() };
        let has = match object.get_path(&field.split('.').collect::<Vec<_>>()) {
            None | Some(Node::Null) => "no",
            Some(Node::Str(_)) => "an empty",
            Some(_) => "no text as",
        };
        return Err(Problem::error(place, format!("{what} has {has} {field}")));
    }
    if matches!(Role::of(&object), Ok(Role::Owner)) && object.namespace().is_empty() {
        object.set_namespace(DEFAULT_NAMESPACE);
    }
    Ok(Source { place, object })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::Loaded;

    #[test]
    fn objects_are_sorted_and_what_is_wrong_is_told_with_its_place() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("a.yaml");
        let text = "\
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: a}
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: a, namespace: default}
---
apiVersion: carto.run/v1
kind: Workload
metadata: {name: b}
---
apiVersion: carto.run/v1alpha1
kind: ClusterChain
metadata: {name: c}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: default}
---
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: run}
---
apiVersion: v1
kind: ConfigMap
---
- 1
---
a: 1
---
kind: ConfigMap
metadata: {name: []}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: [1]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
";
        std::fs::write(&file, text).unwrap();
        let loaded = Loaded::read(&[place.path().to_owned(), "none.yaml".into()], &[]);
        let root = format!("{}/", place.path().display());
        let problems: Vec<_> =
            loaded.problems.iter().map(|problem| problem.to_string().replace(&root, "")).collect();
        assert_eq!(
            problems,
            [
                "a.yaml:5: error: Workload default/a is there already, at a.yaml:1",
                "a.yaml:9: error: carto.run/v1 of Workload is not known: write carto.run/v1alpha1",
                "a.yaml:13: error: carto.run has no kind ClusterChain",
                "a.yaml:25: error: ConfigMap has no metadata.name",
                "a.yaml:28: error: expected an object, found array",
                "a.yaml:30: error: this has no kind",
                "a.yaml:32: error: ConfigMap has no apiVersion",
                "a.yaml:35: error: ConfigMap has no text as metadata.name",
                "none.yaml: error: cannot be read: No such file or directory (os error 2)",
            ]
        );
        let counts = [loaded.catalog.len(), loaded.owners.len(), loaded.rules.len(), loaded.others.len()];
        assert_eq!(counts, [1, 1, 0, 1]);
        assert_eq!(loaded.owners[0].object.namespace(), "default");
    }
}
