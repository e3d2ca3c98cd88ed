//! `stampmill bench serve`: measures the rendering service.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};

use super::parse_duration;
use crate::Result;
use crate::bench::Input;
use crate::bench::serve::ServeBench;
use crate::cli::{Console, Exit};
use crate::workspace::{File, Sources, SymlinkRules};

const EXAMPLES: &str = "\
Starts the service as a process of its own with one thread, on one processor (where the system lets programs choose
one), and asks it from another one; beside it the same renders in this process. Shown are renders a second, what a
render takes of the processor, the ratio of the two, how long answers take at full and at half load, and how fast a
stream is. Beside it is an echo, a server that reads the same requests and sends answers of the same length without
doing anything for them: what it takes is the system's TCP.

At half load requests are sent at times that are fixed beforehand; an answer's time counts from when its request should
have been sent, and how late the client itself was is shown.

With --soak it is put under full load for a long time instead: good and bad requests mixed, streams, template sets
that are always new. Its memory is told on standard error from time to time, and what came of it all at the end.

Examples:
  # What does HTTP cost?
  stampmill bench serve

  # with templates and data values of your own
  stampmill bench serve -f config/ --data-values-file values.json --duration 10s

  # Does it stay as it was?
  stampmill bench serve --soak 30m
";

/// What is rendered where nothing is given.
const TEMPLATE: &str = include_str!("../../../benches/data/service.yml");
const VALUES: &str = include_str!("../../../benches/data/service.json");

pub(super) fn command() -> Command {
    let paths = |name: &'static str, value: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name(value)
            .value_parser(value_parser!(PathBuf))
            .value_hint(ValueHint::AnyPath)
            .action(ArgAction::Append)
    };
    Command::new("serve")
        .about("Measure the rendering service")
        .args_override_self(true)
        .after_help(EXAMPLES)
        .arg(paths("file", "FILE").short('f').help("Templates [default: a service of Kubernetes]"))
        .arg(
            paths("data-values-file", "FILE")
                .requires("file")
                .help("Data values, JSON; each file is an input"),
        )
        .arg(super::duration())
        .arg(
            Arg::new("connections")
                .long("connections")
                .value_name("N")
                .default_value("64")
                .value_parser(value_parser!(u16).range(1..=512))
                .help("How many connections ask"),
        )
        .arg(
            Arg::new("soak")
                .long("soak")
                .value_name("TIME")
                .value_parser(parse_duration)
                .help("Full load for this long, good and bad requests"),
        )
        .arg(super::output())
}

pub(super) fn run(matches: &ArgMatches, console: &mut Console) -> Result<Exit> {
    let paths = |name| -> Vec<PathBuf> { matches.get_many(name).into_iter().flatten().cloned().collect() };
    let mut sources = Sources::new(console.take_stdin(), SymlinkRules::default());
    let (files, inputs) = match paths("file") {
        files if files.is_empty() => {
            (vec![File::new("service.yml", TEMPLATE.as_bytes())], vec![Input::new("service.json", VALUES)])
        }
        files => {
            let values = sources.files(&paths("data-values-file"))?;
            let inputs = values.iter().map(|file| Input::of_files(std::slice::from_ref(file)));
            let inputs = inputs.collect::<Result<Vec<_>>>()?;
            (sources.files(&files)?, if inputs.is_empty() { vec![Input::none()] } else { inputs })
        }
    };
    let bench = ServeBench {
        files,
        inputs,
        duration: matches.get_one("duration").copied().unwrap_or(Duration::from_secs(3)),
        connections: matches.get_one::<u16>("connections").copied().unwrap_or(64).into(),
        soak: matches.get_one("soak").copied(),
    };
    let report = bench.run(&|what| console.complain(&format!("{what}\n")))?;
    let printed = match matches.get_one::<String>("output").map(String::as_str) {
        Some("json") => console.print(format!("{:#}\n", report.json()))?,
        _ => console.print(report.table())?,
    };
    Ok(if report.failed() { Exit::FAILURE } else { printed })
}
