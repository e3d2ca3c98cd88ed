//! `stampmill serve`: the rendering service.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};

use super::Exit;
use super::daemon::{log, log_level, stop};
use crate::server::{Options, openapi, run as serve, runtime};
use crate::{Error, ErrorKind, Limits, Result};

const EXAMPLES: &str = "\
Renders ytt templates and stamps owners of supply chains over HTTP, for programs in any language; a page at / tries
templates out. /openapi.json says what there is to ask, docs/server.md how to use it.

It listens on this machine only, unless --listen says otherwise; then clients need a token or a certificate. Nothing
on the disk, of the network or of the environment reaches a template. It ends at SIGTERM, when the last requests
are answered. Logs are lines of JSON on standard error, unless that is a terminal.

Every flag can be given as a variable: --token-file as STAMPMILL_SERVE_TOKEN_FILE.

Examples:
  # On this machine
  stampmill serve
  curl localhost:8400/v1/render -d '{\"files\": [{\"path\": \"a.yml\", \"text\": \"a: #@ 1 + 2\\n\"}]}' \\
    -H 'content-type: application/json'

  # With a platform and its workloads, which the page shows
  stampmill serve --blueprints platform/ --observed rules/

  # For others, with tokens and TLS
  stampmill serve --listen 0.0.0.0:8443 --token-file tokens.csv --tls-cert tls.crt --tls-key tls.key

  # Clients show certificates; probes and metrics elsewhere
  stampmill serve --listen 0.0.0.0:8443 --tls-cert tls.crt --tls-key tls.key --client-ca ca.crt \\
    --operations 0.0.0.0:8081

  # What there is to ask, without a service
  stampmill serve --openapi > openapi.json
";

pub(super) fn command() -> Command {
    let defaults = Options::default();
    let flag = |name: &'static str, value: &'static str| {
        Arg::new(name).long(name).value_name(value).env(variable(name))
    };
    let switch =
        |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).env(variable(name));
    let path = |name: &'static str| {
        flag(name, "FILE").value_parser(value_parser!(PathBuf)).value_hint(ValueHint::FilePath)
    };
    let paths = |name: &'static str| {
        flag(name, "PATH")
            .value_parser(value_parser!(PathBuf))
            .value_hint(ValueHint::AnyPath)
            .num_args(1..)
            .value_delimiter(',')
            .action(ArgAction::Append)
    };
    let number = |name: &'static str, default: String| {
        flag(name, "N").default_value(default).value_parser(value_parser!(u32).range(1..=1_000_000))
    };
    let bytes = |name: &'static str, default: usize| {
        flag(name, "SIZE").default_value(shown_bytes(default)).value_parser(parse_bytes)
    };
    let time = |name: &'static str, default: Duration| {
        flag(name, "TIME").default_value(shown_time(default)).value_parser(parse_time)
    };
    let page = |name: &'static str| {
        flag(name, "BOOL")
            .default_value("true")
            .value_parser(value_parser!(bool))
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
    };
    let limits = &defaults.limits;
    Command::new("serve")
        .about("Render templates and stamp owners over HTTP")
        .args_override_self(true)
        .after_help(EXAMPLES)
        .arg(
            flag("listen", "ADDRESS")
                .default_value(defaults.listen.to_string())
                .value_parser(parse_address)
                .help("Where to listen; :8400 is every address of this machine, port 0 any port"),
        )
        .arg(
            flag("operations", "ADDRESS")
                .value_parser(parse_address)
                .help("Where to serve /healthz, /readyz and /metrics, without tokens [default: where everything else is]"),
        )
        .arg(switch("insecure").help("Listen beyond this machine without tokens or certificates"))
        .arg(
            flag("allowed-hosts", "NAME")
                .num_args(1..)
                .value_delimiter(',')
                .action(ArgAction::Append)
                .help("Names under which clients may reach it without tokens on this machine, besides localhost and addresses; * for any"),
        )
        .arg(path("token-file").help("Tokens of clients: token,name a line; read again when it changes"))
        .arg(path("tls-cert").help("Certificate and its chain, PEM; read again when it changes"))
        .arg(path("tls-key").help("Key of the certificate, PEM"))
        .arg(path("client-ca").help("Clients must have a certificate of one of these authorities, PEM"))
        .arg(paths("blueprints").help("Files or folders with blueprints, templates and owners that are there from the beginning"))
        .arg(paths("observed").help("Files or folders with what other controllers say of them, as for stamp"))
        .arg(page("page").help("Serve the page at /"))
        .arg(number("workers", processors().to_string()).help("Threads that answer requests"))
        .arg(number("renders", defaults.renders.to_string()).help("Renders at once that are not quick"))
        .arg(number("queue", defaults.queue.to_string()).help("Renders that may wait for their turn; beyond that clients get 503"))
        .arg(number("client-renders", defaults.client_renders.to_string()).help("Renders of one client that run or wait; beyond that it gets 429"))
        .arg(number("client-requests", defaults.client_requests.to_string()).help("Requests of one client at once; beyond that it gets 429"))
        .arg(
            flag("client-rate", "N")
                .default_value("0")
                .value_parser(value_parser!(u32))
                .help("Requests of one client a second; 0 for no limit"),
        )
        .arg(
            flag("client-burst", "N")
                .default_value("0")
                .value_parser(value_parser!(u32))
                .help("Requests of one client that may come at once after a pause, where --client-rate limits them [default: the rate]"),
        )
        .arg(number("connections", defaults.connections.to_string()).help("Connections at once"))
        .arg(number("client-connections", defaults.client_connections.to_string()).help("Connections of one address at once"))
        .arg(bytes("body-bytes", defaults.body_bytes).help("Longest body, and longest line of a stream"))
        .arg(time("body-timeout", defaults.body_timeout).help("How long a body may take to come, and a stream may pause"))
        .arg(time("header-timeout", defaults.header_timeout).help("How long the head of a request may take, and a connection may be idle"))
        .arg(time("write-timeout", defaults.write_timeout).help("How long a client may leave its answer waiting"))
        .arg(bytes("store-bytes", defaults.store_bytes).help("Memory for registered template sets, and for sets of blueprints again"))
        .arg(
            flag("limit-steps", "N")
                .default_value(limits.steps.to_string())
                .value_parser(value_parser!(u64).range(1..))
                .help("Steps of one render"),
        )
        .arg(bytes("limit-memory", limits.memory).help("Memory of the values of one render"))
        .arg(time("limit-time", limits.time.unwrap_or_default()).help("Time of one render"))
        .arg(bytes("limit-output", limits.output_bytes).help("Longest output of one render"))
        .arg(time("shutdown-delay-duration", defaults.shutdown_delay).help("How long to go on answering after SIGTERM while /readyz says no"))
        .arg(time("shutdown-timeout", defaults.shutdown_timeout).help("How long requests that have begun may take after that"))
        .arg(switch("access-log").help("Log each request, without bodies and tokens"))
        .arg(log_level().env(variable("log-level")))
        .arg(
            Arg::new("openapi")
                .long("openapi")
                .action(ArgAction::SetTrue)
                .help("Print the OpenAPI document and end"),
        )
}

/// The environment variable of a flag.
fn variable(flag: &'static str) -> String {
    format!("STAMPMILL_SERVE_{}", flag.to_uppercase().replace('-', "_"))
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, Into::into)
}

fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let full = if text.starts_with(':') {
        format!("0.0.0.0{text}")
    } else {
        text.replace("localhost:", "127.0.0.1:")
    };
    full.parse().map_err(|_| "expected an address with a port, such as 127.0.0.1:8400 or :8400".to_owned())
}

const UNITS: [(&str, usize); 3] = [("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];

fn shown_bytes(bytes: usize) -> String {
    match UNITS.iter().find(|(_, size)| bytes >= *size && bytes.is_multiple_of(*size)) {
        Some((unit, size)) => format!("{}{unit}", bytes / size),
        None => bytes.to_string(),
    }
}

fn parse_bytes(text: &str) -> Result<usize, String> {
    let found = UNITS.iter().find_map(|(unit, size)| Some((text.strip_suffix(unit)?, *size)));
    let (number, size) = found.unwrap_or((text, 1));
    let bytes = usize::from_str(number).ok().and_then(|number| number.checked_mul(size));
    bytes
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| "expected a number of bytes, such as 1024, 64Ki, 16Mi or 1Gi".to_owned())
}

fn shown_time(time: Duration) -> String {
    format!("{}s", time.as_secs_f64())
}

fn parse_time(text: &str) -> Result<Duration, String> {
    if text == "0" || text == "0s" {
        return Ok(Duration::ZERO);
    }
    super::bench::parse_duration(text)
}

fn get<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, name: &str) -> Result<T> {
    let value = matches.get_one(name).cloned();
    value.ok_or_else(|| Error::new(ErrorKind::Usage, format!("--{name} has no value")))
}

pub(super) fn run(matches: &ArgMatches, console: &mut super::Console) -> Result<Exit> {
    if matches.get_flag("openapi") {
        return console.print(openapi() + "\n");
    }
    log(matches);
    #[cfg(feature = "otel")]
    crate::server::trace::begin();
    let options = options(matches)?;
    let runtime =
        runtime(&options, get::<u32>(matches, "workers")? as usize).map_err(|error| other(&error))?;
    let result = runtime.block_on(async {
        let stop = stop().map_err(|error| other(&error))?;
        serve(options, stop).await.map_err(|error| other(&error))
    });
    // Renders that go on must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    #[cfg(feature = "otel")]
    crate::server::trace::end();
    result.map(|()| Exit::SUCCESS)
}

fn other(error: &dyn std::error::Error) -> Error {
    Error::new(ErrorKind::Usage, error.to_string())
}

fn options(matches: &ArgMatches) -> Result<Options> {
    let count = |name| get::<u32>(matches, name).map(|number| number as usize);
    let time = |name| get::<Duration>(matches, name);
    let path = |name| matches.get_one::<PathBuf>(name).cloned();
    let paths = |name| -> Vec<PathBuf> { matches.get_many(name).into_iter().flatten().cloned().collect() };
    let limits = Limits {
        steps: get(matches, "limit-steps")?,
        memory: get(matches, "limit-memory")?,
        time: Some(time("limit-time")?),
        output_bytes: get(matches, "limit-output")?,
        ..Limits::default()
    };
    Ok(Options {
        listen: get(matches, "listen")?,
        operations: matches.get_one("operations").copied(),
        insecure: matches.get_flag("insecure"),
        allowed_hosts: matches.get_many("allowed-hosts").into_iter().flatten().cloned().collect(),
        token_file: path("token-file"),
        tls_cert: path("tls-cert"),
        tls_key: path("tls-key"),
        client_ca: path("client-ca"),
        blueprints: paths("blueprints"),
        observed: paths("observed"),
        page: get(matches, "page")?,
        limits,
        renders: count("renders")?,
        queue: count("queue")?,
        body_bytes: get(matches, "body-bytes")?,
        body_timeout: time("body-timeout")?,
        write_timeout: time("write-timeout")?,
        header_timeout: time("header-timeout")?,
        connections: count("connections")?,
        client_connections: count("client-connections")?,
        client_requests: count("client-requests")?,
        client_renders: count("client-renders")?,
        client_rate: get::<u32>(matches, "client-rate")?.into(),
        client_burst: get::<u32>(matches, "client-burst")?.into(),
        store_bytes: get(matches, "store-bytes")?,
        shutdown_delay: time("shutdown-delay-duration")?,
        shutdown_timeout: time("shutdown-timeout")?,
        access_log: matches.get_flag("access-log"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_the_units_of_kubernetes() {
        for (text, bytes) in [("1", 1), ("64Ki", 65536), ("16Mi", 16 << 20), ("1Gi", 1 << 30)] {
            assert_eq!(parse_bytes(text), Ok(bytes));
            assert_eq!(shown_bytes(bytes), text);
        }
        for text in ["", "0", "-1", "1M", "1.5Mi", "99999999999Gi"] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_flag_can_be_a_variable() {
        let command = command();
        let without =
            command.get_arguments().filter(|arg| arg.get_env().is_none()).map(|arg| arg.get_id().as_str());
        assert_eq!(without.filter(|name| *name != "help").collect::<Vec<_>>(), ["openapi"]);
        assert_eq!(variable("token-file"), "STAMPMILL_SERVE_TOKEN_FILE");
    }
}
