//! Supply chains: the Cartographer API (`carto.run/v1alpha1`) as a domain that knows no Kubernetes client.

pub mod api;
pub mod conditions;
pub mod error;
mod field_path;
mod go_map;
pub mod health;
pub mod object;
pub mod output_status;
pub mod outputs;
pub mod run_error;
mod yaml_v3;

pub(crate) use go_map::go_map;
