//! One evaluation of a library: its schema, its data values, its files.
//!
//! The files of a run are the root library; `library.get(...)` evaluates others. Source of the
//! order: the reference's `pkg/workspace/library_execution.go`.

use std::collections::HashSet;
use std::sync::Arc;

use starlark::environment::Module;

use super::ahead::{self, Drafts};
use super::compilation::Place;
use super::data_values::{self, DataValues, DeclaredSchema, ValuesDocument};
use super::files::FileKind;
use super::library::{FileIndex, Libraries, LibraryId};
use super::overlays::{self, FileResult};
use super::session::{Evaluated, ForLibraries, Scope, Session};
use super::{Options, OutputFile};
use crate::error::{Error, ErrorKind, Result};
use crate::template::run::Members;
use crate::yaml::{self, Document, DocumentSet};

/// A library about to be evaluated.
pub(crate) struct Execution<'a> {
    pub(crate) session: &'a Arc<Session>,
    pub(crate) library: LibraryId,
    pub(crate) options: Options,
}

/// What evaluating a library gave.
pub(crate) struct Evaluation<'v> {
    /// Text files, in their order.
    pub(crate) texts: Vec<OutputFile>,
    /// YAML files, in theirs.
    pub(crate) files: Vec<FileResult>,
    /// The names each library file defines, with functions that give their values.
    pub(crate) exports: Vec<(String, Members<'v>)>,
}

impl Evaluation<'_> {
    /// The documents of all YAML files.
    pub(crate) fn into_documents(self) -> DocumentSet {
        let printed = |file: FileResult| {
            let documents = file.documents.into_set().items.into_iter();
            documents.filter(|document| !yaml::is_empty(&document.value))
        };
        let items = self.files.into_iter().flat_map(printed).collect();
        DocumentSet { items, ..DocumentSet::default() }
    }
}

impl Execution<'_> {
    /// The schema of the library's data values: that of its files, then `schemas` over it.
    pub(crate) fn schema<'v>(
        &self,
        schemas: Vec<ValuesDocument>,
        module: &Module<'v>,
    ) -> Result<DeclaredSchema<'v>> {
        data_values::schema(self, schemas, module)
    }

    /// The library's data values: defaults of the schema, documents of its files, then `values`.
    pub(crate) fn data_values<'v>(
        &self,
        schema: DeclaredSchema<'v>,
        values: Vec<ValuesDocument>,
        module: &Module<'v>,
    ) -> Result<DataValues> {
        data_values::evaluate(self, schema, values, module)
    }

    /// Evaluates the library's files, those with data values aside.
    pub(crate) fn evaluate<'v>(
        &self,
        values: &Document,
        taken: &HashSet<FileIndex>,
        for_libraries: ForLibraries,
        module: &Module<'v>,
    ) -> Result<Evaluation<'v>> {
        let once = self.evaluated_once(taken);
        ahead::with_drafts(self.session, &once, self.options, |drafts| {
            self.evaluate_with(drafts, values, taken, for_libraries, module)
        })
    }

    /// The YAML files whose code is run once: those of the root. Libraries below it may be evaluated
    /// many times, and library files be loaded by others.
    fn evaluated_once(&self, taken: &HashSet<FileIndex>) -> Vec<FileIndex> {
        if self.library != Libraries::ROOT {
            return Vec::new();
        }
        let session = self.session;
        let is_once = |index: &FileIndex| {
            let file = session.files.get(*index);
            let file = file.filter(|file| file.kind() == FileKind::Yaml && !file.is_library());
            file.is_some_and(|file| file.is_for_output() && !taken.contains(index))
                && !session.has_yaml(*index, self.options)
        };
        let listed = session.libraries.list(self.library).iter();
        listed.map(|listed| listed.file).filter(is_once).collect()
    }

    fn evaluate_with<'v>(
        &self,
        mut drafts: Drafts<'_>,
        values: &Document,
        taken: &HashSet<FileIndex>,
        for_libraries: ForLibraries,
        module: &Module<'v>,
    ) -> Result<Evaluation<'v>> {
        let session = self.session;
        let scope = Arc::new(Scope { values: values.value.clone(), for_libraries, options: self.options });
        let mut files = Vec::new();
        let mut exports = Vec::new();
        let mut results = Vec::new();
        for listed in session.libraries.list(self.library) {
            let Some(file) = session.files.get(listed.file) else {
                continue;
            };
            let place = Place { current: listed.library, root: self.library };
            let for_output = file.is_for_output() && !taken.contains(&listed.file);
            if !for_output && !file.is_library() {
                continue;
            }
            let defined = match file.kind() {
                FileKind::Yaml => {
                    let Evaluated { exports, result } =
                        match file.is_library() || self.library != Libraries::ROOT {
                            true => session.eval_yaml(listed.file, place, &scope, module)?,
                            false => Evaluated {
                                exports: Vec::new(),
                                result: session.eval_yaml_once(
                                    listed.file,
                                    place,
                                    &scope,
                                    &mut drafts,
                                    module,
                                )?,
                            },
                        };
                    if for_output {
                        let path = listed.path.clone();
                        results.push(FileResult { file: listed.file, path, documents: result, kept: false });
                    }
                    exports
                }
                FileKind::Text => {
                    let evaluated = session.eval_text(listed.file, place, &scope, module)?;
                    if for_output {
                        let (path, content) = (listed.path.clone(), evaluated.result);
                        files.push(OutputFile { path, content, kind: FileKind::Text });
                    }
                    evaluated.exports
                }
                FileKind::Starlark | FileKind::Unknown if for_output => {
                    return Err(Error::new(ErrorKind::Usage, "Unknown file type"));
                }
                FileKind::Starlark => session.eval_starlark(listed.file, place, &scope, module)?,
                FileKind::Unknown => continue,
            };
            if !for_output {
                exports.push((listed.path.clone(), defined));
            }
        }
        data_values::check_used(&scope.for_libraries, session)?;
        // Documents come in the order of the files on the command line.
        results.sort_by_key(|result| result.file);
        let results = overlays::apply(results, session, module)?;
        Ok(Evaluation { texts: files, files: results, exports })
    }
}
