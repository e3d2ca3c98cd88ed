//! From ytt's dialect to source the `starlark` crate compiles.
//!
//! The whole file becomes the body of one function, [`MAIN`], so that it can be compiled once and
//! run for every render. Operations whose meaning or limits differ from the crate's become calls of
//! natives (`a + b` is `__sm_add(a, b)`). For every operation that can fail the generator notes
//! which line of the template it stands for ([`Site`]).

use std::collections::HashSet;
use std::fmt::Write as _;

use super::builtins::is_method_name;
use super::names;
use super::syntax::ast::{
    Argument, BinaryOp, Clause, DefStmt, Expr, Ident, Int, LoadStmt, Param, Position, Stmt, UnaryOp,
};

/// The function a compiled file consists of.
pub(crate) const MAIN: &str = "__sm_main";

/// What an operation does, for wording its errors.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SiteKind {
    /// `f(...)`: how many positional arguments, which keywords, and whether `*` or `**` add more.
    Call { positional: usize, named: Vec<Box<str>>, spread: bool },
    /// `x.name`
    Attribute(Box<str>),
    /// `for a, b in x` with this many targets.
    Unpack(usize),
    /// A name.
    Name,
}

/// A piece of generated source and the line it stands for.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// Byte range in the generated source.
    pub(crate) begin: u32,
    pub(crate) end: u32,
    /// Line of the dialect text, from 1.
    pub(crate) line: u32,
    pub(crate) kind: SiteKind,
}

/// Generated source.
#[derive(Debug, Default)]
pub(crate) struct Generated {
    pub(crate) source: String,
    /// In the order they begin.
    pub(crate) sites: Vec<Site>,
    /// Functions by name with the line their body begins at and their parameters.
    pub(crate) functions: Vec<FunctionInfo>,
}

/// What the wording of arity errors needs of a function.
#[derive(Clone, Debug)]
pub(crate) struct FunctionInfo {
    pub(crate) name: Box<str>,
    /// The line its frame shows when a call fails before the body runs; none if that is generated.
    pub(crate) entry_line: Option<u32>,
    pub(crate) params: Vec<Param>,
}

/// What the template compiler adds: statements that build nodes.
pub(crate) trait Instructions {
    /// Emits the instruction statements at the start of `stmts`, if any, and returns how many.
    fn emit(&mut self, stmts: &[Stmt], out: &mut Generator) -> usize;
    /// Whether a function's own body (not nested functions) builds nodes, so that it returns them.
    fn builds_nodes(&self, def: &DefStmt) -> bool;
    /// Emits what opens the context of such a function.
    fn begin(&mut self, out: &mut Generator);
}

/// Code without nodes: `.star` files.
pub(crate) struct NoInstructions;

impl Instructions for NoInstructions {
    fn emit(&mut self, _: &[Stmt], _: &mut Generator) -> usize {
        0
    }
    fn builds_nodes(&self, _: &DefStmt) -> bool {
        false
    }
    fn begin(&mut self, _: &mut Generator) {}
}

/// Generates a whole file. `exports` are the names other files may load; none for a file that
/// nobody loads. `builtin_uses` are the places where a name the file binds later still means the
/// built-in.
pub(crate) fn generate(
    stmts: &[Stmt],
    exports: &[Box<str>],
    builtin_uses: &HashSet<Position>,
    file: u32,
    instructions: &mut dyn Instructions,
) -> Generated {
    let mut generator = Generator { file, builtin_uses: builtin_uses.clone(), ..Generator::default() };
    let _ = writeln!(generator.out, "def {MAIN}():");
    generator.indent = 1;
    generator.body(stmts, instructions);
    generator.start_line();
    generator.out.push_str("return [");
    for name in exports {
        let escaped = names::escape(name);
        let _ = write!(generator.out, "({name:?}, lambda: {escaped}), ");
    }
    generator.out.push_str("]\n");
    Generated { source: generator.out, sites: generator.sites, functions: generator.functions }
}

/// Writes generated source.
#[derive(Default)]
pub(crate) struct Generator {
    out: String,
    sites: Vec<Site>,
    functions: Vec<FunctionInfo>,
    indent: usize,
    temporaries: u32,
    file: u32,
    builtin_uses: HashSet<Position>,
    /// Whether the function being written ends a fragment when it returns.
    in_builder: Vec<bool>,
}

impl Generator {
    /// Starts a statement on a line of its own.
    pub(crate) fn start_line(&mut self) {
        if !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        for _ in 0..self.indent {
            self.out.push(' ');
        }
    }

    /// Appends text of a statement.
    pub(crate) fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Notes that what `write` emits stands for `pos`.
    pub(crate) fn site(&mut self, kind: SiteKind, pos: Position, write: impl FnOnce(&mut Generator)) {
        let begin = self.out.len() as u32;
        let index = self.sites.len();
        self.sites.push(Site { begin, end: begin, line: pos.line, kind });
        write(self);
        let end = self.out.len() as u32;
        if let Some(site) = self.sites.get_mut(index) {
            site.end = end;
        }
    }

    fn temporary(&mut self) -> String {
        self.temporaries += 1;
        format!("{}t{}", names::PREFIX, self.temporaries)
    }

    /// A call of one of our natives that stands for one operation.
    fn native(&mut self, name: &str, pos: Position, write: impl FnOnce(&mut Generator)) {
        let kind = SiteKind::Call { positional: 0, named: Vec::new(), spread: true };
        self.site(kind, pos, |g| {
            let _ = write!(g.out, "{}{name}(", names::PREFIX);
            write(g);
            g.out.push(')');
        });
    }

    /// A block's statements, with the template's instructions among them.
    fn body(&mut self, stmts: &[Stmt], instructions: &mut dyn Instructions) {
        let mut rest = stmts;
        let before = self.out.len();
        while let Some((first, tail)) = rest.split_first() {
            let taken = instructions.emit(rest, self);
            if taken > 0 {
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

    fn block(&mut self, stmts: &[Stmt], instructions: &mut dyn Instructions) {
        self.indent += 1;
        self.body(stmts, instructions);
        self.indent -= 1;
    }

    fn stmt(&mut self, stmt: &Stmt, instructions: &mut dyn Instructions) {
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
            Stmt::While { condition, body, .. } => {
                self.start_line();
                let _ = write!(self.out, "for {0}w in {0}forever:", names::PREFIX);
                self.indent += 1;
                self.start_line();
                self.out.push_str("if not (");
                self.expr(condition);
                self.out.push_str("): break");
                self.body(body, instructions);
                self.indent -= 1;
            }
            Stmt::If { condition, then, otherwise, .. } => {
                self.start_line();
                self.out.push_str("if ");
                self.expr(condition);
                self.out.push(':');
                self.block(then, instructions);
                if !otherwise.is_empty() {
                    self.start_line();
                    self.out.push_str("else:");
                    self.block(otherwise, instructions);
                }
            }
            Stmt::Load(load) => self.load(load),
            Stmt::Return { value, pos } => {
                self.start_line();
                self.out.push_str("return ");
                if self.in_builder.last() == Some(&true) {
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

    fn assign(&mut self, target: &Expr, value: &Expr, pos: Position) {
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

    fn unpack(&mut self, count: usize, value: &Expr, pos: Position) {
        self.native("unpack", pos, |g| {
            g.expr(value);
            let _ = write!(g.out, ", {count}");
        });
    }

    fn set_attribute(
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

    fn augmented(&mut self, target: &Expr, op: BinaryOp, value: &Expr, pos: Position) {
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
    fn update(&mut self, op: BinaryOp, pos: Position, left: impl FnOnce(&mut Generator), right: &Expr) {
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

    fn def(&mut self, def: &DefStmt, instructions: &mut dyn Instructions) {
        self.start_line();
        let _ = write!(self.out, "def {}(", names::escape(&def.name.name));
        self.params(&def.params);
        self.out.push_str("):");
        let builds = instructions.builds_nodes(def);
        let entry = def.body.first().and_then(stmt_leaf).map_or(def.pos, |name| name.pos);
        self.functions.push(FunctionInfo {
            name: def.name.name.clone(),
            entry_line: (!builds).then_some(entry.line),
            params: def.params.clone(),
        });
        self.in_builder.push(builds);
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

    fn load(&mut self, load: &LoadStmt) {
        let module = self.temporary();
        self.start_line();
        let _ = write!(self.out, "{module} = ");
        let file = self.file;
        self.native("load", load.pos, |g| {
            let _ = write!(g.out, "{file}, ");
            g.string(load.module.as_bytes());
        });
        for (local, remote) in &load.names {
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

    fn params(&mut self, params: &[Param]) {
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

    fn name(&mut self, name: &Ident) {
        let escaped = names::escape(&name.name);
        self.out.push_str(&escaped);
    }

    /// A target of an assignment, a loop or a comprehension.
    fn target(&mut self, target: &Expr) {
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

    fn string(&mut self, bytes: &[u8]) {
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
                let _ = write!(self.out, "{}bytes(\"", names::PREFIX);
                for byte in bytes {
                    let _ = write!(self.out, "{byte:02x}");
                }
                self.out.push_str("\")");
            }
        }
    }

    fn list(&mut self, items: &[Expr]) {
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
                        g.out.push_str(names::BUILTIN);
                    }
                    g.name(name);
                });
            }
            Expr::Int(Int::Small(value), _) => {
                let _ = write!(self.out, "{value}");
            }
            Expr::Int(Int::Big(digits), _) => self.out.push_str(digits),
            Expr::Float(value, _) if value.is_finite() => {
                let _ = write!(self.out, "{value:?}");
            }
            Expr::Float(..) => self.out.push_str("float(\"inf\")"),
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
                if is_method_name(&name.name) {
                    self.native("attr", *pos, |g| {
                        g.expr(object);
                        g.out.push_str(", ");
                        g.string(name.name.as_bytes());
                    });
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
    fn operand(&mut self, expr: &Expr) {
        match expr {
            Expr::Int(..) | Expr::Float(..) => {
                self.out.push('(');
                self.expr(expr);
                self.out.push(')');
            }
            _ => self.expr(expr),
        }
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, pos: Position) {
        if let Some(name) = native_operator(op) {
            self.native(name, pos, |g| {
                g.expr(left);
                g.out.push_str(", ");
                g.expr(right);
            });
            return;
        }
        self.out.push('(');
        self.operand(left);
        self.out.push_str(if op == BinaryOp::Or { " or " } else { " and " });
        self.operand(right);
        self.out.push(')');
    }

    fn dict(&mut self, entries: &[(Expr, Expr, Position)], pos: Position) {
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

    fn call(&mut self, function: &Expr, args: &[Argument], pos: Position) {
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
            g.operand(function);
            g.out.push('(');
            g.arguments(args);
            g.out.push(')');
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
fn native_operator(op: BinaryOp) -> Option<&'static str> {
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

fn unparen(mut expr: &Expr) -> &Expr {
    while let Expr::Paren(inner, _) = expr {
        expr = inner;
    }
    expr
}

fn is_simple(target: &Expr) -> bool {
    match unparen(target) {
        Expr::Ident(_) => true,
        Expr::Tuple(items, _) | Expr::List(items, _) => items.iter().all(is_simple),
        _ => false,
    }
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

/// The name an expression reads first, if that is the first thing it does.
fn leaf(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Ident(name) => Some(name),
        Expr::Paren(inner, _) => leaf(inner),
        Expr::Tuple(items, _) | Expr::List(items, _) => leaf(items.first()?),
        Expr::Cond { condition, .. } => leaf(condition),
        Expr::Dot { object, .. } | Expr::Index { object, .. } | Expr::Slice { object, .. } => leaf(object),
        Expr::Call { function, .. } => leaf(function),
        Expr::Unary { operand, .. } => leaf(operand),
        Expr::Binary { left, .. } => leaf(left),
        _ => None,
    }
}
