//! Reading Kubernetes objects from files and streams: YAML and JSON, any number of documents, lists.
//!
//! `files` finds the files, `pieces` cuts a stream into documents without parsing them, `documents` parses.
//! What is broken is reported where it is and costs no other document.

mod documents;
mod files;
mod pieces;

pub use documents::{Located, read_all};
pub use files::below;
pub use pieces::{Format, Piece, Pieces};
