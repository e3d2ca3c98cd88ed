//! Files behind `http://` and `https://`.

use std::sync::Arc;

use crate::{Error, ErrorKind, Result};

/// The bytes behind a URL.
///
/// # Errors
/// `File` if the server cannot be reached, answers with an error, too slowly or with too much.
#[cfg(feature = "cli")]
pub(super) fn fetch(url: &str) -> Result<Arc<[u8]>> {
    client::fetch(url, client::Bounds::default())
}

#[cfg(feature = "otel")]
pub(crate) use client::agent;

/// The library by itself opens no connections.
///
/// # Errors
/// Always.
#[cfg(not(feature = "cli"))]
pub(super) fn fetch(url: &str) -> Result<Arc<[u8]>> {
    let error = Error::new(ErrorKind::File, "built without the feature that fetches files");
    Err(error.context(format!("Requesting URL '{url}'")))
}

#[cfg(feature = "cli")]
mod client {
    use std::io::ErrorKind as IoKind;
    use std::time::Duration;

    use ureq::http::Uri;
    use ureq::tls::{RootCerts, TlsConfig};
    use ureq::{Agent, Timeout};

    use super::{Arc, Error, ErrorKind, Result};

    /// What a server may cost.
    pub(super) struct Bounds {
        /// From the first byte sent to the last one received.
        pub(super) time: Duration,
        /// Of the body.
        pub(super) bytes: u64,
    }

    impl Default for Bounds {
        fn default() -> Bounds {
            Bounds { time: Duration::from_secs(30), bytes: 64 << 20 }
        }
    }

    pub(super) fn fetch(url: &str, bounds: Bounds) -> Result<Arc<[u8]>> {
        let failed = |doing: &str, why: String| {
            Error::new(ErrorKind::File, why).context(format!("{doing} URL '{url}'"))
        };
        let mut response = agent(bounds.time)
            .get(url)
            .call()
            .map_err(|error| failed("Requesting", format!("Get \"{url}\": {}", reason(url, &error))))?;
        let status = response.status();
        if !status.is_success() {
            return Err(failed("Requesting", status.to_string()));
        }
        let body = response.body_mut().with_config().limit(bounds.bytes).read_to_vec();
        body.map(Arc::from).map_err(|error| {
            failed(
                "Reading",
                match error {
                    ureq::Error::BodyExceedsLimit(_) => format!("more than {} bytes", bounds.bytes),
                    error => reason(url, &error),
                },
            )
        })
    }

    /// A client whose requests take this time at most.
    pub(crate) fn agent(time: Duration) -> Agent {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            // The certificates the operating system trusts, as in the reference.
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(provider)
            .build();
        Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(time))
            .http_status_as_error(false)
            .user_agent(concat!("stampmill/", env!("CARGO_PKG_VERSION")))
            .build()
            .into()
    }

    /// Why a request failed, in the words of the reference for the common cases.
    fn reason(url: &str, error: &ureq::Error) -> String {
        let uri = url.parse::<Uri>().ok();
        let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
        match error {
            ureq::Error::Io(error) if error.kind() == IoKind::ConnectionRefused => {
                let https = uri.as_ref().and_then(Uri::scheme_str) == Some("https");
                let port = uri.as_ref().and_then(Uri::port_u16).unwrap_or(if https { 443 } else { 80 });
                format!("dial tcp {host}:{port}: connect: connection refused")
            }
            ureq::Error::HostNotFound => format!("dial tcp: lookup {host}: no such host"),
            // What the standard library says of names that the resolver does not know.
            ureq::Error::Io(error) if error.to_string().starts_with("failed to lookup address") => {
                format!("dial tcp: lookup {host}: no such host")
            }
            ureq::Error::Timeout(Timeout::Global) => "context deadline exceeded".to_owned(),
            other => other.to_string(),
        }
    }

    #[cfg(test)]
    mod tests {
        #![allow(clippy::unwrap_used, reason = "a test may panic")]
        use std::io::{Read, Write};
        use std::net::TcpListener;
        use std::thread::JoinHandle;

        use super::*;

        /// Answers one request after another with these bytes, and ends. The URL and the thread.
        fn server(answers: Vec<&'static [u8]>) -> (String, JoinHandle<Vec<String>>) {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://{}/dir/a.yml", listener.local_addr().unwrap());
            let serve = move || {
                let answer = |answer: &&[u8]| {
                    let (mut stream, _) = listener.accept().unwrap();
                    let mut request = [0; 4096];
                    let length = stream.read(&mut request).unwrap();
                    stream.write_all(answer).unwrap();
                    let request = String::from_utf8_lossy(request.get(..length).unwrap()).into_owned();
                    request.lines().next().unwrap_or_default().to_owned()
                };
                answers.iter().map(answer).collect()
            };
            (url, std::thread::spawn(serve))
        }

        #[test]
        fn a_body_is_fetched_through_redirects() {
            let (url, thread) = server(vec![
                b"HTTP/1.1 302 Found\r\nLocation: /b.yml\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\na: 1\n",
            ]);
            assert_eq!(&*fetch(&url, Bounds::default()).unwrap(), b"a: 1\n");
            assert_eq!(thread.join().unwrap(), ["GET /dir/a.yml HTTP/1.1", "GET /b.yml HTTP/1.1"]);
        }

        #[test]
        fn failures_are_worded_as_in_the_reference() {
            let (url, thread) =
                server(vec![b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"]);
            let error = fetch(&url, Bounds::default()).unwrap_err().to_string();
            assert_eq!(error, format!("Requesting URL '{url}': 404 Not Found"));
            thread.join().unwrap();
            // Nobody listens there any longer.
            let address = url.trim_start_matches("http://").trim_end_matches("/dir/a.yml");
            let error = fetch(&url, Bounds::default()).unwrap_err().to_string();
            assert_eq!(
                error,
                format!(
                    "Requesting URL '{url}': Get \"{url}\": dial tcp {address}: connect: connection refused"
                )
            );
        }

        #[test]
        fn size_and_time_are_bounded() {
            let (url, thread) =
                server(vec![b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\na: 1\n"]);
            let error = fetch(&url, Bounds { bytes: 4, ..Bounds::default() }).unwrap_err().to_string();
            assert_eq!(error, format!("Reading URL '{url}': more than 4 bytes"));
            thread.join().unwrap();
            // Connections are taken, but never answered.
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://{}/", listener.local_addr().unwrap());
            let bounds = Bounds { time: Duration::from_millis(50), ..Bounds::default() };
            let error = fetch(&url, bounds).unwrap_err().to_string();
            assert_eq!(error, format!("Requesting URL '{url}': Get \"{url}\": context deadline exceeded"));
        }
    }
}
