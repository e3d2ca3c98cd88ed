//! `stampmill bench controller`: measures a controller on a cluster.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};

use crate::bench::controller::{ControllerBench, clean_up};
use crate::cli::controller::config;
use crate::cli::daemon::stop;
use crate::cli::{Console, Exit};
use crate::{Error, ErrorKind, Result};

const EXAMPLES: &str = "\
Measures on the cluster of the kubeconfig: how fast workloads of three resources become ready, beside a bare
client that writes the same; memory; a changed template; the status of a stamped object until the object that
depends on it is updated; requests at rest; a restart; and the benchmark of Cartographer (workloads and runnables).

Everything it makes is in namespaces of its own or has a name that begins with stampmill-bench, and is removed at the
end, also after an interrupt. It does not begin where something of that name is there. The kinds of carto.run must be
there. Without --metrics it starts a controller from this binary, but not where there are workloads of others.

Examples:
  # All of it: some ten minutes
  stampmill bench controller

  # Less of it
  stampmill bench controller --fleet 1000 --changed 100 --rest 10s --workloads 100 --runnables 100

  # The controller that runs in the cluster
  kubectl port-forward -n stampmill deployment/stampmill-controller 8080 &
  stampmill bench controller --metrics 127.0.0.1:8080

  # After a run that was killed
  stampmill bench controller --clean-up
";

pub(super) fn command() -> Command {
    let count = |name: &'static str, default: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("N")
            .default_value(default)
            .value_parser(value_parser!(u32).range(0..=1_000_000))
            .help(help)
    };
    Command::new("controller")
        .about("Measure a controller on a cluster")
        .args_override_self(true)
        .after_help(EXAMPLES)
        .arg(
            Arg::new("kubeconfig")
                .long("kubeconfig")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .value_hint(ValueHint::FilePath)
                .help("Kubeconfig file [default: $KUBECONFIG, ~/.kube/config, or the cluster it runs in]"),
        )
        .arg(
            Arg::new("context")
                .long("context")
                .value_name("NAME")
                .help("Context of the kubeconfig [default: the current one]"),
        )
        .arg(
            Arg::new("metrics")
                .long("metrics")
                .value_name("ADDRESS")
                .value_parser(value_parser!(SocketAddr))
                .help("Measure the controller that serves its /metrics there, such as 127.0.0.1:8080"),
        )
        .arg(
            Arg::new("start")
                .long("start")
                .action(ArgAction::SetTrue)
                .conflicts_with("metrics")
                .help("Start a controller from this binary and end it afterwards; so it is without --metrics"),
        )
        .arg(
            Arg::new("argument")
                .long("argument")
                .value_name("ARGUMENT")
                .action(ArgAction::Append)
                .allow_hyphen_values(true)
                .conflicts_with("metrics")
                .help("Argument for the controller that is started, such as --workers=8 (can be given several times)"),
        )
        .arg(count("fleet", "10000", "Workloads of three resources; 0 leaves this out"))
        .arg(count("changed", "1000", "Owners of the template that is changed; 0 leaves this and the latency out"))
        .arg(count("samples", "200", "Changes of a status until the dependant is updated"))
        .arg(
            Arg::new("rest")
                .long("rest")
                .value_name("TIME")
                .default_value("60s")
                .value_parser(super::parse_duration)
                .help("How long to count requests at rest"),
        )
        .arg(count("workloads", "1500", "Workloads of the benchmark of Cartographer"))
        .arg(count("runnables", "1500", "Runnables of the benchmark of Cartographer"))
        .arg(
            Arg::new("clean-up")
                .long("clean-up")
                .action(ArgAction::SetTrue)
                .help("Remove what a run has left behind that was killed, and measure nothing"),
        )
        .arg(super::output())
}

pub(super) fn run(matches: &ArgMatches, console: &mut Console) -> Result<Exit> {
    let count = |name| matches.get_one::<u32>(name).map_or(0, |count| *count as usize);
    let mut arguments: Vec<String> = matches.get_many("argument").into_iter().flatten().cloned().collect();
    if let Some(path) = matches.get_one::<PathBuf>("kubeconfig") {
        arguments.push(format!("--kubeconfig={}", path.display()));
    }
    if let Some(context) = matches.get_one::<String>("context") {
        arguments.push(format!("--context={context}"));
    }
    let bench = ControllerBench {
        fleet: count("fleet"),
        changed: count("changed"),
        samples: count("samples"),
        rest: matches.get_one("rest").copied().unwrap_or(Duration::from_secs(60)),
        workloads: count("workloads"),
        runnables: count("runnables"),
        running: matches.get_one("metrics").copied(),
        arguments,
    };
    let failed = |error: &dyn std::error::Error| Error::new(ErrorKind::Usage, error.to_string());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| failed(&error))?;
    let shown = std::io::stderr().is_terminal();
    let last = Mutex::new((String::new(), Instant::now()));
    let log = console.log();
    let progress = |what: &str| {
        // Counts change often; a line that is not for a terminal says where it is.
        let Ok(mut last) = last.lock() else { return };
        let step = what.split(|c: char| c.is_ascii_digit()).next().unwrap_or_default();
        if shown && (last.1.elapsed() > Duration::from_millis(100) || step != last.0) {
            log(&format!("\r\x1b[K{what} …"));
            *last = (step.to_owned(), Instant::now());
        } else if !shown && step != last.0 {
            log(&format!("{what}\n"));
            last.0 = step.to_owned();
        }
    };
    let report = runtime.block_on(async {
        let config = config(matches).await?;
        if matches.get_flag("clean-up") {
            return clean_up(config, &progress).await.map(|()| None).map_err(|error| failed(&error));
        }
        let stop = stop().map_err(|error| failed(&error))?;
        bench.run(config, &progress, stop).await.map(Some).map_err(|error| failed(&error))
    });
    if shown {
        console.complain("\r\x1b[K");
    }
    let Some(report) = report? else { return Ok(Exit::SUCCESS) };
    match matches.get_one::<String>("output").map(String::as_str) {
        Some("json") => console.print(format!("{:#}\n", report.json())),
        _ => console.print(report.table()),
    }
}
