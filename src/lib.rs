//! Stampmill evaluates [ytt](https://carvel.dev/ytt/) templates in process, and runs supply chains with them: see
//! [`supply_chain`].
//!
//! A [`Template`] is compiled once and rendered often; a [`Renderer`] keeps templates and sets [`Limits`].
//! [`workspace::render`] runs files once, as the command does.
//!
//! ```
//! use stampmill::workspace::File;
//! use stampmill::{Renderer, Values};
//!
//! fn main() -> stampmill::Result<()> {
//!     let renderer = Renderer::new();
//!     let text = "#@ load('@ytt:data', 'data')\ngreeting: #@ 'Hello, ' + data.values.name\n";
//!     let template = renderer.compile(vec![File::new("config.yml", text.as_bytes())])?;
//!     let output = renderer.render(&template, &Values::json(r#"{"name": "world"}"#))?;
//!     assert_eq!(output.yaml()?, "greeting: Hello, world\n");
//!
//!     let fleet = [r#"{"name": "a"}"#, r#"{"name": 1}"#].map(Values::json);
//!     let results = renderer.render_many(&template, &fleet, |output| output.yaml());
//!     assert!(results[0].is_ok() && results[1].is_err());
//!     Ok(())
//! }
//! ```

pub mod bench;
#[cfg(feature = "cli")]
pub mod cli;
pub mod cluster;
#[cfg(feature = "controller")]
pub mod controller;
pub mod engine;
mod error;
pub mod fleet;
pub mod graph;
mod limits;
mod modules;
#[cfg(any(feature = "controller", feature = "server"))]
mod operations;
mod overlay;
mod renderer;
mod schema;
#[cfg(feature = "server")]
pub mod server;
pub mod supply_chain;
mod template;
pub mod template_tests;
mod validation;
pub mod version;
pub mod workspace;
pub mod yaml;

pub use error::{Error, ErrorKind, Failure, Frame, Result};
pub use limits::{CancelToken, Limit, Limits};
pub use renderer::{CacheStats, NamedFile, Output, Renderer, Template, Values};

/// Runs the example of the README as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
