//! Number literals.

use super::SyntaxError;
use super::ast::Int;
use super::scan::Scanner;
use super::token::{Kind, Token, Value};

impl<'a> Scanner<'a> {
    /// A number; it starts with a digit or with a dot and a digit.
    pub(super) fn number(&mut self) -> Result<Token<'a>, SyntaxError> {
        let start = self.pos();
        let mark = self.mark();
        let digit = |c: char| c.is_ascii_digit();
        let value = |value| match value {
            Value::Float(_) => Token { kind: Kind::Float, pos: start, word: "", value },
            _ => Token { kind: Kind::Int, pos: start, word: "", value },
        };
        let mut c = self.peek();
        if c == '0' {
            self.read();
            c = self.peek();
            let radix = match c {
                'x' | 'X' => Some((16, "invalid hex literal")),
                'o' | 'O' => Some((8, "invalid octal literal")),
                'b' | 'B' => Some((2, "invalid binary literal")),
                _ => None,
            };
            if let Some((radix, message)) = radix {
                self.read();
                let at = if radix == 16 { start } else { self.pos() };
                if !self.peek().is_digit(radix) {
                    return Err(SyntaxError::new(at, message));
                }
                let digits = self.mark();
                self.skip_while(|c| c.is_digit(radix));
                let int = match i64::from_str_radix(self.text_since(digits), radix) {
                    Ok(small) => Int::Small(small),
                    // Large ones may be hexadecimal, but neither octal nor binary.
                    Err(_) if radix == 16 => Int::Big(self.text_since(mark).into()),
                    Err(_) => return Err(SyntaxError::new(start, "invalid int literal")),
                };
                return Ok(value(Value::Int(int)));
            }
            c = self.skip_while(digit);
            let digits = self.text_since(mark);
            if !matches!(c, '.' | 'e' | 'E') {
                if digits.bytes().all(|d| d == b'0') {
                    return Ok(value(Value::Int(Int::Small(0))));
                }
                if digits.bytes().all(|d| d < b'8') {
                    let digits = digits.get(1..).unwrap_or_default();
                    return self.error(format!("obsolete form of octal literal; use 0o{digits}"));
                }
                return Err(SyntaxError::new(start, "invalid int literal"));
            }
        } else {
            c = self.skip_while(digit);
        }
        if !matches!(c, '.' | 'e' | 'E') {
            let digits = self.text_since(mark);
            let int = digits.parse().map_or_else(|_| Int::Big(digits.into()), Int::Small);
            return Ok(value(Value::Int(int)));
        }
        if c == '.' {
            self.read();
            c = self.skip_while(digit);
        }
        if matches!(c, 'e' | 'E') {
            self.read();
            if matches!(self.peek(), '+' | '-') {
                self.read();
                if !self.peek().is_ascii_digit() {
                    return self.error("invalid float literal");
                }
            }
            self.skip_while(digit);
        }
        match self.text_since(mark).parse::<f64>() {
            Ok(float) if float.is_finite() => Ok(value(Value::Float(float))),
            _ => self.error("invalid float literal"),
        }
    }
}
