//! Writes what a run made into a directory.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

use super::symlink::clean;
use super::{OutputFile, os_error};
use crate::{Error, ErrorKind, Result};

/// Directories that nobody means when asking for their removal.
const SUSPICIOUS: [&str; 4] = ["/", ".", "./", ""];

/// Removes the directory, then writes the files into a new one.
///
/// # Errors
/// `File` if two files have the same path, if the directory looks like a mistake or cannot be written.
pub fn write_emptied(directory: &Path, files: &[OutputFile], report: &mut dyn Write) -> Result<()> {
    let fail = |message: String| Err(Error::new(ErrorKind::File, message));
    let mut paths = HashSet::new();
    if let Some(twice) = files.iter().find(|file| !paths.insert(&file.path)) {
        return fail(format!("Multiple files have same output destination paths: {}", twice.path));
    }
    let text = directory.to_string_lossy();
    if SUSPICIOUS.contains(&text.as_ref()) {
        return fail(format!(
            "Expected output directory path to not be one of '{}'",
            SUSPICIOUS.join("', '")
        ));
    }
    if text.ends_with("/.") {
        return fail(format!("RemoveAll {text}: invalid argument"));
    }
    remove_all(directory)?;
    write(directory, files, report)
}

/// Writes the files below the directory and leaves other files there alone.
///
/// # Errors
/// `File` if a file cannot be written; the earlier ones are written then.
pub fn write(directory: &Path, files: &[OutputFile], report: &mut dyn Write) -> Result<()> {
    make_directory(directory)?;
    for file in files {
        let path = clean(&directory.join(file.path.trim_start_matches('/')));
        writeln!(report, "creating: {}", path.display())
            .map_err(|error| os_error::file_error("write", Path::new("/dev/stdout"), &error))?;
        make_directory(path.parent().unwrap_or(Path::new("/")))?;
        let written = create(&path).and_then(|mut created| created.write_all(&file.content));
        written.map_err(|error| os_error::file_error("open", &path, &error))?;
    }
    Ok(())
}

fn remove_all(path: &Path) -> Result<()> {
    let failed = |error| os_error::file_error("unlinkat", path, &error);
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => std::fs::remove_dir_all(path).map_err(failed),
        Ok(_) => std::fs::remove_file(path).map_err(failed),
        // Nothing is there, or nothing can be.
        Err(_) => Ok(()),
    }
}

/// Output is for its owner only, as it may hold secrets.
const MODE: u32 = 0o700;

fn make_directory(path: &Path) -> Result<()> {
    let mut ancestors: Vec<&Path> = path.ancestors().filter(|path| !path.as_os_str().is_empty()).collect();
    ancestors.reverse();
    for path in ancestors {
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => continue,
            Ok(_) => {
                return Err(Error::new(
                    ErrorKind::File,
                    format!("mkdir {}: not a directory", path.display()),
                ));
            }
            Err(_) => {}
        }
        match create_directory(path) {
            Err(error) if !path.is_dir() => return Err(os_error::file_error("mkdir", path, &error)),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(unix)]
fn create_directory(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().mode(MODE).create(path)
}

#[cfg(not(unix))]
fn create_directory(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir(path)
}

fn create(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, MODE);
    options.open(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::workspace::FileKind;

    fn file(path: &str) -> OutputFile {
        OutputFile { path: path.to_owned(), content: path.as_bytes().to_vec(), kind: FileKind::Yaml }
    }

    /// What was reported, and the error if there was one.
    fn run(emptied: bool, directory: &Path, paths: &[&str]) -> String {
        let files: Vec<OutputFile> = paths.iter().map(|path| file(path)).collect();
        let mut report = Vec::new();
        let writer = if emptied { write_emptied } else { write };
        let error = writer(directory, &files, &mut report).err().map(|error| error.to_string());
        String::from_utf8(report).unwrap() + &error.unwrap_or_default()
    }

    #[test]
    fn files_are_written_and_reported() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().to_str().unwrap();
        let at = |name: &str| dir.path().join(name);
        let shown = |text: String| text.replace(root, "ROOT");
        assert_eq!(
            shown(run(false, &at("x/out"), &["a.yml", "d/b.yml", "../up.yml"])),
            "creating: ROOT/x/out/a.yml\ncreating: ROOT/x/out/d/b.yml\ncreating: ROOT/x/up.yml\n"
        );
        assert_eq!(std::fs::read(at("x/out/d/b.yml")).unwrap(), b"d/b.yml");

        assert_eq!(shown(run(true, &at("x/out"), &["c.yml"])), "creating: ROOT/x/out/c.yml\n");
        assert!(!at("x/out/a.yml").exists() && at("x/up.yml").exists());
        assert_eq!(
            shown(run(false, &at("x/out"), &["c.yml/x"])),
            "creating: ROOT/x/out/c.yml/x\nmkdir ROOT/x/out/c.yml: not a directory"
        );
        assert_eq!(
            shown(run(false, &at("x"), &["out"])),
            "creating: ROOT/x/out\nopen ROOT/x/out: is a directory"
        );
        assert_eq!(
            shown(run(true, &at("x"), &["a", "b", "a"])),
            "Multiple files have same output destination paths: a"
        );
        for directory in SUSPICIOUS {
            assert_eq!(
                run(true, Path::new(directory), &[]),
                "Expected output directory path to not be one of '/', '.', './', ''"
            );
        }
        assert_eq!(shown(run(true, &at("x/."), &[])), "RemoveAll ROOT/x/.: invalid argument");
        assert!(at("x/up.yml").exists());
    }

    #[cfg(unix)]
    #[test]
    fn output_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        run(false, &dir.path().join("out"), &["d/a"]);
        for path in ["out", "out/d", "out/d/a"] {
            assert_eq!(
                dir.path().join(path).metadata().unwrap().permissions().mode() & 0o777,
                0o700,
                "{path}"
            );
        }
    }
}
