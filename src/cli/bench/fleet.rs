//! `stampmill bench fleet`: measures how fast a fleet is stamped.

use std::cell::Cell;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Arg, ArgMatches, Command, ValueHint, value_parser};

use crate::Result;
use crate::bench::fleet::{FleetBench, write};
use crate::cli::{Console, Exit};

const EXAMPLES: &str = "\
Stamps a fleet that is always the same: workloads with a chain of five resources, three templated with ytt and
two with $(path)$, and rules for what is observed. Workloads are made while they are read, as JSON, and objects
are written as JSON to nowhere, so what is measured is what stamp -o ndjson does between the two.

Examples:
  # How many stamps a second?
  stampmill bench fleet --workloads 10000

  # compared with starting ytt for each of a few ytt stamps
  stampmill bench fleet --workloads 10000 --against ytt

  # The fleet as files, for other programs and for stamp itself
  stampmill bench fleet --workloads 10000 --write fleet
  stampmill stamp -f fleet/platform --observed fleet/observed --workloads fleet/workloads.ndjson -o ndjson
";

pub(super) fn command() -> Command {
    Command::new("fleet")
        .about("Measure how fast a fleet of workloads is stamped")
        .args_override_self(true)
        .after_help(EXAMPLES)
        .arg(
            Arg::new("workloads")
                .long("workloads")
                .value_name("N")
                .default_value("10000")
                .value_parser(value_parser!(u64).range(1..=10_000_000))
                .help("How many workloads"),
        )
        .arg(
            Arg::new("threads")
                .long("threads")
                .value_name("N")
                .value_parser(value_parser!(u16).range(1..=1024))
                .help("On how many threads [default: as many as there are processors]"),
        )
        .arg(
            Arg::new("against")
                .long("against")
                .value_name("COMMAND")
                .value_hint(ValueHint::CommandString)
                .help("A ytt that is started for each ytt stamp of a few workloads; its output is compared"),
        )
        .arg(
            Arg::new("write")
                .long("write")
                .value_name("FOLDER")
                .value_parser(value_parser!(PathBuf))
                .value_hint(ValueHint::DirPath)
                .conflicts_with_all(["against", "threads"])
                .help("Write the fleet to a folder instead"),
        )
        .arg(super::output())
}

pub(super) fn run(matches: &ArgMatches, console: &mut Console) -> Result<Exit> {
    let workloads = matches.get_one("workloads").copied().unwrap_or(10_000);
    if let Some(folder) = matches.get_one::<PathBuf>("write") {
        write(folder, workloads)?;
        return Ok(Exit::SUCCESS);
    }
    let threads = matches.get_one::<u16>("threads").map(|threads| usize::from(*threads));
    let bench = FleetBench {
        workloads,
        threads: threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, Into::into)),
        against: matches.get_one::<String>("against").cloned(),
    };
    let shown = std::io::stderr().is_terminal();
    let last = Cell::new(Instant::now());
    let report = bench.run(&|done| {
        if shown && last.get().elapsed() > Duration::from_millis(100) {
            last.set(Instant::now());
            console.complain(&format!("\r\x1b[K{done} workloads …"));
        }
    });
    if shown {
        console.complain("\r\x1b[K");
    }
    let report = report?;
    let printed = match matches.get_one::<String>("output").map(String::as_str) {
        Some("json") => console.print(format!("{:#}\n", report.json()))?,
        _ => console.print(report.table())?,
    };
    Ok(if report.differs() { Exit::FAILURE } else { printed })
}
