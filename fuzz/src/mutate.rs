//! Changes inputs by lines, tokens and expressions, so that more of them get past the parser than with
//! changed bytes alone.

use libfuzzer_sys::fuzzer_mutate;

use crate::{NamedFile, join, split};

/// A small generator of pseudo-random numbers (xorshift64).
pub struct Random(u64);

impl Random {
    /// The numbers that follow from a seed.
    pub fn new(seed: u32) -> Random {
        Random((u64::from(seed) << 20) ^ 0x9e37_79b9_7f4a_7c15)
    }

    /// A number below `bound`, 0 if that is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap_or(0)
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const NAMES: &[&str] = &["a", "b", "c", "x", "f", "data", "values"];
const SCALARS: &[&str] = &[
    "0", "1", "-1", "7", "1.5", "-0.0", "1e6", "0x1f", "0o17", "True", "False", "None", "\"\"", "\"a\"",
    "'b c'", "\"é😀\"", "\"\\n\"", "[]", "{}", "()", "set([1])", "9223372036854775807", "r\"\\d\"",
];
const BINARY: &[&str] = &[
    "+", "-", "*", "/", "//", "%", "|", "&", "^", "<<", ">>", "==", "!=", "<", ">=", " in ", " not in ",
    " and ", " or ",
];
const FUNCTIONS: &[&str] = &[
    "len", "str", "int", "float", "bool", "list", "dict", "tuple", "set", "sorted", "reversed", "repr", "type",
    "enumerate", "zip", "any", "all", "min", "max", "range", "hash", "chr", "ord", "dir", "fail", "print",
    "struct.make", "struct.encode", "struct.decode", "json.encode", "json.decode", "yaml.encode", "yaml.decode",
    "base64.encode", "base64.decode", "md5.sum", "sha256.sum", "toml.encode", "url.parse", "url.path_segment_encode",
    "regexp.match", "regexp.replace", "template.replace", "overlay.apply", "overlay.subset", "overlay.index",
    "overlay.map_key", "assert.equals", "assert.try_to", "math.sqrt", "math.pow", "ip.parse_addr", "f",
];
const METHODS: &[&str] = &[
    "format", "join", "split", "strip", "replace", "find", "rfind", "index", "count", "upper", "title", "elems",
    "codepoints", "splitlines", "partition", "startswith", "append", "extend", "insert", "pop", "remove", "keys",
    "values", "items", "get", "setdefault", "update", "union", "clear", "rsplit", "lstrip", "removeprefix",
];
/// Lines of code, comments and annotations that may stand anywhere.
const LINES: &[&str] = &[
    "#@ load(\"@ytt:data\", \"data\")", "#@ load(\"@ytt:overlay\", \"overlay\")", "#@ load(\"@ytt:struct\", \"struct\")",
    "#@ load(\"@ytt:json\", \"json\")", "#@ load(\"@ytt:yaml\", \"yaml\")", "#@ load(\"@ytt:template\", \"template\")",
    "#@ load(\"@ytt:assert\", \"assert\")", "#@ load(\"@ytt:regexp\", \"regexp\")", "#@ load(\"@ytt:url\", \"url\")",
    "#@ load(\"@ytt:toml\", \"toml\")", "#@ load(\"@ytt:math\", \"math\")", "#@ load(\"@ytt:library\", \"library\")",
    "#@ load(\"@ytt:base64\", \"base64\")", "#@ load(\"@ytt:md5\", \"md5\")", "#@ load(\"@ytt:ip\", \"ip\")",
    "#@ load(\"lib.star\", \"f\")", "#@ load(\"config.yml\", \"f\")",
    "#@ end", "#@ if True:", "#@ if False:", "#@ else:", "#@ elif a:", "#@ for a in [1, 2]:", "#@ for a, b in x:",
    "#@ def f(a, b=1, *c):", "#@ def f():", "#@ return a", "#@ break", "#@ continue", "#@ if/end True:",
    "#@ for/end b in range(3):", "#@ def/end f(a):", "#! comment", "# comment", "---", "--- #@ a", "...",
    "#@data/values", "#@data/values-schema", "#@library/name \"a\"", "#@library/ref \"@a\"",
    "#@yaml/text-templated-strings", "#@yaml/map-key-override", "#@template/code a = 1", "#@template/value 1",
    "#@overlay/match-child-defaults missing_ok=True", "#@overlay/match by=overlay.all",
    "#@overlay/match by=overlay.all, expects=\"0+\"", "#@overlay/match by=\"a\"", "#@overlay/match missing_ok=True",
    "#@overlay/match by=overlay.subset({\"a\": 1})", "#@overlay/match by=overlay.index(0)", "#@overlay/match expects=0",
    "#@overlay/match by=lambda i, l, r: True, expects=[1, \"2+\", lambda x: True]", "#@overlay/match when=1",
    "#@overlay/match by=overlay.not_op(overlay.index(0))", "#@overlay/match by=overlay.or_op(overlay.all)",
    "#@overlay/merge", "#@overlay/remove", "#@overlay/replace", "#@overlay/replace via=lambda l, r: r",
    "#@overlay/replace or_add=True", "#@overlay/insert before=True", "#@overlay/insert after=True", "#@overlay/append",
    "#@overlay/assert", "#@overlay/assert via=lambda l, r: True", "#@overlay/assert via=lambda l, r: (False, \"no\")",
    "#@schema/nullable", "#@schema/type any=True", "#@schema/type any=False", "#@schema/default 1",
    "#@schema/default [{}]", "#@schema/title \"a\"", "#@schema/desc \"b\"", "#@schema/deprecated \"\"",
    "#@schema/examples (\"a\", 1)", "#@schema/validation min=1", "#@schema/validation max=2, min_len=1",
    "#@schema/validation one_not_null=[\"a\", \"b\"]", "#@schema/validation one_of=[1, \"a\"]",
    "#@schema/validation not_null=True", "#@schema/validation (\"a\", lambda v: v > 1), when=lambda v: True",
    "#@schema/validation format=\"ip\"", "#@schema/validation max_len=3",
    "#@assert/validate min=1", "#@assert/validate (\"a\", lambda v: v)", "#@assert/validate not_null=True",
];
/// Beginnings of YAML nodes.
const NODES: &[&str] = &[
    "a:", "b:", "- ", "- a:", "a: 1", "- 1", "? ", ": ", "<<: *a", "a: &a", "a: *a", "a: |", "b: >-", "a: []",
    "b: {}", "a: {b: 1, c: [2]}", "a: !!binary aGk=", "a: ~", "y: 1", "'a': \"b\"", "a: (@= 1 @)", "1: 2", "- - b",
];

/// An expression of the dialect.
fn expression(random: &mut Random, depth: usize) -> String {
    let inner = |random: &mut Random| expression(random, depth - 1);
    match if depth == 0 { random.below(3) } else { random.below(20) } {
        0 => random.pick(NAMES).to_owned(),
        1 | 2 => random.pick(SCALARS).to_owned(),
        3 => format!("[{}, {}]", inner(random), inner(random)),
        4 => format!("({}, {})", inner(random), inner(random)),
        5 => format!("{{{}: {}}}", inner(random), inner(random)),
        6 => format!("[{} for a in {}]", inner(random), inner(random)),
        7 => format!("{{{}: a for a in {} if {}}}", inner(random), inner(random), inner(random)),
        8 => format!("{} if {} else {}", inner(random), inner(random), inner(random)),
        9 => format!("(lambda a, *b, **c: {})({})", inner(random), inner(random)),
        10 => format!("{}[{}]", inner(random), inner(random)),
        11 => format!("{}[{}:{}:{}]", inner(random), inner(random), inner(random), inner(random)),
        12 => format!("{}.{}({})", inner(random), random.pick(METHODS), inner(random)),
        13 => format!("{}.{}({}, {})", inner(random), random.pick(METHODS), inner(random), inner(random)),
        14 => format!("{}({}, {})", random.pick(FUNCTIONS), inner(random), inner(random)),
        15 => format!("\"%s%d%r%g%x%%\" % {}", inner(random)),
        16 => format!("not -{}", inner(random)),
        17 => format!("{}(a={})", random.pick(FUNCTIONS), inner(random)),
        18 => format!("{}({})", random.pick(FUNCTIONS), inner(random)),
        _ => format!("{} {} {}", inner(random), random.pick(BINARY), inner(random)),
    }
}

/// A line with its line break, indented by up to three levels.
fn line(random: &mut Random) -> String {
    let content = match random.below(6) {
        0 | 1 => random.pick(LINES).to_owned(),
        2 => random.pick(NODES).to_owned(),
        3 => format!("#@ {} = {}", random.pick(NAMES), expression(random, 2)),
        4 => format!("{} #@ {}", random.pick(NODES), expression(random, 3)),
        _ => format!("a{}: \"(@= {} @)\"", random.below(4), expression(random, 2)),
    };
    format!("{}{content}\n", "  ".repeat(random.below(3)))
}

/// Changes one file by whole lines or by what stands behind `#@`.
fn change(content: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = content.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let at = random.below(lines.len() + 1);
    let end = (at + 1 + random.below(4)).min(lines.len());
    match random.below(9) {
        0 | 1 => lines.insert(at, line(random).into_bytes()),
        2 => drop(lines.drain(at.min(end)..end)),
        3 => {
            let copied = lines[at.min(end)..end].to_vec();
            let to = random.below(lines.len() + 1);
            lines.splice(to..to, copied);
        }
        4 => {
            let others: Vec<Vec<u8>> = other.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            let from = random.below(others.len());
            let to = (from + 1 + random.below(6)).min(others.len());
            lines.splice(at..at, others[from.min(to)..to].to_vec());
        }
        5 => lines[at.min(end)..end].iter_mut().for_each(|line| drop(line.splice(0..0, *b"  "))),
        6 => {
            for line in &mut lines[at.min(end)..end] {
                let indent = line.iter().take_while(|byte| **byte == b' ').count().min(2);
                line.drain(..indent);
            }
        }
        7 if at + 1 < lines.len() => lines.swap(at, at + 1),
        _ => {
            if let Some(line) = lines.get_mut(at) {
                let code = line.windows(3).position(|window| window == b"#@ " || window == b"@= ");
                let behind = code.map_or_else(|| random.below(line.len()), |code| code + 3);
                line.truncate(behind);
                line.extend_from_slice(expression(random, 3).as_bytes());
                line.push(b'\n');
            }
        }
    }
    lines.concat()
}

/// Changes an input of several files in place and gives its new length.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32, first: &str) -> usize {
    let mut random = Random::new(seed);
    if random.below(2) == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut files: Vec<NamedFile> = split(&data[..size], first);
    for _ in 0..=random.below(3) {
        let other = files[random.below(files.len())].1.clone();
        let index = random.below(files.len());
        let (_, content) = &mut files[index];
        *content = change(content, &other, &mut random);
    }
    let input = join(&files);
    let length = input.len().min(max_size).min(data.len());
    data[..length].copy_from_slice(&input[..length]);
    length
}
