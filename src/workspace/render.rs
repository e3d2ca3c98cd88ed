//! One run from its files to its result.
//!
//! Source of the order: the reference's `pkg/cmd/template/cmd.go`.

use std::sync::Arc;

use super::compilation::Compilation;
use super::data_values::ValuesDocument;
use super::execution::Execution;
use super::files::FileKind;
use super::library::Libraries;
use super::session::{self, ForLibraries, Session};
use super::{Inspect, OutputFile, Rendered, Request};
use crate::engine::on_deep_stack;
use crate::error::{Error, ErrorKind, Result};
use crate::yaml::{self, Document, DocumentSet, MAX_DEPTH};

/// Evaluates a request.
///
/// # Errors
/// Whatever is wrong with a file, its code or the data values; nothing is returned in part.
pub fn render(request: Request) -> Result<Rendered> {
    on_deep_stack(|| evaluate(request))
}

fn evaluate(request: Request) -> Result<Rendered> {
    let Request { files, values, file_table, options, inspect, log } = request;
    let compilation = Arc::new(Compilation::new(files, file_table));
    let table = compilation.table().clone();
    let session = Session::new(compilation, table, log);
    let layers = values.into_iter().map(ValuesDocument::of_layer);
    let (own, below): (Vec<_>, Vec<_>) = layers.partition(|layer| layer.library.is_empty());
    let (files, documents) = session::with_module(&session, |module| -> Result<_> {
        let execution = Execution { session: &session, library: Libraries::ROOT, options };
        let schema = execution.schema(Vec::new(), module)?;
        if let Inspect::Schema(format) = inspect {
            let items = vec![schema.schema.export(format, module.heap())];
            return Ok((Vec::new(), DocumentSet { items, ..DocumentSet::default() }));
        }
        let data = execution.data_values(schema, own, module)?;
        if inspect != Inspect::None {
            let items = vec![data.document];
            return Ok((Vec::new(), DocumentSet { items, ..DocumentSet::default() }));
        }
        let ForLibraries { mut values, schemas } = data.for_libraries;
        values.extend(below);
        let for_libraries = ForLibraries { values, schemas };
        let evaluation = execution.evaluate(&data.document, &data.files, for_libraries, module)?;
        let mut files = evaluation.texts;
        let mut documents = Vec::new();
        for file in evaluation.files {
            check_depth(&file.documents)?;
            let mut set = DocumentSet { items: file.documents, ..DocumentSet::default() };
            let content = yaml::print_documents(&set).into_bytes();
            files.push(OutputFile { path: file.path, content, kind: FileKind::Yaml });
            documents.append(&mut set.items);
        }
        Ok((files, DocumentSet { items: documents, ..DocumentSet::default() }))
    })?;
    Ok(Rendered { files, documents, file_table: session.file_table().clone() })
}

/// What leaves may be walked on any stack.
fn check_depth(documents: &[Document]) -> Result<()> {
    if documents.iter().any(|document| document.value.depth() as usize > MAX_DEPTH) {
        let message = format!("documents nested deeper than {MAX_DEPTH} levels");
        return Err(Error::new(ErrorKind::Limit, message));
    }
    Ok(())
}
