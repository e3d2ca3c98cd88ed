//! Expected values are what the reference printed.
#![allow(clippy::unwrap_used, clippy::panic)] // Tests may fail loudly.

use super::{print_documents, print_value};
use crate::yaml::{Document, DocumentSet, Map, MapItem, Node, Origin};
use std::sync::Arc;

fn map(key: Node, value: Node) -> Node {
    let items = vec![MapItem { key, value, ..MapItem::default() }];
    Node::Map(Arc::new(Map { items, ..Map::default() }))
}

#[test]
fn strings() {
    let cases: &[(&str, &str)] = &[
        ("a", "a\n"),
        ("a b", "a b\n"),
        ("", "\"\"\n"),
        ("y", "\"y\"\n"),
        ("Null", "\"Null\"\n"),
        ("~", "\"~\"\n"),
        ("on", "\"on\"\n"),
        ("1", "\"1\"\n"),
        ("-1", "\"-1\"\n"),
        ("0x1f", "\"0x1f\"\n"),
        ("0b1", "\"0b1\"\n"),
        ("017", "\"017\"\n"),
        ("08", "\"08\"\n"),
        ("1_000", "\"1_000\"\n"),
        ("1e3", "\"1e3\"\n"),
        ("1.", "\"1.\"\n"),
        (".5", "\".5\"\n"),
        (".5_0", "\".5_0\"\n"),
        ("._5", "._5\n"),
        (".inf", "\".inf\"\n"),
        ("-0b11", "\"-0b11\"\n"),
        ("0b-11", "\"0b-11\"\n"),
        ("190:20:30", "\"190:20:30\"\n"),
        ("1:60", "1:60\n"),
        ("-1:5.5_", "\"-1:5.5_\"\n"),
        ("2001-01-01", "\"2001-01-01\"\n"),
        ("2001-02-30", "2001-02-30\n"),
        ("2001-1-1 1:2:3.5", "\"2001-1-1 1:2:3.5\"\n"),
        ("2001-12-14t21:59:43Z", "\"2001-12-14t21:59:43Z\"\n"),
        ("2001-12-14T21:59:43", "2001-12-14T21:59:43\n"),
        ("<<", "<<\n"),
        ("=", "=\n"),
        ("-", "'-'\n"),
        ("--", "--\n"),
        ("---a", "'---a'\n"),
        ("- a", "'- a'\n"),
        ("-a", "-a\n"),
        ("?a", "?a\n"),
        ("? a", "'? a'\n"),
        ("a: b", "'a: b'\n"),
        ("a:b", "a:b\n"),
        ("a:", "'a:'\n"),
        ("a #b", "'a #b'\n"),
        ("a#b", "a#b\n"),
        ("#a", "'#a'\n"),
        ("a, b", "a, b\n"),
        ("[a", "'[a'\n"),
        ("*a", "'*a'\n"),
        ("!a", "'!a'\n"),
        ("|", "'|'\n"),
        ("%a", "'%a'\n"),
        ("@a", "'@a'\n"),
        ("'a", "'''a'\n"),
        ("it's", "it's\n"),
        ("\"a", "'\"a'\n"),
        (" a", "' a'\n"),
        ("a ", "'a '\n"),
        ("a\tb", "\"a\\tb\"\n"),
        ("a\\b", "a\\b\n"),
        ("a\n", "|\n  a\n"),
        ("\n", "|2+\n\n"),
        ("a\n\nb", "|-\n  a\n\n  b\n"),
        ("a\nb\n\n", "|+\n  a\n  b\n\n"),
        (" a\nb", "|2-\n   a\n  b\n"),
        ("\na", "|2-\n\n  a\n"),
        ("a \nb", "\"a \\nb\"\n"),
        ("a\n b", "|-\n  a\n   b\n"),
        ("a\tb\nc", "\"a\\tb\\nc\"\n"),
        ("a\rb", "\"a\\rb\"\n"),
        ("a\0b", "\"a\\0b\"\n"),
        ("é", "é\n"),
        ("日本", "日本\n"),
        ("😀", "\"\\U0001F600\"\n"),
        ("\u{85}", "\"\\N\"\n"),
        ("\u{a0}", "\u{a0}\n"),
        ("\u{feff}a", "\"\\uFEFF\\x61\"\n"),
        ("\u{ffff}", "\"\\uFFFF\"\n"),
        ("\u{2028}a", "'\u{2028}  a'\n"),
        ("a\u{2028}b", "'a\u{2028}  b'\n"),
        ("\u{7f}", "\"\\x7F\"\n"),
        ("/x", "/x\n"),
        ("true-ish", "true-ish\n"),
        ("...", "'...'\n"),
        ("xxx%", "xxx%\n"),
    ];
    for (text, expected) in cases {
        let printed = print_value(&map(Node::str("k"), Node::str(*text)));
        assert_eq!(printed.strip_prefix("k: "), Some(*expected), "{text:?}");
    }
}

#[test]
fn keys() {
    let cases: &[(&str, &str)] = &[
        ("a", "a: 1\n"),
        ("y", "\"y\": 1\n"),
        ("a: b", "'a: b': 1\n"),
        ("", "\"\": 1\n"),
        (&"x".repeat(128), &format!("{}: 1\n", "x".repeat(128))),
        (&"x".repeat(129), &format!("? {}\n: 1\n", "x".repeat(129))),
        ("a\nb", "? |-\n  a\n  b\n: 1\n"),
        (&"é".repeat(65), &format!("? {}\n: 1\n", "é".repeat(65))),
        ("😀", "\"\\U0001F600\": 1\n"),
        ("#", "'#': 1\n"),
        (" a", "' a': 1\n"),
        ("1", "\"1\": 1\n"),
        ("a\u{2028}b", "? 'a\u{2028}  b'\n: 1\n"),
    ];
    for (text, expected) in cases {
        assert_eq!(print_value(&map(Node::str(*text), Node::Int(1))), *expected, "{text:?}");
    }
}

#[test]
fn numbers() {
    let cases = [
        (0.0, "0\n"),
        (-0.0, "-0\n"),
        (1.0, "1\n"),
        (-1.5, "-1.5\n"),
        (100000.0, "100000\n"),
        (999999.0, "999999\n"),
        (1000000.0, "1e+06\n"),
        (1234567.5, "1.2345675e+06\n"),
        (0.0001, "0.0001\n"),
        (0.00012, "0.00012\n"),
        (1e-05, "1e-05\n"),
        (5e-324, "5e-324\n"),
        (1.7976931348623157e+308, "1.7976931348623157e+308\n"),
        (1.2345678901234568e+20, "1.2345678901234568e+20\n"),
        (683215425689265.2, "6.832154256892652e+14\n"),
        (0.1, "0.1\n"),
        (0.3333333333333333, "0.3333333333333333\n"),
    ];
    for (value, expected) in cases {
        assert_eq!(print_value(&Node::Float(value)), expected, "{value}");
    }
    let special = [(f64::NAN, ".nan\n"), (f64::INFINITY, ".inf\n"), (f64::NEG_INFINITY, "-.inf\n")];
    for (value, expected) in special {
        assert_eq!(print_value(&Node::Float(value)), expected);
    }
    assert_eq!(print_value(&Node::Int(i64::MIN)), "-9223372036854775808\n");
    assert_eq!(print_value(&Node::Uint(u64::MAX)), "18446744073709551615\n");
}

#[test]
fn bytes() {
    let bytes = |count: usize| Node::from_bytes(&vec![0xFF; count]);
    assert_eq!(print_value(&map(bytes(2), bytes(3))), "!!binary //8=: !!binary ////\n");
    let line = "/".repeat(70);
    let long = format!("a: !!binary |\n  {line}\n  {}\n", "/".repeat(10));
    assert_eq!(print_value(&map(Node::str("a"), bytes(60))), long);
}

#[test]
fn empty_documents() {
    let document = |value| Document { value, ..Document::default() };
    let by = |origin| Node::Map(Arc::new(Map { origin, ..Map::default() }));
    let values = [Node::Null, by(Origin::Yaml), by(Origin::Code), Node::str(""), Node::Int(1)];
    let documents = DocumentSet { items: values.map(document).into(), ..DocumentSet::default() };
    assert_eq!(print_documents(&documents), "{}\n---\n\"\"\n---\n1\n");
    assert_eq!(print_value(&Node::DocumentSet(Arc::new(documents))), "{}\n---\n\"\"\n---\n1\n");
    assert_eq!(print_value(&Node::Null), "");
}

#[test]
fn integers_are_decimal() {
    for number in [0, 9, 10, 99, 100, 101, 999, 1000, 1234, 9999, 10_000, -1, -10, i64::MIN, i64::MAX] {
        assert_eq!(print_value(&Node::Int(number)), format!("{number}\n"));
    }
}
