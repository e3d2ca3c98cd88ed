//! Stampmill evaluates [ytt](https://carvel.dev/ytt/) templates in process.
//!
//! [`workspace::render`] is the way in: it takes files and data values and gives documents.
//!
//! ```
//! use stampmill::workspace::{File, Request, render};
//! use stampmill::yaml::print_documents;
//!
//! fn main() -> stampmill::Result<()> {
//!     let template = "#@ load('@ytt:data', 'data')\ngreeting: #@ 'Hello, ' + data.values.name\n";
//!     let values = "#@data/values\n---\nname: world\n";
//!     let files = vec![File::new("config.yml", template.as_bytes()), File::new("values.yml", values.as_bytes())];
//!     let rendered = render(Request { files, ..Request::default() })?;
//!     assert_eq!(print_documents(&rendered.documents), "greeting: Hello, world\n");
//!     Ok(())
//! }
//! ```

pub mod bench;
#[cfg(feature = "cli")]
pub mod cli;
pub mod engine;
mod error;
mod limits;
mod modules;
mod overlay;
mod renderer;
mod schema;
mod template;
mod validation;
pub mod version;
pub mod workspace;
pub mod yaml;

pub use error::{Error, ErrorKind, Failure, Frame, Result};
pub use limits::{CancelToken, Limit, Limits};
pub use renderer::{CacheStats, Output, Renderer, Template, Values};

/// Runs the example of the README as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
