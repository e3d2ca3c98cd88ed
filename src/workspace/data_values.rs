//! Data values: which documents give them, and how they are put over one another.
//!
//! Source of the order: the reference's `pkg/workspace/data_values_pre_processing.go`.

use std::collections::HashSet;
use std::sync::Arc;

use starlark::environment::Module;

use super::library::{FileIndex, Libraries, Listed};
use super::session::{Place, Session};
use super::{FileKind, Inspect, ValuesLayer, ValuesMerge};
use crate::error::{Error, ErrorKind, Result};
use crate::template::annotation;
use crate::template::run::Run;
use crate::yaml::{Array, ArrayItem, Comment, Document, DocumentSet, Map, MapItem, Node};

const VALUES: &str = "data/values";
const SCHEMA: &str = "data/values-schema";

/// The data values of a run.
pub(crate) struct Taken {
    /// What was asked to be inspected; the values otherwise.
    pub(crate) document: Document,
    /// The files that held values or schemas: they are no part of the output.
    pub(crate) files: HashSet<FileIndex>,
}

/// Evaluates the documents that give data values, and lets code see the result.
pub(crate) fn evaluate(
    session: &Arc<Session>,
    layers: &[ValuesLayer],
    inspect: Inspect,
    module: &Module<'_>,
) -> Result<Taken> {
    let run = Run::of_module(module).map_err(|error| Error::new(ErrorKind::Internal, error.message()))?;
    let schemas = annotated(session, SCHEMA)?;
    let mut base: Option<Document> = None;
    for listed in &schemas {
        for document in documents(session, listed, SCHEMA, module)? {
            let value = defaults(&document.value, run);
            let merged = match base.take() {
                Some(under) => merge_over(session, run, under.value, value, &schemas, layers)?,
                None => value,
            };
            base = Some(Document { value: merged, ..Document::default() });
        }
    }
    let files = annotated(session, VALUES)?;
    for listed in &files {
        for document in documents(session, listed, VALUES, module)? {
            let merged = match base.take() {
                Some(under) => merge_over(session, run, under.value, document.value, &files, layers)?,
                None => document.value,
            };
            base = Some(Document { value: merged, ..Document::default() });
        }
    }
    let empty = Node::Map(Arc::default());
    let mut value = base.map_or(empty, |document| document.value);
    for layer in layers.iter().filter(|layer| layer.library.is_empty()) {
        let replace = match layer.merge {
            ValuesMerge::Plain => None,
            ValuesMerge::Key(depth) => Some(depth),
        };
        value = put_over(&value, &layer.document.value, replace);
    }
    session.set_values(value.clone());
    let taken = schemas.iter().chain(&files).map(|listed| listed.file).collect();
    let _ = inspect;
    Ok(Taken { document: Document { value, ..Document::default() }, files: taken })
}

/// The template files with documents of this annotation, in the order they are put over one another.
fn annotated(session: &Session, name: &str) -> Result<Vec<Listed>> {
    let mut found = Vec::new();
    for listed in session.libraries.list(Libraries::ROOT) {
        let Some(file) = session.files.get(listed.file) else {
            continue;
        };
        if file.kind() != FileKind::Yaml || !file.is_template() {
            continue;
        }
        let set = session.parse(listed.file)?;
        check_only_documents(session, &set, name)?;
        if split(&set, name)?.0.next().is_some() {
            found.push(listed);
        }
    }
    found.sort_by_key(|listed| listed.file);
    Ok(found)
}

type Documents<'a> = Box<dyn Iterator<Item = &'a Document> + 'a>;

/// The documents with the annotation, and those without.
fn split<'a>(set: &'a DocumentSet, name: &'a str) -> Result<(Documents<'a>, Documents<'a>)> {
    let count = |document: &Document| annotation::count(document.notes.comments(), name);
    if set.items.iter().any(|document| count(document) > 1) {
        let message = format!("{name} annotation may only be used once per document");
        return Err(Error::new(ErrorKind::DataValues, message));
    }
    let with = set.items.iter().filter(move |document| count(document) == 1);
    let without = set.items.iter().filter(move |document| count(document) == 0);
    Ok((Box::new(with), Box::new(without)))
}

/// The annotation belongs to documents only.
fn check_only_documents(session: &Session, set: &DocumentSet, name: &str) -> Result<()> {
    let refuse = |comments: &[Comment], what: &str, pos| {
        if annotation::count(comments, name) == 0 {
            return Ok(());
        }
        let place = session.file_table().show(pos);
        Err(Error::new(
            ErrorKind::DataValues,
            format!("Found @{name} on {what} ({place}); only documents (---) can be annotated with @{name}"),
        ))
    };
    refuse(set.notes.comments(), "document set", set.pos)?;
    let mut pending: Vec<&Node> = set.items.iter().map(|document| &document.value).rev().collect();
    while let Some(node) = pending.pop() {
        match node {
            Node::Map(map) => {
                for item in &map.items {
                    refuse(item.notes.comments(), "map item", item.pos)?;
                }
                pending.extend(map.items.iter().rev().map(|item| &item.value));
            }
            Node::Array(array) => {
                for item in &array.items {
                    refuse(item.notes.comments(), "array item", item.pos)?;
                }
                pending.extend(array.items.iter().rev().map(|item| &item.value));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The evaluated documents of a file that have the annotation.
fn documents(session: &Session, listed: &Listed, name: &str, module: &Module<'_>) -> Result<Vec<Document>> {
    let path = session.files.get(listed.file).map(|file| file.path().to_owned()).unwrap_or_default();
    let inner = || {
        let place = Place { current: listed.library, root: Libraries::ROOT };
        let set = session.eval_yaml(listed.file, place, module)?.result;
        let (with, without) = split(&set, name)?;
        if without.into_iter().any(|document| !crate::yaml::is_empty(&document.value)) {
            let what = if name == VALUES {
                format!("Expected data values file '{path}' to only have data values documents")
            } else {
                format!("Expected schema file '{path}' to only have schema documents")
            };
            return Err(Error::new(ErrorKind::DataValues, what));
        }
        Ok(with.cloned().collect())
    };
    inner().map_err(|error: Error| {
        let order = if name == VALUES { "data values" } else { "data values schema" };
        error
            .context(format!("Templating file '{path}'"))
            .context(format!("Overlaying {order} (in following order: {path})"))
    })
}

/// The values a schema document stands for when none are given.
fn defaults(node: &Node, run: &Run<'_>) -> Node {
    match node {
        Node::Map(map) => Node::Map(Arc::new(Map {
            items: map
                .items
                .iter()
                .map(|item| {
                    let annotations = item.notes.annotations;
                    let value = if run.has(annotations, "schema/nullable") {
                        Node::Null
                    } else if run.has(annotations, "schema/type") {
                        item.value.clone()
                    } else {
                        defaults(&item.value, run)
                    };
                    MapItem { value, ..item.clone() }
                })
                .collect(),
            ..Map::clone(map)
        })),
        Node::Array(array) => Node::Array(Arc::new(Array { items: Vec::new(), ..Array::clone(array) })),
        scalar => scalar.clone(),
    }
}

fn merge_over(
    session: &Session,
    run: &Run<'_>,
    under: Node,
    over: Node,
    files: &[Listed],
    layers: &[ValuesLayer],
) -> Result<Node> {
    merge(session, run, &under, &over, false).map_err(|error| {
        let mut names: Vec<String> = files.iter().map(|listed| listed.path.clone()).collect();
        if !layers.is_empty() {
            names.push("additional data values".to_owned());
        }
        error.context(format!("Overlaying data values (in following order: {})", names.join(", ")))
    })
}

/// A values document over what is below it: maps item by item, arrays appended.
fn merge(session: &Session, run: &Run<'_>, under: &Node, over: &Node, missing_ok: bool) -> Result<Node> {
    match (under, over) {
        (Node::Map(under), Node::Map(over)) => {
            let mut items = under.items.clone();
            for item in &over.items {
                let annotations = item.notes.annotations;
                let kwargs = run.kwargs(annotations, "overlay/match").unwrap_or_default();
                let own = kwargs.iter().any(|(name, value)| name == "missing_ok" && value.to_bool());
                let kwargs = run.kwargs(annotations, "overlay/match-child-defaults").unwrap_or_default();
                let below = kwargs.iter().any(|(name, value)| name == "missing_ok" && value.to_bool());
                match items.iter_mut().find(|old| old.key == item.key) {
                    Some(old) if run.has(annotations, "overlay/replace") => old.value = item.value.clone(),
                    Some(_) if run.has(annotations, "overlay/remove") => {
                        items.retain(|old| old.key != item.key);
                    }
                    Some(old) => {
                        old.value = merge(session, run, &old.value, &item.value, missing_ok || below)?;
                        old.pos = item.pos;
                    }
                    None if own || missing_ok => items.push(item.clone()),
                    None => {
                        let table = session.file_table();
                        return Err(Error::new(
                            ErrorKind::DataValues,
                            format!(
                                "Map item (key '{}') on line {}: Expected number of matched nodes to be 1, but was 0",
                                item.key.as_str().unwrap_or_default(),
                                table.show(item.pos)
                            ),
                        ));
                    }
                }
            }
            Ok(Node::Map(Arc::new(Map { items, ..Map::clone(under) })))
        }
        (Node::Array(under), Node::Array(over)) => {
            let items: Vec<ArrayItem> = under.items.iter().chain(&over.items).cloned().collect();
            Ok(Node::Array(Arc::new(Array { items, ..Array::clone(under) })))
        }
        (_, over) => Ok(over.clone()),
    }
}

/// A layer of a flag over what is below it. Keys are added where they are missing; with `replace`,
/// the value that many keys down takes the place of what is there.
fn put_over(under: &Node, over: &Node, replace: Option<usize>) -> Node {
    let (Node::Map(under), Node::Map(over), false) = (under, over, replace == Some(0)) else {
        return over.clone();
    };
    let mut items = under.items.clone();
    for item in &over.items {
        match items.iter_mut().find(|old| old.key == item.key) {
            Some(old) => {
                old.value = put_over(&old.value, &item.value, replace.map(|depth| depth - 1));
                old.pos = item.pos;
            }
            None => items.push(item.clone()),
        }
    }
    Node::Map(Arc::new(Map { items, ..Map::clone(under) }))
}
