//! What `/metrics` shows.

use std::sync::Mutex;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::slots::SlotFigures;
use super::store::StoreFigures;
use crate::CacheStats;
use crate::operations::metrics::{Counters, Figures, Histograms, RendererFigures, number, text};

/// Requests that are worth figures of their own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Route {
    Render,
    RenderRegistered,
    Stream,
    Templates,
    Inspect,
    Validate,
    Blueprints,
    Stamp,
    Other,
}

impl Route {
    const ALL: [Route; 9] = [
        Route::Render,
        Route::RenderRegistered,
        Route::Stream,
        Route::Templates,
        Route::Inspect,
        Route::Validate,
        Route::Blueprints,
        Route::Stamp,
        Route::Other,
    ];

    /// Of a path.
    pub(super) fn of(path: &str) -> Route {
        let Some(path) = path.strip_prefix("/v1/") else { return Route::Other };
        let last = path.rsplit('/').next().unwrap_or(path);
        match (path, last) {
            ("render", _) => Route::Render,
            ("validate", _) => Route::Validate,
            (_, "schema" | "data-values") => Route::Inspect,
            (_, "stream") => Route::Stream,
            (_, "stamp") => Route::Stamp,
            (path, "render") if path.starts_with("templates/") => Route::RenderRegistered,
            (path, _) if path.starts_with("templates") => Route::Templates,
            (path, _) if path.starts_with("blueprints") => Route::Blueprints,
            _ => Route::Other,
        }
    }

    /// Its name in figures.
    pub(super) fn name(self) -> &'static str {
        match self {
            Route::Render => "render",
            Route::RenderRegistered => "render-registered",
            Route::Stream => "stream",
            Route::Templates => "templates",
            Route::Inspect => "inspect",
            Route::Validate => "validate",
            Route::Blueprints => "blueprints",
            Route::Stamp => "stamp",
            Route::Other => "other",
        }
    }
}

/// The figures of a route, found once.
#[derive(Debug)]
struct OfRoute {
    /// By hundreds of the status.
    by_class: [Counter; 5],
    seconds: Histogram,
}

/// All figures.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Mutex<Registry>,
    routes: [OfRoute; 9],
    refused: Counters,
    connections: Gauge,
    gauges: Gauges,
}

#[derive(Debug, Default)]
struct Gauges {
    renderer: RendererFigures,
    inline: Gauge,
    slots_free: Gauge,
    slots_waiting: Gauge,
    clients: Gauge,
    stored: Figures,
    stored_bytes: Figures,
    evictions: Figures,
    ready: Gauge,
}

/// What is read when somebody asks.
pub(super) struct Snapshot {
    pub(super) cache: CacheStats,
    pub(super) renders: u64,
    pub(super) inline: u64,
    pub(super) slots: SlotFigures,
    pub(super) stores: [(&'static str, StoreFigures); 2],
    pub(super) connections: usize,
    pub(super) is_ready: bool,
}

fn seconds() -> Histogram {
    Histogram::new([
        0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0, 30.0,
    ])
}

impl Metrics {
    pub(super) fn new() -> Metrics {
        let mut registry = Registry::default();
        let requests = Counters::default();
        let times = Histograms::new_with_constructor(seconds);
        let routes = Route::ALL.map(|route| {
            let labels = vec![("route", route.name().to_owned())];
            let by_class = ["1xx", "2xx", "3xx", "4xx", "5xx"].map(|class| {
                let labels = vec![("route", route.name().to_owned()), ("code", class.to_owned())];
                requests.get_or_create_owned(&labels)
            });
            OfRoute { by_class, seconds: times.get_or_create_owned(&labels) }
        });
        registry.register("stampmill_http_requests", "Requests by route and class of status", requests);
        registry.register(
            "stampmill_http_request_duration_seconds",
            "How long requests took, until the head of the answer",
            times,
        );
        let metrics = Metrics {
            registry: Mutex::default(),
            routes,
            refused: Counters::default(),
            connections: Gauge::default(),
            gauges: Gauges::default(),
        };
        let gauges = &metrics.gauges;
        registry.register(
            "stampmill_http_refused",
            "Requests and connections that were refused, by reason",
            metrics.refused.clone(),
        );
        registry.register("stampmill_http_connections", "Connections", metrics.connections.clone());
        gauges.renderer.register(&mut registry);
        registry.register("stampmill_renders_inline", "Renders that needed no slot", gauges.inline.clone());
        registry.register("stampmill_slots_free", "Slots that nobody uses", gauges.slots_free.clone());
        registry.register("stampmill_slots_waiting", "Who waits for a slot", gauges.slots_waiting.clone());
        registry.register(
            "stampmill_slots_clients",
            "Clients with slots, or waiting",
            gauges.clients.clone(),
        );
        registry.register("stampmill_registered", "What is registered", gauges.stored.clone());
        registry.register("stampmill_registered_bytes", "Bytes that takes", gauges.stored_bytes.clone());
        registry.register(
            "stampmill_registered_evictions",
            "How much was thrown out for want of room",
            gauges.evictions.clone(),
        );
        registry.register("stampmill_ready", "Whether /readyz says yes", gauges.ready.clone());
        if let Ok(slot) = metrics.registry.lock().as_deref_mut() {
            *slot = registry;
        }
        metrics
    }

    /// Counts a request.
    pub(super) fn answered(&self, route: Route, status: u16, took: Duration) {
        let Some(figures) = self.routes.get(route as usize) else { return };
        if let Some(counter) = figures.by_class.get(usize::from(status / 100).saturating_sub(1)) {
            counter.inc();
        }
        figures.seconds.observe(took.as_secs_f64());
    }

    /// Counts what was refused.
    pub(super) fn refused(&self, why: &'static str) {
        self.refused.get_or_create(&vec![("reason", why.to_owned())]).inc();
    }

    /// All of it as text.
    pub(super) fn text(&self, now: &Snapshot) -> String {
        let gauges = &self.gauges;
        gauges.renderer.set(&now.cache, now.renders);
        gauges.inline.set(number(now.inline));
        gauges.slots_free.set(number(now.slots.free));
        gauges.slots_waiting.set(number(now.slots.waiting));
        gauges.clients.set(number(now.slots.clients));
        for (what, figures) in &now.stores {
            let labels = vec![("kind", (*what).to_owned())];
            gauges.stored.get_or_create(&labels).set(number(figures.entries));
            gauges.stored_bytes.get_or_create(&labels).set(number(figures.bytes));
            gauges.evictions.get_or_create(&labels).set(number(figures.evictions));
        }
        gauges.ready.set(i64::from(now.is_ready));
        self.connections.set(number(now.connections));
        text(&self.registry)
    }
}

#[cfg(test)]
mod tests {
    use super::Route;

    #[test]
    fn figures_are_kept_by_route_not_by_path() {
        for (path, route) in [
            ("/v1/render", Route::Render),
            ("/v1/templates", Route::Templates),
            ("/v1/templates/sha256:0", Route::Templates),
            ("/v1/templates/sha256:0/render", Route::RenderRegistered),
            ("/v1/templates/sha256:0/stream", Route::Stream),
            ("/v1/blueprints/sha256:0/stamp", Route::Stamp),
            ("/v1/blueprints/sha256:0/owners", Route::Blueprints),
            ("/v1/schema", Route::Inspect),
            ("/v1/x/render", Route::Other),
            ("/", Route::Other),
        ] {
            assert_eq!(Route::of(path), route, "{path}");
        }
        assert!(Route::ALL.iter().enumerate().all(|(index, route)| *route as usize == index));
    }
}
