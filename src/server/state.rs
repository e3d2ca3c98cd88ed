//! What all requests share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::blueprints::Blueprints;
use super::body::BodyLimits;
use super::clients::{Account, ClientLimits, Clients};
use super::metrics::Metrics;
use super::options::Options;
use super::slots::Slots;
use super::store::Store;
use super::work::{Pace, Work};
use crate::workspace::{self, File};
use crate::{Limits, Template};

/// A registered template set.
#[derive(Debug)]
pub(super) struct TemplateEntry {
    pub(super) template: Template,
    pub(super) files: Vec<File>,
    pub(super) options: workspace::Options,
    pub(super) bytes: usize,
    pub(super) pace: Pace,
}

/// What all requests share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) work: Arc<Work>,
    pub(super) templates: Store<TemplateEntry>,
    pub(super) blueprints: Blueprints,
    pub(super) clients: Clients,
    pub(super) metrics: Metrics,
    pub(super) body: BodyLimits,
    pub(super) limits: Limits,
    pub(super) has_page: bool,
    pub(super) access_log: bool,
    /// Whether the service was told to end.
    pub(super) draining: AtomicBool,
    pub(super) connections: AtomicUsize,
}

impl Shared {
    pub(super) fn new(options: &Options) -> Shared {
        let slots = Slots::new(options.renders, options.queue, options.client_renders);
        Shared {
            work: Arc::new(Work::new(&options.limits, slots)),
            templates: Store::new("template set", options.store_bytes),
            blueprints: Blueprints::new(options.store_bytes, &options.limits),
            clients: Clients::new(ClientLimits {
                requests: options.client_requests,
                rate: options.client_rate,
                burst: options.client_burst.max(options.client_rate).max(1.0),
            }),
            metrics: Metrics::new(),
            body: BodyLimits { bytes: options.body_bytes, time: options.body_timeout },
            limits: options.limits.clone(),
            has_page: options.page,
            access_log: options.access_log,
            draining: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        !self.draining.load(Ordering::Relaxed)
    }
}

/// What is known of a request besides what is in it.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) client: Arc<Account>,
}
