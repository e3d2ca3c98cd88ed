//! What was measured.

use std::time::Duration;

use serde_json::{Value, json};

use super::threads::Timed;
use super::{Difference, Processes, Profile, ProfiledLine};
use crate::error::Error;

/// What was measured.
#[derive(Clone, Debug)]
pub struct Report {
    /// How many files the templates have.
    pub files: usize,
    /// How many inputs there were, those that failed included.
    pub inputs: usize,
    /// Inputs that could not be rendered: they were left out.
    pub failed: Option<Failed>,
    /// Bytes of data values, on average.
    pub input_bytes: f64,
    /// Bytes of the result as YAML, on average.
    pub output_bytes: f64,
    /// How long each measurement took.
    pub duration: Duration,
    /// Renders by numbers of threads, as asked for. Other measurements are compared with the first.
    pub threads: Vec<Times>,
    /// What as many processes as there were threads at most did: more than that is not to be had. None for
    /// one number of threads, and where it cannot be measured.
    pub scaling_limit: Option<Processes>,
    /// What a render takes from the allocator, if that can be counted.
    pub memory: Option<Memory>,
    /// Microseconds it takes to compile the templates, the median.
    pub compile_us: f64,
    /// Compiling the templates for each render; the ratio is its time to that of a render.
    pub uncached: Comparison,
    /// Reading the input and writing the output with `serde_json`; the ratio is the time of a render to its
    /// own. None if JSON has no form for them.
    pub floor: Option<Comparison>,
    /// Another program.
    pub against: Option<Against>,
    /// Where the time goes, if asked for.
    pub profile: Option<Profile>,
}

/// Inputs that could not be rendered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failed {
    /// How many.
    pub count: usize,
    /// The first one.
    pub input: String,
    /// What is wrong with that.
    pub error: Error,
}

/// The times of many renders.
#[derive(Clone, PartialEq, Debug)]
pub struct Times {
    /// How many threads rendered.
    pub threads: usize,
    /// How many renders there were.
    pub renders: u64,
    /// How many there were a second, of all threads together.
    pub per_second: f64,
    /// Microseconds of one on average.
    pub mean_us: f64,
    /// Microseconds that half of them did not exceed.
    pub p50_us: f64,
    /// Microseconds that 99 in 100 did not exceed.
    pub p99_us: f64,
}

/// What a render takes from the allocator, on average.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Memory {
    /// How often it asks.
    pub allocations: f64,
    /// How many bytes it asks for, those given back meanwhile included.
    pub bytes: f64,
}

/// Times and how they compare with those of a render, by medians: what else the machine does changes means
/// more.
#[derive(Clone, PartialEq, Debug)]
pub struct Comparison {
    /// How many times as long the one takes as the other.
    pub ratio: f64,
    /// The times.
    pub times: Times,
}

/// Another program.
#[derive(Clone, PartialEq, Debug)]
pub struct Against {
    /// The command.
    pub command: String,
    /// Of how many inputs the results were compared.
    pub checked: usize,
    /// The first that differs.
    pub difference: Option<Difference>,
    /// The ratio is its time to that of a render.
    pub comparison: Comparison,
}

impl Times {
    pub(super) fn new(timed: &Timed) -> Times {
        Times {
            threads: timed.threads,
            renders: timed.times.count(),
            per_second: timed.per_second,
            mean_us: timed.times.mean(),
            p50_us: timed.times.quantile(0.5),
            p99_us: timed.times.quantile(0.99),
        }
    }
}

impl Report {
    /// The report for programs. Keys stay; new ones may come.
    pub fn json(&self) -> Value {
        let first = self.threads.first();
        let of_first = |of: fn(&Times) -> f64| first.map(|times| number(of(times)));
        let threads: Vec<Value> = self
            .threads
            .iter()
            .map(|times| {
                let speedup =
                    number(times.per_second / first.map_or(1.0, |first| first.per_second.max(1e-9)));
                with(times_json(times), &[("threads", json!(times.threads)), ("speedup", speedup)])
            })
            .collect();
        json!({
            "stampmill": crate::version::STAMPMILL,
            "files": self.files,
            "inputs": self.inputs,
            "failed": self.failed.as_ref().map(|failed| json!({
                "count": failed.count,
                "input": failed.input,
                "error": failed.error.to_string(),
            })),
            "input_bytes": number(self.input_bytes),
            "output_bytes": number(self.output_bytes),
            "duration_ms": number(self.duration.as_secs_f64() * 1e3),
            "renders_per_second": of_first(|times| times.per_second),
            "mean_us": of_first(|times| times.mean_us),
            "p50_us": of_first(|times| times.p50_us),
            "p99_us": of_first(|times| times.p99_us),
            "threads": threads,
            "scaling_limit": self.scaling_limit.map(|limit| json!({
                "processes": limit.processes,
                "renders_per_second": number(limit.per_second),
                "speedup": number(limit.speedup),
            })),
            "allocations_per_render": self.memory.map(|memory| number(memory.allocations)),
            "bytes_per_render": self.memory.map(|memory| number(memory.bytes)),
            "compile_us": number(self.compile_us),
            "uncached": comparison_json(&self.uncached),
            "floor": self.floor.as_ref().map(comparison_json),
            "against": self.against.as_ref().map(against_json),
            "profile": self.profile.as_ref().map(profile_json),
        })
    }

    /// The report for people.
    pub fn table(&self) -> String {
        super::table::of(self)
    }
}

fn times_json(times: &Times) -> Value {
    json!({
        "renders": times.renders,
        "renders_per_second": number(times.per_second),
        "mean_us": number(times.mean_us),
        "p50_us": number(times.p50_us),
        "p99_us": number(times.p99_us),
    })
}

fn comparison_json(comparison: &Comparison) -> Value {
    with(times_json(&comparison.times), &[("ratio", number(comparison.ratio))])
}

fn against_json(against: &Against) -> Value {
    let difference = against.difference.as_ref();
    with(
        comparison_json(&against.comparison),
        &[
            ("command", json!(against.command)),
            ("checked", json!(against.checked)),
            ("equal", json!(difference.is_none())),
            ("difference", json!(difference.map(|found| json!({"input": found.input, "what": found.what})))),
        ],
    )
}

fn profile_json(profile: &Profile) -> Value {
    let line = |line: &ProfiledLine| {
        json!({
            "file": line.file,
            "line": line.line,
            "source": line.source,
            "share": number(line.share),
            "us_per_render": number(line.us),
            "visits_per_render": number(line.visits),
        })
    };
    json!({
        "renders": profile.renders,
        "mean_us": number(profile.mean_us),
        "lines_share": number(profile.lines_share),
        "rest_share": number(profile.rest_share),
        "print_share": number(profile.print_share),
        "lines": profile.lines.iter().map(line).collect::<Vec<_>>(),
    })
}

/// An object with more keys.
fn with(mut object: Value, more: &[(&str, Value)]) -> Value {
    if let Some(object) = object.as_object_mut() {
        object.extend(more.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    }
    object
}

/// A number with three digits behind the point at most.
fn number(value: f64) -> Value {
    json!((value * 1e3).round() / 1e3)
}
