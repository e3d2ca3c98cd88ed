//! Tokens to expressions.

use super::SyntaxError;
use super::ast::{Argument, BinaryOp, Clause, Expr, Position, UnaryOp};
use super::parse::Parser;
use super::token::{Kind, Value};

type Parsed<T> = Result<T, SyntaxError>;

/// How tightly `not` binds: above `and`, below comparisons.
const NOT_PRECEDENCE: u8 = 2;

impl Kind {
    /// Whether a comma before it was the last of its list.
    pub(super) fn ends_expr_list(self) -> bool {
        matches!(
            self,
            Kind::Eof
                | Kind::Newline
                | Kind::Assign
                | Kind::RBRACE
                | Kind::RBRACK
                | Kind::RPAREN
                | Kind::SEMI
        )
    }
}

impl Parser<'_> {
    /// An expression or, with commas, a tuple without parentheses of its own.
    pub(super) fn expr(&mut self, in_parens: bool) -> Parsed<Expr> {
        let first = self.test()?;
        if self.kind() != Kind::COMMA {
            return Ok(first);
        }
        let pos = first.start();
        Ok(Expr::Tuple(self.more_exprs(first, in_parens)?, pos))
    }

    /// The expressions after the first of a list.
    fn more_exprs(&mut self, first: Expr, trailing_comma: bool) -> Parsed<Vec<Expr>> {
        let mut items = vec![first];
        while self.kind() == Kind::COMMA {
            let comma = self.skip()?;
            if self.kind().ends_expr_list() {
                if !trailing_comma {
                    return Err(SyntaxError::new(comma, "unparenthesized tuple with trailing comma"));
                }
                break;
            }
            items.push(self.test()?);
        }
        Ok(items)
    }

    /// An expression without commas: a lambda, a conditional or operators.
    pub(super) fn test(&mut self) -> Parsed<Expr> {
        let before = self.enter()?;
        let expr = if self.kind() == Kind::LAMBDA { self.lambda(true)? } else { self.conditional()? };
        self.leave(before)?;
        Ok(expr)
    }

    /// The condition of a comprehension: `if` after it starts the next clause.
    fn test_without_if(&mut self) -> Parsed<Expr> {
        let before = self.enter()?;
        let expr = if self.kind() == Kind::LAMBDA { self.lambda(false)? } else { self.operators(0)? };
        self.leave(before)?;
        Ok(expr)
    }

    /// `then if condition else otherwise`, where `otherwise` may be the next such: a chain, since it may
    /// be long.
    fn conditional(&mut self) -> Parsed<Expr> {
        let mut arms = Vec::new();
        let mut last = self.operators(0)?;
        while self.kind() == Kind::IF {
            let pos = self.skip()?;
            let condition = self.operators(0)?;
            if self.kind() != Kind::ELSE {
                return Err(SyntaxError::new(pos, "conditional expression without else clause"));
            }
            self.skip()?;
            arms.push((last, condition, pos));
            if self.kind() == Kind::LAMBDA {
                last = self.test()?;
                break;
            }
            last = self.operators(0)?;
        }
        for (then, condition, pos) in arms.into_iter().rev() {
            self.taller()?;
            let (condition, then, otherwise) = (Box::new(condition), Box::new(then), Box::new(last));
            last = Expr::Cond { condition, then, otherwise, pos };
        }
        Ok(last)
    }

    fn lambda(&mut self, allow_if: bool) -> Parsed<Expr> {
        let pos = self.skip()?;
        let params = self.params()?;
        self.expect(Kind::COLON)?;
        let body = if allow_if { self.test()? } else { self.test_without_if()? };
        Ok(Expr::Lambda { params, body: Box::new(body), pos })
    }

    /// Operands and binary operators that bind at least as tightly as `min`.
    fn operators(&mut self, min: u8) -> Parsed<Expr> {
        let before = std::mem::take(&mut self.height);
        let mut left =
            if self.kind() == Kind::NOT && min <= NOT_PRECEDENCE { self.not()? } else { self.operand()? };
        let mut compared = None;
        while let Some(op) = self.operator(min)? {
            if op.is_comparison()
                && let Some(first) = compared.replace(op)
            {
                let (first, second) = (first.text(), op.text());
                return self.error(format!("{first} does not associate with {second} (use parens)"));
            }
            let pos = self.skip()?;
            let right = Box::new(self.operators(op.precedence() + 1)?);
            self.taller()?;
            left = Expr::Binary { op, left: Box::new(left), right, pos };
        }
        self.height = self.height.max(before);
        Ok(left)
    }

    fn not(&mut self) -> Parsed<Expr> {
        let pos = self.skip()?;
        let before = self.enter()?;
        let operand = Box::new(self.operators(NOT_PRECEDENCE)?);
        self.leave(before)?;
        Ok(Expr::Unary { op: UnaryOp::Not, operand, pos })
    }

    /// The binary operator that follows, if it binds at least as tightly as `min`; does not take it.
    fn operator(&mut self, min: u8) -> Parsed<Option<BinaryOp>> {
        if self.kind() == Kind::NOT {
            self.skip()?;
            if self.kind() != Kind::IN {
                return self.error(format!("got {}, want in", self.kind()));
            }
            // Its place is that of `in`.
            self.token.kind = Kind::Op(BinaryOp::NotIn);
        }
        Ok(match self.kind() {
            Kind::Op(op) if op.precedence() >= min => Some(op),
            _ => None,
        })
    }

    /// A primary expression with what hangs on it: `.name`, `[index]`, `(arguments)`.
    pub(super) fn operand(&mut self) -> Parsed<Expr> {
        let before = std::mem::take(&mut self.height);
        let mut object = self.primary()?;
        loop {
            object = match self.kind() {
                Kind::DOT => self.attribute(object)?,
                Kind::LBRACK => self.subscript(object)?,
                Kind::LPAREN => self.call(object)?,
                _ => break,
            };
            self.taller()?;
        }
        self.height = self.height.max(before);
        Ok(object)
    }

    fn attribute(&mut self, object: Expr) -> Parsed<Expr> {
        let pos = self.skip()?;
        Ok(Expr::Dot { object: Box::new(object), name: self.ident()?, pos })
    }

    fn call(&mut self, function: Expr) -> Parsed<Expr> {
        let pos = self.skip()?;
        let function = Box::new(function);
        let args = self.arguments()?;
        self.expect(Kind::RPAREN)?;
        Ok(Expr::Call { function, args, pos })
    }

    /// `[index]` or `[low:high:step]`.
    fn subscript(&mut self, object: Expr) -> Parsed<Expr> {
        let pos = self.skip()?;
        let object = Box::new(object);
        let (mut low, mut high, mut step) = (None, None, None);
        if self.kind() != Kind::COLON {
            let index = Box::new(self.expr(false)?);
            if self.eat(Kind::RBRACK)? {
                return Ok(Expr::Index { object, index, pos });
            }
            low = Some(index);
        }
        if self.eat(Kind::COLON)? && !matches!(self.kind(), Kind::COLON | Kind::RBRACK) {
            high = Some(Box::new(self.test()?));
        }
        if self.eat(Kind::COLON)? && self.kind() != Kind::RBRACK {
            step = Some(Box::new(self.test()?));
        }
        self.expect(Kind::RBRACK)?;
        Ok(Expr::Slice { object, low, high, step, pos })
    }

    /// The arguments of a call, up to `)`.
    fn arguments(&mut self) -> Parsed<Vec<Argument>> {
        let mut args: Vec<Argument> = Vec::new();
        let mut stars = false;
        while !matches!(self.kind(), Kind::RPAREN | Kind::Eof) {
            if !args.is_empty() {
                self.expect(Kind::COMMA)?;
            }
            args.push(match self.kind() {
                // The list may end with a comma if no star is in it.
                Kind::RPAREN if stars => return self.error(format!("got {}, want argument", self.kind())),
                Kind::RPAREN => break,
                Kind::STAR => {
                    stars = true;
                    let pos = self.skip()?;
                    Argument::Args(self.test()?, pos)
                }
                Kind::STARSTAR => {
                    stars = true;
                    let pos = self.skip()?;
                    Argument::Kwargs(self.test()?, pos)
                }
                _ => {
                    let value = self.test()?;
                    match (self.kind(), value) {
                        (Kind::Assign, Expr::Ident(name)) => {
                            self.skip()?;
                            Argument::Named(name, self.test()?)
                        }
                        (Kind::Assign, _) => {
                            return self.error("keyword argument must have form name=expr");
                        }
                        (_, value) => Argument::Positional(value),
                    }
                }
            });
        }
        Ok(args)
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let op = match self.kind() {
            Kind::Ident => return Ok(Expr::Ident(self.ident()?)),
            Kind::Int | Kind::Float | Kind::Str => return self.literal(),
            Kind::LBRACK => return self.list(),
            Kind::LBRACE => return self.dict(),
            Kind::LPAREN => return self.parentheses(),
            Kind::Op(BinaryOp::Sub) => UnaryOp::Minus,
            Kind::Op(BinaryOp::Add) => UnaryOp::Plus,
            Kind::TILDE => UnaryOp::BitNot,
            other => return self.error(format!("got {other}, want primary expression")),
        };
        let pos = self.skip()?;
        let before = self.enter()?;
        let operand = Box::new(self.operand()?);
        self.leave(before)?;
        Ok(Expr::Unary { op, operand, pos })
    }

    fn literal(&mut self) -> Parsed<Expr> {
        let token = self.advance()?;
        let pos = token.pos;
        Ok(match token.value {
            Value::Int(int) => Expr::Int(int, pos),
            Value::Float(float) => Expr::Float(float, pos),
            Value::Str(text) => Expr::Str(text, pos),
            // INVARIANT: the scanner gives each literal its value.
            Value::None => Expr::Str(Box::default(), pos),
        })
    }

    fn parentheses(&mut self) -> Parsed<Expr> {
        let pos = self.skip()?;
        if self.eat(Kind::RPAREN)? {
            return Ok(Expr::Tuple(Vec::new(), pos));
        }
        let inner = self.expr(true)?;
        self.expect(Kind::RPAREN)?;
        Ok(Expr::Paren(Box::new(inner), pos))
    }

    fn list(&mut self) -> Parsed<Expr> {
        let pos = self.skip()?;
        if self.eat(Kind::RBRACK)? {
            return Ok(Expr::List(Vec::new(), pos));
        }
        let first = self.test()?;
        if self.kind() == Kind::FOR {
            let clauses = self.clauses(Kind::RBRACK)?;
            return Ok(Expr::Comprehension { body: Box::new(first), value: None, clauses, pos });
        }
        let items = self.more_exprs(first, true)?;
        self.expect(Kind::RBRACK)?;
        Ok(Expr::List(items, pos))
    }

    fn dict(&mut self) -> Parsed<Expr> {
        let pos = self.skip()?;
        let mut entries = Vec::new();
        while self.kind() != Kind::RBRACE {
            let (key, value, colon) = self.entry()?;
            if entries.is_empty() && self.kind() == Kind::FOR {
                let clauses = self.clauses(Kind::RBRACE)?;
                let (body, value) = (Box::new(key), Some(Box::new(value)));
                return Ok(Expr::Comprehension { body, value, clauses, pos });
            }
            entries.push((key, value, colon));
            if !self.eat(Kind::COMMA)? {
                break;
            }
        }
        self.expect(Kind::RBRACE)?;
        Ok(Expr::Dict(entries, pos))
    }

    fn entry(&mut self) -> Parsed<(Expr, Expr, Position)> {
        let key = self.test()?;
        let colon = self.expect(Kind::COLON)?;
        Ok((key, self.test()?, colon))
    }

    /// The clauses of a comprehension and its closing bracket.
    fn clauses(&mut self, close: Kind) -> Parsed<Vec<Clause>> {
        let mut clauses = Vec::new();
        while self.kind() != close {
            clauses.push(match self.kind() {
                Kind::FOR => {
                    let pos = self.skip()?;
                    let target = self.loop_variables()?;
                    self.expect(Kind::IN)?;
                    // Neither a conditional, a lambda nor a tuple without parentheses may follow.
                    let before = self.enter()?;
                    let iterable = self.operators(0)?;
                    self.leave(before)?;
                    Clause::For { target, iterable, pos }
                }
                Kind::IF => {
                    let pos = self.skip()?;
                    Clause::If(self.test_without_if()?, pos)
                }
                other => {
                    return self.error(format!("got {other}, want '{}', for, or if", close.name()));
                }
            });
        }
        self.skip()?;
        Ok(clauses)
    }
}

impl Expr {
    /// Where the expression begins.
    pub fn start(&self) -> Position {
        let mut expr = self;
        loop {
            expr = match expr {
                Expr::Cond { then, .. } => then,
                Expr::Dot { object, .. } | Expr::Index { object, .. } | Expr::Slice { object, .. } => object,
                Expr::Call { function, .. } => function,
                Expr::Binary { left, .. } => left,
                Expr::Ident(name) => return name.pos,
                Expr::Int(_, pos)
                | Expr::Float(_, pos)
                | Expr::Str(_, pos)
                | Expr::Paren(_, pos)
                | Expr::Tuple(_, pos)
                | Expr::List(_, pos)
                | Expr::Dict(_, pos)
                | Expr::Comprehension { pos, .. }
                | Expr::Lambda { pos, .. }
                | Expr::Unary { pos, .. } => return *pos,
            }
        }
    }
}
