//! The bulk format: all files of a run in one JSON text, `{"files": [{"name": …, "data": …}]}`.

use super::files::File;
use super::json::Json;
use super::{OutputFile, Rendered};
use crate::{Error, ErrorKind, Result};

/// Reads input files.
///
/// # Errors
/// `Usage` for a text that is not JSON or not of this form.
pub fn read(text: &str) -> Result<Vec<File>> {
    let mut files = Vec::new();
    for (key, value) in object(Json::parse(text)?, "Go value of type template.BulkFiles")? {
        match key.to_ascii_lowercase().as_str() {
            "files" => files = read_files(value)?,
            "errors" => _ = text_field(value, "Go struct field BulkFiles.errors of type string")?,
            _ => {}
        }
    }
    Ok(files)
}

fn read_files(value: Json) -> Result<Vec<File>> {
    let items = match value {
        Json::Array(items) => items,
        Json::Null => Vec::new(),
        other => return mismatch(&other, "Go struct field BulkFiles.files of type []template.BulkFile"),
    };
    let mut files = Vec::new();
    for item in items {
        let (mut name, mut data) = (String::new(), String::new());
        for (key, value) in object(item, "Go struct field BulkFiles.files of type template.BulkFile")? {
            let (field, place) = match key.to_ascii_lowercase().as_str() {
                "name" => (&mut name, "Go struct field BulkFile.files.name of type string"),
                "data" => (&mut data, "Go struct field BulkFile.files.data of type string"),
                _ => continue,
            };
            if let Some(text) = text_field(value, place)? {
                *field = text;
            }
        }
        files.push(File::new(name, data.into_bytes()));
    }
    Ok(files)
}

/// The items of an object; none for null.
fn object(value: Json, place: &str) -> Result<Vec<(String, Json)>> {
    match value {
        Json::Object(items) => Ok(items),
        Json::Null => Ok(Vec::new()),
        other => mismatch(&other, place),
    }
}

fn text_field(value: Json, place: &str) -> Result<Option<String>> {
    match value {
        Json::Text(text) => Ok(Some(text)),
        Json::Null => Ok(None),
        other => mismatch(&other, place),
    }
}

fn mismatch<T>(value: &Json, place: &str) -> Result<T> {
    let message = format!("json: cannot unmarshal {} into {place}", value.type_name());
    Err(Error::new(ErrorKind::Usage, message))
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
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars() {
            match char {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\0'..='\x1f' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                    out.push_str(&format!("\\u{:04x}", u32::from(char)));
                }
                char => out.push(char),
            }
        }
        for _ in chunk.invalid() {
            out.push_str("\\ufffd");
        }
    }
    out.push('"');
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
