//! The port to a live Kubernetes API server.
//!
//! Watches feed stores in memory ([`Store`]); a [`Session`] reads from them what they have and asks the API
//! server for the rest. Writes are calls that block the thread they are made on, with a deadline.

mod access;
mod api;
mod called;
mod discovery;
mod fence;
mod informer;
mod informers;
mod packed;
mod session;
mod store;
#[cfg(test)]
mod tests;
mod token;
mod watch;

pub use api::{Api, ApiOptions, Called, Observer};
pub use discovery::Discovery;
pub use fence::Fence;
pub use informer::{Detail, Informer, Listed, Sink, Told};
pub use informers::{Family, Informers};
pub use session::{Connection, Notes, Session};
pub use store::{Put, Store};
pub use token::{TokenError, Tokens};
