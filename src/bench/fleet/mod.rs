//! Measuring how fast a fleet is stamped: from a workload a line to an object a line, as `stampmill stamp`
//! does it.

mod against;
pub mod sample;

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::{Value, json};

use self::against::Compared;
use self::sample::{OBSERVED, PLATFORM, RESOURCES, Workloads, YTT_RESOURCES};
use crate::Limits;
use crate::bench::usage::Usage;
use crate::error::{Error, ErrorKind, Result};
use crate::fleet::load::Loaded;
use crate::fleet::output::Format;
use crate::fleet::owners::Owners;
use crate::fleet::stamp::{Options, Report, Summary, Target, stamp};
use crate::fleet::{Fleet, Observed, Shard};

/// What to measure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FleetBench {
    /// How many workloads.
    pub workloads: u64,
    /// On how many threads.
    pub threads: usize,
    /// Another ytt, started for each of the stamps of a sample.
    pub against: Option<String>,
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct FleetReport {
    bench: FleetBench,
    summary: Summary,
    bytes: u64,
    seconds: f64,
    usage: Option<Usage>,
    against: Option<Compared>,
}

/// Counts what is written to it.
#[derive(Default)]
struct Counted(u64);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The platform, ready to stamp.
///
/// # Errors
/// `Internal` if the sample itself is broken.
pub fn fleet() -> Result<Fleet> {
    let mut loaded = Loaded::default();
    loaded.stream("platform.yaml".into(), PLATFORM.as_bytes());
    let mut rules = Loaded::default();
    rules.stream("observed.yaml".into(), OBSERVED.as_bytes());
    let (observed, mut problems) = Observed::of(rules);
    let (fleet, _, more) = Fleet::of(loaded, observed, Timestamp::UNIX_EPOCH, &Limits::default());
    problems.extend(more);
    match problems.first() {
        Some(problem) => Err(Error::new(ErrorKind::Internal, problem.to_string())),
        None => Ok(fleet),
    }
}

impl FleetBench {
    /// Measures; `progress` hears how many workloads are done.
    ///
    /// # Errors
    /// The other ytt cannot be started; a thread cannot.
    pub fn run(&self, progress: &dyn Fn(u64)) -> Result<FleetReport> {
        let failed = |error: io::Error| Error::new(ErrorKind::File, format!("Stamping: {error}"));
        let fleet = fleet()?;
        let options = Options {
            target: Target::Stream(Format::Ndjson),
            with_status: false,
            shard: Shard::default(),
            threads: self.threads,
        };
        let workloads = Workloads::new(self.workloads);
        let owners = Owners::new(Vec::new(), &["-".into()], Box::new(workloads));
        let mut out = Counted::default();
        let before = Usage::of_process();
        let start = Instant::now();
        let mut problem = None;
        let summary = stamp(&fleet, owners, &options, &mut out, |report| match report {
            Report::Progress(summary, _) => progress(summary.done),
            Report::Problem(found) => _ = problem.get_or_insert_with(|| found.to_string()),
            Report::Owner(_, name, state) => {
                problem.get_or_insert_with(|| format!("{name}: {}: {}", state.reason, state.message));
            }
        })
        .map_err(failed)?;
        let seconds = start.elapsed().as_secs_f64();
        let usage = before.zip(Usage::of_process()).map(|(before, after)| after.since(&before));
        if let Some(problem) = problem {
            return Err(Error::new(ErrorKind::Internal, problem));
        }
        let against = match &self.against {
            Some(command) => Some(against::compare(&fleet, command, self.workloads)?),
            None => None,
        };
        Ok(FleetReport { bench: self.clone(), summary, bytes: out.0, seconds, usage, against })
    }
}

impl FleetReport {
    /// Whether the other ytt gave something else.
    pub fn differs(&self) -> bool {
        self.against.as_ref().is_some_and(|against| against.difference.is_some())
    }

    /// CPU seconds that the other ytt would take for all ytt stamps of the fleet, against those that all
    /// stamps took here.
    fn cpu_ratio(&self) -> Option<f64> {
        let (against, usage) = self.against.as_ref().zip(self.usage)?;
        let theirs = against.cpu_us? * 1e-6 * (YTT_RESOURCES * self.bench.workloads) as f64;
        Some(theirs / usage.cpu_seconds)
    }

    /// The figures as JSON. `docs/bench.md` describes them.
    pub fn json(&self) -> Value {
        let stamps = self.summary.stamps as f64;
        json!({
            "workloads": self.bench.workloads,
            "resources": RESOURCES,
            "ytt_resources": YTT_RESOURCES,
            "threads": self.bench.threads,
            "stamps": self.summary.stamps,
            "objects": self.summary.objects,
            "output_bytes": self.bytes,
            "wall_seconds": self.seconds,
            "cpu_seconds": self.usage.map(|usage| usage.cpu_seconds),
            "peak_memory_bytes": self.usage.map(|usage| usage.peak_bytes),
            "stamps_per_second": stamps / self.seconds,
            "cpu_us_per_stamp": self.usage.map(|usage| usage.cpu_seconds * 1e6 / stamps),
            "against": self.against.as_ref().map(|against| json!({
                "command": against.command,
                "stamps": against.stamps,
                "wall_us_per_stamp": against.wall_us,
                "cpu_us_per_stamp": against.cpu_us,
                "cpu_ratio": self.cpu_ratio(),
                "equal": against.difference.is_none(),
                "difference": against.difference,
            })),
            "stampmill": crate::version::STAMPMILL,
        })
    }

    /// The figures for people.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let stamps = self.summary.stamps;
        let mut line = |name: &str, value: String| _ = writeln!(out, "{name:<22}{value}");
        line(
            "workloads",
            format!("{} of {RESOURCES} resources, {YTT_RESOURCES} with ytt", self.bench.workloads),
        );
        line("threads", self.bench.threads.to_string());
        line("stamps", stamps.to_string());
        line("wall time", format!("{:.2} s", self.seconds));
        line("stamps a second", format!("{:.0}", stamps as f64 / self.seconds));
        if let Some(usage) = &self.usage {
            let each = usage.cpu_seconds * 1e6 / stamps.max(1) as f64;
            line("cpu time", format!("{:.2} s, {each:.0} us a stamp", usage.cpu_seconds));
            line("peak memory", format!("{} MiB", usage.peak_bytes >> 20));
        }
        line("output", format!("{:.1} MB", self.bytes as f64 / 1e6));
        if let Some(against) = &self.against {
            line("against", format!("{}, {} ytt stamps", against.command, against.stamps));
            line("  each", format!("{:.0} us", against.wall_us));
            if let (Some(cpu), Some(ratio)) = (against.cpu_us, self.cpu_ratio()) {
                let all = cpu * 1e-6 * (YTT_RESOURCES * self.bench.workloads) as f64;
                line(
                    "  cpu time",
                    format!("{cpu:.0} us each, {all:.0} s for the ytt stamps of the fleet: {ratio:.0}x"),
                );
            }
            line("  output", against.difference.clone().unwrap_or_else(|| "equal".to_owned()));
        }
        out
    }
}

/// Writes the fleet to a folder: `platform/`, `observed/` and `workloads.ndjson`.
///
/// # Errors
/// A file cannot be written.
pub fn write(folder: &Path, workloads: u64) -> Result<()> {
    let write = || -> io::Result<()> {
        for (name, file, text) in
            [("platform", "platform.yaml", PLATFORM), ("observed", "rules.yaml", OBSERVED)]
        {
            std::fs::create_dir_all(folder.join(name))?;
            std::fs::write(folder.join(name).join(file), text)?;
        }
        let mut file = std::fs::File::create(folder.join("workloads.ndjson"))?;
        io::copy(&mut Workloads::new(workloads), &mut file)?;
        Ok(())
    };
    write().map_err(|error| Error::new(ErrorKind::File, format!("Writing '{}': {error}", folder.display())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::FleetBench;

    #[test]
    fn every_workload_of_the_sample_comes_to_its_end() {
        let report = FleetBench { workloads: 100, threads: 2, against: None }.run(&|_| ()).unwrap();
        assert_eq!((report.summary.ready, report.summary.objects, report.summary.stamps), (100, 500, 500));
        assert_eq!(report.json()["stamps"], 500);
    }
}
