//! A place in the text: byte, line and column.

/// A place in a text that is free of NUL.
pub(super) struct Cursor<'a> {
    text: &'a str,
    /// The byte the cursor stands at.
    pub(super) at: usize,
    /// The line, counted from 0.
    pub(super) line: u32,
    line_start: usize,
    /// How many bytes of this line do not begin a character.
    inner_bytes: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor at the beginning of `text`, which is on this line.
    pub(super) fn new(text: &'a str, line: u32) -> Cursor<'a> {
        Cursor { text, at: 0, line, line_start: 0, inner_bytes: 0 }
    }

    /// The byte this far ahead, 0 behind the end.
    pub(super) fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Whether all is read.
    pub(super) fn at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.text.len().saturating_sub(self.at)
    }

    /// How many characters stand before the cursor on its line.
    pub(super) fn column(&self) -> usize {
        self.at - self.line_start - self.inner_bytes
    }

    /// The text from byte `from` up to the cursor.
    pub(super) fn since(&self, from: usize) -> &'a str {
        self.text.get(from..self.at).unwrap_or_default()
    }

    /// The text between two bytes.
    pub(super) fn between(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// Skips characters of one byte that are no line breaks.
    pub(super) fn skip_ascii(&mut self, count: usize) {
        self.at += count;
    }

    /// Skips one byte of any character that is no line break.
    pub(super) fn skip_byte(&mut self) {
        if self.byte(0) & 0xC0 == 0x80 {
            self.inner_bytes += 1;
        }
        self.at += 1;
    }

    /// The bytes of the line break this far ahead, 0 if there is none.
    pub(super) fn break_length(&self, ahead: usize) -> usize {
        match self.byte(ahead) {
            b'\n' => 1,
            b'\r' => 1 + usize::from(self.byte(ahead + 1) == b'\n'),
            0xC2 if self.byte(ahead + 1) == 0x85 => 2,
            0xE2 if self.byte(ahead + 1) == 0x80 && matches!(self.byte(ahead + 2), 0xA8 | 0xA9) => 3,
            _ => 0,
        }
    }

    /// Skips a line break.
    pub(super) fn skip_break(&mut self) -> bool {
        let length = self.break_length(0);
        if length == 0 {
            return false;
        }
        self.at += length;
        self.line += 1;
        self.line_start = self.at;
        self.inner_bytes = 0;
        true
    }

    /// Skips a line break and appends what it stands for.
    pub(super) fn read_break(&mut self, out: &mut String) -> bool {
        let start = self.at;
        if !self.skip_break() {
            return false;
        }
        // LINE SEPARATOR and PARAGRAPH SEPARATOR stay what they are.
        let text = self.since(start);
        out.push_str(if text.len() == 3 { text } else { "\n" });
        true
    }

    /// Whether a space or tab is this far ahead.
    pub(super) fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.byte(ahead), b' ' | b'\t')
    }

    /// Whether a line break is this far ahead.
    pub(super) fn is_break(&self, ahead: usize) -> bool {
        self.break_length(ahead) > 0
    }

    /// Whether a line break or the end is this far ahead.
    pub(super) fn is_break_or_end(&self, ahead: usize) -> bool {
        self.byte(ahead) == 0 || self.is_break(ahead)
    }

    /// Whether white space, a line break or the end is this far ahead.
    pub(super) fn is_blank_or_end(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_break_or_end(ahead)
    }

    /// Skips spaces and tabs.
    pub(super) fn skip_blanks(&mut self) {
        while self.is_blank(0) {
            self.at += 1;
        }
    }

    /// Skips to the end of the line and returns what was skipped.
    pub(super) fn rest_of_line(&mut self) -> &'a str {
        let start = self.at;
        while !self.is_break_or_end(0) {
            self.skip_byte();
        }
        self.since(start)
    }

    /// `-` or `.` where `---` or `...` stands at the beginning of a line.
    pub(super) fn document_marker(&self) -> Option<u8> {
        let byte = self.byte(0);
        let marker = self.at == self.line_start
            && matches!(byte, b'-' | b'.')
            && self.byte(1) == byte
            && self.byte(2) == byte
            && self.is_blank_or_end(3);
        marker.then_some(byte)
    }

    /// Ends a last line that has no line break.
    pub(super) fn end_line(&mut self) {
        if self.column() != 0 {
            self.line += 1;
            self.line_start = self.at;
            self.inner_bytes = 0;
        }
    }
}
