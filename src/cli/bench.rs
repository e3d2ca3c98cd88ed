//! `stampmill bench`: measures templates; `stampmill bench fleet`: supply chains; `stampmill bench controller`: a
//! controller; `stampmill bench serve`: the rendering service.

#[cfg(feature = "controller")]
mod controller;
mod fleet;
#[cfg(feature = "server")]
mod serve;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};

use super::{Console, Exit};
use crate::bench::{Alone, Bench, Input, Rivalry};
use crate::workspace::{Sources, SymlinkRules};
use crate::{Error, ErrorKind, Result};

const EXAMPLES: &str = "\
Renders the templates again and again, as a program that keeps them compiled does. The result shows how
many renders there are a second and how long they take, on each number of threads, and how many as many
processes make, which is all the machine gives; what a render takes from the allocator; how long it takes to compile the templates; and how a render compares with compiling the
templates for each render, with reading the data values and writing the result with serde_json, and with
another program that is started for each render. Each of these measurements takes as long as --duration says.

Inputs that cannot be rendered are left out and reported; the command then fails, as it does if the other
program gives another output.

Examples:
  # How fast is a template?
  stampmill bench -f config/ --data-values-file values.yml

  # with the data values of a whole fleet, on 1, 2 and 4 threads
  stampmill bench -f config/ --inputs workloads.ndjson --threads 1,2,4

  # Is it worth it, compared with starting ytt for each render?
  stampmill bench -f config/ --data-values-file values.yml --against ytt

  # Which lines take the time?
  stampmill bench -f config/ --data-values-file values.yml --profile

  # Keep the figures
  stampmill bench -f config/ --inputs workloads/ -o json > figures.json

  # How fast is a whole fleet stamped?
  stampmill bench fleet --workloads 10000

  # How fast is a controller on this cluster?
  stampmill bench controller

  # What does the rendering service cost?
  stampmill bench serve
";

/// How a measurement is shown.
fn output() -> Arg {
    Arg::new("output")
        .long("output")
        .short('o')
        .value_name("FORMAT")
        .default_value("table")
        .value_parser(PossibleValuesParser::new(["table", "json"]))
        .help("How to show the result")
}

/// How long one measurement of several takes.
fn duration() -> Arg {
    Arg::new("duration")
        .long("duration")
        .value_name("TIME")
        .default_value("3s")
        .value_parser(parse_duration)
        .help("How long each measurement takes: a number with ms, s or m")
}

pub(super) fn command() -> Command {
    let paths = |name: &'static str, value: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name(value)
            .value_parser(value_parser!(PathBuf))
            .value_hint(ValueHint::AnyPath)
    };
    let command = Command::new("bench")
        .about("Measure how fast templates render")
        .args_override_self(true)
        .args_conflicts_with_subcommands(true)
        .subcommand_negates_reqs(true)
        .disable_help_subcommand(true)
        .subcommand(fleet::command())
        .after_help(EXAMPLES)
        .arg(
            paths("file", "FILE")
                .short('f')
                .required(true)
                .action(ArgAction::Append)
                .help("File or directory of the templates, as ytt takes it (can be given several times)"),
        )
        .arg(
            paths("data-values-file", "FILE")
                .action(ArgAction::Append)
                .help("Plain data values, YAML or JSON; later files go over earlier ones"),
        )
        .arg(
            paths("inputs", "PATH")
                .conflicts_with("data-values-file")
                .help("Many data values, rendered in turn: a directory of .json and .yml files, or a file with a JSON object a line"),
        )
        .arg(duration())
        .arg(
            Arg::new("threads")
                .long("threads")
                .value_name("N,…")
                .value_delimiter(',')
                .value_parser(value_parser!(u16).range(1..=1024))
                .help("Numbers of threads to render on [default: 1 and as many as there are processors]"),
        )
        .arg(
            Arg::new("against")
                .long("against")
                .value_name("COMMAND")
                .value_hint(ValueHint::CommandString)
                .help("Another command that takes -f and --data-values-file, run for each render; its output is compared"),
        )
        .arg(
            Arg::new("profile")
                .long("profile")
                .action(ArgAction::SetTrue)
                .help("Show which lines of the templates take the time"),
        )
        .arg(
            Arg::new("alone")
                .long("alone")
                .hide(true)
                .action(ArgAction::SetTrue)
                .help("Render on one thread and print how many renders there were a second"),
        )
        .arg(output());
    #[cfg(feature = "controller")]
    let command = command.subcommand(controller::command());
    #[cfg(feature = "server")]
    let command = command.subcommand(serve::command());
    command
}

pub(super) fn run(matches: &ArgMatches, console: &mut Console) -> Result<Exit> {
    match matches.subcommand() {
        Some(("fleet", matches)) => return fleet::run(matches, console),
        #[cfg(feature = "controller")]
        Some(("controller", matches)) => return controller::run(matches, console),
        _ => {}
    }
    #[cfg(feature = "server")]
    if let Some(("serve", matches)) = matches.subcommand() {
        return serve::run(matches, console);
    }
    let bench = bench(matches, console)?;
    if matches.get_flag("alone") {
        return console.print(format!("{}\n", bench.alone()?));
    }
    let shown = std::io::stderr().is_terminal();
    let progress = |what: &str| {
        if shown {
            console.complain(&format!("\r\x1b[K{what}"));
        }
    };
    let report = bench.run(&|what| progress(&format!("{what} …")));
    progress("");
    let report = report?;
    let printed = match matches.get_one::<String>("output").map(String::as_str) {
        Some("json") => console.print(format!("{:#}\n", report.json()))?,
        _ => console.print(report.table())?,
    };
    if let Some(failed) = report.failed {
        return Err(failed.into_error(report.inputs));
    }
    match report.against {
        Some(against) if against.difference.is_some() => Ok(Exit::FAILURE),
        _ => Ok(printed),
    }
}

/// What a command line asks for.
fn bench(matches: &ArgMatches, console: &mut Console) -> Result<Bench> {
    let paths = |name| -> Vec<PathBuf> { matches.get_many(name).into_iter().flatten().cloned().collect() };
    let mut sources = Sources::new(console.take_stdin(), SymlinkRules::default());
    let templates = paths("file");
    let files = sources.files(&templates)?;
    let values = paths("data-values-file");
    let inputs = match matches.get_one::<PathBuf>("inputs") {
        Some(path) => Input::below(path)?,
        None if values.is_empty() => vec![Input::none()],
        None => vec![Input::of_files(&sources.files(&values)?)?],
    };
    let against = matches.get_one::<String>("against").cloned();
    if against.is_some() && templates.iter().any(|path| path.as_os_str() == "-") {
        let message = "--against needs templates in files: standard input can be read only once";
        return Err(Error::new(ErrorKind::Usage, message));
    }
    let threads: Vec<usize> =
        matches.get_many::<u16>("threads").into_iter().flatten().map(|&count| count.into()).collect();
    Ok(Bench {
        files,
        inputs,
        duration: matches.get_one("duration").copied().unwrap_or(Duration::from_secs(3)),
        threads: if threads.is_empty() { usual_threads() } else { threads },
        alone: alone(templates.iter().chain(&values).all(|path| path.as_os_str() != "-")),
        against: against.map(|command| Rivalry { command, files: templates }),
        profile: matches.get_flag("profile"),
    })
}

/// This command line, to measure on one thread; none if that would have to read standard input again.
fn alone(again: bool) -> Option<Alone> {
    let program = std::env::current_exe().ok().filter(|_| again)?;
    let arguments = std::env::args_os().skip(1).chain(["--alone".into()]).collect();
    Some(Alone { program, arguments })
}

/// One, and as many as there are processors.
fn usual_threads() -> Vec<usize> {
    match std::thread::available_parallelism().map_or(1, Into::into) {
        1 => vec![1],
        processors => vec![1, processors],
    }
}

pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let unit = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit);
    let seconds = match unit {
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        _ => return Err("expected a number with ms, s or m, such as 500ms or 3s".to_owned()),
    };
    let number: f64 = number.parse().map_err(|_| format!("'{number}' is not a number"))?;
    match Duration::try_from_secs_f64(number * seconds) {
        Ok(duration) if !duration.is_zero() && duration <= Duration::from_secs(3600) => Ok(duration),
        _ => Err("expected more than no time and at most 60m".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        for (text, millis) in
            [("3s", 3000), ("500ms", 500), ("1.5s", 1500), ("2m", 120_000), ("60m", 3_600_000)]
        {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "3", "s", "0s", "-1s", "3h", "61m", "3 s x", "nans", "infs", "1e99m"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
