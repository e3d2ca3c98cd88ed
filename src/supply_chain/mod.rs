//! Supply chains: how an owner (workload, deliverable, runnable) becomes stamped objects, as Cartographer's
//! `carto.run/v1alpha1` has it. Nothing here knows a Kubernetes client.
//!
//! A reader who follows one workload opens the files in this order: `select` (which blueprint), `params`, `inputs` and
//! `context` (what a template can name), `stamp` (the object), `apply` (what is written), `outputs` (what the next
//! resource gets), `health` and `conditions` (what is said of it); [`realize`] goes through the resources, and
//! [`reconcile`] does all of it.
//!
//! ```
//! use stampmill::cluster::{Memory, Object};
//! use stampmill::supply_chain::catalog::Catalog;
//! use stampmill::supply_chain::reconcile::{Everybody, Reconciler, reconcile_owner};
//! use stampmill::supply_chain::submitted::Submitted;
//! use stampmill::yaml::json;
//!
//! fn object(text: &str) -> Object {
//!     Object::try_from(json::read(text.as_bytes()).unwrap()).unwrap()
//! }
//!
//! fn main() -> stampmill::Result<()> {
//!     let mut catalog = Catalog::new();
//!     catalog.add(&object(
//!         r#"{"apiVersion": "carto.run/v1alpha1", "kind": "ClusterSupplyChain", "metadata": {"name": "web"},
//!             "spec": {"selector": {"type": "web"}, "resources": [
//!                 {"name": "config", "templateRef": {"kind": "ClusterTemplate", "name": "greeting"}}]}}"#,
//!     ))?;
//!     catalog.add(&object(
//!         r#"{"apiVersion": "carto.run/v1alpha1", "kind": "ClusterTemplate", "metadata": {"name": "greeting"},
//!             "spec": {"template": {"apiVersion": "v1", "kind": "ConfigMap",
//!                 "metadata": {"name": "$(workload.metadata.name)$"},
//!                 "data": {"greeting": "Hello, $(workload.metadata.name)$"}}}}"#,
//!     ))?;
//!     let workload = object(
//!         r#"{"apiVersion": "carto.run/v1alpha1", "kind": "Workload",
//!             "metadata": {"name": "moon", "namespace": "dev", "labels": {"type": "web"}}, "spec": {}}"#,
//!     );
//!     let (cluster, submitted) = (Memory::new(), Submitted::new());
//!     let with = Reconciler {
//!         catalog: &catalog,
//!         accounts: &Everybody(&cluster),
//!         cluster: &cluster,
//!         submitted: &submitted,
//!         now: "2026-01-01T00:00:00Z",
//!         cancel: None,
//!     };
//!     let reconciled = reconcile_owner(&workload, with)?;
//!     let stamped = reconciled.stamped.first().and_then(|stamped| stamped.object.as_ref());
//!     assert_eq!(stamped.and_then(|object| object.get_path(&["data", "greeting"])?.as_str()), Some("Hello, moon"));
//!     assert_eq!(reconciled.ready().as_str(), "True");
//!     Ok(())
//! }
//! ```

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
pub(crate) mod wire;
mod yaml_v3;

pub(crate) use go_map::go_map;
