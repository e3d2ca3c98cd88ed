//! Values as Go's `fmt` prints them.

use super::view::{Shape, View, canonical_time, sorted};
use crate::yaml::{Node, push_float};

/// A value of plain JSON as `%v` prints it: `map[a:x b:1]`, `[1 a]`, `1e+06`. Whole numbers are `int64`; what
/// [`Path::evaluate`](super::jsonpath::Path::evaluate) gives holds floats only, as in the reference.
pub fn value(node: &Node) -> String {
    view(View::from(node))
}

/// A value that Go decoded from JSON, as `%v` prints it: every number is a float.
pub fn decoded(node: &Node) -> String {
    value(&View::from(node).to_json())
}

/// A view as `%v` prints it.
pub(crate) fn view(view: View<'_>) -> String {
    let mut out = String::new();
    push(&mut out, view, true);
    out
}

/// `top` is false within other values, where pointers are printed as addresses.
fn push(out: &mut String, view: View<'_>, top: bool) {
    if let Shape::Pointer(target) = view.shape
        && !matches!(view.node, Node::Null)
    {
        match target {
            Shape::Struct(_) | Shape::Map(_) | Shape::List(_) if top => {
                out.push('&');
                push(out, View { node: view.node, shape: target }, false);
            }
            // An address, another one each time.
            _ => out.push_str("0xc000000000"),
        }
        return;
    }
    if let Some(list) = view.list() {
        out.push('[');
        for index in 0..list.len() {
            separate(out, index);
            if let Some(item) = list.get(index) {
                push(out, item, false);
            }
        }
        return out.push(']');
    }
    match (view.shape, view.node) {
        (Shape::Text(_), Node::Null) => {}
        (Shape::Int(_) | Shape::Byte | Shape::Float, Node::Null) => out.push('0'),
        (Shape::Bool, Node::Null) => out.push_str("false"),
        (Shape::Map(_), Node::Null) => out.push_str("map[]"),
        (Shape::Nothing, _) => out.push_str("<invalid reflect.Value>"),
        (Shape::Struct(fields), node) => {
            out.push('{');
            for (index, field) in fields.fields.iter().enumerate() {
                separate(out, index);
                push(out, field.of(node), false);
            }
            out.push('}');
        }
        (Shape::Opaque(_), node) => {
            out.push('{');
            push(out, View { node, shape: &Shape::Raw }, false);
            out.push('}');
        }
        (Shape::Time | Shape::Internal, node) => out.push_str(&time(node.as_str())),
        (_, Node::Null) => out.push_str("<nil>"),
        (_, Node::Bool(value)) => out.push_str(if *value { "true" } else { "false" }),
        (_, Node::Int(value)) => out.push_str(&value.to_string()),
        (_, Node::Uint(value)) => push_float(out, *value as f64),
        (_, Node::Float(value)) => push_float(out, *value),
        (_, Node::Str(text)) => out.push_str(text),
        (_, Node::Bytes(bytes)) => out.push_str(&String::from_utf8_lossy(bytes)),
        (shape, Node::Map(map)) => {
            out.push_str("map[");
            for (index, (key, node)) in sorted(map).enumerate() {
                separate(out, index);
                out.push_str(key);
                out.push(':');
                let item = match shape {
                    Shape::Map(item) => View { node, shape: item },
                    Shape::Context(_) => view.field(key).unwrap_or_else(|| View::from(node)),
                    _ => View::from(node),
                };
                push(out, item, false);
            }
            out.push(']');
        }
        (_, Node::Array(_) | Node::DocumentSet(_)) => {}
    }
}

/// A time in UTC as Go's `String` of it reads.
fn time(text: Option<&str>) -> String {
    let text = text.and_then(canonical_time);
    let text = text.as_deref().unwrap_or("0001-01-01T00:00:00Z");
    format!("{} +0000 UTC", text.trim_end_matches('Z').replace('T', " "))
}

fn separate(out: &mut String, index: usize) {
    if index > 0 {
        out.push(' ');
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use crate::yaml::json;

    #[test]
    fn prints_as_go() {
        let cases = [
            (r#"{"b": 1, "a": "x"}"#, "map[a:x b:1]"),
            (r#"[1, "a", null, true, [], {}]"#, "[1 a <nil> true [] map[]]"),
            ("1000000.0", "1e+06"),
            ("1000000", "1000000"),
            ("0.5", "0.5"),
            (r#""a b""#, "a b"),
            ("null", "<nil>"),
        ];
        for (text, expected) in cases {
            assert_eq!(super::value(&json::read(text.as_bytes()).unwrap()), expected, "{text}");
        }
    }
}
