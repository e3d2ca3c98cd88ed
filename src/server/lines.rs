//! Cuts a body into lines, without copying those that come in one piece.

use bytes::{Bytes, BytesMut};

/// A line of a stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Line {
    /// It, without its end.
    Text(Bytes),
    /// It is longer than a line may be, and was thrown away.
    TooLong,
}

/// Lines of a body that comes in pieces.
#[derive(Debug)]
pub(super) struct Lines {
    longest: usize,
    piece: Bytes,
    /// The beginning of a line whose end has not come.
    begun: BytesMut,
    /// Whether that line is too long already.
    is_over: bool,
}

impl Lines {
    pub(super) fn new(longest: usize) -> Lines {
        Lines { longest, piece: Bytes::new(), begun: BytesMut::new(), is_over: false }
    }

    /// Adds a piece. The one before must have been gone through.
    pub(super) fn add(&mut self, piece: Bytes) {
        self.piece = piece;
    }

    /// The next line that is not blank; none if its end has not come.
    pub(super) fn next(&mut self) -> Option<Line> {
        loop {
            let Some(end) = memchr::memchr(b'\n', &self.piece) else {
                let rest = std::mem::take(&mut self.piece);
                self.begin(&rest);
                return None;
            };
            let text = self.piece.split_to(end);
            // The line break.
            _ = self.piece.split_to(1);
            if let Some(line) = self.finish(text) {
                return Some(line);
            }
        }
    }

    /// The last line, which may have no end.
    pub(super) fn last(&mut self) -> Option<Line> {
        self.finish(Bytes::new())
    }

    fn begin(&mut self, text: &[u8]) {
        if self.begun.len() + text.len() > self.longest {
            self.is_over = true;
            self.begun = BytesMut::new();
        }
        if !self.is_over {
            self.begun.extend_from_slice(text);
        }
    }

    fn finish(&mut self, text: Bytes) -> Option<Line> {
        if text.len() > self.longest {
            self.is_over = true;
        }
        let text = match self.begun.is_empty() {
            true => text,
            false => {
                self.begin(&text);
                self.begun.split().freeze()
            }
        };
        if std::mem::take(&mut self.is_over) {
            self.begun.clear();
            return Some(Line::TooLong);
        }
        (!text.trim_ascii().is_empty()).then_some(Line::Text(text))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Line, Lines};

    /// The lines of pieces.
    fn lines(longest: usize, pieces: &[&'static str]) -> Vec<Option<String>> {
        let mut lines = Lines::new(longest);
        let mut found = Vec::new();
        for piece in pieces {
            lines.add(Bytes::from_static(piece.as_bytes()));
            while let Some(line) = lines.next() {
                found.push(line);
            }
        }
        found.extend(lines.last());
        let text = |line| match line {
            Line::Text(text) => Some(String::from_utf8_lossy(&text).into_owned()),
            Line::TooLong => None,
        };
        found.into_iter().map(text).collect()
    }

    fn some(lines: &[&str]) -> Vec<Option<String>> {
        lines.iter().map(|line| Some((*line).to_owned())).collect()
    }

    #[test]
    fn lines_may_come_in_any_pieces() {
        let expected = some(&["{\"a\":1}", "b", "c"]);
        assert_eq!(lines(100, &["{\"a\":1}\nb\nc"]), expected);
        assert_eq!(lines(100, &["{\"a\"", ":1", "}\n", "\n  \nb\n", "c\n"]), expected);
        assert_eq!(lines(100, &["", "\n"]), some(&[]));
    }

    #[test]
    fn a_line_that_is_too_long_costs_no_other() {
        let expected = vec![Some("aa".to_owned()), None, Some("cc".to_owned())];
        assert_eq!(lines(3, &["aa\nbbbb\ncc"]), expected);
        assert_eq!(lines(3, &["aa\nbb", "bb", "bbbbb\ncc\n"]), expected);
        assert_eq!(lines(3, &["bbbb"]), vec![None]);
    }
}
