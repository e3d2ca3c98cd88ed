//! `stampmill webhook`: refuses blueprints and templates that make no sense.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, ValueHint, value_parser};

use super::Exit;
use super::controller::{bind_addresses, get, other, parse_listen, run_until_stopped};
use super::daemon::{log_level, stop};
use crate::Result;
use crate::controller::webhook::{WebhookOptions, run_webhook};

const EXAMPLES: &str = "\
Answers the admission reviews of an API server, which then refuses what `stampmill lint` would complain of first.
It needs no rights in the cluster. `stampmill install --webhook` prints what a cluster needs to use it.

Examples:
  # As in the cluster
  stampmill webhook --cert /tls/tls.crt --key /tls/tls.key

  # As a part of the controller
  stampmill controller --webhook-listen :9443 --webhook-cert tls.crt --webhook-key tls.key
";

pub(super) fn command() -> Command {
    let flag = |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    let file = |name: &'static str| {
        let flag = flag(name, "FILE").value_parser(value_parser!(PathBuf)).required(true);
        flag.value_hint(ValueHint::FilePath)
    };
    Command::new("webhook")
        .about("Validate blueprints and templates on admission to a Kubernetes cluster")
        .args_override_self(true)
        .after_help(EXAMPLES)
        .arg(
            flag("listen", "ADDRESS")
                .default_value(":9443")
                .value_parser(parse_listen)
                .help("Where to answer admission reviews"),
        )
        .arg(file("cert").help("Certificate, PEM; read again when it changes"))
        .arg(file("key").help("Private key, PEM"))
        .args(bind_addresses())
        .arg(log_level())
}

pub(super) fn run(matches: &ArgMatches) -> Result<Exit> {
    run_until_stopped(matches, async {
        let options = WebhookOptions {
            listen: get::<SocketAddr>(matches, "listen")?,
            certificate: get(matches, "cert")?,
            key: get(matches, "key")?,
        };
        let metrics = get(matches, "metrics-bind-address")?;
        let health = get(matches, "health-probe-bind-address")?;
        let stop = stop().map_err(|error| other(&error))?;
        run_webhook(options, metrics, health, stop).await.map_err(|error| other(&error))
    })
}
