//! Maps of strings as messages of the reference show them.

use std::collections::BTreeMap;
use std::fmt::Write;

/// `map[a:b c:d]`.
pub(crate) fn go_map(map: &BTreeMap<String, String>) -> String {
    let mut out = String::from("map[");
    for (index, (key, value)) in map.iter().enumerate() {
        let separator = if index > 0 { " " } else { "" };
        // Writing to a string cannot fail.
        _ = write!(out, "{separator}{key}:{value}");
    }
    out.push(']');
    out
}
