//! Runs an input and judges how it ended.

use stampmill::workspace::{File, Inspect, Rendered, Request, render};
use stampmill::yaml::{self, ParseOptions};
use stampmill::{Error, ErrorKind};

use crate::NamedFile;
use crate::same::{same_documents, survives_printing};

/// Whether running the files could rightly take long: loops whose length we cannot bound. A hang of any
/// other input is a finding.
pub fn may_run_long(files: &[NamedFile]) -> bool {
    let text: Vec<u8> = files.iter().flat_map(|(_, content)| [content.as_slice(), b"\n"].concat()).collect();
    let count = |word: &[u8]| text.windows(word.len()).filter(|window| *window == word).count();
    if count(b"while") > 0 || count(b"for") + count(b"range") > 8 || count(b"def") + count(b"lambda") > 8 {
        return true;
    }
    let loops = count(b"range") + count(b"for") > 0;
    let digits = text.split(|byte| !byte.is_ascii_hexdigit() && !b"xX_".contains(byte));
    loops && digits.filter(|run| run.first().is_some_and(u8::is_ascii_digit)).any(|run| run.len() > 3)
}

/// Renders the files; panics if that fails in a way it must not.
///
/// What was rendered must print in each format, and read as the same documents when it was printed.
pub fn check(files: &[NamedFile], inspect: Inspect) {
    let files = files.iter().map(|(name, content)| File::new(name.as_str(), content.as_slice())).collect();
    match render(Request { files, inspect, ..Request::default() }) {
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
