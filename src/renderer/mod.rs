//! The front door of the library: a [`Template`] is compiled once and rendered as often as wanted,
//! from as many threads as wanted, within [`Limits`].
//!
//! A [`Renderer`] adds a cache of templates, limits of one's own, cancellation, and many inputs at once.

mod cache;
mod gate;
mod inspect;
mod measure;
mod output;
mod template;
mod thread;
mod values;

use std::sync::Arc;

pub use cache::CacheStats;
pub use output::{NamedFile, Output};
pub use template::Template;
pub use values::Values;

use cache::Cache;
use gate::Gate;
use rayon::prelude::*;

use crate::engine::{on_deep_stack, panicked, stack_for};
use crate::error::Result;
use crate::limits::{CancelToken, Limits};
use crate::workspace::{File, Options};

/// Renders templates, and keeps those it has compiled.
///
/// A renderer is made once and shared by all threads.
///
/// ```
/// use stampmill::workspace::File;
/// use stampmill::{Renderer, Values};
///
/// # fn main() -> stampmill::Result<()> {
/// let renderer = Renderer::new();
/// let file = File::new("config.yml", *b"#@ load('@ytt:data', 'data')\nname: #@ data.values.name.upper()\n");
/// let template = renderer.compile(vec![file])?;
///
/// let inputs = [r#"{"name": "a"}"#, r#"{"name": 1}"#, r#"{"name": "c"}"#].map(Values::json);
/// let results = renderer.render_many(&template, &inputs, |output| output.yaml());
/// assert_eq!(results[0].as_deref(), Ok("name: A\n"));
/// assert!(results[1].as_ref().is_err_and(|error| error.to_string().contains("int has no .upper field")));
/// assert_eq!(results[2].as_deref(), Ok("name: C\n"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Renderer {
    limits: Limits,
    options: Options,
    cache: Cache,
    gate: Gate,
}

/// How many bytes of compiled templates a renderer keeps, unless told otherwise.
const CACHE_BYTES: u64 = 256 << 20;

impl Default for Renderer {
    fn default() -> Renderer {
        Renderer::new()
    }
}

impl Renderer {
    /// A renderer with the default [`Limits`].
    pub fn new() -> Renderer {
        // Renders keep a processor busy: more of them at once would only take memory.
        let at_once = 2 * thread::processors();
        Renderer {
            limits: Limits::default(),
            options: Options::default(),
            cache: Cache::new(CACHE_BYTES),
            gate: Gate::new(at_once),
        }
    }

    /// Other limits, for every compilation and every render.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Renderer {
        Renderer { limits, ..self }
    }

    /// Other options, for every template.
    #[must_use]
    pub fn with_options(self, options: Options) -> Renderer {
        Renderer { options, ..self }
    }

    /// How many bytes of compiled templates are kept, about.
    #[must_use]
    pub fn with_cache_bytes(self, bytes: u64) -> Renderer {
        Renderer { cache: Cache::new(bytes), ..self }
    }

    /// How many renders run at once; others wait for their turn, and their time counts from then on. What
    /// all of them may take is this times [`Limits::memory`]. By default twice the number of processors.
    #[must_use]
    pub fn with_max_concurrent(self, renders: usize) -> Renderer {
        Renderer { gate: Gate::new(renders), ..self }
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Compiles a set of files, unless the cache holds the same set. Errors are kept too. Of several
    /// threads that ask for the same set at once, one compiles it and the others wait.
    ///
    /// # Errors
    /// What is wrong with a file that is always evaluated; see [`Template::compile`].
    pub fn compile(&self, files: Vec<File>) -> Result<Template> {
        self.compile_with(files, self.options)
    }

    /// [`compile`](Renderer::compile) with options of its own.
    ///
    /// # Errors
    /// The same.
    pub fn compile_with(&self, files: Vec<File>, options: Options) -> Result<Template> {
        self.cache.get(files, options, &self.limits)
    }

    /// Renders a template with data values, which go over those of its files.
    ///
    /// # Errors
    /// Whatever is wrong with the data values or the code; [`ErrorKind::Limit`](crate::ErrorKind::Limit) beyond a limit.
    pub fn render(&self, template: &Template, values: &Values<'_>) -> Result<Output> {
        self.render_with(template, values, None)
    }

    /// [`render`](Renderer::render), until somebody cancels it.
    ///
    /// # Errors
    /// The same, and [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled).
    pub fn render_with(
        &self,
        template: &Template,
        values: &Values<'_>,
        cancel: Option<&CancelToken>,
    ) -> Result<Output> {
        let _turn = self.gate.enter();
        template.render_within(values, &self.limits, cancel)
    }

    /// Renders a template with many data values, on all processors. Results come in the order of the
    /// inputs, an error for each that fails; nothing stops the others. `finish` turns each output into
    /// what is wanted of it, on the thread that rendered it.
    pub fn render_many<T: Send>(
        &self,
        template: &Template,
        inputs: &[Values<'_>],
        finish: impl Fn(Output) -> Result<T> + Sync,
    ) -> Vec<Result<T>> {
        self.render_many_with(template, inputs, None, finish)
    }

    /// [`render_many`](Renderer::render_many), until somebody cancels it: what has not been rendered by then
    /// ends with [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled).
    pub fn render_many_with<T: Send>(
        &self,
        template: &Template,
        inputs: &[Values<'_>],
        cancel: Option<&CancelToken>,
        finish: impl Fn(Output) -> Result<T> + Sync,
    ) -> Vec<Result<T>> {
        let render = |values: &Values<'_>| {
            let _turn = self.gate.enter();
            template.render_within(values, &self.limits, cancel).and_then(&finish)
        };
        // Stacks that are deep enough save every render the way to one.
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(thread::processors().min(inputs.len()).max(1))
            .stack_size(render_stack(&self.limits) + (1 << 20))
            .build();
        match threads {
            Ok(threads) => threads.install(|| inputs.par_iter().map(render).collect()),
            Err(_) => inputs.iter().map(render).collect(),
        }
    }

    /// What the cache has done.
    pub fn cache_stats(&self) -> CacheStats {
        self.cache.stats()
    }

    /// How many renders were begun.
    pub fn renders(&self) -> u64 {
        self.gate.entered()
    }
}

/// The stack that a render may take.
fn render_stack(limits: &Limits) -> usize {
    stack_for(limits.call_depth, limits.tree_depth)
}

/// Runs `work` where there is stack enough for a render, and turns a panic into an error.
fn on_render_stack<T>(limits: &Limits, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let needed = render_stack(limits);
    let caught = move || {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))
            .unwrap_or_else(|panic| Err(panicked(&*panic)))
    };
    stacker::maybe_grow(needed, needed, caught)
}

/// Compiles where there is stack enough for the deepest code.
fn on_compile_stack<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    on_deep_stack(work)
}

/// A template is shared by all threads.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Template>();
    shared::<Renderer>();
    shared::<Arc<Output>>();
};
