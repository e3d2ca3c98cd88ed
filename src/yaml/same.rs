//! Whether two trees mean the same as JSON.

use std::collections::HashMap;
use std::sync::Arc;

use super::node::{Map, Node};

/// From how many items on the keys of maps in different orders are indexed.
const INDEX_FROM: usize = 16;

/// 2 to the power of 63, the first whole number above those of `i64`, and of 64, of `u64`.
const TWO_63: f64 = 9_223_372_036_854_775_808.0;
const TWO_64: f64 = 18_446_744_073_709_551_616.0;

/// Whether two trees are equal as JSON: the order of keys, positions, comments, annotations and who made a
/// collection do not matter, numbers are compared by value (`1` is `1.0`), not a number is itself.
///
/// Keys of a map must differ from one another.
pub fn same(a: &Node, b: &Node) -> bool {
    match (a, b) {
        (Node::Null, Node::Null) => true,
        (Node::Bool(a), Node::Bool(b)) => a == b,
        (Node::Str(a), Node::Str(b)) => a == b,
        (Node::Bytes(a), Node::Bytes(b)) => a == b,
        (Node::Int(a), Node::Int(b)) => a == b,
        (Node::Uint(a), Node::Uint(b)) => a == b,
        (Node::Float(a), Node::Float(b)) => a == b || a.is_nan() && b.is_nan(),
        (Node::Int(int), Node::Float(float)) | (Node::Float(float), Node::Int(int)) => {
            float.fract() == 0.0 && (-TWO_63..TWO_63).contains(float) && *float as i64 == *int
        }
        (Node::Uint(uint), Node::Float(float)) | (Node::Float(float), Node::Uint(uint)) => {
            float.fract() == 0.0 && (0.0..TWO_64).contains(float) && *float as u64 == *uint
        }
        (Node::Map(a), Node::Map(b)) => Arc::ptr_eq(a, b) || same_maps(a, b),
        (Node::Array(a), Node::Array(b)) => {
            Arc::ptr_eq(a, b)
                || a.items.len() == b.items.len()
                    && a.items.iter().zip(&b.items).all(|(a, b)| same(&a.value, &b.value))
        }
        (Node::DocumentSet(a), Node::DocumentSet(b)) => {
            Arc::ptr_eq(a, b)
                || a.items.len() == b.items.len()
                    && a.items.iter().zip(&b.items).all(|(a, b)| same(&a.value, &b.value))
        }
        _ => false,
    }
}

fn same_maps(a: &Map, b: &Map) -> bool {
    if a.items.len() != b.items.len() {
        return false;
    }
    // Usually both have one order.
    let ordered = a.items.iter().zip(&b.items).take_while(|(a, b)| same(&a.key, &b.key));
    let mut equal = 0;
    for (a, b) in ordered {
        if !same(&a.value, &b.value) {
            return false;
        }
        equal += 1;
    }
    let (a, b) = (a.items.get(equal..).unwrap_or_default(), b.items.get(equal..).unwrap_or_default());
    if a.len() < INDEX_FROM {
        return a.iter().all(|item| {
            b.iter().find(|other| same(&item.key, &other.key)).is_some_and(|b| same(&item.value, &b.value))
        });
    }
    let mut texts = HashMap::with_capacity(b.len());
    let mut others = Vec::new();
    for item in b {
        match &item.key {
            Node::Str(key) => _ = texts.insert(key.as_str(), &item.value),
            _ => others.push(item),
        }
    }
    a.iter().all(|item| {
        let other = match &item.key {
            Node::Str(key) => texts.get(key.as_str()).copied(),
            key => others.iter().find(|other| same(key, &other.key)).map(|other| &other.value),
        };
        other.is_some_and(|other| same(&item.value, other))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::same;
    use crate::yaml::{Node, ParseOptions, json, parse};

    fn are_same(a: &str, b: &str) -> bool {
        let (a, b) = (json::read(a.as_bytes()).unwrap(), json::read(b.as_bytes()).unwrap());
        let result = same(&a, &b);
        assert_eq!(result, same(&b, &a), "not symmetric");
        result
    }

    #[test]
    fn maps_in_any_order() {
        assert!(are_same(r#"{"a": 1, "b": {"c": [1, null]}}"#, r#"{"b": {"c": [1, null]}, "a": 1}"#));
        assert!(!are_same(r#"{"a": 1, "b": 2}"#, r#"{"a": 1, "c": 2}"#));
        assert!(!are_same(r#"{"a": 1}"#, r#"{"a": 1, "b": null}"#));
        assert!(!are_same("[1, 2]", "[2, 1]"));
        assert!(!are_same("{}", "[]"));
        assert!(!are_same("{}", "null"));
    }

    #[test]
    fn large_maps_in_any_order() {
        let text = |keys: &mut dyn Iterator<Item = i32>, last: i32| {
            let items: Vec<_> = keys.map(|key| format!(r#""k{key}": {key}"#)).collect();
            format!(r#"{{{}, "last": {last}}}"#, items.join(","))
        };
        assert!(are_same(&text(&mut (0..50), 1), &text(&mut (0..50).rev(), 1)));
        assert!(!are_same(&text(&mut (0..50), 1), &text(&mut (0..50).rev(), 2)));
        assert!(!are_same(&text(&mut (0..50), 1), &text(&mut (1..51).rev(), 1)));
    }

    #[test]
    fn numbers_by_value() {
        assert!(are_same("1", "1.0"));
        assert!(are_same("-0.0", "0"));
        assert!(!are_same("1", "1.5"));
        assert!(!are_same("1", r#""1""#));
        assert!(!are_same("1", "true"));
        // The float is 2^53, which does not tell it from its neighbour; the integer does.
        assert!(are_same("9007199254740992", "9007199254740992.0"));
        assert!(!are_same("9007199254740993", "9007199254740992.0"));
        assert!(!same(&Node::Int(i64::MAX), &Node::Float(9_223_372_036_854_775_808.0)));
        assert!(same(&Node::Int(i64::MIN), &Node::Float(-9_223_372_036_854_775_808.0)));
        assert!(same(&Node::Uint(1 << 63), &Node::Float(9_223_372_036_854_775_808.0)));
        assert!(!same(&Node::Uint(u64::MAX), &Node::Float(18_446_744_073_709_551_616.0)));
        assert!(same(&Node::Float(f64::NAN), &Node::Float(f64::NAN)));
    }

    #[test]
    fn what_stands_beside_values_does_not_matter() {
        let options = ParseOptions { with_comments: true, ..ParseOptions::default() };
        let a = parse(b"# c\na: 'x'\nb:\n- 1 # d\n", 0, &options).unwrap();
        let b = parse(b"\n\nb: [1]\na: x\n", 1, &options).unwrap();
        let (a, b) = (&a.items[0].value, &b.items[0].value);
        assert!(a != b);
        assert!(same(a, b));
    }
}
