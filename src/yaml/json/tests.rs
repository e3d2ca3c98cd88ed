//! Expected values are what the reference printed.
#![allow(clippy::unwrap_used, clippy::panic)] // Tests may fail loudly.

use super::{decode, encode, print_documents, read};
use crate::ErrorKind;
use crate::limits::Limit;
use crate::yaml::{MAX_DEPTH, ParseOptions, parse, print_value};

#[test]
fn encoding() {
    // The text, encoded in one line with escapes for HTML, and indented by 2 without them.
    let cases = [
        (
            "{\"b\":1,\"a\":[true,false,null,\"x\"]}",
            "{\"a\":[true,false,null,\"x\"],\"b\":1}",
            "{\n  \"a\": [\n    true,\n    false,\n    null,\n    \"x\"\n  ],\n  \"b\": 1\n}",
        ),
        ("[]", "[]", "[]"),
        ("{}", "{}", "{}"),
        ("[{},[]]", "[{},[]]", "[\n  {},\n  []\n]"),
        (
            "\"<&>\\u2028\\u0001\\n\\t\\r\\b\\f\\\"\\\\\"",
            "\"\\u003c\\u0026\\u003e\\u2028\\u0001\\n\\t\\r\\u0008\\u000c\\\"\\\\\"",
            "\"<&>\\u2028\\u0001\\n\\t\\r\\u0008\\u000c\\\"\\\\\"",
        ),
        (
            "[1.5,1e21,1e20,1e-6,1e-7,-0,123456789012345680000,683215425689265.2]",
            "[1.5,1e+21,100000000000000000000,0.000001,1e-7,-0,123456789012345680000,683215425689265.2]",
            "[\n  1.5,\n  1e+21,\n  100000000000000000000,\n  0.000001,\n  1e-7,\n  -0,\n  123456789012345680000,\n  683215425689265.2\n]",
        ),
    ];
    for (text, line, indented) in cases {
        let value = decode(text.as_bytes()).unwrap();
        assert_eq!(encode(&value, 0, true).unwrap(), line);
        assert_eq!(encode(&value, 2, false).unwrap(), indented);
    }
}

#[test]
fn documents() {
    let documents = |text: &str| parse(text.as_bytes(), 0, &ParseOptions::default()).unwrap();
    let text = "b: 1\na: x\n---\n--- 9223372036854775808\n--- [.nan]\n--- {}\n--- !!binary /w==\n";
    let expected = r#"{"a":"x","b":1}9223372036854775808"\ufffd""#;
    assert_eq!(print_documents(&documents(text)).unwrap(), expected);
    assert_eq!(print_documents(&documents("1: 2")).unwrap_err().to_string(), "Expected key to be string");
    let infinite = &documents("-.inf").items[0].value;
    assert_eq!(encode(infinite, 0, true).unwrap_err().to_string(), "json: unsupported value: -Inf");
}

#[test]
fn decoding() {
    let cases = [
        ("{\"b\":1,\"a\":[true,false,null,\"x\"]}", "a:\n- true\n- false\n- null\n- x\nb: 1\n"),
        ("{\"a\":1,\"b\":2,\"a\":3}", "a: 3\nb: 2\n"),
        ("123456789012345678901", "1.2345678901234568e+20\n"),
        ("\"\\ud83d\\ude00\\ud83d\\u0041\\/\"", "\"\\U0001F600�A/\"\n"),
        (" [ 1 , 2 ] ", "- 1\n- 2\n"),
    ];
    for (text, expected) in cases {
        assert_eq!(print_value(&decode(text.as_bytes()).unwrap()), expected, "{text:?}");
    }
}

#[test]
fn reading_keeps_whole_numbers_and_order() {
    let value = read(br#"{"b": 1, "a": 18446744073709551615, "b": 1e3, "c": 1.0}"#).unwrap();
    assert_eq!(print_value(&value), "b: 1000\na: 18446744073709551615\nc: 1\n");
    assert_eq!(encode(&read(b"9007199254740993").unwrap(), 0, true).unwrap(), "9007199254740993");
}

#[test]
fn malformed_text() {
    let cases = [
        ("", "unexpected end of JSON input"),
        ("{", "unexpected end of JSON input"),
        ("{\"a\"", "unexpected end of JSON input"),
        ("{\"a\":", "unexpected end of JSON input"),
        ("{\"a\":1", "unexpected end of JSON input"),
        ("{\"a\":1,", "unexpected end of JSON input"),
        ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string"),
        ("{a:1}", "invalid character 'a' looking for beginning of object key string"),
        ("{\"a\" 1}", "invalid character '1' after object key"),
        ("{\"a\":1 2}", "invalid character '2' after object key:value pair"),
        ("[1 2]", "invalid character '2' after array element"),
        ("[1,]", "invalid character ']' looking for beginning of value"),
        ("[", "unexpected end of JSON input"),
        ("tru", "invalid character ' ' in literal true (expecting 'e')"),
        ("trux", "invalid character 'x' in literal true (expecting 'e')"),
        ("nulL", "invalid character 'L' in literal null (expecting 'l')"),
        ("1 2", "invalid character '2' after top-level value"),
        ("-", "invalid character ' ' in numeric literal"),
        ("-a", "invalid character 'a' in numeric literal"),
        ("1.", "invalid character ' ' after decimal point in numeric literal"),
        ("1.x", "invalid character 'x' after decimal point in numeric literal"),
        ("1e", "invalid character ' ' in exponent of numeric literal"),
        ("1e+x", "invalid character 'x' in exponent of numeric literal"),
        ("01", "invalid character '1' after top-level value"),
        ("\"a", "unexpected end of JSON input"),
        ("\"\\x\"", "invalid character 'x' in string escape code"),
        ("\"\\u12x\"", "invalid character 'x' in \\u hexadecimal character escape"),
        ("\"a\nb\"", "invalid character '\\n' in string literal"),
        ("x", "invalid character 'x' looking for beginning of value"),
        ("'", "invalid character '\\'' looking for beginning of value"),
        ("é", "invalid character 'Ã' looking for beginning of value"),
        ("1e999", "json: cannot unmarshal number 1e999 into Go value of type float64"),
        ("[1e999,x]", "invalid character 'x' looking for beginning of value"),
        ("\"\\", "invalid character ' ' in string escape code"),
    ];
    for (text, expected) in cases {
        assert_eq!(decode(text.as_bytes()).unwrap_err().to_string(), expected, "{text:?}");
    }
    let deep = "[".repeat(MAX_DEPTH * 100);
    assert_eq!(decode(deep.as_bytes()).unwrap_err().kind(), ErrorKind::Limit(Limit::YamlDepth));
}
