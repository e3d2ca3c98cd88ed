//! Overlays: documents whose annotations say what to match in others and what to do there.
//!
//! [`Overlay`] walks a left tree and a right one together. Each document, map item and array item of
//! the right tree finds what it matches on the left ([`matcher`], [`count`]) and then merges,
//! replaces, removes, inserts, appends or asserts ([`rules`] reads which). Left trees are shared, so
//! only the way to what changes is copied.
//!
//! Source of the behaviour: the reference's `pkg/yttlibrary/overlay` and
//! `pkg/workspace/overlay_post_processing.go`.

mod apply;
mod array_index;
mod arrays;
mod compare;
mod count;
mod documents;
mod index;
mod maps;
pub(crate) mod matcher;
mod nearest;
mod rules;
#[cfg(test)]
mod tests;
mod tree;
mod trouble;

pub(crate) use apply::{Overlay, Settled, Style};
pub(crate) use documents::Documents;
pub(crate) use rules::MATCH;
pub(crate) use tree::repeated_key;
pub(crate) use trouble::Trouble;
