//! YAML as ytt understands it: text to tree and tree to text.
//!
//! ytt reads and writes YAML with a private fork of go-yaml v2, so scalar types follow YAML 1.1 and
//! the printer's bytes follow that library. See `resolve` for the scalar types and `print` for the
//! output rules.

mod deserialize;
mod float;
mod go_text;
pub mod json;
mod json_read;
mod keys;
mod layout;
mod node;
mod parse;
mod pos;
pub(crate) mod print;
mod recycle;
pub mod resolve;
mod same;
mod scan;
mod serde;
mod to_node;
mod visit;

pub use deserialize::from_node;
pub(crate) use float::{as_decimal as float_as_decimal, push_general as push_float};
pub use go_text::go_text;
pub use keys::keep_last_of_repeated_keys;
pub use layout::{Fidelity, layout};
pub use node::{
    Array, ArrayItem, Comment, Document, DocumentSet, FileId, FileTable, Map, MapItem, Node, Notes, Origin,
    Pos, ScalarStyle, SourceFile, Text,
};
pub use parse::{MAX_DEPTH, ParseOptions, parse};
pub use pos::print_positions;
pub(crate) use print::{Form, print_document, push_double_quoted};
pub use print::{is_empty, print_documents, print_value};
pub(crate) use recycle::{array_items, map_items, recycle};
pub use same::same;
pub use to_node::{Error as SerializeError, to_node};
pub use visit::visit_notes;
pub(crate) use visit::{Known, with_changed_items};
