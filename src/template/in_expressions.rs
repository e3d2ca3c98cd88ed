//! Instructions within expressions.
//!
//! Code that ends in `\` goes on with the line behind it, and where a node stands there, that is the
//! node's first instruction: `#@ x = \` before `a: 1` sets `x` to what starting the node gives, `None`.
//! Instructions that are statements become chunks of the output plan instead.

use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::values::Value;
use starlark::values::list::{AllocList, ListRef};
use starlark::values::tuple::{AllocTuple, TupleRef};

use super::builder::{Context, Dialect};
use super::lines::Instruction;
use super::natives;
use super::nodes::Tag;
use super::run::Run;
use crate::engine::{Args, Native, NativeError, NativeFn, NativeResult, convert};

/// Makes the instructions names that code can use.
pub(crate) fn register(builder: &mut GlobalsBuilder) {
    for (instruction, name) in Instruction::ALL {
        builder.set(name, NativeFn { name, run: native(instruction) });
    }
}

fn native(instruction: Instruction) -> Native {
    match instruction {
        Instruction::SetCtxType => set_ctx_type,
        Instruction::StartCtx => start_ctx,
        Instruction::EndCtx => natives::end,
        Instruction::StartNodeAnnotation => start_node_annotation,
        Instruction::CollectNodeAnnotation => collect_node_annotation,
        Instruction::StartNode => start_node,
        Instruction::SetNode => set_node,
        Instruction::SetMapItemKey => set_map_item_key,
    }
}

/// Runs `work` on the innermost context; errors name the instruction.
fn in_context<'v>(
    instruction: Instruction,
    eval: &Evaluator<'v, '_, '_>,
    work: impl FnOnce(&mut Context<'v>) -> Result<(), String>,
) -> NativeResult<Value<'v>> {
    let run = Run::of(eval)?;
    let mut contexts = run.contexts();
    let context = contexts.last_mut().ok_or_else(|| NativeError::new("unexpected ctx end"))?;
    match work(context) {
        Ok(()) => Ok(Value::new_none()),
        Err(message) => Err(NativeError::new(format!("{}: {message}", instruction.name()))),
    }
}

/// The number of a node or an annotation, the first argument.
fn number(instruction: Instruction, args: &Args<'_>) -> NativeResult<Tag> {
    let number = args.get(0).and_then(Value::unpack_i32).and_then(|number| Tag::try_from(number).ok());
    number.ok_or_else(|| NativeError::new(format!("{}: expected the number of a node", instruction.name())))
}

/// Contexts know their type from the start.
fn set_ctx_type<'v>(_args: &Args<'v>, _eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    Ok(Value::new_none())
}

fn start_ctx<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let text = args.get(0).and_then(Value::unpack_str) == Some("text");
    let dialect = if text { Dialect::Text } else { Dialect::Yaml };
    let mut contexts = Run::of(eval)?.contexts();
    let source = contexts.last().map(|context| context.source);
    let source = source.ok_or_else(|| NativeError::new("unexpected ctx end"))?;
    contexts.push(Context::new(dialect, source));
    Ok(Value::new_none())
}

fn start_node<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let tag = number(Instruction::StartNode, args)?;
    in_context(Instruction::StartNode, eval, |context| {
        let prebuilt = context.source.nodes.get(tag).is_some_and(|node| node.prebuilt.is_some());
        if prebuilt { context.put(tag) } else { context.start(tag) }
    })
}

fn set_node<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let tag = number(Instruction::SetNode, args)?;
    let value = args.get(1).map(|value| convert::measured_node(value, eval.heap())).transpose()?;
    in_context(Instruction::SetNode, eval, |context| match value {
        Some((node, depth)) => context.set(node, depth),
        None => context.set_static(tag),
    })
}

fn set_map_item_key<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let tag = number(Instruction::SetMapItemKey, args)?;
    let key = args.get(1).unwrap_or_else(Value::new_none);
    let (key, _) = convert::measured_node(key, eval.heap())?;
    in_context(Instruction::SetMapItemKey, eval, |context| {
        context.set_key(tag, key);
        Ok(())
    })
}

/// The arguments of an annotation, for [`start_node_annotation`]: a tuple of them and a list of the named
/// ones as pairs.
fn collect_node_annotation<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let heap = eval.heap();
    let named = args.named.iter().map(|(name, value)| (*name, *value));
    let positional = heap.alloc(AllocTuple(args.positional.iter().copied()));
    Ok(heap.alloc((positional, AllocList(named))))
}

fn start_node_annotation<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let instruction = Instruction::StartNodeAnnotation;
    let number = number(instruction, args)?;
    let collected = args.get(2).and_then(collected);
    let collected = collected
        .ok_or_else(|| NativeError::new(format!("{}: expected collected arguments", instruction.name())))?;
    let run = Run::of(eval)?;
    in_context(instruction, eval, |context| {
        let site = context.source.nodes.annotations.get(number as usize);
        let site = site.ok_or_else(|| format!("expected to find annotation {number}"))?;
        context.annotate(site.tag, |id| run.annotate(id, site, collected));
        Ok(())
    })
}

/// What [`collect_node_annotation`] gave.
fn collected<'v>(value: Value<'v>) -> Option<Args<'v>> {
    let [positional, named] = TupleRef::from_value(value)?.content() else {
        return None;
    };
    let pair = |pair: &Value<'v>| match TupleRef::from_value(*pair)?.content() {
        [name, value] => Some((name.unpack_str()?, *value)),
        _ => None,
    };
    let named = ListRef::from_value(*named)?.content().iter().map(pair).collect::<Option<_>>()?;
    Some(Args { positional: TupleRef::from_value(*positional)?.content().iter().copied().collect(), named })
}
