//! Where input files come from: files and directories on disk, standard input and URLs.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::File;
use super::os_error;
use super::symlink::{SymlinkRules, absolute, clean, current_dir};
use crate::{Error, ErrorKind, Result};

/// Directories in directories; the operating system's own limit on paths is near it.
const MAX_DEPTH: usize = 1000;

/// Finds and reads input files; holds what is shared by all flags that name files.
pub struct Sources {
    stdin: Option<Box<dyn Read + Send>>,
    symlinks: SymlinkRules,
}

impl Sources {
    /// Reads `-` from `stdin`, once.
    pub fn new(stdin: impl Read + Send + 'static, symlinks: SymlinkRules) -> Sources {
        Sources { stdin: Some(Box::new(stdin)), symlinks }
    }

    /// The files that these arguments name: paths of files and directories, `-` for standard input, URLs,
    /// each with an optional `name=` in front. Their order is the arguments' order; files of a
    /// directory are sorted by the bytes of their path.
    ///
    /// # Errors
    /// `File` or `Usage` if an argument cannot be followed. That a file cannot be read is only seen when
    /// its bytes are asked for.
    pub fn files(&mut self, arguments: &[PathBuf]) -> Result<Vec<File>> {
        let mut files = Vec::new();
        for argument in arguments {
            files.extend(self.argument(argument)?);
        }
        Ok(files)
    }

    fn argument(&mut self, argument: &Path) -> Result<Vec<File>> {
        let (name, path) = split_name(argument)?;
        let mut file = match path.to_str() {
            Some("-") => self.stdin(),
            Some(url) if url.starts_with("http://") || url.starts_with("https://") => remote(url),
            _ => {
                let metadata = std::fs::symlink_metadata(path).map_err(|error| {
                    os_error::file_error("lstat", path, &error)
                        .context(format!("Checking file '{}'", path.display()))
                })?;
                if metadata.is_dir() {
                    // A name in front of a directory has no meaning, and is accepted.
                    return self
                        .directory(path)
                        .map_err(|error| error.context(format!("Listing files '{}'", path.display())));
                }
                self.check(path, &metadata)?;
                File::local(base_name(path), path.to_owned())
            }
        };
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            file.set_path(name);
        }
        Ok(vec![file])
    }

    fn stdin(&mut self) -> File {
        let content = match self.stdin.take() {
            None => Err(Error::new(
                ErrorKind::Usage,
                "Standard input has already been read, has the '-' argument been used in more than one flag?",
            )),
            Some(mut stdin) => {
                let mut bytes = Vec::new();
                match stdin.read_to_end(&mut bytes) {
                    Ok(_) => Ok(Arc::from(bytes)),
                    Err(error) => Err(os_error::file_error("read", Path::new("/dev/stdin"), &error)),
                }
            }
        };
        File::known("stdin.yml".to_owned(), "stdin.yml".to_owned(), content)
    }

    /// All files below a directory. Errors are met in the order of names, depth first.
    fn directory(&self, path: &Path) -> Result<Vec<File>> {
        let current = current_dir();
        let root = absolute(&current, path);
        let mut files: Vec<(String, PathBuf)> = Vec::new();
        // Next one last.
        let mut pending = vec![(path.to_owned(), 0)];
        while let Some((found, depth)) = pending.pop() {
            let metadata = std::fs::symlink_metadata(&found)
                .map_err(|error| os_error::file_error("lstat", &found, &error))?;
            // The given path itself may be a link with a slash behind it.
            if depth == 0 || metadata.is_dir() {
                if depth > MAX_DEPTH {
                    let message = format!("Directory '{}' is too deep", found.display());
                    return Err(Error::new(ErrorKind::Limit(crate::Limit::Files), message));
                }
                let mut names =
                    entry_names(&found).map_err(|error| os_error::file_error("open", &found, &error))?;
                names.sort_unstable_by(|a, b| b.cmp(a));
                pending.extend(names.into_iter().map(|name| (clean(&found.join(name)), depth + 1)));
                continue;
            }
            self.check(&found, &metadata)?;
            let relative = absolute(&current, &found);
            files.push((slashes(relative.strip_prefix(&root).unwrap_or(&relative)), found));
        }
        files.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(files.into_iter().map(|(relative, path)| File::local(relative, path)).collect())
    }

    /// Regular files, allowed links and pipes may be read.
    fn check(&self, path: &Path, metadata: &std::fs::Metadata) -> Result<()> {
        if metadata.is_symlink() {
            return self
                .symlinks
                .check(path)
                .map_err(|error| error.context(format!("Checking symlink file '{}'", path.display())));
        }
        if metadata.is_file() || is_pipe(metadata) {
            return Ok(());
        }
        let message = format!("Expected file '{}' to be a regular file, but was not", path.display());
        Err(Error::new(ErrorKind::File, message))
    }
}

fn entry_names(directory: &Path) -> std::io::Result<Vec<OsString>> {
    std::fs::read_dir(directory)?.map(|entry| Ok(entry?.file_name())).collect()
}

#[cfg(unix)]
fn is_pipe(metadata: &std::fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_metadata: &std::fs::Metadata) -> bool {
    false
}

fn remote(url: &str) -> File {
    let name = url.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    File::remote(name, url.to_owned())
}

/// Splits `name=path`.
fn split_name(argument: &Path) -> Result<(Option<&str>, &Path)> {
    // A path that is not UTF-8 has no name in front.
    let Some(text) = argument.to_str() else { return Ok((None, argument)) };
    match text.split_once('=') {
        None => Ok((None, argument)),
        Some((_, path)) if path.contains('=') => Err(Error::new(
            ErrorKind::Usage,
            format!("Expected file '{text}' to only have single '=' sign to for relative path assignment"),
        )),
        Some((name, path)) => Ok((Some(name), Path::new(path))),
    }
}

fn base_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn slashes(path: &Path) -> String {
    let names: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    names.join("/")
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn names(files: &[File]) -> Vec<&str> {
        files.iter().map(File::path).collect()
    }

    #[test]
    fn directories_are_sorted_by_path_and_arguments_keep_their_order() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir_all(at("d/sub/deep")).unwrap();
        for name in ["d/sub/deep/x.yml", "d/sub/b", "d/sub.yml", "d/.hidden.yml", "d/Z.yml", "a.yml"] {
            std::fs::write(at(name), name).unwrap();
        }
        let mut sources = Sources::new(std::io::empty(), SymlinkRules::default());
        let files = sources.files(&[at("d"), at("a.yml"), at("d/")]).unwrap();
        let sorted = [".hidden.yml", "Z.yml", "sub.yml", "sub/b", "sub/deep/x.yml"];
        assert_eq!(names(&files), [&sorted[..], &["a.yml"], &sorted[..]].concat());
        assert_eq!(files[2].description(), format!("file '{}'", at("d/sub.yml").display()));
        assert_eq!(&*files[2].bytes().unwrap(), b"d/sub.yml");
        assert!(files[3].is_implied() && !files[2].is_implied());
    }

    #[test]
    fn names_and_standard_input() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.yml");
        std::fs::write(&path, "").unwrap();
        let named = |name: &str, path: &Path| PathBuf::from(format!("{name}={}", path.display()));
        let mut sources = Sources::new(&b"x: 1"[..], SymlinkRules::default());
        let arguments = [
            named("sub/b.txt", &path),
            named("", &path),
            "c.yml=-".into(),
            "-".into(),
            "https://x.test/d/y.yml".into(),
        ];
        let files = sources.files(&arguments).unwrap();
        assert_eq!(names(&files), ["sub/b.txt", "a.yml", "c.yml", "stdin.yml", "y.yml"]);
        assert_eq!(files[0].original_path(), "a.yml");
        assert_eq!(&*files[2].bytes().unwrap(), b"x: 1");
        assert!(
            files[3].bytes().unwrap_err().to_string().starts_with("Standard input has already been read")
        );
        assert_eq!(files[4].description(), "HTTP URL 'https://x.test/d/y.yml'");
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("nowhere", dir.path().join("link")).unwrap();
        let root = dir.path().to_str().unwrap();
        let fail = |argument: &str| {
            let mut sources = Sources::new(std::io::empty(), SymlinkRules::default());
            sources.files(&[argument.into()]).unwrap_err().to_string().replace(root, "ROOT")
        };
        assert_eq!(fail(""), "Checking file '': lstat : no such file or directory");
        assert_eq!(fail("nope.yml"), "Checking file 'nope.yml': lstat nope.yml: no such file or directory");
        assert_eq!(
            fail("a=b=c.yml"),
            "Expected file 'a=b=c.yml' to only have single '=' sign to for relative path assignment"
        );
        assert_eq!(fail("/dev/null"), "Expected file '/dev/null' to be a regular file, but was not");
        assert_eq!(
            fail(root),
            "Listing files 'ROOT': Checking symlink file 'ROOT/link': Eval symlink: lstat ROOT/nowhere: \
             no such file or directory"
        );
    }
}
