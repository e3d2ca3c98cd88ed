//! Tokens to statements.

use super::SyntaxError;
use super::ast::{DefStmt, Expr, File, Ident, LoadStmt, Param, Position, Stmt};
use super::blocks::BlockScanner;
use super::token::{Kind, Token, Value, Word};

/// How deep the source may nest: brackets, calls, blocks, unary operators. The parser recurses on these.
const MAX_NESTING: u32 = 128;

/// How high the tree may grow, chains like `a + b + c` and `elif` included, which nest in the tree
/// but not in the source. Whoever walks or drops the tree recurses so far.
const MAX_HEIGHT: u32 = 4000;

const TOO_DEEP: &str = "nested too deeply";

/// Parses a program. Bytes, since a string literal may hold any.
///
/// # Errors
/// The first syntax error, with the reference's text and place. One text is ours, for programs that
/// nest deeper than is safe: `nested too deeply`.
pub fn parse(source: &(impl AsRef<[u8]> + ?Sized)) -> Result<File, SyntaxError> {
    let mut parser = Parser::new(source.as_ref())?;
    let mut stmts = Vec::new();
    while parser.kind() != Kind::Eof {
        if parser.kind() == Kind::Newline {
            parser.advance()?;
        } else {
            parser.stmt(&mut stmts)?;
        }
    }
    Ok(File { stmts })
}

/// A parser with one token of look-ahead.
pub(super) struct Parser<'a> {
    tokens: BlockScanner<'a>,
    pub(super) token: Token<'a>,
    nesting: u32,
    /// The height of the highest tree parsed since the enclosing node began.
    pub(super) height: u32,
}

type Parsed<T> = Result<T, SyntaxError>;

impl<'a> Parser<'a> {
    fn new(source: &'a [u8]) -> Parsed<Parser<'a>> {
        let mut tokens = BlockScanner::new(source);
        let token = tokens.next()?;
        Ok(Parser { tokens, token, nesting: 0, height: 0 })
    }

    /// The kind of the next token.
    pub(super) fn kind(&self) -> Kind {
        self.token.kind
    }

    /// Takes the next token.
    pub(super) fn advance(&mut self) -> Parsed<Token<'a>> {
        let following = self.tokens.next()?;
        Ok(std::mem::replace(&mut self.token, following))
    }

    /// Takes the next token, returns its place.
    pub(super) fn skip(&mut self) -> Parsed<Position> {
        Ok(self.advance()?.pos)
    }

    /// Takes a token of this kind.
    pub(super) fn expect(&mut self, kind: Kind) -> Parsed<Position> {
        if self.kind() != kind {
            return self.error(format!("got {}, want {kind}", self.kind()));
        }
        self.skip()
    }

    /// Takes a token if it is of this kind.
    pub(super) fn eat(&mut self, kind: Kind) -> Parsed<bool> {
        let here = self.kind() == kind;
        if here {
            self.advance()?;
        }
        Ok(here)
    }

    /// An error where the scanner stands, which is behind the next token.
    pub(super) fn error<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(SyntaxError::new(self.tokens.pos(), message))
    }

    /// Begins a node that nests in what is being parsed; hand the result to `leave`. (Closures would be
    /// neater and cost half as much stack again.)
    pub(super) fn enter(&mut self) -> Parsed<u32> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return self.error(TOO_DEEP);
        }
        Ok(std::mem::take(&mut self.height))
    }

    /// Ends a node; it stands beside what was parsed before.
    pub(super) fn leave(&mut self, before: u32) -> Parsed<()> {
        self.nesting -= 1;
        self.taller()?;
        self.height = self.height.max(before);
        Ok(())
    }

    /// Notes that a node stands on top of what was parsed.
    pub(super) fn taller(&mut self) -> Parsed<()> {
        self.height += 1;
        if self.height > MAX_HEIGHT {
            return self.error(TOO_DEEP);
        }
        Ok(())
    }

    fn stmt(&mut self, stmts: &mut Vec<Stmt>) -> Parsed<()> {
        let block = match self.kind() {
            Kind::Keyword(Word::Def) => Self::def_stmt,
            Kind::IF => Self::if_stmt,
            Kind::FOR => Self::for_stmt,
            Kind::Keyword(Word::While) => Self::while_stmt,
            _ => return self.simple_stmts(stmts).map(drop),
        };
        let before = self.enter()?;
        stmts.push(block(self)?);
        self.leave(before)
    }

    fn def_stmt(&mut self) -> Parsed<Stmt> {
        let pos = self.skip()?;
        let name = self.ident()?;
        self.expect(Kind::LPAREN)?;
        let params = self.params()?;
        self.expect(Kind::RPAREN)?;
        self.expect(Kind::COLON)?;
        let (body, end) = self.suite()?;
        Ok(Stmt::Def(Box::new(DefStmt { name, params, body, pos, end })))
    }

    fn if_stmt(&mut self) -> Parsed<Stmt> {
        let mut arms = Vec::new();
        loop {
            let pos = self.skip()?;
            let condition = self.test()?;
            self.expect(Kind::COLON)?;
            arms.push((pos, condition, self.suite()?.0));
            if self.kind() != Kind::ELIF {
                break;
            }
        }
        let mut otherwise = Vec::new();
        if self.eat(Kind::ELSE)? {
            self.expect(Kind::COLON)?;
            otherwise = self.suite()?.0;
        }
        for (pos, condition, then) in arms.into_iter().rev() {
            self.taller()?;
            otherwise = vec![Stmt::If { condition, then, otherwise, pos }];
        }
        // INVARIANT: there is at least one arm.
        Ok(otherwise.swap_remove(0))
    }

    fn for_stmt(&mut self) -> Parsed<Stmt> {
        let pos = self.skip()?;
        let target = self.loop_variables()?;
        self.expect(Kind::IN)?;
        let iterable = self.expr(false)?;
        self.expect(Kind::COLON)?;
        Ok(Stmt::For { target, iterable, body: self.suite()?.0, pos })
    }

    fn while_stmt(&mut self) -> Parsed<Stmt> {
        let pos = self.skip()?;
        let condition = self.test()?;
        self.expect(Kind::COLON)?;
        Ok(Stmt::While { condition, body: self.suite()?.0, pos })
    }

    /// What follows the colon: statements on the same line, or a block; and where it ends.
    fn suite(&mut self) -> Parsed<(Vec<Stmt>, Position)> {
        let mut stmts = Vec::new();
        let end = if self.eat(Kind::Newline)? {
            self.expect(Kind::Indent)?;
            while !matches!(self.kind(), Kind::Outdent | Kind::Eof) {
                self.stmt(&mut stmts)?;
            }
            self.expect(Kind::Outdent)?
        } else {
            self.simple_stmts(&mut stmts)?
        };
        Ok((stmts, end))
    }

    /// Statements of one line, parted by semicolons; returns where the line ends.
    fn simple_stmts(&mut self, stmts: &mut Vec<Stmt>) -> Parsed<Position> {
        loop {
            let before = std::mem::take(&mut self.height);
            stmts.push(self.simple_stmt()?);
            self.height = self.height.max(before);
            if !self.eat(Kind::SEMI)? || matches!(self.kind(), Kind::Newline | Kind::Eof) {
                break;
            }
        }
        if self.kind() == Kind::Eof { Ok(self.token.pos) } else { self.expect(Kind::Newline) }
    }

    fn simple_stmt(&mut self) -> Parsed<Stmt> {
        match self.kind() {
            Kind::Keyword(Word::Return) => {
                let pos = self.skip()?;
                let ends = matches!(self.kind(), Kind::Eof | Kind::Newline | Kind::SEMI);
                let value = if ends { None } else { Some(self.expr(false)?) };
                return Ok(Stmt::Return { value, pos });
            }
            Kind::Keyword(Word::Break) => return Ok(Stmt::Break(self.skip()?)),
            Kind::Keyword(Word::Continue) => return Ok(Stmt::Continue(self.skip()?)),
            Kind::Keyword(Word::Load) => return self.load_stmt(),
            _ => {}
        }
        let target = self.expr(false)?;
        let op = match self.kind() {
            Kind::Assign => None,
            Kind::AugAssign(op) => Some(op),
            _ => return Ok(Stmt::Expr(target)),
        };
        let pos = self.skip()?;
        Ok(Stmt::Assign { target, op, value: self.expr(false)?, pos })
    }

    fn load_stmt(&mut self) -> Parsed<Stmt> {
        let pos = self.skip()?;
        let lparen = self.expect(Kind::LPAREN)?;
        if self.kind() != Kind::Str {
            return self.error("first operand of load statement must be a string literal");
        }
        let Ident { name: module, pos: module_pos } = self.quoted_name(0)?;
        let mut names = Vec::new();
        while !matches!(self.kind(), Kind::RPAREN | Kind::Eof) {
            self.expect(Kind::COMMA)?;
            match self.kind() {
                Kind::RPAREN => break,
                Kind::Str => {
                    let name = self.quoted_name(1)?;
                    names.push((name.clone(), name));
                }
                Kind::Ident => {
                    let local = self.ident()?;
                    let name = &local.name;
                    if self.kind() != Kind::Assign {
                        return self.error(format!(
                            r#"load operand must be "{name}" or {name}="originalname" (want '=' after {name})"#
                        ));
                    }
                    self.skip()?;
                    if self.kind() != Kind::Str {
                        return self.error(format!(
                            r#"original name of loaded symbol must be quoted: {name}="originalname""#
                        ));
                    }
                    names.push((local, self.quoted_name(1)?));
                }
                other => {
                    return self
                        .error(format!(r#"load operand must be "name" or localname="name" (got {other})"#));
                }
            }
        }
        self.expect(Kind::RPAREN)?;
        if names.is_empty() {
            return Err(SyntaxError::new(lparen, "load statement must import at least 1 symbol"));
        }
        Ok(Stmt::Load(Box::new(LoadStmt { module, module_pos, names, pos })))
    }

    /// A string literal as a name; `offset` columns to the right of it.
    fn quoted_name(&mut self, offset: u32) -> Parsed<Ident> {
        let token = self.advance()?;
        let text = match &token.value {
            Value::Str(text) => String::from_utf8_lossy(text),
            _ => "".into(),
        };
        Ok(Ident { name: text.into(), pos: Position { col: token.pos.col + offset, ..token.pos } })
    }

    /// A name.
    pub(super) fn ident(&mut self) -> Parsed<Ident> {
        if self.kind() == Kind::Ident {
            let token = self.advance()?;
            return Ok(Ident { name: token.word.into(), pos: token.pos });
        }
        if self.kind().is_reserved_word() {
            let word = self.token.word;
            return self
                .error(format!("use of reserved keyword '{word}' is not allowed (expected identifier)"));
        }
        self.error("not an identifier")
    }

    /// The parameters of a function or lambda, up to `)` or `:`.
    pub(super) fn params(&mut self) -> Parsed<Vec<Param>> {
        let mut params: Vec<Param> = Vec::new();
        let mut stars = false;
        while !matches!(self.kind(), Kind::RPAREN | Kind::COLON | Kind::Eof) {
            if !params.is_empty() {
                self.expect(Kind::COMMA)?;
            }
            params.push(match self.kind() {
                // The list may end with a comma if no star is in it.
                Kind::RPAREN if stars => return self.error(format!("got {}, want parameter", self.kind())),
                Kind::RPAREN => break,
                Kind::STAR => {
                    stars = true;
                    let pos = self.skip()?;
                    if self.kind() == Kind::Ident {
                        Param::Args(self.ident()?)
                    } else {
                        Param::KeywordOnly(pos)
                    }
                }
                Kind::STARSTAR => {
                    stars = true;
                    self.skip()?;
                    Param::Kwargs(self.ident()?)
                }
                _ => {
                    let name = self.ident()?;
                    if self.eat(Kind::Assign)? {
                        Param::Default(name, self.test()?)
                    } else {
                        Param::Plain(name)
                    }
                }
            });
        }
        Ok(params)
    }

    /// The targets of a loop: no operators, since `in` ends them.
    pub(super) fn loop_variables(&mut self) -> Parsed<Expr> {
        let first = self.operand()?;
        if self.kind() != Kind::COMMA {
            return Ok(first);
        }
        let pos = first.start();
        let mut items = vec![first];
        while self.eat(Kind::COMMA)? {
            if self.kind().ends_expr_list() {
                break;
            }
            items.push(self.operand()?);
        }
        Ok(Expr::Tuple(items, pos))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::super::resolve;
    use super::*;

    #[test]
    fn depth_is_limited() {
        // (opening, middle, closing) of programs that nest without end.
        let shapes = [
            ("(", "x", ")"),
            ("[", "x", "]"),
            ("{1: ", "x", "}"),
            ("f(", "x", ")"),
            ("f(*", "x", ")"),
            ("x[", "x", "]"),
            ("x[:", "x", "]"),
            ("-", "x", ""),
            ("not ", "x", ""),
            ("lambda: ", "x", ""),
            ("lambda x=", "x", ": x"),
            ("(x if y else ", "x", ")"),
            ("[x for x in x if ", "x", "]"),
            ("[x for x in (", "x", ")]"),
            ("if x:\n", "x\n", "end\n"),
            ("if x:\nx\nelse:\n", "x\n", "end\n"),
            ("for x in y:\n", "x\n", "end\n"),
            ("while x:\n", "x\n", "end\n"),
            ("def f():\n", "x\n", "end\n"),
            ("", "x", " if x else x"),
            ("", "x", " + x"),
            ("", "x", " and x"),
            ("", "x", ".x"),
            ("", "x", "()"),
            ("", "x", "[0]"),
            ("", "if x:\nx\n", "elif x:\nx\n"),
            ("(", "x", "+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x)"),
        ];
        let everything_is_known = |_: &str| true;
        for (open, middle, close) in shapes {
            let source = |depth| {
                let end = if middle.starts_with("if") { "end" } else { "" };
                format!("{}{middle}{}{end}", open.repeat(depth), close.repeat(depth))
            };
            let error = parse(&source(10_000)).unwrap_err();
            assert_eq!(error.message, "nested too deeply", "{open}{middle}{close}");
            let file = parse(&source(if open.is_empty() { 3900 } else { 60 })).unwrap();
            resolve(&file, &everything_is_known, &everything_is_known).unwrap();
        }
    }
}
