//! Parts of `/metrics` that the controller and the rendering service have in common.

use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::CacheStats;

/// Labels with their values.
pub(crate) type Labels = Vec<(&'static str, String)>;
/// A counter for each set of labels.
pub(crate) type Counters = Family<Labels, Counter>;
/// A histogram for each set of labels.
pub(crate) type Histograms = Family<Labels, Histogram, fn() -> Histogram>;

/// A figure for each set of labels.
pub(crate) type Figures = Family<Labels, Gauge>;

/// The media type of [`text`].
pub(crate) const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// For times that go from a millisecond to a minute.
pub(crate) fn seconds() -> Histogram {
    Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0])
}

/// What a renderer has done.
#[derive(Debug, Default)]
pub(crate) struct RendererFigures {
    cache: Family<Labels, Gauge>,
    cache_bytes: Gauge,
    renders: Gauge<u64, AtomicU64>,
}

impl RendererFigures {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "stampmill_template_cache",
            "Compiled templates: how often one was there, had to be compiled, was thrown out, and how many there are",
            self.cache.clone(),
        );
        registry.register(
            "stampmill_template_cache_bytes",
            "Bytes that compiled templates take",
            self.cache_bytes.clone(),
        );
        registry.register("stampmill_renders", "Renders of ytt templates so far", self.renders.clone());
    }

    pub(crate) fn set(&self, cache: &CacheStats, renders: u64) {
        for (what, value) in [
            ("hits", cache.hits),
            ("misses", cache.misses),
            ("evictions", cache.evictions),
            ("templates", cache.templates),
        ] {
            self.cache.get_or_create(&vec![("count", what.to_owned())]).set(number(value));
        }
        self.cache_bytes.set(number(cache.bytes));
        self.renders.set(renders);
    }
}

/// A figure as gauges have it.
pub(crate) fn number(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

/// All of a registry as text.
pub(crate) fn text(registry: &Mutex<Registry>) -> String {
    let mut text = String::new();
    let registry = registry.lock().unwrap_or_else(PoisonError::into_inner);
    // Writing to a text does not fail.
    _ = encode(&mut text, &registry);
    text
}
