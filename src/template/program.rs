//! A compiled file: parsed, generated and frozen once, run as often as wanted.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use starlark::PrintHandler;
use starlark::environment::{Globals, GlobalsBuilder, Module};
use starlark::eval::Evaluator;
use starlark::syntax::{AstModule, Dialect as CrateDialect};
use starlark::values::list::ListRef;
use starlark::values::tuple::{AllocTuple, TupleRef};
use starlark::values::{FrozenValue, OwnedFrozenValue, Value};

use super::builder::{Context, Dialect, Source};
use super::lines::{self, Instruction, Line};
use super::nodes::Nodes;
use super::plan::{Constant, Plan};
use super::profile;
use super::run::{Host, Members, Run, SharedLibrary};
use super::transcript::Built;
use super::{constant, in_expressions, natives};
use crate::engine::codegen::{self, Generated};
use crate::engine::syntax;
use crate::engine::syntax::ast::{Position, Stmt};
use crate::engine::{NativeError, NativeResult, builtins, names, wording};
use crate::error::{Error, ErrorKind, Failure, Frame, Result};
use crate::limits;
use crate::yaml::{FileId, FileTable, Pos, Text};

/// Where errors, which name the crate's files, find their code.
static CODES: LazyLock<Mutex<HashMap<u64, Weak<Code>>>> = LazyLock::new(Mutex::default);
static NEXT: AtomicU64 = AtomicU64::new(1);

/// The variable of a compiled module that holds its natives.
const NATIVES: &str = "__sm_natives";

/// How many frames an error keeps.
const SHOWN_FRAMES: usize = 60;

/// The code of a file. Errors of the code find it as long as it lives.
#[derive(Debug)]
pub(crate) struct Code {
    id: u64,
    name: Arc<str>,
    /// `.star` files and text of positions without a file name.
    bare: bool,
    /// The nodes of a template.
    source: Option<Arc<Source>>,
    lines: Vec<Line>,
    generated: Generated,
    /// Names bound at the file's top level.
    globals: Vec<Box<str>>,
}

/// A file whose code is generated, but not compiled.
pub(crate) struct Draft {
    code: Arc<Code>,
    /// The natives that only this file has, by name.
    constants: Vec<(String, Constant)>,
    needs: Needs,
}

/// What a file's code asks of its surroundings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Needs {
    /// What it loads.
    pub(crate) modules: Vec<Box<str>>,
    /// Whether it annotates nodes: the arguments of annotations live in the run's module.
    pub(crate) annotations: bool,
    /// Whether its top level [calls nothing](constant).
    pub(crate) constant: bool,
}

/// A compiled file.
#[derive(Debug)]
pub(crate) struct Program {
    code: Arc<Code>,
    main: OwnedFrozenValue,
    /// What [`codegen::MAIN`] takes: the natives it uses, as a tuple.
    natives: OwnedFrozenValue,
    pub(crate) needs: Needs,
}

/// What to compile.
pub(crate) struct Input {
    pub(crate) file: FileId,
    pub(crate) name: Arc<str>,
    pub(crate) lines: Vec<Line>,
    /// The nodes and the kind of result of a template; none for code.
    pub(crate) template: Option<(Arc<Source>, Dialect)>,
    /// Whether other files may load it.
    pub(crate) library: bool,
}

impl Drop for Code {
    fn drop(&mut self) {
        CODES.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

fn globals() -> &'static Globals {
    static GLOBALS: LazyLock<Globals> = LazyLock::new(|| {
        let mut builder = GlobalsBuilder::new();
        builtins::register(&mut builder);
        in_expressions::register(&mut builder);
        builder.build()
    });
    &GLOBALS
}

fn crate_dialect() -> CrateDialect {
    CrateDialect { enable_keyword_only_arguments: true, ..CrateDialect::Standard }
}

impl Draft {
    /// Generates the code of dialect text.
    pub(crate) fn new(input: Input, files: &FileTable) -> Result<Draft> {
        let Input { file, name, lines, template, library } = input;
        let bare = template.is_none();
        let source = template.as_ref().map(|(source, _)| Arc::clone(source));
        let nodes = source.as_ref().map(|source| &source.nodes);
        let located = |message: String, pos: Position| {
            let frames = lines::frames(&lines, pos.line, "", &name, bare, nodes, files);
            let hint = wording::hint(&message, &line_text(&lines, pos.line));
            Failure { hint, frames, ..Failure::new(message) }
        };
        let text = lines::join(&lines);
        let parsed = syntax::parse(&text).map_err(|error| {
            Error::failures(ErrorKind::Syntax, vec![located(error.message.clone(), error.pos)])
        })?;
        let resolved = syntax::resolve(&parsed, &Instruction::is_name, &builtins::is_universal);
        let resolved = resolved.map_err(|errors| {
            let failures = errors.into_iter().map(|error| located(error.message, error.pos)).collect();
            Error::failures(ErrorKind::Syntax, failures)
        })?;
        let exports: Vec<Box<str>> = if library {
            resolved.globals.iter().filter(|name| !name.starts_with('_')).cloned().collect()
        } else {
            Vec::new()
        };
        let own: HashSet<Cow<'_, str>> =
            resolved.globals.iter().chain(&resolved.loaded).map(|name| names::escape(name)).collect();
        let bound = |name: &str| own.contains(name);
        let mut modules = Vec::new();
        loaded_modules(&parsed.stmts, &mut modules);
        let mut constants = Vec::new();
        let generated = match template {
            Some((source, dialect)) => {
                let calls_may_build = modules.iter().any(|module| &**module == "@ytt:template")
                    || lines.iter().any(|line| line.text.ends_with(b"\\"));
                let mut plan = Plan::new(source, dialect, calls_may_build);
                let generated =
                    codegen::generate(&parsed.stmts, &bound, &exports, &resolved, file, &mut plan);
                constants = plan.constants(&parsed.stmts);
                generated
            }
            None => codegen::generate(
                &parsed.stmts,
                &bound,
                &exports,
                &resolved,
                file,
                &mut codegen::NoInstructions,
            ),
        };

        let annotations = nodes.is_some_and(Nodes::keep_annotations);
        let needs = Needs { modules, annotations, constant: constant::is_constant(&parsed.stmts) };
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let code = Arc::new(Code { id, name, bare, source, lines, generated, globals: resolved.globals });
        CODES.lock().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::downgrade(&code));
        Ok(Draft { code, constants, needs })
    }

    /// What the file needs.
    pub(crate) fn needs(&self) -> &Needs {
        &self.needs
    }

    /// The code.
    pub(crate) fn code(&self) -> Arc<Code> {
        Arc::clone(&self.code)
    }

    /// Compiles the code into a module: the function it is, and the natives that takes.
    fn compile<'v>(&mut self, module: &Module<'v>) -> starlark::Result<(Value<'v>, Value<'v>)> {
        let code = &self.code;
        // What is evaluated last is the module's value.
        let text = format!("{}\n{}\n", code.generated.source, codegen::MAIN);
        let ast = AstModule::parse(&code.id.to_string(), text, &crate_dialect())?;
        let heap = module.frozen_heap();
        let mut values: HashMap<String, FrozenValue> = std::mem::take(&mut self.constants)
            .into_iter()
            .map(|(name, constant)| match constant {
                Constant::Chunk(chunk) => (name, heap.alloc(chunk)),
                Constant::Annotation(call) => (name, heap.alloc(call)),
            })
            .collect();
        let natives = code.generated.natives.iter().map(|name| {
            let native = values.remove(name).or_else(|| natives::native(name, heap));
            native.unwrap_or_else(FrozenValue::new_none)
        });
        let natives = heap.alloc(AllocTuple(natives.collect::<Vec<_>>())).to_value();
        module.set(NATIVES, natives);
        let mut eval = Evaluator::new(module);
        let _watch = profile::watch(&mut eval);
        let main = eval.eval_module(ast, globals())?;
        Ok((main, natives))
    }

    fn internal(&self, error: &starlark::Error) -> Error {
        let name = &self.code.name;
        Error::new(ErrorKind::Internal, format!("{name}: generated code does not compile: {error:?}"))
    }

    /// Compiles the code, to be run as often as wanted.
    ///
    /// # Errors
    /// `Internal` if the generated code is wrong.
    pub(crate) fn finish(mut self) -> Result<Arc<Program>> {
        let compiled = Module::with_temp_heap(|module| {
            self.compile(&module)?;
            let frozen =
                module.freeze().map_err(|error| starlark::Error::new_other(anyhow::anyhow!("{error:?}")))?;
            let (main, _) = frozen.get_any_visibility(codegen::MAIN)?;
            let (natives, _) = frozen.get_any_visibility(NATIVES)?;
            Ok((main, natives))
        });
        let (main, natives) = compiled.map_err(|error| self.internal(&error))?;
        Ok(Arc::new(Program { code: self.code, main, natives, needs: self.needs }))
    }

    /// Compiles the code in a module that holds a run and nothing else, and runs it there: a
    /// template that is run once needs nothing to be kept.
    ///
    /// # Errors
    /// As [`Draft::finish`]; the inner ones are those of the code.
    pub(crate) fn render_in<'v>(mut self, module: &Module<'v>) -> Result<starlark::Result<Option<Built>>> {
        let (main, natives) = self.compile(module).map_err(|error| self.internal(&error))?;
        Ok(render(&self.code, main, natives, module).map(|(_, built)| built))
    }
}

impl Program {
    /// Runs the file in the run of `module`: what it exports and, for a template, what its own
    /// context built.
    pub(crate) fn render<'v>(&self, module: &Module<'v>) -> starlark::Result<(Members<'v>, Option<Built>)> {
        let main = module.heap().access_owned_frozen_value(&self.main);
        let natives = module.heap().access_owned_frozen_value(&self.natives);
        render(&self.code, main, natives, module)
    }
}

/// Runs compiled code and gives what it exports.
fn run<'v>(main: Value<'v>, natives: Value<'v>, module: &Module<'v>) -> starlark::Result<Members<'v>> {
    let exported = with_evaluator(module, |eval| builtins::invoke(main, &[natives], &[], eval))?;
    let pairs = ListRef::from_value(exported).map(|list| list.iter()).into_iter().flatten();
    Ok(pairs
        .filter_map(|pair| match TupleRef::from_value(pair)?.content() {
            [name, getter] => Some((Text::new(name.unpack_str()?), *getter)),
            _ => None,
        })
        .collect())
}

/// Runs compiled code: what it exports and, for a template, what its own context built.
fn render<'v>(
    code: &Code,
    main: Value<'v>,
    natives: Value<'v>,
    module: &Module<'v>,
) -> starlark::Result<(Members<'v>, Option<Built>)> {
    let state = Run::of_module(module)?;
    let depth = state.contexts().len();
    let members = run(main, natives, module);
    let mut contexts = state.contexts();
    let own = usize::from(code.source.is_some());
    let left_open = contexts.len() > depth + own;
    contexts.truncate(depth + own);
    let context = if contexts.len() > depth { contexts.pop() } else { None };
    drop(contexts);
    let members = members?;
    if left_open {
        return Err(NativeError::new("(p) expected all ctxs to end").into());
    }
    let changes = state.changes();
    let built = match context {
        Some(context) if changes.is_empty() => context.conclude(),
        context => context.and_then(Context::finish).map(|(node, _)| Built::Node(changes.settle(node))),
    };
    Ok((members, built))
}

impl Code {
    fn is_global(&self, name: &str) -> bool {
        self.globals.iter().any(|global| &**global == name)
    }

    /// The line of dialect text a place in the generated source stands for.
    fn site(&self, begin: u32, end: u32) -> Option<&codegen::Site> {
        let sites = &self.generated.sites;
        // The smallest site around the place; sites are in the order they begin.
        let upto = sites.partition_point(|site| site.begin <= begin);
        sites.get(..upto)?.iter().filter(|site| site.end >= end).min_by_key(|site| site.end - site.begin)
    }
}

/// The line of a template that a statement of generated code stands for: code and where it begins there.
pub(crate) fn place(code: u64, begin: u32) -> Option<Pos> {
    let code = CODES.lock().unwrap_or_else(PoisonError::into_inner).get(&code).and_then(Weak::upgrade)?;
    let nodes = code.source.as_ref().map(|source| &source.nodes);
    let statements = &code.generated.statements;
    let known = statements.binary_search_by_key(&begin, |(begin, _)| *begin).ok();
    if let Some((_, line)) = known.and_then(|index| statements.get(index)) {
        return lines::place(&code.lines, *line, nodes);
    }
    let rest = code.generated.source.get(begin as usize..)?;
    let end = begin + rest.find('\n').unwrap_or(rest.len()) as u32;
    let sites = &code.generated.sites;
    // What is blamed for a statement begins on its line, unless the statement has nothing to blame.
    let first = sites.get(sites.partition_point(|site| site.begin < begin)).filter(|site| site.begin < end);
    let site = first.or_else(|| code.site(begin, begin))?;
    lines::place(&code.lines, site.line, nodes)
}

/// The name of a file, and the lines of its template that its code stands for, repeated and in no order.
pub(crate) fn places(code: u64) -> Option<(Arc<str>, Vec<Pos>)> {
    let known = CODES.lock().unwrap_or_else(PoisonError::into_inner).get(&code).and_then(Weak::upgrade)?;
    let mut places = Vec::new();
    let mut begin = 0;
    for line in known.generated.source.split_inclusive('\n') {
        let statement = line.trim();
        if !statement.is_empty() && statement != "else:" {
            let indent = line.len() - line.trim_start().len();
            places.extend(place(code, (begin + indent) as u32));
        }
        begin += line.len();
    }
    Some((Arc::clone(&known.name), places))
}

/// Evaluates code in the run of `module`, within the limits of files.
pub(crate) fn with_evaluator<'v, T>(
    module: &Module<'v>,
    evaluate: impl FnOnce(&mut Evaluator<'v, '_, '_>) -> starlark::Result<T>,
) -> starlark::Result<T> {
    let printer = Printer(Run::of_module(module)?.host());
    limits::with_call_depth(|depth| {
        let mut eval = Evaluator::new(module);
        // The run keeps values where the collector does not look.
        eval.disable_gc();
        eval.set_print_handler(&printer);
        eval.set_max_callstack_size(depth)?;
        let stops = || limits::turn(limits::TURNS, module.heap().allocated_bytes());
        eval.set_check_cancelled(Box::new(stops));
        let _watch = profile::watch(&mut eval);
        let result = evaluate(&mut eval);
        // What the last look has not seen.
        let rest = eval.get_total_tick_count() % limits::TURNS;
        match (result, limits::spend_steps(rest + 1)) {
            (Ok(_), Err(exceeded)) => Err(NativeError::from(exceeded).into()),
            (result, _) => result,
        }
    })
}

/// The values of what a file exports in the run of `module`, for others to share: the module holds nothing
/// else from then on. None if one of them cannot be shared.
pub(crate) fn freeze<'v>(
    members: Members<'v>,
    module: Module<'v>,
) -> starlark::Result<Option<SharedLibrary>> {
    with_evaluator(&module, |eval| {
        members.iter().try_for_each(|(name, getter)| {
            module.set(name, builtins::invoke(*getter, &[], &[], eval)?);
            Ok(())
        })
    })?;
    module.set_extra_value(Value::new_none());
    let Ok(frozen) = module.freeze() else {
        return Ok(None);
    };
    let shared = members.iter().map(|(name, _)| {
        let (value, _) = frozen.get_any_visibility(name)?;
        Ok((name.clone(), value))
    });
    shared.collect::<starlark::Result<_>>().map(Some)
}

/// Whether somebody watches which lines are evaluated.
pub(crate) fn is_watched() -> bool {
    profile::is_on()
}

/// Calls a function of a template. Its error is the message alone, as the reference words errors of
/// functions that it calls itself.
pub(crate) fn call<'v>(
    function: Value<'v>,
    args: &[Value<'v>],
    eval: &mut Evaluator<'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let run = Run::of(eval)?;
    let depth = run.contexts().len();
    builtins::invoke(function, args, &[], eval).map_err(|error| {
        run.contexts().truncate(depth);
        let arity = wording::outside_call(&error, function, args.len());
        NativeError::new(arity.unwrap_or_else(|| message(&error)))
    })
}

/// Sends what code prints to the run's host.
struct Printer(Arc<dyn Host>);

impl PrintHandler for Printer {
    fn println(&self, text: &str) -> starlark::Result<()> {
        self.0.log(&format!("{text}\n"));
        Ok(())
    }
}

fn line_text(lines: &[Line], number: u32) -> String {
    lines.get((number as usize).wrapping_sub(1)).map(Line::shown).unwrap_or_default()
}

/// The modules that load statements name.
fn loaded_modules(stmts: &[Stmt], found: &mut Vec<Box<str>>) {
    for stmt in stmts {
        match stmt {
            Stmt::Load(load) => found.push(load.module.clone()),
            Stmt::If { then, otherwise, .. } => {
                loaded_modules(then, found);
                loaded_modules(otherwise, found);
            }
            Stmt::For { body, .. } | Stmt::While { body, .. } => loaded_modules(body, found),
            _ => {}
        }
    }
}

/// The message of an error of running code, for those who pass on only that.
pub(crate) fn message(error: &starlark::Error) -> String {
    let failed = failed(error, &FileTable::default());
    failed.template_failures().first().map(|failure| failure.message.clone()).unwrap_or_default()
}

/// An error of running code, with ytt's message, hint and frames.
pub(crate) fn failed(error: &starlark::Error, files: &FileTable) -> Error {
    let codes = CODES.lock().unwrap_or_else(PoisonError::into_inner);
    let find = |file: &str| codes.get(&file.parse().ok()?).and_then(Weak::upgrade);
    // Innermost first: the place of the error, then the call sites of its callers.
    let mut places = Vec::new();
    let mut place = error.span().cloned();
    for frame in error.call_stack().frames.iter().rev() {
        if let Some(span) = &place
            && frame.name != names::NATIVE_FRAME
        {
            places.push((frame.name.clone(), span.clone()));
        }
        place = frame.location.clone();
    }
    if wording::is_call_of_no_function(error) && !places.is_empty() {
        places.remove(0);
    }
    let innermost = places.first().and_then(|(name, span)| {
        let program = find(span.file.filename())?;
        let site = program.site(span.span.begin().get(), span.span.end().get()).cloned();
        // A call that fails for its arguments is blamed on the function that was called.
        let called = match error.kind() {
            starlark::ErrorKind::Function(_) => {
                let (file, name) = name.rsplit_once('.').unwrap_or(("", name));
                let program = find(file).unwrap_or_else(|| Arc::clone(&program));
                let info =
                    program.generated.functions.iter().find(|info| *info.name == *names::restore(name));
                info.cloned().map(|info| (program, info))
            }
            _ => None,
        };
        Some((program, site, called))
    });
    let (program, site, called) = match &innermost {
        Some((program, site, called)) => (Some(program), site.as_ref(), called.as_ref()),
        None => (None, None, None),
    };
    let worded = wording::run_time(
        error,
        site,
        |name| program.is_some_and(|program| program.is_global(name)),
        called.map(|(_, info)| info),
    );
    let mut frames: Vec<Frame> = wording::inner_frame(error).cloned().into_iter().collect();
    let mut codes = String::new();
    let mut show = |program: &Code, name: &str, line: u32| {
        let function = names::restore(name.rsplit('.').next().unwrap_or(name));
        let context = if function == codegen::MAIN { "<toplevel>" } else { &function };
        codes.push_str(&line_text(&program.lines, line));
        frames.extend(lines::frames(
            &program.lines,
            line,
            context,
            &program.name,
            program.bare,
            program.source.as_ref().map(|source| &source.nodes),
            files,
        ));
    };
    for (index, (name, span)) in places.iter().enumerate() {
        if index == 0
            && let Some((program, info)) = called
        {
            if let Some(line) = info.entry_line {
                show(program, name, line);
            }
            continue;
        }
        let Some(program) = find(span.file.filename()) else {
            continue;
        };
        let own_line = if index == 0 { wording::line(error) } else { None };
        let site = program.site(span.span.begin().get(), span.span.end().get());
        if let Some(line) = own_line.or(site.map(|site| site.line)) {
            show(&program, name, line);
        }
    }
    if frames.is_empty() && limits::is_stopped() {
        // A loop that calls nothing. Who evaluates the file knows its name.
        let call = error.call_stack().frames.last();
        let function = call.map_or(codegen::MAIN, |frame| frame.name.rsplit('.').next().unwrap_or_default());
        let function = names::restore(function);
        let context = if function == codegen::MAIN { "<toplevel>" } else { &function };
        frames.push(Frame::new(context, "", "a loop"));
    }
    if worded.starts_with("(p) ") {
        // What makes the reference's interpreter itself panic has no frames there.
        frames.clear();
    }
    let more = frames.len().saturating_sub(SHOWN_FRAMES);
    if more > 0 {
        // Endless recursion: its beginning and end say it all.
        let middle = Frame::new("", "...", format!("{more} more frames"));
        frames.splice(SHOWN_FRAMES / 2..SHOWN_FRAMES / 2 + more, [middle]);
    }
    let hint = wording::hint(&worded, &codes);
    Error::failures(
        ErrorKind::Evaluation,
        vec![Failure { hint, frames, help: wording::help(error).map(str::to_owned), ..Failure::new(worded) }],
    )
}
