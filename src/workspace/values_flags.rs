//! Data values given by flags, as layers over those of the files.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

use super::files::FileKind;
use super::library_ref::LibraryRef;
use super::sources::Sources;
use crate::yaml::{self, Document, DocumentSet, FileTable, Map, MapItem, Node, Pos};
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
            let bytes = file.text_bytes().map_err(|error| error.context(format!("Reading file '{name}'")))?;
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
        let pos = Pos::new(self.table.add_line(description, line), 1);
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
    let mut found = false;
    yaml::visit_notes(document, &mut |notes| {
        found |= notes.comments().iter().any(|comment| comment.data.starts_with('@'));
    });
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::workspace::SymlinkRules;

    fn layers(flags: &ValuesFlags, stdin: &'static str) -> Result<(Vec<ValuesLayer>, FileTable)> {
        let variable = |(name, value): (&str, &str)| (OsString::from(name), OsString::from(value));
        let environment =
            [("E_a__b", "1"), ("OTHER", "x"), ("E_", "2"), ("E_c___d", "yes"), ("Ex_a", "x"), ("F_a", "[")]
                .map(variable);
        let mut table = FileTable::default();
        let mut sources = Sources::new(stdin.as_bytes(), SymlinkRules::default());
        let layers = flags.layers(&mut sources, &environment, false, &mut table)?;
        Ok((layers, table))
    }

    fn args(args: &[&str]) -> Vec<OsString> {
        args.iter().map(OsString::from).collect()
    }

    /// Each layer on a line: place, library, depth of what it replaces, and its document.
    fn shown(flags: &ValuesFlags) -> String {
        match layers(flags, "m: {k: 1}\n---\n---\nm: 2\n") {
            Ok((layers, table)) => layers
                .iter()
                .map(|layer| {
                    let library: Vec<_> = layer.library.iter().map(|step| format!("@{step}")).collect();
                    let text = yaml::print_value(&layer.document.value).replace('\n', "|");
                    let depth = match layer.merge {
                        ValuesMerge::Plain => 0,
                        ValuesMerge::Key(depth) => depth,
                    };
                    format!("{} {}{depth} {text}\n", table.show(layer.document.pos), library.concat())
                })
                .collect(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn layers_come_in_rising_precedence() {
        let flags = ValuesFlags {
            values: args(&["a.b=x=y", "@lib~one:=z", "@x=1"]),
            values_yaml: args(&["a..b={c: yes}", "n="]),
            env: args(&["E", "@l@m:E"]),
            env_yaml: args(&["E"]),
            files: args(&["-"]),
            ..ValuesFlags::default()
        };
        let expected = "\
stdin.yml:1 0 m:|  k: 1|
stdin.yml:3 0 m: 2|
(data-values-env arg) E:1 2 a:|  b: \"1\"|
(data-values-env arg) E:1 1 \"\": \"2\"|
(data-values-env arg) E:1 2 c:|  _d: \"yes\"|
(data-values-env arg) E:1 @l@m2 a:|  b: \"1\"|
(data-values-env arg) E:1 @l@m1 \"\": \"2\"|
(data-values-env arg) E:1 @l@m2 c:|  _d: \"yes\"|
(data-values-env-yaml arg) E:1 2 a:|  b: 1|
(data-values-env-yaml arg) E:1 1 \"\": 2|
(data-values-env-yaml arg) E:1 2 c:|  _d: true|
(data-value arg):1 2 a:|  b: x=y|
(data-value arg):1 @lib~one1 \"\": z|
(data-value arg):1 1 '@x': \"1\"|
(data-value-yaml arg):1 3 a:|  \"\":|    b:|      c: true|
(data-value-yaml arg):1 1 \"n\": null|
";
        assert_eq!(shown(&flags), expected);
    }

    #[test]
    fn values_from_files() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| format!("{}/{name}", dir.path().display());
        std::fs::create_dir(at("sub")).unwrap();
        for (name, text) in [("a.yml", "a: 1"), ("sub/b.yml", "b: 2"), ("sub/readme.md", "[")] {
            std::fs::write(at(name), text).unwrap();
        }
        let of_file = ValuesFlags {
            value_files: vec![format!("@l:k={}", at("a.yml")).into()],
            ..ValuesFlags::default()
        };
        assert_eq!(shown(&of_file), format!("(data-value-file arg) k={}:1 @l1 k: 'a: 1'|\n", at("a.yml")));
        let of_directory = ValuesFlags { files: vec![at("").into()], ..ValuesFlags::default() };
        assert_eq!(shown(&of_directory), "a.yml:1 0 a: 1|\nsub/b.yml:1 0 b: 2|\n");
        std::fs::write(at("readme.md"), "[").unwrap();
        assert_eq!(
            shown(&of_directory),
            "Extracting data value from file: Unmarshaling YAML data values file 'readme.md': \
             yaml: line 1: did not find expected node content"
        );
    }

    #[test]
    fn errors_say_what_was_being_read() {
        let of_values = |values: &str| ValuesFlags { values: args(&[values]), ..ValuesFlags::default() };
        let of_yaml = |values: &str| ValuesFlags { values_yaml: args(&[values]), ..ValuesFlags::default() };
        let of_env = |prefix: &str| ValuesFlags { env_yaml: args(&[prefix]), ..ValuesFlags::default() };
        let of_files = |path: &str| ValuesFlags { files: args(&[path]), ..ValuesFlags::default() };
        for (flags, expected) in [
            (of_values("a"), "Extracting data value from KV: Expected format key=value"),
            (of_values("@:a=1"), "Extracting data value from KV: Expected library ref to not be empty"),
            (
                of_values("@l:a:b=1"),
                "Extracting data value from KV: Expected at most one library-key separator ':' in 'a:b'",
            ),
            (
                of_yaml("a=["),
                "Extracting data value from KV: Deserializing value for key 'a': Deserializing YAML value: \
                 yaml: line 1: did not find expected node content",
            ),
            (
                of_env("F"),
                "Extracting data values from env under prefix 'F': Extracting data value from env variable 'F_a': \
                 Deserializing YAML value: yaml: line 1: did not find expected node content",
            ),
            (
                of_files("@l:nope"),
                "Extracting data value from file: Find files 'nope': Checking file 'nope': lstat nope: \
                 no such file or directory",
            ),
        ] {
            assert_eq!(shown(&flags), expected);
        }
        let with_code = layers(&of_files("-"), "a: 1\nb: #@ 2\n").unwrap_err().to_string();
        assert!(
            with_code.contains("Checking data values file '-': Expected to be plain YAML"),
            "{with_code}"
        );
    }
}
