//! What `/metrics` shows: the names of controller-runtime, which dashboards know, and figures of our own.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::queue::Figures;
use crate::CacheStats;
use crate::operations::metrics::{Counters, Histograms, Labels, RendererFigures, number, seconds, text};

/// The name of the queue in metrics.
const QUEUE: &str = "stampmill";

/// All figures.
pub(super) struct Metrics {
    registry: Mutex<Registry>,
    reconciles: Counters,
    reconcile_errors: Counters,
    reconcile_time: Histograms,
    requests: Counters,
    queue_time: Histogram,
    stamped: Counters,
    gauges: Gauges,
}

/// What is read when somebody asks.
#[derive(Default)]
struct Gauges {
    depth: Family<Labels, Gauge>,
    adds: Family<Labels, Gauge>,
    retries: Family<Labels, Gauge>,
    active: Gauge,
    workers: Gauge,
    leader: Gauge,
    kinds: Gauge,
    renderer: RendererFigures,
}

/// What is read when somebody asks.
pub(super) struct Snapshot {
    pub(super) queue: Figures,
    pub(super) workers: usize,
    pub(super) is_leader: bool,
    pub(super) kinds: usize,
    pub(super) cache: CacheStats,
    pub(super) renders: u64,
}

impl Metrics {
    pub(super) fn new() -> Metrics {
        let mut registry = Registry::default();
        let metrics = Metrics {
            registry: Mutex::default(),
            reconciles: Counters::default(),
            reconcile_errors: Counters::default(),
            reconcile_time: Histograms::new_with_constructor(seconds),
            requests: Counters::default(),
            queue_time: seconds(),
            stamped: Counters::default(),
            gauges: Gauges::default(),
        };
        let gauges = &metrics.gauges;
        registry.register(
            "controller_runtime_reconcile",
            "Reconciliations by controller and result",
            metrics.reconciles.clone(),
        );
        registry.register(
            "controller_runtime_reconcile_errors",
            "Reconciliations that failed",
            metrics.reconcile_errors.clone(),
        );
        registry.register(
            "controller_runtime_reconcile_time_seconds",
            "How long reconciliations take",
            metrics.reconcile_time.clone(),
        );
        registry.register(
            "controller_runtime_active_workers",
            "Workers that reconcile",
            gauges.active.clone(),
        );
        registry.register(
            "controller_runtime_max_concurrent_reconciles",
            "Workers there are",
            gauges.workers.clone(),
        );
        registry.register("workqueue_depth", "Owners that wait", gauges.depth.clone());
        registry.register("workqueue_adds_total", "Owners that were added", gauges.adds.clone());
        registry.register("workqueue_retries_total", "Owners that were tried again", gauges.retries.clone());
        registry.register(
            "workqueue_queue_duration_seconds",
            "How long owners wait",
            metrics.queue_time.clone(),
        );
        registry.register(
            "rest_client_requests",
            "Requests to the API server by method and code",
            metrics.requests.clone(),
        );
        registry.register(
            "leader_election_master_status",
            "Whether this replica reconciles",
            gauges.leader.clone(),
        );
        registry.register(
            "stampmill_stamped_objects",
            "Objects that were stamped, by what was done with them",
            metrics.stamped.clone(),
        );
        registry.register("stampmill_watched_kinds", "Stamped kinds that are watched", gauges.kinds.clone());
        gauges.renderer.register(&mut registry);
        *metrics.registry.lock().unwrap_or_else(PoisonError::into_inner) = registry;
        metrics
    }

    /// Counts a reconciliation.
    pub(super) fn reconciled(&self, controller: &'static str, result: &'static str, took: Duration) {
        let labels = vec![("controller", controller.to_owned()), ("result", result.to_owned())];
        self.reconciles.get_or_create(&labels).inc();
        let labels = vec![("controller", controller.to_owned())];
        if result == "error" {
            self.reconcile_errors.get_or_create(&labels).inc();
        }
        self.reconcile_time.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// Counts how long an owner has waited.
    pub(super) fn waited(&self, time: Duration) {
        self.queue_time.observe(time.as_secs_f64());
    }

    /// Counts a request.
    pub(super) fn requested(&self, method: &str, code: u16) {
        let code = if code == 0 { "<error>".to_owned() } else { code.to_string() };
        self.requests.get_or_create(&vec![("code", code), ("method", method.to_owned())]).inc();
    }

    /// Counts a stamped object.
    pub(super) fn stamped(&self, operation: &'static str) {
        self.stamped.get_or_create(&vec![("operation", operation.to_owned())]).inc();
    }

    /// All of it as text.
    pub(super) fn text(&self, now: &Snapshot) -> String {
        let gauges = &self.gauges;
        let named = || vec![("name", QUEUE.to_owned())];
        gauges.depth.get_or_create(&named()).set(number(now.queue.waiting));
        gauges.adds.get_or_create(&named()).set(number(now.queue.adds));
        gauges.retries.get_or_create(&named()).set(number(now.queue.retries));
        gauges.active.set(number(now.queue.running));
        gauges.workers.set(number(now.workers));
        gauges.leader.set(i64::from(now.is_leader));
        gauges.kinds.set(number(now.kinds));
        gauges.renderer.set(&now.cache, now.renders);
        text(&self.registry)
    }
}
