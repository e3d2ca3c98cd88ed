//! Names: which are bound where, and the checks that need no run.

use std::collections::HashSet;

use super::SyntaxError;
use super::ast::{Clause, Expr, File, Ident, Position, Stmt};
use super::spell::nearest;

/// How many names may be compared for suggestions in one file, so that a hostile one takes no minutes.
const MAX_COMPARISONS: usize = 1_000_000;

/// What the reference says where it fails internally, at no place.
const NO_SUCH_INDEX: &str = "runtime error: index out of range [-1]";

/// What the names of a file's top level are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resolved {
    /// The names bound at top level by `def`, assignment or `for`, in order of their first binding: what
    /// the file exports. (Names that begin with `_` are among them; who loads the file hides them.)
    pub globals: Vec<Box<str>>,
    /// The names bound by `load`, in order; they belong to the file and are not exported. A name can
    /// be in both lists if it was first assigned and then loaded; uses then mean the loaded value.
    pub loaded: Vec<Box<str>>,
    /// Where names of `globals` or `loaded` are used at top level before their first binding and mean
    /// a built-in or predeclared value: `list = list(x)`. Uses in functions and comprehensions never do.
    pub builtin_uses: HashSet<Position>,
    /// The names of `loaded` that mean a module of ytt's wherever the file uses them.
    pub modules: HashSet<Box<str>>,
}

/// Checks the names and the statements' places.
///
/// `predeclared` and `universe` say which names the file and every file has. With functions this
/// follows the reference: names in functions are looked up when the whole file is known.
///
/// # Errors
/// All faults, in the reference's order.
pub fn resolve(
    file: &File,
    predeclared: &dyn Fn(&str) -> bool,
    universe: &dyn Fn(&str) -> bool,
) -> Result<Resolved, Vec<SyntaxError>> {
    let is_known = |name: &str| predeclared(name) || universe(name);
    let mut resolver = Resolver {
        blocks: vec![Block::default()],
        block: FILE,
        globals: Names::default(),
        loaded: Names::default(),
        modules: HashSet::new(),
        others: HashSet::new(),
        early: Vec::new(),
        is_known: &is_known,
        loops: 0,
        function_loops: 0,
        strayed: false,
        comparisons: 0,
        errors: Vec::new(),
    };
    resolver.stmts(&file.stmts);
    resolver.drop_local_uses(FILE);
    resolver.look_up_rest(FILE);
    resolver.finish()
}

/// Fails where the reference does at a file that resolves: it asks where the first statement ends, and a
/// block without statements has no end. Only `.star` files can begin so; the code of a template begins
/// with a call.
///
/// # Errors
/// The reference's, without a place.
pub fn check_first_statement(file: &File) -> Result<(), SyntaxError> {
    let mut last = file.stmts.first();
    while let Some(stmt) = last {
        let body = match stmt {
            Stmt::Def(def) => &def.body,
            Stmt::For { body, .. } | Stmt::While { body, .. } => body,
            Stmt::If { then, otherwise, .. } if otherwise.is_empty() => then,
            Stmt::If { otherwise, .. } => otherwise,
            _ => return Ok(()),
        };
        last = body.last();
    }
    if file.stmts.is_empty() { Ok(()) } else { Err(SyntaxError::new(Position::default(), NO_SUCH_INDEX)) }
}

/// The file's own block.
const FILE: usize = 0;

/// Names in order, each once.
#[derive(Default)]
struct Names<'a> {
    order: Vec<&'a str>,
    set: HashSet<&'a str>,
}

impl<'a> Names<'a> {
    fn add(&mut self, name: &'a str) {
        if self.set.insert(name) {
            self.order.push(name);
        }
    }

    fn into_boxes(self) -> Vec<Box<str>> {
        self.order.into_iter().map(Box::from).collect()
    }
}

/// A scope: the file, a function or a comprehension.
#[derive(Default)]
struct Block<'a> {
    parent: Option<usize>,
    is_function: bool,
    /// The names bound here; later also those that were looked up from here.
    names: HashSet<&'a str>,
    children: Vec<usize>,
    /// For the file and functions: the names used in them and their comprehensions, with the block of each.
    uses: Vec<(&'a Ident, usize)>,
}

pub(super) struct Resolver<'a, 'k> {
    blocks: Vec<Block<'a>>,
    /// The current block.
    block: usize,
    globals: Names<'a>,
    loaded: Names<'a>,
    /// The names that some `load` binds to a module of ytt's, and those that anything else binds anywhere.
    modules: HashSet<&'a str>,
    others: HashSet<&'a str>,
    /// Uses of built-in names at top level.
    early: Vec<&'a Ident>,
    is_known: &'k dyn Fn(&str) -> bool,
    /// Loops around the statement, those around the enclosing functions included: the reference counts so.
    loops: u32,
    /// Loops around the statement within its function.
    function_loops: u32,
    /// Whether a `break` or `continue` has a loop only around its function.
    strayed: bool,
    comparisons: usize,
    errors: Vec<SyntaxError>,
}

impl<'a> Resolver<'a, '_> {
    pub(super) fn error(&mut self, pos: Position, message: impl Into<String>) {
        self.errors.push(SyntaxError::new(pos, message));
    }

    fn finish(mut self) -> Result<Resolved, Vec<SyntaxError>> {
        if self.errors.is_empty() && self.strayed {
            // The reference's resolver lets these pass and its compiler fails at them.
            self.error(Position::default(), NO_SUCH_INDEX);
        }
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        let is_bound = |name: &str| self.globals.set.contains(name) || self.loaded.set.contains(name);
        let builtin_uses = self.early.iter().filter(|id| is_bound(&id.name)).map(|id| id.pos).collect();
        let modules = self.modules.difference(&self.others).map(|name| Box::from(*name)).collect();
        let (globals, loaded) = (self.globals.into_boxes(), self.loaded.into_boxes());
        Ok(Resolved { builtin_uses, globals, loaded, modules })
    }

    // Blocks. INVARIANT: the numbers of blocks are indices of `blocks`, which only grows.

    fn of(&mut self, block: usize) -> &mut Block<'a> {
        &mut self.blocks[block]
    }

    pub(super) fn within(&mut self, is_function: bool, part: impl FnOnce(&mut Self)) {
        let (parent, block) = (self.block, self.blocks.len());
        self.blocks.push(Block { parent: Some(parent), is_function, ..Block::default() });
        self.of(parent).children.push(block);
        self.block = block;
        part(self);
        if is_function {
            self.drop_local_uses(block);
        }
        self.block = parent;
    }

    /// The function or file around a block.
    fn container(&self, mut block: usize) -> usize {
        while !self.blocks[block].is_function {
            match self.blocks[block].parent {
                Some(parent) => block = parent,
                None => break,
            }
        }
        block
    }

    fn in_function(&self) -> bool {
        self.container(self.block) != FILE
    }

    /// Binds a name; true if the block had it already.
    pub(super) fn bind(&mut self, id: &'a Ident) -> bool {
        self.others.insert(&id.name);
        if self.block != FILE {
            return !self.of(self.block).names.insert(&id.name);
        }
        if !self.of(FILE).names.contains(&*id.name) {
            self.globals.add(&id.name);
        }
        false
    }

    fn name(&mut self, id: &'a Ident) {
        if self.block == FILE {
            self.use_at_top(id, FILE);
        } else {
            let (block, container) = (self.block, self.container(self.block));
            self.of(container).uses.push((id, block));
        }
    }

    /// Forgets the uses whose names are bound in their function.
    fn drop_local_uses(&mut self, container: usize) {
        let mut uses = std::mem::take(&mut self.of(container).uses);
        uses.retain(|(id, block)| {
            let mut block = *block;
            loop {
                let Block { parent, is_function, names, .. } = &self.blocks[block];
                if names.contains(&*id.name) {
                    return false;
                }
                match parent {
                    Some(parent) if !is_function => block = *parent,
                    _ => return true,
                }
            }
        });
        self.of(container).uses = uses;
    }

    /// Looks up the names that functions do not bind themselves, inner functions first.
    fn look_up_rest(&mut self, block: usize) {
        for child in std::mem::take(&mut self.of(block).children) {
            self.look_up_rest(child);
        }
        for (id, from) in std::mem::take(&mut self.of(block).uses) {
            let mut passed = Vec::new();
            let mut at = from;
            while at != FILE && !self.of(at).names.contains(&*id.name) {
                passed.push(at);
                at = self.of(at).parent.unwrap_or(FILE);
            }
            if at == FILE {
                self.use_at_top(id, from);
            }
            // From here on the name counts as bound there: an undefined name is reported once, and
            // may even be suggested for the next.
            for at in passed {
                self.of(at).names.insert(&id.name);
            }
        }
    }

    fn use_at_top(&mut self, id: &'a Ident, from: usize) {
        let name = &*id.name;
        if self.loaded.set.contains(name) || self.globals.set.contains(name) {
            return;
        }
        if (self.is_known)(name) {
            if from == FILE {
                self.early.push(id);
            }
            return;
        }
        let hint = self.suggestion(name, from).map(|meant| format!(" (did you mean {meant}?)"));
        self.error(id.pos, format!("undefined: {name}{}", hint.unwrap_or_default()));
    }

    fn suggestion(&mut self, name: &str, from: usize) -> Option<&'a str> {
        let chain = std::iter::successors(Some(from), |block| self.blocks[*block].parent);
        let local = chain.flat_map(|block| &self.blocks[block].names);
        let candidates: Vec<&'a str> = local.chain(&self.globals.order).copied().collect();
        self.comparisons += candidates.len();
        if self.comparisons > MAX_COMPARISONS { None } else { nearest(name, candidates) }
    }

    fn stmts(&mut self, stmts: &'a [Stmt]) {
        for stmt in stmts {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Expr(expr) => self.expr(expr),
            Stmt::Assign { target, op, value, .. } => {
                self.expr(value);
                self.assign(target, op.is_some());
            }
            Stmt::Break(pos) => self.branch(*pos, "break"),
            Stmt::Continue(pos) => self.branch(*pos, "continue"),
            Stmt::If { .. } => self.if_stmt(stmt),
            Stmt::For { target, iterable, body, .. } => {
                self.expr(iterable);
                self.assign(target, false);
                self.loop_body(body);
            }
            Stmt::While { condition, body, .. } => {
                self.expr(condition);
                self.loop_body(body);
            }
            Stmt::Def(def) => {
                self.bind(&def.name);
                let outer = std::mem::take(&mut self.function_loops);
                self.function(&def.params, |resolver| resolver.stmts(&def.body));
                self.function_loops = outer;
            }
            Stmt::Return { value, pos } => {
                if !self.in_function() {
                    self.error(*pos, "return statement not within a function");
                }
                if let Some(value) = value {
                    self.expr(value);
                }
            }
            Stmt::Load(load) => {
                if self.in_function() {
                    self.error(load.pos, "load statement within a function");
                }
                for (local, original) in &load.names {
                    self.load(&load.module, local, original);
                }
            }
        }
    }

    fn branch(&mut self, pos: Position, word: &str) {
        if self.loops == 0 {
            self.error(pos, format!("{word} not in a loop"));
        } else if self.function_loops == 0 {
            self.strayed = true;
        }
    }

    /// Follows `elif` without recursing, since there may be thousands.
    fn if_stmt(&mut self, mut stmt: &'a Stmt) {
        while let Stmt::If { condition, then, otherwise, .. } = stmt {
            self.expr(condition);
            self.stmts(then);
            match otherwise.as_slice() {
                [only] => stmt = only,
                several => return self.stmts(several),
            }
        }
        self.stmt(stmt);
    }

    fn loop_body(&mut self, body: &'a [Stmt]) {
        self.loops += 1;
        self.function_loops += 1;
        self.stmts(body);
        self.loops -= 1;
        self.function_loops -= 1;
    }

    fn load(&mut self, module: &str, local: &'a Ident, original: &'a Ident) {
        if original.name.is_empty() {
            return self.error(original.pos, "load: empty identifier");
        }
        if original.name.starts_with('_') {
            let message = format!("load: names with leading underscores are not exported: {}", original.name);
            self.error(original.pos, message);
        }
        let names = if module.starts_with("@ytt:") { &mut self.modules } else { &mut self.others };
        names.insert(&local.name);
        self.of(self.block).names.insert(&local.name);
        if self.block == FILE {
            self.loaded.add(&local.name);
        }
    }

    fn assign(&mut self, target: &'a Expr, augmented: bool) {
        let kind = match target {
            Expr::Ident(id) => {
                self.bind(id);
                return;
            }
            Expr::Index { object, index, .. } => {
                self.expr(object);
                return self.expr(index);
            }
            Expr::Dot { object, .. } => return self.expr(object),
            Expr::Paren(inner, _) => return self.assign(inner, augmented),
            Expr::Tuple(items, pos) => return self.assign_items(items, *pos, augmented, ("tuple", "()")),
            Expr::List(items, pos) => return self.assign_items(items, *pos, augmented, ("list", "[]")),
            Expr::Int(..) | Expr::Float(..) | Expr::Str(..) => "literal",
            Expr::Dict(..) => "dictexpr",
            Expr::Comprehension { .. } => "comprehension",
            Expr::Cond { .. } => "condexpr",
            Expr::Slice { .. } => "sliceexpr",
            Expr::Call { .. } => "callexpr",
            Expr::Lambda { .. } => "lambdaexpr",
            Expr::Unary { .. } => "unaryexpr",
            Expr::Binary { .. } => "binaryexpr",
        };
        self.error(target.start(), format!("can't assign to {kind}"));
    }

    fn assign_items(&mut self, items: &'a [Expr], pos: Position, augmented: bool, kind: (&str, &str)) {
        let (name, empty) = kind;
        if items.is_empty() {
            self.error(pos, format!("can't assign to {empty}"));
        }
        if augmented {
            self.error(pos, format!("can't use {name} expression in augmented assignment"));
        }
        for item in items {
            self.assign(item, augmented);
        }
    }

    /// Walks an expression, down the left edge of chains such as `a.b(c) + d` without recursing.
    pub(super) fn expr(&mut self, expr: &'a Expr) {
        let mut chain = Vec::new();
        let mut at = expr;
        while let Expr::Binary { left: inner, .. }
        | Expr::Dot { object: inner, .. }
        | Expr::Index { object: inner, .. }
        | Expr::Slice { object: inner, .. }
        | Expr::Call { function: inner, .. } = at
        {
            chain.push(at);
            at = inner;
        }
        self.head(at);
        while let Some(link) = chain.pop() {
            match link {
                Expr::Binary { right, .. } => self.expr(right),
                Expr::Index { index, .. } => self.expr(index),
                Expr::Slice { low, high, step, .. } => {
                    for part in [low, high, step].into_iter().flatten() {
                        self.expr(part);
                    }
                }
                Expr::Call { args, .. } => self.arguments(args, link),
                _ => {}
            }
        }
    }

    /// An expression that is no chain.
    fn head(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Ident(id) => self.name(id),
            Expr::Paren(inner, _) | Expr::Unary { operand: inner, .. } => self.expr(inner),
            Expr::Tuple(items, _) | Expr::List(items, _) => items.iter().for_each(|item| self.expr(item)),
            Expr::Dict(entries, _) => {
                for (key, value, _) in entries {
                    self.expr(key);
                    self.expr(value);
                }
            }
            Expr::Cond { .. } => {
                let mut at = expr;
                while let Expr::Cond { condition, then, otherwise, .. } = at {
                    self.expr(condition);
                    self.expr(then);
                    at = otherwise;
                }
                self.expr(at);
            }
            Expr::Lambda { params, body, .. } => self.function(params, |resolver| resolver.expr(body)),
            Expr::Comprehension { body, value, clauses, .. } => {
                self.comprehension(body, value.as_deref(), clauses);
            }
            _ => {}
        }
    }

    fn comprehension(&mut self, body: &'a Expr, value: Option<&'a Expr>, clauses: &'a [Clause]) {
        let Some((Clause::For { target, iterable, .. }, rest)) = clauses.split_first() else { return };
        // The first iterable does not see the variables: [x for x in x].
        self.expr(iterable);
        self.within(false, |resolver| {
            resolver.assign(target, false);
            for clause in rest {
                match clause {
                    Clause::For { target, iterable, .. } => {
                        resolver.assign(target, false);
                        resolver.expr(iterable);
                    }
                    Clause::If(condition, _) => resolver.expr(condition),
                }
            }
            resolver.expr(body);
            if let Some(value) = value {
                resolver.expr(value);
            }
        });
    }
}
