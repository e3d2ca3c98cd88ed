//! Supply chains for whole fleets, without a cluster: owners come from files or a stream, what would be
//! applied goes to a stream or a folder.
//!
//! `read` reads objects, `load` sorts them, `observed` stands for what other controllers do, `realize`
//! brings one owner to its end in a cluster of its own, `pipeline` does so for many on several threads in
//! the order of the input, `output` prints.

pub mod diff;
mod directory;
mod fields;
mod layered;
pub mod load;
pub mod observed;
pub mod output;
pub mod owners;
mod pipeline;
mod problem;
pub mod read;
pub mod realize;
mod shard;
pub mod stamp;

pub use layered::Layered;
pub use observed::Observed;
pub use problem::{Place, Problem, Severity};
pub use realize::Fleet;
pub use shard::Shard;
