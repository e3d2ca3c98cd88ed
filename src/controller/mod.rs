//! The controller: reconciles workloads, deliverables, runnables and their blueprints on a Kubernetes cluster.
//!
//! Watches feed stores in memory and say whom to wake (`watches`); a queue hands owners to a bounded number of
//! workers (`queue`); a worker runs one pass over one owner through [`supply_chain`](crate::supply_chain) and
//! writes what differs (`pass`). Everything that decides what is stamped is in `supply_chain`; everything
//! that speaks to the API server is in [`cluster::kube`](crate::cluster::kube).

mod accounts;
mod blueprint;
mod dependents;
mod election;
mod json;
mod key;
mod lease;
mod metrics;
mod pass;
mod queue;
mod recorder;
mod serve;
mod shards;
mod watches;
pub mod webhook;
mod workers;

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Notify;

use self::dependents::Dependents;
use self::election::Election;
use self::key::{Key, Subject};
use self::metrics::{Metrics, Snapshot};
use self::queue::Queue;
use self::recorder::Recorder;
use self::serve::{Pages, Status};
use self::shards::{Shards, Tenure};
use self::webhook::{WebhookError, WebhookOptions};
use crate::cluster::kube::{
    Api, ApiOptions, Connection, Discovery, Family, Fence, Informer, Informers, Store,
};
use crate::supply_chain::api::OwnerKind;
use crate::supply_chain::catalog::Catalog;
use crate::supply_chain::labels::{RESOURCE_NAME, RUNNABLE_NAME, owner_keys};

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
    /// The namespace of the leases by which replicas share the work; none to do all of it.
    pub lease_namespace: Option<String>,
    /// The name of this replica. No other one may have it.
    pub identity: String,
    /// Into how many parts the work is split; with one of them a replica leads and the others wait.
    pub shards: u32,
    /// Where to answer admission reviews; none for nowhere.
    pub webhook: Option<WebhookOptions>,
    /// Whether writes are logged and not made.
    pub dry_run: bool,
}

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
    /// The webhook cannot be served.
    Webhook(WebhookError),
}

impl fmt::Display for ControllerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ControllerError::Client(error) => write!(f, "connecting to the cluster: {error}"),
            ControllerError::Listen(address, error) => write!(f, "listening on {address}: {error}"),
            ControllerError::Workers(error) => write!(f, "starting workers: {error}"),
            ControllerError::Webhook(error) => error.fmt(f),
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
    /// What of all that is worked on here.
    shards: Shards,
    /// What keeps the stores of owners, blueprints and templates.
    followed: OnceLock<Vec<Informer>>,
    recorder: Recorder,
    metrics: Arc<Metrics>,
    /// Counts changes of who may do what.
    rights: AtomicU64,
    /// Watches that are not complete yet.
    incomplete: AtomicUsize,
    is_ending: AtomicBool,
    workers: usize,
}

impl Shared {
    fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn store(&self, subject: Subject) -> Option<&Arc<Store>> {
        self.objects.get(subject.index())
    }
}

impl Status for Shared {
    fn is_ready(&self) -> bool {
        self.incomplete.load(Ordering::Acquire) == 0
    }

    fn metrics_text(&self) -> String {
        let catalog = self.catalog();
        self.metrics.text(&Snapshot {
            queue: self.queue.figures(),
            workers: self.workers,
            shards: self.shards.held(),
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
/// It cannot start.
pub async fn run(
    config: kube::Config,
    options: Options,
    stop: impl Future<Output = ()>,
) -> Result<(), ControllerError> {
    let shared = start(config, &options)?;
    for (address, pages) in Pages::of(options.metrics, options.health) {
        let serving = serve::serve(Arc::clone(&shared), address, pages).await;
        serving.map_err(|error| ControllerError::Listen(address, error))?;
    }
    if let Some(options) = &options.webhook {
        let metrics = shared.metrics.webhook();
        webhook::serve(options, metrics).await.map_err(ControllerError::Webhook)?;
    }
    let mut stop = std::pin::pin!(stop);
    let mut election = options
        .lease_namespace
        .as_deref()
        .map(|namespace| Election::new(&shared, namespace, &options.identity));
    if let Some(election) = &mut election {
        // What is listed after a lease is taken need not be read again.
        tokio::select! {
            _ = election.round() => {}
            () = &mut stop => return Ok(()),
        }
    }
    let watches = watches::start(&shared);
    let mut workers = workers::start(&shared).map_err(ControllerError::Workers)?;
    let wake = Arc::new(Notify::new());
    let sharing = match election {
        Some(election) => tokio::spawn(election.run(Arc::clone(&wake))),
        None => tokio::spawn(work_on_all(Arc::clone(&shared))),
    };
    stop.await;
    tracing::info!("ending: waiting for the last passes");
    shared.is_ending.store(true, Ordering::Release);
    shared.queue.close();
    wake.notify_one();
    // Leases are renewed until the last pass has ended, then released.
    let ended = async {
        workers.finished().await;
        if options.lease_namespace.is_some() {
            _ = sharing.await;
        }
    };
    let linger = options.webhook.as_ref().map_or(Duration::ZERO, |_| webhook::LINGER);
    _ = tokio::join!(tokio::time::timeout(LAST_PASSES, ended), tokio::time::sleep(linger));
    drop(watches);
    Ok(())
}

/// Works on all shards, without asking others.
async fn work_on_all(shared: Arc<Shared>) {
    watches::complete(&shared).await;
    tracing::info!(workers = shared.workers, "reconciling");
    for index in 0..shared.shards.count() {
        shared.take_over(index, &Tenure::new(Fence::open()));
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
            shards: Shards::new(options.shards),
            followed: OnceLock::new(),
            recorder,
            metrics,
            rights: AtomicU64::new(0),
            incomplete: AtomicUsize::new(0),
            is_ending: AtomicBool::new(false),
            workers: options.workers,
        }
    }))
}
