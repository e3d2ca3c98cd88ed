//! The strings of TOML.

use super::read::Reader;
use crate::engine::builtins::quote;

/// A string whose first `mark` has been read, of one line or, after three marks, of several.
pub(super) fn value(reader: &mut Reader<'_>, mark: char) -> Result<String, String> {
    if reader.accept(mark)? {
        if reader.accept(mark)? {
            return lines(reader, mark);
        }
        reader.back(1);
    }
    line(reader, mark)
}

/// A string of one line whose first `mark` has been read.
pub(super) fn line(reader: &mut Reader<'_>, mark: char) -> Result<String, String> {
    let start = reader.at();
    loop {
        match reader.next()? {
            None => {
                let expected = if mark == '"' { "'\"'" } else { "\"'\"" };
                return Err(reader.unexpected(None, format!("unexpected EOF; expected {expected}")));
            }
            Some('\n' | '\r') => return Err(reader.broken_line("strings cannot contain newlines")),
            Some('\\') if mark == '"' => escape(reader, start)?,
            Some(char) if char == mark => break,
            Some(_) => {}
        }
    }
    let text = reader.since(start).strip_suffix(mark).unwrap_or_default();
    if mark == '"' { unescape(reader, text) } else { Ok(text.to_owned()) }
}

/// A string of several lines whose three marks have been read.
fn lines(reader: &mut Reader<'_>, mark: char) -> Result<String, String> {
    let marks = |count| String::from(mark).repeat(count);
    let start = reader.at();
    loop {
        match reader.next()? {
            None => {
                let marks = marks(3);
                let expected = if mark == '"' { format!("'{marks}'") } else { format!("\"{marks}\"") };
                return Err(reader.unexpected(None, format!("unexpected EOF; expected {expected}")));
            }
            Some('\\') if mark == '"' => match reader.peek()? {
                Some('\n' | '\r') => drop(reader.next()?),
                _ => escape(reader, start)?,
            },
            Some(char) if char == mark && reader.accept(mark)? => {
                if !reader.accept(mark)? {
                    reader.back(1);
                    continue;
                }
                if reader.peek()? != Some(mark) {
                    break;
                }
                // The last three end the string, and two more may stand before them.
                let before = reader.since(start).strip_suffix(&marks(5));
                if before.is_some_and(|before| mark == '\'' || !before.ends_with('\\')) {
                    let marks = marks(6);
                    let found = if mark == '"' { format!("'{marks}'") } else { format!("\"{marks}\"") };
                    return Err(reader.error(format!("unexpected {found}")));
                }
                reader.back(2);
            }
            Some(_) => {}
        }
    }
    let text = reader.since(start).strip_suffix(&marks(3)).unwrap_or_default();
    if mark == '\'' {
        return Ok(without_first_break(text).to_owned());
    }
    let joined = join_lines(text).ok_or_else(|| reader.key_error("invalid escape: '\\ '"))?;
    unescape(reader, without_first_break(&joined))
}

/// Reads an escape whose backslash has been read; `start` is where the string began.
fn escape(reader: &mut Reader<'_>, start: usize) -> Result<(), String> {
    let found = reader.next()?;
    let (count, digits) = match found {
        Some('b' | 't' | 'n' | 'f' | 'r' | '"' | ' ' | '\t' | '\\') => return Ok(()),
        Some('u') => (4, "four hexadecimal digits after '\\u'"),
        Some('U') => (8, "eight hexadecimal digits after '\\U'"),
        found => {
            let char = found.unwrap_or_default();
            return Err(reader.unexpected(found, format!("invalid escape in string '\\{char}'")));
        }
    };
    for _ in 0..count {
        let found = reader.next()?;
        if !found.is_some_and(|char| char.is_ascii_hexdigit()) {
            let text = quote(reader.since(start).as_bytes());
            return Err(reader.unexpected(found, format!("expected {digits}, but got {text} instead")));
        }
    }
    Ok(())
}

fn without_first_break(text: &str) -> &str {
    text.strip_prefix('\n').or_else(|| text.strip_prefix("\r\n")).unwrap_or(text)
}

const BLANK: [char; 3] = [' ', '\t', '\r'];

/// The text without the line breaks behind a backslash; None if a backslash has no line break to take.
///
/// As in the library, lines keep no break of their own once one was taken, until a line ends in an
/// escaped backslash.
fn join_lines(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.split('\n').peekable();
    let (mut joining, mut after_backslash) = (false, false);
    while let Some(line) = lines.next() {
        let line = if after_backslash { line.trim_start_matches(BLANK) } else { line };
        let trimmed = line.trim_end_matches(BLANK);
        let backslashes = trimmed.len() - trimmed.trim_end_matches('\\').len();
        after_backslash = backslashes % 2 == 1;
        if backslashes == 0 {
            out.push_str(line.trim_end_matches('\r'));
            if !joining && lines.peek().is_some() {
                out.push('\n');
            }
        } else if after_backslash {
            lines.peek()?;
            let trimmed = if joining { trimmed.trim_start_matches(BLANK) } else { trimmed };
            out.push_str(trimmed.strip_suffix('\\').unwrap_or(trimmed));
            joining = true;
        } else {
            out.push_str(line);
            out.push('\n');
            joining = false;
        }
    }
    Some(out)
}

/// The text with its escapes, which [`escape`] has seen, replaced.
fn unescape(reader: &Reader<'_>, text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            out.push(char);
            continue;
        }
        let escaped = chars.next().unwrap_or_default();
        out.push(match escaped {
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'f' => '\u{c}',
            'r' => '\r',
            '"' | '\\' => escaped,
            'u' | 'U' => {
                let digits: String = chars.by_ref().take(if escaped == 'u' { 4 } else { 8 }).collect();
                let code = u32::from_str_radix(&digits, 16).ok();
                code.and_then(char::from_u32).ok_or_else(|| {
                    reader.error(format!("Escaped character '\\u{digits}' is not valid UTF-8."))
                })?
            }
            other => return Err(reader.error(format!("invalid escape: '\\{other}'"))),
        });
    }
    Ok(out)
}
