//! The data values that are rendered in turn.

use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;

use crate::workspace::File;
use crate::{Error, ErrorKind, Result, Values};

/// Data values for one render.
#[derive(Clone, Debug)]
pub struct Input {
    name: String,
    text: Option<String>,
    is_json: bool,
}

impl Input {
    /// No data values but those of the templates.
    pub fn none() -> Input {
        Input { name: "no data values".to_owned(), text: None, is_json: false }
    }

    /// A text, which is JSON if it can be read as that, else YAML. `name` is for messages.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Input {
        let text = text.into();
        let is_json = text.trim_start().starts_with('{') && serde_json::from_str::<IgnoredAny>(&text).is_ok();
        Input { name: name.into(), text: Some(text), is_json }
    }

    /// One input of several files, later ones over earlier ones.
    ///
    /// # Errors
    /// `File` if one cannot be read.
    pub fn of_files(files: &[File]) -> Result<Input> {
        let texts = files.iter().map(text).collect::<Result<Vec<_>>>()?;
        let names: Vec<_> = files.iter().map(shown).collect();
        Ok(Input::new(names.join(" and "), texts.join("\n---\n")))
    }

    /// The inputs that a path names: the `.json`, `.yml` and `.yaml` files of a directory in the order of
    /// their names, such a file itself, or the lines of any other file, each a JSON object.
    ///
    /// # Errors
    /// `File` for what cannot be read, or holds no input.
    pub fn below(path: &Path) -> Result<Vec<Input>> {
        let failed = |path: &Path, error: &dyn std::fmt::Display| {
            Error::new(ErrorKind::File, format!("Reading inputs '{}': {error}", path.display()))
        };
        let read = |path: &Path| std::fs::read_to_string(path).map_err(|error| failed(path, &error));
        let name = |path: &Path| path.display().to_string();
        let metadata = std::fs::metadata(path).map_err(|error| failed(path, &error))?;
        let inputs: Vec<Input> = if metadata.is_dir() {
            let entries = std::fs::read_dir(path).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
            let entries = entries.map_err(|error| failed(path, &error))?;
            let mut paths: Vec<PathBuf> = entries.iter().map(std::fs::DirEntry::path).collect();
            paths.retain(|path| is_whole(path) && path.is_file());
            paths.sort();
            paths.iter().map(|path| Ok(Input::new(name(path), read(path)?))).collect::<Result<_>>()?
        } else if is_whole(path) {
            vec![Input::new(name(path), read(path)?)]
        } else {
            let text = read(path)?;
            let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
            let name = |index| format!("{}:{}", path.display(), index + 1);
            lines.map(|(index, line)| Input { is_json: true, ..Input::new(name(index), line) }).collect()
        };
        match inputs.is_empty() {
            true if metadata.is_dir() => Err(failed(path, &"no .json, .yml or .yaml files")),
            true => Err(failed(path, &"no lines with JSON")),
            false => Ok(inputs),
        }
    }

    /// What messages call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The data values; none if there are no others than those of the templates.
    pub(super) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    pub(super) fn is_json(&self) -> bool {
        self.is_json
    }

    /// How a renderer takes it.
    pub(super) fn values(&self) -> Values<'_> {
        match &self.text {
            None => Values::none(),
            Some(text) if self.is_json => Values::json(text.as_str()),
            Some(text) => Values::yaml(text.as_str()),
        }
    }
}

/// Whether a file is one input, by its name.
fn is_whole(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("json" | "yml" | "yaml"))
}

fn shown(file: &File) -> String {
    file.disk_path().map_or_else(|| file.description().to_owned(), |path| path.display().to_string())
}

fn text(file: &File) -> Result<String> {
    String::from_utf8(file.text_bytes()?.to_vec()).map_err(|_| {
        Error::new(ErrorKind::File, format!("Reading data values '{}': this is not UTF-8", shown(file)))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn json_is_told_from_yaml() {
        for (text, is_json) in [
            (" {\"a\": 1}\n", true),
            ("{a: 1}", false),
            ("{\"a\": 1} # b", false),
            ("a: 1", false),
            ("", false),
        ] {
            assert_eq!(Input::new("", text).is_json(), is_json, "{text}");
        }
    }

    #[test]
    fn a_path_may_be_a_directory_or_hold_an_input_a_line() {
        let place = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(place.path().join(name), text).unwrap();
        let below = |name: &str| {
            let inputs = Input::below(&place.path().join(name)).map_err(|error| error.to_string());
            inputs.map(|inputs| inputs.iter().map(|input| input.text.clone().unwrap()).collect::<Vec<_>>())
        };
        assert!(below("").unwrap_err().ends_with("': no .json, .yml or .yaml files"));
        write("b.json", "{}");
        write("a.yml", "a: 1\n");
        write("notes.md", "no");
        write("all.ndjson", "{\"n\": 1}\n\n{\"n\": 2}\n");
        write("empty.ndjson", "\n");
        assert_eq!(below("").unwrap(), ["a: 1\n", "{}"]);
        assert_eq!(below("b.json").unwrap(), ["{}"]);
        assert_eq!(below("all.ndjson").unwrap(), ["{\"n\": 1}", "{\"n\": 2}"]);
        assert!(below("empty.ndjson").unwrap_err().ends_with("': no lines with JSON"));
        assert!(below("none").unwrap_err().contains("none': No such file"));
    }
}
