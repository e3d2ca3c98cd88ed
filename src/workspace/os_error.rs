//! Wording of operating system errors: ytt prints them the way Go does, `open a.yml: permission denied`.

use std::io;
use std::path::Path;

use crate::{Error, ErrorKind};

/// The reason alone, in lower case and without Rust's error number.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    if error.raw_os_error().is_none() {
        return text;
    }
    let text = text.split(" (os error ").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(chars).collect()
}

/// `lstat a.yml: no such file or directory`
pub(crate) fn message(operation: &str, path: &Path, error: &io::Error) -> String {
    format!("{operation} {}: {}", path.display(), reason(error))
}

/// The same as an error of the library.
pub(crate) fn file_error(operation: &str, path: &Path, error: &io::Error) -> Error {
    Error::new(ErrorKind::File, message(operation, path, error))
}
