//! Expressions.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::{FunctionInfo, Generator, SiteKind, leaf, names, unparen};
use crate::engine::builtins::{is_method_name, is_native};
use crate::engine::syntax::ast::{Argument, BinaryOp, Clause, Expr, Ident, Int, Param, Position, UnaryOp};

impl Generator {
    pub(super) fn params(&mut self, params: &[Param]) {
        for (index, param) in params.iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            match param {
                Param::Plain(name) => self.name(name),
                Param::Default(name, value) => {
                    self.name(name);
                    self.out.push('=');
                    self.expr(value);
                }
                Param::KeywordOnly(_) => self.out.push('*'),
                Param::Args(name) => {
                    self.out.push('*');
                    self.name(name);
                }
                Param::Kwargs(name) => {
                    self.out.push_str("**");
                    self.name(name);
                }
            }
        }
    }

    pub(super) fn name(&mut self, name: &Ident) {
        let escaped = names::escape(&name.name);
        self.out.push_str(&escaped);
    }

    pub(super) fn string(&mut self, bytes: &[u8]) {
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                self.out.push('"');
                for c in text.chars() {
                    match c {
                        '"' => self.out.push_str("\\\""),
                        '\\' => self.out.push_str("\\\\"),
                        '\n' => self.out.push_str("\\n"),
                        c if (c as u32) < 0x20 || c == '\u{7f}' => {
                            let _ = write!(self.out, "\\x{:02x}", c as u32);
                        }
                        c => self.out.push(c),
                    }
                }
                self.out.push('"');
            }
            Err(_) => {
                self.use_native(&format!("{}bytes", names::PREFIX));
                self.out.push_str("(\"");
                for byte in bytes {
                    let _ = write!(self.out, "{byte:02x}");
                }
                self.out.push_str("\")");
            }
        }
    }

    pub(super) fn list(&mut self, items: &[Expr]) {
        for item in items {
            self.expr(item);
            self.out.push_str(", ");
        }
    }

    /// An expression.
    pub(crate) fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Ident(name) => {
                let kind = SiteKind::Name;
                let builtin = self.builtin_uses.contains(&name.pos);
                self.site(kind, name.pos, |g| {
                    if builtin {
                        g.use_native(&format!("{}{}", names::BUILTIN, name.name));
                    } else if is_native(&name.name) {
                        g.use_native(&name.name);
                    } else {
                        g.name(name);
                    }
                });
            }
            Expr::Int(Int::Small(value), _) => {
                let _ = write!(self.out, "{value}");
            }
            Expr::Int(Int::Big(digits), _) => self.out.push_str(digits),
            Expr::Float(value, _) if value.is_finite() => {
                let _ = write!(self.out, "{value:?}");
            }
            Expr::Float(..) => {
                self.use_native(&format!("{}float", names::BUILTIN));
                self.out.push_str("(\"inf\")");
            }
            Expr::Str(bytes, _) => self.string(bytes),
            Expr::Paren(inner, _) => {
                self.out.push('(');
                self.expr(inner);
                self.out.push(')');
            }
            Expr::Tuple(items, _) => {
                self.out.push('(');
                self.list(items);
                self.out.push(')');
            }
            Expr::List(items, _) => {
                self.out.push('[');
                self.list(items);
                self.out.push(']');
            }
            Expr::Dict(entries, pos) => self.dict(entries, *pos),
            Expr::Comprehension { body, value, clauses, .. } => {
                self.out.push(if value.is_some() { '{' } else { '[' });
                self.expr(body);
                if let Some(value) = value {
                    self.out.push_str(": ");
                    self.expr(value);
                }
                for clause in clauses {
                    match clause {
                        Clause::For { target, iterable, pos } => {
                            self.out.push_str(" for ");
                            self.target(target);
                            self.out.push_str(" in ");
                            self.native("iter", *pos, |g| g.expr(iterable));
                        }
                        Clause::If(condition, _) => {
                            self.out.push_str(" if ");
                            self.operand(condition);
                        }
                    }
                }
                self.out.push(if value.is_some() { '}' } else { ']' });
            }
            Expr::Cond { condition, then, otherwise, .. } => {
                self.out.push('(');
                self.operand(then);
                self.out.push_str(" if ");
                self.operand(condition);
                self.out.push_str(" else ");
                self.operand(otherwise);
                self.out.push(')');
            }
            Expr::Dot { object, name, pos } => {
                if self.may_be_method(object, name) || !name.name.is_ascii() {
                    self.attribute(object, name, *pos);
                } else {
                    self.site(SiteKind::Attribute(name.name.clone()), *pos, |g| {
                        g.operand(object);
                        g.out.push('.');
                        g.name(name);
                    });
                }
            }
            Expr::Index { object, index, pos } => {
                self.native("index", *pos, |g| {
                    g.expr(object);
                    g.out.push_str(", ");
                    g.expr(index);
                });
            }
            Expr::Slice { object, low, high, step, pos } => {
                self.native("slice", *pos, |g| {
                    g.expr(object);
                    for part in [low, high, step] {
                        match part {
                            Some(part) => {
                                g.out.push_str(", ");
                                g.expr(part);
                            }
                            None => g.out.push_str(", None"),
                        }
                    }
                });
            }
            Expr::Call { function, args, pos } => self.call(function, args, *pos),
            Expr::Lambda { params, body, pos } => {
                self.out.push('(');
                self.functions.push(FunctionInfo {
                    name: "lambda".into(),
                    entry_line: Some(leaf(body).map_or(*pos, |name| name.pos).line),
                    params: params.clone(),
                });
                self.out.push_str("lambda ");
                self.params(params);
                self.out.push_str(": ");
                self.expr(body);
                self.out.push(')');
            }
            Expr::Unary { op: UnaryOp::Not, operand, .. } => {
                self.out.push_str("(not ");
                self.operand(operand);
                self.out.push(')');
            }
            Expr::Unary { op, operand, pos } => {
                let name = match op {
                    UnaryOp::Plus => "pos",
                    UnaryOp::Minus => "neg",
                    UnaryOp::BitNot | UnaryOp::Not => "invert",
                };
                self.native(name, *pos, |g| g.expr(operand));
            }
            Expr::Binary { op, left, right, pos } => self.binary(*op, left, right, *pos),
        }
    }

    /// An expression in a place where a bare tuple or a low-binding operator would be misread.
    pub(super) fn operand(&mut self, expr: &Expr) {
        match expr {
            Expr::Int(..) | Expr::Float(..) => {
                self.out.push('(');
                self.expr(expr);
                self.out.push(')');
            }
            _ => self.expr(expr),
        }
    }

    pub(super) fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, pos: Position) {
        if let Some(name) = native_operator(op) {
            self.native(name, pos, |g| {
                g.expr(left);
                g.out.push_str(", ");
                g.expr(right);
            });
            return;
        }
        let write = |g: &mut Generator| {
            g.out.push('(');
            g.operand(left);
            g.out.push_str(if op == BinaryOp::Or { " or " } else { " and " });
            g.operand(right);
            g.out.push(')');
        };
        // Where nobody uses the value the crate makes an `if` of the operator, with its place.
        match tested_attribute(left) {
            Some((name, pos)) => self.site(SiteKind::Attribute(name.name.clone()), pos, write),
            None => write(self),
        }
    }

    pub(super) fn dict(&mut self, entries: &[(Expr, Expr, Position)], pos: Position) {
        let mut seen = HashSet::new();
        let distinct = entries.iter().all(|(key, _, _)| match unparen(key) {
            Expr::Str(text, _) => seen.insert(text),
            _ => false,
        });
        if distinct {
            self.out.push('{');
            for (key, value, _) in entries {
                self.expr(key);
                self.out.push_str(": ");
                self.expr(value);
                self.out.push_str(", ");
            }
            self.out.push('}');
        } else {
            // Repeated keys fail when the code runs, and name the key.
            self.native("dict", pos, |g| {
                for (key, value, _) in entries {
                    g.expr(key);
                    g.out.push_str(", ");
                    g.expr(value);
                    g.out.push_str(", ");
                }
            });
        }
    }

    pub(super) fn call(&mut self, function: &Expr, args: &[Argument], pos: Position) {
        let mut named = Vec::new();
        let mut positional = 0;
        let mut spread = false;
        for arg in args {
            match arg {
                Argument::Positional(_) => positional += 1,
                Argument::Named(name, _) => named.push(name.name.clone()),
                Argument::Args(..) | Argument::Kwargs(..) => spread = true,
            }
        }
        self.site(SiteKind::Call { positional, named, spread }, pos, |g| {
            match function {
                // The crate would look at the methods of all its types, once a process, and parse the
                // documentation of each with regular expressions: that takes longer than most templates.
                Expr::Dot { object, name, pos } => g.attribute(object, name, *pos),
                function => g.operand(function),
            }
            g.out.push('(');
            g.arguments(args);
            g.out.push(')');
        });
    }

    /// Whether an attribute may be a method. Modules have none.
    fn may_be_method(&self, object: &Expr, name: &Ident) -> bool {
        let of_module = matches!(unparen(object), Expr::Ident(object) if self.modules.contains(&object.name));
        is_method_name(&name.name) && !of_module
    }

    /// The variable an expression begins at, the names of the attributes behind it that lead to its value,
    /// and their line; none for other expressions.
    pub(crate) fn path<'e>(&self, expr: &'e Expr) -> Option<(&'e Expr, Vec<Box<str>>, u32)> {
        let mut names = Vec::new();
        let mut line = None;
        let mut rest = unparen(expr);
        while let Expr::Dot { object, name, pos } = rest {
            if self.may_be_method(object, name)
                || names::escape(&name.name) != *name.name
                || line.is_some_and(|line| line != pos.line)
            {
                return None;
            }
            line = Some(pos.line);
            names.push(name.name.clone());
            rest = unparen(object);
        }
        names.reverse();
        Some((rest, names, line?))
    }

    fn attribute(&mut self, object: &Expr, name: &Ident, pos: Position) {
        self.native("attr", pos, |g| {
            g.expr(object);
            g.out.push_str(", ");
            g.string(name.name.as_bytes());
        });
    }

    /// The arguments of a call, in the order the crate's grammar wants.
    pub(crate) fn arguments(&mut self, args: &[Argument]) {
        let rank = |arg: &Argument| match arg {
            Argument::Positional(_) => 0,
            Argument::Named(..) => 1,
            Argument::Args(..) => 2,
            Argument::Kwargs(..) => 3,
        };
        for wanted in 0..4 {
            for arg in args.iter().filter(|arg| rank(arg) == wanted) {
                match arg {
                    Argument::Positional(value) => self.expr(value),
                    Argument::Named(name, value) => {
                        self.name(name);
                        self.out.push_str(" = ");
                        self.expr(value);
                    }
                    Argument::Args(value, pos) => {
                        self.out.push('*');
                        self.native("star_args", *pos, |g| g.expr(value));
                    }
                    Argument::Kwargs(value, pos) => {
                        self.out.push_str("**");
                        self.native("star_kwargs", *pos, |g| g.expr(value));
                    }
                }
                self.out.push_str(", ");
            }
        }
    }
}

/// The native an operator is a call of: the crate's meanings, limits and texts differ. `and` and
/// `or` have none.
pub(super) fn native_operator(op: BinaryOp) -> Option<&'static str> {
    Some(match op {
        BinaryOp::Or | BinaryOp::And => return None,
        BinaryOp::Eq => "eq",
        BinaryOp::Ne => "ne",
        BinaryOp::Lt => "lt",
        BinaryOp::Gt => "gt",
        BinaryOp::Le => "le",
        BinaryOp::Ge => "ge",
        BinaryOp::In => "in",
        BinaryOp::NotIn => "notin",
        BinaryOp::Add => "add",
        BinaryOp::Sub => "sub",
        BinaryOp::Mul => "mul",
        BinaryOp::Div => "div",
        BinaryOp::FloorDiv => "floordiv",
        BinaryOp::Mod => "mod",
        BinaryOp::BitAnd => "and",
        BinaryOp::BitOr => "or",
        BinaryOp::BitXor => "xor",
        BinaryOp::ShiftLeft => "shl",
        BinaryOp::ShiftRight => "shr",
    })
}

/// The attribute whose truth decides a condition, if one alone does: the crate drops `not` and
/// constant operands of `and` and `or`.
pub(super) fn tested_attribute(condition: &Expr) -> Option<(&Ident, Position)> {
    match unparen(condition) {
        Expr::Dot { name, pos, .. } => Some((name, *pos)),
        Expr::Unary { op: UnaryOp::Not, operand, .. } => tested_attribute(operand),
        Expr::Binary { op: BinaryOp::And | BinaryOp::Or, left, right, .. } => {
            tested_attribute(left).or_else(|| tested_attribute(right))
        }
        _ => None,
    }
}
