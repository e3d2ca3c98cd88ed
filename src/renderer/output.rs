//! What a render made.

use std::borrow::Cow;

use serde::Deserialize;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limit;
use crate::workspace::EvaluatedFiles;
use crate::yaml::{self, Document};

/// The path of a file that a render made, and its bytes.
pub type NamedFile<'a> = (&'a str, Cow<'a, [u8]>);

/// What a render made: documents, and the text files among the outputs.
#[derive(Clone, Debug)]
pub struct Output {
    rendered: EvaluatedFiles,
    /// The most bytes it may have as text.
    most: usize,
    /// How many bytes it has as text, about.
    bytes: usize,
}

impl Drop for Output {
    fn drop(&mut self) {
        self.rendered.recycle();
    }
}

impl Output {
    pub(super) fn new(rendered: EvaluatedFiles, most: usize, bytes: usize) -> Output {
        Output { rendered, most, bytes }
    }

    /// The documents of all YAML files, in the order of the files. Those that ytt leaves out of its output
    /// are not there.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.rendered.documents()
    }

    /// The documents as YAML, byte for byte what ytt prints.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] if that is too long.
    pub fn yaml(&self) -> Result<String> {
        let mut out = String::new();
        self.write_yaml(&mut out)?;
        Ok(out)
    }

    /// Appends what [`yaml`](Output::yaml) gives to a text, which may be used again and again.
    ///
    /// # Errors
    /// The same.
    pub fn write_yaml(&self, out: &mut String) -> Result<()> {
        let start = out.len();
        out.reserve(self.bytes);
        for file in self.rendered.files() {
            file.print(out, start);
            self.check(out.len() - start)?;
        }
        Ok(())
    }

    /// The documents as JSON, one a line, the keys of each map sorted: what `-o json` prints, with line
    /// breaks between documents.
    ///
    /// # Errors
    /// `Yaml` for what JSON has no form for: keys that are not text, infinity, not a number;
    /// [`ErrorKind::Limit`] if the text is too long.
    pub fn json(&self) -> Result<String> {
        let mut out = String::with_capacity(self.bytes);
        for document in self.documents() {
            if !out.is_empty() {
                out.push('\n');
            }
            yaml::json::write(&mut out, &document.value)?;
            self.check(out.len())?;
        }
        Ok(out)
    }

    /// Each document as a value of this type.
    ///
    /// # Errors
    /// `Yaml` for a document that does not fit the type.
    pub fn deserialize<'a, T: Deserialize<'a>>(&'a self) -> Result<Vec<T>> {
        self.documents()
            .map(|document| {
                yaml::from_node(&document.value)
                    .map_err(|error| Error::new(ErrorKind::Yaml, error.to_string()))
            })
            .collect()
    }

    /// The text files: their paths and bytes.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.rendered.texts().iter().map(|file| (file.path.as_str(), file.content.as_slice()))
    }

    /// All files with their paths and bytes, as the command writes them into a folder: text files first. Files
    /// of which overlays have left nothing are not there.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] if they are too long.
    pub fn files(&self) -> Result<Vec<NamedFile<'_>>> {
        let mut files: Vec<NamedFile<'_>> =
            self.texts().map(|(path, bytes)| (path, Cow::Borrowed(bytes))).collect();
        let mut bytes: usize = files.iter().map(|(_, content)| content.len()).sum();
        for (path, documents, kept) in self.rendered.named_files() {
            let mut text = String::new();
            documents.print(&mut text, 0);
            if text.is_empty() && !kept && documents.printed().next().is_none() {
                continue;
            }
            bytes += text.len();
            self.check(bytes)?;
            files.push((path, Cow::Owned(text.into_bytes())));
        }
        Ok(files)
    }

    fn check(&self, bytes: usize) -> Result<()> {
        if bytes <= self.most {
            return Ok(());
        }
        let limit = Limit::OutputBytes;
        let message = format!("a result of more than {} bytes (limit: {limit})", self.most);
        Err(Error::new(ErrorKind::Limit(limit), message))
    }
}

#[cfg(test)]
mod tests;
