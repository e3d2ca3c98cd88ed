//! Runs the stamping cases: JSON arrays that restate the behaviour of the reference, one file for each kind of case, one
//! test for each case.
//!
//! `STAMP_CASES` names the folder, by default `../shared/cartographer/stamp-cases/open`. Each kind has an adapter in
//! `tests/stamp_cases/`: a function that runs one case.
#![allow(
    unreachable_pub,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test harness reports to its user and may stop at once"
)]

#[path = "stamp_cases/case.rs"]
mod case;
#[path = "stamp_cases/conditions.rs"]
mod conditions;
#[path = "stamp_cases/context.rs"]
mod context;
#[path = "stamp_cases/error.rs"]
mod error;
#[path = "stamp_cases/event.rs"]
mod event;
#[path = "stamp_cases/health.rs"]
mod health;
#[path = "stamp_cases/interpolate.rs"]
mod interpolate;
#[path = "stamp_cases/jsonpath.rs"]
mod jsonpath;
#[path = "stamp_cases/nodes.rs"]
mod nodes;
#[path = "stamp_cases/output.rs"]
mod output;
#[path = "stamp_cases/realize.rs"]
mod realize;
#[path = "stamp_cases/select.rs"]
mod select;
#[path = "stamp_cases/stamp.rs"]
mod stamp;
#[path = "stamp_cases/validate.rs"]
mod validate;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use case::Case;

/// Runs one case of a kind.
type Adapter = fn(&Case) -> Result<(), String>;

/// The adapter of a kind.
fn adapter(kind: &str) -> Option<Adapter> {
    Some(match kind {
        "blueprint-select" => select::blueprint_select,
        "cache" => stamp::cache,
        "conditions" => conditions::conditions,
        "context" => context::context,
        "error-condition" => error::error_condition,
        "event" => event::event,
        "gc" => health::gc,
        "health" => health::health,
        "inputs" => context::inputs,
        "interpolate" => interpolate::interpolate,
        "interpolate-owner" => interpolate::interpolate_owner,
        "jsonpath" => jsonpath::jsonpath,
        "jsonpath-raw" => jsonpath::jsonpath_raw,
        "jsonpath-wrap" => jsonpath::jsonpath_wrap,
        "labels" => context::labels_of_resource,
        "latest-success" => health::latest,
        "match-field" => select::match_field,
        "match-owner" => select::match_owner,
        "message" => error::message,
        "object-health" => health::object_health,
        "options" => select::options,
        "output" => output::output,
        "output-status" => output::output_status,
        "params" => context::params,
        "pass-through" => output::passed_through,
        "realize" => realize::realize,
        "resource-status" => conditions::resource_status,
        "retry" => error::retry,
        "run-output" => output::run_output,
        "selector" => select::selector,
        "service-account" => context::service_account,
        "stamp" => stamp::stamp,
        "validate" => validate::validate,
        _ => return None,
    })
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    if arguments.format.is_none() && arguments.filter.is_none() {
        arguments.quiet = true;
    }
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = env::var_os("STAMP_CASES")
        .map_or_else(|| package.join("../shared/cartographer/stamp-cases/open"), PathBuf::from);
    if !folder.is_dir() {
        println!("stamp cases: no folder {}: these cases do not run", folder.display());
        return ExitCode::SUCCESS;
    }
    libtest_mimic::run(&arguments, trials(&folder)).exit_code()
}

fn trials(folder: &Path) -> Vec<Trial> {
    let mut kinds: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a readable folder of cases") {
        let path = entry.expect("a readable folder of cases").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = fs::read(&path).expect("a readable file of cases");
            for case in case::read(&text).unwrap_or_else(|problem| vec![Case::broken(&path, problem)]) {
                kinds.entry(case.kind.clone()).or_default().push(case);
            }
        }
    }
    let mut trials = Vec::new();
    for (kind, cases) in kinds {
        let Some(adapter) = adapter(&kind) else {
            let problem = format!("not yet: {} cases of this kind have no adapter", cases.len());
            trials.push(Trial::test(format!("{kind}/(no adapter)"), move || Err(problem.into())));
            continue;
        };
        for case in cases {
            let name = format!("{kind}/{}", case.name);
            trials.push(Trial::test(name, move || adapter(&case).map_err(Into::into)));
        }
    }
    trials
}
