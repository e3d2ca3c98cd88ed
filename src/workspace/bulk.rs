//! The bulk format: all files of a run in one JSON text, `{"files": [{"name": …, "data": …}]}`.

use super::files::File;
use super::{OutputFile, Rendered};
use crate::yaml::{Node, json};
use crate::{Error, ErrorKind, Result};

/// Reads input files.
///
/// # Errors
/// `Usage` for a text that is not JSON or not of this form.
pub fn read(text: &str) -> Result<Vec<File>> {
    let mut files = Vec::new();
    for (key, value) in object(&json::read(text.as_bytes())?, "Go value of type template.BulkFiles")? {
        match key.as_str() {
            "files" => files = read_files(value)?,
            "errors" => _ = text_field(value, "Go struct field BulkFiles.errors of type string")?,
            _ => {}
        }
    }
    Ok(files)
}

fn read_files(value: &Node) -> Result<Vec<File>> {
    let items = match value {
        Node::Array(array) => array.items.as_slice(),
        Node::Null => &[],
        other => return mismatch(other, "Go struct field BulkFiles.files of type []template.BulkFile"),
    };
    let mut files = Vec::new();
    for item in items {
        let (mut name, mut data) = ("", "");
        for (key, value) in object(&item.value, "Go struct field BulkFiles.files of type template.BulkFile")?
        {
            match key.as_str() {
                "name" => name = text_field(value, "Go struct field BulkFile.files.name of type string")?,
                "data" => data = text_field(value, "Go struct field BulkFile.files.data of type string")?,
                _ => {}
            }
        }
        files.push(File::new(name, data.as_bytes()));
    }
    Ok(files)
}

/// The items of an object, keys in lower case as their case does not matter; none for null.
fn object<'n>(value: &'n Node, place: &str) -> Result<Vec<(String, &'n Node)>> {
    match value {
        Node::Map(map) => Ok(map
            .items
            .iter()
            .map(|item| (item.key.as_str().unwrap_or_default().to_ascii_lowercase(), &item.value))
            .collect()),
        Node::Null => Ok(Vec::new()),
        other => mismatch(other, place),
    }
}

fn text_field<'n>(value: &'n Node, place: &str) -> Result<&'n str> {
    match value {
        Node::Str(text) => Ok(text),
        Node::Null => Ok(""),
        other => mismatch(other, place),
    }
}

fn mismatch<T>(value: &Node, place: &str) -> Result<T> {
    let found = match value {
        Node::Null => "null",
        Node::Bool(_) => "bool",
        Node::Int(_) | Node::Uint(_) | Node::Float(_) => "number",
        Node::Str(_) | Node::Bytes(_) => "string",
        Node::Array(_) => "array",
        Node::Map(_) | Node::DocumentSet(_) => "object",
    };
    Err(Error::new(ErrorKind::Usage, format!("json: cannot unmarshal {found} into {place}")))
}

/// Writes the files of a run, or why there are none.
pub fn write(rendered: &Result<Rendered>) -> String {
    let mut out = String::from("{");
    match rendered {
        Ok(rendered) if rendered.files.is_empty() => {}
        Ok(rendered) => {
            out.push_str("\"files\":[");
            for (index, OutputFile { path, content, .. }) in rendered.files.iter().enumerate() {
                out.push_str(if index == 0 { "{\"name\":" } else { ",{\"name\":" });
                push_text(&mut out, path.as_bytes());
                out.push_str(",\"data\":");
                push_text(&mut out, content);
                out.push('}');
            }
            out.push(']');
        }
        Err(error) => {
            out.push_str("\"errors\":");
            push_text(&mut out, error.to_string().as_bytes());
        }
    }
    out.push('}');
    out
}

/// A JSON string as Go writes it: safe in HTML, and with bytes that are not UTF-8 replaced.
fn push_text(out: &mut String, bytes: &[u8]) {
    // A string always has a JSON form.
    out.push_str(&json::encode(&Node::from_bytes(bytes), 0, true).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::FileKind;

    fn read_back(text: &str) -> String {
        match read(text) {
            Ok(files) => files
                .iter()
                .map(|file| {
                    format!("{}={} ", file.path(), String::from_utf8_lossy(&file.bytes().unwrap_or_default()))
                })
                .collect(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn files_are_read() {
        for (text, expected) in [
            (r#"{"files":[{"name":"b.yml","data":"x: 1"},{"name":"a/c.txt"}]}"#, "b.yml=x: 1 a/c.txt= "),
            (r#"{"FILES":[{"Name":"a","DATA":"1","name":"b"}],"other":[1]}"#, "b=1 "),
            (r#"{"files":[null],"errors":null}"#, "= "),
            ("null", ""),
            ("[]", "json: cannot unmarshal array into Go value of type template.BulkFiles"),
            (
                r#"{"files":{}}"#,
                "json: cannot unmarshal object into Go struct field BulkFiles.files of type []template.BulkFile",
            ),
            (
                r#"{"files":[1]}"#,
                "json: cannot unmarshal number into Go struct field BulkFiles.files of type template.BulkFile",
            ),
            (
                r#"{"files":[{"data":true}]}"#,
                "json: cannot unmarshal bool into Go struct field BulkFile.files.data of type string",
            ),
            (r#"{"errors":"x"} "#, ""),
            (
                r#"{"errors":1}"#,
                "json: cannot unmarshal number into Go struct field BulkFiles.errors of type string",
            ),
        ] {
            assert_eq!(read_back(text), expected, "{text}");
        }
    }

    #[test]
    fn results_are_written() {
        let file = |path: &str, content: &[u8]| OutputFile {
            path: path.to_owned(),
            content: content.to_vec(),
            kind: FileKind::Yaml,
        };
        let files = vec![file("a\"<.yml", b"a: \xff\xfe\x01\t\xe2\x80\xa8\xc3\xa9\n"), file("b", b"")];
        assert_eq!(
            write(&Ok(Rendered { files, ..Rendered::default() })),
            r#"{"files":[{"name":"a\"\u003c.yml","data":"a: \ufffd\ufffd\u0001\t\u2028é\n"},{"name":"b","data":""}]}"#
        );
        assert_eq!(write(&Ok(Rendered::default())), "{}");
        assert_eq!(
            write(&Err(Error::new(ErrorKind::File, "no & way").context("A"))),
            r#"{"errors":"A: no \u0026 way"}"#
        );
    }
}
