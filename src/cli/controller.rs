//! `stampmill controller`: reconciles supply chains on a Kubernetes cluster.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use kube::config::{KubeConfigOptions, Kubeconfig};

use super::Exit;
use super::daemon::{log, log_level, stop};
use crate::controller::webhook::WebhookOptions;
use crate::controller::{Options, run as run_controller};
use crate::{Error, ErrorKind, Result};

/// The stack of the threads that read what an API server says.
const STACK_BYTES: usize = 16 << 20;

const EXAMPLES: &str = "\
Takes the place of the Cartographer controller: watches workloads, deliverables, runnables, their blueprints and
templates, and keeps what is stamped for them as it should be. Run one or the other, not both.

Without flags it takes the cluster it runs in, or that of the kubeconfig. Logs are lines of JSON on standard
error, unless that is a terminal.

Examples:
  # For the current context of the kubeconfig
  stampmill controller

  # What would it do?
  stampmill controller --context staging --dry-run

  # One of three replicas that share the work
  stampmill controller --shards 6

  # Beside another one on the same machine
  stampmill controller --metrics-bind-address 127.0.0.1:9080 --health-probe-bind-address 127.0.0.1:9081
";

pub(super) fn command() -> Command {
    let flag = |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    Command::new("controller")
        .about("Reconcile supply chains on a Kubernetes cluster")
        .args_override_self(true)
        .after_help(EXAMPLES)
        .arg(
            flag("kubeconfig", "FILE")
                .value_parser(value_parser!(PathBuf))
                .value_hint(ValueHint::FilePath)
                .help("Kubeconfig file [default: $KUBECONFIG, ~/.kube/config, or the cluster it runs in]"),
        )
        .arg(flag("context", "NAME").help("Context of the kubeconfig [default: the current one]"))
        .arg(
            flag("workers", "N")
                .default_value("32")
                .value_parser(value_parser!(u16).range(1..=1024))
                .help("How many owners are worked on at a time"),
        )
        .arg(
            flag("qps", "N")
                .default_value("0")
                .value_parser(value_parser!(u32))
                .help("Requests to the API server a second; 0 leaves that to the API server's own limits"),
        )
        .arg(
            flag("burst", "N")
                .default_value("100")
                .value_parser(value_parser!(u32).range(1..))
                .help("Requests that may be made at once after a pause, where --qps limits them"),
        )
        .arg(
            flag("request-timeout", "SECONDS")
                .default_value("30")
                .value_parser(value_parser!(u64).range(1..=3600))
                .help("How long one request to the API server may take"),
        )
        .args(bind_addresses())
        .arg(
            flag("leader-elect", "BOOL")
                .default_value("true")
                .value_parser(value_parser!(bool))
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true")
                .help("Replicas share the work by Leases; without it this one does all of it"),
        )
        .arg(
            flag("leader-election-namespace", "NAMESPACE")
                .help("Namespace of the Leases [default: that of the pod or of the context]"),
        )
        .arg(
            flag("shards", "N")
                .default_value("1")
                .value_parser(value_parser!(u32).range(1..=64))
                .help("Parts of the work that replicas share; with one of them a single replica works"),
        )
        .arg(
            flag("webhook-listen", "ADDRESS")
                .value_parser(parse_listen)
                .requires_all(["webhook-cert", "webhook-key"])
                .help("Where to answer admission reviews, such as :9443 [default: nowhere]"),
        )
        .arg(
            flag("webhook-cert", "FILE")
                .value_parser(value_parser!(PathBuf))
                .value_hint(ValueHint::FilePath)
                .requires("webhook-listen")
                .help("Certificate of the webhook, PEM; read again when it changes"),
        )
        .arg(
            flag("webhook-key", "FILE")
                .value_parser(value_parser!(PathBuf))
                .value_hint(ValueHint::FilePath)
                .requires("webhook-listen")
                .help("Private key of the webhook, PEM"),
        )
        .arg(
            Arg::new("dry-run")
                .long("dry-run")
                .action(ArgAction::SetTrue)
                .help("Log what would be written, and write nothing"),
        )
        .arg(log_level())
}

/// Where figures and probes are served.
pub(super) fn bind_addresses() -> [Arg; 2] {
    let address = |name: &'static str, default: &'static str| {
        Arg::new(name).long(name).value_name("ADDRESS").default_value(default).value_parser(parse_address)
    };
    [
        address("metrics-bind-address", ":8080").help("Where to serve /metrics; 0 for nowhere"),
        address("health-probe-bind-address", ":8081")
            .help("Where to serve /healthz and /readyz; 0 for nowhere"),
    ]
}

/// `:8080`, `127.0.0.1:8080`, or `0` for none.
pub(super) fn parse_address(text: &str) -> Result<Option<SocketAddr>, String> {
    if text == "0" {
        return Ok(None);
    }
    let full = if text.starts_with(':') { format!("0.0.0.0{text}") } else { text.to_owned() };
    full.parse().map(Some).map_err(|_| "expected an address with a port, such as :8080, or 0".to_owned())
}

/// As [`parse_address`], without `0`.
pub(super) fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    parse_address(text)?.ok_or_else(|| "expected an address with a port, such as :9443".to_owned())
}

pub(super) fn get<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, name: &str) -> Result<T> {
    let value = matches.get_one(name).cloned();
    value.ok_or_else(|| Error::new(ErrorKind::Usage, format!("--{name} has no value")))
}

pub(super) fn run(matches: &ArgMatches) -> Result<Exit> {
    run_until_stopped(matches, async {
        let config = config(matches).await?;
        let options = options(matches, &config)?;
        let stop = stop().map_err(|error| other(&error))?;
        run_controller(config, options, stop).await.map_err(|error| other(&error))
    })
}

/// Runs something that serves until it is stopped.
pub(super) fn run_until_stopped(
    matches: &ArgMatches,
    serve: impl Future<Output = Result<()>>,
) -> Result<Exit> {
    log(matches);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Objects may nest deep; the memory is only taken when it is used.
        .thread_stack_size(STACK_BYTES)
        .build();
    let runtime = runtime.map_err(|error| other(&error))?;
    let result = runtime.block_on(serve);
    // Passes that hang must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    result.map(|()| Exit::SUCCESS)
}

pub(super) fn other(error: &dyn std::error::Error) -> Error {
    Error::new(ErrorKind::Usage, error.to_string())
}

pub(super) async fn config(matches: &ArgMatches) -> Result<kube::Config> {
    let context = matches.get_one::<String>("context").cloned();
    let options = KubeConfigOptions { context, ..KubeConfigOptions::default() };
    let config = match matches.get_one::<PathBuf>("kubeconfig") {
        Some(path) => {
            let kubeconfig = Kubeconfig::read_from(path).map_err(|error| other(&error))?;
            kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| other(&error))?
        }
        None if options.context.is_some() => {
            kube::Config::from_kubeconfig(&options).await.map_err(|error| other(&error))?
        }
        None => kube::Config::infer().await.map_err(|error| other(&error))?,
    };
    Ok(config)
}

fn options(matches: &ArgMatches, config: &kube::Config) -> Result<Options> {
    let dry_run = matches.get_flag("dry-run");
    let namespace = matches.get_one::<String>("leader-election-namespace").cloned();
    // Who writes nothing needs no lease, which is written.
    let elects = get::<bool>(matches, "leader-elect")? && !dry_run;
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    Ok(Options {
        workers: get::<u16>(matches, "workers")?.into(),
        qps: get::<u32>(matches, "qps")?.into(),
        burst: get::<u32>(matches, "burst")?.into(),
        deadline: Duration::from_secs(get(matches, "request-timeout")?),
        metrics: get(matches, "metrics-bind-address")?,
        health: get(matches, "health-probe-bind-address")?,
        lease_namespace: elects.then(|| namespace.unwrap_or_else(|| config.default_namespace.clone())),
        identity: identity(host.trim()),
        shards: get(matches, "shards")?,
        webhook: webhook(matches),
        dry_run,
    })
}

fn webhook(matches: &ArgMatches) -> Option<WebhookOptions> {
    Some(WebhookOptions {
        listen: *matches.get_one("webhook-listen")?,
        certificate: matches.get_one::<PathBuf>("webhook-cert")?.clone(),
        key: matches.get_one::<PathBuf>("webhook-key")?.clone(),
    })
}

/// A name that no other replica has, nor a process before this one: as the other controllers' names.
fn identity(host: &str) -> String {
    use std::hash::{BuildHasher as _, RandomState};
    let random = RandomState::new().hash_one((std::process::id(), std::time::SystemTime::now()));
    format!("{host}_{random:016x}")
}

#[cfg(test)]
mod tests {
    use super::parse_address;

    #[test]
    fn addresses_are_those_of_other_controllers() {
        assert_eq!(parse_address("0"), Ok(None));
        assert_eq!(parse_address(":8080"), Ok(Some(([0, 0, 0, 0], 8080).into())));
        assert_eq!(parse_address("127.0.0.1:1"), Ok(Some(([127, 0, 0, 1], 1).into())));
        assert!(parse_address("8080").is_err());
    }
}
