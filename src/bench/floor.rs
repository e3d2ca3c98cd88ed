//! The least that any program does: read the same input, write the same output. As JSON, which is
//! quicker than YAML.

use std::hint::black_box;

use serde_json::Value;

use super::Input;
use crate::error::{Error, ErrorKind, Result};
use crate::yaml::{self, Node, ParseOptions};

/// An input as JSON with the documents that come of it.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    input: String,
    output: Vec<Value>,
}

impl Pair {
    /// None for what JSON has no form for. `output` is the documents as JSON, one a line.
    pub(super) fn new(input: &Input, output: &str) -> Option<Pair> {
        let output = output.lines().map(serde_json::from_str).collect::<Result<_, _>>().ok()?;
        Some(Pair { input: as_json(input)?, output })
    }

    /// Reads the input and writes the output, into a buffer.
    pub(super) fn work(&self, out: &mut Vec<u8>) -> Result<()> {
        let failed = |error: serde_json::Error| Error::new(ErrorKind::Internal, error.to_string());
        let input: Value = serde_json::from_str(&self.input).map_err(failed)?;
        black_box(&input);
        out.clear();
        for document in &self.output {
            serde_json::to_writer(&mut *out, document).map_err(failed)?;
        }
        Ok(())
    }
}

fn as_json(input: &Input) -> Option<String> {
    let text = match input.text() {
        None => return Some("{}".to_owned()),
        Some(text) if input.is_json() => return Some(text.to_owned()),
        Some(text) => text,
    };
    let mut set = yaml::parse(text.as_bytes(), 0, &ParseOptions::default()).ok()?;
    yaml::keep_last_of_repeated_keys(&mut set);
    let documents = set.items.iter().filter(|document| !matches!(document.value, Node::Null));
    // Several documents are read as one would read their sum.
    let texts: Result<Vec<_>> =
        documents.map(|document| yaml::json::encode(&document.value, 0, true)).collect();
    Some(format!("[{}]", texts.ok()?.join(",")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn inputs_are_read_as_json() {
        for (input, json) in [
            (Input::none(), "{}"),
            (Input::new("", "{\"a\": 1}"), "{\"a\": 1}"),
            (Input::new("", "a: [1, no]\n---\nb: x\n"), "[{\"a\":[1,false]},{\"b\":\"x\"}]"),
        ] {
            assert_eq!(as_json(&input).as_deref(), Some(json));
        }
        assert_eq!(as_json(&Input::new("", "a: .inf")), None);
    }

    #[test]
    fn the_output_is_written() {
        let pair = Pair::new(&Input::none(), "{\"a\":1}\n[1.5]").unwrap();
        let mut out = b"rest".to_vec();
        pair.work(&mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "{\"a\":1}[1.5]");
        assert!(Pair::new(&Input::none(), "not JSON").is_none());
    }
}
