//! Supply chains: how an owner (workload, deliverable, runnable) becomes stamped objects, as Cartographer's
//! `carto.run/v1alpha1` has it. Nothing here knows a Kubernetes client.

pub mod api;
pub mod apply;
pub mod catalog;
pub mod conditions;
pub mod context;
pub mod convert;
pub mod crd;
pub mod error;
pub mod event;
mod field_path;
mod go_map;
pub mod go_text;
pub mod health;
pub mod inputs;
pub mod interpolate;
pub mod jsonpath;
pub mod labels;
pub mod lint;
pub mod object;
mod orphans;
pub mod output_status;
pub mod outputs;
pub mod owner;
pub mod owner_view;
pub mod params;
pub mod part;
pub mod realize;
pub mod reconcile;
pub mod resource_status;
pub mod retention;
pub mod run_error;
pub mod run_outputs;
pub mod runnable;
mod runs;
pub mod select;
pub mod service_account;
pub mod stamp;
pub mod submitted;
pub mod validate;
pub mod view;
mod wire;
mod yaml_v3;

pub(crate) use go_map::go_map;
