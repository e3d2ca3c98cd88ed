//! `@ytt:toml`.

mod number;
mod read;
mod string;
mod tables;
mod time;
mod write;

use starlark::eval::Evaluator;
use starlark::values::{Heap, Value};

use super::function::{fail, indent_argument, module_of, one_argument, string};
use crate::engine::values::ByteStr;
use crate::engine::{Args, NativeError, NativeResult, convert};
use crate::limits::spend_steps;
use crate::yaml::Node;

pub(crate) fn module(heap: Heap<'_>) -> Value<'_> {
    module_of("toml", &[("toml.encode", encode), ("toml.decode", decode)], heap)
}

fn encode<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let value = one_argument(args)?;
    if let Some((name, _)) = args.named.iter().find(|(name, _)| *name != "indent") {
        return fail(format!("invalid argument name: {name}"));
    }
    let node = convert::to_node(value, eval.heap())?;
    if !has_text_keys(&node) {
        return fail("(p) Expected key to be string");
    }
    let indent = match indent_argument(args)? {
        0 => 2,
        indent => indent,
    };
    let text = write::write(&node, indent).map_err(NativeError::new)?;
    Ok(ByteStr::alloc(&text, eval.heap()))
}

/// Whether all keys of all maps are text.
fn has_text_keys(node: &Node) -> bool {
    match node {
        Node::Map(map) => map
            .items
            .iter()
            .all(|item| matches!(item.key, Node::Str(_) | Node::Bytes(_)) && has_text_keys(&item.value)),
        Node::Array(array) => array.items.iter().all(|item| has_text_keys(&item.value)),
        Node::DocumentSet(set) => set.items.iter().all(|item| has_text_keys(&item.value)),
        _ => true,
    }
}

fn decode<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let text = string(one_argument(args)?)?;
    spend_steps(text.len() as u64 / 8)?;
    let node = read::read(text).map_err(NativeError::new)?;
    Ok(convert::to_plain(&node, eval.heap()))
}
