//! The rendering service: templates and supply chains over HTTP.
//!
//! A connection (`listener`, `io`, `tls`) carries requests, each of which is known to be somebody's (`auth`,
//! `clients`) before it is answered (`direct` for the most frequent kind, else `service`, `routes`). What is quick is rendered there and then; what is not
//! waits for its turn at a slot (`work`, `slots`). Template sets and blueprints that were registered are kept by the
//! hash of their content (`store`). Templates see nothing but what came in requests.

#![allow(clippy::result_large_err, reason = "a problem is rare, and is written to its client at once")]

mod auth;
mod blueprints;
mod body;
mod clients;
mod compress;
mod direct;
mod escape;
mod examples;
mod hosts;
mod io;
mod lines;
mod listener;
mod metrics;
mod negotiate;
mod openapi;
mod options;
mod output;
mod page;
mod picture;
mod problem;
mod request;
mod routes;
mod service;
mod slots;
mod state;
mod store;
mod stream;
mod templates;
mod tls;
#[cfg(feature = "otel")]
pub(crate) mod trace;
mod wire;
mod work;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::runtime::Runtime;
use tokio::sync::watch;

pub use options::Options;
pub use output::{OutputFile, OutputFiles};
pub use problem::{Problem, ProblemFailure, ProblemFrame};
pub use wire::{
    BlueprintSet, BlueprintSetList, BlueprintSetRequest, Example, ExampleKind, ExampleSummary, Finding,
    InputFile, OwnerPage, OwnerReference, OwnerResult, OwnerSummary, Registered, RegisteredList,
    RenderOptions, RenderRequest, StampedRecord, TemplateSet, ValidateRequest, Validation,
};

use self::auth::Tokens;
use self::hosts::Hosts;
use self::listener::Listener;
use self::service::Service;
use self::state::Shared;
use self::tls::Tls;
use crate::engine::stack_for;

/// Why the service ended, or could not begin.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServerError {
    /// There is nothing to listen on.
    Listen(SocketAddr, std::io::Error),
    /// The options contradict each other.
    Options(String),
    /// Tokens or certificates cannot be used.
    Credentials(String),
    /// Blueprints cannot be used.
    Blueprints(String),
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServerError::Listen(address, error) => write!(f, "listening on {address}: {error}"),
            ServerError::Options(text) | ServerError::Credentials(text) | ServerError::Blueprints(text) => {
                f.write_str(text)
            }
        }
    }
}

impl std::error::Error for ServerError {}

/// How often the files of tokens and certificates are looked at.
const REFRESH: Duration = Duration::from_secs(1);

/// A runtime whose threads have the stack that renders take.
///
/// # Errors
/// No thread can be started.
pub fn runtime(options: &Options, workers: usize) -> std::io::Result<Runtime> {
    let stack = stack_for(options.limits.call_depth, options.limits.tree_depth) + (2 << 20);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers.max(1))
        // Slots bound what runs there; the rest is the reading of files.
        .max_blocking_threads(options.renders + 4)
        .thread_stack_size(stack)
        .enable_all()
        .build()
}

/// The OpenAPI document, as JSON.
pub fn openapi() -> String {
    routes::routes(&Arc::new(Shared::new(&Options::default()))).1
}

/// Answers requests until `stop` is there, then lets those that have begun come to their end.
///
/// # Errors
/// It cannot begin.
pub async fn run(options: Options, stop: impl Future<Output = ()>) -> Result<(), ServerError> {
    check(&options)?;
    let shared = Arc::new(Shared::new(&options));
    if !options.blueprints.is_empty() {
        let loaded = shared.blueprints.load(&options.blueprints, &options.observed);
        let loaded = loaded.map_err(|problem| ServerError::Blueprints(problem.detail))?;
        for problem in &loaded.problems {
            tracing::warn!("{problem}");
        }
        tracing::info!(
            digest = loaded.digest,
            blueprints = loaded.blueprints.len(),
            owners = loaded.owners,
            "loaded"
        );
    }
    let credentials = |error: String| ServerError::Credentials(error);
    let tokens = options.token_file.as_deref().map(Tokens::read).transpose();
    let tokens = tokens.map_err(|error| credentials(error.to_string()))?.map(Arc::new);
    let tls = match (&options.tls_cert, &options.tls_key) {
        (Some(cert), Some(key)) => {
            let tls = Tls::read(cert, key, options.client_ca.as_deref());
            Some(Arc::new(tls.map_err(|error| credentials(error.to_string()))?))
        }
        _ => None,
    };
    let (mut router, _) = routes::routes(&shared);
    if options.operations.is_none() {
        router = router.merge(operations(&shared));
    }
    if shared.has_page {
        router = router.merge(page::router());
    }
    let service = Arc::new(Service::new(Arc::clone(&shared), tokens.clone(), Hosts::new(&options), router));
    let (end, ended) = watch::channel(false);
    let mut listeners = vec![
        Listener::bind(options.listen, &options, service, tls.clone())
            .await
            .map_err(|error| ServerError::Listen(options.listen, error))?,
    ];
    if let Some(address) = options.operations {
        let service = Service::new(Arc::clone(&shared), None, Hosts::ANY, operations(&shared));
        let listener = Listener::bind(address, &options, Arc::new(service), None).await;
        listeners.push(listener.map_err(|error| ServerError::Listen(address, error))?);
    }
    for (listener, what) in listeners.into_iter().zip(["requests", "operations"]) {
        if let Ok(address) = listener.address() {
            tracing::info!(%address, tls = what == "requests" && tls.is_some(), "listening for {what}");
        }
        tokio::spawn(listener.run(ended.clone()));
    }
    let refreshing = tokio::spawn(refresh(tokens, tls));
    stop.await;
    tracing::info!("ending: waiting for the last requests");
    shared.draining.store(true, Ordering::Relaxed);
    tokio::time::sleep(options.shutdown_delay).await;
    _ = end.send(true);
    refreshing.abort();
    let drained = async {
        while shared.connections.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    if tokio::time::timeout(options.shutdown_timeout, drained).await.is_err() {
        tracing::warn!("requests that took too long are cut off");
    }
    Ok(())
}

/// Refuses what would let in anybody without saying so.
fn check(options: &Options) -> Result<(), ServerError> {
    let wrong = |text: &str| Err(ServerError::Options(text.to_owned()));
    if options.tls_cert.is_some() != options.tls_key.is_some() {
        return wrong("--tls-cert and --tls-key go together");
    }
    if options.client_ca.is_some() && options.tls_cert.is_none() {
        return wrong("--client-ca needs --tls-cert and --tls-key");
    }
    if !options.listen.ip().is_loopback() && !options.knows_clients() {
        if !options.insecure {
            return wrong(
                "anybody who reaches this address could use the service: give --token-file or --client-ca, or \
                 --insecure if something in front of it keeps strangers out",
            );
        }
        tracing::warn!("--insecure: anybody who reaches {} can use the service", options.listen);
    } else if !options.listen.ip().is_loopback() && options.tls_cert.is_none() {
        tracing::warn!(
            "tokens travel unencrypted: give --tls-cert and --tls-key, unless something in front has TLS"
        );
    }
    Ok(())
}

fn operations(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/healthz", get(routes::healthz))
        .route("/readyz", get(routes::readyz))
        .route("/metrics", get(routes::metrics))
        .with_state(Arc::clone(shared))
}

/// Reads files of tokens and certificates again when they change.
async fn refresh(tokens: Option<Arc<Tokens>>, tls: Option<Arc<Tls>>) {
    loop {
        tokio::time::sleep(REFRESH).await;
        if let Some(tokens) = &tokens {
            match tokens.refresh() {
                Ok(true) => tracing::info!("the tokens have changed"),
                Ok(false) => {}
                Err(error) => tracing::error!("the tokens stay as they were: {error}"),
            }
        }
        if let Some(tls) = &tls {
            match tls.refresh() {
                Ok(true) => tracing::info!("the certificates have changed"),
                Ok(false) => {}
                Err(error) => tracing::error!("the certificates stay as they were: {error}"),
            }
        }
    }
}
