//! Overlays among the evaluated files of a library, and among documents of data values and schemas.
//!
//! Source of the rules: the reference's `pkg/workspace/overlay_post_processing.go`.

use starlark::environment::Module;

use super::file_documents::FileDocuments;
use super::library::FileIndex;
use super::session::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::overlay::{Documents, MATCH, Overlay, Settled, Style, Trouble, repeated_key};
use crate::template::program;
use crate::template::run::Run;
use crate::yaml::{self, Document};

/// The documents a file gave.
#[derive(Clone, Debug)]
pub(crate) struct FileResult {
    pub(crate) file: FileIndex,
    /// Where they are written to.
    pub(crate) path: String,
    pub(crate) documents: FileDocuments,
    /// It is written even if overlays have left nothing of its documents.
    pub(crate) kept: bool,
}

/// Applies the documents that are overlays to the others, in the order of the files, which `results`
/// have. Files that hold nothing but overlays and empty documents may be left out.
pub(crate) fn apply(
    results: Vec<FileResult>,
    session: &Session,
    module: &Module<'_>,
) -> Result<Vec<FileResult>> {
    let run = Run::of_module(module).map_err(|error| Error::new(ErrorKind::Internal, error.message()))?;
    // Without overlays all is as it is, and no key is there twice.
    if !run.has_any(MATCH) && !run.may_repeat_keys() {
        return Ok(results);
    }
    let mut overlays = Vec::new();
    let mut names = Vec::new();
    let mut kept = Vec::new();
    let mut sets = Vec::new();
    for FileResult { file, path, documents, .. } in results {
        let (over, mut under): (Vec<_>, Vec<_>) = documents
            .into_set()
            .items
            .into_iter()
            .partition(|document| run.has(document.notes.annotations, MATCH));
        if !over.is_empty() {
            names.extend(session.files.get(file).map(|file| file.path()));
            overlays.extend(over);
        }
        under.retain(|document| !yaml::is_empty(&document.value));
        if !under.is_empty() {
            kept.push((file, path));
            sets.push(under);
        }
    }
    if !overlays.is_empty() {
        let order = || format!("Overlaying (in following order: {})", names.join(", "));
        sets = with_overlay(module, ErrorKind::Evaluation, |overlay| {
            let mut documents = Documents::new(sets);
            for document in &overlays {
                overlay.apply_documents(&mut documents, std::slice::from_ref(document))?;
            }
            Ok(documents.into_sets())
        })
        .map_err(|error| error.context(order()))?;
    }
    sets.iter().flatten().try_for_each(|document| check_keys(document, run))?;
    let results = kept.into_iter().zip(sets);
    Ok(results
        .map(|((file, path), documents)| FileResult { file, path, documents: documents.into(), kept: true })
        .collect())
}

/// Refuses maps that have a key twice, which matching by a function can lead to.
pub(crate) fn check_keys(document: &Document, run: &Run<'_>) -> Result<()> {
    if !run.may_repeat_keys() {
        return Ok(());
    }
    match repeated_key(&document.value) {
        Some(key) => {
            let message = format!("Unexpected duplicate key: {}", yaml::go_text(key));
            Err(Error::new(ErrorKind::Evaluation, message))
        }
        None => Ok(()),
    }
}

/// Puts a document of data values or of a schema over what is below it.
pub(crate) fn put_over(
    under: Document,
    over: &Document,
    style: Style,
    settled: &mut Settled,
    module: &Module<'_>,
) -> Result<Document> {
    with_overlay(module, ErrorKind::DataValues, |overlay| overlay.apply_document(under, over, style, settled))
}

fn with_overlay<'v, R>(
    module: &Module<'v>,
    kind: ErrorKind,
    work: impl FnOnce(&mut Overlay<'_, 'v, '_, '_>) -> Result<R, Trouble>,
) -> Result<R> {
    let done = program::with_evaluator(module, |eval| Ok(Overlay::new(eval).and_then(|mut o| work(&mut o))));
    match done {
        Ok(done) => done.map_err(|trouble| trouble.into_error(kind)),
        Err(error) => Err(Error::new(kind, error.to_string())),
    }
}
