//! Expected values are what the reference printed.
#![allow(clippy::unwrap_used, clippy::panic)] // Tests may fail loudly.

use std::fmt::Write;

use super::{MAX_DEPTH, ParseOptions, parse};
use crate::ErrorKind;
use crate::limits::Limit;
use crate::yaml::{DocumentSet, Node, Notes, Pos, ScalarStyle, keep_last_of_repeated_keys, print_documents};

const PLAIN: ParseOptions = ParseOptions { with_comments: true, strict: false };
const STRICT: ParseOptions = ParseOptions { with_comments: false, strict: true };

fn error(text: &str, options: &ParseOptions) -> String {
    match parse(text.as_bytes(), 0, options) {
        Ok(documents) => panic!("{text:?} was read: {documents:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn malformed_text() {
    let cases: &[(&str, &str)] = &[
        ("a: b: c\n", "yaml: line 1: mapping values are not allowed in this context"),
        ("a: [1, 2\n", "yaml: line 1: did not find expected ',' or ']'"),
        ("a: [1, 2\nb: 3\n", "yaml: line 1: did not find expected ',' or ']'"),
        ("a: {b\n", "yaml: line 1: did not find expected ',' or '}'"),
        ("a: 'x\n", "yaml: line 2: found unexpected end of stream"),
        ("a: \"x\n", "yaml: line 2: found unexpected end of stream"),
        ("a: \"\\z\"\n", "yaml: line 1: found unknown escape character"),
        ("a: \"\\xZZ\"\n", "yaml: line 1: did not find expected hexdecimal number"),
        ("a: \"\\uD800\"\n", "yaml: line 1: found invalid Unicode character escape code"),
        ("a\nb: 1\n", "yaml: line 2: mapping values are not allowed in this context"),
        ("a: 1\nb\n", "yaml: line 3: could not find expected ':'"),
        ("a: 1\n b: 2\n", "yaml: line 2: mapping values are not allowed in this context"),
        ("- a\nb: 1\n", "yaml: line 1: did not find expected '-' indicator"),
        ("a: - b\n", "yaml: line 1: block sequence entries are not allowed in this context"),
        ("a: @x\n", "yaml: line 1: found character that cannot start any token"),
        ("a: `x\n", "yaml: line 1: found character that cannot start any token"),
        ("\ta: 1\n", "yaml: line 1: found character that cannot start any token"),
        ("a:\n\tb: 1\n", "yaml: line 2: found character that cannot start any token"),
        ("a: |\n \tb\n\tc\n", "yaml: line 2: found a tab character where an indentation space is expected"),
        ("a: |0\n", "yaml: line 1: found an indentation indicator equal to 0"),
        ("a: |x\n", "yaml: line 1: did not find expected comment or line break"),
        ("a: *\n", "yaml: line 1: did not find expected alphabetic or numeric character"),
        ("a: *x\n", "yaml: unknown anchor 'x' referenced"),
        ("a: &x [*x]\n", "yaml: anchor 'x' value contains itself"),
        ("a: &a\n  <<: *a\n", "yaml: anchor 'a' value contains itself"),
        ("<<: 1\n", "yaml: map merge requires map or sequence of maps as the value"),
        ("a: &a []\nb:\n  <<: *a\n", "yaml: map merge requires map or sequence of maps as the value"),
        ("<<: [{a: 1}]\n", "yaml: map merge requires map or sequence of maps as the value"),
        ("a: !<x\n", "yaml: line 1: did not find the expected '>'"),
        ("a: !!int x\n", "yaml: cannot decode !!str `x` as a !!int"),
        ("a: !!float x\n", "yaml: cannot decode !!str `x` as a !!float"),
        ("a: !!bool 1\n", "yaml: cannot decode !!int `1` as a !!bool"),
        ("a: !!null x\n", "yaml: cannot decode !!str `x` as a !!null"),
        ("a: !!timestamp x\n", "yaml: cannot decode !!str `x` as a !!timestamp"),
        ("a: !!binary x\n", "yaml: !!binary value contains invalid base64 data"),
        ("%FOO\n---\n", "yaml: line 1: found unknown directive name"),
        ("%TAG ! x:\n%TAG ! y:\n---\n", "yaml: line 1: found duplicate %TAG directive"),
        ("a: 1\n...\nb: 1\n", "yaml: line 2: did not find expected <document start>"),
        ("---\na\n---\nb: [\n", "yaml: line 4: did not find expected node content"),
        ("a: \u{1}\n", "yaml: control characters are not allowed"),
        ("k: ? v\n", "yaml: line 1: mapping keys are not allowed in this context"),
        ("a: b\n}\n", "yaml: line 1: did not find expected key"),
        ("x: 1\n- a\n", "yaml: line 1: did not find expected key"),
        ("a: !!int x\nb: ]\n", "yaml: line 1: did not find expected node content"),
        ("a: |\n  x\n y: 1\n z\n", "yaml: line 2: did not find expected key"),
    ];
    for (text, expected) in cases {
        assert_eq!(error(text, &PLAIN), *expected, "{text:?}");
    }
}

/// The reference crashes on complaints of the grammar about the first line.
#[test]
fn malformed_first_line() {
    for text in ["a: ]\n", "[a, b]]\n", "%YAML 1.2\n---\n", "a: !e!x y\n"] {
        assert!(error(text, &PLAIN).starts_with("yaml: line 1: "), "{text:?}");
    }
}

#[test]
fn malformed_bytes() {
    let cases: &[(&[u8], &str)] = &[
        (b"a: \xFF\n", "yaml: invalid leading UTF-8 octet"),
        (b"a: \xC3\n", "yaml: invalid trailing UTF-8 octet"),
        (b"a: \xE2\x82", "yaml: incomplete UTF-8 octet sequence"),
        (b"a: \xC0\x80\n", "yaml: invalid length of a UTF-8 sequence"),
        (b"a: \xED\xA0\x80\n", "yaml: invalid Unicode character"),
        (b"a: \x7F\n", "yaml: control characters are not allowed"),
        (b"a: \xC2\x80\n", "yaml: control characters are not allowed"),
        (b"a: \xEF\xBF\xBE\n", "yaml: control characters are not allowed"),
        (b"\xFF\xFEa\0", "yaml: invalid leading UTF-8 octet"),
        // Malformed text in an earlier block of 512 bytes comes first.
        (b"a: ]\xFF\n", "yaml: invalid leading UTF-8 octet"),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(text, 0, &PLAIN).unwrap_err().to_string(), *expected, "{text:?}");
    }
    let mut late = b"---\na: ]\n".to_vec();
    late.resize(600, b'#');
    late.push(0xFF);
    assert_eq!(
        parse(&late, 0, &PLAIN).unwrap_err().to_string(),
        "yaml: line 1: did not find expected node content"
    );
}

#[test]
fn strict_mode() {
    let cases: &[(&str, &str)] = &[
        ("a: ~", "yaml: Strict parsing: Found '~' ambigious (could be !!str or !!null)"),
        ("a: null", "yaml: Strict parsing: Found 'null' ambigious (could be !!str or !!null)"),
        ("a: yes", "yaml: Strict parsing: Found 'yes' ambigious (could be !!str or !!bool)"),
        ("a: 017", "yaml: Strict parsing: Found '017' ambigious (could be !!str or !!int)"),
        ("a: 0x1F", "yaml: Strict parsing: Found '0x1F' ambigious (could be !!str or !!int)"),
        ("a: 1_000", "yaml: Strict parsing: Found '1_000' ambigious (could be !!str or !!int)"),
        ("a: .inf", "yaml: Strict parsing: Found '.inf' ambigious (could be !!str or !!float)"),
        ("a: +1", "yaml: Strict parsing: Found '+1' ambigious (could be !!str or !!int)"),
        ("a: 1.", "yaml: Strict parsing: Found '1.' ambigious (could be !!str or !!float)"),
        ("a: a b", "yaml: Strict parsing: Strings with whitespace must be explicitly quoted: 'a b'"),
        ("a: a:b", "yaml: Strict parsing: Strings with colon must be explicitly quoted: 'a:b'"),
        ("a: b---", "yaml: Strict parsing: Strings with triple-dash must be explicitly quoted: 'b---'"),
        (
            "a: 2001-01-01",
            "yaml: Strict parsing: Found '2001-01-01' ambigious (could be !!str or !!timestamp)",
        ),
        (
            "a: 18446744073709551616",
            "yaml: Strict parsing: Parsing int '18446744073709551616': strconv.ParseUint: parsing \"18446744073709551616\": value out of range",
        ),
        (
            "a: -9223372036854775809",
            "yaml: Strict parsing: Parsing int '-9223372036854775809': strconv.ParseUint: parsing \"-9223372036854775809\": invalid syntax",
        ),
        (
            "a: 1e400",
            "yaml: Strict parsing: Parsing float '1e400': strconv.ParseFloat: parsing \"1e400\": value out of range",
        ),
        ("y: 1", "yaml: Strict parsing: Found 'y' ambigious (could be !!str or !!bool)"),
    ];
    for (text, expected) in cases {
        assert_eq!(error(text, &STRICT), *expected, "{text:?}");
    }
    let text = "a: [true, false, 1, -2, 1.5, 1e3, x, 'yes', \"~\", !!int 017, ]\nb:\n";
    assert!(parse(text.as_bytes(), 0, &STRICT).is_ok());
}

#[test]
fn values() {
    let cases: &[(&str, &str)] = &[
        (
            "a: 1\nb: [1, {c: d}]\n---\n---\n{}\n--- x\n--- |\n  y\n  z\n",
            "a: 1\nb:\n- 1\n- c: d\n---\nx\n---\n|\n  y\n  z\n",
        ),
        ("a: &a {x: 1}\nb: *a\n", "a:\n  x: 1\nb:\n  x: 1\n"),
        (
            "a: &a {x: 1, y: 2}\nb:\n  y: 3\n  <<: *a\n  x: 4\n",
            "a:\n  x: 1\n  true: 2\nb:\n  true: 2\n  x: 4\n",
        ),
        ("a: 1\nb: 2\na: 3\n", "a: 3\nb: 2\n"),
        ("? [a, {b: c}]\n: 1\n", "? - value: a\n    line: 1\n  - value:\n      b: c\n    line: 1\n: 1\n"),
        ("? {a: [b]}\n: 1\n", "? a:\n  - value: b\n    line: 1\n: 1\n"),
        ("y: 1\nn: 2\n~: 3\n1: 4\n1.5: 5\n", "true: 1\nfalse: 2\nnull: 3\n1: 4\n1.5: 5\n"),
        ("{a, b: , ? c : d, e: f}\n", "a: null\nb: null\nc: d\ne: f\n"),
        ("[a: b, ? c, c : d]\n", "- a: b\n- c: null\n- c: d\n"),
        ("- - a\n  - b\n-\n  c: d\n", "- - a\n  - b\n- c: d\n"),
        ("a:\n- b\n- c:\n  - d\n", "a:\n- b\n- c:\n  - d\n"),
        ("a: b\n  c\n\n  d\n", "a: |-\n  b c\n  d\n"),
        ("a: \"b\n  c\\\n  d\n\n  e\"\n", "a: |-\n  b cd\n  e\n"),
        ("a: 'it''s\n  b'\n", "a: it's b\n"),
        ("a: >\n  b\n  c\n\n   d\n  e\n", "a: |\n  b c\n\n   d\n  e\n"),
        ("a: |2-\n   b\n\n\n", "a: ' b'\n"),
        ("a: |+\n  b\n\n", "a: |+\n  b\n\n"),
        ("a: >+\n\n  b\n\n\n", "a: |2+\n\n  b\n\n\n"),
        ("a:\r\n  b: c\r\n", "a:\n  b: c\n"),
        (
            "a: !!str 1\nb: !!int \"5\"\nc: !!float 1\nd: !t 2\ne: !!binary aGk=\nf: !!set {g}\nh: ! 1\n",
            "a: \"1\"\nb: 5\nc: 1\nd: \"2\"\ne: hi\nf:\n  g: null\nh: \"1\"\n",
        ),
        ("%TAG !e! tag:yaml.org,2002:\n---\na: !e!str 1\n", "a: \"1\"\n"),
        ("a: \"\\U0001F600\\x41\\u00e9\\t\"\n", "a: \"\\U0001F600Aé\\t\"\n"),
        ("\u{feff}a: 1\n", "\"\\uFEFF\\x61\": 1\n"),
        ("a: b#c #d\n", "a: b#c\n"),
        ("{\"a\":1}\n", "a: 1\n"),
        ("a: [b\n,c]\n", "a:\n- b\n- c\n"),
        ("a: !!binary AAECgP8=\n", "a: !!binary AAECgP8=\n"),
        ("- {}\n- []\n- \"\"\n- null\n", "- {}\n- []\n- \"\"\n- null\n"),
        ("x: [{}]\n", "x:\n- {}\n"),
    ];
    for (text, expected) in cases {
        let mut documents = parse(text.as_bytes(), 0, &ParseOptions::default()).unwrap();
        keep_last_of_repeated_keys(&mut documents);
        assert_eq!(print_documents(&documents), *expected, "{text:?}");
    }
}

/// The tree as the reference's `--debug` shows it.
fn show(documents: &DocumentSet) -> String {
    let mut out = format!("{}: docset\n", place(documents.pos));
    for document in &documents.items {
        writeln!(out, "    {}: doc", place(document.pos)).unwrap();
        show_comments(&mut out, &document.notes, "    ");
        show_node(&mut out, &document.value, "        ");
    }
    out
}

fn place(pos: Pos) -> String {
    if pos.is_known() { format!("{:4}", pos.line) } else { "????".to_owned() }
}

fn show_comments(out: &mut String, notes: &Notes, indent: &str) {
    for comment in notes.comments() {
        writeln!(out, "{indent}comment: {}: '{}'", place(comment.pos), comment.data).unwrap();
    }
}

fn show_node(out: &mut String, node: &Node, indent: &str) {
    let deeper = format!("{indent}    ");
    match node {
        Node::Map(map) => {
            writeln!(out, "{indent}{}: map", place(map.pos)).unwrap();
            for item in &map.items {
                let key = match &item.key {
                    Node::Str(text) => text.to_string(),
                    Node::Bool(value) => format!("%!s(bool={value})"),
                    key => panic!("{key:?}"),
                };
                writeln!(out, "{indent}{}: key={key}", place(item.pos)).unwrap();
                show_comments(out, &item.notes, indent);
                show_node(out, &item.value, &deeper);
            }
        }
        Node::Array(array) => {
            writeln!(out, "{indent}{}: array", place(array.pos)).unwrap();
            for (index, item) in array.items.iter().enumerate() {
                writeln!(out, "{indent}{}: idx={index}", place(item.pos)).unwrap();
                show_comments(out, &item.notes, indent);
                show_node(out, &item.value, &deeper);
            }
        }
        Node::Null => writeln!(out, "{indent}: <nil>").unwrap(),
        Node::Int(value) => writeln!(out, "{indent}: {value}").unwrap(),
        Node::Str(text) => writeln!(out, "{indent}: {text}").unwrap(),
        node => panic!("{node:?}"),
    }
}

#[test]
fn positions_and_comments() {
    let cases: &[(&str, &str)] = &[
        ("a: 1", "????: docset\n       1: doc\n           1: map\n           1: key=a\n            : 1\n"),
        (
            "# c\na: 1 # d\n# e\nb: # f\n- 1 # g\n# h\n- {x: 1, # i\n   y: 2}\n# j\n",
            "????: docset\n       1: doc\n           1: map\n           2: key=a\n        comment:    1: ' c'\n        comment:    2: ' d'\n            : 1\n           4: key=b\n        comment:    3: ' e'\n        comment:    4: ' f'\n               4: array\n               5: idx=0\n            comment:    5: ' g'\n                : 1\n               7: idx=1\n            comment:    6: ' h'\n                   7: map\n                   7: key=x\n                comment:    7: ' i'\n                    : 1\n                   8: key=%!s(bool=true)\n                    : 2\n    ????: doc\n    comment:    9: ' j'\n        : <nil>\n",
        ),
        (
            "---\n# a\n--- # b\nc: 1\n# d\n---\n",
            "????: docset\n       1: doc\n        : <nil>\n       3: doc\n    comment:    2: ' a'\n    comment:    3: ' b'\n           3: map\n           4: key=c\n            : 1\n       6: doc\n    comment:    5: ' d'\n        : <nil>\n",
        ),
        (
            "base: &b\n  p: 1 #@ x\nc: *b\n",
            "????: docset\n       1: doc\n           1: map\n           1: key=base\n               1: map\n               2: key=p\n                : 1\n           3: key=c\n               3: map\n               2: key=p\n            comment:    2: '@ x'\n                : 1\n",
        ),
        (
            "#a\n\n\n---\nb: [c,\n d, # e\n f]\n",
            "????: docset\n       1: doc\n        : <nil>\n       4: doc\n    comment:    1: 'a'\n           4: map\n           5: key=b\n               5: array\n               5: idx=0\n                : c\n               5: idx=1\n                : d\n               6: idx=2\n            comment:    6: ' e'\n                : f\n",
        ),
        (
            "a: # 1\n  # 2\n  b: # 3\n\n  # 4\nc: 1\n",
            "????: docset\n       1: doc\n           1: map\n           1: key=a\n        comment:    1: ' 1'\n               1: map\n               3: key=b\n            comment:    2: ' 2'\n            comment:    3: ' 3'\n                : <nil>\n           6: key=c\n        comment:    5: ' 4'\n            : 1\n",
        ),
        (
            "--- # 1\n# 2\na\n...\n# 3\n---\n# 4\n",
            "????: docset\n       1: doc\n    comment:    1: ' 1'\n        : a\n       6: doc\n    comment:    2: ' 2'\n    comment:    5: ' 3'\n        : <nil>\n    ????: doc\n    comment:    7: ' 4'\n        : <nil>\n",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(show(&parse(text.as_bytes(), 0, &PLAIN).unwrap()), *expected, "{text:?}");
    }
}

#[test]
fn styles() {
    let text = "a: b\nc: 'd'\ne: \"f\"\ng: |\n  h\ni: >\n  j\nk: [l]\n";
    let documents = parse(text.as_bytes(), 0, &PLAIN).unwrap();
    let Node::Map(map) = &documents.items[0].value else { panic!() };
    use ScalarStyle::{DoubleQuoted, Folded, Literal, Plain, SingleQuoted};
    let styles: Vec<ScalarStyle> = map.items.iter().map(|item| item.notes.style).collect();
    assert_eq!(styles, [Plain, SingleQuoted, DoubleQuoted, Literal, Folded, Plain]);
}

#[test]
fn depth_is_bounded() {
    let nested = |open: &str, close: &str, depth| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")] {
        assert!(parse(nested(open, close, MAX_DEPTH / 4).as_bytes(), 0, &PLAIN).is_ok(), "{open:?}");
        let error = parse(nested(open, close, 100_000).as_bytes(), 0, &PLAIN).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit(Limit::YamlDepth), "{open:?}");
    }
    // Each alias makes the tree deeper than the text is.
    let mut text = "- &a0 1\n".to_owned();
    for index in 0..30 {
        text += &format!("- &a{} {}*a{index}{}\n", index + 1, "[".repeat(50), "]".repeat(50));
    }
    assert_eq!(parse(text.as_bytes(), 0, &PLAIN).unwrap_err().kind(), ErrorKind::Limit(Limit::YamlDepth));
}

#[test]
fn aliases_are_bounded() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for index in 0..30 {
        let alias = format!("*a{index}");
        text += &format!("a{0}: &a{0} [{1}]\n", index + 1, vec![alias; 10].join(", "));
    }
    assert_eq!(parse(text.as_bytes(), 0, &PLAIN).unwrap_err().kind(), ErrorKind::Limit(Limit::YamlAliases));
}
