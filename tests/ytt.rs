//! Runs every recorded command line and compares what comes out with the record, one test a case.
//!
//! `ours::…` are the cases of `tests/cases`. Beside them run, when their folders are there, larger collections that are
//! kept outside this repository: `shared::…` (the folder named by `YTT_CASES`, by default `../shared/ytt/cases`),
//! `version::…` (its sibling `version-dependent`) and `real::…` (`YTT_REAL`, by default `../shared/real`).
//!
//! `YTT_BIN` names another program to run, for instance the reference, to check the cases themselves.
#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test harness reports to its user and may stop at once"
)]

mod support;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Failed, Trial};

use support::judge::{Grade, Verdict, judge};
use support::known::{self, Known};
use support::{real, run, txtar};

/// Something that gives a verdict.
type Check = Box<dyn FnOnce(&Path) -> Result<Verdict, String> + Send>;

/// What all tests share.
struct Suite {
    program: PathBuf,
    known: Known,
    update: bool,
    grades: Mutex<BTreeMap<String, Grade>>,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    if arguments.format.is_none() && arguments.filter.is_none() {
        arguments.quiet = true;
    }
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = package.join("tests/known-failures.txt");
    let known = match known::read(&list) {
        Ok(known) => known,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::FAILURE;
        }
    };
    let links = tempfile::tempdir().expect("a temporary directory");
    let suite = Arc::new(Suite {
        program: link(links.path()),
        known: known.clone(),
        update: env::var_os("UPDATE_KNOWN_FAILURES").is_some_and(|value| value == "1"),
        grades: Mutex::default(),
    });
    let checks = checks(package);
    let mut trials: Vec<Trial> = stale(&suite, &checks).into_iter().collect();
    trials.extend(checks.into_iter().map(|(name, check)| {
        let suite = Arc::clone(&suite);
        Trial::test(name.clone(), move || suite.decide(name, check))
    }));
    let conclusion = libtest_mimic::run(&arguments, trials);
    let grades = suite.grades.lock().expect("no test panics while it holds the grades");
    if !arguments.list {
        summary(&grades);
    }
    if suite.update {
        known::update(&list, known, &grades).expect("the list can be written");
    }
    conclusion.exit_code()
}

impl Suite {
    fn decide(&self, name: String, check: Check) -> Result<(), Failed> {
        let verdict = check(&self.program)?;
        let known = self.known.get(&name);
        let result = known::verdict(verdict.grade, known);
        self.grades.lock().map_err(|error| error.to_string())?.insert(name, verdict.grade);
        match result {
            Err(problem) if !self.update => Err(format!("{problem}\n{}", verdict.differences).into()),
            _ => Ok(()),
        }
    }
}

/// A link named `ytt`: that is how users of the reference call us.
fn link(directory: &Path) -> PathBuf {
    let program = env::var_os("YTT_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_stampmill").into());
    let program = Path::new(&program).canonicalize().expect("the program to test");
    let link = directory.join("ytt");
    std::os::unix::fs::symlink(program, &link).expect("a link to the program");
    link
}

/// All cases of the folders that are there, by name.
fn checks(package: &Path) -> BTreeMap<String, Check> {
    let folder =
        |variable: &str, default: &str| env::var_os(variable).map_or(package.join(default), PathBuf::from);
    let shared = folder("YTT_CASES", "../shared/ytt/cases");
    let version = shared.with_file_name("version-dependent");
    let mut checks = BTreeMap::new();
    for (suite, folder) in [("ours", package.join("tests/cases")), ("shared", shared), ("version", version)] {
        if !folder.is_dir() {
            println!("{suite}: no folder {}: these cases do not run", folder.display());
            continue;
        }
        let mut files = Vec::new();
        cases(&folder, &mut files).expect("a readable folder of cases");
        for file in files {
            let name = file.strip_prefix(&folder).unwrap_or(&file).with_extension("");
            checks.insert(format!("{suite}::{}", name.display()), recorded(file));
        }
    }
    let folder = folder("YTT_REAL", "../shared/real");
    if folder.join("index.json").is_file() {
        for case in real::read(&folder.join("index.json")).expect("an index of real command lines") {
            let folder = folder.clone();
            let name = format!("real::{}", case.name);
            let check =
                move |program: &Path| real::run(program, &folder, &case).map_err(|error| error.to_string());
            checks.insert(name, Box::new(check));
        }
    } else {
        println!("real: no index in {}: these cases do not run", folder.display());
    }
    checks
}

fn cases(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            cases(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "txtar") {
            files.push(path);
        }
    }
    Ok(())
}

fn recorded(file: PathBuf) -> Check {
    Box::new(move |program| {
        let data = fs::read(&file).map_err(|error| error.to_string())?;
        let case = txtar::parse(&data)?;
        let outcome = run::run(program, &case).map_err(|error| error.to_string())?;
        let mut verdict = judge(&case, &outcome);
        verdict.differences.insert_str(0, &format!("{}\n", file.display()));
        Ok(verdict)
    })
}

/// A test that fails if the list names a case of a folder that is there, but has no such case.
fn stale(suite: &Suite, checks: &BTreeMap<String, Check>) -> Option<Trial> {
    let kind = |name: &str| name.split("::").next().unwrap_or_default().to_owned();
    let mut kinds: Vec<String> = checks.keys().map(|name| kind(name)).collect();
    kinds.dedup();
    // Another folder than the usual one has other cases.
    if env::var_os("YTT_CASES").is_some() {
        kinds.retain(|kind| kind == "ours");
    }
    let gone: Vec<String> = suite
        .known
        .keys()
        .filter(|name| kinds.contains(&kind(name)) && !checks.contains_key(*name))
        .cloned()
        .collect();
    (!suite.update).then(|| {
        Trial::test("known-failures.txt names cases that exist", move || {
            if gone.is_empty() { Ok(()) } else { Err(format!("no such case: {}", gone.join(", ")).into()) }
        })
    })
}

/// How many cases of each collection agree.
fn summary(grades: &BTreeMap<String, Grade>) {
    let mut totals: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for (name, grade) in grades {
        let total = totals.entry(name.split("::").next().unwrap_or_default()).or_default();
        total[0] += 1;
        total[1] += usize::from(*grade > Grade::Wrong);
        total[2] += usize::from(*grade > Grade::OtherErrors);
        total[3] += usize::from(*grade > Grade::Same);
    }
    for (suite, [cases, output, errors, exact]) in totals {
        println!(
            "{suite}: {cases} cases, output of {output} agrees, error text too of {errors} (byte for byte {exact})"
        );
    }
}
