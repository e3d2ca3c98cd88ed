//! `@ytt:struct`.

use std::fmt;

use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::eval::{Arguments, Evaluator};
use starlark::values::{Heap, NoSerialize, StarlarkValue, Trace, Value, starlark_value};

use super::function::{fail, module_of, named, one_argument};
use crate::engine::builtins::{call, is_callable};
use crate::engine::values::Struct;
use crate::engine::{Args, NativeError, NativeResult, convert};
use crate::yaml::{Node, Origin, Text};

pub(crate) fn module(heap: Heap<'_>) -> Value<'_> {
    module_of(
        "struct",
        &[
            ("struct.make", make),
            ("struct.make_and_bind", make_and_bind),
            ("struct.bind", bind),
            ("struct.encode", encode),
            ("struct.decode", decode),
        ],
        heap,
    )
}

fn make<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    if !args.positional.is_empty() {
        return fail("unexpected positional arguments (structs are made from keyword arguments only)");
    }
    let fields = args.named.iter().map(|(name, value)| (Text::new(name), *value)).collect();
    Ok(Struct::alloc(fields, eval.heap()))
}

fn make_and_bind<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [object] = args.positional.as_slice() else {
        return fail("expected at exactly one argument");
    };
    let heap = eval.heap();
    let bound = |value| {
        if is_callable(value) { BoundFunction::alloc(value, vec![*object], heap) } else { value }
    };
    let fields = args.named.iter().map(|(name, value)| (Text::new(name), bound(*value))).collect();
    Ok(Struct::alloc(fields, heap))
}

fn bind<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    match args.positional.as_slice() {
        [function, first, rest @ ..] => {
            let bound = std::iter::once(first).chain(rest).copied().collect();
            Ok(BoundFunction::alloc(*function, bound, eval.heap()))
        }
        _ => fail("expected at least two arguments"),
    }
}

/// A function with its first arguments.
#[derive(ProvidesStaticType, NoSerialize, Allocative, Trace)]
struct BoundFunction<'v> {
    function: Value<'v>,
    first: Vec<Value<'v>>,
}

impl<'v> BoundFunction<'v> {
    const NAME: &'static str = "struct.bind_result";

    fn alloc(function: Value<'v>, first: Vec<Value<'v>>, heap: Heap<'v>) -> Value<'v> {
        heap.alloc_complex_no_freeze(BoundFunction { function, first })
    }

    fn call(&self, args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
        if !is_callable(self.function) {
            return fail(format!("invalid call of non-function ({})", self.function.get_type()));
        }
        let positional: Vec<_> = self.first.iter().chain(&args.positional).copied().collect();
        call(self.function, &positional, &args.named, eval)
    }
}

impl fmt::Display for BoundFunction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<built-in function {}>", BoundFunction::NAME)
    }
}

impl fmt::Debug for BoundFunction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[starlark_value(type = "builtin_function_or_method")]
impl<'v> StarlarkValue<'v> for BoundFunction<'v> {
    fn name_for_call_stack(&self, _me: Value<'v>) -> String {
        crate::engine::NATIVE_FRAME.to_owned()
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let args = Args::collect(args, eval.heap())?;
        Ok(self.call(&args, eval).map_err(|error| named(error, BoundFunction::NAME))?)
    }
}

fn encode<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let node = convert::to_node(one_argument(args)?, eval.heap())?;
    check(&node, true)?;
    Ok(convert::to_struct(&node, eval.heap()))
}

fn decode<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let node = convert::to_node(one_argument(args)?, eval.heap())?;
    check(&node, false)?;
    Ok(convert::to_plain(&node, eval.heap()))
}

/// Refuses what the reference does: pieces of YAML, and keys a struct cannot have.
fn check(node: &Node, text_keys: bool) -> NativeResult<()> {
    let origin = match node {
        Node::Map(map) => map.origin,
        Node::Array(array) => array.origin,
        Node::DocumentSet(_) => Origin::Yaml,
        _ => return Ok(()),
    };
    if origin == Origin::Yaml {
        let name = convert::go_type(node);
        return fail(format!("(p) unknown type {name} for conversion to starlark value"));
    }
    match node {
        Node::Map(map) => map.items.iter().try_for_each(|item| {
            if text_keys && !matches!(item.key, Node::Str(_) | Node::Bytes(_)) {
                return fail("(p) expected struct key to be string");
            }
            check(&item.value, text_keys)
        }),
        Node::Array(array) => array.items.iter().try_for_each(|item| check(&item.value, text_keys)),
        _ => Ok::<(), NativeError>(()),
    }
}
