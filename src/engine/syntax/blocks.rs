//! Blocks: what `end`, `elif` and `else:` mean.
//!
//! Behind `:` and a line end an indent is made up, and an outdent for each word that closes the block.
//! The rules look at tokens, not at grammar, so `x.end` closes a block too, and some odd programs are
//! read oddly; the order in which look-ahead tokens come back is the reference's.

use std::collections::VecDeque;

use super::SyntaxError;
use super::ast::Position;
use super::scan::Scanner;
use super::token::{Kind, Token, Word};

/// Reads tokens with indents and outdents by blocks.
pub(super) struct BlockScanner<'a> {
    scanner: Scanner<'a>,
    /// Read ahead; true if the outdent that the token means was handed out.
    ahead: VecDeque<(Token<'a>, bool)>,
    /// The kinds of the last two tokens handed out and the place of the last.
    last: [Kind; 2],
    last_pos: Position,
    /// Where the open blocks started.
    open: Vec<Position>,
}

impl<'a> BlockScanner<'a> {
    pub(super) fn new(source: &'a [u8]) -> BlockScanner<'a> {
        BlockScanner {
            scanner: Scanner::new(source),
            ahead: VecDeque::new(),
            last: [Kind::Eof; 2],
            last_pos: Position::default(),
            open: Vec::new(),
        }
    }

    /// How far the text is read.
    pub(super) fn pos(&self) -> Position {
        self.scanner.pos()
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Result<Token<'a>, SyntaxError> {
        let token = self.with_blocks()?;
        self.last = [self.last[1], token.kind];
        self.last_pos = token.pos;
        Ok(token)
    }

    fn with_blocks(&mut self) -> Result<Token<'a>, SyntaxError> {
        if self.last == [Kind::COLON, Kind::Newline] {
            self.open.push(self.last_pos);
            return Ok(Token::plain(Kind::Indent, self.last_pos));
        }
        loop {
            let (token, outdented) = match self.ahead.pop_front() {
                Some(ahead) => ahead,
                None => (self.scanner.next()?, false),
            };
            match token.kind {
                Kind::Indent | Kind::Outdent => continue,
                Kind::ELSE if !outdented => {
                    // Without a colon it belongs to a conditional expression.
                    let colon = self.scanner.next()?;
                    if colon.kind == Kind::COLON {
                        let pos = token.pos;
                        self.ahead.push_back((token, true));
                        self.ahead.push_back((colon, false));
                        return self.close(pos);
                    }
                    self.ahead.push_back((colon, false));
                }
                Kind::ELIF if !outdented => {
                    let pos = token.pos;
                    self.ahead.push_back((token, true));
                    return self.close(pos);
                }
                Kind::Keyword(Word::Pass) => {
                    return self.scanner.error("use of reserved keyword 'pass' is not allowed");
                }
                Kind::Ident if token.word == "end" => {
                    let following = self.scanner.next()?;
                    if following.kind != Kind::Newline {
                        self.ahead.push_back((following, false));
                    }
                    return self.close(token.pos);
                }
                Kind::Eof => {
                    if let Some(pos) = self.open.last() {
                        let message =
                            "mismatched set of block openings (if/else/elif/for/def) and closing (end)";
                        return Err(SyntaxError::new(*pos, message));
                    }
                }
                _ => {}
            }
            return Ok(token);
        }
    }

    /// Closes a block with the word that stands here.
    fn close(&mut self, pos: Position) -> Result<Token<'a>, SyntaxError> {
        match self.open.pop() {
            Some(_) => Ok(Token::plain(Kind::Outdent, pos)),
            None => self.scanner.error("unexpected end"),
        }
    }
}
