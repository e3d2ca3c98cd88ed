//! The tokens of the language.

use std::fmt;

use super::ast::{BinaryOp, Int, Position};

/// The kind of a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A word reserved for other languages: `class`, `is`, ...
    Illegal,
    Eof,
    Newline,
    Indent,
    Outdent,
    Ident,
    Int,
    Float,
    Str,
    /// `(`, `)`, `[`, `]`, `{`, `}`, `,`, `:`, `;`, `.`, `~`, `**`.
    Punct(Punct),
    /// `=`
    Assign,
    /// `+=` and its like.
    AugAssign(BinaryOp),
    /// Operators that are words included; `not in` is made of two tokens by the parser.
    Op(BinaryOp),
    /// Any other word of the language.
    Keyword(Word),
}

/// Punctuation that is no operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Punct {
    LeftParen,
    RightParen,
    LeftBracket,
    RightBracket,
    LeftBrace,
    RightBrace,
    Comma,
    Colon,
    Semicolon,
    Dot,
    Tilde,
    StarStar,
}

/// A word that is neither a name nor an operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Word {
    Break,
    Continue,
    Def,
    Elif,
    Else,
    For,
    If,
    Lambda,
    Load,
    Not,
    Pass,
    Return,
    While,
}

impl Punct {
    fn text(self) -> &'static str {
        match self {
            Punct::LeftParen => "(",
            Punct::RightParen => ")",
            Punct::LeftBracket => "[",
            Punct::RightBracket => "]",
            Punct::LeftBrace => "{",
            Punct::RightBrace => "}",
            Punct::Comma => ",",
            Punct::Colon => ":",
            Punct::Semicolon => ";",
            Punct::Dot => ".",
            Punct::Tilde => "~",
            Punct::StarStar => "**",
        }
    }
}

impl Word {
    fn text(self) -> &'static str {
        match self {
            Word::Break => "break",
            Word::Continue => "continue",
            Word::Def => "def",
            Word::Elif => "elif",
            Word::Else => "else",
            Word::For => "for",
            Word::If => "if",
            Word::Lambda => "lambda",
            Word::Load => "load",
            Word::Not => "not",
            Word::Pass => "pass",
            Word::Return => "return",
            Word::While => "while",
        }
    }
}

/// The kinds that have names of their own in the parser.
impl Kind {
    pub(super) const LPAREN: Kind = Kind::Punct(Punct::LeftParen);
    pub(super) const RPAREN: Kind = Kind::Punct(Punct::RightParen);
    pub(super) const LBRACK: Kind = Kind::Punct(Punct::LeftBracket);
    pub(super) const RBRACK: Kind = Kind::Punct(Punct::RightBracket);
    pub(super) const LBRACE: Kind = Kind::Punct(Punct::LeftBrace);
    pub(super) const RBRACE: Kind = Kind::Punct(Punct::RightBrace);
    pub(super) const COMMA: Kind = Kind::Punct(Punct::Comma);
    pub(super) const COLON: Kind = Kind::Punct(Punct::Colon);
    pub(super) const SEMI: Kind = Kind::Punct(Punct::Semicolon);
    pub(super) const DOT: Kind = Kind::Punct(Punct::Dot);
    pub(super) const TILDE: Kind = Kind::Punct(Punct::Tilde);
    pub(super) const STAR: Kind = Kind::Op(BinaryOp::Mul);
    pub(super) const STARSTAR: Kind = Kind::Punct(Punct::StarStar);
    pub(super) const NOT: Kind = Kind::Keyword(Word::Not);
    pub(super) const IF: Kind = Kind::Keyword(Word::If);
    pub(super) const ELIF: Kind = Kind::Keyword(Word::Elif);
    pub(super) const ELSE: Kind = Kind::Keyword(Word::Else);
    pub(super) const FOR: Kind = Kind::Keyword(Word::For);
    pub(super) const IN: Kind = Kind::Op(BinaryOp::In);
    pub(super) const LAMBDA: Kind = Kind::Keyword(Word::Lambda);

    /// The kind of a word.
    pub(super) fn of_word(word: &str) -> Kind {
        match word {
            "and" => Kind::Op(BinaryOp::And),
            "or" => Kind::Op(BinaryOp::Or),
            "in" => Kind::IN,
            "break" => Kind::Keyword(Word::Break),
            "continue" => Kind::Keyword(Word::Continue),
            "def" => Kind::Keyword(Word::Def),
            "elif" => Kind::ELIF,
            "else" => Kind::ELSE,
            "for" => Kind::FOR,
            "if" => Kind::IF,
            "lambda" => Kind::LAMBDA,
            "load" => Kind::Keyword(Word::Load),
            "not" => Kind::NOT,
            "pass" => Kind::Keyword(Word::Pass),
            "return" => Kind::Keyword(Word::Return),
            "while" => Kind::Keyword(Word::While),
            "as" | "class" | "del" | "except" | "finally" | "from" | "global" | "import" | "is"
            | "nonlocal" | "raise" | "try" | "with" | "yield" => Kind::Illegal,
            _ => Kind::Ident,
        }
    }

    /// Whether a word of this kind cannot be a name.
    pub(super) fn is_reserved_word(self) -> bool {
        match self {
            Kind::Illegal | Kind::Keyword(_) => true,
            Kind::Op(op) => matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::In),
            _ => false,
        }
    }

    /// The name without quotes, as in `< does not associate with in`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Illegal => "illegal token",
            Kind::Eof => "end of file",
            Kind::Newline => "newline",
            Kind::Indent => "indent",
            Kind::Outdent => "outdent",
            Kind::Ident => "identifier",
            Kind::Int => "int literal",
            Kind::Float => "float literal",
            Kind::Str => "string literal",
            Kind::Assign => "=",
            Kind::Punct(punct) => punct.text(),
            Kind::Keyword(word) => word.text(),
            Kind::Op(op) => op.text(),
            Kind::AugAssign(op) => match op {
                BinaryOp::BitOr => "|=",
                BinaryOp::BitXor => "^=",
                BinaryOp::BitAnd => "&=",
                BinaryOp::ShiftLeft => "<<=",
                BinaryOp::ShiftRight => ">>=",
                BinaryOp::Add => "+=",
                BinaryOp::Sub => "-=",
                BinaryOp::Mul => "*=",
                BinaryOp::Div => "/=",
                BinaryOp::FloorDiv => "//=",
                BinaryOp::Mod => "%=",
                // There is no `and=`: the scanner makes none.
                _ => "=",
            },
        }
    }
}

/// As in messages: punctuation in quotes, words without.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        if name.starts_with(|c: char| c.is_ascii_punctuation()) {
            write!(f, "'{name}'")
        } else {
            f.write_str(name)
        }
    }
}

impl BinaryOp {
    /// The operator as written.
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Or => "or",
            BinaryOp::And => "and",
            BinaryOp::Eq => "==",
            BinaryOp::Ne => "!=",
            BinaryOp::Lt => "<",
            BinaryOp::Gt => ">",
            BinaryOp::Le => "<=",
            BinaryOp::Ge => ">=",
            BinaryOp::In => "in",
            BinaryOp::NotIn => "not in",
            BinaryOp::BitOr => "|",
            BinaryOp::BitXor => "^",
            BinaryOp::BitAnd => "&",
            BinaryOp::ShiftLeft => "<<",
            BinaryOp::ShiftRight => ">>",
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::FloorDiv => "//",
            BinaryOp::Mod => "%",
        }
    }

    /// How tightly it binds its operands: 0 (`or`) to 9 (`*`).
    pub fn precedence(self) -> u8 {
        match self {
            BinaryOp::Or => 0,
            BinaryOp::And => 1,
            // 2 is the unary `not`.
            BinaryOp::Eq
            | BinaryOp::Ne
            | BinaryOp::Lt
            | BinaryOp::Gt
            | BinaryOp::Le
            | BinaryOp::Ge
            | BinaryOp::In
            | BinaryOp::NotIn => 3,
            BinaryOp::BitOr => 4,
            BinaryOp::BitXor => 5,
            BinaryOp::BitAnd => 6,
            BinaryOp::ShiftLeft | BinaryOp::ShiftRight => 7,
            BinaryOp::Add | BinaryOp::Sub => 8,
            BinaryOp::Mul | BinaryOp::Div | BinaryOp::FloorDiv | BinaryOp::Mod => 9,
        }
    }

    /// Whether it compares; such operators do not associate.
    pub fn is_comparison(self) -> bool {
        self.precedence() == 3
    }
}

/// What a literal stands for.
#[derive(Debug, Default, PartialEq)]
pub(super) enum Value {
    /// Not a literal.
    #[default]
    None,
    Int(Int),
    Float(f64),
    Str(Box<[u8]>),
}

/// A token.
#[derive(Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    /// Where it starts.
    pub(super) pos: Position,
    /// The text of a word; empty for other kinds.
    pub(super) word: &'a str,
    pub(super) value: Value,
}

impl Token<'_> {
    /// A token that is no word and no literal.
    pub(super) fn plain(kind: Kind, pos: Position) -> Self {
        Token { kind, pos, word: "", value: Value::None }
    }
}
