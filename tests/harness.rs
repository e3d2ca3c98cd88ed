//! The suite of recorded command lines must be able to fail: its parts, tested by themselves.
#![cfg(unix)]
#![allow(clippy::expect_used, reason = "tests")]
#![allow(dead_code, reason = "the suite uses all of the support modules, this file a part")]

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use support::judge::{Grade, judge};
use support::known::{self, Failure};
use support::{run, txtar};

const CASE: &str = "# text before the first section\n\
    -- meta --\nno-final-newline: in/a.txt\nnormalise: cwd, __ytt_tpl\ndeleted: gone\nsymlink: link -> a.txt\ndir: empty\n\
    -- encoding --\nin/b.bin\n-- args --\n-f\n-\n-- env --\nB=1=2\nA=3\nB=4\n-- stdin --\n-- no marker --x\n\
    -- in/a.txt --\nlast\n-- in/gone --\n-- in/b.bin --\n/w\nA=\n-- exit --\n1\n-- stdout --\nout\n-- stderr --\nerr\n-- out/c --\nc\n";

#[test]
fn a_case_is_read() {
    let case = txtar::parse(CASE.as_bytes()).expect("a case");
    assert_eq!(case.args, [b"-f", &b"-"[..]]);
    let variable = |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
    assert_eq!(case.env, [variable("B", "4"), variable("A", "3")]);
    assert_eq!(case.stdin, b"-- no marker --x\n");
    let inputs = [("a.txt", &b"last"[..]), ("b.bin", b"\xff\x00"), ("gone", b"")];
    assert_eq!(case.inputs, inputs.map(|(path, content)| (path.to_owned(), content.to_vec())).into());
    assert_eq!((case.exit, &case.stdout[..], &case.stderr[..]), (1, &b"out\n"[..], &b"err\n"[..]));
    assert_eq!(case.out, BTreeMap::from([("c".to_owned(), b"c\n".to_vec())]));
    assert_eq!(case.deleted(), ["gone"]);
    assert!(case.normalises("__ytt_tpl") && case.normalises("cwd") && !case.normalises("address"));
    for wrong in ["-- exit --\nx\n", "-- nothing --\n", "-- encoding --\nstdin\n-- stdin --\n!\n"] {
        assert!(txtar::parse(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

/// The grade of a shell script's run against what it should have given.
fn grade(script: &str, expected: &str) -> Grade {
    let case = format!("-- args --\n-c\n{script}\n-- in/old --\nold\n{expected}");
    let case = txtar::parse(case.as_bytes()).expect("a case");
    judge(&case, &run::run(Path::new("/bin/sh"), &case).expect("a run")).grade
}

#[test]
fn runs_are_judged() {
    let failing = "-- exit --\n1\n-- stderr --\nprogram: Error: \n- why\n    at a:1 | x\n";
    let written = "-- stdout --\na\n-- out/new --\nn\n";
    let cases = [
        ("echo a", "-- stdout --\na\n", Grade::Exact),
        ("echo a", "-- stdout --\na", Grade::Wrong),
        ("echo a; exit 3", "-- stdout --\na\n", Grade::Wrong),
        ("exit 3", "-- exit --\n1\n", Grade::Exact),
        ("exit 0", "-- exit --\n1\n", Grade::Wrong),
        ("kill -9 $$", "-- exit --\n1\n", Grade::Wrong),
        ("echo panicked at >&2; exit 101", "-- exit --\n1\n", Grade::Wrong),
        ("echo a; echo n > new", written, Grade::Exact),
        ("echo a; echo m > new", written, Grade::Wrong),
        ("echo a", written, Grade::Wrong),
        ("echo a; echo n > new; echo x > old", written, Grade::Wrong),
        ("echo a; echo n > new; rm old", written, Grade::Wrong),
        ("rm old", "-- meta --\ndeleted: old\n", Grade::Exact),
        ("printf 'other: Error: \\n- why\\n    at a:1 | x\\n' >&2; exit 1", failing, Grade::Exact),
        ("printf 'ytt: Error: \\n- why\\n at a:1 | x\\nmore\\n' >&2; exit 1", failing, Grade::Same),
        ("printf 'ytt: Error: \\n- why\\n' >&2; exit 1", failing, Grade::OtherErrors),
        ("pwd", "-- meta --\nnormalise: cwd\n-- stdout --\n@CWD@/w\n", Grade::Exact),
        (
            "echo __ytt_tpl7_x",
            "-- meta --\nnormalise: __ytt_tpl\n-- stdout --\n__ytt_tplXXX_x\n",
            Grade::Exact,
        ),
        ("echo 'ytt  ytt.x'", "-- meta --\nnormalise: binary-name\n-- stdout --\nytt ytt.x\n", Grade::Exact),
        (
            "/usr/bin/env | /bin/grep '^[YZA]='",
            "-- env --\nZ=1\nA=2\nY=\n-- stdout --\nZ=1\nA=2\nY=\n",
            Grade::Exact,
        ),
        ("echo $SHOP", "-- stdout --\n\n", Grade::Exact),
    ];
    for (script, expected, want) in cases {
        assert_eq!(grade(script, expected), want, "{script}\n{expected}");
    }
}

#[test]
fn the_list_may_shrink_and_not_grow() {
    let listed = |grade| Some(Failure { grade, reason: String::new() });
    let fine = [
        (Grade::Wrong, listed(Grade::Wrong)),
        (Grade::OtherErrors, listed(Grade::OtherErrors)),
        (Grade::Same, None),
        (Grade::Exact, None),
    ];
    for grade in [Grade::Wrong, Grade::OtherErrors, Grade::Same, Grade::Exact] {
        for known in [None, listed(Grade::Wrong), listed(Grade::OtherErrors)] {
            let expected = fine.contains(&(grade, known.clone()));
            assert_eq!(known::verdict(grade, known.as_ref()).is_ok(), expected, "{grade:?} {known:?}");
        }
    }
}

#[test]
fn the_list_is_kept() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("known-failures.txt");
    assert!(known::read(&path).expect("an empty list").is_empty());
    let grades =
        |grades: &[(&str, Grade)]| grades.iter().map(|(name, grade)| ((*name).to_owned(), *grade)).collect();
    let first = grades(&[("b", Grade::OtherErrors), ("a", Grade::Wrong), ("c", Grade::Same)]);
    known::update(&path, known::Known::new(), &first).expect("a list");
    let text = std::fs::read_to_string(&path)
        .expect("a list")
        .replace("a  output  # not looked at yet", "a  output  # why");
    std::fs::write(&path, text).expect("a list");
    let list = known::read(&path).expect("a list");
    assert_eq!(list.keys().collect::<Vec<_>>(), ["a", "b"]);
    // `a` fails in another way and keeps its reason, `b` passes, `d` is new.
    let second = grades(&[("a", Grade::OtherErrors), ("b", Grade::Exact), ("d", Grade::Wrong)]);
    known::update(&path, list, &second).expect("a list");
    let list = known::read(&path).expect("a list");
    let reasons: Vec<_> =
        list.iter().map(|(name, failure)| (&name[..], failure.grade, &failure.reason[..])).collect();
    assert_eq!(reasons, [("a", Grade::OtherErrors, "why"), ("d", Grade::Wrong, "not looked at yet")]);
    for wrong in ["b  output  # x\na  output  # x\n", "a  output\n", "a  fails  # x\n"] {
        std::fs::write(&path, wrong).expect("a list");
        assert!(known::read(&path).is_err(), "{wrong}");
    }
}
