//! Data values: which documents give them, and how they are put over one another.
//!
//! Source of the order: the reference's `pkg/workspace/data_values_pre_processing.go`.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use starlark::environment::Module;

use super::compilation::Place;
use super::execution::Execution;
use super::library::{FileIndex, Listed};
use super::overlays;
use super::session::{ForLibraries, Scope, Session};
use super::{FileKind, LibraryRef, ValuesLayer, ValuesMerge};
use crate::engine::convert;
use crate::error::{Error, ErrorKind, Result};
use crate::overlay::{Settled, Style};
use crate::schema::Schema;
use crate::template::run::Run;
use crate::template::{annotation, program};
use crate::yaml::{Comment, Document, DocumentSet, Known, Node};

const LIBRARY_REF: &str = "library/ref";
const VALUES: &str = "data/values";
const SCHEMA: &str = "data/values-schema";

/// A document that gives data values or a schema, and the library it is for.
#[derive(Clone, Debug)]
pub(crate) struct ValuesDocument {
    /// The rest of the way to the library; empty for the one at hand.
    pub(crate) library: Vec<LibraryRef>,
    pub(crate) document: Document,
    /// How the document is put over what is below it.
    pub(crate) merge: Style,
    /// `after_library_module=True`: over what the library module is given.
    pub(crate) after_library_module: bool,
    /// The whole way, for messages.
    full: Vec<LibraryRef>,
    used: Arc<AtomicBool>,
}

impl ValuesDocument {
    /// A document for the library at hand.
    pub(crate) fn new(document: Document, merge: Style) -> ValuesDocument {
        ValuesDocument {
            library: Vec::new(),
            document,
            merge,
            after_library_module: false,
            full: Vec::new(),
            used: Arc::default(),
        }
    }

    /// A layer that a flag gave.
    pub(crate) fn of_layer(layer: ValuesLayer) -> ValuesDocument {
        let merge = match layer.merge {
            ValuesMerge::Plain => Style::Plain,
            ValuesMerge::Key(depth) => Style::Key(depth),
        };
        let full = layer.library.clone();
        ValuesDocument { library: layer.library, full, ..ValuesDocument::new(layer.document, merge) }
    }

    /// A document of a file, with the library its annotations name.
    fn annotated(document: Document, run: &Run<'_>) -> Result<ValuesDocument> {
        let wrong = |message: String| Error::new(ErrorKind::DataValues, message);
        let annotations = document.notes.annotations;
        let mut library = Vec::new();
        if let Some(args) = run.args(annotations, LIBRARY_REF) {
            let [reference] = args.as_slice() else {
                return Err(wrong(format!(
                    "Expected {LIBRARY_REF} annotation to have one arg, got {}",
                    args.len()
                )));
            };
            let text = reference
                .unpack_str()
                .ok_or_else(|| wrong(format!("expected a string, but was {}", reference.get_type())))?;
            library = LibraryRef::parse(text)
                .map_err(|error| error.context(format!("Annotation {LIBRARY_REF}")))?;
        }
        let mut after_library_module = false;
        for (name, value) in run.kwargs(annotations, VALUES).unwrap_or_default() {
            if name != "after_library_module" {
                return Err(wrong(format!("Unknown kwarg {name} for annotation {VALUES}")));
            }
            after_library_module = value.unpack_bool().ok_or_else(|| {
                wrong(format!("expected starlark.Bool, but was {}", convert::go_value_type(value)))
            })?;
            if library.is_empty() {
                return Err(wrong(format!(
                    "Annotation {VALUES}: Expected kwarg 'after_library_module' to be used with \
                     {LIBRARY_REF} annotation"
                )));
            }
        }
        let full = library.clone();
        let base = ValuesDocument::new(document, Style::Annotated);
        Ok(ValuesDocument { library, after_library_module, full, ..base })
    }

    /// What of the document a library takes: itself one step nearer to its goal.
    pub(crate) fn for_library(&self, name: &LibraryRef) -> Option<ValuesDocument> {
        let mut taken = ValuesDocument { used: Arc::default(), ..self.clone() };
        if let Some(first) = self.library.first() {
            if !first.matches(&name.path, &name.alias) {
                return None;
            }
            taken.library.remove(0);
        }
        self.used.store(true, Ordering::Relaxed);
        Some(taken)
    }
}

/// Fails if documents for libraries were not used by any.
pub(crate) fn check_used(for_libraries: &ForLibraries, session: &Session) -> Result<()> {
    let ForLibraries { values, schemas } = for_libraries;
    let unused = |documents: &[ValuesDocument], what: &str| -> Vec<String> {
        documents
            .iter()
            .filter(|document| !document.used.load(Ordering::Relaxed))
            .map(|document| {
                let way: Vec<String> = document.full.iter().map(ToString::to_string).collect();
                let pos = document.document.pos;
                let place = session.file_table().show(pos);
                let line = if pos.is_known() { format!("line {place}") } else { place };
                format!("{what} belonging to library '@{}' on {line}", way.join("@"))
            })
            .collect()
    };
    let mut descriptions = unused(values, "Data Value");
    let mut kinds = Vec::new();
    if !descriptions.is_empty() {
        kinds.push("data values");
    }
    let unused_schemas = unused(schemas, "Schema");
    if !unused_schemas.is_empty() {
        kinds.push("schema");
    }
    descriptions.extend(unused_schemas);
    if descriptions.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::DataValues,
        format!(
            "Expected all provided library {} documents to be used but found unused: {}",
            kinds.join(", and "),
            descriptions.join(", ")
        ),
    ))
}

/// The schema of a library's data values.
pub(crate) struct DeclaredSchema<'v> {
    pub(crate) schema: Schema<'v>,
    /// The files that declare it.
    files: Arc<[Listed]>,
    /// What the files declare for other libraries.
    for_libraries: Vec<ValuesDocument>,
}

/// The data values of a library.
pub(crate) struct DataValues {
    pub(crate) document: Document,
    /// The files that held values or schemas: they are no part of the output.
    pub(crate) files: HashSet<FileIndex>,
    /// What the files hold for other libraries.
    pub(crate) for_libraries: ForLibraries,
}

/// Evaluates the documents that declare the schema, with `given` over those of files.
pub(crate) fn schema<'v>(
    execution: &Execution<'_>,
    given: Vec<ValuesDocument>,
    module: &Module<'v>,
) -> Result<DeclaredSchema<'v>> {
    let session = execution.session;
    let run = run_of(module)?;
    let files = annotated(execution, SCHEMA)?;
    let Execution { library, options, .. } = *execution;
    // It sees no data values. What its code prints is to be printed each time, though.
    let lasting = given.is_empty() && !session.logs();
    if lasting && let Some(schema) = session.schema(library, options) {
        return Ok(DeclaredSchema { schema: schema.into(), files, for_libraries: Vec::new() });
    }
    let more = if given.is_empty() { "" } else { "additional data value schema" };
    let order = || order(session, "data values schema", &files, more);
    let combined = || {
        let read = |document: &Document| Schema::new(document, run, module.heap(), session.file_table());
        let mut schemas = Vec::new();
        for file in files.iter() {
            for declared in of_files(execution, std::slice::from_ref(file), SCHEMA, run, module)? {
                // Each has to be a schema by itself, whatever it is put over.
                schemas.push((read(&declared.document)?, declared));
            }
        }
        for declared in given {
            schemas.push((read(&declared.document)?, declared));
        }
        let (own, for_libraries): (Vec<_>, Vec<_>) =
            schemas.into_iter().partition(|(_, declared)| declared.library.is_empty());
        let for_libraries = for_libraries.into_iter().map(|(_, declared)| declared).collect();
        let mut own = own.into_iter();
        let Some((schema, first)) = own.next() else {
            return Ok((Schema::default(), for_libraries));
        };
        if own.len() == 0 {
            return Ok((schema, for_libraries));
        }
        let (mut combined, mut settled) = (first.document, Settled::default());
        for (_, over) in own {
            let (over, style) = (&over.document, Style::Annotated);
            combined = overlays::put_over(combined, over, style, &mut settled, module)?;
        }
        Ok((read(&combined)?, for_libraries))
    };
    let (schema, for_libraries): (Schema<'v>, Vec<_>) =
        combined().map_err(|error: Error| error.context(order()))?;
    if lasting
        && for_libraries.is_empty()
        && !run.may_repeat_keys()
        && !program::is_watched()
        && let Some(schema) = schema.shared()
    {
        session.keep_schema(library, options, schema);
    }
    Ok(DeclaredSchema { schema, files, for_libraries })
}

/// Evaluates the documents that give data values, with `values` over those of files.
pub(crate) fn evaluate<'v>(
    execution: &Execution<'_>,
    schema: DeclaredSchema<'v>,
    values: Vec<ValuesDocument>,
    module: &Module<'v>,
) -> Result<DataValues> {
    let session = execution.session;
    let run = run_of(module)?;
    let DeclaredSchema { schema, files: schema_files, for_libraries } = schema;
    let mut for_libraries = ForLibraries { schemas: for_libraries, values: Vec::new() };
    let files = annotated(execution, VALUES)?;
    let more = if values.is_empty() { "" } else { "additional data values" };
    let order = || order(session, "data values", &files, more);
    let combined = || {
        let mut documents = of_files(execution, &files, VALUES, run, module)?;
        documents.extend(values);
        let table = session.file_table();
        let mut base = schema.defaults();
        // Most of the values stay as they are from one document to the next.
        let (mut settled, mut conforming) = (Settled::default(), Node::Null);
        for given in documents {
            if !given.library.is_empty() {
                for_libraries.values.push(given);
                continue;
            }
            let document = match base.take() {
                None => given.document,
                Some(under) => overlays::put_over(under, &given.document, given.merge, &mut settled, module)?,
            };
            let document = schema.conform(document, Known::new(&conforming), table)?;
            conforming = document.value.clone();
            base = Some(document);
        }
        Ok(base)
    };
    let document = combined().map_err(|error: Error| error.context(order()))?;
    let empty = || Document { value: Node::Map(Arc::default()), ..Document::default() };
    let document = document.unwrap_or_else(empty);
    overlays::check_keys(&document, run)?;
    if !execution.options.skip_validation {
        schema.validate(&document, run, module, session.file_table())?;
    }
    let files = schema_files.iter().chain(files.iter()).map(|listed| listed.file).collect();
    Ok(DataValues { document, files, for_libraries })
}

fn run_of<'v>(module: &Module<'v>) -> Result<&'v Run<'v>> {
    Run::of_module(module).map_err(|error| Error::new(ErrorKind::Internal, error.message()))
}

/// What is being done, for messages.
fn order(session: &Session, what: &str, files: &[Listed], more: &str) -> String {
    let name = |listed: &Listed| session.files.get(listed.file).map(|file| file.path());
    let mut names: Vec<&str> = files.iter().filter_map(name).collect();
    if !more.is_empty() {
        names.push(more);
    }
    format!("Overlaying {what} (in following order: {})", names.join(", "))
}

/// The documents that files of the library give.
fn of_files(
    execution: &Execution<'_>,
    files: &[Listed],
    name: &str,
    run: &Run<'_>,
    module: &Module<'_>,
) -> Result<Vec<ValuesDocument>> {
    let mut found = Vec::new();
    for listed in files {
        let path = execution.session.files.get(listed.file).map(|file| file.path()).unwrap_or_default();
        let documents = documents(execution, listed, name, module)
            .map_err(|error| error.context(format!("Templating file '{path}'")))?;
        for document in documents {
            found.push(ValuesDocument::annotated(document, run)?);
        }
    }
    Ok(found)
}

/// The template files with documents of this annotation, in the order they are put over one another.
fn annotated(execution: &Execution<'_>, name: &'static str) -> Result<Arc<[Listed]>> {
    let Execution { session, library, options } = execution;
    session.annotated(*library, *options, name, || find_annotated(execution, name))
}

fn find_annotated(execution: &Execution<'_>, name: &str) -> Result<Vec<Listed>> {
    let session = execution.session;
    let mut found = Vec::new();
    for listed in session.libraries.list(execution.library) {
        let Some(file) = session.files.get(listed.file) else {
            continue;
        };
        if file.kind() != FileKind::Yaml || !file.is_template() {
            continue;
        }
        let set = session.parse(listed.file, execution.options)?;
        check_only_documents(session, &set, name)?;
        if split(&set, name)?.0.next().is_some() {
            found.push(listed.clone());
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
fn documents(
    execution: &Execution<'_>,
    listed: &Listed,
    name: &str,
    module: &Module<'_>,
) -> Result<Vec<Document>> {
    let session = execution.session;
    let place = Place { current: listed.library, root: execution.library };
    let values = Node::Map(Arc::default());
    let scope = Arc::new(Scope { values, options: execution.options, ..Scope::default() });
    let documents = session.eval_yaml(listed.file, place, &scope, module)?.result;
    let set = documents.set();
    let (with, mut without) = split(set, name)?;
    if without.any(|document| !crate::yaml::is_empty(&document.value)) {
        let path = session.files.get(listed.file).map(|file| file.path()).unwrap_or_default();
        let what = if name == VALUES {
            format!("Expected data values file '{path}' to only have data values documents")
        } else {
            format!("Expected schema file '{path}' to only have schema documents")
        };
        return Err(Error::new(ErrorKind::DataValues, what));
    }
    Ok(with.cloned().collect())
}
