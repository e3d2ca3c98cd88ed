//! The rendering service: the program itself, asked over loopback.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]
#![allow(clippy::print_stderr, reason = "to say what was skipped")]

#[path = "server/bad_input.rs"]
mod bad_input;
#[cfg(feature = "otel")]
#[path = "server/collector.rs"]
mod collector;
#[path = "server/direct.rs"]
mod direct;
#[path = "server/fleet.rs"]
mod fleet;
#[path = "server/operations.rs"]
mod operations;
#[path = "server/protection.rs"]
mod protection;
#[path = "server/rendering.rs"]
mod rendering;
#[path = "server/service.rs"]
mod service;
#[path = "server/streams.rs"]
mod streams;
#[cfg(feature = "otel")]
#[path = "server/traces.rs"]
mod traces;
