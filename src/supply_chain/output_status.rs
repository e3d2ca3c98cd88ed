//! What the status of a resource shows of its outputs.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::api::Output;
use super::outputs::{ResourceOutput, SourceValue};
use super::yaml_v3;
use crate::yaml::Node;

/// How many bytes of a value are shown.
const PREVIEW_BYTES: usize = 1024;

/// The entries for an output. A value that was there before, by name and digest, keeps its time; the others
/// get `now`, a time in RFC 3339.
pub fn of(output: &ResourceOutput, previous: &[Output], now: &str) -> Vec<Output> {
    let mut entries = match output {
        ResourceOutput::Source(SourceValue { url, revision }) => {
            vec![entry("url", url), entry("revision", revision)]
        }
        output => match (output.image(), output.config()) {
            (Some(image), _) => vec![entry("image", image)],
            (_, Some(config)) => vec![entry("config", config)],
            _ => Vec::new(),
        },
    };
    for entry in &mut entries {
        let before = previous.iter().find(|previous| previous.name == entry.name);
        entry.last_transition_time = match before {
            Some(before) if before.digest == entry.digest => before.last_transition_time.clone(),
            _ => now.to_owned(),
        };
    }
    entries
}

/// The entry for one value, without a time: the beginning of the value and a digest of the whole, as YAML.
pub fn entry(name: &str, value: &Node) -> Output {
    let text = yaml_v3::print(value);
    let mut digest = String::from("sha256:");
    for byte in Sha256::digest(&text) {
        // Writing to a string cannot fail.
        _ = write!(digest, "{byte:02x}");
    }
    Output { name: name.to_owned(), preview: shortened(text), digest, ..Output::default() }
}

/// The first bytes of a text. Of a character that is cut, each byte becomes a replacement character, as in
/// Go's JSON.
fn shortened(mut text: String) -> String {
    if text.len() <= PREVIEW_BYTES {
        return text;
    }
    let end = text.floor_char_boundary(PREVIEW_BYTES);
    text.truncate(end);
    text.extend(std::iter::repeat_n('\u{FFFD}', PREVIEW_BYTES - end));
    text
}

#[cfg(test)]
mod tests;
