//! `@ytt:json`.

use starlark::eval::Evaluator;
use starlark::values::{Heap, Value};

use super::function::{fail, flag, indent_argument, module_of, one_argument, string};
use crate::engine::{Args, NativeError, NativeResult, convert};
use crate::limits::spend_steps;
use crate::yaml;

pub(crate) fn module(heap: Heap<'_>) -> Value<'_> {
    module_of("json", &[("json.encode", encode), ("json.decode", decode)], heap)
}

fn encode<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let value = one_argument(args)?;
    let unknown = args.named.iter().find(|(name, _)| !matches!(*name, "indent" | "escape_html"));
    if let Some((name, _)) = unknown {
        return fail(format!("invalid argument name: {name}"));
    }
    let node = convert::to_node(value, eval.heap())?;
    let indent = indent_argument(args)?;
    let escape_html = flag(args, "escape_html", true)?;
    let text = yaml::json::encode(&node, indent, escape_html)
        .map_err(|error| NativeError::new(error.to_string()))?;
    Ok(eval.heap().alloc_str(&text).to_value())
}

fn decode<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let text = string(one_argument(args)?)?;
    spend_steps(text.len() as u64 / 8)?;
    let node = yaml::json::decode(text).map_err(|error| NativeError::new(error.to_string()))?;
    Ok(convert::to_plain(&node, eval.heap()))
}
