//! YAML as ytt understands it: text to tree and tree to text.
//!
//! ytt reads and writes YAML with a private fork of go-yaml v2, so scalar types follow YAML 1.1 and
//! the printer's bytes follow that library. See `resolve` for the scalar types and `print` for the
//! output rules.

mod node;

pub use node::{
    Array, ArrayItem, Comment, Document, DocumentSet, FileId, FileTable, Map, MapItem, Node, Notes, Origin,
    Pos, ScalarStyle, SourceFile, Text,
};
