//! Supply chains: how an owner (workload, deliverable, runnable) becomes stamped objects, as Cartographer's
//! `carto.run/v1alpha1` has it. Nothing here knows a Kubernetes client.

pub mod api;
pub mod apply;
pub mod catalog;
pub mod conditions;
pub mod context;
pub mod error;
pub mod event;
mod field_path;
mod go_map;
pub mod go_text;
pub mod health;
pub mod interpolate;
pub mod jsonpath;
pub mod object;
pub mod output_status;
pub mod outputs;
pub mod resource_status;
pub mod retention;
pub mod run_error;
pub mod run_outputs;
pub mod view;
mod yaml_v3;

pub(crate) use go_map::go_map;
