//! The functions generated code calls to load modules and to open and close contexts.

use starlark::eval::Evaluator;
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::tuple::AllocTuple;
use starlark::values::{FrozenHeap, FrozenValue, Value, ValueLike};

use super::builder::{Context, Dialect};
use super::run::{Exports, Run};
use crate::engine::values::{Forever, Fragment, Struct};
use crate::engine::{Args, Native, NativeError, NativeFn, NativeResult, builtins, names};
use crate::limits;
use crate::yaml::{FileId, Node};

const NATIVES: [(&str, Native); 7] = [
    ("load", load),
    ("symbol", symbol),
    ("end", end),
    ("end_with", end_with),
    ("star_args", star_args),
    ("star_kwargs", star_kwargs),
    ("turn", turn),
];

/// The native of this name in generated code.
pub(crate) fn native(name: &str, heap: &FrozenHeap) -> Option<FrozenValue> {
    let Some(short) = name.strip_prefix(names::PREFIX) else {
        return builtins::native(name, heap);
    };
    if short == "forever" {
        return Some(heap.alloc(Forever));
    }
    match NATIVES.iter().find(|(native, _)| *native == short) {
        Some((_, run)) => Some(heap.alloc(NativeFn { name: names::NATIVE_FRAME, run: *run })),
        None => builtins::native(name, heap),
    }
}

fn load<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let file = args.get(0).and_then(Value::unpack_i32).unwrap_or_default() as FileId;
    let module = args.get(1).and_then(Value::unpack_str).unwrap_or_default();
    let host = Run::of(eval)?.host();
    host.load(file, module, eval).map_err(|error| error.prefix(&format!("cannot load {module}")))
}

fn symbol<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let name = args.get(1).and_then(Value::unpack_str).unwrap_or_default();
    let module = args.get(2).and_then(Value::unpack_str).unwrap_or_default();
    match args.get(0).and_then(|value| value.downcast_ref::<Exports<'v>>()) {
        Some(exports) => exports.get(name, module, eval),
        None => Err(NativeError::new(format!("load: name {name} not found in module {module}"))),
    }
}

/// Ends the innermost context and gives what it built.
pub(super) fn end<'v>(_args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let context = Run::of(eval)?.contexts().pop();
    let dialect = context.as_ref().map(Context::dialect);
    let node = context.and_then(Context::finish);
    let heap = eval.heap();
    match (dialect, node) {
        (Some(Dialect::Text), Some((Node::Str(text), _))) => Ok(heap.alloc_str(&text).to_value()),
        (Some(Dialect::Text), _) => Err(NativeError::new("(p) Unexpected root value <nil>")),
        (_, node) => {
            let (node, depth) = node.unwrap_or_default();
            Ok(heap.alloc_simple(Fragment::bounded(node, depth)))
        }
    }
}

fn end_with<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let value = args.get(0);
    match value {
        Some(value) => {
            Run::of(eval)?.contexts().pop();
            Ok(value)
        }
        None => end(args, eval),
    }
}

/// The condition of a `while` loop.
fn turn<'v>(args: &Args<'v>, _eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    Ok(args.get(0).unwrap_or_else(Value::new_none))
}

/// The value behind `*` in a call.
fn star_args<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let value = args.get(0).unwrap_or_else(Value::new_none);
    let heap = eval.heap();
    let found = if value.get_type() == "string" { None } else { value.iterate(heap).ok() };
    match found {
        Some(items) => {
            let count = items.size_hint().0;
            limits::check_elements(count, count)?;
            Ok(heap.alloc(AllocTuple(items.collect::<Vec<_>>())))
        }
        None => Err(NativeError::new(format!("argument after * must be iterable, not {}", value.get_type()))),
    }
}

/// The value behind `**` in a call.
fn star_kwargs<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let value = args.get(0).unwrap_or_else(Value::new_none);
    let heap = eval.heap();
    let pairs: Vec<(Value<'v>, Value<'v>)> = if let Some(dict) = DictRef::from_value(value) {
        dict.iter().collect()
    } else if let Some(fields) = Struct::from_value(value) {
        (0..fields.len())
            .filter_map(|index| {
                Some((heap.alloc_str(fields.name(index)?).to_value(), fields.value(index, heap)?))
            })
            .collect()
    } else {
        let convert = |node: &Node| crate::engine::convert::to_value(node, heap);
        match &Fragment::from_value(value).map(Fragment::node) {
            Some(Node::Map(map)) => {
                map.items.iter().map(|item| (convert(&item.key), convert(&item.value))).collect()
            }
            Some(Node::Null) => Vec::new(),
            _ => {
                let message = format!("argument after ** must be a mapping, not {}", value.get_type());
                return Err(NativeError::new(message));
            }
        }
    };
    if let Some((key, _)) = pairs.iter().find(|(key, _)| key.unpack_str().is_none()) {
        return Err(NativeError::new(format!("keywords must be strings, not {}", key.get_type())));
    }
    Ok(heap.alloc(AllocDict(pairs.into_iter().map(|(key, value)| {
        let name = key.unpack_str().unwrap_or_default();
        (heap.alloc_str(&names::escape(name)), value)
    }))))
}
