//! Tests of templates in folders, in the format of Cartographer's `cartotest`: a template, a workload and the
//! object that is to be stamped.
//!
//! A domain of its own above [`supply_chain`](crate::supply_chain), as [`bench`](crate::bench) is above the
//! renderer: realizing knows nothing of tests. `suite` finds the tests, `info` and `typed` read their files as
//! the reference does, `stamp` stamps, `compare` judges; `coverage`, `update` and `report` go beyond the
//! reference.
//!
//! Source of the rules: the reference's `pkg/testing`.

mod case;
mod compare;
mod coverage;
pub(crate) mod diff;
mod info;
mod report;
mod run;
mod shapes;
mod stamp;
mod suite;
mod typed;
mod update;

pub use case::{Case, Chain, CompareOptions, Mock, Stage, YttFile};
pub use coverage::{Coverage, FileCoverage, LineCoverage};
pub use report::{Report, Verdict};
pub(crate) use report::{escaped, list};
pub use run::{Outcome, Run, run};
pub use suite::{Suite, Warning};

/// Why a test could not be run, in the words of the reference: what was done, then what went wrong.
pub(crate) type Failed = String;
