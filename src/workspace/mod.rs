//! ytt's notion of a run: the files it was given, what is marked about them, the data values that
//! came by flags, and what comes out.
//!
//! A run goes through these files in this order: `sources` finds and reads files, `file_marks`
//! changes how they are treated, `values_flags` turns data value flags into layers,
//! [`render`] evaluates, `output` writes.

mod ahead;
pub mod bulk;
mod compilation;
mod context_modules;
mod data_values;
mod execution;
mod file_documents;
mod file_marks;
mod files;
mod library;
mod library_module;
mod library_ref;
mod once;
mod os_error;
pub mod output;
mod overlays;
mod remote;
mod render;
mod session;
mod shared_library;
mod sources;
mod symlink;
mod values_flags;

use std::sync::Arc;

pub(crate) use compilation::Compilation;
pub(crate) use file_documents::FileDocuments;
pub use file_marks::apply_file_marks;
pub use files::{File, FileKind};
pub use library_ref::LibraryRef;
#[cfg(feature = "otel")]
pub(crate) use remote::agent;
pub use render::render;
pub(crate) use render::{EvaluatedFiles, evaluate};
pub use sources::Sources;
pub use symlink::SymlinkRules;
pub use values_flags::{ValuesFlags, ValuesLayer, ValuesMerge};

use crate::limits::Limits;
pub use crate::schema::SchemaFormat;
use crate::yaml;

/// The name of the directory whose libraries are private to the directory that holds it.
pub const PRIVATE_LIBRARY: &str = "_ytt_lib";

/// How templates are read and evaluated.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Options {
    /// Accept comments in templates that start with neither `#@` nor `#!`.
    pub ignore_unknown_comments: bool,
    /// Let a repeated map key override the earlier one, as with `#@yaml/map-key-override`.
    pub implicit_map_key_overrides: bool,
    /// Refuse YAML scalars whose type depends on the YAML version.
    pub strict: bool,
    /// Skip `@assert/validate` and `@schema/validation` on data values.
    pub skip_validation: bool,
}

/// What a run is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Inspect {
    /// Rendered templates.
    #[default]
    None,
    /// The final data values, instead of rendered templates.
    DataValues,
    /// The schema of the data values, instead of rendered templates.
    Schema(SchemaFormat),
}

/// Takes the text that a run prints besides its result (`print()`, warnings), at once and
/// unchanged: line breaks are part of the text.
pub type Log = Arc<dyn Fn(&str) + Send + Sync>;

/// All that a run depends on.
#[derive(Clone, Default)]
pub struct Request {
    /// The files, in the order in which they are evaluated.
    pub files: Vec<File>,
    /// Data values from flags, later ones over earlier ones; those for other libraries included.
    pub values: Vec<ValuesLayer>,
    /// The files that positions in `values` refer to.
    pub file_table: yaml::FileTable,
    /// How to evaluate.
    pub options: Options,
    /// What to return.
    pub inspect: Inspect,
    /// Where text printed by code goes; nowhere if not given.
    pub log: Option<Log>,
    /// What the run may use.
    pub limits: Limits,
}

/// A file that a run made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutputFile {
    /// The path relative to the output directory.
    pub path: String,
    /// Its bytes.
    pub content: Vec<u8>,
    /// What it holds. Only YAML files are part of [`Rendered::documents`].
    pub kind: FileKind,
}

/// What a run made.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// The files, in the order in which they are written.
    pub files: Vec<OutputFile>,
    /// The documents of all YAML files, or what was inspected.
    pub documents: yaml::DocumentSet,
    /// The files that positions in `documents` refer to.
    pub file_table: yaml::FileTable,
}
