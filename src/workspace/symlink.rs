//! Symbolic links among input files. They are refused unless their destination is allowed, so that
//! a set of templates from elsewhere cannot read files outside of itself.

use std::io;
use std::path::{Component, Path, PathBuf};

use super::os_error;
use crate::{Error, ErrorKind, Result};

/// As many links as Go follows.
const MAX_LINKS: u32 = 255;

/// Which destinations of symbolic links are allowed.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct SymlinkRules {
    /// Every destination.
    pub allow_all: bool,
    /// Files, and directories with all they hold.
    pub allowed: Vec<PathBuf>,
}

impl SymlinkRules {
    /// Checks the link at this path.
    ///
    /// # Errors
    /// `File` if it leads nowhere or to a place that is not allowed.
    pub(crate) fn check(&self, link: &Path) -> Result<()> {
        if self.allow_all {
            return Ok(());
        }
        let fail = |message: String| Err(Error::new(ErrorKind::File, message));
        let destination = match resolve(link) {
            Ok(destination) => destination,
            Err(Unresolved::Pipe) => return Ok(()),
            Err(Unresolved::Because(message)) => return fail(format!("Eval symlink: {message}")),
        };
        let current = current_dir();
        let place = absolute(&current, &destination);
        if self.allowed.iter().any(|allowed| place.starts_with(absolute(&current, allowed))) {
            return Ok(());
        }
        fail(format!(
            "Expected symlink file '{}' -> '{}' to be allowed, but was not (hint: symlinks are disallowed as \
             a security feature, use '--allow-symlink-destination' flags to override)",
            link.display(),
            destination.display()
        ))
    }
}

enum Unresolved {
    /// The link stands for an open pipe (`-f <(command)`), which is no place in the file system.
    Pipe,
    Because(String),
}

/// Follows all links in the path. Other than `canonicalize` it leaves a relative path relative,
/// as the message names it.
fn resolve(path: &Path) -> std::result::Result<PathBuf, Unresolved> {
    let mut resolved = PathBuf::new();
    // The components still to follow, next one last.
    let mut rest: Vec<PathBuf> = Vec::new();
    push_components(&mut rest, path);
    let mut links = 0;
    while let Some(component) = rest.pop() {
        if component == Path::new("..") {
            // As Go does, a single name is kept, which messages show; cleaning removes it in the end.
            let names = resolved.components().filter(|part| matches!(part, Component::Normal(_))).count();
            if names <= 1 || resolved.ends_with("..") {
                resolved.push("..");
            } else {
                resolved.pop();
            }
            continue;
        }
        resolved.push(&component);
        let lstat = |error: io::Error| match is_pipe(&resolved) {
            true => Unresolved::Pipe,
            false => Unresolved::Because(os_error::message("lstat", &resolved, &error)),
        };
        let metadata = std::fs::symlink_metadata(&resolved).map_err(lstat)?;
        if !metadata.is_symlink() {
            if !metadata.is_dir() && !rest.is_empty() {
                return Err(Unresolved::Because("not a directory".to_owned()));
            }
            continue;
        }
        links += 1;
        if links > MAX_LINKS {
            return Err(Unresolved::Because("EvalSymlinks: too many links".to_owned()));
        }
        let target = std::fs::read_link(&resolved)
            .map_err(|error| Unresolved::Because(os_error::message("readlink", &resolved, &error)))?;
        resolved.pop();
        push_components(&mut rest, &target);
    }
    Ok(clean(&resolved))
}

fn push_components(rest: &mut Vec<PathBuf>, path: &Path) {
    let parts = path.components().rev().filter(|part| *part != Component::CurDir);
    rest.extend(parts.map(|part| PathBuf::from(part.as_os_str())));
}

/// `/proc/12/fd/pipe:[345]`
fn is_pipe(path: &Path) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parse = || {
        let (process, pipe) = path.to_str()?.strip_prefix("/proc/")?.split_once("/fd/pipe:[")?;
        Some(digits(process) && digits(pipe.strip_suffix(']')?))
    };
    parse().unwrap_or(false)
}

/// Joins and removes `.` and `..` by name alone.
pub(crate) fn absolute(current: &Path, path: &Path) -> PathBuf {
    clean(&current.join(path))
}

/// Removes `.` and `..` by name alone; an empty path is `.`.
pub(crate) fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => match cleaned.components().next_back() {
                Some(Component::Normal(_)) => _ = cleaned.pop(),
                Some(Component::RootDir) => {}
                _ => cleaned.push(".."),
            },
            part => cleaned.push(part),
        }
    }
    if cleaned.as_os_str().is_empty() {
        cleaned.push(".");
    }
    cleaned
}

/// The directory as the shell names it, if that is true, else as the system does.
pub(crate) fn current_dir() -> PathBuf {
    let system = std::env::current_dir().unwrap_or_default();
    match std::env::var_os("PWD").map(PathBuf::from) {
        Some(named) if named.is_absolute() && named.canonicalize().is_ok_and(|path| path == system) => named,
        _ => system,
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn destinations_are_checked() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let at = |name: &str| root.join(name);
        std::fs::create_dir_all(at("d/sub")).unwrap();
        std::fs::write(at("d/sub/a.yml"), "").unwrap();
        symlink("sub/a.yml", at("d/to-a")).unwrap();
        symlink("../d/sub", at("d/to-sub")).unwrap();
        symlink("to-sub/a.yml", at("d/twice")).unwrap();
        symlink("nowhere", at("d/dangling")).unwrap();
        symlink("loop", at("d/loop")).unwrap();
        symlink("sub/a.yml/x", at("d/below-file")).unwrap();

        let check = |link: &str, allowed: &[&str]| {
            let allowed = allowed.iter().map(|name| at(name)).collect();
            let result = SymlinkRules { allow_all: false, allowed }.check(&at(link));
            let shown = result.err().map(|error| error.to_string()).unwrap_or_default();
            shown.replace(root.to_str().unwrap(), "ROOT")
        };
        assert_eq!(check("d/to-a", &["d"]), "");
        assert_eq!(check("d/to-a", &["d/sub/a.yml"]), "");
        assert_eq!(check("d/twice", &["d/../d/sub/."]), "");
        assert!(
            check("d/twice", &["d/su"])
                .contains("'ROOT/d/twice' -> 'ROOT/d/sub/a.yml' to be allowed, but was not")
        );
        assert_eq!(
            check("d/dangling", &["d"]),
            "Eval symlink: lstat ROOT/d/nowhere: no such file or directory"
        );
        assert_eq!(check("d/loop", &["d"]), "Eval symlink: EvalSymlinks: too many links");
        assert_eq!(check("d/below-file", &["d"]), "Eval symlink: not a directory");
    }

    #[test]
    fn paths_are_cleaned_by_name() {
        for (path, expected) in
            [("a/./b//../c", "a/c"), ("../a/../..", "../.."), ("", "."), ("/../x/", "/x"), ("a/..", ".")]
        {
            assert_eq!(clean(Path::new(path)), Path::new(expected), "{path}");
        }
    }

    #[test]
    fn pipes_are_known_by_their_name() {
        assert!(is_pipe(Path::new("/proc/12/fd/pipe:[345]")));
        assert!(!is_pipe(Path::new("/proc/self/fd/pipe:[345]")));
        assert!(!is_pipe(Path::new("/proc/12/fd/pipe:[]")));
    }
}
