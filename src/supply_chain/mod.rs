//! Supply chains: how an owner (workload, deliverable, runnable) becomes stamped objects, as Cartographer's
//! `carto.run/v1alpha1` has it. Nothing here knows a Kubernetes client.

pub mod api;
pub mod convert;
pub mod crd;
pub mod go_text;
pub mod interpolate;
pub mod jsonpath;
pub mod lint;
pub mod owner_view;
pub mod part;
pub mod validate;
pub mod view;
