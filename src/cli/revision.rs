//! A folder as it was at a git revision.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::{Error, ErrorKind, Result};

/// Writes what a folder held at a revision to a temporary folder, which lives as long as what is returned.
/// The work tree and the index stay as they are.
///
/// # Errors
/// `File` if git cannot be run, there is no such revision, or the folder was not there.
pub(super) fn checkout(folder: &Path, revision: &str) -> Result<TempDir> {
    let place = tempfile::tempdir().map_err(|error| failed(&format!("a temporary folder: {error}")))?;
    let index = place.path().join(".stampmill-index");
    let tree =
        git(folder, &index, &["rev-parse".as_ref(), "--verify".as_ref(), format!("{revision}:./").as_ref()])?;
    git(folder, &index, &["read-tree".as_ref(), tree.trim().as_ref()])?;
    let top = git(folder, &index, &["rev-parse".as_ref(), "--show-toplevel".as_ref()])?;
    let mut prefix = std::ffi::OsString::from("--prefix=");
    prefix.push(place.path());
    prefix.push("/");
    // From the top, where paths of the index are those of the tree.
    let top = Path::new(top.trim_end_matches('\n'));
    git(top, &index, &["checkout-index".as_ref(), "--all".as_ref(), &prefix])?;
    std::fs::remove_file(&index).map_err(|error| failed(&format!("{}: {error}", index.display())))?;
    Ok(place)
}

fn failed(message: &str) -> Error {
    Error::new(ErrorKind::File, message.to_owned())
}

fn git(folder: &Path, index: &Path, arguments: &[&OsStr]) -> Result<String> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments).env("GIT_INDEX_FILE", index);
    let output = command.output().map_err(|error| failed(&format!("git cannot be run: {error}")))?;
    if !output.status.success() {
        let shown: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(failed(&format!("git {}: {}", shown.join(" "), text.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
