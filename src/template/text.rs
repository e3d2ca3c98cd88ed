//! Text templates: `(@ code @)`, `(@= value @)`, `(@-` and `-@)` to trim white space.

use super::lines::{Instruction, Line, SourceLine};
use super::nodes::{Kind, NO_TAG, Nodes, TemplateNode};
use crate::yaml::{FileId, Node, Pos, Text};

/// A piece of a text template.
#[derive(Debug, PartialEq)]
pub(crate) enum Piece<'a> {
    /// Text outside `(@ @)`.
    Text(&'a str, Pos),
    /// What stands between `(@` and `@)`.
    Code(&'a str, Pos),
}

/// Splits a text. `start` is the position of its first line.
pub(crate) fn parse(text: &str, start: Pos) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let mut line = if start.is_known() { start.line } else { 1 };
    let mut col = 1;
    let mut last = '\0';
    let mut in_code = false;
    let mut begin = 0;
    let mut begin_line = line;
    for (at, c) in text.char_indices() {
        let found = match (last, c) {
            ('(', '@') if in_code => {
                return Err(format!("Unexpected code opening '(@' at line {line} col {col}"));
            }
            ('@', ')') if !in_code => {
                return Err(format!("Unexpected code closing '@)' at line {line} col {col}"));
            }
            ('(', '@') | ('@', ')') => true,
            _ => false,
        };
        if found {
            let piece = text.get(begin..at - 1).unwrap_or_default();
            let pos = Pos::new(start.file, begin_line);
            pieces.push(if in_code { Piece::Code(piece, pos) } else { Piece::Text(piece, pos) });
            in_code = !in_code;
            begin = at + 1;
            begin_line = line;
        }
        if c == '\n' {
            line += 1;
            col = 1;
        } else {
            col += 1;
        }
        last = c;
    }
    if in_code {
        return Err(format!("Missing code closing '@)' at line {line} col {col}"));
    }
    pieces.push(Piece::Text(text.get(begin..).unwrap_or_default(), Pos::new(start.file, begin_line)));
    Ok(pieces)
}

/// Dialect text that builds a string from the pieces; its last line ends the context.
pub(crate) fn lower(pieces: &[Piece<'_>], file: FileId, nodes: &mut Nodes) -> Vec<Line> {
    let node = |kind, parent, value| TemplateNode {
        kind,
        pos: Pos::new(file, 0),
        parent,
        comments: None,
        value,
        children: 0,
        prebuilt: None,
    };
    let root = nodes.add(node(Kind::TextRoot, NO_TAG, None));
    let mut lines = vec![
        Line::generated(Instruction::SetCtxType.call("\"text\"")),
        Line::generated(Instruction::StartCtx.call("\"text\"")),
        Line::generated(Instruction::StartNode.call(&root.to_string())),
    ];
    let mut trim_start = false;
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Text(text, pos) => {
                let trim_end =
                    matches!(pieces.get(index + 1), Some(Piece::Code(code, _)) if code.starts_with('-'));
                let mut text = *text;
                if trim_start {
                    text = text.trim_start_matches(is_space);
                }
                if trim_end {
                    text = text.trim_end_matches(is_space);
                }
                trim_start = false;
                let source = Some(SourceLine { pos: *pos, content: Text::new(text), whole: None });
                let tag = nodes.add(node(Kind::Text, root, Some(Node::str(text))));
                lines.push(Line {
                    text: Instruction::StartNode.call(&tag.to_string()).into_bytes(),
                    source: source.clone(),
                });
                lines.push(Line { text: Instruction::SetNode.call(&tag.to_string()).into_bytes(), source });
            }
            Piece::Code(code, pos) => {
                trim_start = code.ends_with('-');
                let (prints, body) = match code.strip_prefix("-=").or_else(|| code.strip_prefix('=')) {
                    Some(body) => (true, body),
                    None => (false, code.strip_prefix('-').unwrap_or(code)),
                };
                // `--@)` and the like lose one sign at each end, as in the reference.
                let body = strip_signs(body, code);
                if prints {
                    let tag = nodes.add(node(Kind::Text, root, None));
                    let source = Some(SourceLine { pos: *pos, content: Text::new(code), whole: None });
                    lines.push(Line {
                        text: Instruction::StartNode.call(&tag.to_string()).into_bytes(),
                        source: source.clone(),
                    });
                    let set = Instruction::SetNode.call(&format!("{tag}, ({body})"));
                    lines.push(Line { text: set.into_bytes(), source });
                } else {
                    for (offset, text) in body.split('\n').enumerate() {
                        let pos = Pos::new(pos.file, pos.line + offset as u32);
                        let source = Some(SourceLine { pos, content: Text::new(text), whole: None });
                        lines.push(Line { text: text.as_bytes().to_vec(), source });
                    }
                }
            }
        }
    }
    lines.push(Line::generated(Instruction::EndCtx.call("")));
    lines
}

/// Go's `unicode.IsSpace`.
fn is_space(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}')
        || (c as u32 > 0xff && c.is_whitespace())
}

fn strip_signs<'a>(body: &'a str, code: &str) -> &'a str {
    if code.starts_with("-=") || code.starts_with('=') {
        // The reference strips "-=", "=" and "-" one after the other.
        let body = if code.starts_with("-=") { body.strip_prefix('=').unwrap_or(body) } else { body };
        let body = body.strip_prefix('-').unwrap_or(body);
        return body.strip_suffix('-').unwrap_or(body);
    }
    body.strip_suffix('-').unwrap_or(body)
}

#[cfg(test)]
mod tests {
    use super::{Piece, parse};
    use crate::yaml::Pos;

    #[test]
    fn pieces_and_their_lines() {
        let at = |line| Pos::new(0, line);
        let pieces = parse("a\n(@= x @)b", at(1));
        let want = vec![Piece::Text("a\n", at(1)), Piece::Code("= x ", at(2)), Piece::Text("b", at(2))];
        assert_eq!(pieces, Ok(want));
    }

    #[test]
    fn unbalanced_code_is_refused() {
        let at = Pos::new(0, 1);
        assert_eq!(parse("a @)", at), Err("Unexpected code closing '@)' at line 1 col 4".to_owned()));
        assert_eq!(parse("(@ (@", at), Err("Unexpected code opening '(@' at line 1 col 5".to_owned()));
        assert_eq!(parse("(@ a", at), Err("Missing code closing '@)' at line 1 col 5".to_owned()));
    }
}
