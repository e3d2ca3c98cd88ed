//! What `/metrics` shows: the names of controller-runtime, which dashboards know, and figures of our own.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::queue::Figures;
use super::webhook::{KINDS, PATH};
use crate::CacheStats;
use crate::cluster::kube::Called;
use crate::operations::metrics::{Counters, Histograms, Labels, RendererFigures, number, seconds, text};

/// All figures.
pub(super) struct Metrics {
    registry: Mutex<Registry>,
    reconciles: Counters,
    reconcile_errors: Counters,
    reconcile_time: Histograms,
    requests: Counters,
    asked: Counters,
    queue_time: Histograms,
    stamped: Counters,
    gauges: Gauges,
}

/// What is read when somebody asks.
#[derive(Default)]
struct Gauges {
    depth: Family<Labels, Gauge>,
    adds: Family<Labels, Gauge>,
    retries: Family<Labels, Gauge>,
    active: Family<Labels, Gauge>,
    workers: Gauge,
    leader: Gauge,
    shards: Gauge,
    kinds: Gauge,
    stored: Family<Labels, Gauge>,
    stored_bytes: Family<Labels, Gauge>,
    renderer: RendererFigures,
    memory: Gauge,
    cpu: Gauge<f64, AtomicU64>,
}

/// What is read when somebody asks.
pub(super) struct Snapshot {
    pub(super) queue: BTreeMap<&'static str, Figures>,
    pub(super) workers: usize,
    /// Shards that are worked on.
    pub(super) shards: usize,
    pub(super) kinds: usize,
    /// Objects in memory and their bytes, by what they are.
    pub(super) stored: [(&'static str, (usize, usize)); 2],
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
            asked: Counters::default(),
            queue_time: Histograms::new_with_constructor(seconds),
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
            "stampmill_requests",
            "Requests to the API server by verb and resource",
            metrics.asked.clone(),
        );
        registry.register(
            "leader_election_master_status",
            "Whether this replica reconciles",
            gauges.leader.clone(),
        );
        registry.register("stampmill_shards", "Shards that this replica works on", gauges.shards.clone());
        registry.register(
            "stampmill_stamped_objects",
            "Objects that were stamped, by what was done with them",
            metrics.stamped.clone(),
        );
        registry.register("stampmill_watched_kinds", "Stamped kinds that are watched", gauges.kinds.clone());
        registry.register("stampmill_stored_objects", "Objects in memory", gauges.stored.clone());
        registry.register(
            "stampmill_stored_bytes",
            "Bytes that they take, packed",
            gauges.stored_bytes.clone(),
        );
        gauges.renderer.register(&mut registry);
        registry.register(
            "process_resident_memory_bytes",
            "Memory that the process takes",
            gauges.memory.clone(),
        );
        registry.register(
            "process_cpu_seconds_total",
            "Cpu time that the process has taken",
            gauges.cpu.clone(),
        );
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
    pub(super) fn waited(&self, controller: &'static str, time: Duration) {
        let labels = vec![("name", controller.to_owned())];
        self.queue_time.get_or_create(&labels).observe(time.as_secs_f64());
    }

    /// Counts a request.
    pub(super) fn requested(&self, called: &Called<'_>) {
        let Called { method, verb, resource, code } = *called;
        let code = if code == 0 { "<error>".to_owned() } else { code.to_string() };
        self.requests.get_or_create(&vec![("code", code), ("method", method.to_owned())]).inc();
        self.asked.get_or_create(&vec![("verb", verb.to_owned()), ("resource", resource.to_owned())]).inc();
    }

    /// Counts a stamped object.
    pub(super) fn stamped(&self, operation: &'static str) {
        self.stamped.get_or_create(&vec![("operation", operation.to_owned())]).inc();
    }

    /// All of it as text.
    pub(super) fn text(&self, now: &Snapshot) -> String {
        let gauges = &self.gauges;
        for (name, queue) in &now.queue {
            let named = || vec![("name", (*name).to_owned())];
            gauges.depth.get_or_create(&named()).set(number(queue.waiting));
            gauges.adds.get_or_create(&named()).set(number(queue.adds));
            gauges.retries.get_or_create(&named()).set(number(queue.retries));
            let labels = vec![("controller", (*name).to_owned())];
            gauges.active.get_or_create(&labels).set(number(queue.running));
        }
        gauges.workers.set(number(now.workers));
        gauges.leader.set(i64::from(now.shards > 0));
        gauges.shards.set(number(now.shards));
        gauges.kinds.set(number(now.kinds));
        for (what, (objects, bytes)) in now.stored {
            let labels = vec![("objects", what.to_owned())];
            gauges.stored.get_or_create(&labels).set(number(objects));
            gauges.stored_bytes.get_or_create(&labels).set(number(bytes));
        }
        gauges.renderer.set(&now.cache, now.renders);
        if let Some((memory, cpu)) = process() {
            gauges.memory.set(memory);
            gauges.cpu.set(cpu);
        }
        text(&self.registry)
    }

    /// Figures of the webhook, beside the others.
    pub(super) fn webhook(&self) -> WebhookMetrics {
        WebhookMetrics::new(&mut self.registry.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The figures of the webhook.
pub(super) struct WebhookMetrics {
    requests: Counters,
    latency: Histograms,
    in_flight: Gauge,
}

impl WebhookMetrics {
    pub(super) fn new(registry: &mut Registry) -> WebhookMetrics {
        let metrics = WebhookMetrics {
            requests: Counters::default(),
            latency: Histograms::new_with_constructor(seconds),
            in_flight: Gauge::default(),
        };
        registry.register(
            "controller_runtime_webhook_requests",
            "Admission reviews by webhook and status",
            metrics.requests.clone(),
        );
        registry.register(
            "controller_runtime_webhook_latency_seconds",
            "How long admission reviews take",
            metrics.latency.clone(),
        );
        registry.register(
            "controller_runtime_webhook_requests_in_flight",
            "Admission reviews that are being answered",
            metrics.in_flight.clone(),
        );
        metrics
    }

    /// A request has come.
    pub(super) fn begun(&self) {
        self.in_flight.inc();
    }

    /// It was answered.
    pub(super) fn ended(&self, kind: &str, code: u16, took: Duration) {
        self.in_flight.dec();
        // Anybody may ask for any path.
        let webhook = match KINDS.contains(&kind) {
            true => format!("{PATH}{kind}"),
            false => "<other>".to_owned(),
        };
        let labels = vec![("code", code.to_string()), ("webhook", webhook.clone())];
        self.requests.get_or_create(&labels).inc();
        self.latency.get_or_create(&vec![("webhook", webhook)]).observe(took.as_secs_f64());
    }
}

/// The memory of this process in bytes and its cpu time in seconds, where there is a `/proc`; see proc(5).
fn process() -> Option<(i64, f64)> {
    // Linux counts a hundred ticks a second for programs on all architectures of today; pages are asked for.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program may hold spaces and parentheses.
    let (_, fields) = stat.rsplit_once(") ")?;
    let field = |index| fields.split(' ').nth(index)?.parse::<u32>().ok();
    let page = rustix::param::page_size();
    let memory = usize::try_from(field(21)?).ok()?.checked_mul(page)?;
    Some((i64::try_from(memory).ok()?, f64::from(field(11)? + field(12)?) / TICKS))
}
