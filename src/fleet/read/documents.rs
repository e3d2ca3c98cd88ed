//! Documents as trees, lists taken apart.

use std::sync::Arc;

use super::pieces::{Format, Piece};
use crate::error::Error;
use crate::fleet::{Place, Problem};
use crate::yaml::{self, Node, ParseOptions, json};

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Located {
    /// Where it begins.
    pub place: Place,
    /// The value: anything but null.
    pub node: Node,
}

/// The values of a document: none if it is empty, the items of a list (`kind: List`, `PodList` and so on).
pub fn read_all(piece: &Piece) -> Vec<Result<Located, Problem>> {
    let mut found = Vec::new();
    match piece.format {
        Format::Json => match json::read(&piece.text) {
            Ok(node) => take_apart(node, piece, &mut found),
            // Who fails has the time to look for the line.
            Err(error) => {
                let text = json::read_lines(&piece.text).err().unwrap_or(error).to_string();
                found.push(Err(problem(piece, &text, "line ")));
            }
        },
        Format::Yaml => match yaml::parse(&piece.text, 0, &ParseOptions::default()) {
            Ok(mut documents) => {
                yaml::keep_last_of_repeated_keys(&mut documents);
                for document in documents.items {
                    take_apart(document.value, piece, &mut found);
                }
            }
            Err(error) => found.push(Err(yaml_problem(piece, &error))),
        },
    }
    found
}

fn yaml_problem(piece: &Piece, error: &Error) -> Problem {
    let text = error.to_string();
    match text.strip_prefix("yaml: ") {
        Some(rest) => problem(piece, rest, "line "),
        None => problem(piece, &text, "line "),
    }
}

/// A problem whose message may begin with the line, counted from that of the piece.
fn problem(piece: &Piece, message: &str, prefix: &str) -> Problem {
    let numbered = message.strip_prefix(prefix).and_then(|rest| {
        let (number, rest) = rest.split_once(": ")?;
        Some((number.parse::<u64>().ok()?, rest))
    });
    let (line, message) = numbered.unwrap_or((1, message));
    Problem::error(place(piece, line), message)
}

/// A line of a piece, counted from 1.
fn place(piece: &Piece, line: u64) -> Place {
    Place { file: Arc::clone(&piece.file), line: piece.line + line.saturating_sub(1) }
}

fn take_apart(node: Node, piece: &Piece, found: &mut Vec<Result<Located, Problem>>) {
    if let Node::Null = node {
        return;
    }
    let items = match &node {
        Node::Map(map) => match (map.get("kind").and_then(Node::as_str), map.get("items")) {
            (Some(kind), Some(Node::Array(items))) if kind.ends_with("List") => Some(items),
            _ => None,
        },
        _ => None,
    };
    match items {
        Some(items) => {
            for item in &items.items {
                let place = place(piece, line_of(&item.value).unwrap_or(line_of(&node).unwrap_or(1)));
                found.push(Ok(Located { place, node: item.value.clone() }));
            }
        }
        None => found.push(Ok(Located { place: place(piece, line_of(&node).unwrap_or(1)), node })),
    }
}

/// The line at which a collection begins, where that is known.
fn line_of(node: &Node) -> Option<u64> {
    let pos = match node {
        // A map at the root stands where its document begins; its first key is what people look for.
        Node::Map(map) => map.items.first().map_or(map.pos, |item| item.pos),
        Node::Array(array) => array.items.first().map_or(array.pos, |item| item.pos),
        _ => return None,
    };
    pos.is_known().then(|| u64::from(pos.line))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::read_all;
    use crate::fleet::read::Pieces;

    /// Each value as its place and JSON, or its problem.
    fn read(name: &str, text: &str) -> Vec<String> {
        let pieces = Pieces::new(text.as_bytes(), name.into());
        let found = pieces.flat_map(|piece| read_all(&piece.unwrap()));
        found
            .map(|found| match found {
                Ok(found) => {
                    format!("{} {}", found.place, crate::yaml::json::encode(&found.node, 0, false).unwrap())
                }
                Err(problem) => problem.to_string(),
            })
            .collect()
    }

    #[test]
    fn a_broken_document_costs_no_other() {
        let text = "a: 1\n---\n# about b\nb:\n  c: d: e\n---\nf: 3\ng: 2\ng: 4\n---\n";
        assert_eq!(
            read("x.yaml", text),
            [
                "x.yaml:1 {\"a\":1}",
                "x.yaml:5: error: mapping values are not allowed in this context",
                "x.yaml:7 {\"f\":3,\"g\":4}",
            ]
        );
        let text = "{\"a\":1}\n{\"b\":\n{\"c\":3}\n";
        assert_eq!(
            read("x.ndjson", text),
            [
                "x.ndjson:1 {\"a\":1}",
                "x.ndjson:2: error: unexpected end of JSON input",
                "x.ndjson:3 {\"c\":3}",
            ]
        );
    }

    #[test]
    fn lists_are_taken_apart() {
        let text = "kind: List\nitems:\n- a: 1\n-\n  b: 2\n---\nkind: PodList\nitems: []\n---\nkind: List\n";
        assert_eq!(
            read("x.yaml", text),
            ["x.yaml:3 {\"a\":1}", "x.yaml:5 {\"b\":2}", "x.yaml:10 {\"kind\":\"List\"}"]
        );
        let text = "{\n\"kind\": \"List\",\n\"items\": [{\"a\": 1},\n{\"b\": 2}]}";
        assert_eq!(read("x.json", text), ["x.json:1 {\"a\":1}", "x.json:1 {\"b\":2}"]);
    }
}
