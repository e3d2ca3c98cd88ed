//! `@ytt:overlay`

use starlark::eval::Evaluator;
use starlark::values::{Heap, Value};

use super::function::{fail, function, one_argument, string};
use crate::engine::limits::TREE_DEPTH;
use crate::engine::values::{Fragment, Module};
use crate::engine::{Args, Native, NativeResult, convert};
use crate::overlay::Overlay;
use crate::overlay::matcher::{Kind, Matcher, int64};
use crate::yaml::Text;

pub(crate) fn module(heap: Heap<'_>) -> Value<'_> {
    let functions: [(&str, &str, Native); 7] = [
        ("apply", "overlay.apply", apply),
        ("index", "overlay.index", index),
        ("map_key", "overlay.map_key", map_key),
        ("subset", "overlay.subset", subset),
        ("and_op", "overlay.and_op", and_op),
        ("or_op", "overlay.or_op", or_op),
        ("not_op", "overlay.not_op", not_op),
    ];
    let mut members: Vec<_> = functions.map(|(member, name, run)| (member, function(name, run, heap))).into();
    members.push(("all", Matcher::alloc(Kind::All, Vec::new(), heap)));
    Module::alloc("overlay", members, heap)
}

fn apply<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let heap = eval.heap();
    let mut nodes = Vec::with_capacity(args.positional.len());
    for value in &args.positional {
        nodes.push(convert::to_node(*value, heap)?);
    }
    let mut nodes = nodes.into_iter();
    let Some(mut result) = nodes.next() else {
        return fail("expected exactly at least argument");
    };
    for right in nodes {
        let applied = Overlay::new(eval).and_then(|mut overlay| overlay.apply_values(result, right));
        result = applied?;
    }
    let fragment = Fragment::new(result);
    if fragment.depth() > TREE_DEPTH {
        return fail(format!("values nested deeper than {TREE_DEPTH} levels"));
    }
    Ok(heap.alloc_simple(fragment))
}

fn index<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let index = int64(one_argument(args)?)?;
    Ok(Matcher::alloc(Kind::Index(index), Vec::new(), eval.heap()))
}

fn map_key<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let name = string(one_argument(args)?)?;
    let name = Text::new(String::from_utf8_lossy(name));
    Ok(Matcher::alloc(Kind::MapKey(name), Vec::new(), eval.heap()))
}

fn subset<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    Ok(Matcher::alloc(Kind::Subset, vec![one_argument(args)?], eval.heap()))
}

fn and_op<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    several(Kind::And, args, eval)
}

fn or_op<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    several(Kind::Or, args, eval)
}

fn several<'v>(kind: Kind, args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    if args.positional.is_empty() {
        return fail("expected at least one argument");
    }
    Ok(Matcher::alloc(kind, args.positional.clone(), eval.heap()))
}

fn not_op<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    Ok(Matcher::alloc(Kind::Not, vec![one_argument(args)?], eval.heap()))
}
