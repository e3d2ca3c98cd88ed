//! Measures templates for those who use them: how many renders a second, what a render takes, and how
//! that compares with compiling each time, with the least any program would do, and with other programs.

mod against;
mod allocated;
#[cfg(feature = "cli")]
mod allocator;

pub mod fleet;
mod floor;
mod histogram;
mod input;
mod process;
mod profile;
mod report;
#[cfg(feature = "server")]
pub mod serve;
mod table;
mod threads;

use std::path::PathBuf;
use std::time::{Duration, Instant};

pub use against::Difference;
#[cfg(feature = "cli")]
pub use allocator::Allocator;
pub use input::Input;
pub use profile::{Profile, ProfiledLine};
pub use report::{Against, Comparison, Failed, Memory, Report, Times};

use self::against::Rival;
use self::floor::Pair;
use self::histogram::Histogram;
use self::threads::{Timed, measure};
use crate::error::{Error, Result};
use crate::workspace::{File, Options};
use crate::{Limits, Renderer, Template};

/// What to measure.
#[derive(Clone, Debug)]
pub struct Bench {
    /// The files of the templates.
    pub files: Vec<File>,
    /// The data values, which are rendered in turn.
    pub inputs: Vec<Input>,
    /// How long each measurement takes; at least one render is made, however long that takes.
    pub duration: Duration,
    /// On how many threads to render, one measurement each.
    pub threads: Vec<usize>,
    /// A command to compare with.
    pub against: Option<Rivalry>,
    /// Whether to look where the time goes.
    pub profile: bool,
}

/// A command that takes ytt's command line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rivalry {
    /// Its words, separated by white space.
    pub command: String,
    /// The files, as its `-f` takes them.
    pub files: Vec<PathBuf>,
}

/// How often the other program is run at least.
const MIN_RUNS: u64 = 3;

/// Of how many inputs memory is measured at most.
const COUNTED: usize = 1000;

/// An input with what it gives.
struct Rendered<'a> {
    input: &'a Input,
    yaml: String,
    pair: Option<Pair>,
}

impl Bench {
    /// Measures. `progress` is told what is being done.
    ///
    /// # Errors
    /// What is wrong with the templates; the error of the first input if all fail; if the other command
    /// cannot be run.
    pub fn run(&self, progress: &dyn Fn(&str)) -> Result<Report> {
        let limits = limits();
        progress("compiling");
        let template = Template::compile_with(self.files.clone(), Options::default(), &limits)?;
        let renderer = Renderer::new().with_limits(limits.clone()).with_max_concurrent(usize::MAX);
        progress("rendering each input once");
        let (rendered, failed) = self.try_all(&renderer, &template)?;
        let inputs: Vec<&Input> = rendered.iter().map(|rendered| rendered.input).collect();

        let mut times = Vec::new();
        for &count in &self.threads {
            progress(&format!("rendering on {}", table::plural(count, "thread")));
            times.push(Times::new(&measure(count.max(1), self.duration, |thread| {
                let (renderer, template, inputs) = (&renderer, &template, &inputs);
                let mut out = String::new();
                move |turn| match nth(inputs, turn.wrapping_add(thread as u64)) {
                    Some(input) => render(renderer, template, input, &mut out),
                    None => Ok(()),
                }
            })?));
        }
        let ours = times.first().map_or(0.0, |times: &Times| times.p50_us);

        progress("counting allocations");
        let memory = memory(&renderer, &template, &inputs)?;

        progress("compiling for each render");
        let mut compile = Histogram::new();
        let uncached = measure_alone(self.duration, &inputs, |input: &&Input, out: &mut String| {
            let start = Instant::now();
            let template = Template::compile_with(self.files.clone(), Options::default(), &limits)?;
            compile.add(start.elapsed());
            render(&renderer, &template, input, out)
        })?;
        let uncached = Times::new(&uncached);
        let uncached = Comparison { ratio: ratio(uncached.p50_us, ours), times: uncached };

        progress("reading and writing JSON");
        let pairs: Option<Vec<&Pair>> = rendered.iter().map(|rendered| rendered.pair.as_ref()).collect();
        let floor = pairs.map(|pairs| {
            measure_alone(self.duration, &pairs, |pair: &&Pair, out: &mut Vec<u8>| pair.work(out))
        });
        let floor = floor.transpose()?;
        let floor = floor.map(|floor| {
            let times = Times::new(&floor);
            Comparison { ratio: ratio(ours, times.p50_us), times }
        });

        let against = match &self.against {
            Some(rivalry) => {
                progress(&format!("running {}", rivalry.command));
                Some(self.rival(rivalry, &rendered, ours)?)
            }
            None => None,
        };
        let profile = if self.profile {
            progress("watching");
            Some(profile::profile(&self.files, &limits, &inputs, self.duration)?)
        } else {
            None
        };
        let mean = |total: usize| total as f64 / rendered.len().max(1) as f64;
        Ok(Report {
            files: self.files.len(),
            inputs: self.inputs.len(),
            failed,
            input_bytes: mean(inputs.iter().map(|input| input.text().map_or(0, str::len)).sum()),
            output_bytes: mean(rendered.iter().map(|rendered| rendered.yaml.len()).sum()),
            duration: self.duration,
            threads: times,
            memory,
            compile_us: compile.quantile(0.5),
            uncached,
            floor,
            against,
            profile,
        })
    }

    /// Renders each input once: those that can be rendered, and what is wrong with the others.
    fn try_all(
        &self,
        renderer: &Renderer,
        template: &Template,
    ) -> Result<(Vec<Rendered<'_>>, Option<Failed>)> {
        let mut rendered = Vec::new();
        let mut failed: Option<Failed> = None;
        for input in &self.inputs {
            let output = renderer.render(template, &input.values());
            match output.and_then(|output| Ok((output.yaml()?, output.json().ok()))) {
                Ok((yaml, json)) => {
                    let pair = json.and_then(|json| Pair::new(input, &json));
                    rendered.push(Rendered { input, yaml, pair });
                }
                Err(error) => match &mut failed {
                    Some(failed) => failed.count += 1,
                    None => failed = Some(Failed { count: 1, input: input.name().to_owned(), error }),
                },
            }
        }
        match failed {
            Some(failed) if rendered.is_empty() => Err(failed.into_error(self.inputs.len())),
            failed => Ok((rendered, failed)),
        }
    }

    fn rival(&self, rivalry: &Rivalry, rendered: &[Rendered<'_>], ours: f64) -> Result<Against> {
        let rival = Rival::new(&rivalry.command, &rivalry.files)?;
        let mut times = Histogram::new();
        let mut difference = None;
        let mut checked = 0;
        let begin = Instant::now();
        for (number, Rendered { input, yaml, .. }) in rendered.iter().cycle().enumerate() {
            let start = Instant::now();
            let output = rival.render(input)?;
            times.add(start.elapsed());
            if number < rendered.len() {
                checked += 1;
            }
            difference = difference.or_else(|| against::difference(input, yaml, &output));
            if begin.elapsed() >= self.duration && times.count() >= MIN_RUNS {
                break;
            }
        }
        let per_second = 1e6 / times.mean().max(1e-3);
        let times = Times::new(&Timed { threads: 1, times, per_second });
        let ratio = ratio(times.p50_us, ours);
        let command = rivalry.command.clone();
        Ok(Against { command, checked, difference, comparison: Comparison { ratio, times } })
    }
}

/// Those of one's own templates; not deeper than the stacks of measuring threads.
fn limits() -> Limits {
    let usual = Limits::default();
    Limits { call_depth: usual.call_depth, tree_depth: usual.tree_depth, ..Limits::trusted() }
}

fn render(renderer: &Renderer, template: &Template, input: &Input, out: &mut String) -> Result<()> {
    out.clear();
    renderer.render(template, &input.values())?.write_yaml(out)
}

/// What comes at a turn when all have theirs one after the other.
fn nth<T>(items: &[T], turn: u64) -> Option<&T> {
    items.get((turn % items.len().max(1) as u64) as usize)
}

/// Works on the items in turn, on one thread.
fn measure_alone<T: Sync, B: Default>(
    duration: Duration,
    items: &[T],
    work: impl FnMut(&T, &mut B) -> Result<()> + Send,
) -> Result<Timed> {
    let work = std::sync::Mutex::new(Some(work));
    measure(1, duration, |_| {
        let mut work = work.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        let mut buffer = B::default();
        move |turn| match (&mut work, nth(items, turn)) {
            (Some(work), Some(item)) => work(item, &mut buffer),
            _ => Ok(()),
        }
    })
}

/// What a render takes from the allocator.
fn memory(renderer: &Renderer, template: &Template, inputs: &[&Input]) -> Result<Option<Memory>> {
    let inputs = inputs.get(..COUNTED).unwrap_or(inputs);
    let mut out = String::new();
    let mut all = || inputs.iter().try_for_each(|input| render(renderer, template, input, &mut out));
    // What only the first render takes is no part of it.
    all()?;
    let mut outcome = Ok(());
    let allocated = allocated::counted(|| outcome = all());
    outcome?;
    let each = |total: u64| total as f64 / inputs.len().max(1) as f64;
    Ok(allocated.map(|all| Memory { allocations: each(all.allocations), bytes: each(all.bytes) }))
}

/// How many times as long; 0 if there is nothing to compare with.
fn ratio(time: f64, base: f64) -> f64 {
    if base > 0.0 { time / base } else { 0.0 }
}

impl Failed {
    /// What to tell about the inputs that fail.
    pub fn into_error(self, inputs: usize) -> Error {
        let Failed { count, input, error } = self;
        match inputs {
            1 => error.context(format!("Rendering {input}")),
            _ => error.context(format!("{count} of {inputs} inputs fail; the first is {input}")),
        }
    }
}
