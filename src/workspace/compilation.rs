//! The files that runs have in common, each read and compiled when it is first needed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Options;
use super::files::{File, FileKind};
use super::library::{FileIndex, Libraries, LibraryId, Listed};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::check_input;
use crate::schema::SharedSchema;
use crate::template::builder::{Dialect, Source};
use crate::template::lines::{Line, SourceLine};
use crate::template::nodes::Nodes;
use crate::template::program::{Draft, Input, Program};
use crate::template::run::SharedLibrary;
use crate::template::{text, yaml as yaml_template};
use crate::yaml::{self, DocumentSet, FileId, FileTable, ParseOptions, Pos, SourceFile, Text};

/// A YAML file, read and if need be compiled.
#[derive(Clone)]
pub(super) enum Loaded {
    Plain(Arc<DocumentSet>),
    Template(Arc<Program>),
}

/// Where a file's code finds other files.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Place {
    /// The library that holds the file.
    pub(crate) current: LibraryId,
    /// The library that paths beginning with `/` start from.
    pub(crate) root: LibraryId,
}

/// The libraries of a run and what has been made of their files so far.
pub(crate) struct Compilation {
    pub(crate) files: Vec<File>,
    pub(crate) libraries: Libraries,
    /// The files' names and texts, behind those of data value flags.
    table: FileTable,
    /// Position ids of the files start here.
    first_id: FileId,
    made: Mutex<Made>,
}

/// What is kept of files, also how they fail: runs that share it do not try again.
#[derive(Default)]
struct Made {
    parsed: BTreeMap<(FileIndex, Options), Result<Arc<DocumentSet>>>,
    yaml: BTreeMap<(FileIndex, Options), Result<Loaded>>,
    programs: BTreeMap<FileIndex, Result<Arc<Program>>>,
    annotated: BTreeMap<(LibraryId, Options, &'static str), Arc<[Listed]>>,
    /// The schemas of data values that are the same in every run.
    schemas: BTreeMap<(LibraryId, Options), SharedSchema>,
    /// The libraries that are evaluated once; none for those that are evaluated wherever they are loaded.
    shared: BTreeMap<(FileIndex, Place, Options), Option<Arc<SharedLibrary>>>,
}

/// Whether other runs would fare the same. Those who load a file late may have used up what it needs.
fn is_lasting<T>(made: &Result<T>) -> bool {
    !made.as_ref().is_err_and(Error::is_limit)
}

impl Compilation {
    /// Over these files. `table` holds the sources of data values from flags.
    pub(crate) fn new(files: Vec<File>, mut table: FileTable) -> Compilation {
        let libraries = Libraries::new(&files);
        let first_id = table.len();
        for file in &files {
            table.add_unread(file.path());
        }
        table.share();
        Compilation { files, libraries, table, first_id, made: Mutex::default() }
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sources that positions refer to.
    pub(crate) fn table(&self) -> &FileTable {
        &self.table
    }

    pub(super) fn file(&self, index: FileIndex) -> Result<&File> {
        self.files.get(index).ok_or_else(|| Error::new(ErrorKind::Internal, "no such file in the run"))
    }

    /// The files of a library that `find` gives, found once.
    pub(super) fn annotated(
        &self,
        library: LibraryId,
        options: Options,
        name: &'static str,
        find: impl FnOnce() -> Result<Vec<Listed>>,
    ) -> Result<Arc<[Listed]>> {
        let key = (library, options, name);
        if let Some(found) = self.made().annotated.get(&key) {
            return Ok(Arc::clone(found));
        }
        let found: Arc<[Listed]> = find()?.into();
        self.made().annotated.insert(key, Arc::clone(&found));
        Ok(found)
    }

    /// The schema of a library's data values, if it is the same in every run and has been kept.
    pub(super) fn schema(&self, library: LibraryId, options: Options) -> Option<SharedSchema> {
        self.made().schemas.get(&(library, options)).cloned()
    }

    /// Keeps a schema for other runs.
    pub(super) fn keep_schema(&self, library: LibraryId, options: Options, schema: SharedSchema) {
        self.made().schemas.insert((library, options), schema);
    }

    /// What a library file offers, if that is the same for all who load it: what `evaluate` gives, once.
    pub(super) fn shared(
        &self,
        index: FileIndex,
        place: Place,
        options: Options,
        evaluate: impl FnOnce() -> Result<Option<SharedLibrary>>,
    ) -> Option<Arc<SharedLibrary>> {
        let key = (index, place, options);
        if let Some(shared) = self.made().shared.get(&key) {
            return shared.clone();
        }
        let shared = evaluate();
        let lasting = is_lasting(&shared);
        // What is wrong with it is told by those who evaluate it.
        let shared = shared.ok().flatten().map(Arc::new);
        if lasting {
            self.made().shared.insert(key, shared.clone());
        }
        shared
    }

    /// Compiles the files that every run evaluates, whatever its data values are.
    ///
    /// # Errors
    /// That of the first that does not compile.
    pub(crate) fn compile_all(&self, options: Options) -> Result<()> {
        for listed in self.libraries.list(Libraries::ROOT) {
            let file = self.file(listed.file)?;
            if !file.is_for_output() && !file.is_library() {
                continue;
            }
            match file.kind() {
                FileKind::Yaml => drop(self.load_yaml(listed.file, options)?),
                FileKind::Text if file.is_template() || file.is_library() => {
                    self.text_program(listed.file)?;
                }
                FileKind::Starlark => drop(self.starlark_program(listed.file)?),
                FileKind::Text | FileKind::Unknown => {}
            }
        }
        Ok(())
    }

    /// Whether files hold data values or a schema.
    pub(crate) fn has_data_values(&self, options: Options) -> bool {
        let made = self.made();
        let mut of_root =
            made.annotated.iter().filter(|((id, of, _), _)| (*id, *of) == (Libraries::ROOT, options));
        of_root.any(|(_, files)| !files.is_empty())
    }

    fn id(&self, index: FileIndex) -> FileId {
        self.first_id + index as FileId
    }

    /// Reads a file and gives its text to those who show lines of it.
    pub(super) fn text(&self, index: FileIndex) -> Result<Arc<[u8]>> {
        let file = self.file(index)?;
        let bytes = file.text_bytes()?;
        check_input(bytes.len(), || file.description().to_owned())?;
        self.table.set_text(self.id(index), || String::from_utf8_lossy(&bytes).into());
        Ok(bytes)
    }

    /// A YAML file as it is written.
    pub(crate) fn parse(&self, index: FileIndex, options: Options) -> Result<Arc<DocumentSet>> {
        let key = (index, options);
        if let Some(parsed) = self.made().parsed.get(&key) {
            return parsed.clone();
        }
        let parsed = self.parse_anew(index, options).map(Arc::new);
        if is_lasting(&parsed) {
            self.made().parsed.insert(key, parsed.clone());
        }
        parsed
    }

    fn parse_anew(&self, index: FileIndex, options: Options) -> Result<DocumentSet> {
        let file = self.file(index)?;
        let bytes = self.text(index)?;
        let how =
            ParseOptions { with_comments: file.is_template() || file.is_library(), strict: options.strict };
        yaml::parse(&bytes, self.id(index), &how)
            .map_err(|error| error.context(format!("Unmarshaling YAML template '{}'", file.path())))
    }

    /// Forgets what was read of a file that is not needed again.
    pub(super) fn forget_parsed(&self, index: FileIndex, options: Options) {
        self.made().parsed.remove(&(index, options));
    }

    /// Whether a YAML file is compiled already.
    pub(super) fn has_yaml(&self, index: FileIndex, options: Options) -> bool {
        self.made().yaml.contains_key(&(index, options))
    }

    /// A YAML file, compiled.
    pub(super) fn load_yaml(&self, index: FileIndex, options: Options) -> Result<Loaded> {
        let key = (index, options);
        if let Some(loaded) = self.made().yaml.get(&key) {
            return loaded.clone();
        }
        let loaded = self.compile_yaml(index, options);
        if is_lasting(&loaded) {
            self.made().yaml.insert(key, loaded.clone());
        }
        loaded
    }

    fn compile_yaml(&self, index: FileIndex, options: Options) -> Result<Loaded> {
        let file = self.file(index)?;
        let parsed = self.parse(index, options)?;
        let templated = file.is_template() || file.is_library();
        if templated && yaml_template::has_templating(&parsed) {
            return Ok(Loaded::Template(self.draft_yaml(index, file, &parsed, options)?.finish()?));
        }
        let mut plain = DocumentSet::clone(&parsed);
        yaml::keep_last_of_repeated_keys(&mut plain);
        Ok(Loaded::Plain(Arc::new(plain)))
    }

    pub(super) fn draft_yaml(
        &self,
        index: FileIndex,
        file: &File,
        parsed: &DocumentSet,
        options: Options,
    ) -> Result<Draft> {
        let table = &self.table;
        let text = table.get(self.id(index)).map(SourceFile::text).unwrap_or_default();
        let lowered = yaml_template::Lowering::lower(parsed, text, table, options.ignore_unknown_comments)
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
        Draft::new(input, &self.table)
    }

    /// A text or Starlark file, compiled.
    fn program(
        &self,
        index: FileIndex,
        compile: impl FnOnce(&File, &[u8]) -> Result<Arc<Program>>,
    ) -> Result<Arc<Program>> {
        if let Some(program) = self.made().programs.get(&index) {
            return program.clone();
        }
        let program = self.file(index).and_then(|file| compile(file, &self.text(index)?));
        if is_lasting(&program) {
            self.made().programs.insert(index, program.clone());
        }
        program
    }

    /// A text template, compiled.
    pub(super) fn text_program(&self, index: FileIndex) -> Result<Arc<Program>> {
        self.program(index, |file, bytes| {
            let content = String::from_utf8_lossy(bytes);
            let pieces = text::parse(&content, Pos::new(self.id(index), 1)).map_err(|message| {
                Error::new(ErrorKind::Syntax, message)
                    .context(format!("Parsing text template '{}'", file.path()))
            })?;
            let mut nodes = Nodes::default();
            let lines = text::lower(&pieces, self.id(index), &mut nodes);
            let source = Source { file: self.id(index), nodes, implicit_overrides: false };
            self.draft(index, file, lines, Some((Arc::new(source), Dialect::Text)))
                .and_then(Draft::finish)
                .map_err(|error| error.context("Evaluating text template"))
        })
    }

    /// A Starlark file, compiled.
    pub(super) fn starlark_program(&self, index: FileIndex) -> Result<Arc<Program>> {
        self.program(index, |file, bytes| {
            let lines = bytes
                .split(|byte| *byte == b'\n')
                .zip(1..)
                .map(|(line, number)| {
                    let pos = Pos::new(self.id(index), number);
                    let content = Text::from(String::from_utf8_lossy(line));
                    Line { text: line.to_vec(), source: Some(SourceLine { pos, content, whole: None }) }
                })
                .collect();
            self.draft(index, file, lines, None)?.finish()
        })
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
}
