//! The page of `stampmill serve` in a real, headless Chromium.
//!
//! Without Chromium (`CHROMIUM`, or one in the `PATH`) nothing runs, and it says so. Each test has a server and a browser
//! with an empty profile of its own, and ends exactly what it started. `PAGE_PICTURES` names a folder for
//! pictures of what was seen.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "tests may fail loudly"
)]

#[path = "page/actions.rs"]
mod actions;
#[path = "page/chromium.rs"]
mod chromium;
#[path = "page/editing.rs"]
mod editing;
#[path = "page/files.rs"]
mod files;
#[path = "page/fleet.rs"]
mod fleet;
#[path = "page/form.rs"]
mod form;
#[path = "page/hostile.rs"]
mod hostile;
#[path = "page/server.rs"]
mod server;
#[path = "page/serving.rs"]
mod serving;
#[path = "page/sharing.rs"]
mod sharing;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    let Some(program) = chromium::find() else {
        eprintln!("skipped: there is no Chromium: neither CHROMIUM nor the PATH names one");
        return ExitCode::SUCCESS;
    };
    type Test = fn(&Path);
    let tests: [(&str, Test); 15] = [
        ("edit_error_fix_share", editing::edit_error_fix_share),
        ("an_error_below_other_calls", editing::an_error_below_other_calls),
        ("the_form_edits_the_data_values", form::the_form_edits_the_data_values),
        ("values_are_changed_in_place", form::values_are_changed_in_place),
        ("files_are_added_renamed_and_deleted", files::files_are_added_renamed_and_deleted),
        ("examples_and_text_templates", files::examples_and_text_templates),
        ("by_keyboard_alone", editing::by_keyboard_alone),
        ("hostile_text_stays_text", hostile::hostile_text_stays_text),
        ("broken_links", sharing::broken_links),
        ("a_long_file_is_edited", editing::a_long_file_is_edited),
        ("a_fleet_that_is_loaded", fleet::a_fleet_that_is_loaded),
        ("many_owners_come_in_parts", fleet::many_owners_come_in_parts),
        ("blueprints_that_come_later", fleet::blueprints_that_come_later),
        ("a_token_is_asked_for", serving::a_token_is_asked_for),
        ("parts_are_kept_by_their_version", serving::parts_are_kept_by_their_version),
    ];
    let trials = tests.into_iter().map(|(name, test)| {
        let program: PathBuf = program.clone();
        Trial::test(name, move || {
            test(&program);
            Ok(())
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
