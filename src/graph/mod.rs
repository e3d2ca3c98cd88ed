//! Blueprints as pictures: which resource feeds which, and how far an owner has come.
//!
//! `model` takes from a blueprint, and from the status of an owner, what is shown; `text`, `mermaid` and
//! `svg` show it. `layout` places the boxes of the latter.

mod layout;
mod mermaid;
mod model;
mod select;
mod svg;
mod text;

pub use mermaid::mermaid;
pub use model::{Graph, Input, State, Step, Subject};
pub use select::blueprint_of;
pub use svg::svg;
pub use text::text;
