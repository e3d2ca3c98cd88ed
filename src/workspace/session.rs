//! The evaluation of one run: compiles files when they are first needed, evaluates them, and
//! answers the load statements of their code.
//!
//! Source of the rules: the reference's `pkg/workspace/template_loader.go`.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use starlark::environment::Module;
use starlark::eval::Evaluator;
use starlark::values::Value;

use super::context_modules;
use super::data_values::ValuesDocument;
use super::files::{File, FileKind};
use super::library::{FileIndex, Libraries, LibraryId};
use super::{Log, Options};
use crate::engine::{NativeError, NativeResult};
use crate::error::{Error, ErrorKind, Result};
use crate::modules;
use crate::template::builder::{Dialect, Source};
use crate::template::lines::{Line, SourceLine};
use crate::template::nodes::Nodes;
use crate::template::program::{self, Draft, Input, Program};
use crate::template::run::{Exports, Host, Members, Run};
use crate::template::{text, yaml as yaml_template};
use crate::yaml::{self, DocumentSet, FileId, FileTable, Node, ParseOptions, Pos, Text};

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

/// Where a file's code finds other files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    /// The library that holds the file.
    pub(crate) current: LibraryId,
    /// The library that paths beginning with `/` start from.
    pub(crate) root: LibraryId,
}

/// A YAML file, read and if need be compiled.
#[derive(Clone)]
pub(super) enum Loaded {
    Plain(Arc<DocumentSet>),
    Template(Arc<Program>),
}

/// What evaluating a file gave.
pub(crate) struct Evaluated<'v, T> {
    pub(crate) exports: Members<'v>,
    pub(crate) result: T,
}

/// The state of a run that all its evaluations share.
pub(crate) struct Session {
    pub(crate) files: Vec<File>,
    pub(crate) libraries: Libraries,
    log: Option<Log>,
    me: Weak<Session>,
    /// Position ids of the run's files start here; those below are of data value flags.
    first_id: FileId,
    state: Mutex<State>,
}

/// A file being evaluated.
#[derive(Clone)]
pub(super) struct Evaluating {
    pub(super) name: Arc<str>,
    pub(super) place: Place,
    pub(super) scope: Arc<Scope>,
}

impl Evaluating {
    fn is(&self, other: &Evaluating) -> bool {
        self.name == other.name && self.place == other.place && Arc::ptr_eq(&self.scope, &other.scope)
    }
}

#[derive(Default)]
pub(super) struct State {
    table: FileTable,
    pub(super) parsed: HashMap<(FileIndex, Options), Arc<DocumentSet>>,
    pub(super) yaml: HashMap<(FileIndex, Options), Loaded>,
    programs: HashMap<FileIndex, Arc<Program>>,
    /// The files being evaluated, innermost last.
    stack: Vec<Evaluating>,
    /// The warnings that have been printed.
    warned: HashSet<&'static str>,
}

impl Session {
    /// A session over these files. `table` holds the sources of data values from flags.
    pub(crate) fn new(files: Vec<File>, mut table: FileTable, log: Option<Log>) -> Arc<Session> {
        let libraries = Libraries::new(&files);
        let first_id = table.len();
        for file in &files {
            table.add(file.path(), "");
        }
        let state = Mutex::new(State { table, ..State::default() });
        Arc::new_cyclic(|me| Session { files, libraries, log, me: me.clone(), first_id, state })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sources that positions refer to.
    pub(crate) fn file_table(&self) -> FileTable {
        self.state().table.clone()
    }

    /// The session itself, for values that outlive the call they are made in.
    pub(crate) fn handle(&self) -> Option<Arc<Session>> {
        self.me.upgrade()
    }

    pub(super) fn file(&self, index: FileIndex) -> Result<&File> {
        self.files.get(index).ok_or_else(|| Error::new(ErrorKind::Internal, "no such file in the run"))
    }

    fn id(&self, index: FileIndex) -> FileId {
        self.first_id + index as FileId
    }

    /// Reads a file and gives its text to those who show lines of it.
    fn text(&self, index: FileIndex) -> Result<Arc<[u8]>> {
        let bytes = self.file(index)?.text_bytes()?;
        let text = String::from_utf8_lossy(&bytes);
        self.state().table.set_text(self.id(index), text.as_ref());
        Ok(bytes)
    }

    /// A YAML file as it is written.
    pub(crate) fn parse(&self, index: FileIndex, options: Options) -> Result<Arc<DocumentSet>> {
        if let Some(parsed) = self.state().parsed.get(&(index, options)) {
            return Ok(Arc::clone(parsed));
        }
        let file = self.file(index)?;
        let bytes = self.text(index)?;
        let how =
            ParseOptions { with_comments: file.is_template() || file.is_library(), strict: options.strict };
        let parsed = yaml::parse(&bytes, self.id(index), &how)
            .map_err(|error| error.context(format!("Unmarshaling YAML template '{}'", file.path())))?;
        let parsed = Arc::new(parsed);
        self.state().parsed.insert((index, options), Arc::clone(&parsed));
        Ok(parsed)
    }

    pub(super) fn load_yaml(&self, index: FileIndex, options: Options) -> Result<Loaded> {
        if let Some(loaded) = self.state().yaml.get(&(index, options)) {
            return Ok(loaded.clone());
        }
        let file = self.file(index)?;
        let parsed = self.parse(index, options)?;
        let templated = file.is_template() || file.is_library();
        let loaded = if templated && yaml_template::has_templating(&parsed) {
            Loaded::Template(self.draft_yaml(index, file, &parsed, options)?.finish()?)
        } else {
            let mut plain = DocumentSet::clone(&parsed);
            yaml::keep_last_of_repeated_keys(&mut plain);
            Loaded::Plain(Arc::new(plain))
        };
        self.state().yaml.insert((index, options), loaded.clone());
        Ok(loaded)
    }

    pub(super) fn draft_yaml(
        &self,
        index: FileIndex,
        file: &File,
        parsed: &DocumentSet,
        options: Options,
    ) -> Result<Draft> {
        let table = self.file_table();
        let text = table.get(self.id(index)).map(|file| Arc::clone(&file.text)).unwrap_or_default();
        let lowered = yaml_template::Lowering::lower(parsed, &text, &table, options.ignore_unknown_comments)
            .map_err(|error| error.context(format!("Compiling YAML template '{}'", file.path())))?;
        let source = Arc::new(Source {
            file: self.id(index),
            nodes: lowered.nodes,
            implicit_overrides: options.implicit_map_key_overrides,
        });
        self.draft(index, file, lowered.lines, Some((source, Dialect::Yaml)))
    }

    fn draft(
        &self,
        index: FileIndex,
        file: &File,
        lines: Vec<Line>,
        template: Option<(Arc<Source>, Dialect)>,
    ) -> Result<Draft> {
        let input = Input {
            file: self.id(index),
            name: file.path().into(),
            lines,
            template,
            library: file.is_library(),
        };
        Draft::new(input, &self.file_table())
    }

    /// Evaluates a YAML file.
    pub(crate) fn eval_yaml<'v>(
        &self,
        index: FileIndex,
        place: Place,
        scope: &Arc<Scope>,
        module: &Module<'v>,
    ) -> Result<Evaluated<'v, Arc<DocumentSet>>> {
        match self.load_yaml(index, scope.options)? {
            Loaded::Plain(result) => Ok(Evaluated { exports: Vec::new(), result }),
            Loaded::Template(program) => {
                let (exports, node) = self.render(&program, place, scope, module)?;
                Ok(Evaluated { exports, result: documents_of(node) })
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
        let cached = self.state().programs.get(&index).cloned();
        let program = match cached {
            Some(program) => program,
            None => {
                let content = String::from_utf8_lossy(&bytes);
                let pieces = text::parse(&content, Pos::new(self.id(index), 1)).map_err(|message| {
                    Error::new(ErrorKind::Syntax, message)
                        .context(format!("Parsing text template '{}'", file.path()))
                })?;
                let mut nodes = Nodes::default();
                let lines = text::lower(&pieces, self.id(index), &mut nodes);
                let source = Source { file: self.id(index), nodes, implicit_overrides: false };
                let template = Some((Arc::new(source), Dialect::Text));
                let program = self
                    .draft(index, file, lines, template)
                    .and_then(Draft::finish)
                    .map_err(|error| error.context("Evaluating text template"))?;
                self.state().programs.insert(index, Arc::clone(&program));
                program
            }
        };
        let rendered = self.render(&program, place, scope, module);
        let (exports, node) = rendered.map_err(|error| error.context("Evaluating text template"))?;
        let result = match node {
            Some(Node::Str(text)) => text.as_bytes().to_vec(),
            Some(Node::Bytes(bytes)) => bytes.to_vec(),
            _ => Vec::new(),
        };
        Ok(Evaluated { exports, result })
    }

    /// A Starlark file, compiled.
    pub(super) fn starlark_program(&self, index: FileIndex) -> Result<Arc<Program>> {
        if let Some(program) = self.state().programs.get(&index) {
            return Ok(Arc::clone(program));
        }
        let file = self.file(index)?;
        let bytes = self.text(index)?;
        let lines = bytes
            .split(|byte| *byte == b'\n')
            .zip(1..)
            .map(|(line, number)| {
                let pos = Pos::new(self.id(index), number);
                let content = Text::from(String::from_utf8_lossy(line));
                Line { text: line.to_vec(), source: Some(SourceLine { pos, content, whole: None }) }
            })
            .collect();
        let program = self.draft(index, file, lines, None)?.finish()?;
        self.state().programs.insert(index, Arc::clone(&program));
        Ok(program)
    }

    /// Evaluates a Starlark file.
    pub(crate) fn eval_starlark<'v>(
        &self,
        index: FileIndex,
        place: Place,
        scope: &Arc<Scope>,
        module: &Module<'v>,
    ) -> Result<Members<'v>> {
        let rendered =
            self.starlark_program(index).and_then(|program| self.render(&program, place, scope, module));
        rendered.map(|(exports, _)| exports).map_err(|error| error.context("Evaluating starlark template"))
    }

    pub(super) fn render<'v>(
        &self,
        program: &Program,
        place: Place,
        scope: &Arc<Scope>,
        module: &Module<'v>,
    ) -> Result<(Members<'v>, Option<Node>)> {
        let evaluating = Evaluating { name: program.name(), place, scope: Arc::clone(scope) };
        self.within(evaluating, || Ok(program.render(module)))
    }

    /// Runs code as the innermost of those that load one another.
    pub(super) fn within<T>(
        &self,
        evaluating: Evaluating,
        run: impl FnOnce() -> Result<starlark::Result<T>>,
    ) -> Result<T> {
        {
            let mut state = self.state();
            if let Some(first) = state.stack.iter().position(|other| other.is(&evaluating)) {
                let names = state.stack.iter().skip(first).chain([&evaluating]);
                let names: Vec<String> = names.map(|file| format!("'{}'", file.name)).collect();
                let message = format!("Files load one another in a circle: {}", names.join(" -> "));
                return Err(Error::new(ErrorKind::Evaluation, message));
            }
            if state.stack.len() >= MAX_LOAD_DEPTH {
                let message = format!("files load one another more than {MAX_LOAD_DEPTH} deep");
                return Err(Error::new(ErrorKind::Limit, message));
            }
            state.stack.push(evaluating);
        }
        let result = run();
        self.state().stack.pop();
        result?.map_err(|error| program::failed(&error, &self.file_table()))
    }

    /// The file a load statement names, and where its own code stands.
    pub(super) fn find_loaded(&self, path: &str, place: Place) -> Result<(FileIndex, Place)> {
        let not_found = |message: String| Error::new(ErrorKind::File, message);
        let mut place = place;
        let mut file_path = path;
        if let Some(reference) = path.strip_prefix('@') {
            let Some((library, file)) = reference.split_once(':') else {
                return Err(not_found(
                    "Expected library path to be in format '@name:path' e.g. \
                     '@github.com/vmware-tanzu/test:test.star' or '@ytt:base64'"
                        .to_owned(),
                ));
            };
            let found = self.libraries.accessible(place.current, library).map_err(not_found)?;
            place = Place { current: found, root: found };
            file_path = file;
        }
        let from = match file_path.strip_prefix('/') {
            Some(rest) => {
                file_path = rest;
                place.root
            }
            None => place.current,
        };
        let (index, library) = self.libraries.find_file(from, file_path).map_err(not_found)?;
        Ok((index, Place { current: library, root: place.root }))
    }

    /// The names a load statement can take from a file.
    fn load_file<'v>(
        &self,
        path: &str,
        place: Place,
        scope: &Arc<Scope>,
        module: &Module<'v>,
    ) -> Result<Members<'v>> {
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
        match file.kind() {
            FileKind::Yaml => Ok(self.eval_yaml(index, place, scope, module)?.exports),
            FileKind::Text => Ok(self.eval_text(index, place, scope, module)?.exports),
            FileKind::Starlark => self.eval_starlark(index, place, scope, module),
            FileKind::Unknown => Err(not_found(format!("File '{}' type is not a known", file.path()))),
        }
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
            return Ok(Exports::values(vec![(Text::new(name), module)], heap));
        }
        let members = self
            .load_file(path, place, &scope, eval.module())
            .map_err(|error| NativeError::new(error.to_string()))?;
        Ok(Exports::getters(members, heap))
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
        self.state().table.show(pos)
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
        Ok(self.libraries.list(library).into_iter().map(|listed| format!("{slash}{}", listed.path)).collect())
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

/// What a template built.
pub(super) fn documents_of(node: Option<Node>) -> Arc<DocumentSet> {
    match node {
        Some(Node::DocumentSet(set)) => set,
        _ => Arc::default(),
    }
}

/// Runs `evaluate` on a fresh module that belongs to the session.
pub(crate) fn with_module<R>(session: &Arc<Session>, evaluate: impl for<'v> FnOnce(&Module<'v>) -> R) -> R {
    Module::with_temp_heap(|module| {
        Run::install(&module, Arc::clone(session) as Arc<dyn Host>);
        evaluate(&module)
    })
}
