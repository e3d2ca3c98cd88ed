//! What admission refuses: objects, and what the webhooks of Cartographer 0.8 answered to them.
//!
//! `validate/cases.json` is a list of cases: the name, the kind and spec of an object with the name `bp` (a
//! blueprint) or `t` (a template), and the error if it was refused. `VALIDATE_CASES` names another such file.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use stampmill::supply_chain::validate::{self, Operation};
use stampmill::yaml::{Map, MapItem, Node, from_node, json};

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    kind: String,
    spec: Node,
    error: Option<String>,
}

fn map(items: Vec<(&str, Node)>) -> Node {
    let items = items.into_iter();
    let items = items.map(|(key, value)| MapItem { key: Node::str(key), value, ..MapItem::default() });
    Node::Map(Map { items: items.collect(), ..Map::default() }.into())
}

#[test]
fn webhooks_answer_as_the_reference() {
    let text = match std::env::var_os("VALIDATE_CASES") {
        Some(path) => std::fs::read(path).unwrap(),
        None => include_bytes!("validate/cases.json").to_vec(),
    };
    let cases: Vec<Case> = from_node(&json::read(&text).unwrap()).unwrap();
    assert!(cases.len() > 100);
    let mut wrong = Vec::new();
    for Case { name, kind, spec, error } in cases {
        let object_name = if kind.ends_with("Template") { "t" } else { "bp" };
        let metadata = map(vec![("name", Node::str(object_name))]);
        let object = map(vec![("kind", Node::str(kind.as_str())), ("metadata", metadata), ("spec", spec)]);
        for operation in [Operation::Create, Operation::Update] {
            let found = validate::object(&object, operation).err().map(|error| error.to_string());
            if found != error {
                wrong.push(format!("{name}\n  expected {error:?}\n  found    {found:?}"));
            }
        }
        assert_eq!(validate::object(&object, Operation::Delete), Ok(()), "{name}");
    }
    assert!(wrong.is_empty(), "{} of the answers are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
