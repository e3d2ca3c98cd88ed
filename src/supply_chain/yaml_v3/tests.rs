//! Expected texts are what go-yaml v3.0.1 printed.
#![allow(clippy::unwrap_used)] // Tests may fail loudly.

use std::collections::BTreeMap;

use super::print;
use crate::yaml::{Node, json, to_node};

#[test]
fn texts() {
    let cases: &[(&str, &str)] = &[
        ("a", "a\n"),
        ("a b", "a b\n"),
        ("", "\"\"\n"),
        ("y", "\"y\"\n"),
        ("Off", "\"Off\"\n"),
        ("true", "\"true\"\n"),
        ("Null", "\"Null\"\n"),
        ("~", "\"~\"\n"),
        ("1", "\"1\"\n"),
        ("-1", "\"-1\"\n"),
        ("0x1f", "\"0x1f\"\n"),
        ("0b1", "\"0b1\"\n"),
        ("0b-11", "\"0b-11\"\n"),
        ("-0b1", "\"-0b1\"\n"),
        ("0o17", "\"0o17\"\n"),
        ("0o-7", "\"0o-7\"\n"),
        ("0o8", "0o8\n"),
        ("1_000", "\"1_000\"\n"),
        ("1e3", "\"1e3\"\n"),
        ("1.", "\"1.\"\n"),
        (".5", "\".5\"\n"),
        (".5_0", "\".5_0\"\n"),
        ("._5", "._5\n"),
        (".inf", "\".inf\"\n"),
        ("190:20:30", "\"190:20:30\"\n"),
        ("1:60", "1:60\n"),
        ("2001-01-01", "\"2001-01-01\"\n"),
        ("2001-02-30", "2001-02-30\n"),
        ("<<", "<<\n"),
        ("=", "=\n"),
        ("-", "'-'\n"),
        ("--", "--\n"),
        ("---a", "'---a'\n"),
        ("-a", "-a\n"),
        ("?a", "?a\n"),
        ("? a", "'? a'\n"),
        (":a", ":a\n"),
        ("a:b", "a:b\n"),
        ("a:", "'a:'\n"),
        ("a #b", "'a #b'\n"),
        ("[a", "'[a'\n"),
        ("'a", "'''a'\n"),
        ("\"a", "'\"a'\n"),
        (" a", "' a'\n"),
        ("a ", "'a '\n"),
        ("a\tb", "\"a\\tb\"\n"),
        ("a\\b", "a\\b\n"),
        ("a\n", "|\n    a\n"),
        ("\n", "|4+\n"),
        ("\n\n", "|4+\n\n"),
        ("a\n\nb", "|-\n    a\n\n    b\n"),
        ("a\nb\n\n", "|+\n    a\n    b\n\n"),
        (" a\nb", "|4-\n     a\n    b\n"),
        ("\na", "|4-\n    a\n"),
        ("a \nb", "\"a \\nb\"\n"),
        ("a\n b", "|-\n    a\n     b\n"),
        ("a\tb\nc", "|-\n    a\tb\n    c\n"),
        ("a\rb", "\"a\\rb\"\n"),
        ("a\nb ", "\"a\\nb \"\n"),
        ("\u{0}a", "\"\\0a\"\n"),
        ("é", "é\n"),
        ("日本", "日本\n"),
        ("😀", "\"\\U0001F600\"\n"),
        ("\u{85}", "\"\\N\"\n"),
        ("\u{a0}", "\u{a0}\n"),
        ("\u{feff}a", "\"\\uFEFF\\x61\"\n"),
        ("\u{ffff}", "\"\\uFFFF\"\n"),
        ("a\u{2028}b", "'a\u{2028}    b'\n"),
        ("\u{2028}\n", "|4+\u{2028}\n"),
    ];
    for (text, expected) in cases {
        assert_eq!(print(&Node::str(*text)), *expected, "{text:?}");
    }
}

#[test]
fn values() {
    let cases: &[(&str, &str)] = &[
        (r#"0"#, "0\n"),
        (r#"-0.0"#, "-0\n"),
        (r#"5"#, "5\n"),
        (r#"-1"#, "-1\n"),
        (r#"1.5"#, "1.5\n"),
        (r#"0.0001"#, "0.0001\n"),
        (r#"1e-05"#, "1e-05\n"),
        (r#"999999"#, "999999\n"),
        (r#"1000000"#, "1e+06\n"),
        (r#"123456789"#, "1.23456789e+08\n"),
        (r#"9007199254740993"#, "9.007199254740992e+15\n"),
        (r#"1e+21"#, "1e+21\n"),
        (r#"1e-07"#, "1e-07\n"),
        (r#"null"#, "null\n"),
        (r#"true"#, "true\n"),
        (r#"false"#, "false\n"),
        (r#"[]"#, "[]\n"),
        (r#"{}"#, "{}\n"),
        (r#"[1, "a", null, true]"#, "- 1\n- a\n- null\n- true\n"),
        (r#"[[1, 2], [3, [4]]]"#, "- - 1\n  - 2\n- - 3\n  - - 4\n"),
        (r#"[{"a": 1, "b": {"c": 2}}, {}]"#, "- a: 1\n  b:\n    c: 2\n- {}\n"),
        (
            r#"{"a": {"b": {"c": ["d", {"e": "f", "g": {"h": [1]}}]}}}"#,
            "a:\n    b:\n        c:\n            - d\n            - e: f\n              g:\n                h:\n                    - 1\n",
        ),
        (
            r#"{"m": "a\nb\n", "l": ["a\nb", "\n", " x\ny\n\n"], "o": {"p": "q\nr"}}"#,
            "l:\n    - |-\n      a\n      b\n    - |4+\n    - |4+\n       x\n      y\n\nm: |\n    a\n    b\no:\n    p: |-\n        q\n        r\n",
        ),
        (r#"[["a\nb"], {"k": "a\nb"}]"#, "- - |-\n    a\n    b\n- k: |-\n    a\n    b\n"),
        (
            r#"[{"a\nb": {"c": 1}, "d\ne": "f\ng"}]"#,
            "- ? |-\n    a\n    b\n  : c: 1\n  ? |-\n    d\n    e\n  : |-\n    f\n    g\n",
        ),
        (r#"{"a\tb": 1, "": 2, "null": 3, "-": 4}"#, "\"\": 2\n'-': 4\n\"a\\tb\": 1\n\"null\": 3\n"),
    ];
    for (value, expected) in cases {
        assert_eq!(print(&json::read(value.as_bytes()).unwrap()), *expected, "{value}");
    }
}

#[test]
fn long_keys() {
    let (x, y, z) = ("x".repeat(129), "y".repeat(129), "z".repeat(128));
    let text = format!(r#"{{"{x}": 1, "{y}": [1, {{"b": 2}}], "{z}": {{"a": 1}}}}"#);
    let expected = format!("? {x}\n: 1\n? {y}\n:   - 1\n    - b: 2\n{z}:\n    a: 1\n");
    assert_eq!(print(&json::read(text.as_bytes()).unwrap()), expected);
}

#[test]
fn keys_are_sorted() {
    let expected = "\"\": 1\n_: 1\n\"0\": 1\n\"00\": 1\n\"1\": 1\n\"01\": 1\n\"2\": 1\n\"10\": 1\n١: 1\n٢: 1\nA: 1\nZ: 1\na: 1\na-b: 1\na.b: 1\na1: 1\na1b: 1\na1-: 1\na01: 1\na2: 1\na10: 1\nab: 1\nb: 1\nx1y2: 1\nx1y10: 1\nx01y: 1\nß: 1\né: 1\n日: 1\n";
    let keys = [
        "", "0", "00", "01", "1", "10", "2", "A", "Z", "_", "a", "a-b", "a.b", "a01", "a1", "a1-", "a10",
        "a1b", "a2", "ab", "b", "x01y", "x1y10", "x1y2", "ß", "é", "١", "٢", "日",
    ];
    let map: BTreeMap<&str, i64> = keys.into_iter().map(|key| (key, 1)).collect();
    assert_eq!(print(&to_node(&map).unwrap()), expected);
}
