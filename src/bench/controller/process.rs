//! The controller that is measured: one that runs, or one that is started here from the same binary.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::error::{BenchError, Result, failed};
use super::figures::Figures;
use super::objects::NAME;
use crate::bench::usage::Usage;

/// A controller.
pub(super) struct Controller {
    /// Where its `/metrics` are.
    metrics: SocketAddr,
    /// Where it was started here.
    own: Option<Own>,
}

/// A process that ends with this.
struct Own {
    child: Child,
    log: PathBuf,
}

impl Controller {
    /// One that runs already.
    pub(super) fn running(metrics: SocketAddr) -> Controller {
        Controller { metrics, own: None }
    }

    /// Starts one with these arguments more, and waits until it reconciles.
    pub(super) async fn start(arguments: &[String]) -> Result<Controller> {
        let io = BenchError::Controller;
        let port = || -> std::io::Result<SocketAddr> { TcpListener::bind("127.0.0.1:0")?.local_addr() };
        let metrics = port().map_err(io)?;
        let log = std::env::temp_dir().join(format!("{NAME}-{}-{}.log", std::process::id(), metrics.port()));
        let file = File::create(&log).map_err(io)?;
        let child = Command::new(program().map_err(io)?)
            .arg("controller")
            .arg(format!("--metrics-bind-address={metrics}"))
            .arg("--health-probe-bind-address=0")
            .arg(format!("--leader-election-namespace={NAME}"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .map_err(io)?;
        let mut controller = Controller { metrics, own: Some(Own { child, log }) };
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            if let Ok(figures) = controller.figures().await
                && figures.leads
            {
                return Ok(controller);
            }
            if let Some(Own { child, log }) = &mut controller.own
                && let Some(status) = child.try_wait().map_err(io)?
            {
                let text = std::fs::read_to_string(log).unwrap_or_default();
                let last = text.lines().last().unwrap_or_default();
                return Err(failed(format!("the controller has ended: {status}: {last}")));
            }
            if Instant::now() > end {
                return Err(failed("the controller does not begin to reconcile"));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Its figures now.
    pub(super) async fn figures(&self) -> Result<Figures> {
        let mut figures = Figures::of_controller(self.metrics).await?;
        if let Some(own) = &self.own
            && let Some(usage) = Usage::of(&own.child.id().to_string())
        {
            figures.resident_bytes = Some(usage.resident_bytes);
            figures.peak_bytes = Some(usage.peak_bytes);
            figures.cpu_seconds = Some(usage.cpu_seconds);
        }
        Ok(figures)
    }

    /// Whether it was started here.
    pub(super) fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Ends it if it was started here, as a cluster does: it is asked to, and killed after half a minute.
    pub(super) async fn stop(&mut self) {
        let Some(mut own) = self.own.take() else { return };
        if own.terminate() {
            let end = Instant::now() + Duration::from_secs(30);
            while Instant::now() < end {
                if !matches!(own.child.try_wait(), Ok(None)) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        _ = std::fs::remove_file(&own.log);
    }
}

/// The program that runs here, also where its file has been replaced meanwhile.
fn program() -> std::io::Result<PathBuf> {
    let running = PathBuf::from("/proc/self/exe");
    if running.exists() { Ok(running) } else { std::env::current_exe() }
}

impl Own {
    fn terminate(&self) -> bool {
        let Ok(id) = i32::try_from(self.child.id()) else { return false };
        rustix::process::Pid::from_raw(id)
            .is_some_and(|id| rustix::process::kill_process(id, rustix::process::Signal::TERM).is_ok())
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
