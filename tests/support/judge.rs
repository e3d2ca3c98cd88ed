//! Compares what a run gave with what is recorded.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::bytes::{NoExpand, Regex};

use super::run::Outcome;
use super::txtar::Case;

/// How far a run agrees with the record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Grade {
    /// Exit status, standard output or files differ.
    Wrong,
    /// The output agrees; a line of the recorded error text is missing.
    OtherErrors,
    /// Each line with words of the recorded error text appears.
    Same,
    /// The error text agrees byte for byte as well.
    Exact,
}

/// A grade and a text that shows the differences.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) grade: Grade,
    pub(crate) differences: String,
}

/// The pattern must be one of the constants below.
macro_rules! pattern {
    ($name:ident, $pattern:literal) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($pattern).expect("a constant pattern"));
    };
}
pattern!(PROGRAM, r"(?-u)\A[\w.+-]+: Error: ?");
pattern!(BLANKS, r"(?-u)[ \t]+");
pattern!(TEMPLATE_COUNTER, r"(?-u)__ytt_tpl[0-9]+_");
pattern!(ADDRESS, r"(?-u)0x[0-9a-f]{6,}");
pattern!(COLOUR, r"(?-u)\x1b\[[0-9;]*[A-Za-z]");
pattern!(WORDS, r"(?-u)[^\s|=~^.-]");

/// Judges a run.
pub(crate) fn judge(case: &Case, outcome: &Outcome) -> Verdict {
    let mut differences = String::new();
    if outcome.timed_out {
        differences.push_str("the run did not end in time\n");
    } else if outcome.exit.is_none() {
        differences.push_str("the run was ended by a signal\n");
    } else if outcome.exit == Some(101) && find(&outcome.stderr, b"panicked at").is_some() {
        differences.push_str("the run panicked\n");
    }
    if (case.exit == 0) != (outcome.exit == Some(0)) {
        let _ = writeln!(differences, "exit: expected {}, got {:?}", case.exit, outcome.exit);
    }
    let (mut want, mut got) = (case.stdout.clone(), normal(case, outcome, outcome.stdout.clone()));
    if case.normalises("binary-name") {
        (want, got) = (without_name(case, want), without_name(case, got));
    }
    compare("stdout", &want, &got, &mut differences);
    let out: BTreeMap<&String, Vec<u8>> =
        outcome.out.iter().map(|(path, content)| (path, normal(case, outcome, content.clone()))).collect();
    for (path, want) in &case.out {
        match out.get(path) {
            Some(got) => compare(&format!("file {path}"), want, got, &mut differences),
            None => differences.push_str(&format!("file {path}: not written\n")),
        }
    }
    for path in out.keys().filter(|path| !case.out.contains_key(**path)) {
        let _ = writeln!(differences, "file {path}: written, not expected");
    }
    if case.deleted() != outcome.deleted {
        let _ = writeln!(differences, "deleted: expected {:?}, got {:?}", case.deleted(), outcome.deleted);
    }
    let wrong = !differences.is_empty();
    let errors = errors(case, outcome, &mut differences);
    Verdict { grade: if wrong { Grade::Wrong } else { errors }, differences }
}

fn errors(case: &Case, outcome: &Outcome, differences: &mut String) -> Grade {
    if case.normalises("go-trace") {
        // The record ends in the reference's own back trace: only that the run fails counts.
        return Grade::Exact;
    }
    let want = without_name(case, case.stderr.clone());
    let got = without_name(case, normal(case, outcome, outcome.stderr.clone()));
    if want == got {
        return Grade::Exact;
    }
    let lines = message_lines(&got);
    let missing =
        message_lines(&want).into_iter().any(|line| !lines.iter().any(|got| find(got, &line).is_some()));
    compare("stderr", &want, &got, differences);
    if missing { Grade::OtherErrors } else { Grade::Same }
}

/// Replaces what may differ from run to run.
fn normal(case: &Case, outcome: &Outcome, mut text: Vec<u8>) -> Vec<u8> {
    if case.normalises("cwd") {
        let work = Regex::new(&format!(r"(?-u){}(/w\b)", regex::escape(&outcome.root.to_string_lossy())));
        text = work.expect("an escaped path").replace_all(&text, &b"@CWD@$1"[..]).into_owned();
    }
    if case.normalises("__ytt_tpl") {
        text = TEMPLATE_COUNTER.replace_all(&text, NoExpand(b"__ytt_tplXXX_")).into_owned();
    }
    if case.normalises("address") {
        text = ADDRESS.replace_all(&text, NoExpand(b"0xADDRESS")).into_owned();
    }
    text
}

/// The program's own name does not count before `: Error:`, nor anywhere in help texts.
fn without_name(case: &Case, text: Vec<u8>) -> Vec<u8> {
    let text = PROGRAM.replace(&text, NoExpand(b"@BIN@: Error: ")).into_owned();
    if !case.normalises("binary-name") {
        return text;
    }
    let mut result = Vec::new();
    let mut rest = &text[..];
    while let Some(at) = find(rest, b"ytt") {
        let (before, after) = (&rest[..at], &rest[at + 3..]);
        let part = |byte: Option<&u8>, more: &[u8]| {
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || more.contains(byte))
        };
        let inside = part(before.last().or(result.last()), b"_/.-") || part(after.first(), b"_/.");
        result.extend_from_slice(before);
        result.extend_from_slice(if inside { b"ytt" } else { b"@BIN@" });
        rest = after;
    }
    result.extend_from_slice(rest);
    BLANKS.replace_all(&result, NoExpand(b" ")).into_owned()
}

/// The lines that carry words, without indentation and colour.
fn message_lines(text: &[u8]) -> Vec<Vec<u8>> {
    let text = COLOUR.replace_all(text, NoExpand(b""));
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines.filter(|line| WORDS.is_match(line)).map(<[u8]>::to_vec).collect()
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len().max(1)).position(|window| window == part)
}

/// Notes the first differing line and both texts.
fn compare(what: &str, want: &[u8], got: &[u8], differences: &mut String) {
    if want == got {
        return;
    }
    let (want, got) = (String::from_utf8_lossy(want), String::from_utf8_lossy(got));
    let line = want.lines().zip(got.lines()).take_while(|(want, got)| want == got).count() + 1;
    let _ = writeln!(
        differences,
        "{what} differs from line {line} on\n--- expected {what}\n{want}--- got {what}\n{got}---"
    );
}
