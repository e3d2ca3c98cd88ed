//! The files of a run as a tree of libraries: every directory is one, `_ytt_lib` a private one.
//!
//! Source of the rules: the reference's `pkg/workspace/library.go`.

use std::sync::OnceLock;

use super::PRIVATE_LIBRARY;
use super::files::File;

/// Index of a library in its [`Libraries`].
pub(crate) type LibraryId = usize;
/// Index of a file in a run.
pub(crate) type FileIndex = usize;

#[derive(Debug, Default)]
struct Library {
    name: String,
    private: bool,
    children: Vec<LibraryId>,
    files: Vec<FileIndex>,
    /// What [`Libraries::list`] gives, once it was asked for.
    listed: OnceLock<Vec<Listed>>,
}

/// A file as a library lists it.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) file: FileIndex,
    /// The library that directly holds it.
    pub(crate) library: LibraryId,
    /// Its path from the library that was listed.
    pub(crate) path: String,
}

/// The tree.
#[derive(Debug)]
pub(crate) struct Libraries {
    libraries: Vec<Library>,
    /// The last part of each file's path.
    names: Vec<String>,
}

/// The directories and the name of a path.
fn split(path: &str) -> (Vec<&str>, &str) {
    let mut pieces: Vec<&str> = path.split('/').collect();
    let name = pieces.pop().unwrap_or_default();
    (pieces, name)
}

impl Libraries {
    /// The library that holds all others.
    pub(crate) const ROOT: LibraryId = 0;

    /// Sorts files into libraries by their paths.
    pub(crate) fn new(files: &[File]) -> Libraries {
        let mut tree =
            Libraries { libraries: vec![Library::default()], names: Vec::with_capacity(files.len()) };
        for (index, file) in files.iter().enumerate() {
            let (directories, name) = split(file.path());
            let mut library = Libraries::ROOT;
            for directory in directories {
                library = match tree.child(library, directory) {
                    Some(found) => found,
                    None => tree.create(library, directory),
                };
            }
            tree.names.push(name.to_owned());
            if let Some(library) = tree.libraries.get_mut(library) {
                library.files.push(index);
            }
        }
        tree
    }

    fn create(&mut self, parent: LibraryId, name: &str) -> LibraryId {
        let id = self.libraries.len();
        self.libraries.push(Library {
            name: name.to_owned(),
            private: name == PRIVATE_LIBRARY,
            ..Library::default()
        });
        if let Some(parent) = self.libraries.get_mut(parent) {
            parent.children.push(id);
        }
        id
    }

    fn get(&self, id: LibraryId) -> Option<&Library> {
        self.libraries.get(id)
    }

    fn child(&self, parent: LibraryId, name: &str) -> Option<LibraryId> {
        let children = &self.get(parent)?.children;
        children.iter().copied().find(|child| self.get(*child).is_some_and(|library| library.name == name))
    }

    fn is_private(&self, id: LibraryId) -> bool {
        self.get(id).is_some_and(|library| library.private)
    }

    /// The private library `path` of a library: what `@path:` in a load statement names.
    pub(crate) fn accessible(&self, from: LibraryId, path: &str) -> Result<LibraryId, String> {
        let private = self.get(from).into_iter().flat_map(|library| &library.children);
        let Some(mut current) = private.copied().find(|child| self.is_private(*child)) else {
            return Err(format!("Could not find private library (directory '{PRIVATE_LIBRARY}' missing?)"));
        };
        let pieces: Vec<&str> = path.split('/').collect();
        for (index, piece) in pieces.iter().enumerate() {
            let above = || pieces.get(..index).unwrap_or_default().join("/");
            let Some(found) = self.child(current, piece) else {
                return Err(format!("Expected to find library '{path}', but did not find '{}'", above()));
            };
            if self.is_private(found) {
                return Err(format!("Could not load private library '{}'", above()));
            }
            current = found;
        }
        Ok(current)
    }

    /// The library at a path below another, private ones excluded.
    pub(crate) fn find(&self, from: LibraryId, path: &str) -> Result<LibraryId, String> {
        let (directories, _) = split(path);
        let mut current = from;
        for (index, piece) in path.split('/').enumerate() {
            let Some(found) = self.child(current, piece) else {
                let above = directories.get(..index).unwrap_or_default().join("/");
                return Err(format!("Did not find '{above}'"));
            };
            if self.is_private(found) {
                return Err(format!("Encountered private library '{PRIVATE_LIBRARY}'"));
            }
            current = found;
        }
        Ok(current)
    }

    /// The file at a path below a library, and the library that directly holds it.
    pub(crate) fn find_file(&self, from: LibraryId, path: &str) -> Result<(FileIndex, LibraryId), String> {
        let (directories, name) = split(path);
        let mut library = from;
        if !directories.is_empty() {
            library = self
                .find(from, &directories.join("/"))
                .map_err(|why| format!("Expected to find file '{path}', but did not: {why}"))?;
        }
        let files = self.get(library).map(|library| library.files.as_slice()).unwrap_or_default();
        let found =
            files.iter().copied().find(|file| self.names.get(*file).is_some_and(|other| other == name));
        match found {
            Some(file) => Ok((file, library)),
            None => Err(format!(
                "Expected to find file '{path}' (hint: only files included via -f flag are available)"
            )),
        }
    }

    /// The files of a library and of those below it, private ones excluded; a library's own come
    /// before those of the libraries in it.
    pub(crate) fn list(&self, id: LibraryId) -> &[Listed] {
        self.get(id)
            .map(|library| library.listed.get_or_init(|| self.find_all(id)).as_slice())
            .unwrap_or_default()
    }

    fn find_all(&self, id: LibraryId) -> Vec<Listed> {
        let mut listed = Vec::new();
        let mut stack = vec![(id, String::new())];
        while let Some((id, prefix)) = stack.pop() {
            let Some(library) = self.get(id) else {
                continue;
            };
            for file in &library.files {
                let name = self.names.get(*file).map(String::as_str).unwrap_or_default();
                listed.push(Listed { file: *file, library: id, path: format!("{prefix}{name}") });
            }
            for child in library.children.iter().rev() {
                if let Some(below) = self.get(*child).filter(|below| !below.private) {
                    stack.push((*child, format!("{prefix}{}/", below.name)));
                }
            }
        }
        listed
    }
}

#[cfg(test)]
mod tests {
    use super::{File, Libraries};

    fn tree(paths: &[&str]) -> Libraries {
        let files: Vec<File> = paths.iter().map(|path| File::new(*path, *b"")).collect();
        Libraries::new(&files)
    }

    #[test]
    fn a_library_lists_its_own_files_before_those_below() {
        let tree = tree(&["d/x.yml", "a.yml", "_ytt_lib/p/q.yml", "d/e/y.yml", "z.yml"]);
        let listed: Vec<_> = tree.list(Libraries::ROOT).iter().map(|listed| listed.path.as_str()).collect();
        assert_eq!(listed, ["a.yml", "z.yml", "d/x.yml", "d/e/y.yml"]);
    }

    #[test]
    fn files_are_found_by_path_and_private_ones_only_by_reference() {
        let tree = tree(&["d/x.yml", "_ytt_lib/p/q.yml"]);
        assert_eq!(tree.find_file(Libraries::ROOT, "d/x.yml").map(|(file, _)| file), Ok(0));
        assert_eq!(
            tree.find_file(Libraries::ROOT, "_ytt_lib/p/q.yml"),
            Err("Expected to find file '_ytt_lib/p/q.yml', but did not: Encountered private library '_ytt_lib'"
                .to_owned())
        );
        let found =
            tree.accessible(Libraries::ROOT, "p").and_then(|library| tree.find_file(library, "q.yml"));
        assert_eq!(found.map(|(file, _)| file), Ok(1));
        assert_eq!(
            tree.accessible(Libraries::ROOT, "p/r"),
            Err("Expected to find library 'p/r', but did not find 'p'".to_owned())
        );
    }
}
