//! Text to tree.
//!
//! `scan` makes tokens of the text, `grammar` tells from the tokens where nodes begin and end, `tree` puts
//! the nodes together, `comments` attaches the comments.

mod comments;
mod grammar;
mod tree;

use self::grammar::Parser;
use super::node::{Comment, Document, DocumentSet, FileId, Node, Notes, Pos};
use crate::error::Result;

/// How many collections may stand within one another.
///
/// Trees are walked by recursion (to print, compare, copy and drop them), so this bounds the stack
/// that takes: threads of 2 MiB suffice. The reference has no such bound.
pub const MAX_DEPTH: usize = 1000;

/// How to read a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ParseOptions {
    /// Attach comments to the nodes they belong to. Plain YAML needs none.
    pub with_comments: bool,
    /// Refuse scalars without quotes that YAML versions or readers understand differently.
    pub strict: bool,
}

/// Reads the documents of a file, whose lines positions name as lines of `file`.
///
/// Keys may repeat in the result, which is an error in templates; for plain YAML see
/// [`keep_last_of_repeated_keys`](super::keep_last_of_repeated_keys). Comments below the last node come
/// in a document of their own, which has no value and no position.
///
/// # Errors
/// [`ErrorKind::Yaml`](crate::ErrorKind::Yaml) with the reference's wording (`yaml: line 3: did not find
/// expected key`), [`ErrorKind::Limit`](crate::ErrorKind::Limit) beyond [`MAX_DEPTH`] or too many aliased
/// nodes.
pub fn parse(text: &[u8], file: FileId, options: &ParseOptions) -> Result<DocumentSet> {
    let mut parser = Parser::new(text, file, options.strict);
    let mut documents = Vec::new();
    let mut left_over: Vec<Comment> = Vec::new();
    while let Some((value, line)) = parser.document()? {
        // The first `---` may be implied; its document then stands at the file's first line, but only
        // after comments were attached.
        let implied = parser.implied_start() && line == 0;
        let pos = if implied { Pos::UNKNOWN } else { parser.pos(line) };
        let notes = Notes { style: value.style, ..Notes::default() };
        let mut document = Document { value: value.node, pos, notes };
        let comments = parser.take_comments();
        if options.with_comments {
            left_over = comments::attach(&mut document, left_over, comments);
        }
        parser.check_lines()?;
        if implied {
            document.pos = Pos::new(file, 1);
        }
        tree::place_collection(&mut document.value, document.pos);
        documents.push(document);
    }
    if !left_over.is_empty() {
        let notes = Notes { comments: Some(left_over.into()), ..Notes::default() };
        documents.push(Document { value: Node::Null, pos: Pos::UNKNOWN, notes });
    }
    Ok(DocumentSet { items: documents, ..DocumentSet::default() })
}

#[cfg(test)]
mod tests;
