//! Supply chains: the Cartographer API (`carto.run/v1alpha1`) as a domain that knows no Kubernetes client.

pub mod api;
