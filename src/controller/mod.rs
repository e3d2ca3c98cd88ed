//! The controller: reconciles workloads, deliverables, runnables and their blueprints on a Kubernetes cluster.
//!
//! Watches feed stores in memory and say whom to wake (`watches`); a queue hands owners to a bounded number of
//! workers (`queue`); a worker runs one pass over one owner through [`supply_chain`](crate::supply_chain) and
//! writes what differs (`pass`). Everything that decides what is stamped is in `supply_chain`; everything
//! that speaks to the API server is in [`cluster::kube`](crate::cluster::kube).

mod accounts;
mod blueprint;
mod dependents;
mod json;
mod key;
mod lease;
mod metrics;
mod pass;
mod queue;
mod recorder;
mod serve;
mod watches;
mod workers;

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::runtime::Handle;

use self::dependents::Dependents;
use self::key::{Key, Subject};
use self::lease::Lease;
use self::metrics::{Metrics, Snapshot};
use self::queue::Queue;
use self::recorder::Recorder;
use self::serve::Pages;
use crate::cluster::kube::{Api, ApiOptions, Connection, Discovery, Family, Informers, Store};
use crate::supply_chain::api::OwnerKind;
use crate::supply_chain::catalog::Catalog;
use crate::supply_chain::labels::{RESOURCE_NAME, RUNNABLE_NAME, owner_keys};
use crate::supply_chain::submitted::Submitted;

/// How long passes that have begun may take when the controller ends.
const LAST_PASSES: Duration = Duration::from_secs(20);

/// What is stamped for owners, and what is stamped for runnables.
static FAMILIES: [Family; 2] = [
    Family {
        marker: RESOURCE_NAME,
        owners: &[owner_keys(OwnerKind::Workload)[0], owner_keys(OwnerKind::Deliverable)[0]],
    },
    Family { marker: RUNNABLE_NAME, owners: &[RUNNABLE_NAME] },
];

/// How the controller runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// How many owners are worked on at a time.
    pub workers: usize,
    /// Requests to the API server a second; 0 for no limit.
    pub qps: f64,
    /// Requests that may be made at once after a pause.
    pub burst: f64,
    /// How long one request may take.
    pub deadline: Duration,
    /// Where to serve `/metrics`; none for nowhere.
    pub metrics: Option<SocketAddr>,
    /// Where to serve `/healthz` and `/readyz`; none for nowhere.
    pub health: Option<SocketAddr>,
    /// The namespace of the lease by which replicas elect a leader; none to reconcile without one.
    pub lease_namespace: Option<String>,
    /// The name of this replica.
    pub identity: String,
    /// Whether writes are logged and not made.
    pub dry_run: bool,
}

/// The name of the lease.
const LEASE: &str = "stampmill-controller";

/// Why the controller ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum ControllerError {
    /// The configuration of the client is wrong.
    Client(kube::Error),
    /// There is nothing to listen on.
    Listen(SocketAddr, std::io::Error),
    /// Workers could not be started.
    Workers(std::io::Error),
    /// Another replica may lead now.
    LeaseLost,
}

impl fmt::Display for ControllerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ControllerError::Client(error) => write!(f, "connecting to the cluster: {error}"),
            ControllerError::Listen(address, error) => write!(f, "listening on {address}: {error}"),
            ControllerError::Workers(error) => write!(f, "starting workers: {error}"),
            ControllerError::LeaseLost => f.write_str("the lease is lost: another replica may lead now"),
        }
    }
}

impl std::error::Error for ControllerError {}

/// What all parts of the controller share.
struct Shared {
    connection: Connection,
    catalog: RwLock<Arc<Catalog>>,
    queue: Queue<Key>,
    dependents: Dependents,
    /// The objects that are reconciled, by [`Subject::index`].
    objects: [Arc<Store>; 5],
    /// The metadata of all service accounts.
    accounts: Arc<Store>,
    /// What was submitted, for workloads, deliverables and runnables.
    submitted: [Submitted; 3],
    recorder: Recorder,
    metrics: Arc<Metrics>,
    /// Counts changes of who may do what.
    rights: AtomicU64,
    /// Watches that are not complete yet.
    incomplete: AtomicUsize,
    is_leader: AtomicBool,
    workers: usize,
}

impl Shared {
    fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn store(&self, subject: Subject) -> Option<&Arc<Store>> {
        self.objects.get(subject.index())
    }

    fn is_ready(&self) -> bool {
        self.incomplete.load(Ordering::Acquire) == 0
    }

    fn metrics_text(&self) -> String {
        let catalog = self.catalog();
        self.metrics.text(&Snapshot {
            queue: self.queue.figures(),
            workers: self.workers,
            is_leader: self.is_leader.load(Ordering::Relaxed),
            kinds: self.connection.informers.len(),
            stored: [
                (
                    "owners",
                    self.objects
                        .iter()
                        .fold((0, 0), |sum, store| (sum.0 + store.len(), sum.1 + store.bytes())),
                ),
                ("stamped", self.connection.informers.stored()),
            ],
            cache: catalog.renderer().cache_stats(),
            renders: catalog.renderer().renders(),
        })
    }
}

/// Runs the controller until `stop` is there, then lets passes that have begun come to their end.
///
/// # Errors
/// It cannot start, or has lost its lease.
pub async fn run(
    config: kube::Config,
    options: Options,
    stop: impl Future<Output = ()>,
) -> Result<(), ControllerError> {
    let shared = start(config, &options)?;
    for (address, pages) in pages(&options) {
        let serving = serve::serve(Arc::clone(&shared), address, pages).await;
        serving.map_err(|error| ControllerError::Listen(address, error))?;
    }
    let watches = watches::start(&shared);
    let mut lease = options
        .lease_namespace
        .as_deref()
        .map(|namespace| Lease::new(Arc::clone(&shared.connection.api), namespace, LEASE, &options.identity));
    let mut stop = std::pin::pin!(stop);
    let begin = async {
        watches::complete(&shared).await;
        if let Some(lease) = &mut lease {
            lease.acquire().await;
        }
    };
    tokio::select! {
        () = begin => {}
        () = &mut stop => return Ok(()),
    }
    shared.is_leader.store(true, Ordering::Relaxed);
    tracing::info!(identity = options.identity, workers = shared.workers, "reconciling");
    let mut workers = workers::start(&shared).map_err(ControllerError::Workers)?;
    let lost = async {
        match &mut lease {
            Some(lease) => lease.keep().await,
            None => std::future::pending().await,
        }
    };
    let result = tokio::select! {
        () = lost => Err(ControllerError::LeaseLost),
        () = &mut stop => Ok(()),
    };
    shared.is_leader.store(false, Ordering::Relaxed);
    shared.queue.close();
    if result.is_ok() {
        tracing::info!("ending: waiting for the last passes");
        _ = tokio::time::timeout(LAST_PASSES, workers.finished()).await;
        if let Some(lease) = &mut lease {
            lease.release().await;
        }
    }
    drop(watches);
    result
}

/// Which address serves what.
fn pages(options: &Options) -> Vec<(SocketAddr, Pages)> {
    match (options.metrics, options.health) {
        (Some(metrics), Some(health)) if metrics == health && metrics.port() != 0 => {
            vec![(metrics, Pages::Both)]
        }
        (metrics, health) => {
            let metrics = metrics.map(|address| (address, Pages::Metrics));
            metrics.into_iter().chain(health.map(|address| (address, Pages::Health))).collect()
        }
    }
}

fn start(config: kube::Config, options: &Options) -> Result<Arc<Shared>, ControllerError> {
    let metrics = Arc::new(Metrics::new());
    let observed = Arc::clone(&metrics);
    let api_options = ApiOptions {
        deadline: options.deadline,
        qps: options.qps,
        burst: options.burst,
        dry_run: options.dry_run,
        observer: Some(Arc::new(move |called| observed.requested(&called))),
    };
    let api = Api::new(config, Handle::current(), api_options).map_err(ControllerError::Client)?;
    let api = Arc::new(api);
    let discovery = Arc::new(Discovery::new(Arc::clone(&api)));
    Ok(Arc::new_cyclic(|shared| {
        let sink = watches::stamped(shared.clone());
        let informers = Informers::new(Arc::clone(&api), Arc::clone(&discovery), sink);
        let recorder = Recorder::new(&api);
        Shared {
            connection: Connection::new(api, discovery, informers, &FAMILIES),
            catalog: RwLock::new(Arc::new(Catalog::new().trusting_status())),
            queue: Queue::new(options.workers),
            dependents: Dependents::default(),
            objects: std::array::from_fn(|_| Arc::new(Store::default())),
            accounts: Arc::new(Store::default()),
            submitted: std::array::from_fn(|_| Submitted::new()),
            recorder,
            metrics,
            rights: AtomicU64::new(0),
            incomplete: AtomicUsize::new(0),
            is_leader: AtomicBool::new(false),
            workers: options.workers,
        }
    }))
}
