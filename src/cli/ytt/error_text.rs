//! The layout of error messages. ytt breaks the first line of a message at each `: ` before a capital
//! letter, with rising indentation, and leaves text in brackets alone. A closing bracket without an
//! opening one ends the line.

/// Text in brackets that are still open.
struct Piece {
    /// The opening bracket; empty for text between `...|` and `|...`, which no bracket in it divides.
    open: &'static str,
    text: String,
}

/// Lays out a message.
pub(super) fn reflowed(message: &str) -> String {
    let (first, rest) = match message.split_once('\n') {
        Some((first, rest)) => (first, Some(rest)),
        None => (message, None),
    };
    let first = whole_line(first);
    let mut out = String::with_capacity(message.len() + 16);
    for (depth, line) in first.split('\n').enumerate() {
        if depth > 0 {
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        }
        out.push_str(line);
    }
    if let Some(rest) = rest {
        out.push('\n');
        out.push_str(rest);
    }
    out
}

fn whole_line(line: &str) -> String {
    let mut parts = Parts::default();
    for (at, char) in line.char_indices() {
        let raw = parts.open.last().is_some_and(|piece| piece.open.is_empty());
        let bracket = match char {
            _ if raw => None,
            '(' => Some("("),
            '[' => Some("["),
            '{' => Some("{"),
            _ => None,
        };
        if let Some(open) = bracket {
            parts.open.push(Piece { open, text: String::new() });
        } else if !raw && matches!(char, ')' | ']' | '}') {
            let Some(piece) = parts.open.pop() else { break };
            parts.close(piece);
        } else if line[at..].starts_with("...|") && at + 4 < line.len() {
            parts.open.push(Piece { open: "", text: char.to_string() });
        } else {
            parts.open.last_mut().map_or(&mut parts.plain, |piece| &mut piece.text).push(char);
            if char == '.' && line[..=at].ends_with("|...") {
                let Some(piece) = parts.open.pop() else { break };
                parts.close(piece);
            }
        }
    }
    while let Some(piece) = parts.open.pop() {
        parts.add(piece, "");
    }
    parts.done + &broken(&parts.plain)
}

#[derive(Default)]
struct Parts {
    done: String,
    /// Text outside of brackets since the last one.
    plain: String,
    /// Innermost last.
    open: Vec<Piece>,
}

impl Parts {
    /// Ends a piece with the bracket that fits, whatever was written.
    fn close(&mut self, piece: Piece) {
        let end = match piece.open {
            "(" => ")",
            "[" => "]",
            "{" => "}",
            _ => "",
        };
        self.add(piece, end);
    }

    /// Puts a finished piece into the one around it.
    fn add(&mut self, piece: Piece, end: &str) {
        match self.open.last_mut() {
            Some(outer) => outer.text.extend([piece.open, &piece.text, end]),
            None => {
                self.done.push_str(&broken(&self.plain));
                self.plain.clear();
                self.done.extend([piece.open, &piece.text, end]);
            }
        }
    }
}

/// Breaks at each `: ` before a capital letter.
fn broken(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(at) = rest.find(": ") {
        let after = &rest[at + 2..];
        out.push_str(&rest[..=at]);
        out.push(if after.starts_with(|char: char| char.is_ascii_uppercase()) { '\n' } else { ' ' });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_broken() {
        for (message, expected) in [
            ("a: b", "a: b"),
            ("A: B: C: d", "A:\n  B:\n    C: d"),
            ("A: B\nC: D", "A:\n  B\nC: D"),
            ("A (x: Y): Z", "A (x: Y):\n  Z"),
            ("A [x: {Y: Z}: Q]: Z", "A [x: {Y: Z}: Q]:\n  Z"),
            ("did not find expected ',' or ']' here", "did not find expected ',' or '"),
            ("open (x: Y", "open (x: Y"),
            ("a ( b ] c: D", "a ( b ) c:\n  D"),
            ("", ""),
            ("A: ", "A: "),
        ] {
            assert_eq!(reflowed(message), expected);
        }
    }
}
