//! One run from its files to its result.
//!
//! Source of the order: the reference's `pkg/cmd/template/cmd.go`.

use std::sync::Arc;

use starlark::environment::Module;

use super::compilation::Compilation;
use super::data_values::{DataValues, ValuesDocument};
use super::execution::Execution;
use super::file_documents::FileDocuments;
use super::files::FileKind;
use super::library::Libraries;
use super::overlays::FileResult;
use super::session::{self, ForLibraries, Session};
use super::{Inspect, Log, Options, OutputFile, Rendered, Request};
use crate::engine::on_deep_stack;
use crate::error::Result;
use crate::limits::{self, Limit, metered};
use crate::overlay::Style;
use crate::yaml::{self, Document, DocumentSet, FileTable, MAX_DEPTH};

/// Evaluates a request.
///
/// # Errors
/// Whatever is wrong with a file, its code or the data values; nothing is returned in part.
pub fn render(request: Request) -> Result<Rendered> {
    on_deep_stack(|| metered(&request.limits.clone(), None, || run(request)))
}

fn run(request: Request) -> Result<Rendered> {
    let Request { files, values, file_table, options, inspect, log, limits: _ } = request;
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
        let EvaluatedFiles { texts: mut files, files: yaml } = templates(&execution, data, below, module)?;
        let mut documents = Vec::new();
        for file in yaml {
            let mut set = file.documents.into_set();
            set.items.retain(|document| !yaml::is_empty(&document.value));
            if set.items.is_empty() && !file.kept {
                continue;
            }
            check_depth(&set.items)?;
            let content = yaml::print_documents(&set).into_bytes();
            files.push(OutputFile { path: file.path, content, kind: FileKind::Yaml });
            documents.append(&mut set.items);
        }
        Ok((files, DocumentSet { items: documents, ..DocumentSet::default() }))
    })?;
    Ok(Rendered { files, documents, file_table: session.file_table().clone() })
}

/// What evaluating the templates of a run gave, before anybody has written it.
#[derive(Clone, Debug)]
pub(crate) struct EvaluatedFiles {
    texts: Vec<OutputFile>,
    files: Vec<FileResult>,
}

impl EvaluatedFiles {
    /// The documents of all YAML files, in the order of the files.
    pub(crate) fn documents(&self) -> impl Iterator<Item = &Document> {
        self.files.iter().flat_map(|file| file.documents.printed())
    }

    /// The same, file by file, before anybody has built them.
    pub(crate) fn files(&self) -> impl Iterator<Item = &FileDocuments> {
        self.files.iter().map(|file| &file.documents)
    }

    /// The same with the path of each, and whether it is written even if nothing is in it.
    pub(crate) fn named_files(&self) -> impl Iterator<Item = (&str, &FileDocuments, bool)> {
        self.files.iter().map(|file| (file.path.as_str(), &file.documents, file.kept))
    }

    /// Drops the documents; their buffers are used again.
    pub(crate) fn recycle(&mut self) {
        self.files.drain(..).for_each(|file| file.documents.recycle());
    }

    /// The text files.
    pub(crate) fn texts(&self) -> &[OutputFile] {
        &self.texts
    }
}

/// Evaluates compiled files. `values` go over the data values of the files; the positions in both refer
/// to `table`.
///
/// # Errors
/// Whatever is wrong with a file, its code or the data values.
pub(crate) fn evaluate(
    compilation: &Arc<Compilation>,
    table: FileTable,
    values: Vec<Document>,
    options: Options,
    log: Option<Log>,
) -> Result<EvaluatedFiles> {
    let session = Session::new(Arc::clone(compilation), table, log);
    let values = values.into_iter().map(|document| ValuesDocument::new(document, Style::Plain)).collect();
    session::with_module(&session, |module| {
        let execution = Execution { session: &session, library: Libraries::ROOT, options };
        let schema = execution.schema(Vec::new(), module)?;
        let data = execution.data_values(schema, values, module)?;
        templates(&execution, data, Vec::new(), module)
    })
}

/// Evaluates the templates of the root library; `below` are data values for other libraries.
fn templates(
    execution: &Execution<'_>,
    data: DataValues,
    below: Vec<ValuesDocument>,
    module: &Module<'_>,
) -> Result<EvaluatedFiles> {
    let ForLibraries { mut values, schemas } = data.for_libraries;
    values.extend(below);
    let for_libraries = ForLibraries { values, schemas };
    let evaluation = execution.evaluate(&data.document, &data.files, for_libraries, module)?;
    Ok(EvaluatedFiles { texts: evaluation.texts, files: evaluation.files })
}

/// What leaves may be walked on any stack.
fn check_depth(documents: &[Document]) -> Result<()> {
    if documents.iter().any(|document| document.value.depth() as usize > MAX_DEPTH) {
        let message = format!("documents nested deeper than {MAX_DEPTH} levels");
        return Err(limits::exceed(Limit::TreeDepth, message).into());
    }
    Ok(())
}
