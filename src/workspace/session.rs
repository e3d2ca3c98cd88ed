//! The evaluation of one run: evaluates files and answers the load statements of their code.
//!
//! Source of the rules: the reference's `pkg/workspace/template_loader.go`.

use std::collections::HashSet;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use starlark::environment::Module;
use starlark::eval::Evaluator;
use starlark::values::Value;

use super::compilation::{Compilation, Loaded, Place};
use super::context_modules;
use super::data_values::ValuesDocument;
use super::file_documents::FileDocuments;
use super::files::{File, FileKind};
use super::library::FileIndex;
use super::{Log, Options};
use crate::engine::{NativeError, NativeResult};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{self, Limit};
use crate::modules;
use crate::template::program::{self, Program};
use crate::template::run::{Exports, Host, Members, Run};
use crate::template::transcript::Built;
use crate::yaml::{FileId, FileTable, Node, Pos};

/// How many files may load one another in a chain. The reference has no such bound and exhausts
/// its stack on files that load each other.
pub(super) const MAX_LOAD_DEPTH: usize = 100;

/// What the code of one evaluation of a library sees besides its files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    /// The library's data values.
    pub(crate) values: Node,
    /// Data values and schemas meant for the libraries this one gets.
    pub(crate) for_libraries: ForLibraries,
    /// How the library's files are read.
    pub(crate) options: Options,
}

/// Documents that belong to the libraries below the one being evaluated.
#[derive(Clone, Debug, Default)]
pub(crate) struct ForLibraries {
    pub(crate) values: Vec<ValuesDocument>,
    pub(crate) schemas: Vec<ValuesDocument>,
}

/// What evaluating a file gave.
pub(crate) struct Evaluated<'v, T> {
    pub(crate) exports: Members<'v>,
    pub(crate) result: T,
}

/// The state of a run that all its evaluations share.
pub(crate) struct Session {
    compilation: Arc<Compilation>,
    /// The sources that positions refer to: the compilation's, and those that only this run has.
    table: FileTable,
    log: Option<Log>,
    me: Weak<Session>,
    state: Mutex<State>,
}

/// A file being evaluated.
#[derive(Clone)]
pub(super) struct Evaluating {
    pub(super) file: FileIndex,
    pub(super) place: Place,
    pub(super) scope: Arc<Scope>,
}

impl Evaluating {
    fn is(&self, other: &Evaluating) -> bool {
        self.file == other.file && self.place == other.place && Arc::ptr_eq(&self.scope, &other.scope)
    }
}

#[derive(Default)]
struct State {
    /// The files being evaluated, innermost last.
    stack: Vec<Evaluating>,
    /// The warnings that have been printed.
    warned: HashSet<&'static str>,
}

/// A session finds files in its compilation.
impl Deref for Session {
    type Target = Compilation;

    fn deref(&self) -> &Compilation {
        &self.compilation
    }
}

impl Session {
    /// A session over these files; `table` is theirs, or theirs and more.
    pub(crate) fn new(compilation: Arc<Compilation>, table: FileTable, log: Option<Log>) -> Arc<Session> {
        Arc::new_cyclic(|me| Session { compilation, table, log, me: me.clone(), state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sources that positions refer to.
    pub(crate) fn file_table(&self) -> &FileTable {
        &self.table
    }

    /// Whether what code prints is of interest to anybody.
    pub(crate) fn logs(&self) -> bool {
        self.log.is_some()
    }

    /// The session itself, for values that outlive the call they are made in.
    pub(crate) fn handle(&self) -> Option<Arc<Session>> {
        self.me.upgrade()
    }

    /// Evaluates a YAML file.
    pub(crate) fn eval_yaml<'v>(
        &self,
        index: FileIndex,
        place: Place,
        scope: &Arc<Scope>,
        module: &Module<'v>,
    ) -> Result<Evaluated<'v, FileDocuments>> {
        match self.load_yaml(index, scope.options)? {
            Loaded::Plain(set) => Ok(Evaluated { exports: Vec::new(), result: FileDocuments::Set(set) }),
            Loaded::Template(program) => {
                let (exports, built) = self.render(index, &program, place, scope, module)?;
                Ok(Evaluated { exports, result: built.into() })
            }
        }
    }

    /// Evaluates a text file.
    pub(crate) fn eval_text<'v>(
        &self,
        index: FileIndex,
        place: Place,
        scope: &Arc<Scope>,
        module: &Module<'v>,
    ) -> Result<Evaluated<'v, Vec<u8>>> {
        let file = self.file(index)?;
        let bytes = self.text(index)?;
        if !file.is_template() && !file.is_library() {
            return Ok(Evaluated { exports: Vec::new(), result: bytes.to_vec() });
        }
        let program = self.text_program(index)?;
        let rendered = self.render(index, &program, place, scope, module);
        let (exports, built) = rendered.map_err(|error| error.context("Evaluating text template"))?;
        let result = match built {
            Some(Built::Node(Node::Str(text))) => text.as_bytes().to_vec(),
            Some(Built::Node(Node::Bytes(bytes))) => bytes.to_vec(),
            _ => Vec::new(),
        };
        Ok(Evaluated { exports, result })
    }

    /// Evaluates a Starlark file.
    pub(crate) fn eval_starlark<'v>(
        &self,
        index: FileIndex,
        place: Place,
        scope: &Arc<Scope>,
        module: &Module<'v>,
    ) -> Result<Members<'v>> {
        let rendered = self
            .starlark_program(index)
            .and_then(|program| self.render(index, &program, place, scope, module));
        rendered.map(|(exports, _)| exports).map_err(|error| error.context("Evaluating starlark template"))
    }

    pub(super) fn render<'v>(
        &self,
        file: FileIndex,
        program: &Program,
        place: Place,
        scope: &Arc<Scope>,
        module: &Module<'v>,
    ) -> Result<(Members<'v>, Option<Built>)> {
        let evaluating = Evaluating { file, place, scope: Arc::clone(scope) };
        self.within(evaluating, || Ok(program.render(module)))
    }

    /// Runs code as the innermost of those that load one another.
    pub(super) fn within<T>(
        &self,
        evaluating: Evaluating,
        run: impl FnOnce() -> Result<starlark::Result<T>>,
    ) -> Result<T> {
        let file = evaluating.file;
        {
            let mut state = self.state();
            if let Some(first) = state.stack.iter().position(|other| other.is(&evaluating)) {
                let names = state.stack.iter().skip(first).chain([&evaluating]);
                let path = |file: &Evaluating| self.files.get(file.file).map_or("", |file| file.path());
                let names: Vec<String> = names.map(|file| format!("'{}'", path(file))).collect();
                let message = format!("Files load one another in a circle: {}", names.join(" -> "));
                return Err(Error::new(ErrorKind::Evaluation, message));
            }
            if state.stack.len() >= MAX_LOAD_DEPTH {
                let message = format!("files load one another more than {MAX_LOAD_DEPTH} deep");
                return Err(limits::exceed(Limit::Files, message).into());
            }
            state.stack.push(evaluating);
        }
        let result = run();
        self.state().stack.pop();
        result?.map_err(|error| {
            let name = self.files.get(file).map_or("", |file| file.path());
            program::failed(&error, self.file_table()).in_file(name)
        })
    }

    /// What a load statement can take from a file, as an [`Exports`] value.
    fn load_file<'v>(
        &self,
        path: &str,
        place: Place,
        scope: &Arc<Scope>,
        module: &Module<'v>,
    ) -> Result<Value<'v>> {
        let not_found = |message: String| Error::new(ErrorKind::File, message);
        let (index, place) = self.find_loaded(path, place)?;
        let file = self.file(index)?;
        if !file.is_library() {
            return Err(not_found(format!(
                "Expected file '{}' to be a library file, but was not (hint: library filename must end with \
                 '.lib.yml' or '.star'; use data.read(...) for loading non-templated file contents)",
                file.path()
            )));
        }
        if let Some(library) = self.shared_library(index, place, scope) {
            return Ok(Exports::library(library, module.heap()));
        }
        let members = match file.kind() {
            FileKind::Yaml => self.eval_yaml(index, place, scope, module)?.exports,
            FileKind::Text => self.eval_text(index, place, scope, module)?.exports,
            FileKind::Starlark => self.eval_starlark(index, place, scope, module)?,
            FileKind::Unknown => {
                return Err(not_found(format!("File '{}' type is not a known", file.path())));
            }
        };
        Ok(Exports::getters(members, module.heap()))
    }
}

impl Host for Session {
    fn load<'v>(
        &self,
        file: FileId,
        path: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> NativeResult<Value<'v>> {
        let top = self.state().stack.last().cloned();
        let Some(Evaluating { place, scope, .. }) = top else {
            return Err(NativeError::new("load statement outside of an evaluation"));
        };
        let heap = eval.heap();
        if let Some(name) = path.strip_prefix("@ytt:") {
            let found = context_modules::module(name, file, place, &scope, self, eval)?
                .or_else(|| modules::module(name, heap));
            let Some(module) = found else {
                return Err(NativeError::new(format!(
                    "builtin ytt library does not have module '{name}' (hint: is it available in newer \
                     version of ytt?)"
                )));
            };
            return Ok(Exports::value(name, module, heap));
        }
        let loaded = self.load_file(path, place, &scope, eval.module());
        loaded.map_err(|error| NativeError::new(error.to_string()))
    }

    fn log(&self, text: &str) {
        if let Some(log) = &self.log {
            log(text);
        }
    }

    fn warn_once(&self, text: &'static str) {
        let new = self.state().warned.insert(text);
        if new {
            self.log(text);
        }
    }

    fn place(&self, pos: Pos) -> String {
        self.table.show(pos)
    }

    fn list_data(&self, place: (usize, usize), path: &str) -> NativeResult<Vec<String>> {
        let (current, root) = place;
        let (mut library, path, from_root) = match path.strip_prefix('/') {
            Some(rest) => (root, rest, true),
            None => (current, path, false),
        };
        if !path.is_empty() {
            library = self.libraries.find(library, path).map_err(NativeError::new)?;
        }
        let slash = if from_root { "/" } else { "" };
        Ok(self.libraries.list(library).iter().map(|listed| format!("{slash}{}", listed.path)).collect())
    }

    fn read_data(&self, place: (usize, usize), path: &str) -> NativeResult<Arc<[u8]>> {
        let (current, root) = place;
        let (library, path) = match path.strip_prefix('/') {
            Some(rest) => (root, rest),
            None => (current, path),
        };
        let (index, _) = self.libraries.find_file(library, path).map_err(NativeError::new)?;
        self.file(index).and_then(File::bytes).map_err(|error| NativeError::new(error.to_string()))
    }
}

/// Runs `evaluate` on a fresh module that belongs to the session.
pub(crate) fn with_module<R>(session: &Arc<Session>, evaluate: impl for<'v> FnOnce(&Module<'v>) -> R) -> R {
    Module::with_temp_heap(|module| {
        Run::install(&module, Arc::clone(session) as Arc<dyn Host>);
        evaluate(&module)
    })
}
