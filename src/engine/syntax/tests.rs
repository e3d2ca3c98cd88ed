//! Errors and trees as the reference has them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::ast::{Expr, Int, Position, Stmt};
use super::{check_first_statement, parse, resolve};

/// Programs that do not parse.
const SYNTAX: &[(&str, &str)] = &[
    ("x = a if b else:\n y\nend", "1:17: unexpected end"),
    ("x = (1,\n2\n)\nx[1:2:3]\nx[::]\nx[:,1]", "6:5: got ',', want primary expression"),
    (r#"load("m",)"#, "1:5: load statement must import at least 1 symbol"),
    (r#"load("m")"#, "1:5: load statement must import at least 1 symbol"),
    (r#"load("m", x)"#, r#"1:13: load operand must be "x" or x="originalname" (want '=' after x)"#),
    (r#"load("m", x=y)"#, r#"1:14: original name of loaded symbol must be quoted: x="originalname""#),
    (r#"load("m", 1)"#, r#"1:12: load operand must be "name" or localname="name" (got int literal)"#),
    ("load(x)", "1:7: first operand of load statement must be a string literal"),
    (r#"load ("a" "b")"#, "1:14: got string literal, want ','"),
    ("[x for x, y, in z]", "1:16: got in, want primary expression"),
    ("[x for x in 1, 2]", "1:15: got ',', want ']', for, or if"),
    ("[x for x in lambda: 1]", "1:19: got lambda, want primary expression"),
    ("[x if y for x in z]", "1:4: conditional expression without else clause"),
    (r#"x = "\xff\400""#, "1:5: invalid escape sequence \\400"),
    (r#"x = "\x1""#, "1:5: truncated escape sequence \\x1"),
    (r#"x = "\xzz""#, "1:5: invalid escape sequence \\xzz"),
    ("x = 1 < 2 < 3", "1:12: < does not associate with < (use parens)"),
    ("x = 1 in 2 not in 3", "1:18: in does not associate with not in (use parens)"),
    ("x = 1 == not 2", "1:13: got not, want primary expression"),
    ("x = 0777", "1:9: obsolete form of octal literal; use 0o777"),
    ("x = 1e", "1:7: invalid float literal"),
    ("x = 1e+", "1:8: invalid float literal"),
    ("x = 1e999", "1:10: invalid float literal"),
    ("x = 0o7777777777777777777777777", "1:5: invalid int literal"),
    ("x = 0b11111111111111111111111111111111111111111111111111111111111111111", "1:5: invalid int literal"),
    ("if a: b\nelif c: d\nelse: e", "2:5: unexpected end"),
    ("if a:\nb\nelse if c:\nend", "3:8: got else, want primary expression"),
    ("if a:\nb\nend else:\nc\nend", "3:10: unexpected end"),
    ("x = end", "1:8: unexpected end"),
    ("x.end", "1:6: unexpected end"),
    ("f(end)", "1:7: unexpected end"),
    ("for x in y:\nend end", "2:8: unexpected end"),
    ("for x.y, z[1] in w: pass", "1:25: use of reserved keyword 'pass' is not allowed"),
    ("x, = 1,", "1:2: unparenthesized tuple with trailing comma"),
    ("\tx = 1\n  y = 2", "2:3: unindent does not match any outer indentation level"),
    ("# a \\\n   x = 1\n  y = 2", "3:3: unindent does not match any outer indentation level"),
    ("# a \\\n   x = 1\n# b \\\n  y", "4:3: unindent does not match any outer indentation level"),
    ("x = 1 \\ ", "1:8: stray backslash in program"),
    ("print(\0)", "1:7: got end of file, want ')'"),
    ("class X: y", "1:6: got illegal token, want primary expression"),
    ("import x", "1:7: got illegal token, want primary expression"),
    ("x is y", "1:5: got illegal token, want newline"),
    ("x = as", "1:7: got illegal token, want primary expression"),
    ("def as(): 1", "1:7: use of reserved keyword 'as' is not allowed (expected identifier)"),
    ("x.class", "1:8: use of reserved keyword 'class' is not allowed (expected identifier)"),
    ("x.not", "1:6: use of reserved keyword 'not' is not allowed (expected identifier)"),
    ("x.in", "1:5: use of reserved keyword 'in' is not allowed (expected identifier)"),
    ("a not b", "1:8: got identifier, want in"),
    ("for x not in y: 1", "1:10: got not, want in"),
    ("x = $", "1:5: unexpected input character '$'"),
    ("x = `", "1:5: unexpected input character '`'"),
    ("x = !a", "1:5: unexpected input character '!'"),
    ("x = \u{a0}", "1:5: unexpected input character '\\u00a0'"),
    ("if x:\ny", "1:6: mismatched set of block openings (if/else/elif/for/def) and closing (end)"),
    ("if x:", "1:6: got end of file, want primary expression"),
    ("if x: y else: z", "1:14: unexpected end"),
    ("def f:", "1:7: got ':', want '('"),
    ("def f(", "1:7: got end of file, want ')'"),
    ("def 1():", "1:6: not an identifier"),
    ("def f(a b): 1", "1:10: got identifier, want ','"),
    ("def f(a=): 1", "1:10: got ')', want primary expression"),
    ("def f(*, **): 1", "1:13: not an identifier"),
    ("def f(**): 1", "1:10: not an identifier"),
    ("def f(*a, b,): 1", "1:14: got ')', want parameter"),
    ("x = (yield)", "1:11: got illegal token, want primary expression"),
    ("@foo", "1:1: unexpected input character '@'"),
    ("x ** y", "1:5: got '**', want newline"),
    ("x = 5 if 6", "1:7: conditional expression without else clause"),
    ("x = 5 if 6 else", "1:16: got end of file, want primary expression"),
    ("x = {a}", "1:8: got '}', want ':'"),
    ("x = {a:}", "1:9: got '}', want primary expression"),
    ("x = {**a}", "1:8: got '**', want primary expression"),
    ("x = [a, b c]", "1:12: got identifier, want ']'"),
    ("x = (a b)", "1:9: got identifier, want ')'"),
    ("x = [a for]", "1:12: got ']', want primary expression"),
    ("x = [a for b]", "1:14: got ']', want in"),
    ("x = [a for b in]", "1:17: got ']', want primary expression"),
    ("x = [a for b in c d]", "1:20: got identifier, want ']', for, or if"),
    ("x = {a: b for c in d e}", "1:23: got identifier, want '}', for, or if"),
    ("]\n", "1:1: unexpected ']'"),
    ("(]", "1:3: got ']', want primary expression"),
    ("x = )", "1:5: unexpected ')'"),
    (";", "1:2: got ';', want primary expression"),
    ("x;;y", "1:4: got ';', want primary expression"),
    ("x = 1;\n\n\n;", "4:2: got ';', want primary expression"),
    ("if x\n  y\nend\n", "2:1: got newline, want ':'"),
    ("for x in y\nend", "2:1: got newline, want ':'"),
    ("def f():\nend\nf(1,\n  2 3)", "4:6: got int literal, want ','"),
    ("x = 'a\nb'", "1:5: unexpected newline in string"),
    ("x = \"\"\"a\n", "1:5: unexpected EOF in string"),
    ("x = 'a", "1:5: unexpected EOF in string"),
    ("x = 08", "1:5: invalid int literal"),
    ("x = 0xg", "1:5: invalid hex literal"),
    ("x = 0o8", "1:7: invalid octal literal"),
    ("x = 0b2", "1:7: invalid binary literal"),
    ("while True:\n x = \"\n\"\nend", "2:6: unexpected newline in string"),
    ("x = 1\nend\n", "3:1: unexpected end"),
    ("x = €", "1:5: unexpected input character '€'"),
    ("x = 😀\u{301}", "1:5: unexpected input character '😀'"),
    ("x = \u{301}", "1:5: unexpected input character '\u{301}'"),
    ("x = \u{7}", "1:5: unexpected input character '\\a'"),
    ("x² = 1", "1:2: unexpected input character '²'"),
    ("Ⅷ = 1", "1:1: unexpected input character 'Ⅷ'"),
];

/// Programs that parse but do not resolve: all errors, in order.
const RESOLVE: &[(&str, &[&str])] = &[
    (
        r#"load("m", "_a", "", b="_c")"#,
        &[
            "1:12: load: names with leading underscores are not exported: _a",
            "1:18: load: empty identifier",
            "1:24: load: names with leading underscores are not exported: _c",
        ],
    ),
    (
        "f(a, *b, **c)\nf(a, *b, c)\nf(*b, a=1, *c, **d, **e, x, *y)",
        &[
            "1:1: undefined: f",
            "1:3: undefined: a",
            "1:7: undefined: b",
            "1:12: undefined: c",
            "2:1: undefined: f",
            "2:3: undefined: a",
            "2:7: undefined: b",
            "2:10: argument may not follow *args",
            "2:10: undefined: c",
            "3:1: undefined: f",
            "3:4: undefined: b",
            "3:12: multiple *args not allowed",
            "3:13: undefined: c",
            "3:18: undefined: d",
            "3:21: multiple **kwargs not allowed",
            "3:23: undefined: e",
            "3:26: argument may not follow *args",
            "3:26: undefined: x",
            "3:29: *args may not follow **kwargs",
            "3:30: undefined: y",
        ],
    ),
    (
        "if a:\nb\nelif c:\nd\nelse:\ne\nend",
        &[
            "1:4: undefined: a",
            "2:1: undefined: b",
            "3:6: undefined: c",
            "4:1: undefined: d",
            "6:1: undefined: e",
        ],
    ),
    ("for x, (y, [z]) in a.b: x; y; break;", &["1:20: undefined: a"]),
    ("x, y = y, x", &["1:8: undefined: y", "1:11: undefined: x"]),
    ("() = 1", &["1:1: can't assign to ()"]),
    ("[] = x", &["1:6: undefined: x", "1:1: can't assign to []"]),
    (
        "x += 1; (a, b) += 2; [a] += 1",
        &[
            "1:10: can't use tuple expression in augmented assignment",
            "1:22: can't use list expression in augmented assignment",
        ],
    ),
    ("f() = 1", &["1:1: can't assign to callexpr"]),
    ("1 = x", &["1:5: undefined: x", "1:1: can't assign to literal"]),
    (r#""a" = x"#, &["1:7: undefined: x", "1:1: can't assign to literal"]),
    ("a + b = c", &["1:9: undefined: c", "1:1: can't assign to binaryexpr"]),
    ("-a = 1", &["1:1: can't assign to unaryexpr"]),
    ("a if b else c = 1", &["1:1: can't assign to condexpr"]),
    ("[x for x in y] = 1", &["1:1: can't assign to comprehension"]),
    ("{} = 1", &["1:1: can't assign to dictexpr"]),
    ("a[1:2] = 3", &["1:1: can't assign to sliceexpr"]),
    ("lambda: 1 = 2", &["1:1: can't assign to lambdaexpr"]),
    ("return 1", &["1:1: return statement not within a function"]),
    ("return", &["1:1: return statement not within a function"]),
    ("def f():\nload(\"a\", \"b\")\nend", &["2:1: load statement within a function"]),
    ("list = list(1)\nlen(x)\nlen = 1\ndef f(): return len\n[len for q in []]", &["2:5: undefined: x"]),
    ("x = [y for y in x for x in y]", &["1:17: undefined: x"]),
    (
        "def f(x):\ndef g(y):\nreturn xx, yy, zz, lenn\nend\nlen\nreturn lenn\nend",
        &["3:8: undefined: xx", "3:12: undefined: yy", "3:16: undefined: zz", "3:20: undefined: lenn"],
    ),
    ("x; y;", &["1:1: undefined: x", "1:4: undefined: y"]),
    (
        "f(a=1, a=2, b)\nf(**k, a=1)",
        &[
            "1:1: undefined: f",
            "1:8: keyword argument a repeated",
            "1:13: positional argument may not follow named",
            "1:13: undefined: b",
            "2:1: undefined: f",
            "2:5: undefined: k",
            "2:8: argument may not follow **kwargs",
        ],
    ),
    ("break", &["1:1: break not in a loop"]),
    ("def f():\ncontinue\nend", &["2:1: continue not in a loop"]),
    ("for x in []:\ndef f():\nbreak\nend\nend", &["0:0: runtime error: index out of range [-1]"]),
    ("nubmer = 1\nnumber = nubner", &["2:10: undefined: nubner (did you mean nubmer?)"]),
    (
        "def f(**k, *, a): 1",
        &["1:12: * parameter may not follow **k", "1:15: required parameter may not follow **k"],
    ),
    ("def f(*, **k): 1", &["1:7: bare * must be followed by keyword-only parameters"]),
    ("def f(*, *, b): 1", &["1:10: multiple * parameters not allowed"]),
    ("def f(a=1, b): 1", &["1:12: required parameter may not follow optional"]),
    ("def f(a, *a): 1", &["1:11: duplicate parameter: a"]),
    ("load('m', 'thing')\nthign", &["2:1: undefined: thign (did you mean thing?)"]),
    (
        "def f(): return aa, bb, aa\n[cc for x in cc]",
        &["2:14: undefined: cc", "1:17: undefined: aa", "1:21: undefined: bb", "2:2: undefined: cc"],
    ),
    ("lenght = 1\nlength", &["2:1: undefined: length (did you mean lenght?)"]),
    ("é = 1\nè", &["2:1: undefined: è"]),
];

fn known(name: &str) -> bool {
    ["True", "len", "list", "print"].contains(&name)
}

#[test]
fn syntax_errors_have_the_reference_texts_and_places() {
    for (source, want) in SYNTAX {
        assert_eq!(parse(*source).unwrap_err().to_string(), *want, "{source}");
    }
}

#[test]
fn all_faults_of_names_and_places_are_reported_in_order() {
    for (source, want) in RESOLVE {
        let errors = resolve(&parse(*source).unwrap(), &|_| false, &known).unwrap_err();
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(errors, *want, "{source}");
    }
}

#[test]
fn literals_have_their_values() {
    let value = |literal: &str| match parse(&format!("x = {literal}")).unwrap().stmts.pop() {
        Some(Stmt::Assign { value, .. }) => value,
        other => panic!("{other:?}"),
    };
    let at = Position { line: 1, col: 5 };
    for (literal, want) in
        [("0", 0), ("00", 0), ("0o17", 15), ("0B101", 5), ("0XfF", 255), ("9223372036854775807", i64::MAX)]
    {
        assert_eq!(value(literal), Expr::Int(Int::Small(want), at), "{literal}");
    }
    for big in ["9223372036854775808", "0xffffffffffffffff"] {
        assert_eq!(value(big), Expr::Int(Int::Big(big.into()), at));
    }
    for (literal, want) in [("08.5", 8.5), ("1.e5", 1e5), (".5e-3", 0.0005), ("1E+5", 1e5), ("1e-999", 0.0)] {
        assert_eq!(value(literal), Expr::Float(want, at), "{literal}");
    }
    for (literal, want) in [
        ("'a\\\nb'", "ab"),
        ("r'\\n\\''", "\\n\\'"),
        ("\"\"\"a\"b\"\"c\\\"\"\"\n\"\"\"", "a\"b\"\"c\"\"\"\n"),
        ("r'''a\r\nb\\\r\n'''", "a\nb\\\n"),
    ] {
        assert_eq!(value(literal), Expr::Str(want.as_bytes().into(), at), "{literal}");
    }
}

#[test]
fn top_level_names_are_told_apart() {
    let source = "list = list(a)\ndef f(): list; len; _g\nload('m', 'b', c='d')\n_g = [a for a in b]\n\
                  for x, (y, b[0]) in b: b = len\nif b: len = 1\nlist = [len for a in []]\nlen";
    let resolved = resolve(&parse(source).unwrap(), &|name| name == "a", &known).unwrap();
    let names = |names: &[Box<str>]| names.join(" ");
    assert_eq!(names(&resolved.globals), "list f _g x y len");
    assert_eq!(names(&resolved.loaded), "b c");
    let mut uses: Vec<Position> = resolved.builtin_uses.into_iter().collect();
    uses.sort();
    assert_eq!(uses, [Position { line: 1, col: 8 }, Position { line: 5, col: 28 }]);
}

#[test]
fn a_first_statement_needs_an_end() {
    for (source, fails) in [
        ("def f():\nend", true),
        ("if x:\nfor y in x:\nend\nend", true),
        ("if x:\nend", true),
        ("if x:\nx\nelse:\nend", false),
        ("if x:\nelse:\nx\nend", false),
        ("x\ndef f():\nend", false),
        ("", false),
    ] {
        assert_eq!(check_first_statement(&parse(source).unwrap()).is_err(), fails, "{source}");
    }
}

#[test]
fn source_may_be_cut_anywhere() {
    let source = "def f(a, *b, c=1.5e3, **d):\n  return {'x': [y for y in a if not y], \"\"\"\\x41\"\"\": a[1:2]}\nend\n\
                  if f(1, *[], **{}) == -0x1f: pass\nelif a: b = lambda: 0o7\nelse:\n\tload('é', \"b\\\\\")\nend";
    for end in 0..=source.len() {
        // Half a letter included: source is bytes.
        let _ = parse(source.as_bytes().get(..end).unwrap());
    }
}
