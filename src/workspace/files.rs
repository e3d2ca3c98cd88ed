//! One input file: its names, its bytes and how it is treated.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::{os_error, remote};
use crate::Result;

/// How a file is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum FileKind {
    /// `.yml` and `.yaml`
    Yaml,
    /// `.txt`
    Text,
    /// `.star`
    Starlark,
    /// Data for `data.read`.
    Unknown,
}

impl FileKind {
    /// The kind that ytt derives from a file name.
    pub fn of_name(path: &str) -> FileKind {
        if path.ends_with(".yaml") || path.ends_with(".yml") {
            FileKind::Yaml
        } else if path.ends_with(".star") {
            FileKind::Starlark
        } else if path.ends_with(".txt") {
            FileKind::Text
        } else {
            FileKind::Unknown
        }
    }
}

/// Where a file's bytes come from. They are read when first asked for, so that data files nobody loads
/// cost nothing and may be unreadable.
#[derive(Clone)]
enum Content {
    Known(Result<Arc<[u8]>>),
    Local { path: PathBuf, read: Read },
    Remote { url: String, read: Read },
}

type Read = Arc<OnceLock<Result<Arc<[u8]>>>>;

/// An input file.
#[derive(Clone)]
pub struct File {
    path: String,
    original_path: String,
    description: String,
    content: Content,
    kind: Option<FileKind>,
    template: Option<bool>,
    for_output: Option<bool>,
    /// What the name says, once it was asked.
    by_name: OnceLock<ByName>,
}

/// What a file's name says about it.
#[derive(Clone, Copy)]
struct ByName {
    kind: FileKind,
    /// `*.lib.*`
    library: bool,
}

impl File {
    /// A file held in memory.
    pub fn new(path: impl Into<String>, content: impl Into<Arc<[u8]>>) -> File {
        let path = path.into();
        File::with_content(path.clone(), path, Content::Known(Ok(content.into())))
    }

    /// A file whose bytes, or the reason why there are none, are known.
    pub(super) fn known(path: String, description: String, content: Result<Arc<[u8]>>) -> File {
        File::with_content(path, description, Content::Known(content))
    }

    /// A file on disk, read when its bytes are asked for.
    pub(super) fn local(path: String, disk_path: PathBuf) -> File {
        let description = format!("file '{}'", disk_path.display());
        File::with_content(path, description, Content::Local { path: disk_path, read: Arc::default() })
    }

    /// A file behind a URL, fetched when its bytes are asked for.
    pub(super) fn remote(path: String, url: String) -> File {
        let description = format!("HTTP URL '{url}'");
        File::with_content(path, description, Content::Remote { url, read: Read::default() })
    }

    fn with_content(path: String, description: String, content: Content) -> File {
        let original_path = path.clone();
        File {
            path,
            original_path,
            description,
            content,
            kind: None,
            template: None,
            for_output: None,
            by_name: OnceLock::new(),
        }
    }

    /// The path by which templates load the file and under which its result is written, `/` between names.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path before any file mark or `path=` changed it: the one that file marks are matched with.
    pub fn original_path(&self) -> &str {
        &self.original_path
    }

    /// What messages call the file: `file 'dir/a.yml'`, `stdin.yml`, `HTTP URL '...'`.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Where the file is on disk, if it is there.
    pub fn disk_path(&self) -> Option<&Path> {
        match &self.content {
            Content::Local { path, .. } => Some(path),
            Content::Known(_) | Content::Remote { .. } => None,
        }
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// `File` if they cannot be read.
    pub fn bytes(&self) -> Result<Arc<[u8]>> {
        match &self.content {
            Content::Known(content) => content.clone(),
            Content::Remote { url, read } => read.get_or_init(|| remote::fetch(url)).clone(),
            Content::Local { path, read } => read
                .get_or_init(|| match std::fs::read(path) {
                    Ok(bytes) => Ok(bytes.into()),
                    Err(error) => {
                        // A directory can be opened, it fails when it is read.
                        let is_dir = error.kind() == std::io::ErrorKind::IsADirectory;
                        Err(os_error::file_error(if is_dir { "read" } else { "open" }, path, &error))
                    }
                })
                .clone(),
        }
    }

    /// The file's bytes without a leading UTF-8 byte order mark, as releases of ytt since 0.55 read
    /// templates.
    ///
    /// # Errors
    /// `File` if they cannot be read.
    pub fn text_bytes(&self) -> Result<Arc<[u8]>> {
        let bytes = self.bytes()?;
        Ok(match bytes.strip_prefix(b"\xef\xbb\xbf") {
            Some(text) => text.into(),
            None => bytes,
        })
    }

    /// How the file is read: as marked, else by its name.
    pub fn kind(&self) -> FileKind {
        self.kind.unwrap_or_else(|| self.by_name().kind)
    }

    /// Whether code in the file is evaluated.
    pub fn is_template(&self) -> bool {
        self.template.unwrap_or_else(|| self.is_template_by_name())
    }

    /// Whether the file has a part in the output: templates, and plain files that are marked so.
    pub fn is_for_output(&self) -> bool {
        match (self.for_output, self.template) {
            (Some(marked), _) => marked,
            (None, Some(true)) => true,
            // A file marked as plain keeps the place that its name and kind give it.
            (None, _) => self.is_template_by_name(),
        }
    }

    /// Whether the file is only there to be loaded: `.star` and `*.lib.*`.
    pub fn is_library(&self) -> bool {
        self.by_name().library || self.kind() == FileKind::Starlark
    }

    /// Whether the file was found in a directory, rather than named itself.
    pub fn is_implied(&self) -> bool {
        self.original_path.contains('/')
    }

    /// Gives the file another path.
    pub fn set_path(&mut self, path: impl Into<String>) {
        self.path = path.into();
        self.by_name = OnceLock::new();
    }

    /// Overrides the kind, and whether code in the file is evaluated.
    pub fn mark_kind(&mut self, kind: FileKind, template: bool) {
        self.kind = Some(kind);
        self.template = Some(template);
    }

    /// Overrides whether the file has a part in the output.
    pub fn mark_for_output(&mut self, for_output: bool) {
        self.for_output = Some(for_output);
    }

    fn is_template_by_name(&self) -> bool {
        !self.is_library() && matches!(self.kind(), FileKind::Yaml | FileKind::Text)
    }

    fn by_name(&self) -> ByName {
        *self.by_name.get_or_init(|| {
            let path = self.path.trim_end_matches('/');
            let name = path.rsplit('/').next().unwrap_or_default();
            let lib = name.rsplit_once('.').and_then(|(stem, _)| stem.rsplit_once('.'));
            ByName { kind: FileKind::of_name(name), library: matches!(lib, Some((_, "lib"))) }
        })
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "File({}, {:?}", self.path, self.kind())?;
        for (set, word) in [(self.is_template(), ", template"), (self.is_for_output(), ", for output")] {
            f.write_str(if set { word } else { "" })?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_and_use_follow_the_name() {
        for (path, shown) in [
            ("a.yml", "File(a.yml, Yaml, template, for output)"),
            ("d/a.yaml", "File(d/a.yaml, Yaml, template, for output)"),
            ("a.YML", "File(a.YML, Unknown)"),
            ("a.txt", "File(a.txt, Text, template, for output)"),
            ("a.star", "File(a.star, Starlark)"),
            ("a.lib.yml", "File(a.lib.yml, Yaml)"),
            ("a.lib.txt", "File(a.lib.txt, Text)"),
            ("lib.yml", "File(lib.yml, Yaml, template, for output)"),
            (".lib.yml", "File(.lib.yml, Yaml)"),
            ("a.lib.b.yml", "File(a.lib.b.yml, Yaml, template, for output)"),
            ("x.lib/a.yml", "File(x.lib/a.yml, Yaml, template, for output)"),
            ("noext", "File(noext, Unknown)"),
            (".yml", "File(.yml, Yaml, template, for output)"),
        ] {
            assert_eq!(format!("{:?}", File::new(path, *b"")), shown);
        }
    }

    #[test]
    fn marks_override_the_name() {
        let mut file = File::new("a.yml", *b"");
        file.mark_kind(FileKind::Yaml, false);
        assert_eq!(format!("{file:?}"), "File(a.yml, Yaml, for output)");
        file.mark_kind(FileKind::Unknown, false);
        assert_eq!(format!("{file:?}"), "File(a.yml, Unknown)");
        file.mark_for_output(true);
        assert_eq!(format!("{file:?}"), "File(a.yml, Unknown, for output)");
        file.mark_kind(FileKind::Text, true);
        file.mark_for_output(false);
        assert_eq!(format!("{file:?}"), "File(a.yml, Text, template)");
        file.set_path("b.star");
        assert_eq!((file.path(), file.original_path()), ("b.star", "a.yml"));
    }
}
