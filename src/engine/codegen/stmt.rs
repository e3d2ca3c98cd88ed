//! Statements.

use std::fmt::Write as _;

use super::expr::{native_operator, tested_attribute};
use super::{FunctionInfo, Generator, Instructions, Returns, SiteKind, leaf, names, unparen};
use crate::engine::syntax::ast::{BinaryOp, DefStmt, Expr, Ident, LoadStmt, Position, Stmt};

impl Generator {
    /// A block's statements, with the template's instructions among them.
    pub(super) fn body(&mut self, stmts: &[Stmt], instructions: &mut dyn Instructions) {
        let mut rest = stmts;
        let before = self.out.len();
        while let Some((first, tail)) = rest.split_first() {
            let taken = instructions.emit(rest, self);
            if taken > 0 {
                if let Some(returns @ Returns::LeavingOpen) = self.in_builder.last_mut() {
                    *returns = Returns::Ending;
                }
                rest = rest.get(taken..).unwrap_or_default();
                continue;
            }
            self.stmt(first, instructions);
            rest = tail;
        }
        if self.out.len() == before {
            self.start_line();
            self.out.push_str("pass");
        }
    }

    pub(super) fn block(&mut self, stmts: &[Stmt], instructions: &mut dyn Instructions) {
        self.indent += 1;
        self.body(stmts, instructions);
        self.indent -= 1;
    }

    pub(super) fn stmt(&mut self, stmt: &Stmt, instructions: &mut dyn Instructions) {
        if let Stmt::Assign { pos, .. } | Stmt::Return { pos, .. } | Stmt::Break(pos) | Stmt::Continue(pos) =
            stmt
        {
            self.statement(*pos);
        }
        match stmt {
            Stmt::Expr(expr) => {
                self.start_line();
                self.expr(expr);
            }
            Stmt::Assign { target, op: None, value, pos } => self.assign(target, value, *pos),
            Stmt::Assign { target, op: Some(op), value, pos } => {
                self.augmented(target, *op, value, *pos);
            }
            Stmt::Break(_) => {
                self.start_line();
                self.out.push_str("break");
            }
            Stmt::Continue(_) => {
                self.start_line();
                self.out.push_str("continue");
            }
            Stmt::Def(def) => self.def(def, instructions),
            Stmt::For { target, iterable, body, pos } => {
                self.start_line();
                self.out.push_str("for ");
                self.target(target);
                self.out.push_str(" in ");
                self.native("iter", *pos, |g| g.expr(iterable));
                self.out.push(':');
                self.block(body, instructions);
            }
            Stmt::While { condition, body, pos } => {
                self.start_line();
                let _ = write!(self.out, "for {}w in ", names::PREFIX);
                self.use_native(&format!("{}forever", names::PREFIX));
                self.out.push(':');
                self.indent += 1;
                self.start_line();
                self.conditional(condition, |g| {
                    g.out.push_str("if not ");
                    // A loop that a limit stops is to say where it is.
                    g.native("turn", *pos, |g| g.expr(condition));
                    g.out.push_str(": break");
                });
                self.body(body, instructions);
                self.indent -= 1;
            }
            Stmt::If { condition, then, otherwise, .. } => {
                self.start_line();
                self.conditional(condition, |g| {
                    g.out.push_str("if ");
                    g.expr(condition);
                    g.out.push(':');
                    g.block(then, instructions);
                    if !otherwise.is_empty() {
                        g.start_line();
                        g.out.push_str("else:");
                        g.block(otherwise, instructions);
                    }
                });
            }
            Stmt::Load(load) => self.load(load),
            Stmt::Return { value, pos } => {
                self.start_line();
                self.out.push_str("return ");
                if self.in_builder.last() == Some(&Returns::Ending) {
                    self.native("end_with", *pos, |g| {
                        if let Some(value) = value {
                            g.expr(value);
                        }
                    });
                } else if let Some(value) = value {
                    self.expr(value);
                }
            }
        }
    }

    /// Writes an `if` statement. The crate gives a condition the place of the whole statement, so
    /// where the condition is an attribute the statement is its site.
    fn conditional(&mut self, condition: &Expr, write: impl FnOnce(&mut Generator)) {
        let Some((name, pos)) = tested_attribute(condition) else {
            return write(self);
        };
        let index = self.sites.len();
        self.site(SiteKind::Attribute(name.name.clone()), pos, write);
        if let Some(site) = self.sites.get_mut(index) {
            // A statement's place ends after its line break.
            site.end += 1;
        }
    }

    pub(super) fn assign(&mut self, target: &Expr, value: &Expr, pos: Position) {
        match unparen(target) {
            Expr::Index { object, index, pos } => {
                self.start_line();
                self.native("setindex", *pos, |g| {
                    g.expr(object);
                    g.out.push_str(", ");
                    g.expr(index);
                    g.out.push_str(", ");
                    g.expr(value);
                });
            }
            Expr::Dot { object, name, pos } => {
                self.start_line();
                self.set_attribute(object, name, *pos, |g| g.expr(value));
            }
            Expr::Tuple(items, _) | Expr::List(items, _) if items.iter().any(|item| !is_simple(item)) => {
                // Some targets are natives, so unpack into temporaries first.
                let temporaries: Vec<_> = items.iter().map(|_| self.temporary()).collect();
                self.start_line();
                let text = temporaries.iter().fold(String::new(), |text, name| text + name + ", ");
                let _ = write!(self.out, "({text}) = ");
                self.unpack(items.len(), value, pos);
                for (item, name) in items.iter().zip(temporaries) {
                    let value = Expr::Ident(Ident { name: name.into(), pos });
                    self.assign(item, &value, pos);
                }
            }
            plain => {
                self.start_line();
                self.target(plain);
                self.out.push_str(" = ");
                match plain {
                    Expr::Tuple(items, _) | Expr::List(items, _) => self.unpack(items.len(), value, pos),
                    _ => self.expr(value),
                }
            }
        }
    }

    pub(super) fn unpack(&mut self, count: usize, value: &Expr, pos: Position) {
        self.native("unpack", pos, |g| {
            g.expr(value);
            let _ = write!(g.out, ", {count}");
        });
    }

    pub(super) fn set_attribute(
        &mut self,
        object: &Expr,
        name: &Ident,
        pos: Position,
        value: impl FnOnce(&mut Generator),
    ) {
        self.native("setattr", pos, |g| {
            g.expr(object);
            g.out.push_str(", ");
            g.string(name.name.as_bytes());
            g.out.push_str(", ");
            value(g);
        });
    }

    pub(super) fn augmented(&mut self, target: &Expr, op: BinaryOp, value: &Expr, pos: Position) {
        match unparen(target) {
            Expr::Index { object, index, pos: bracket } => {
                let (holder, key) = (self.temporary(), self.temporary());
                self.start_line();
                let _ = write!(self.out, "{holder} = ");
                self.expr(object);
                self.start_line();
                let _ = write!(self.out, "{key} = ");
                self.expr(index);
                self.start_line();
                self.native("setindex", *bracket, |g| {
                    let _ = write!(g.out, "{holder}, {key}, ");
                    g.update(
                        op,
                        pos,
                        |g| {
                            g.native("index", *bracket, |g| {
                                let _ = write!(g.out, "{holder}, {key}");
                            })
                        },
                        value,
                    );
                });
            }
            Expr::Dot { object, name, pos: dot } => {
                self.start_line();
                let holder = self.temporary();
                let _ = write!(self.out, "{holder} = ");
                self.expr(object);
                self.start_line();
                let held = Expr::Ident(Ident { name: holder.into(), pos: *dot });
                let read = Expr::Dot { object: Box::new(held.clone()), name: name.clone(), pos: *dot };
                self.set_attribute(&held, name, *dot, |g| g.update(op, pos, |g| g.expr(&read), value));
            }
            plain => {
                self.start_line();
                self.target(plain);
                self.out.push_str(" = ");
                self.update(op, pos, |g| g.expr(plain), value);
            }
        }
    }

    /// `left op= right` as an expression.
    pub(super) fn update(
        &mut self,
        op: BinaryOp,
        pos: Position,
        left: impl FnOnce(&mut Generator),
        right: &Expr,
    ) {
        let name = match op {
            BinaryOp::Add => "iadd",
            other => native_operator(other).unwrap_or("iadd"),
        };
        self.native(name, pos, |g| {
            left(g);
            g.out.push_str(", ");
            g.expr(right);
        });
    }

    pub(super) fn def(&mut self, def: &DefStmt, instructions: &mut dyn Instructions) {
        self.start_line();
        let _ = write!(self.out, "def {}(", names::escape(&def.name.name));
        self.params(&def.params);
        self.out.push_str("):");
        let builds = instructions.builds_nodes(def);
        // A function that builds nodes begins with a generated call that has no place.
        let entry = match builds {
            true => first_leaf(&def.body).map(|name| name.pos),
            false => Some(def.body.first().and_then(stmt_leaf).map_or(def.pos, |name| name.pos)),
        };
        self.functions.push(FunctionInfo {
            name: def.name.name.clone(),
            entry_line: entry.map(|pos| pos.line),
            params: def.params.clone(),
        });
        self.in_builder.push(if builds { Returns::LeavingOpen } else { Returns::Plainly });
        self.indent += 1;
        if builds {
            instructions.begin(self);
        }
        self.body(&def.body, instructions);
        if builds {
            self.start_line();
            self.out.push_str("return ");
            self.native("end", def.end, |_| {});
        }
        self.indent -= 1;
        self.in_builder.pop();
    }

    pub(super) fn load(&mut self, load: &LoadStmt) {
        let module = self.temporary();
        self.start_line();
        let _ = write!(self.out, "{module} = ");
        let file = self.file;
        self.native("load", load.pos, |g| {
            let _ = write!(g.out, "{file}, ");
            g.string(load.module.as_bytes());
        });
        // From the last, as the reference does: it names the last one that is missing.
        for (local, remote) in load.names.iter().rev() {
            self.start_line();
            let _ = write!(self.out, "{} = ", names::escape(&local.name));
            self.native("symbol", load.pos, |g| {
                let _ = write!(g.out, "{module}, ");
                g.string(remote.name.as_bytes());
                g.out.push_str(", ");
                g.string(load.module.as_bytes());
            });
        }
    }

    /// A target of an assignment, a loop or a comprehension.
    pub(super) fn target(&mut self, target: &Expr) {
        match target {
            Expr::Paren(inner, _) => self.target(inner),
            Expr::Tuple(items, pos) | Expr::List(items, pos) => {
                self.site(SiteKind::Unpack(items.len()), *pos, |g| {
                    g.out.push('(');
                    for item in items {
                        g.target(item);
                        g.out.push_str(", ");
                    }
                    g.out.push(')');
                });
            }
            Expr::Ident(name) => self.name(name),
            Expr::Dot { object, name, .. } => {
                self.expr(object);
                self.out.push('.');
                self.name(name);
            }
            Expr::Index { object, index, .. } => {
                self.expr(object);
                self.out.push('[');
                self.expr(index);
                self.out.push(']');
            }
            // The grammar of loops and comprehensions has no other targets we can keep apart from
            // the crate's meaning; it gives its own error.
            other => self.expr(other),
        }
    }
}

fn is_simple(target: &Expr) -> bool {
    match unparen(target) {
        Expr::Ident(_) => true,
        Expr::Tuple(items, _) | Expr::List(items, _) => items.iter().all(is_simple),
        _ => false,
    }
}

/// The first name that statements read.
fn first_leaf(stmts: &[Stmt]) -> Option<&Ident> {
    stmts.iter().find_map(|stmt| {
        stmt_leaf(stmt).or_else(|| match stmt {
            Stmt::If { then, otherwise, .. } => first_leaf(then).or_else(|| first_leaf(otherwise)),
            Stmt::For { body, .. } | Stmt::While { body, .. } => first_leaf(body),
            _ => None,
        })
    })
}

/// The name a statement reads before it does anything else. starlark-go notes positions only for
/// some instructions, names among them; a function's frame shows the first noted one.
fn stmt_leaf(stmt: &Stmt) -> Option<&Ident> {
    match stmt {
        Stmt::Expr(expr) | Stmt::Return { value: Some(expr), .. } => leaf(expr),
        Stmt::Assign { value, op: None, .. } => leaf(value),
        Stmt::Assign { target, .. } => leaf(target),
        Stmt::For { iterable, .. } => leaf(iterable),
        Stmt::While { condition, .. } | Stmt::If { condition, .. } => leaf(condition),
        Stmt::Return { value: None, .. } | Stmt::Break(_) | Stmt::Continue(_) => None,
        Stmt::Def(_) | Stmt::Load(_) => None,
    }
}
