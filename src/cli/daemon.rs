//! What commands that stay have in common: how they log and when they end.

use std::io::IsTerminal;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Waits for an interrupt or the request to end; a second one ends the process at once.
pub(super) fn stop() -> std::io::Result<impl Future<Output = ()> + use<>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            std::process::exit(130);
        });
    })
}

/// The flag that [`log`] reads.
pub(super) fn log_level() -> Arg {
    let levels = PossibleValuesParser::new(["error", "warn", "info", "debug"]);
    let arg = Arg::new("log-level").long("log-level").value_name("LEVEL").default_value("info");
    arg.value_parser(levels).help("What to log")
}

/// Logs to standard error: text on a terminal, else lines of JSON.
pub(super) fn log(matches: &ArgMatches) {
    let level = matches.get_one::<String>("log-level").and_then(|level| level.parse().ok());
    let level = level.unwrap_or(LevelFilter::INFO);
    let targets = Targets::new().with_default(level.min(LevelFilter::WARN)).with_target("stampmill", level);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(targets);
    // Where there is a subscriber already, as in a test, that one stays.
    _ = if std::io::stderr().is_terminal() {
        registry.with(layer).try_init()
    } else {
        registry.with(layer.json().flatten_event(true)).try_init()
    };
}
