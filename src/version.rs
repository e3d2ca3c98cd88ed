//! Versions, in one place.

/// The version of ytt whose behaviour this program has: what `ytt version` prints and
/// `version.require_at_least` compares with.
pub const YTT: &str = "0.48.0";

/// The version of this program.
pub const STAMPMILL: &str = env!("CARGO_PKG_VERSION");
