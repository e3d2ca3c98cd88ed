//! `stampmill lint`: each file of `tests/lint/` by itself. A comment `#? RULE` says that a finding of the rule
//! is expected on the line; `#? RULE +2` on the second line below. There must be no other findings.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use stampmill::Limits;
use stampmill::supply_chain::lint::{Severity, Source, lint};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint")
}

/// Lines and the rules expected there.
fn expected(text: &str) -> BTreeSet<(u32, String)> {
    let mut expected = BTreeSet::new();
    for (line, text) in (1..).zip(text.lines()) {
        let Some((_, marks)) = text.split_once("#? ") else { continue };
        for mark in marks.split(',') {
            let mut words = mark.split_whitespace();
            let rule = words.next().unwrap();
            let offset: i64 = words.next().map_or(0, |offset| offset.parse().unwrap());
            expected.insert((u32::try_from(i64::from(line) + offset).unwrap(), rule.to_owned()));
        }
    }
    expected
}

#[test]
fn findings_are_where_the_fixtures_say() {
    let mut wrong = Vec::new();
    let mut names: Vec<PathBuf> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert!(names.len() > 10);
    for path in names.iter().filter(|path| !path.ends_with("broken.yaml")) {
        let text = fs::read_to_string(path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let report = lint(
            vec![Source { name: name.clone(), content: Ok(text.clone().into_bytes()) }],
            &Limits::default(),
        );
        let found: BTreeSet<(u32, String)> =
            report.findings.iter().map(|finding| (finding.pos.line, finding.rule.to_owned())).collect();
        let expected = expected(&text);
        for (line, rule) in expected.difference(&found) {
            wrong.push(format!("{name}:{line}: no {rule}"));
        }
        for finding in &report.findings {
            if !expected.contains(&(finding.pos.line, finding.rule.to_owned())) {
                wrong.push(format!(
                    "{name}:{}: unexpected {}: {}",
                    finding.pos.line, finding.rule, finding.message
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unreadable_files_and_broken_yaml_are_findings() {
    let broken = fs::read(folder().join("broken.yaml")).unwrap();
    let sources = vec![
        Source { name: "a.yaml".to_owned(), content: Err("permission denied".to_owned()) },
        Source { name: "b.yaml".to_owned(), content: Ok(broken) },
    ];
    let report = lint(sources, &Limits::default());
    let shown: Vec<String> = report
        .findings
        .iter()
        .map(|finding| format!("{} {}", report.files.show(finding.pos), finding.rule))
        .collect();
    assert_eq!(shown, ["a.yaml:1 file", "b.yaml:5 yaml"]);
    assert_eq!((report.count(Severity::Error), report.objects), (2, 0));
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stampmill")).current_dir(folder()).args(arguments).output().unwrap()
}

#[test]
fn the_command_reports_as_compilers_do() {
    let output = run(&["lint", "-f", "owners.yaml"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let expected = "\
owners.yaml:29: warning: no template of one knows the parameter replcas [unused-param]
    - {name: replcas, value: 2} #? unused-param
    help: did you mean replicas?
";
    assert!(text.starts_with(expected), "{text}");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "8 objects: 2 errors, 2 warnings, 0 notes\n");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_exit_status_says_how_bad_it_is() {
    let status = |arguments: &[&str]| run(arguments).status.code();
    assert_eq!(status(&["lint", "-f", "good.yaml"]), Some(0));
    assert_eq!(status(&["lint", "--strict", "-f", "good.yaml"]), Some(0));
    assert_eq!(status(&["lint", "-f", "raw.yaml", "--strict"]), Some(0));
    assert_eq!(status(&["lint", "-f", "fields.yaml"]), Some(1));
    assert_eq!(status(&["lint"]), Some(2));
    assert_eq!(status(&["lint", "-f", "nowhere.yaml"]), Some(2));
}

#[test]
fn programs_read_json() {
    let output = run(&["lint", "-o", "json", "-f", "raw.yaml"]);
    let expected = r#"{
  "objects": 0,
  "counts": {
    "error": 0,
    "note": 1,
    "warning": 0
  },
  "findings": [
    {
      "file": "raw.yaml",
      "line": 1,
      "severity": "note",
      "rule": "ytt-template",
      "message": "this file is a ytt template itself: not checked",
      "help": "evaluate it first: stampmill ytt -f ... | stampmill lint -f -"
    }
  ]
}
"#;
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}
