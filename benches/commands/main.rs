//! Measures the `ytt` command on generated inputs of several sizes: wall time, cpu time and peak memory,
//! beside a reference where one is at hand. Outputs must be equal byte for byte; no time fails the run.
//!
//! `cargo bench --bench commands -- --help` says how to choose.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]

mod inputs;
mod measure;
mod report;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, ArgAction, Command, value_parser};
use serde_json::Value;

use inputs::{WORKLOADS, Workload};
use report::Row;

/// The environment variable that names the reference.
const REFERENCE: &str = "STAMPMILL_YTT";

fn command() -> Command {
    let workloads: String =
        WORKLOADS.iter().map(|workload| format!("  {:22}{}\n", workload.name, workload.about)).collect();
    Command::new("commands")
        .about("Measures the ytt command: median wall time, cpu time and peak memory")
        .after_help(format!(
            "{REFERENCE} names a reference ytt to measure beside it; the outputs must be equal.\n\nWorkloads:\n{workloads}"
        ))
        .arg(Arg::new("filter").num_args(0..).help("Only workloads whose names contain one of these"))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print JSON: milliseconds and bytes"))
        .arg(
            Arg::new("runs")
                .long("runs")
                .default_value("5")
                .value_parser(value_parser!(u16).range(1..))
                .help("How often each is run"),
        )
        .arg(
            Arg::new("patience")
                .long("patience")
                .default_value("20")
                .value_parser(value_parser!(u64))
                .help("Seconds after which a size is not run again"),
        )
        .arg(
            Arg::new("keep")
                .long("keep")
                .value_parser(value_parser!(PathBuf))
                .help("Write the inputs into this folder and keep them"),
        )
        // Cargo adds it.
        .arg(Arg::new("bench").long("bench").action(ArgAction::SetTrue).hide(true))
}

fn main() -> ExitCode {
    match bench() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("commands: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench() -> Result<(), Box<dyn Error>> {
    let matches = command().get_matches();
    let filters: Vec<&String> = matches.get_many("filter").into_iter().flatten().collect();
    let chosen = WORKLOADS.iter().filter(|workload| {
        filters.is_empty() || filters.iter().any(|filter| workload.name.contains(&***filter))
    });
    let runs = usize::from(matches.get_one::<u16>("runs").copied().unwrap_or(1));
    let patience = Duration::from_secs(matches.get_one::<u64>("patience").copied().unwrap_or(0));
    let as_json = matches.get_flag("json");
    let reference = std::env::var_os(REFERENCE).map(PathBuf::from);
    let ours = Path::new(env!("CARGO_BIN_EXE_ytt"));
    let programs: Vec<&Path> = std::iter::once(ours).chain(reference.as_deref()).collect();
    let scratch = tempfile::Builder::new().prefix("stampmill-bench").tempdir()?;
    let folder = matches.get_one::<PathBuf>("keep").map_or(scratch.path(), PathBuf::as_path);

    let mut results: Vec<Value> = Vec::new();
    for workload in chosen {
        if !as_json {
            report::head(workload, reference.is_some());
        }
        let mut rows = Vec::new();
        for &size in workload.sizes {
            let input = folder.join(format!("{}-{size}", workload.name));
            std::fs::create_dir_all(&input)?;
            (workload.write)(&input, size)?;
            let row = measure_size(workload, size, &programs, &input, scratch.path(), runs, patience)?;
            if !as_json {
                report::row(workload, &row);
            }
            rows.push(row);
        }
        match as_json {
            true => results.push(report::as_json(workload, &rows)),
            false => report::growth(&rows),
        }
    }
    if as_json {
        println!("{:#}", Value::from(results));
    }
    Ok(())
}

/// Compares the outputs, then measures.
fn measure_size(
    workload: &Workload,
    size: usize,
    programs: &[&Path],
    input: &Path,
    scratch: &Path,
    runs: usize,
    patience: Duration,
) -> Result<Row, Box<dyn Error>> {
    let mut outputs = Vec::new();
    for program in programs {
        outputs.push(measure::output(program, input, scratch)?);
    }
    if outputs.iter().any(|output| Some(output) != outputs.first() || output.is_empty()) {
        return Err(format!("{} {size}: the outputs differ, or are empty", workload.name).into());
    }
    let costs = measure::compare(programs, input, runs, patience)?;
    match costs[..] {
        [ours, ref rest @ ..] => Ok(Row { size, ours, theirs: rest.first().copied() }),
        [] => Err("nothing to measure".into()),
    }
}
