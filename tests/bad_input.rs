//! Damages templates in thousands of ways: whatever the bytes, the library gives a result or an error that says something.
//!
//! The damage is pseudo-random with a fixed seed, so each run makes the same inputs.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use stampmill::workspace::{File, Request, render};
use stampmill::yaml::print_documents;

/// How many damaged inputs are tried.
const ROUNDS: usize = 10_000;

/// A run that takes longer counts as one without end. No measure of speed: the inputs are small.
const HUNG: Duration = Duration::from_secs(60);

/// Pieces of syntax that are put in at random places.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "#@ ", "#@", "#!", "#@ end\n", "#@ if/end True:\n", "#@ for x in range(3):\n", "#@ def f():\n",
    "#@ load(\"@ytt:data\", \"data\")\n", "#@ load(\"config.yml\", \"x\")\n",
    "#@data/values\n", "#@yaml/text-templated-strings\n", "(@", "@)", "(@= ", "-@)", "---\n", "...\n", "--- ",
    ": ", "- ", "? ", "<<: ", "&a ", "*a", "!!binary ", "!!int ", "!t ", "|\n", ">-\n", "|2+\n", "[", "]",
    "{", "}", "(", ")", ",", "\"", "'", "\"\"\"", "\\", "\\x", "\\u00", "%", "%s", "`", "@", "\t", "\r", "\n",
    "\n\n", "  ", "\u{feff}", "\u{85}", "\u{2028}", "é", "😀", "0x", "1e999", "-9223372036854775808",
    "1 << 100000", "* 1000000000", " // 0", "% 0", "[-1]", "[0]", ".x", "lambda: ", "not ", " if ", " else ",
    "return", "yield", "None", "fail(\"\")", "a = ", "**{}", "*[]",
];

/// A small generator of pseudo-random numbers (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap_or(0)
    }
}

/// The files of one run.
type Files = Vec<(String, Vec<u8>)>;

/// The examples and the inputs of our recorded cases.
fn corpus() -> Vec<Files> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut runs = Vec::new();
    let mut folders = vec![package.join("examples"), package.join("tests/cases")];
    while let Some(folder) = folders.pop() {
        let mut paths: Vec<_> =
            fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
        paths.sort();
        let mut files = Files::new();
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".txtar") {
                runs.push(inputs(&fs::read(&path).expect("a case")));
            } else if !name.ends_with(".md") {
                files.push((name, fs::read(&path).expect("a file")));
            }
        }
        runs.push(files);
    }
    runs.retain(|files| !files.is_empty());
    runs
}

/// The `in/` sections of a case, whatever their encoding.
fn inputs(case: &[u8]) -> Files {
    let text = String::from_utf8_lossy(case);
    let sections = text.split("\n-- ").skip(1).filter_map(|section| section.split_once(" --\n"));
    let inputs = sections.filter_map(|(name, content)| Some((name.strip_prefix("in/")?, content)));
    inputs.map(|(name, content)| (name.to_owned(), format!("{content}\n").into_bytes())).collect()
}

/// Damages one place.
fn damage(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    let end = (at + random.below(24)).min(bytes.len());
    match random.below(8) {
        0 if at < bytes.len() => bytes[at] ^= 1 << random.below(7),
        1 => drop(bytes.drain(at..end)),
        2 => {
            let piece = bytes[at..end].to_vec();
            bytes.splice(at..at, piece);
        }
        3 => bytes.truncate(at),
        4 => {
            let from = random.below(other.len() + 1);
            let to = (from + random.below(64)).min(other.len());
            bytes.splice(at..end, other[from..to].iter().copied());
        }
        5 => {
            // Bytes that are not ASCII mostly end a run at once.
            let bound = if random.below(8) == 0 { 256 } else { 128 };
            let byte = u8::try_from(random.below(bound)).unwrap_or(0);
            bytes.splice(at..at, std::iter::repeat_n(byte, 1 + random.below(40)));
        }
        _ => {
            let piece = PIECES[random.below(PIECES.len())].bytes();
            bytes.splice(at..at, piece);
        }
    }
}

/// Renders; says what is wrong with the way it ended, if anything is.
fn outcome(files: &Files) -> Result<(), String> {
    let files = files.iter().map(|(name, content)| File::new(name.as_str(), content.as_slice())).collect();
    let rendered = catch_unwind(AssertUnwindSafe(|| {
        render(Request { files, ..Request::default() }).map(|rendered| print_documents(&rendered.documents))
    }));
    match rendered {
        Err(_) => Err("panicked".to_owned()),
        Ok(Err(error)) if error.to_string().trim().is_empty() => Err("failed without a message".to_owned()),
        Ok(_) => Ok(()),
    }
}

/// Does it in a thread of its own, so that a run without end fails the test.
fn check(name: &str, files: Files) {
    let (sender, receiver) = mpsc::channel();
    let shown: String = files
        .iter()
        .map(|(name, content)| format!("== {name}\n{}\n", String::from_utf8_lossy(content)))
        .collect();
    thread::spawn(move || sender.send(outcome(&files)));
    match receiver.recv_timeout(HUNG) {
        Ok(Ok(())) => {}
        Ok(Err(problem)) => panic!("{name}: {problem}\n{shown}"),
        Err(_) => panic!("{name}: did not end\n{shown}"),
    }
}

#[test]
fn damaged_templates_give_a_result_or_an_error() {
    let corpus = corpus();
    assert!(corpus.len() > 50, "the corpus is there");
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..ROUNDS {
        let mut files = corpus[random.below(corpus.len())].clone();
        let other = corpus[random.below(corpus.len())][0].1.clone();
        let victim = random.below(files.len());
        for _ in 0..=random.below(4) {
            damage(&mut files[victim].1, &other, &mut random);
        }
        check(&format!("round {round}"), files);
    }
}

#[test]
fn deep_and_long_inputs_give_a_result_or_an_error() {
    let deep = |before: &str, open: &str, inner: &str, close: &str| {
        format!("{before}{}{inner}{}", open.repeat(20_000), close.repeat(20_000))
    };
    let steps = |open: fn(usize) -> String| (0..3000).map(open).collect::<String>();
    let inputs = [
        ("YAML arrays", deep("a: ", "[", "1", "]")),
        ("YAML maps", deep("a: ", "{a: ", "1", "}")),
        ("YAML dashes", deep("", "- ", "1", "")),
        ("YAML keys", deep("", "? ", "1", "")),
        ("YAML blocks", steps(|n| format!("{}a:\n", " ".repeat(n)))),
        ("aliases of aliases", "a0: &a0 [1]\n".to_owned() + &steps(|n| format!("a{}: &a{} [*a{n}, *a{n}]\n", n + 1, n + 1))),
        ("parentheses", deep("a: #@ ", "(", "1", ")")),
        ("lists", deep("a: #@ ", "[", "1", "]")),
        ("calls", deep("a: #@ ", "str(", "1", ")")),
        ("negations", deep("a: #@ ", "not ", "1", "")),
        ("signs", deep("a: #@ ", "-", "1", "")),
        ("sums", deep("a: #@ 1", " + 1", "", "")),
        ("attributes", deep("a: #@ a", ".b", "", "")),
        ("indices", deep("a: #@ [1]", "[0]", "", "")),
        ("conditions", deep("a: #@ 1", " if 1 else 1", "", "")),
        ("lambdas", deep("a: #@ ", "lambda: ", "1", "")),
        ("comprehensions", deep("a: #@ [1", " for x in [1]", "]", "")),
        ("blocks", deep("", "#@ if True:\n", "a: 1\n", "#@ end\n")),
        ("functions", deep("", "#@ def f():\n", "a: 1\n", "#@ end\n")),
        ("recursion", "#@ def f(n):\n#@   return f(n + 1)\n#@ end\na: #@ f(0)\n".to_owned()),
        ("recursion through YAML", "#@ def f(n):\na: #@ f(n + 1)\n#@ end\na: #@ f(0)\n".to_owned()),
        ("a text without end", "#@ x = \"ab\"\n#@ while True:\n#@   x += x\n#@ end\na: #@ x\n".to_owned()),
        ("a deep list", "#@ x = []\n#@ for i in range(100000):\n#@   x = [x]\n#@ end\na: #@ x\nb: #@ str(x)\nc: #@ x == [x]\n".to_owned()),
        ("a list in itself", "#@ x = []\n#@ x.append(x)\na: #@ x\n".to_owned()),
        ("a repeated text", "a: #@ \"ab\" * 1000000000000\n".to_owned()),
        ("a large shift", "a: #@ 1 << 10000000000\n".to_owned()),
        ("a large range", "a: #@ list(range(1000000000000))\n".to_owned()),
        ("text templates", format!(
                "#@yaml/text-templated-strings\na: \"{}{}\"\n",
                "(@ if True: @)".repeat(1000),
                "(@ end @)".repeat(1000)
            )),
    ];
    for (name, text) in inputs {
        check(name, vec![("config.yml".to_owned(), text.into_bytes())]);
    }
}
