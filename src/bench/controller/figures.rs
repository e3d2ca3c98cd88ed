//! What the controller and the API server say of themselves.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::client::Client;
use super::error::{Result, failed};

/// Requests by verb and resource: `create configmaps`.
pub(super) type Requests = BTreeMap<String, u64>;

/// The figures of a controller at one time.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures {
    /// Whether it reconciles.
    pub(super) leads: bool,
    /// Its requests to the API server so far.
    pub(super) requests: Requests,
    /// Passes so far.
    pub(super) passes: u64,
    /// Owners that wait, or are worked on.
    pub(super) busy: u64,
    pub(super) resident_bytes: Option<u64>,
    pub(super) peak_bytes: Option<u64>,
    pub(super) cpu_seconds: Option<f64>,
}

impl Figures {
    /// Reads a page of metrics.
    pub(super) async fn of_controller(address: SocketAddr) -> Result<Figures> {
        let page = page(address).await;
        Ok(Figures::read(&page.map_err(|error| failed(format!("{address}/metrics: {error}")))?))
    }

    fn read(text: &str) -> Figures {
        let mut figures = Figures::default();
        for (name, labels, value) in samples(text) {
            match name {
                "leader_election_master_status" => figures.leads |= value > 0.0,
                "stampmill_requests_total" => {
                    let part = |name| label(labels, name).unwrap_or_default();
                    let key = format!("{} {}", part("verb"), part("resource"));
                    *figures.requests.entry(key.trim_end().to_owned()).or_default() += value as u64;
                }
                "controller_runtime_reconcile_total" => figures.passes += value as u64,
                "workqueue_depth" | "controller_runtime_active_workers" => figures.busy += value as u64,
                "process_resident_memory_bytes" => figures.resident_bytes = Some(value as u64),
                "process_cpu_seconds_total" => figures.cpu_seconds = Some(value),
                _ => {}
            }
        }
        figures
    }

    /// The requests since then.
    pub(super) fn requests_since(&self, before: &Figures) -> Requests {
        let since = |(name, count): (&String, &u64)| {
            let count = count.saturating_sub(before.requests.get(name).copied().unwrap_or(0));
            (count > 0).then(|| (name.clone(), count))
        };
        self.requests.iter().filter_map(since).collect()
    }
}

/// Whether requests of this kind belong to a controller at rest: watches, and the lease.
pub(super) fn is_rest(request: &str) -> bool {
    request.starts_with("watch ") || request.ends_with(" leases")
}

/// The cpu time of the API server so far, where it tells.
pub(super) async fn server_cpu(client: &Client) -> Option<f64> {
    let text = client.get("/metrics").await.ok().flatten()?;
    samples(&text).find(|(name, ..)| *name == "process_cpu_seconds_total").map(|(.., value)| value)
}

/// Names, labels and values of a page in the format of Prometheus or OpenMetrics.
fn samples(text: &str) -> impl Iterator<Item = (&str, &str, f64)> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (series, value) = line.rsplit_once(' ')?;
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        Some((name, labels, value.parse().ok()?))
    })
}

fn label<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = labels.split_once(&format!("{name}=\""))?;
    rest.split('"').next()
}

async fn page(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n").await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    Ok(text.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{Figures, is_rest};

    #[test]
    fn a_page_of_the_controller_is_read() {
        let text = "# TYPE stampmill_requests counter\n\
            stampmill_requests_total{verb=\"create\",resource=\"configmaps\"} 3\n\
            stampmill_requests_total{verb=\"watch\",resource=\"workloads\"} 1\n\
            controller_runtime_reconcile_total{controller=\"workload\",result=\"success\"} 4\n\
            controller_runtime_reconcile_total{controller=\"runnable\",result=\"success\"} 5\n\
            leader_election_master_status 1\nprocess_resident_memory_bytes 1024\n";
        let figures = Figures::read(text);
        assert!(figures.leads);
        assert_eq!((figures.passes, figures.resident_bytes), (9, Some(1024)));
        assert_eq!(figures.requests["create configmaps"], 3);
        let since = figures.requests_since(&Figures {
            requests: [("watch workloads".to_owned(), 1)].into(),
            ..Figures::default()
        });
        assert_eq!(since.into_iter().collect::<Vec<_>>(), [("create configmaps".to_owned(), 3)]);
        assert!(is_rest("watch workloads") && is_rest("update leases") && !is_rest("get workloads"));
    }
}
