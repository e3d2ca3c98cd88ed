//! `stampmill stamp`: what supply chains would apply, for a whole fleet and without a cluster.

use std::io::{BufWriter, IsTerminal};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

use super::{Console, Exit};
use crate::fleet::output::Format;
use crate::fleet::owners::Owners;
use crate::fleet::realize::State;
use crate::fleet::stamp::{Options, Report, Summary, Target, stamp};
use crate::fleet::{Fleet, Shard};
use crate::{Error, ErrorKind, Limits, Result};

const EXAMPLES: &str = "\
Takes blueprints, templates and owners (workloads, deliverables, runnables) from files and prints what a
cluster would be told to apply, for each owner and resource. Outputs come from what other controllers do:
--observed says what that is, with real objects or with rules. docs/stamp.md describes it all.

Owners that wait or fail are reported on standard error with the condition that a cluster would show. What is
broken is reported where it stands, and the rest goes on.

Exit status: 0 if all is well; 1 if an owner has failed or something could not be used; 2 for a command line
that makes no sense.

Examples:
  # What would be applied for the owners of a folder?
  stampmill stamp -f examples/source-to-url --observed examples/source-to-url/observed

  # for a fleet of workloads, one a line, into a file
  stampmill stamp -f platform/ --workloads workloads.ndjson --observed rules.yaml -o ndjson > objects.ndjson

  # with what a cluster says now
  kubectl get workloads -A -o yaml > workloads.yaml
  kubectl get gitrepositories,images -A -o yaml > observed.yaml
  stampmill stamp -f platform/ --workloads workloads.yaml --observed observed.yaml

  # into a folder, a file for each object
  stampmill stamp -f platform/ --workloads - --output-dir out < workloads.ndjson

  # the first of four machines
  stampmill stamp -f platform/ --workloads workloads.ndjson --shard 0/4 -o ndjson
";

pub(super) fn command() -> Command {
    let paths = |name: &'static str, value: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name(value)
            .value_parser(value_parser!(PathBuf))
            .value_hint(ValueHint::AnyPath)
    };
    let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
    Command::new("stamp")
        .about("Print what supply chains would apply, for a whole fleet and without a cluster")
        .args_override_self(true)
        .after_help(EXAMPLES)
        .arg(
            paths("filename", "PATH")
                .short('f')
                .required(true)
                .num_args(1..)
                .action(ArgAction::Append)
                .help("File or folder with blueprints, templates, owners and other objects (can be given several times)"),
        )
        .arg(
            paths("workloads", "PATH")
                .action(ArgAction::Append)
                .help("More owners, read as a stream: a file, a folder, or - for standard input; YAML documents or a JSON object a line"),
        )
        .arg(
            paths("observed", "PATH")
                .num_args(1..)
                .action(ArgAction::Append)
                .help("File or folder with what other controllers say: objects with their status, or rules (kind ObservedRules)"),
        )
        .arg(
            Arg::new("output")
                .long("output")
                .short('o')
                .value_name("FORMAT")
                .value_parser(PossibleValuesParser::new(["yaml", "json", "ndjson", "dir"]))
                .help("How to print the objects; dir writes files below --output-dir [default: yaml]"),
        )
        .arg(
            paths("output-dir", "FOLDER")
                .value_hint(ValueHint::DirPath)
                .help("Where -o dir writes: NAMESPACE/KIND.OWNER/RESOURCE.yaml"),
        )
        .arg(flag("with-status").help(
            "Print objects as a cluster would keep them, with uid, versions and status, instead of as they are applied",
        ))
        .arg(
            Arg::new("shard")
                .long("shard")
                .value_name("I/N")
                .value_parser(|text: &str| text.parse::<Shard>())
                .help("Only part I of N, counted from 0 [default: that of $JOB_COMPLETION_INDEX and $JOB_COMPLETIONS, else all]"),
        )
        .arg(
            Arg::new("threads")
                .long("threads")
                .value_name("N")
                .value_parser(value_parser!(u16).range(1..=1024))
                .help("How many threads to use [default: as many as there are processors]"),
        )
        .arg(
            Arg::new("fail-on")
                .long("fail-on")
                .value_name("STATE")
                .default_value("failed")
                .value_parser(PossibleValuesParser::new(["failed", "waiting"]))
                .help("Exit with 1 if an owner is in this state, or in a worse one"),
        )
        .arg(flag("quiet").short('q').help("No progress, no summary, and no word about owners that wait"))
}

pub(super) fn run(matches: &ArgMatches, console: &mut Console) -> Result<Exit> {
    match stamp_fleet(matches, console) {
        Err(error) if error.kind() == ErrorKind::Usage => {
            console.complain(&format!("stampmill: Error: {error}\n"));
            Ok(Exit::USAGE)
        }
        result => result,
    }
}

fn stamp_fleet(matches: &ArgMatches, console: &mut Console) -> Result<Exit> {
    let paths = |name| -> Vec<PathBuf> { matches.get_many(name).into_iter().flatten().cloned().collect() };
    let options = options(matches)?;
    let start = Instant::now();
    let quiet = matches.get_flag("quiet");
    let (fleet, loaded, problems) =
        Fleet::load(&paths("filename"), &paths("observed"), time()?, &Limits::default());
    for problem in &problems {
        console.complain(&format!("{problem}\n"));
    }
    let errors = problems.iter().filter(|problem| problem.is_error()).count() as u64;
    let owners = Owners::new(loaded, &paths("workloads"), console.take_stdin());
    let progress = Progress::new(!quiet && std::io::stderr().is_terminal(), owners.total_bytes());
    let log = console.log();
    let mut out = BufWriter::with_capacity(1 << 16, console.stdout());
    let result = stamp(&fleet, owners, &options, &mut out, |report| match report {
        Report::Problem(problem) => progress.aside(|| log(&format!("{problem}\n"))),
        Report::Owner(_, _, state) if quiet && state.state == State::Waiting => {}
        Report::Owner(place, name, state) => {
            let verb = if state.state == State::Waiting { "waits" } else { "failed" };
            let colon = if state.message.is_empty() { "" } else { ": " };
            let (reason, message) = (&state.reason, state.message.trim_end());
            progress.aside(|| log(&format!("{place}: {name} {verb}: {reason}{colon}{message}\n")));
        }
        Report::Progress(summary, bytes) => progress.show(summary, bytes),
    });
    drop(out);
    progress.clear();
    let mut summary = match result {
        Ok(summary) => summary,
        Err(error) => return Console::written(Err(error)),
    };
    summary.errors += errors;
    if !quiet {
        console.complain(&describe(&summary, &fleet, start.elapsed()));
    }
    let is_bad = summary.failed + summary.errors > 0
        || summary.waiting > 0
            && matches.get_one::<String>("fail-on").is_some_and(|state| state == "waiting");
    Ok(if is_bad { Exit::FAILURE } else { Exit::SUCCESS })
}

/// What a command line asks for.
fn options(matches: &ArgMatches) -> Result<Options> {
    let folder = matches.get_one::<PathBuf>("output-dir").cloned();
    let usage = |message: &str| Error::new(ErrorKind::Usage, message);
    let target = match (matches.get_one::<String>("output").map(String::as_str), folder) {
        (None | Some("dir"), Some(folder)) => Target::Folder(folder),
        (Some("dir"), None) => return Err(usage("-o dir needs --output-dir")),
        (Some(_), Some(_)) => return Err(usage("--output-dir goes with -o dir")),
        (Some("json"), None) => Target::Stream(Format::Json),
        (Some("ndjson"), None) => Target::Stream(Format::Ndjson),
        (_, None) => Target::Stream(Format::Yaml),
    };
    let shard = match matches.get_one::<Shard>("shard") {
        Some(shard) => *shard,
        None => Shard::of_job(|name| std::env::var(name).ok())?.unwrap_or_default(),
    };
    let threads = matches.get_one::<u16>("threads").map(|threads| usize::from(*threads));
    Ok(Options {
        target,
        with_status: matches.get_flag("with-status"),
        shard,
        threads: threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, Into::into)),
    })
}

/// The time that conditions have: now, or that of `SOURCE_DATE_EPOCH`, so that runs can be repeated.
fn time() -> Result<Timestamp> {
    let Ok(text) = std::env::var("SOURCE_DATE_EPOCH") else { return Ok(Timestamp::now()) };
    let seconds = text.trim().parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    seconds.ok_or_else(|| {
        Error::new(ErrorKind::Usage, format!("SOURCE_DATE_EPOCH is '{text}', expected seconds since 1970"))
    })
}

/// The last lines on standard error.
fn describe(summary: &Summary, fleet: &Fleet, elapsed: Duration) -> String {
    let count =
        |number: u64, what: &str| format!("{} {what}{}", grouped(number), if number == 1 { "" } else { "s" });
    let mut text = format!(
        "{} for {}: {} ready, {} waiting, {} failed",
        count(summary.objects, "object"),
        count(summary.owners(), "owner"),
        grouped(summary.ready),
        grouped(summary.waiting),
        grouped(summary.failed)
    );
    if summary.errors > 0 {
        text += &format!("; {}", count(summary.errors, "error"));
    }
    let seconds = elapsed.as_secs_f64();
    let rate = (summary.stamps as f64 / seconds.max(1e-9)) as u64;
    let renderer = fleet.catalog().renderer();
    let (compiled, renders) = (renderer.cache_stats().misses, renderer.renders());
    text += &format!(
        "\n{} in {seconds:.1} s, {} a second; ytt templates: {} compiled, {}\n",
        count(summary.stamps, "stamp"),
        grouped(rate),
        grouped(compiled),
        count(renders.saturating_sub(compiled), "cache hit"),
    );
    text
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A bar on a terminal.
struct Progress(Option<ProgressBar>);

impl Progress {
    fn new(shown: bool, bytes: Option<u64>) -> Progress {
        if !shown {
            return Progress(None);
        }
        let (bar, template) = match bytes {
            Some(bytes) if bytes > 0 => {
                (ProgressBar::new(bytes), "{bar:30} {percent:>3}%  {msg}  {elapsed} (eta {eta})")
            }
            _ => (ProgressBar::no_length(), "{spinner} {msg}  {elapsed}"),
        };
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        Progress(Some(bar))
    }

    fn show(&self, summary: &Summary, bytes: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(bytes);
            bar.set_message(format!(
                "{} owners: {} ready, {} waiting, {} failed",
                grouped(summary.owners()),
                grouped(summary.ready),
                grouped(summary.waiting),
                grouped(summary.failed)
            ));
        }
    }

    /// Prints something beside the bar.
    fn aside(&self, print: impl FnOnce()) {
        match &self.0 {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    fn clear(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
