//! `@ytt:overlay`

use starlark::eval::Evaluator;
use starlark::values::{Heap, Value};

use super::function::{fail, function, one_argument, string};
use crate::engine::values::{Fragment, Module};
use crate::engine::{Args, Native, NativeResult, convert};
use crate::limits::{self, Limit};
use crate::overlay::Overlay;
use crate::overlay::matcher::{Kind, Matcher, int64};
use crate::template::in_place::is_shared;
use crate::template::run::Run;
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
    let Some((left, rights)) = args.positional.split_first() else {
        return fail("expected exactly at least argument");
    };
    let old = convert::to_node(*left, heap)?;
    let mut nodes = Vec::with_capacity(rights.len());
    for right in rights {
        nodes.push(convert::to_node(*right, heap)?);
    }
    let fragment = Fragment::from_value(*left);
    // Others that hold the value see the change as well.
    let shared = fragment.is_some_and(Fragment::is_whole) && is_shared(&old);
    let mut result = old.clone();
    for right in nodes {
        let applied = Overlay::new(eval).and_then(|mut overlay| overlay.apply_values(result, right));
        result = applied?;
    }
    let depth = result.depth();
    let most = limits::tree_depth();
    if depth > most {
        let message = format!("values nested deeper than {most} levels");
        return fail(limits::exceed(Limit::TreeDepth, message).message);
    }
    let Some(fragment) = fragment else {
        return Ok(heap.alloc_simple(Fragment::bounded(result, depth)));
    };
    if shared {
        Run::of(eval)?.changes().record(old, result.clone());
    }
    fragment.replace(result, depth);
    Ok(*left)
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
    Ok(Matcher::alloc(kind, args.positional.to_vec(), eval.heap()))
}

fn not_op<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    Ok(Matcher::alloc(Kind::Not, vec![one_argument(args)?], eval.heap()))
}
