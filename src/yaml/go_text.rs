//! Scalars as messages of the reference show them.

use super::node::Node;

/// A scalar as Go's `%s` prints it: what is not text with its type.
pub fn go_text(key: &Node) -> String {
    let typed = |name: &str, value: &dyn std::fmt::Display| format!("%!s({name}={value})");
    match key {
        Node::Null => "%!s(<nil>)".to_owned(),
        Node::Bool(value) => typed("bool", value),
        Node::Int(value) => typed("int", value),
        Node::Uint(value) => typed("uint64", value),
        Node::Float(value) => {
            let mut text = String::new();
            super::float::push_general(&mut text, *value);
            typed("float64", &text)
        }
        Node::Str(text) => text.to_string(),
        Node::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        // Collections as keys are no nodes in the reference, but structures of its decoder.
        Node::Map(map) => {
            let fields = map.items.iter().map(|item| {
                let value = nested_go_text(&item.value);
                match item.pos.is_known() {
                    true => format!("{{{} {value} %!s(int={})}}", nested_go_text(&item.key), item.pos.line),
                    false => value,
                }
            });
            let fields = fields.collect::<Vec<String>>().join(" ");
            let is_item = map.items.first().is_some_and(|item| !item.pos.is_known());
            if is_item { format!("{{{fields}}}") } else { format!("[{fields}]") }
        }
        Node::Array(array) => {
            let items: Vec<String> = array.items.iter().map(|item| nested_go_text(&item.value)).collect();
            format!("[{}]", items.join(" "))
        }
        Node::DocumentSet(_) => String::new(),
    }
}

fn nested_go_text(value: &Node) -> String {
    match value {
        Node::Null => "<nil>".to_owned(),
        value => go_text(value),
    }
}
