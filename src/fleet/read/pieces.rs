//! Cuts a stream into documents without parsing them, so that reading costs little and parsing can be done
//! by several threads. No more than one document is held.

use std::io::{self, BufRead};
use std::path::Path;
use std::sync::Arc;

use crate::fleet::{Place, Problem};

/// How a document is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// YAML.
    Yaml,
    /// JSON.
    Json,
}

/// A document as it stands in its file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// The file.
    pub file: Arc<str>,
    /// The line at which the text begins, counted from 1.
    pub line: u64,
    /// How it is written.
    pub format: Format,
    /// The bytes.
    pub text: Vec<u8>,
}

/// The longest document, in bytes: room for a list of all objects of a cluster. A single one has 1.5 MiB at
/// most, as etcd has it.
const LONGEST: usize = 256 << 20;

/// The documents of a stream.
///
/// YAML documents are separated by `---`. JSON is one value a line, if the first line holds a whole value;
/// otherwise, as for a list that `kubectl` prints, the stream is held as a whole.
#[derive(Debug)]
pub struct Pieces<R> {
    input: R,
    file: Arc<str>,
    form: Form,
    /// The number of the line that is read next.
    line: u64,
    /// What has been read, but belongs to the next document, and its first line.
    ahead: (Vec<u8>, u64),
    /// How many bytes have been read.
    bytes: u64,
    longest: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    /// Told by the first byte.
    Unknown,
    Yaml,
    /// A JSON value a line.
    Lines,
    /// JSON values one behind the other, all of them read ahead.
    Values,
    End,
}

impl<R: BufRead> Pieces<R> {
    /// The documents of a stream; `file` is for messages. A name that ends with `.yaml` or `.yml` is taken
    /// for what it says, otherwise the first byte tells JSON from YAML.
    pub fn new(input: R, file: Arc<str>) -> Pieces<R> {
        let extension = Path::new(&*file).extension().and_then(|name| name.to_str());
        let form = match extension {
            Some("yaml" | "yml") => Form::Yaml,
            _ => Form::Unknown,
        };
        Pieces { input, file, form, line: 1, ahead: (Vec::new(), 1), bytes: 0, longest: LONGEST }
    }

    /// How many bytes have been read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    fn problem(&self, line: u64, message: impl Into<String>) -> Problem {
        Problem::error(Place::new(&self.file, line), message)
    }

    fn piece(&self, line: u64, format: Format, text: Vec<u8>) -> Piece {
        Piece { file: Arc::clone(&self.file), line, format, text }
    }

    /// Appends a line, its end included; false at the end of the stream. What makes the text longer than
    /// the longest document is read over and reported.
    fn read_line(&mut self, text: &mut Vec<u8>) -> Result<bool, Problem> {
        let mut over = false;
        let mut any = false;
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.form = Form::End;
                    return Err(self.problem(0, format!("cannot be read: {error}")));
                }
            };
            let end = memchr::memchr(b'\n', buffer);
            let used = end.map_or(buffer.len(), |end| end + 1);
            over |= text.len() + used > self.longest;
            if !over {
                text.extend_from_slice(buffer.get(..used).unwrap_or_default());
            }
            any |= used > 0;
            self.bytes += used as u64;
            self.input.consume(used);
            if end.is_some() || used == 0 {
                break;
            }
        }
        self.line += u64::from(any);
        if over {
            let message = format!("a document of more than {} bytes", self.longest);
            return Err(self.problem(self.line - 1, message));
        }
        Ok(any)
    }

    /// A YAML document. Empty ones, comments and directives go with the one that follows them.
    fn yaml(&mut self) -> Option<Result<Piece, Problem>> {
        let (mut text, start) = std::mem::take(&mut self.ahead);
        let mut has_content = text.split(|byte| *byte == b'\n').any(is_content);
        loop {
            let (before, line) = (text.len(), self.line);
            match self.read_line(&mut text) {
                Ok(true) => {}
                Ok(false) => {
                    self.form = Form::End;
                    return has_content.then(|| Ok(self.piece(start.max(1), Format::Yaml, text)));
                }
                Err(problem) => {
                    self.skip_yaml();
                    return Some(Err(problem));
                }
            }
            let new = text.get(before..).unwrap_or_default();
            if has_content && is_separator(new) {
                self.ahead = (text.split_off(before), line);
                return Some(Ok(self.piece(start.max(1), Format::Yaml, text)));
            }
            has_content |= is_content(new);
        }
    }

    /// Goes on at the next separator.
    fn skip_yaml(&mut self) {
        let mut text = Vec::new();
        while self.form != Form::End {
            let line = self.line;
            text.clear();
            match self.read_line(&mut text) {
                Ok(true) if is_separator(&text) => {
                    self.ahead = (text, line);
                    return;
                }
                Ok(true) | Err(_) => {}
                Ok(false) => self.form = Form::End,
            }
        }
    }

    /// The next line that is not blank.
    fn line(&mut self) -> Option<Result<(Vec<u8>, u64), Problem>> {
        let mut text = Vec::new();
        loop {
            text.clear();
            let line = self.line;
            match self.read_line(&mut text) {
                Ok(true) if text.iter().all(u8::is_ascii_whitespace) => {}
                Ok(true) => return Some(Ok((text, line))),
                Ok(false) => {
                    self.form = Form::End;
                    return None;
                }
                Err(problem) => return Some(Err(problem)),
            }
        }
    }

    /// The next of the values that have been read ahead.
    fn value(&mut self) -> Option<Result<Piece, Problem>> {
        let (text, line) = &mut self.ahead;
        let blank = text.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        *line += count_lines(text.get(..blank).unwrap_or_default());
        text.drain(..blank);
        if text.is_empty() {
            self.form = Form::End;
            return None;
        }
        let start = *line;
        let rest = text.split_off(value_length(text).unwrap_or(text.len()));
        let value = std::mem::replace(text, rest);
        *line += count_lines(&value);
        Some(Ok(self.piece(start, Format::Json, value)))
    }
}

impl<R: BufRead> Iterator for Pieces<R> {
    type Item = Result<Piece, Problem>;

    fn next(&mut self) -> Option<Result<Piece, Problem>> {
        if self.form == Form::Unknown {
            // An error of the stream comes again when it is read.
            let first = self.input.fill_buf().unwrap_or_default();
            let first = first.iter().find(|byte| !byte.is_ascii_whitespace());
            self.form = if matches!(first, Some(b'{' | b'[')) { Form::Lines } else { Form::Yaml };
            if self.form == Form::Lines {
                let (text, line) = match self.line()? {
                    Ok(found) => found,
                    Err(problem) => return Some(Err(problem)),
                };
                if value_length(&text).is_some() {
                    return Some(Ok(self.piece(line, Format::Json, text)));
                }
                self.form = Form::Values;
                self.ahead = (text, line);
                match self.input.read_to_end(&mut self.ahead.0) {
                    Ok(read) => self.bytes += read as u64,
                    Err(error) => {
                        self.form = Form::End;
                        return Some(Err(self.problem(0, format!("cannot be read: {error}"))));
                    }
                }
            }
        }
        match self.form {
            Form::Unknown | Form::End => None,
            Form::Yaml => self.yaml(),
            Form::Lines => {
                let line = self.line()?;
                Some(line.map(|(text, line)| self.piece(line, Format::Json, text)))
            }
            Form::Values => self.value(),
        }
    }
}

fn count_lines(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

/// Whether a line begins a YAML document.
fn is_separator(line: &[u8]) -> bool {
    line.strip_prefix(b"---").is_some_and(|rest| rest.first().is_none_or(u8::is_ascii_whitespace))
}

/// Whether a line of YAML holds more than a comment, a directive or a separator.
fn is_content(line: &[u8]) -> bool {
    let rest = if is_separator(line) { line.get(3..).unwrap_or_default() } else { line };
    let first = rest.iter().find(|byte| !byte.is_ascii_whitespace());
    first.is_some_and(|byte| *byte != b'#') && !line.starts_with(b"%")
}

/// How long the JSON object or array is that a text begins with, by its brackets; none if it does not end.
fn value_length(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut inside = false;
    let mut escaped = false;
    for (index, byte) in text.iter().enumerate() {
        if inside {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => inside = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => inside = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(index + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use std::io::BufReader;

    use super::{Format, Pieces};

    fn pieces(name: &str, text: &str) -> Vec<(u64, Format, String)> {
        // A buffer smaller than most lines.
        let input = BufReader::with_capacity(7, text.as_bytes());
        let pieces = Pieces::new(input, name.into()).map(|piece| piece.unwrap());
        pieces.map(|piece| (piece.line, piece.format, String::from_utf8(piece.text).unwrap())).collect()
    }

    #[test]
    fn yaml_is_cut_at_separators() {
        let yaml = |line, text: &str| (line, Format::Yaml, text.to_owned());
        assert_eq!(
            pieces("a.yaml", "a: 1\n---\nb: 2\n--- # c\nd:\n---e\n"),
            [yaml(1, "a: 1\n"), yaml(2, "---\nb: 2\n"), yaml(4, "--- # c\nd:\n---e\n"),]
        );
        // What is no document belongs to the next one, or to none.
        assert_eq!(
            pieces("-", "%YAML 1.1\n# x\n---\n---\na: 1\n---\n# end\n---\n"),
            [yaml(1, "%YAML 1.1\n# x\n---\n---\na: 1\n")]
        );
        assert_eq!(pieces("-", "--- a\n--- {b: 1}"), [yaml(1, "--- a\n"), yaml(2, "--- {b: 1}")]);
        assert_eq!(pieces("-", "# nothing\n\n"), []);
        // The name says so.
        assert_eq!(pieces("a.yml", "{a: 1}\n"), [yaml(1, "{a: 1}\n")]);
    }

    #[test]
    fn json_is_a_value_a_line_or_values_of_many_lines() {
        let json = |line, text: &str| (line, Format::Json, text.to_owned());
        assert_eq!(
            pieces("a.ndjson", "{\"a\": \"}\\\"\"}\n\n{\"b\": {\n{\"c\": 3}"),
            [json(1, "{\"a\": \"}\\\"\"}\n"), json(3, "{\"b\": {\n"), json(4, "{\"c\": 3}"),]
        );
        assert_eq!(
            pieces("a.json", "\n{\n \"a\": [1,\n2]}\n{}\n x"),
            [json(2, "{\n \"a\": [1,\n2]}"), json(5, "{}"), json(6, "x"),]
        );
        assert_eq!(pieces("-", " [1]"), [json(1, " [1]")]);
    }

    #[test]
    fn documents_that_are_too_long_cost_no_other() {
        let long = "x".repeat(100);
        for (name, text) in [
            ("a.yaml", format!("a: 1\n---\n{long}\nb\n---\nc: 3\n")),
            ("a.ndjson", format!("{{\"a\": 1}}\n\"{long}\"\n{{\"c\": 3}}\n")),
        ] {
            let mut pieces = Pieces::new(text.as_bytes(), name.into());
            pieces.longest = 100;
            let found: Vec<_> = pieces.collect();
            assert!(matches!(found.as_slice(), [Ok(_), Err(_), Ok(_)]), "{name}");
            assert!(found[1].as_ref().unwrap_err().to_string().contains("more than 100 bytes"));
        }
    }
}
