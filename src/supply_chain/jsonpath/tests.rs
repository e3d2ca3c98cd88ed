//! Paths and expressions against what the reference's library made of them.

#![allow(clippy::unwrap_used)] // Tests may fail loudly.

use super::{EvalError, Expression, FindError, Path, PathError, Trouble, wrap};
use crate::yaml::{Array, ArrayItem, Node, json};

const OBJECT: &str = r##"{"a":{"b":{"c":1},"l":[1,2,3,4,5],"s":"text","t":true,"n":null,"f":1.5,"i":3},"items":[{"n":"x","v":1,"w":1,"t":[1]},{"n":"y","v":2,"w":1,"t":[]},{"n":"z","v":3,"s":"q'q"}],"k":{"a.b/c":"dots","with space":"space","*":"star","":"empty"},"nul":[null,{"v":1}],"mixed":[{"v":1.5},{"v":"1"}],"one":[{"v":7}],"e":[],"0":"zero","true":"yes"}"##;

const CASES: &[(&str, &str)] = &[
    ("a.l[0]", "[1]"),
    ("a.l[-1]", "[5]"),
    ("a.l[]", "[1]"),
    ("a.l[5]", "! array index out of bounds: index 5, length 5"),
    ("a.l[-6]", "! array index out of bounds: index -1, length 5"),
    ("a.l[-]", "? array index - is not a number"),
    ("a.l[+1]", "? invalid array index +1"),
    ("a.l[1:2]", "[2]"),
    ("a.l[4:]", "[5]"),
    ("a.l[:1]", "[1]"),
    ("a.l[-1:]", "[5]"),
    ("a.l[:-4]", "[1]"),
    ("a.l[2:2]", "[]"),
    ("a.l[3:1]", "! starting index 3 is greater than ending index 1"),
    ("a.l[0:6]", "! array index out of bounds: index 5, length 5"),
    ("a.l[0:5:5]", "[1]"),
    ("a.l[::0]", "! step must be > 0"),
    ("a.l[::-1]", "! step must be > 0"),
    ("a.l[0:1:0]", "! step must be > 0"),
    ("a.l[::5]", "[1]"),
    ("a.l[1:2:3:4]", "? invalid array index 1:2:3:4"),
    ("a.l[a]", "? invalid array index a"),
    ("a.l[ 0]", "? invalid array index  0"),
    ("a.l[99999999999999999999]", "? array index 99999999999999999999 is not a number"),
    ("a.l[9223372036854775807]", "! array index out of bounds: index 9223372036854775807, length 5"),
    ("a.l[0,0]", "[1,1]"),
    ("a.l[9,0]", "! array index out of bounds: index 9, length 5"),
    ("a.l[ 1 , 1 ]", "[2,2]"),
    ("a.l[*,0]", "[1,2,3,4,5,1]"),
    ("a.l[0", "? unterminated array"),
    ("a['b'].c", "[1]"),
    ("a['b.c']", "[1]"),
    (r##"a['b\.c']"##, "[]"),
    (r##"k['a\.b/c']"##, r##"["dots"]"##),
    (r##"k.a\.b/c"##, r##"["dots"]"##),
    ("k['with space']", "! unrecognized identifier space"),
    (r##"k['with\ space']"##, r##"["space"]"##),
    (r##"k.with\ space"##, r##"["space"]"##),
    ("k['*']", r##"["empty","star","dots","space"]"##),
    (r##"k['\*']"##, r##"["star"]"##),
    ("k['']", r##"["empty"]"##),
    (r##"k[""]"##, r##"? invalid array index """##),
    ("k['a'b']", "? invalid array index 'a'b'"),
    ("k[a]", "? invalid array index a"),
    ("k.", r##"["empty"]"##),
    (
        "k..",
        r##"[{"":"empty","*":"star","a.b/c":"dots","with space":"space"},"empty","star","dots","space"]"##,
    ),
    ("a.b.c.", "[]"),
    ("a[b]", "? invalid array index b"),
    ("a['b','s']", r##"[{"c":1},"text"]"##),
    ("a['b','zz']", r##"[{"c":1}]"##),
    (r##"a["b"]"##, r##"? invalid array index "b""##),
    ("a..c", "[1]"),
    ("..c", "[1]"),
    ("a...c", "[1]"),
    ("a.. .c", "[1]"),
    ("a..*", "? unrecognized character in action: U+002A '*'"),
    (
        "..",
        r##"[{"0":"zero","a":{"b":{"c":1},"f":1.5,"i":3,"l":[1,2,3,4,5],"n":null,"s":"text","t":true},"e":[],"items":[{"n":"x","t":[1],"v":1,"w":1},{"n":"y","t":[],"v":2,"w":1},{"n":"z","s":"q'q","v":3}],"k":{"":"empty","*":"star","a.b/c":"dots","with space":"space"},"mixed":[{"v":1.5},{"v":"1"}],"nul":[null,{"v":1}],"one":[{"v":7}],"true":"yes"},"zero",{"b":{"c":1},"f":1.5,"i":3,"l":[1,2,3,4,5],"n":null,"s":"text","t":true},{"c":1},[1,2,3,4,5],"text",[{"n":"x","t":[1],"v":1,"w":1},{"n":"y","t":[],"v":2,"w":1},{"n":"z","s":"q'q","v":3}],{"n":"x","t":[1],"v":1,"w":1},"x",[1],{"n":"y","t":[],"v":2,"w":1},"y",{"n":"z","s":"q'q","v":3},"z","q'q",{"":"empty","*":"star","a.b/c":"dots","with space":"space"},"empty","star","dots","space",[{"v":1.5},{"v":"1"}],{"v":1.5},{"v":"1"},"1",[null,{"v":1}],{"v":1},[{"v":7}],{"v":7},"yes"]"##,
    ),
    ("a.b..", r##"[{"c":1}]"##),
    ("e..", "[]"),
    ("items..n", r##"["x","y","z"]"##),
    ("..[0]", "! map[string]interface {} is not array or slice"),
    ("*.b.c", "[1]"),
    ("a.*", r##"[{"c":1},1.5,3,[1,2,3,4,5],null,"text",true]"##),
    ("a.b.*", "[1]"),
    ("a.s.*", "[116,101,120,116]"),
    ("e.*", "[]"),
    ("a.n.*", "[]"),
    ("items[?(@.v==2)].n", r##"["y"]"##),
    ("items[?(@.v == 2)].n", r##"["y"]"##),
    ("items[?( @.v==2 )].n", r##"["y"]"##),
    ("items[?(@.v!=2)].n", r##"["x","z"]"##),
    ("items[?(@.v>2)].n", r##"["z"]"##),
    ("items[?(@.v>=3)].n", r##"["z"]"##),
    ("items[?(@.v<2)].n", r##"["x"]"##),
    ("items[?(@.v<=1)].n", r##"["x"]"##),
    ("items[?(@.v===2)].n", "! unrecognized filter operator ==="),
    ("items[?(@.v=2)].n", "! unrecognized filter operator ="),
    ("items[?(@.v=!2)].n", "! unrecognized filter operator =!"),
    ("items[?(@.v<>2)].n", "! unrecognized filter operator <>"),
    ("items[?(@.v==)].n", "? unrecognized character in action: U+003D '='"),
    ("items[?(==2)].n", "? unrecognized character in action: U+003D '='"),
    ("items[?(@.v==2.0)].n", "! incompatible types for comparison"),
    (r##"items[?(@.v=="2")].n"##, "! incompatible types for comparison"),
    (r##"items[?(@.n=="y")].v"##, "[2]"),
    ("items[?(@.n=='y')].v", "[2]"),
    ("items[?(@.n==y)].v", "! unrecognized identifier y"),
    (r##"items[?(@.n=="y)].v"##, "? unterminated filter"),
    (r##"items[?(@.n=="y"].v"##, "? unterminated filter"),
    (r##"items[?(@.n=="y")"##, "? unclosed array expect ]"),
    (r##"items[?(@.n==")")].v"##, "[]"),
    (r##"items[?(@.s=="q'q")].v"##, "[3]"),
    (r##"items[?(@.s=='q\'q')].v"##, "[3]"),
    (r##"items[?(@.n=="\x7a")].v"##, "[3]"),
    (r##"items[?(@.n=="\u007a")].v"##, "[3]"),
    (r##"items[?(@.n=="\172")].v"##, "[3]"),
    (r##"items[?(@.n=="\z")].v"##, r##"? unquote string "\z" error invalid syntax"##),
    (r##"items[?(@.n>"y")].v"##, "[3]"),
    ("items[?(@.t)].n", r##"["x","y"]"##),
    ("items[?(@.s)].n", r##"["z"]"##),
    ("items[?(@.t[0])].n", r##"["x","y"]"##),
    ("items[?(@.t[5])].n", r##"["x","y"]"##),
    ("items[?(@.zz[0])].n", "[]"),
    ("items[?(@.v[0])].n", r##"["x","y","z"]"##),
    ("items[?(@.v==@.w)].n", r##"["x"]"##),
    ("items[?(@.w==@.v)].n", r##"["x"]"##),
    ("items[?(@.zz==1)].n", "[]"),
    ("items[?(@.v==@.zz)].n", "[]"),
    ("items[?(@.*==1)].n", "! can only compare one element at a time"),
    ("items[?(1==@.*)].n", "! can only compare one element at a time"),
    ("items[?(@==1)].n", "! invalid type for comparison"),
    ("items[?(@.v==true)].n", "! incompatible types for comparison"),
    ("items[?(true)].n", r##"["x","y","z"]"##),
    ("items[?(2==@.v)].n", r##"["y"]"##),
    ("items[?(-1<@.v)].n", r##"["x","y","z"]"##),
    ("items[?(@.v==1.2.3)].n", "? cannot parse number 1.2.3"),
    ("items[?(@.v==+2)].n", r##"["y"]"##),
    ("items[?()].n", r##"["x","y","z"]"##),
    ("items[?(.v==2)].n", r##"["y"]"##),
    ("items[?($.v==2)].n", r##"["y"]"##),
    ("items[?(@['v']==2)].n", r##"["y"]"##),
    ("items[?(@.v==2)][?(@.n)]", "! map[n:y t:[] v:2 w:1] is not array or slice and cannot be filtered"),
    ("items[?(end)].n", "[]"),
    ("items[?(x==1)].n", "! unrecognized identifier x"),
    (
        "a[?(@.b)]",
        "! map[b:map[c:1] f:1.5 i:3 l:[1 2 3 4 5] n:<nil> s:text t:true] is not array or slice and cannot be filtered",
    ),
    ("a.s[?(@.b)]", "! text is not array or slice and cannot be filtered"),
    ("a.n[?(@.b)]", "! <nil> is not array or slice and cannot be filtered"),
    ("a.f[?(@)]", "! 1.5 is not array or slice and cannot be filtered"),
    ("a.zz[?(@.b)]", "[]"),
    ("nul[?(@.v)].v", "[1]"),
    ("nul[?(@.v==1)].v", "[1]"),
    ("nul[0]", "[null]"),
    ("nul[0].v", "[]"),
    ("nul[*].v", "[1]"),
    ("mixed[?(@.v==1.5)].v", "! incompatible types for comparison"),
    (r##"mixed[?(@.v=="1")].v"##, "! incompatible types for comparison"),
    ("a.l[?(@==3)]", "[3]"),
    ("a.l[?(@>4)]", "[5]"),
    (r##"a.l[?(@<"x")]"##, "! incompatible types for comparison"),
    ("items[?(@.t==1)].n", "! invalid type for comparison"),
    ("e[?(@.v==1)]", "[]"),
    ("e[0]", "! array index out of bounds: index 0, length 0"),
    ("e[*]", "[]"),
    ("e[-1]", "! array index out of bounds: index -1, length 0"),
    ("e[0:0]", "[]"),
    ("e[:]", "[]"),
    ("a.b.c}x", "more queries than expected: "),
    ("a.b.c}{", "more queries than expected: "),
    ("a.b.c}{.a.b.c", "more queries than expected: "),
    ("one[*] range}{.v}{end", "[7]"),
    ("one[*] range}{.v}", "more queries than expected: "),
    ("items[*] range}{.n}{end", "more queries than expected: "),
    ("one[*] range}{.zz}{end", "[]"),
    ("a end", "! not in range, nothing to end"),
    ("range", "[]"),
    ("a.range", "[]"),
    ("a foo", "! unrecognized identifier foo"),
    ("a true", "[true]"),
    ("a 1", "[1]"),
    ("a 1.5", "[1.5]"),
    (r##"a "x""##, r##"["x"]"##),
    ("a 'x'", r##"["x"]"##),
    (r##"a "x"##, "? unterminated quoted string"),
    ("a @.b.c", "[1]"),
    ("a $.b.c", "[1]"),
    ("a -", "? cannot parse number -"),
    ("a 1.", "[1]"),
    ("a .b .c", "[1]"),
    ("a+b", "[]"),
    ("a\t.b", "? unrecognized character in action: U+0009"),
    ("a!", "[]"),
    ("a,", "? unrecognized character in action: U+002C ','"),
    ("a]", "? unrecognized character in action: U+005D ']'"),
    ("a(", "[]"),
    ("a#", "[]"),
    ("{.a}{.b}", "more queries than expected: "),
    ("{.a.b.c}", "[1]"),
    (".{a", "? unrecognized character in action: U+007B '{'"),
    ("a{b}", "? unrecognized character in action: U+007B '{'"),
    ("zz 1", "[]"),
    (r##"zz "t""##, r##"["t"]"##),
    ("0", r##"["zero"]"##),
    ("true", r##"["yes"]"##),
    (".0", r##"["zero"]"##),
    ("-", "[]"),
    ("-1", "[]"),
];

/// What came out: values, `?` and why the text does not parse, or `!` and why it cannot be evaluated.
#[test]
fn finds_what_the_reference_finds() {
    let object = json::read(OBJECT.as_bytes()).unwrap();
    let mut wrong = Vec::new();
    for (path, expected) in CASES {
        let found = match Expression::parse(&wrap(path)) {
            Err(error) => format!("? {error}"),
            Ok(expression) => match expression.find(&object) {
                Ok(values) => show(values),
                Err(FindError::Trouble(trouble)) => format!("! {trouble}"),
                Err(error) => error.to_string(),
            },
        };
        if found != *expected && !(expected.starts_with("more queries") && found.starts_with(expected)) {
            wrong.push(format!("{path}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn show(values: Vec<Node>) -> String {
    let items = values.into_iter().map(|value| ArrayItem { value, ..ArrayItem::default() }).collect();
    json::encode(&Node::Array(Array { items, ..Array::default() }.into()), 0, false).unwrap()
}

/// The errors that callers tell apart.
#[test]
fn errors_have_types() {
    let object = json::read(OBJECT.as_bytes()).unwrap();
    let evaluate = |path: &str| super::evaluate(path, &object);
    assert_eq!(evaluate(""), Err(EvalError::Path(PathError::Empty)));
    assert_eq!(evaluate("a.zz"), Err(EvalError::DoesNotExist { path: "a.zz".into() }));
    assert_eq!(evaluate("a.*"), Err(EvalError::TooManyResults { path: "a.*".into() }));
    let trouble = Trouble::OutOfBounds { index: 9, length: 5 };
    assert_eq!(evaluate("a.l[9]"), Err(EvalError::Find(FindError::Trouble(trouble))));
    let text = evaluate("a[").unwrap_err().to_string();
    assert_eq!(text, "evaluate: failed to parse jsonpath '{.a[}': unterminated array");
    let text = evaluate("a.l[9]").unwrap_err().to_string();
    assert_eq!(text, "evaluate: failed to find results: array index out of bounds: index 9, length 5");
    let text = evaluate("a.s}{\"x\"} {1}{.zz").unwrap_err().to_string();
    assert_eq!(
        text,
        "evaluate: more queries than expected: [[<interface {} Value>] [x] [ ] [<int Value>] []]"
    );
}

/// All numbers come back as floats, as from Go's JSON.
#[test]
fn numbers_come_back_as_floats() {
    let object = json::read(br#"{"n": 12345678901234567, "l": [{"v": 1}, 1.5]}"#).unwrap();
    assert_eq!(super::evaluate("n", &object), Ok(Node::Float(12345678901234568.0)));
    let list = super::evaluate("l", &object).unwrap();
    assert_eq!(json::encode(&list, 0, false).unwrap(), r#"[{"v":1},1.5]"#);
    assert_eq!(super::evaluate("l[0].v", &object), Ok(Node::Float(1.0)));
}

/// Neither a path nor an object may use up the stack or run on without end.
#[test]
fn hostile_paths_end() {
    let mut object = Node::Int(1);
    for _ in 0..900 {
        let items = vec![ArrayItem { value: object, ..ArrayItem::default() }; 2];
        object = Node::Array(Array { items, ..Array::default() }.into());
    }
    assert_eq!(Path::compile("a").unwrap().find(&Node::Null), Ok(Vec::new()));
    for path in ["{..}", "{[*]..[*]..}"] {
        let found = Expression::parse(path).unwrap().find(&object);
        assert_eq!(found, Err(FindError::Trouble(Trouble::TooManyValues)), "{path}");
    }
    let nested = (0..20).fold("@".to_owned(), |inner, _| format!("@.x\"[?({inner})]"));
    let unclosed = "[?(@.x\"".repeat(100_000);
    for path in [nested, unclosed, "a[0]".repeat(100_000), "{".repeat(100_000), "a}{".repeat(100_000)] {
        let _ = Expression::parse(&wrap(&path)).map(|expression| expression.find(&Node::Null));
    }
}
