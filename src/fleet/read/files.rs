//! Which files a path names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::fleet::{Place, Problem};

/// What files of objects are called.
const EXTENSIONS: [&str; 5] = ["yaml", "yml", "json", "ndjson", "jsonl"];

/// The files that a path names: itself, or those below a folder that are called `.yaml`, `.yml`, `.json`,
/// `.ndjson` or `.jsonl`, sorted by name. Hidden files and those below `except` are left out.
pub fn below(path: &Path, except: &[PathBuf]) -> (Vec<PathBuf>, Vec<Problem>) {
    let except: Vec<PathBuf> = except.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let mut found = (Vec::new(), Vec::new());
    if path.is_dir() {
        walk(path, &except, 0, &mut found);
    } else {
        found.0.push(path.to_owned());
    }
    found
}

/// How many folders may lie in one another; links can make circles.
const MAX_DEPTH: usize = 64;

fn walk(folder: &Path, except: &[PathBuf], depth: usize, found: &mut (Vec<PathBuf>, Vec<Problem>)) {
    let report = |message: String| {
        Problem::error(Place { file: Arc::from(&*folder.to_string_lossy()), line: 0 }, message)
    };
    if depth == MAX_DEPTH {
        found.1.push(report(format!("more than {MAX_DEPTH} folders in one another")));
        return;
    }
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    let mut paths: Vec<PathBuf> = match entries {
        Ok(entries) => entries.iter().map(std::fs::DirEntry::path).collect(),
        Err(error) => {
            found.1.push(report(format!("cannot be read: {error}")));
            return;
        }
    };
    paths.sort();
    for path in paths {
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let excepted = || !except.is_empty() && path.canonicalize().is_ok_and(|path| except.contains(&path));
        if hidden || excepted() {
            continue;
        }
        if path.is_dir() {
            walk(&path, except, depth + 1, found);
        } else if has_objects(&path) {
            found.0.push(path);
        }
    }
}

fn has_objects(path: &Path) -> bool {
    path.extension().and_then(|extension| extension.to_str()).is_some_and(|name| EXTENSIONS.contains(&name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use std::fs;

    use super::below;

    #[test]
    fn files_come_sorted_without_hidden_and_excepted_ones() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        for name in
            ["b.yaml", "a/z.json", "a/y.ndjson", "README.md", ".hidden.yml", "observed/o.yml", "c.yml"]
        {
            fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            fs::write(root.join(name), "").unwrap();
        }
        let (found, problems) = below(root, &[root.join("observed")]);
        let names: Vec<_> =
            found.iter().map(|path| path.strip_prefix(root).unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a/y.ndjson", "a/z.json", "b.yaml", "c.yml"]);
        assert_eq!(problems, []);
        assert_eq!(below(&root.join("README.md"), &[]).0, [root.join("README.md")]);
    }
}
