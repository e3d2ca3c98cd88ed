//! What programs that stay show of themselves, whatever they do: figures for `/metrics`.

pub(crate) mod metrics;
