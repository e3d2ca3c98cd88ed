//! Tags, anchors and directives.

use std::borrow::Cow;

use super::{Scanner, Token};
use crate::error::Result;

impl<'a> Scanner<'a> {
    /// The name behind `&` or `*`.
    pub(super) fn anchor_name(&mut self) -> Result<&'a str> {
        self.cursor.skip_ascii(1);
        let name = self.word();
        let ends = self.cursor.is_blank_or_end(0)
            || matches!(self.cursor.byte(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ends {
            return self.fail("did not find expected alphabetic or numeric character");
        }
        Ok(name)
    }

    /// Letters, digits, `_` and `-`.
    fn word(&mut self) -> &'a str {
        let start = self.cursor.at;
        while is_word(self.cursor.byte(0)) {
            self.cursor.skip_ascii(1);
        }
        self.cursor.since(start)
    }

    /// `!<uri>`, `!suffix`, `!handle!suffix` or `!`.
    pub(super) fn tag(&mut self) -> Result<Token<'a>> {
        let token = if self.cursor.byte(1) == b'<' {
            self.cursor.skip_ascii(2);
            let suffix = self.tag_uri("")?;
            if self.cursor.byte(0) != b'>' {
                return self.fail("did not find the expected '>'");
            }
            self.cursor.skip_ascii(1);
            Token::Tag { handle: "", suffix }
        } else {
            let handle = self.tag_handle(false)?;
            if handle.len() > 1 && handle.ends_with('!') {
                Token::Tag { handle, suffix: self.tag_uri("")? }
            } else {
                let suffix = self.tag_uri(handle)?;
                if suffix.is_empty() {
                    Token::Tag { handle: "", suffix: Cow::Borrowed("!") }
                } else {
                    Token::Tag { handle: "!", suffix }
                }
            }
        };
        if !self.cursor.is_blank_or_end(0) {
            return self.fail("did not find expected whitespace or line break");
        }
        Ok(token)
    }

    /// `!`, `!!` or `!word!`; in a tag also `!word`, which is then the beginning of the tag itself.
    fn tag_handle(&mut self, directive: bool) -> Result<&'a str> {
        if self.cursor.byte(0) != b'!' {
            return self.fail("did not find expected '!'");
        }
        let start = self.cursor.at;
        self.cursor.skip_ascii(1);
        let word = self.word();
        if self.cursor.byte(0) == b'!' {
            self.cursor.skip_ascii(1);
        } else if directive && !word.is_empty() {
            return self.fail("did not find expected '!'");
        }
        Ok(self.cursor.since(start))
    }

    /// The characters of a tag, `%` escapes decoded. `head` is what was read of it, with its `!`.
    fn tag_uri(&mut self, head: &'a str) -> Result<Cow<'a, str>> {
        let head_text = head.strip_prefix('!').unwrap_or(head);
        let start = self.cursor.at;
        let mut decoded: Option<Vec<u8>> = None;
        let mut run = start;
        while is_uri(self.cursor.byte(0)) {
            if self.cursor.byte(0) == b'%' {
                let text = decoded.get_or_insert_with(|| head_text.as_bytes().to_vec());
                text.extend_from_slice(self.cursor.since(run).as_bytes());
                self.uri_escape(text)?;
                run = self.cursor.at;
            } else {
                self.cursor.skip_ascii(1);
            }
        }
        if head.is_empty() && self.cursor.at == start {
            return self.fail("did not find expected tag URI");
        }
        Ok(match decoded {
            // The head stands right before the rest.
            None => Cow::Borrowed(self.cursor.between(start - head_text.len(), self.cursor.at)),
            Some(mut text) => {
                text.extend_from_slice(self.cursor.since(run).as_bytes());
                Cow::Owned(String::from_utf8_lossy(&text).into_owned())
            }
        })
    }

    /// The `%xx` of one character.
    fn uri_escape(&mut self, text: &mut Vec<u8>) -> Result<()> {
        let mut left = None;
        while left != Some(0) {
            let digit = |ahead| char::from(self.cursor.byte(ahead)).to_digit(16);
            let (b'%', Some(high), Some(low)) = (self.cursor.byte(0), digit(1), digit(2)) else {
                return self.fail("did not find URI escaped octet");
            };
            let octet = (high << 4 | low) as u8;
            left = Some(match left {
                None => match octet {
                    0x00..0x80 => 0,
                    0xC0..0xE0 => 1,
                    0xE0..0xF0 => 2,
                    0xF0..0xF8 => 3,
                    _ => return self.fail("found an incorrect leading UTF-8 octet"),
                },
                Some(_) if octet & 0xC0 != 0x80 => {
                    return self.fail("found an incorrect trailing UTF-8 octet");
                }
                Some(left) => left - 1,
            });
            text.push(octet);
            self.cursor.skip_ascii(3);
        }
        Ok(())
    }

    /// A line that begins with `%`.
    pub(super) fn directive(&mut self) -> Result<Token<'a>> {
        self.cursor.skip_ascii(1);
        let name = self.word();
        if name.is_empty() {
            return self.fail("could not find expected directive name");
        }
        if !self.cursor.is_blank_or_end(0) {
            return self.fail("found unexpected non-alphabetical character");
        }
        let token = match name {
            "YAML" => {
                self.cursor.skip_blanks();
                let major = self.version_number()?;
                if self.cursor.byte(0) != b'.' {
                    return self.fail("did not find expected digit or '.' character");
                }
                self.cursor.skip_ascii(1);
                Token::Version(major, self.version_number()?)
            }
            "TAG" => {
                self.cursor.skip_blanks();
                let handle = self.tag_handle(true)?;
                if !self.cursor.is_blank(0) {
                    return self.fail("did not find expected whitespace");
                }
                self.cursor.skip_blanks();
                let prefix = self.tag_uri("")?;
                if !self.cursor.is_blank_or_end(0) {
                    return self.fail("did not find expected whitespace or line break");
                }
                Token::TagDirective { handle, prefix }
            }
            _ => return self.fail("found unknown directive name"),
        };
        self.end_of_line()?;
        Ok(token)
    }

    /// A number of at most two digits.
    fn version_number(&mut self) -> Result<u8> {
        let mut value = 0;
        let mut length = 0;
        while let digit @ b'0'..=b'9' = self.cursor.byte(0) {
            length += 1;
            if length > 2 {
                return self.fail("found extremely long version number");
            }
            value = value * 10 + (digit - b'0');
            self.cursor.skip_ascii(1);
        }
        if length == 0 {
            return self.fail("did not find expected version number");
        }
        Ok(value)
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn is_uri(byte: u8) -> bool {
    is_word(byte) || b";/?:@&=+$,.!~*'()[]%".contains(&byte)
}
