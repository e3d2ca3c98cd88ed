//! Scalars: plain, quoted and block.

use std::borrow::Cow;

use super::{Scanner, Token};
use crate::error::Result;
use crate::yaml::node::ScalarStyle;

/// White space between two pieces of a scalar that goes over several lines.
#[derive(Default)]
struct Gap {
    /// The first line break.
    first: String,
    /// Those after it.
    others: String,
    /// A line break was met, so that blanks no longer count.
    broken: bool,
}

impl Gap {
    /// One line break becomes a space; of several, all but the first stay.
    fn fold_into(&mut self, text: &mut String) {
        if self.first.starts_with('\n') {
            if self.others.is_empty() {
                text.push(' ');
            }
        } else {
            text.push_str(&self.first);
        }
        text.push_str(&self.others);
        self.first.clear();
        self.others.clear();
        self.broken = false;
    }
}

impl<'a> Scanner<'a> {
    /// A scalar without quotes.
    pub(super) fn plain(&mut self) -> Result<Token<'a>> {
        let column = self.indent + 1;
        let flow = self.flow_level > 0;
        // The text of the lines before the current one, once there are several.
        let mut folded: Option<String> = None;
        let mut line_start = self.cursor.at;
        let mut end = self.cursor.at;
        let mut gap = Gap::default();
        loop {
            if self.cursor.document_marker().is_some() || self.cursor.byte(0) == b'#' {
                break;
            }
            let run = self.cursor.at;
            while !self.ends_plain(flow) {
                self.cursor.skip_byte();
            }
            if self.cursor.at > run {
                if gap.broken {
                    let text = folded.get_or_insert_default();
                    text.push_str(self.cursor.between(line_start, end));
                    gap.fold_into(text);
                    line_start = run;
                }
                end = self.cursor.at;
            }
            if !self.cursor.is_blank(0) && !self.cursor.is_break(0) {
                break;
            }
            loop {
                if self.cursor.is_blank(0) {
                    if gap.broken && (self.cursor.column() as isize) < column && self.cursor.byte(0) == b'\t'
                    {
                        return self.fail("found a tab character that violates indentation");
                    }
                    self.cursor.skip_ascii(1);
                } else if gap.broken {
                    if !self.cursor.read_break(&mut gap.others) {
                        break;
                    }
                } else {
                    gap.broken = self.cursor.read_break(&mut gap.first);
                    if !gap.broken {
                        break;
                    }
                }
            }
            if !flow && (self.cursor.column() as isize) < column {
                break;
            }
        }
        if gap.broken {
            self.key_allowed = true;
        }
        let last = self.cursor.between(line_start, end);
        let value = match folded {
            None => Cow::Borrowed(last),
            Some(text) => Cow::Owned(text + last),
        };
        Ok(Token::Scalar { value, style: ScalarStyle::Plain })
    }

    /// Whether a plain scalar, or its piece up to white space, ends here.
    fn ends_plain(&self, flow: bool) -> bool {
        match self.cursor.byte(0) {
            0 | b' ' | b'\t' | b'\n' | b'\r' => true,
            b':' => self.cursor.is_blank_or_end(1),
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => flow,
            0xC2 | 0xE2 => self.cursor.is_break(0),
            _ => false,
        }
    }

    /// A scalar in single quotes.
    pub(super) fn single_quoted(&mut self) -> Result<Token<'a>> {
        self.cursor.skip_ascii(1);
        let mut text = String::new();
        loop {
            self.check_quoted()?;
            let mut run = self.cursor.at;
            while !self.cursor.is_blank_or_end(0) {
                if self.cursor.byte(0) == b'\'' {
                    if self.cursor.byte(1) != b'\'' {
                        break;
                    }
                    self.cursor.skip_ascii(1);
                    text.push_str(self.cursor.since(run));
                    self.cursor.skip_ascii(1);
                    run = self.cursor.at;
                } else {
                    self.cursor.skip_byte();
                }
            }
            text.push_str(self.cursor.since(run));
            if self.cursor.byte(0) == b'\'' {
                self.cursor.skip_ascii(1);
                return Ok(Token::Scalar { value: Cow::Owned(text), style: ScalarStyle::SingleQuoted });
            }
            self.quoted_gap(&mut text, false);
        }
    }

    /// A scalar in double quotes.
    pub(super) fn double_quoted(&mut self) -> Result<Token<'a>> {
        self.cursor.skip_ascii(1);
        let mut text = String::new();
        loop {
            self.check_quoted()?;
            let mut broken = false;
            let mut run = self.cursor.at;
            while !self.cursor.is_blank_or_end(0) {
                match self.cursor.byte(0) {
                    b'"' => break,
                    b'\\' => {
                        text.push_str(self.cursor.since(run));
                        if self.cursor.is_break(1) {
                            self.cursor.skip_ascii(1);
                            self.cursor.skip_break();
                            broken = true;
                            run = self.cursor.at;
                            break;
                        }
                        self.escape(&mut text)?;
                        run = self.cursor.at;
                    }
                    _ => self.cursor.skip_byte(),
                }
            }
            text.push_str(self.cursor.since(run));
            if self.cursor.byte(0) == b'"' {
                self.cursor.skip_ascii(1);
                return Ok(Token::Scalar { value: Cow::Owned(text), style: ScalarStyle::DoubleQuoted });
            }
            self.quoted_gap(&mut text, broken);
        }
    }

    /// The places where a quoted scalar may not go on.
    fn check_quoted(&self) -> Result<()> {
        if self.cursor.document_marker().is_some() {
            return self.fail("found unexpected document indicator");
        }
        if self.cursor.at_end() {
            return self.fail("found unexpected end of stream");
        }
        Ok(())
    }

    /// White space inside of quotes. `broken` tells that an escaped line break came before it.
    fn quoted_gap(&mut self, text: &mut String, broken: bool) {
        let mut gap = Gap { broken, ..Gap::default() };
        let start = self.cursor.at;
        loop {
            if self.cursor.is_blank(0) {
                self.cursor.skip_ascii(1);
            } else if gap.broken {
                if !self.cursor.read_break(&mut gap.others) {
                    break;
                }
            } else {
                gap.broken = self.cursor.read_break(&mut gap.first);
                if !gap.broken {
                    text.push_str(self.cursor.since(start));
                    return;
                }
            }
        }
        gap.fold_into(text);
    }

    /// An escape sequence in double quotes.
    fn escape(&mut self, text: &mut String) -> Result<()> {
        let digits = match self.cursor.byte(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            byte => {
                let Some(char) = simple_escape(byte) else {
                    return self.fail("found unknown escape character");
                };
                text.push(char);
                self.cursor.skip_ascii(2);
                return Ok(());
            }
        };
        self.cursor.skip_ascii(2);
        let mut value: u32 = 0;
        for ahead in 0..digits {
            match char::from(self.cursor.byte(ahead)).to_digit(16) {
                Some(digit) => value = value << 4 | digit,
                None => return self.fail("did not find expected hexdecimal number"),
            }
        }
        match char::from_u32(value) {
            Some(char) => text.push(char),
            None => return self.fail("found invalid Unicode character escape code"),
        }
        self.cursor.skip_ascii(digits);
        Ok(())
    }

    /// A literal or folded block.
    pub(super) fn block_scalar(&mut self, literal: bool) -> Result<Token<'a>> {
        self.cursor.skip_ascii(1);
        let (keep, increment) = self.block_header()?;
        let mut indent = match increment {
            0 => None,
            _ => Some((self.indent.max(0) + increment) as usize),
        };
        let mut text = String::new();
        let mut first = String::new();
        let mut others = String::new();
        let mut previous_blank = false;
        let column = self.block_breaks(&mut indent, &mut others)?;
        while self.cursor.column() == column && !self.cursor.at_end() {
            let blank = self.cursor.is_blank(0);
            if !literal && first.starts_with('\n') && !previous_blank && !blank {
                if others.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(&first);
            }
            first.clear();
            text.push_str(&others);
            others.clear();
            previous_blank = blank;
            text.push_str(self.cursor.rest_of_line());
            self.cursor.read_break(&mut first);
            self.block_breaks(&mut indent, &mut others)?;
        }
        if keep != Some(false) {
            text.push_str(&first);
        }
        if keep == Some(true) {
            text.push_str(&others);
        }
        let style = if literal { ScalarStyle::Literal } else { ScalarStyle::Folded };
        Ok(Token::Scalar { value: Cow::Owned(text), style })
    }

    /// What stands behind `|` or `>`: whether to keep or drop the last line breaks, and the
    /// indentation where it is given, otherwise 0.
    fn block_header(&mut self) -> Result<(Option<bool>, isize)> {
        let mut keep = None;
        let mut increment = 0;
        // Either may come first.
        for _ in 0..2 {
            match self.cursor.byte(0) {
                sign @ (b'+' | b'-') if keep.is_none() => keep = Some(sign == b'+'),
                b'0' if increment == 0 => {
                    return self.fail("found an indentation indicator equal to 0");
                }
                digit @ b'1'..=b'9' if increment == 0 => increment = isize::from(digit - b'0'),
                _ => break,
            }
            self.cursor.skip_ascii(1);
        }
        self.end_of_line()?;
        Ok((keep, increment))
    }

    /// Skips a comment and the line break at the end of a line that must hold nothing else.
    pub(super) fn end_of_line(&mut self) -> Result<()> {
        self.cursor.skip_blanks();
        if self.cursor.byte(0) == b'#' {
            self.cursor.rest_of_line();
        }
        if !self.cursor.is_break_or_end(0) {
            return self.fail("did not find expected comment or line break");
        }
        self.cursor.skip_break();
        Ok(())
    }

    /// Skips the indentation of the lines of a block, and its empty lines, which it collects. The
    /// first call finds out the column of the block if it was not given. Returns that column.
    fn block_breaks(&mut self, indent: &mut Option<usize>, breaks: &mut String) -> Result<usize> {
        let mut deepest = 0;
        loop {
            let column_missing = |column| indent.is_none_or(|indent| column < indent);
            while column_missing(self.cursor.column()) && self.cursor.byte(0) == b' ' {
                self.cursor.skip_ascii(1);
            }
            deepest = deepest.max(self.cursor.column());
            if column_missing(self.cursor.column()) && self.cursor.byte(0) == b'\t' {
                return self.fail("found a tab character where an indentation space is expected");
            }
            if !self.cursor.read_break(breaks) {
                break;
            }
        }
        let least = (self.indent + 1).max(1) as usize;
        Ok(*indent.get_or_insert(deepest.max(least)))
    }
}

/// The character for an escape of one letter.
fn simple_escape(byte: u8) -> Option<char> {
    Some(match byte {
        b'0' => '\0',
        b'a' => '\x07',
        b'b' => '\x08',
        b't' | b'\t' => '\t',
        b'n' => '\n',
        b'v' => '\x0B',
        b'f' => '\x0C',
        b'r' => '\r',
        b'e' => '\x1B',
        b' ' => ' ',
        b'"' => '"',
        b'\'' => '\'',
        b'\\' => '\\',
        b'N' => '\u{85}',
        b'_' => '\u{A0}',
        b'L' => '\u{2028}',
        b'P' => '\u{2029}',
        _ => return None,
    })
}
