//! The output plan: instructions between code become chunks.
//!
//! A *chunk* is a native call that runs a list of operations; a *hole* is one of its arguments, a
//! value that code computes. A chunk ends before a hole that contains a call while earlier holes
//! wait: that call might change what they hold. While somebody profiles, it ends before every hole.
//! The last holes that are attributes of one variable are arguments no longer: the chunk takes the
//! variable and reads them itself ([`Path`]).

#![allow(clippy::panic, reason = "StarlarkPagablePanic: these values are never paged out")]

use std::fmt;
use std::sync::Arc;

use allocative::Allocative;
use smallvec::SmallVec;
use starlark::any::ProvidesStaticType;
use starlark::eval::{Arguments, Evaluator};
use starlark::starlark_simple_value;
use starlark::values::{NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, ValueLike, starlark_value};

use super::builder::{Context, Dialect, Source};
use super::lines::Instruction;
use super::nodes::{Nodes, Tag};
use super::path::Path;
use super::profile;
use super::run::Run;
use super::transcript::{self, Chunks};
use crate::engine::codegen::{Generator, Instructions, SiteKind};
use crate::engine::syntax::ast::{Argument, Clause, DefStmt, Expr, Int, Position, Stmt};
use crate::engine::values::Noop;
use crate::engine::{Args, NativeError, convert, names};
use crate::limits;

/// What one operation of a chunk does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Action {
    /// Opens the context of the file.
    OpenFile(Dialect),
    /// Opens a context within.
    Open(Dialect),
    /// Starts a node.
    Start(Tag),
    /// Adds a finished piece.
    Put(Tag),
    /// Sets the scalar of the template.
    Set(Tag),
    /// Sets the next hole as value of this node, which is the innermost open one.
    Hole(Tag),
    /// Takes the next hole as the key of the node that starts next.
    Key(Tag),
    /// Closes a text context and sets its text as value.
    CloseText,
    /// Closes a text context and takes its text as the next key.
    CloseTextKey(Tag),
}

/// One operation and the line of dialect text it stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Op {
    pub(super) action: Action,
    line: u32,
}

/// A run of operations.
#[derive(Debug)]
pub(crate) struct Body {
    pub(super) ops: Box<[Op]>,
    /// It starts nodes and sets them, and nothing else.
    pub(super) plain: bool,
    /// How many nodes are open at most while it runs, with what they hold from the start.
    pub(super) levels: u32,
    /// How many nodes it adds.
    pub(super) nodes: usize,
    /// How many nodes and bytes of text that is with everything below them.
    pub(super) size: (usize, usize),
    /// How many of its holes are arguments.
    arguments: usize,
    /// The holes behind those: where they are, seen from the argument that is the last.
    paths: Box<[Path]>,
}

impl Body {
    fn new(ops: Vec<Op>, arguments: usize, paths: Vec<Path>, nodes: &Nodes) -> Body {
        let plain = ops.iter().enumerate().all(|(index, op)| match op.action {
            Action::OpenFile(dialect) => index == 0 && dialect == Dialect::Yaml,
            Action::Start(_) | Action::Put(_) | Action::Set(_) | Action::Hole(_) => true,
            _ => false,
        });
        let (levels, added, size) = transcript::measure(&ops, nodes);
        let (ops, paths) = (ops.into_boxed_slice(), paths.into_boxed_slice());
        Body { ops, plain, levels, nodes: added, size, arguments, paths }
    }

    fn opens_file(&self) -> bool {
        matches!(self.ops.first(), Some(Op { action: Action::OpenFile(_), .. }))
    }
}

/// A run of operations as a callable value.
#[derive(ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
pub(crate) struct Chunk {
    #[allocative(skip)]
    chunks: Arc<Chunks>,
    index: usize,
}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "chunk {:?}", self.chunks.bodies.get(self.index))
    }
}

impl fmt::Display for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("chunk")
    }
}

starlark_simple_value!(Chunk);

/// An error of an instruction, worded as the reference's wrapper does.
fn failed(instruction: Instruction, message: String, line: u32) -> NativeError {
    NativeError::Message { message: format!("{}: {message}", instruction.name()), line: Some(line) }
}

#[starlark_value(type = "chunk")]
impl<'v> StarlarkValue<'v> for Chunk {
    fn name_for_call_stack(&self, _me: Value<'v>) -> String {
        names::NATIVE_FRAME.to_owned()
    }

    fn invoke(
        &self,
        me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        // The same chunk, for as long as the heap lives: contexts refer to its template.
        let Some(Chunk { chunks, index }) = me.downcast_ref::<Chunk>() else {
            return Err(NativeError::new("a chunk is called as itself").into());
        };
        let Some(body) = chunks.bodies.get(*index) else {
            return Err(NativeError::new("a chunk of another template").into());
        };
        limits::check_stopped().map_err(NativeError::from)?;
        let heap = eval.heap();
        let variable = match body.paths.is_empty() {
            true => Value::new_none(),
            false => args.positions(heap)?.nth(body.arguments).unwrap_or_else(Value::new_none),
        };
        let run = Run::of(eval)?;
        let mut contexts = run.contexts();
        if chunks.recordable && body.plain {
            if body.opens_file() {
                contexts.push(Context::recorded(chunks));
            }
            if let Some(context) = contexts.last_mut() {
                let hole = |value| match Noop::from_value(value) {
                    Some(_) => Some(None),
                    None => convert::measured_node(value, heap).ok().map(Some),
                };
                let arguments = args.positions(heap)?.take(body.arguments).map(hole);
                let paths = body.paths.iter().map(|path| match path.scalar(variable) {
                    Some(scalar) => Some(Some((scalar, 0))),
                    None => path.value(variable, heap).ok().and_then(hole),
                });
                if context.record(chunks, *index, body, arguments.chain(paths)) {
                    return Ok(Value::new_none());
                }
            }
        }
        let paths = body.paths.iter().map(|path| path.value(variable, heap));
        let paths: SmallVec<[Value<'v>; 8]> = paths.collect::<Result<_, _>>()?;
        let mut holes = args.positions(heap)?.take(body.arguments).chain(paths);
        let opened = usize::from(chunks.recordable && body.plain && body.opens_file());
        for op in body.ops.iter().skip(opened) {
            if let Action::Open(dialect) | Action::OpenFile(dialect) = op.action {
                contexts.push(Context::new(dialect, &chunks.source));
                continue;
            }
            let closed = match op.action {
                Action::CloseText | Action::CloseTextKey(_) => {
                    Some(contexts.pop().and_then(Context::finish).map(|(text, _)| text).unwrap_or_default())
                }
                _ => None,
            };
            let Some(context) = contexts.last_mut() else {
                return Err(NativeError::new("unexpected ctx end").into());
            };
            let (instruction, outcome) = match op.action {
                Action::Open(_) | Action::OpenFile(_) => continue,
                Action::Start(tag) => (Instruction::StartNode, context.start(tag)),
                Action::Put(tag) => (Instruction::StartNode, context.put(tag)),
                Action::Set(tag) => (Instruction::SetNode, context.set_static(tag)),
                Action::CloseText => (Instruction::SetNode, context.set(closed.unwrap_or_default(), 0)),
                Action::CloseTextKey(tag) => {
                    context.set_key(tag, closed.unwrap_or_default());
                    continue;
                }
                Action::Hole(_) | Action::Key(_) => {
                    let value = holes.next().unwrap_or_else(Value::new_none);
                    if Noop::from_value(value).is_some() && matches!(op.action, Action::Hole(_)) {
                        continue;
                    }
                    let node = convert::measured_node(value, heap);
                    match (op.action, node) {
                        (Action::Key(tag), Ok((node, _))) => {
                            context.set_key(tag, node);
                            continue;
                        }
                        (_, Ok((node, depth))) => (Instruction::SetNode, context.set(node, depth)),
                        (_, Err(error)) => (Instruction::SetNode, Err(error.message())),
                    }
                }
            };
            outcome.map_err(|message| failed(instruction, message, op.line))?;
        }
        Ok(Value::new_none())
    }
}

/// An annotation of a node as a callable value: its arguments are those of the call.
#[derive(ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
pub(crate) struct AnnotationCall {
    site: usize,
    #[allocative(skip)]
    source: Arc<Source>,
}

impl fmt::Debug for AnnotationCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for AnnotationCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("annotation")
    }
}

starlark_simple_value!(AnnotationCall);

#[starlark_value(type = "annotation")]
impl<'v> StarlarkValue<'v> for AnnotationCall {
    fn name_for_call_stack(&self, _me: Value<'v>) -> String {
        names::NATIVE_FRAME.to_owned()
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let args = Args::collect(args, eval.heap())?;
        let run = Run::of(eval)?;
        if let (Some(site), Some(context)) =
            (self.source.nodes.annotations.get(self.site), run.contexts().last_mut())
        {
            context.annotate(site.tag, |id| run.annotate(id, site, args));
        }
        Ok(Value::new_none())
    }
}

/// A value the generated module starts with.
pub(crate) enum Constant {
    Chunk(Chunk),
    Annotation(AnnotationCall),
}

/// Builds the chunks of one template while its code is generated.
pub(crate) struct Plan {
    source: Arc<Source>,
    dialect: Dialect,
    /// Whether calls can act on the node just started: `template.replace`, instructions in expressions.
    calls_may_build: bool,
    /// Whether each hole has a chunk of its own.
    profiled: bool,
    bodies: Vec<Body>,
    /// The names of the chunks and annotations in generated code.
    chunks: Vec<String>,
    annotations: Vec<(String, AnnotationCall)>,
    ops: Vec<Op>,
}

impl Plan {
    pub(crate) fn new(source: Arc<Source>, dialect: Dialect, calls_may_build: bool) -> Plan {
        Plan {
            source,
            dialect,
            calls_may_build,
            profiled: profile::is_on(),
            bodies: Vec::new(),
            chunks: Vec::new(),
            annotations: Vec::new(),
            ops: Vec::new(),
        }
    }

    /// The values that generated code names; `stmts` are the statements it was made of.
    pub(crate) fn constants(self, stmts: &[Stmt]) -> Vec<(String, Constant)> {
        let recordable =
            self.dialect == Dialect::Yaml && transcript::is_recordable(stmts, &self.source.nodes);
        let chunks = Arc::new(Chunks::new(self.source, self.bodies, recordable));
        let chunk = |(index, name)| (name, Constant::Chunk(Chunk { chunks: Arc::clone(&chunks), index }));
        let annotations = self.annotations.into_iter().map(|(name, call)| (name, Constant::Annotation(call)));
        self.chunks.into_iter().enumerate().map(chunk).chain(annotations).collect()
    }

    /// A name for the next constant.
    fn next_name(&self) -> String {
        format!("{}c{}", names::PREFIX, self.chunks.len() + self.annotations.len())
    }

    fn flush(&mut self, holes: &mut Vec<&Expr>, out: &mut Generator) {
        let Some(first) = self.ops.first() else {
            return;
        };
        let pos = Position { line: first.line, col: 1 };
        let name = self.next_name();
        let (variable, paths) = take_paths(holes, out);
        out.start_line();
        let kind = SiteKind::Call { positional: holes.len(), named: Vec::new(), spread: true };
        out.site(kind, pos, |out| {
            out.use_native(&name);
            out.push("(");
            for argument in holes.iter().copied().chain(variable) {
                out.expr(argument);
                out.push(", ");
            }
            out.push(")");
        });
        let ops = std::mem::take(&mut self.ops);
        self.bodies.push(Body::new(ops, holes.len(), paths, &self.source.nodes));
        holes.clear();
        self.chunks.push(name);
    }

    fn op(&mut self, action: Action, pos: Position) {
        self.ops.push(Op { action, line: pos.line });
    }
}

impl Instructions for Plan {
    fn emit(&mut self, stmts: &[Stmt], out: &mut Generator) -> usize {
        let mut holes: Vec<&Expr> = Vec::new();
        let mut taken = 0;
        for stmt in stmts {
            let Some((instruction, args, pos)) = as_instruction(stmt) else {
                break;
            };
            taken += 1;
            let tag = match args.first() {
                Some(Argument::Positional(Expr::Int(Int::Small(tag), _))) => Tag::try_from(*tag).unwrap_or(0),
                _ => 0,
            };
            let value = match args.get(1) {
                Some(Argument::Positional(value)) => Some(value),
                _ => None,
            };
            match instruction {
                Instruction::SetCtxType | Instruction::EndCtx | Instruction::CollectNodeAnnotation => {}
                Instruction::StartCtx => {
                    let text = matches!(args.first(), Some(Argument::Positional(Expr::Str(kind, _))) if &**kind == b"text");
                    let action =
                        if text { Action::Open(Dialect::Text) } else { Action::OpenFile(Dialect::Yaml) };
                    self.op(action, pos);
                }
                Instruction::StartNode => {
                    let prebuilt = self.source.nodes.get(tag).is_some_and(|node| node.prebuilt.is_some());
                    self.op(if prebuilt { Action::Put(tag) } else { Action::Start(tag) }, pos);
                }
                Instruction::SetNode | Instruction::SetMapItemKey => {
                    let key = instruction == Instruction::SetMapItemKey;
                    match value {
                        None => self.op(Action::Set(tag), pos),
                        Some(value) if ends_text(value) => {
                            self.op(if key { Action::CloseTextKey(tag) } else { Action::CloseText }, pos);
                        }
                        Some(value) => {
                            let calls = has_call(value) && (!holes.is_empty() || self.calls_may_build);
                            if calls || self.source.nodes.repeated_keys || self.profiled {
                                self.flush(&mut holes, out);
                            }
                            self.op(if key { Action::Key(tag) } else { Action::Hole(tag) }, pos);
                            holes.push(value);
                        }
                    }
                }
                Instruction::StartNodeAnnotation => {
                    self.flush(&mut holes, out);
                    // Behind the number of the annotation comes its name, for the sake of syntax errors
                    // in names, then what collects the arguments.
                    let Some(Argument::Positional(Expr::Call { args, pos, .. })) = args.get(2) else {
                        continue;
                    };
                    let name = self.next_name();
                    out.start_line();
                    let kind = SiteKind::Call { positional: 0, named: Vec::new(), spread: true };
                    out.site(kind, *pos, |out| {
                        out.use_native(&name);
                        out.push("(");
                        out.arguments(args);
                        out.push(")");
                    });
                    let call = AnnotationCall { site: tag as usize, source: Arc::clone(&self.source) };
                    self.annotations.push((name, call));
                }
            }
        }
        self.flush(&mut holes, out);
        taken
    }

    fn builds_nodes(&self, def: &DefStmt) -> bool {
        builds(&def.body)
    }

    fn begin(&mut self, out: &mut Generator) {
        self.op(Action::Open(self.dialect), Position::default());
        self.flush(&mut Vec::new(), out);
    }
}

/// Takes the last holes that are attributes of one variable. Nothing is evaluated behind them, so that it
/// makes no difference that the chunk reads them.
fn take_paths<'e>(holes: &mut Vec<&'e Expr>, out: &Generator) -> (Option<&'e Expr>, Vec<Path>) {
    let (mut variable, mut paths) = (None::<(&str, &'e Expr)>, Vec::new());
    while let Some((name, expr, path)) = holes.last().and_then(|hole| path(hole, out)) {
        if variable.is_some_and(|(known, _)| known != name) {
            break;
        }
        variable = Some((name, expr));
        paths.push(path);
        holes.pop();
    }
    paths.reverse();
    (variable.map(|(_, expr)| expr), paths)
}

/// An expression as a path: the name of the variable, the variable, the rest.
fn path<'e>(hole: &'e Expr, out: &Generator) -> Option<(&'e str, &'e Expr, Path)> {
    let (variable, names, line) = out.path(hole)?;
    match variable {
        Expr::Ident(ident) => Some((&ident.name, variable, Path::new(names, line))),
        _ => None,
    }
}

pub(super) fn as_instruction(stmt: &Stmt) -> Option<(Instruction, &[Argument], Position)> {
    match stmt {
        Stmt::Expr(Expr::Call { function, args, pos }) => match &**function {
            Expr::Ident(name) => Some((Instruction::of(&name.name)?, args, *pos)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether statements, nested functions aside, start nodes or set them.
fn builds(stmts: &[Stmt]) -> bool {
    stmts.iter().any(|stmt| match stmt {
        Stmt::If { then, otherwise, .. } => builds(then) || builds(otherwise),
        Stmt::For { body, .. } | Stmt::While { body, .. } => builds(body),
        stmt => matches!(as_instruction(stmt), Some((Instruction::StartNode | Instruction::SetNode, _, _))),
    })
}

fn ends_text(value: &Expr) -> bool {
    match value {
        Expr::Paren(inner, _) => ends_text(inner),
        Expr::Call { function, .. } => {
            matches!(&**function, Expr::Ident(name) if Instruction::of(&name.name) == Some(Instruction::EndCtx))
        }
        _ => false,
    }
}

/// Whether evaluating an expression may run code elsewhere.
fn has_call(expr: &Expr) -> bool {
    let any = |items: &[Expr]| items.iter().any(has_call);
    match expr {
        Expr::Call { .. } => true,
        Expr::Ident(_) | Expr::Int(..) | Expr::Float(..) | Expr::Str(..) | Expr::Lambda { .. } => false,
        Expr::Paren(inner, _) => has_call(inner),
        Expr::Tuple(items, _) | Expr::List(items, _) => any(items),
        Expr::Dict(entries, _) => entries.iter().any(|(key, value, _)| has_call(key) || has_call(value)),
        Expr::Comprehension { body, value, clauses, .. } => {
            has_call(body)
                || value.as_deref().is_some_and(has_call)
                || clauses.iter().any(|clause| match clause {
                    Clause::For { iterable, .. } => has_call(iterable),
                    Clause::If(condition, _) => has_call(condition),
                })
        }
        Expr::Cond { condition, then, otherwise, .. } => {
            has_call(condition) || has_call(then) || has_call(otherwise)
        }
        Expr::Dot { object, .. } => has_call(object),
        Expr::Index { object, index, .. } => has_call(object) || has_call(index),
        Expr::Slice { object, low, high, step, .. } => {
            has_call(object) || [low, high, step].into_iter().flatten().any(|part| has_call(part))
        }
        Expr::Unary { operand, .. } => has_call(operand),
        Expr::Binary { left, right, .. } => has_call(left) || has_call(right),
    }
}
