//! One run from its files to its result.
//!
//! Source of the order: the reference's `pkg/cmd/template/cmd.go` and
//! `pkg/workspace/library_execution.go`.

use std::collections::HashSet;
use std::sync::Arc;

use super::data_values;
use super::files::FileKind;
use super::library::{FileIndex, Libraries};
use super::session::{self, Place, Session};
use super::{Inspect, OutputFile, Rendered, Request};
use crate::error::{Error, ErrorKind, Result};
use crate::yaml::{self, Document, DocumentSet};
use starlark::environment::Module;

/// Evaluates a request.
///
/// # Errors
/// Whatever is wrong with a file, its code or the data values; nothing is returned in part.
pub fn render(request: Request) -> Result<Rendered> {
    let Request { files, values, file_table, options, inspect, log } = request;
    let session = Session::new(files, file_table, options, log);
    let (files, documents) = session::with_module(&session, |module| {
        let taken = data_values::evaluate(&session, &values, inspect, module)?;
        if inspect != Inspect::None {
            return Ok((Vec::new(), DocumentSet { items: vec![taken.document], ..DocumentSet::default() }));
        }
        evaluate(&session, &taken.files, module)
    })?;
    Ok(Rendered { files, documents, file_table: session.file_table() })
}

/// Evaluates all files but those that hold data values.
fn evaluate(
    session: &Arc<Session>,
    taken: &HashSet<FileIndex>,
    module: &Module<'_>,
) -> Result<(Vec<OutputFile>, DocumentSet)> {
    let mut output = Vec::new();
    let mut results: Vec<(FileIndex, String, Arc<DocumentSet>)> = Vec::new();
    for listed in session.libraries.list(Libraries::ROOT) {
        let Some(file) = session.files.get(listed.file) else {
            continue;
        };
        let place = Place { current: listed.library, root: Libraries::ROOT };
        let for_output = file.is_for_output() && !taken.contains(&listed.file);
        if !for_output && !file.is_library() {
            continue;
        }
        match file.kind() {
            FileKind::Yaml => {
                let evaluated = session.eval_yaml(listed.file, place, module)?;
                if for_output {
                    results.push((listed.file, listed.path, evaluated.result));
                }
            }
            FileKind::Text => {
                let evaluated = session.eval_text(listed.file, place, module)?;
                if for_output {
                    let content = evaluated.result;
                    output.push(OutputFile { path: listed.path, content, kind: FileKind::Text });
                }
            }
            FileKind::Starlark | FileKind::Unknown if for_output => {
                return Err(Error::new(ErrorKind::Usage, "Unknown file type"));
            }
            FileKind::Starlark => {
                session.eval_starlark(listed.file, place, module)?;
            }
            FileKind::Unknown => {}
        }
    }
    // Documents come in the order of the files on the command line.
    results.sort_by_key(|(index, _, _)| *index);
    let mut documents: Vec<Document> = Vec::new();
    for (_, path, set) in results {
        let mut set = Arc::unwrap_or_clone(set);
        // Files none of whose documents hold anything are not written.
        set.items.retain(|document| !yaml::is_empty(&document.value));
        if set.items.is_empty() {
            continue;
        }
        let content = yaml::print_documents(&set).into_bytes();
        output.push(OutputFile { path, content, kind: FileKind::Yaml });
        documents.append(&mut set.items);
    }
    Ok((output, DocumentSet { items: documents, ..DocumentSet::default() }))
}
