//! Under which names the service may be reached.
//!
//! A service that asks nobody who he is trusts whoever reaches this machine. A browser on it reaches it for any page: one
//! whose name suddenly leads to this machine (DNS rebinding) could read answers, and any could send requests. The first
//! names itself in `Host`, the second in `Origin`.

use std::net::IpAddr;

use super::options::Options;
use super::problem::{Fault, Problem};

/// The names; none if any goes.
#[derive(Debug)]
pub(super) struct Hosts(Option<Vec<String>>);

impl Hosts {
    /// Any name.
    pub(super) const ANY: Hosts = Hosts(None);

    /// Those of a service. Where it knows its clients, or something in front of it does, any name goes.
    pub(super) fn new(options: &Options) -> Hosts {
        let is_open =
            !options.listen.ip().is_loopback() || options.allowed_hosts.iter().any(|name| name == "*");
        Hosts((!options.knows_clients() && !is_open).then(|| options.allowed_hosts.clone()))
    }

    /// That a request may come by this name, and from a page of it if from any. The values are those of the headers.
    ///
    /// # Errors
    /// It may not.
    pub(super) fn check(&self, host: Option<&[u8]>, origin: Option<&[u8]>) -> Result<(), Problem> {
        let Hosts(Some(names)) = self else { return Ok(()) };
        // Browsers always send it.
        let Some(host) = host else { return Ok(()) };
        let host = str::from_utf8(host).unwrap_or("?");
        let name = name(host);
        let is_own = is_local(name) || names.iter().any(|allowed| allowed.eq_ignore_ascii_case(name));
        if !is_own {
            return Err(Problem::new(
                Fault::Forbidden,
                format!(
                    "the service is not known as {name}: --allowed-hosts names others than localhost and addresses"
                ),
            ));
        }
        let Some(origin) = origin else { return Ok(()) };
        let origin = str::from_utf8(origin).unwrap_or("?");
        let page = origin.split_once("://").map_or("", |(_, authority)| authority);
        match page.eq_ignore_ascii_case(host) {
            true => Ok(()),
            false => {
                Err(Problem::new(Fault::Forbidden, format!("pages of {origin} may not use the service")))
            }
        }
    }
}

/// A name without its port.
fn name(host: &str) -> &str {
    match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((address, _)) => address,
        None => host.split_once(':').map_or(host, |(name, _)| name),
    }
}

/// Whether nobody else can make it lead here: an address, or a name of this machine (RFC 6761, 6.3).
fn is_local(name: &str) -> bool {
    let (_, last) = name.rsplit_once('.').unwrap_or(("", name));
    last.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(options: &Options, host: &str, origin: Option<&str>) -> bool {
        Hosts::new(options).check(Some(host.as_bytes()), origin.map(str::as_bytes)).is_ok()
    }

    #[test]
    fn only_names_that_nobody_else_has_reach_a_service_that_trusts_everybody() {
        let options = Options { allowed_hosts: vec!["render.example".to_owned()], ..Options::default() };
        for host in
            ["localhost", "LOCALHOST:8400", "a.localhost:1", "127.0.0.1:8400", "[::1]:8400", "10.0.0.1"]
        {
            assert!(check(&options, host, None), "{host}");
        }
        assert!(check(&options, "Render.Example:80", None));
        for host in [
            "evil.example",
            "localhost.evil.example:8400",
            "127.0.0.1.evil.example",
            "",
            "[evil]:1",
            "alocalhost",
        ] {
            assert!(!check(&options, host, None), "{host}");
        }
        assert!(Hosts::new(&options).check(None, None).is_ok());
    }

    #[test]
    fn pages_of_others_may_not_use_it() {
        let options = Options::default();
        assert!(check(&options, "localhost:8400", Some("http://localhost:8400")));
        for origin in ["http://localhost:3000", "https://evil.example", "null", ""] {
            assert!(!check(&options, "localhost:8400", Some(origin)), "{origin}");
        }
    }

    #[test]
    fn any_name_goes_where_clients_are_known_or_somebody_wants_it() {
        let with_tokens = Options { token_file: Some("tokens".into()), ..Options::default() };
        let wanted = Options { allowed_hosts: vec!["*".to_owned()], ..Options::default() };
        let behind = Options { listen: ([0, 0, 0, 0], 8400).into(), insecure: true, ..Options::default() };
        for options in [with_tokens, wanted, behind] {
            assert!(check(&options, "evil.example", Some("https://other.example")));
        }
    }
}
