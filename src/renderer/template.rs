//! A set of files, compiled.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use smallvec::SmallVec;

use super::values::Values;
use super::{Output, measure, on_compile_stack, on_render_stack, thread};
use crate::error::Result;
use crate::limits::{CancelToken, Limits, metered};
use crate::workspace::{Compilation, File, Log, Options, evaluate};
use crate::yaml::{FileTable, Node, recycle};

/// A set of files, compiled once, to be rendered with different data values as often as wanted.
///
/// Clones share what they hold. A template never changes, and any number of threads may render it at
/// once: what they use of it is theirs alone, so they do not slow each other down.
///
/// ```
/// use stampmill::workspace::File;
/// use stampmill::{Template, Values};
///
/// # fn main() -> stampmill::Result<()> {
/// let file = File::new("config.yml", *b"#@ load('@ytt:data', 'data')\ngreeting: #@ 'Hello, ' + data.values.name\n");
/// let template = Template::compile(vec![file])?;
/// for name in ["world", "moon"] {
///     let output = template.render(&Values::json(format!(r#"{{"name": "{name}"}}"#)))?;
///     assert_eq!(output.yaml()?, format!("greeting: Hello, {name}\n"));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Template(Arc<Inner>);

struct Inner {
    recipe: Recipe,
    first: Arc<Compilation>,
    replicas: Box<[Replica]>,
    compile_time: Duration,
    bytes: usize,
}

/// What it takes to compile the template again.
struct Recipe {
    files: Vec<File>,
    options: Options,
    limits: Limits,
}

/// The compilation of one thread, or of a few. Reference counts of what a compilation holds change all
/// the time; on one that two threads share, each would wait for the other.
#[repr(align(128))]
#[derive(Default)]
struct Replica {
    renders: AtomicU32,
    own: OnceLock<Option<Arc<Compilation>>>,
}

/// After how many renders a thread gets a compilation of its own.
const RENDERS_BEFORE_REPLICA: u32 = 32;

/// How many times as large as its text a compiled template is, about.
const GROWTH: usize = 24;

impl Template {
    /// Compiles files with the default limits and options: those that are evaluated whatever the data
    /// values are. Files below `_ytt_lib` are compiled when they are first loaded.
    ///
    /// # Errors
    /// What is wrong with the YAML or the code of a file.
    pub fn compile(files: Vec<File>) -> Result<Template> {
        Template::compile_with(files, Options::default(), &Limits::default())
    }

    /// [`compile`](Template::compile) with other options and limits.
    ///
    /// # Errors
    /// The same.
    pub fn compile_with(files: Vec<File>, options: Options, limits: &Limits) -> Result<Template> {
        let start = Instant::now();
        let recipe = Recipe { files, options, limits: limits.clone() };
        let first = Arc::new(recipe.compile()?);
        let bytes = recipe.files.iter().filter_map(|file| file.bytes().ok()).map(|bytes| bytes.len()).sum();
        let replicas = (0..thread::processors()).map(|_| Replica::default()).collect();
        Ok(Template(Arc::new(Inner { recipe, first, replicas, compile_time: start.elapsed(), bytes })))
    }

    /// Renders the template with the default limits; see [`Renderer`](super::Renderer) for others.
    ///
    /// # Errors
    /// Whatever is wrong with the data values or the code.
    pub fn render(&self, values: &Values<'_>) -> Result<Output> {
        self.render_within(values, &Limits::default(), None)
    }

    pub(super) fn render_within(
        &self,
        values: &Values<'_>,
        limits: &Limits,
        cancel: Option<&CancelToken>,
    ) -> Result<Output> {
        let rendered = self.attempt(values, limits, cancel, false);
        match rendered {
            // To say where, positions are needed; who fails has the time to look for them.
            Err(error) if !error.is_limit() && values.text().is_some() && self.shows_values() => {
                self.attempt(values, limits, cancel, true)
            }
            rendered => rendered,
        }
    }

    fn attempt(
        &self,
        values: &Values<'_>,
        limits: &Limits,
        cancel: Option<&CancelToken>,
        placed: bool,
    ) -> Result<Output> {
        on_render_stack(limits, || {
            metered(limits, cancel, || {
                let compilation = self.compilation();
                let mut table = compilation.table().clone();
                let id = table.len();
                let documents = if placed { values.placed_documents(id)? } else { values.documents(id)? };
                let spent: SmallVec<[Node; 1]> =
                    documents.iter().map(|document| document.value.clone()).collect();
                if placed {
                    table.add("data values", values.text().unwrap_or_default());
                }
                let log: Option<Log> = None;
                let rendered = evaluate(compilation, table, documents, self.0.recipe.options, log)?;
                spent.into_iter().for_each(recycle);
                let bytes = measure::check(&rendered, limits)?;
                Ok(Output::new(rendered, limits.output_bytes, bytes))
            })
        })
    }

    /// Whether messages may show data values: where a schema or other values meet them.
    fn shows_values(&self) -> bool {
        self.0.first.has_data_values(self.0.recipe.options)
    }

    /// The compilation for the current thread.
    fn compilation(&self) -> &Arc<Compilation> {
        let Inner { recipe, first, replicas, .. } = &*self.0;
        let Some(replica) = replicas.get(thread::number() % replicas.len().max(1)) else {
            return first;
        };
        let own = match replica.own.get() {
            Some(own) => own,
            None if replica.renders.fetch_add(1, Ordering::Relaxed) < RENDERS_BEFORE_REPLICA => return first,
            None => replica.own.get_or_init(|| recipe.compile().ok().map(Arc::new)),
        };
        own.as_ref().unwrap_or(first)
    }

    /// How long it took to compile.
    pub fn compile_time(&self) -> Duration {
        self.0.compile_time
    }

    /// The files that positions in it refer to.
    pub(crate) fn file_table(&self) -> &FileTable {
        self.0.first.table()
    }

    /// How many bytes it takes in memory, about.
    pub fn bytes(&self) -> usize {
        self.0.bytes.saturating_mul(GROWTH).saturating_add(size_of::<Inner>())
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Template").field(&self.0.recipe.files).finish()
    }
}

impl Recipe {
    fn compile(&self) -> Result<Compilation> {
        let Recipe { files, options, limits } = self;
        on_compile_stack(|| {
            metered(limits, None, || {
                let compilation = Compilation::new(files.clone(), FileTable::default());
                compilation.compile_all(*options)?;
                Ok(compilation)
            })
        })
    }
}
