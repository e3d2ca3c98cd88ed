//! Runs an input and judges how it ended.

use stampmill::workspace::{File, Inspect, Rendered, Request, render};
use stampmill::yaml::{self, ParseOptions};
use stampmill::{Error, ErrorKind, Limits};

use crate::NamedFile;
use crate::same::{same_documents, survives_printing};

/// What a run may use: so little that reaching it takes no time. No deadline, for that would hide what takes
/// long and is not counted.
fn limits() -> Limits {
    Limits { steps: 300_000, time: None, ..Limits::default() }
}

/// Renders the files; panics if that fails in a way it must not.
///
/// What was rendered must print in each format, and read as the same documents when it was printed.
pub fn check(files: &[NamedFile], inspect: Inspect) {
    let files = files.iter().map(|(name, content)| File::new(name.as_str(), content.as_slice())).collect();
    match render(Request { files, inspect, limits: limits(), ..Request::default() }) {
        Ok(rendered) => check_rendered(&rendered),
        Err(error) => check_error(&error),
    }
}

/// Panics unless the error is one that may be met.
pub fn check_error(error: &Error) {
    assert!(error.kind() != ErrorKind::Internal, "internal error: {error}");
    assert!(!error.to_string().trim().is_empty(), "an error that says nothing: {error:?}");
}

fn check_rendered(rendered: &Rendered) {
    let documents = &rendered.documents;
    let printed = yaml::print_documents(documents);
    yaml::print_positions(documents, &rendered.file_table);
    if let Err(error) = yaml::json::print_documents(documents) {
        check_error(&error);
    }
    if survives_printing(documents) {
        let again = yaml::parse(printed.as_bytes(), 0, &ParseOptions::default());
        let again = again.unwrap_or_else(|error| panic!("{error}: what was printed is no YAML:\n{printed}"));
        assert!(same_documents(documents, &again), "reads differently:\n{documents:?}\n{again:?}\n{printed}");
    }
}
