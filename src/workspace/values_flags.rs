//! Data values given by flags, as layers over those of the files.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

use super::files::FileKind;
use super::library_ref::LibraryRef;
use super::sources::Sources;
use crate::yaml::{self, Array, Document, DocumentSet, FileTable, Map, MapItem, Node, Pos};
use crate::{Error, ErrorKind, Result};

/// The data value flags of a command line, each with its arguments in their order.
#[derive(Clone, Default, Debug)]
pub struct ValuesFlags {
    /// `--data-values-file [@library:]path`
    pub files: Vec<OsString>,
    /// `--data-values-env [@library:]PREFIX`: text of `PREFIX_a__b`
    pub env: Vec<OsString>,
    /// `--data-values-env-yaml [@library:]PREFIX`: the same as YAML
    pub env_yaml: Vec<OsString>,
    /// `--data-value [@library:]a.b=text`
    pub values: Vec<OsString>,
    /// `--data-value-yaml [@library:]a.b=yaml`
    pub values_yaml: Vec<OsString>,
    /// `--data-value-file [@library:]a.b=path`
    pub value_files: Vec<OsString>,
}

/// How a layer is put over what is below it. Keys that are not there yet are added in both cases.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValuesMerge {
    /// Maps are merged item by item, all other values replaced.
    Plain,
    /// The document is a chain of maps of one item each; the value that many keys down replaces what
    /// is there, maps too. Always at least 1.
    Key(usize),
}

/// Data values that one flag gave.
#[derive(Clone, Debug)]
pub struct ValuesLayer {
    /// The library it is for; empty for the root.
    pub library: Vec<LibraryRef>,
    /// The values.
    pub document: Document,
    /// How they are put over others.
    pub merge: ValuesMerge,
}

impl ValuesFlags {
    /// The layers in rising precedence: files, environment, environment as YAML, values, values as YAML,
    /// values from files, whatever the order of the flags on the command line.
    ///
    /// `table` receives the sources that the documents' positions name. `environment` gives the
    /// variables in their order.
    ///
    /// # Errors
    /// `Usage`, `File` or `Yaml`, with what was being read put before.
    pub fn layers(
        &self,
        sources: &mut Sources,
        environment: &[(OsString, OsString)],
        strict: bool,
        table: &mut FileTable,
    ) -> Result<Vec<ValuesLayer>> {
        let mut reader = Reader { strict, table, layers: Vec::new() };
        for file in &self.files {
            reader.file(file, sources).map_err(|error| error.context("Extracting data value from file"))?;
        }
        for (prefixes, form) in
            [(&self.env, Form::Text("data-values-env")), (&self.env_yaml, Form::Yaml("data-values-env-yaml"))]
        {
            for prefix in prefixes {
                reader.environment(prefix, form, environment).map_err(|error| {
                    error.context(format!(
                        "Extracting data values from env under prefix '{}'",
                        prefix.to_string_lossy()
                    ))
                })?;
            }
        }
        for (values, form) in
            [(&self.values, Form::Text("data-value")), (&self.values_yaml, Form::Yaml("data-value-yaml"))]
        {
            for value in values {
                reader.value(value, form).map_err(|error| error.context("Extracting data value from KV"))?;
            }
        }
        for value in &self.value_files {
            reader
                .value_file(value, sources)
                .map_err(|error| error.context("Extracting data value from file"))?;
        }
        Ok(reader.layers)
    }
}

/// How a value is read, and the flag that says so.
#[derive(Clone, Copy)]
enum Form {
    Text(&'static str),
    Yaml(&'static str),
}

impl Form {
    fn flag(self) -> &'static str {
        match self {
            Form::Text(flag) | Form::Yaml(flag) => flag,
        }
    }
}

struct Reader<'a> {
    strict: bool,
    table: &'a mut FileTable,
    layers: Vec<ValuesLayer>,
}

impl Reader<'_> {
    fn file(&mut self, argument: &OsStr, sources: &mut Sources) -> Result<()> {
        let (library, path) = split_library(argument.as_encoded_bytes())?;
        let path = path_from_bytes(path);
        let shown = path.display();
        let files = sources
            .files(std::slice::from_ref(&path))
            .map_err(|error| error.context(format!("Find files '{shown}'")))?;
        for file in files {
            // A directory may hold other files, such as a readme.
            if file.is_implied() && file.kind() != FileKind::Yaml {
                continue;
            }
            let name = file.path();
            let bytes = file.bytes().map_err(|error| error.context(format!("Reading file '{name}'")))?;
            let documents = self
                .parse(&bytes, name)
                .map_err(|error| error.context(format!("Unmarshaling YAML data values file '{name}'")))?;
            for document in documents.items {
                if document.value == Node::Null {
                    continue;
                }
                if has_code(&document) {
                    let message = "Expected to be plain YAML, having no annotations (hint: remove comments starting with `#@`)";
                    return Err(Error::new(ErrorKind::DataValues, message)
                        .context(format!("Checking data values file '{shown}'")));
                }
                let library = parse_library(library)?;
                self.layers.push(ValuesLayer { library, document, merge: ValuesMerge::Plain });
            }
        }
        Ok(())
    }

    fn environment(
        &mut self,
        argument: &OsStr,
        form: Form,
        environment: &[(OsString, OsString)],
    ) -> Result<()> {
        let (library, prefix) = split_library_key(argument.as_encoded_bytes())?;
        let description = format!("({} arg) {prefix}", form.flag());
        for (name, value) in environment {
            let name = name.to_string_lossy();
            let Some(key) = name.strip_prefix(prefix.as_str()).and_then(|rest| rest.strip_prefix('_')) else {
                continue;
            };
            let text = value.as_encoded_bytes();
            let value = self.read(text, form).map_err(|error| {
                error.context(format!("Extracting data value from env variable '{name}'"))
            })?;
            let line = format!("{name}={}", String::from_utf8_lossy(text));
            self.push(library, &key.split("__").collect::<Vec<_>>(), value, &description, &line)?;
        }
        Ok(())
    }

    fn value(&mut self, argument: &OsStr, form: Form) -> Result<()> {
        let (key, text) = split_value(argument, "key=value")?;
        let value = self.read(text, form).map_err(|error| {
            error.context(format!("Deserializing value for key '{}'", String::from_utf8_lossy(key)))
        })?;
        let (library, key) = split_library_key(key)?;
        let description = format!("({} arg)", form.flag());
        self.push(
            library,
            &key.split('.').collect::<Vec<_>>(),
            value,
            &description,
            &argument.to_string_lossy(),
        )
    }

    fn value_file(&mut self, argument: &OsStr, sources: &mut Sources) -> Result<()> {
        let (key, path) = split_value(argument, "key=/file/path")?;
        let path = path_from_bytes(path);
        let shown = path.display();
        let files = sources
            .files(std::slice::from_ref(&path))
            .map_err(|error| error.context(format!("Finding file '{shown}'")))?;
        let [file] = files.as_slice() else {
            let message = format!("Expected '{shown}' to be a file, but is a directory");
            return Err(Error::new(ErrorKind::File, message));
        };
        let bytes =
            file.bytes().map_err(|_| Error::new(ErrorKind::File, format!("Reading file '{shown}'")))?;
        let (library, key) = split_library_key(key)?;
        let description = format!("(data-value-file arg) {key}={shown}");
        let value = Node::from_bytes(&bytes);
        self.push(
            library,
            &key.split('.').collect::<Vec<_>>(),
            value,
            &description,
            &String::from_utf8_lossy(&bytes),
        )
    }

    fn push(
        &mut self,
        library: Option<&str>,
        keys: &[&str],
        value: Node,
        description: &str,
        line: &str,
    ) -> Result<()> {
        let library = parse_library(library)?;
        let pos = Pos::new(self.table.add(description, line), 1);
        let value = keys.iter().rev().fold(value, |value, key| {
            let item = MapItem { key: Node::str(*key), value, pos, ..MapItem::default() };
            Node::Map(Arc::new(Map { items: vec![item], pos, ..Map::default() }))
        });
        let document = Document { value, pos, ..Document::default() };
        self.layers.push(ValuesLayer { library, document, merge: ValuesMerge::Key(keys.len()) });
        Ok(())
    }

    fn read(&mut self, text: &[u8], form: Form) -> Result<Node> {
        match form {
            Form::Text(_) => Ok(Node::from_bytes(text)),
            Form::Yaml(_) => {
                let documents =
                    self.parse(text, "").map_err(|error| error.context("Deserializing YAML value"))?;
                Ok(documents.items.into_iter().next().map(|document| document.value).unwrap_or_default())
            }
        }
    }

    fn parse(&mut self, bytes: &[u8], name: &str) -> Result<DocumentSet> {
        let file = self.table.add(name, String::from_utf8_lossy(bytes));
        let options = yaml::ParseOptions { with_comments: true, strict: self.strict };
        yaml::parse(bytes, file, &options)
    }
}

fn usage<T>(message: String) -> Result<T> {
    Err(Error::new(ErrorKind::Usage, message))
}

/// Splits `key=rest`.
fn split_value<'a>(argument: &'a OsStr, format: &str) -> Result<(&'a [u8], &'a [u8])> {
    let bytes = argument.as_encoded_bytes();
    match bytes.iter().position(|byte| *byte == b'=') {
        Some(at) => Ok((&bytes[..at], &bytes[at + 1..])),
        None => usage(format!("Expected format {format}")),
    }
}

/// Splits `@library:rest`; what does not have this form is all rest.
fn split_library(argument: &[u8]) -> Result<(Option<&str>, &[u8])> {
    let at = match argument {
        [b'@', ..] => argument.iter().position(|byte| *byte == b':'),
        _ => None,
    };
    match at {
        None => Ok((None, argument)),
        Some(1) => usage("Expected library ref to not be empty".to_owned()),
        Some(at) => match std::str::from_utf8(&argument[..at]) {
            Ok(library) => Ok((Some(library), &argument[at + 1..])),
            Err(_) => {
                usage(format!("Expected library ref to be UTF-8: {:?}", argument.escape_ascii().to_string()))
            }
        },
    }
}

fn split_library_key(argument: &[u8]) -> Result<(Option<&str>, String)> {
    let (library, key) = split_library(argument)?;
    let key = String::from_utf8_lossy(key).into_owned();
    if key.contains(':') {
        return usage(format!("Expected at most one library-key separator ':' in '{key}'"));
    }
    Ok((library, key))
}

fn parse_library(library: Option<&str>) -> Result<Vec<LibraryRef>> {
    library.map_or_else(|| Ok(Vec::new()), LibraryRef::parse)
}

/// Whether a comment of the document or of anything in it is code or an annotation.
fn has_code(document: &Document) -> bool {
    let in_notes = |notes: &yaml::Notes| notes.comments().iter().any(|comment| comment.data.starts_with('@'));
    let mut pending = vec![&document.value];
    let mut found = in_notes(&document.notes);
    while let Some(node) = pending.pop() {
        match node {
            Node::Map(map) => {
                let Map { items, .. } = &**map;
                found |= items.iter().any(|item| in_notes(&item.notes));
                pending.extend(items.iter().map(|item| &item.value));
            }
            Node::Array(array) => {
                let Array { items, .. } = &**array;
                found |= items.iter().any(|item| in_notes(&item.notes));
                pending.extend(items.iter().map(|item| &item.value));
            }
            _ => {}
        }
    }
    found
}

#[cfg(unix)]
fn path_from_bytes(bytes: &[u8]) -> PathBuf {
    PathBuf::from(<OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes))
}

#[cfg(not(unix))]
fn path_from_bytes(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}
