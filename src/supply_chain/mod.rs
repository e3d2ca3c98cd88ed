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
pub mod inputs;
pub mod interpolate;
pub mod jsonpath;
pub mod owner_view;
pub mod view;
mod wire;
mod yaml_v3;

pub(crate) use go_map::go_map;
