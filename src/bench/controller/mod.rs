//! Measuring a controller on a cluster: how fast a fleet becomes ready beside what a bare client reaches, how
//! soon changes arrive, what it takes while it does nothing.
//!
//! All that is measured is made by the bench in namespaces of its own and removed afterwards.

mod client;
mod error;
mod figures;
mod guard;
mod objects;
mod phases;
mod process;
mod report;
mod wait;

use std::net::SocketAddr;
use std::time::Duration;

pub use error::BenchError;
pub use report::{Bare, ControllerReport, Fleet, Latency, Memory, Reference, Rest, Restart, Template};

use self::client::Client;
use self::error::Result;
use self::phases::Bench;
use self::process::Controller;

/// Is told what is being done.
pub type Progress<'a> = dyn Fn(&str) + Sync + 'a;

/// What to measure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ControllerBench {
    /// Workloads of three resources each; 0 leaves them out, with all that is measured beside them.
    pub fleet: usize,
    /// Owners of a template that changes.
    pub changed: usize,
    /// Changes of a status whose way to the dependant is measured.
    pub samples: usize,
    /// How long the controller is watched at rest.
    pub rest: Duration,
    /// Workloads of the reference's benchmark.
    pub workloads: usize,
    /// Runnables of the reference's benchmark.
    pub runnables: usize,
    /// The address of `/metrics` of a controller that runs; without it one is started from this binary.
    pub running: Option<SocketAddr>,
    /// Further arguments for a controller that is started.
    pub arguments: Vec<String>,
}

impl ControllerBench {
    /// Measures, until `stop` is there; removes what it made, however it ends, and tells `progress` where that fails.
    ///
    /// # Errors
    /// The cluster has not what is needed, or has what would be touched; something does not come about in
    /// time; it was stopped.
    pub async fn run(
        &self,
        config: kube::Config,
        progress: &Progress<'_>,
        stop: impl Future<Output = ()>,
    ) -> Result<ControllerReport> {
        let client = Client::new(config)?;
        guard::check(&client, self.running.is_none()).await?;
        let bench = Bench { client, options: self, progress };
        let mut controller = None;
        let measured = tokio::select! {
            report = self.measure(&bench, &mut controller) => report,
            () = stop => Err(error::failed("stopped")),
        };
        if let Some(controller) = &mut controller {
            controller.stop().await;
        }
        if let Err(error) = guard::clean_up(&bench.client, progress).await {
            progress(&format!("not all is removed (stampmill bench controller --clean-up): {error}"));
        }
        measured
    }

    async fn measure(
        &self,
        bench: &Bench<'_>,
        controller: &mut Option<Controller>,
    ) -> Result<ControllerReport> {
        let mut report = ControllerReport::default();
        bench.prepare().await?;
        let mut bare = Bare::default();
        // The bare client does half of what the controller does, which is enough to know its rate; one part before
        // and one after the controller, since the API server gets slower or faster with what it holds.
        let owners = bench.bare_owners(self.fleet.div_ceil(2)).await?;
        let (first, second) = owners.split_at(owners.len() / 2);
        if self.fleet > 0 {
            bench.bare_objects(first, &mut bare).await?;
            bench.fleet_workloads().await?;
        }
        let controller = match self.running {
            Some(metrics) => controller.insert(Controller::running(metrics)),
            None => controller.insert(Controller::start(&self.arguments).await?),
        };
        if self.fleet > 0 {
            bench.rest(controller).await?;
            let (fleet, memory) = bench.fleet(controller).await?;
            (report.fleet, report.memory) = (Some(fleet), memory);
            bench.bare_objects(second, &mut bare).await?;
            bench.bare_statuses(&owners, &mut bare).await?;
            report.bare = Some(bare);
        }
        if self.changed > 0 {
            report.template = Some(bench.template().await?);
            bench.rest(controller).await?;
            if self.samples > 0 {
                report.latency = Some(bench.latency().await?);
            }
        }
        if !self.rest.is_zero() {
            report.rest = Some(bench.at_rest(controller).await?);
        }
        if controller.is_own() && self.fleet + self.changed > 0 {
            report.restart = Some(bench.restart(controller).await?);
        }
        if self.workloads + self.runnables > 0 {
            report.reference = Some(bench.reference().await?);
        }
        Ok(report)
    }
}

/// Removes what an earlier run has left behind.
///
/// # Errors
/// That of the API server.
pub async fn clean_up(config: kube::Config, progress: &Progress<'_>) -> Result<()> {
    guard::clean_up(&Client::new(config)?, progress).await
}
