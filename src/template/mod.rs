//! YAML and text templates: from annotated trees to compiled programs, and the contexts in which
//! running code builds the result.
//!
//! A template becomes *dialect text*: its code lines, with instruction calls between them that
//! start nodes and set their values ([`lines`]). That text is parsed as a whole, so code may span
//! nodes. Runs of instructions without code between them become one *chunk*: a native call that
//! carries only the *holes*, the values that code computes ([`plan`]).

pub(crate) mod annotation;
pub(crate) mod builder;
mod constant;
pub(crate) mod in_expressions;
pub(crate) mod in_place;
pub(crate) mod lines;
pub(crate) mod natives;
pub(crate) mod nodes;
mod path;
pub(crate) mod plan;
pub(crate) mod profile;
pub(crate) mod program;
pub(crate) mod run;
pub(crate) mod text;
pub(crate) mod transcript;
pub(crate) mod yaml;
