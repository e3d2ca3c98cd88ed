//! From ytt's dialect to source the `starlark` crate compiles.
//!
//! The whole file becomes the body of one function, [`MAIN`], so that it can be compiled once and
//! run for every render. What it calls of ours reaches it as arguments: the crate treats calls of
//! functions it knows at compile time in a way that costs every process some milliseconds, to
//! build documentation nobody reads. Operations whose meaning or limits differ from the crate's become calls of
//! natives (`a + b` is `__sm_add(a, b)`). For every operation that can fail the generator notes
//! which line of the template it stands for ([`Site`]).

mod expr;
mod stmt;

use std::collections::HashSet;
use std::fmt::Write as _;

use super::builtins::is_universal;
use super::names;
use super::syntax::Resolved;
use super::syntax::ast::{DefStmt, Expr, Ident, Param, Position, Stmt};

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
    /// The names of the natives the code needs, in the order [`MAIN`] takes them.
    pub(crate) natives: Vec<String>,
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
/// nobody loads. `resolved` is what its names mean, `bound` tells those that are the file's own.
pub(crate) fn generate(
    stmts: &[Stmt],
    bound: &dyn Fn(&str) -> bool,
    exports: &[Box<str>],
    resolved: &Resolved,
    file: u32,
    instructions: &mut dyn Instructions,
) -> Generated {
    let Resolved { builtin_uses, modules, .. } = resolved.clone();
    let mut generator = Generator { file, builtin_uses, modules, ..Generator::default() };
    generator.indent = 1;
    generator.body(stmts, instructions);
    generator.start_line();
    generator.out.push_str("return [");
    for name in exports {
        let escaped = names::escape(name);
        let _ = write!(generator.out, "({name:?}, lambda: {escaped}), ");
    }
    generator.out.push_str("]\n");

    let Generator { out, mut sites, functions, natives, .. } = generator;
    let natives: Vec<String> = natives.into_iter().filter(|name| !bound(name)).collect();
    let mut source = format!("def {MAIN}({0}natives):\n", names::PREFIX);
    if !natives.is_empty() {
        let _ = writeln!(source, " ({},) = {}natives", natives.join(", "), names::PREFIX);
    }
    let header = source.len() as u32;
    source.push_str(&out);
    for site in &mut sites {
        site.begin += header;
        site.end += header;
    }
    Generated { source, sites, functions, natives }
}

/// What `return` does besides giving its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Returns {
    /// Nothing.
    Plainly,
    /// Nothing yet: the function builds nodes, but none stands before. The reference leaves the
    /// context open then, and fails at the end of the file.
    LeavingOpen,
    /// It ends the function's context.
    Ending,
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
    /// Names that mean a module of ytt's.
    modules: HashSet<Box<str>>,
    /// The natives used, in the order of first use; templates use thousands.
    natives: Vec<String>,
    natives_known: HashSet<String>,
    /// What `return` does in the functions being written, innermost last.
    in_builder: Vec<Returns>,
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

    /// Appends the name of one of our natives.
    pub(crate) fn use_native(&mut self, name: &str) {
        if !self.natives_known.contains(name) {
            self.natives_known.insert(name.to_owned());
            self.natives.push(name.to_owned());
        }
        self.out.push_str(name);
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
            g.use_native(&format!("{}{name}", names::PREFIX));
            g.out.push('(');
            write(g);
            g.out.push(')');
        });
    }
}

fn unparen(mut expr: &Expr) -> &Expr {
    while let Expr::Paren(inner, _) = expr {
        expr = inner;
    }
    expr
}

/// The name an expression reads first, if that is the first thing it does.
fn leaf(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Ident(name) => (!is_universal(&name.name)).then_some(name),
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
