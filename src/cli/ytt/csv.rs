//! One record of comma-separated values, as Go's `encoding/csv` reads it.

/// The fields of the first record; none for an empty text.
pub(super) fn fields(text: &str) -> Result<Vec<String>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    // Empty lines before the record are skipped.
    let skipped = text.len() - text.trim_start_matches(['\n', '\r']).len();
    let first_line = 1 + text[..skipped].matches('\n').count();
    let mut record = Record { rest: &text[skipped..], line: first_line, line_start: skipped, text };
    if record.rest.is_empty() {
        return Err("EOF".to_owned());
    }
    let mut fields = Vec::new();
    loop {
        let (field, more) = record.field().map_err(|(line, column, problem)| {
            let place = format!("parse error on line {line}, column {column}: {problem}");
            if line == first_line { place } else { format!("record on line {first_line}; {place}") }
        })?;
        fields.push(field);
        if !more {
            return Ok(fields);
        }
    }
}

struct Record<'a> {
    text: &'a str,
    rest: &'a str,
    line: usize,
    /// Where the current line begins in the text.
    line_start: usize,
}

type Problem = (usize, usize, &'static str);

impl Record<'_> {
    fn at(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    /// Line and column, counted from 1 in bytes, of a place in the text.
    fn problem(&self, at: usize, problem: &'static str) -> Problem {
        (self.line, at - self.line_start + 1, problem)
    }

    /// The next field, and whether another one follows.
    fn field(&mut self) -> Result<(String, bool), Problem> {
        if self.rest.starts_with('"') {
            return self.quoted_field();
        }
        let end = self.rest.find([',', '\n']).unwrap_or(self.rest.len());
        let field = &self.rest[..end];
        let more = self.rest[end..].starts_with(',');
        let field = if more { field } else { field.strip_suffix('\r').unwrap_or(field) };
        if let Some(quote) = field.find('"') {
            return Err(self.problem(self.at() + quote, "bare \" in non-quoted-field"));
        }
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        Ok((field.to_owned(), more))
    }

    fn quoted_field(&mut self) -> Result<(String, bool), Problem> {
        const EXTRANEOUS: &str = "extraneous or missing \" in quoted-field";
        self.rest = &self.rest[1..];
        let mut field = String::new();
        loop {
            let Some(at) = self.rest.find(['"', '\n']) else {
                return Err(self.problem(self.text.len(), EXTRANEOUS));
            };
            field.push_str(&self.rest[..at]);
            let is_quote = self.rest[at..].starts_with('"');
            self.rest = &self.rest[at + 1..];
            if !is_quote {
                field.push('\n');
                self.line += 1;
                self.line_start = self.at();
            } else if let Some(rest) = self.rest.strip_prefix('"') {
                field.push('"');
                self.rest = rest;
            } else if let Some(rest) = self.rest.strip_prefix(',') {
                self.rest = rest;
                return Ok((field, true));
            } else if self.rest.is_empty() || self.rest.starts_with(['\n', '\r']) {
                return Ok((field, false));
            } else {
                return Err(self.problem(self.at() - 1, EXTRANEOUS));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read() {
        for (text, expected) in [
            ("", r#"Ok([])"#),
            ("a", r#"Ok(["a"])"#),
            ("a,,b ", r#"Ok(["a", "", "b "])"#),
            ("a,", r#"Ok(["a", ""])"#),
            (r#""a,b","c""d""#, r#"Ok(["a,b", "c\"d"])"#),
            ("\"a\nb\",c\nd", r#"Ok(["a\nb", "c"])"#),
            ("a\nb", r#"Ok(["a"])"#),
            ("\n\na", r#"Ok(["a"])"#),
            ("\n", r#"Err("EOF")"#),
            ("b\"", r#"Err("parse error on line 1, column 2: bare \" in non-quoted-field")"#),
            ("\"a", r#"Err("parse error on line 1, column 3: extraneous or missing \" in quoted-field")"#),
            ("\"a\"b", r#"Err("parse error on line 1, column 3: extraneous or missing \" in quoted-field")"#),
            (
                "\"a\nb\"c",
                r#"Err("record on line 1; parse error on line 2, column 2: extraneous or missing \" in quoted-field")"#,
            ),
        ] {
            assert_eq!(format!("{:?}", fields(text)), expected, "{text:?}");
        }
    }
}
