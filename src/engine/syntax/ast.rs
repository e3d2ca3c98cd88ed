//! The syntax tree of ytt's dialect of Starlark.
//!
//! Positions are those the reference's interpreter reports for an error at that node: the opening
//! parenthesis of a call, the operator of a binary expression, the dot of an attribute.

#![allow(missing_docs, reason = "the fields of each node say what they are by name")]

/// A place in a source text: line and column (in code points), both counted from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub col: u32,
}

/// A name where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Ident {
    /// The name.
    pub name: Box<str>,
    /// Where it stands.
    pub pos: Position,
}

/// Binary operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum BinaryOp {
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Gt,
    Le,
    Ge,
    In,
    NotIn,
    BitOr,
    BitXor,
    BitAnd,
    ShiftLeft,
    ShiftRight,
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
}

/// Unary operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum UnaryOp {
    Plus,
    Minus,
    BitNot,
    Not,
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Stmt {
    /// `target = value`, or `target op= value`. `pos` is the operator's.
    Assign { target: Expr, op: Option<BinaryOp>, value: Expr, pos: Position },
    /// `break`
    Break(Position),
    /// `continue`
    Continue(Position),
    /// `def name(params): body end`
    Def(Box<DefStmt>),
    /// An expression for its effect.
    Expr(Expr),
    /// `for target in iterable: body end`. `pos` is that of `for`.
    For { target: Expr, iterable: Expr, body: Vec<Stmt>, pos: Position },
    /// `while condition: body end`
    While { condition: Expr, body: Vec<Stmt>, pos: Position },
    /// `if condition: then else: otherwise end`; `elif` is an `If` alone in `otherwise`.
    If { condition: Expr, then: Vec<Stmt>, otherwise: Vec<Stmt>, pos: Position },
    /// `load("module", "name", alias="name")`
    Load(Box<LoadStmt>),
    /// `return value`
    Return { value: Option<Expr>, pos: Position },
}

/// A function definition.
#[derive(Clone, Debug, PartialEq)]
pub struct DefStmt {
    /// Its name.
    pub name: Ident,
    /// Its parameters.
    pub params: Vec<Param>,
    /// Its body; may be empty (there is no `pass`).
    pub body: Vec<Stmt>,
    /// Where `def` stands.
    pub pos: Position,
    /// Where the `end` of the body stands; of a body on the same line, where the line ends.
    pub end: Position,
}

/// A parameter of a function or lambda.
#[derive(Clone, Debug, PartialEq)]
pub enum Param {
    /// `name`
    Plain(Ident),
    /// `name=default`
    Default(Ident, Expr),
    /// `*`
    KeywordOnly(Position),
    /// `*args`
    Args(Ident),
    /// `**kwargs`
    Kwargs(Ident),
}

/// A load statement.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadStmt {
    /// The module's path as written.
    pub module: Box<str>,
    /// Where the path stands.
    pub module_pos: Position,
    /// `(local name, name in the module)`, each where it stands.
    pub names: Vec<(Ident, Ident)>,
    /// Where `load` stands.
    pub pos: Position,
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// `value`
    Positional(Expr),
    /// `name=value`
    Named(Ident, Expr),
    /// `*value`
    Args(Expr, Position),
    /// `**value`
    Kwargs(Expr, Position),
}

/// A clause of a comprehension after its first.
#[derive(Clone, Debug, PartialEq)]
pub enum Clause {
    /// `for target in iterable`
    For { target: Expr, iterable: Expr, pos: Position },
    /// `if condition`
    If(Expr, Position),
}

/// A literal integer may exceed 64 bits.
#[derive(Clone, Debug, PartialEq)]
pub enum Int {
    /// Fits.
    Small(i64),
    /// A larger one as written: decimal digits, or `0x` and hexadecimal ones.
    Big(Box<str>),
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A name.
    Ident(Ident),
    /// An integer.
    Int(Int, Position),
    /// A float.
    Float(f64, Position),
    /// A string; bytes, because `"\xff"` need not be UTF-8.
    Str(Box<[u8]>, Position),
    /// `(x)`: kept, because `(a, b)` targets and messages tell it from `x`.
    Paren(Box<Expr>, Position),
    /// `a, b` or `(a, b)`; `()` is empty. `pos` is that of `(` or of the first item.
    Tuple(Vec<Expr>, Position),
    /// `[a, b]`
    List(Vec<Expr>, Position),
    /// `{a: b}`; the position is that of each entry's colon.
    Dict(Vec<(Expr, Expr, Position)>, Position),
    /// `[body for ...]` or, with a value, `{key: value for ...}`. The first clause is a `For`.
    Comprehension { body: Box<Expr>, value: Option<Box<Expr>>, clauses: Vec<Clause>, pos: Position },
    /// `then if condition else otherwise`
    Cond { condition: Box<Expr>, then: Box<Expr>, otherwise: Box<Expr>, pos: Position },
    /// `object.name`; `pos` is that of the dot.
    Dot { object: Box<Expr>, name: Ident, pos: Position },
    /// `object[index]`; `pos` is that of the bracket.
    Index { object: Box<Expr>, index: Box<Expr>, pos: Position },
    /// `object[low:high:step]`; `pos` is that of the bracket.
    Slice {
        object: Box<Expr>,
        low: Option<Box<Expr>>,
        high: Option<Box<Expr>>,
        step: Option<Box<Expr>>,
        pos: Position,
    },
    /// `function(args)`; `pos` is that of the opening parenthesis.
    Call { function: Box<Expr>, args: Vec<Argument>, pos: Position },
    /// `lambda params: body`
    Lambda { params: Vec<Param>, body: Box<Expr>, pos: Position },
    /// `op operand`
    Unary { op: UnaryOp, operand: Box<Expr>, pos: Position },
    /// `left op right`; `pos` is the operator's.
    Binary { op: BinaryOp, left: Box<Expr>, right: Box<Expr>, pos: Position },
}

/// A parsed file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    /// Its statements.
    pub stmts: Vec<Stmt>,
}
