//! `@ytt:yaml`.

use std::collections::HashSet;

use starlark::eval::Evaluator;
use starlark::values::{Heap, Value};

use super::function::{fail, module_of, one_argument, string};
use crate::engine::{Args, NativeError, NativeResult, convert};
use crate::limits::spend_steps;
use crate::yaml::{self, Node, Origin, ParseOptions};

pub(crate) fn module(heap: Heap<'_>) -> Value<'_> {
    module_of("yaml", &[("yaml.encode", encode), ("yaml.decode", decode)], heap)
}

/// The YAML text of a value.
pub(crate) fn text_of<'v>(value: Value<'v>, heap: Heap<'v>) -> NativeResult<String> {
    let node = convert::to_node(value, heap)?;
    // As a document of its own, null gives no text, nor does an empty collection of a template.
    let nothing = match &node {
        Node::Null => true,
        Node::Map(map) => map.origin == Origin::Yaml && map.items.is_empty(),
        Node::Array(array) => array.origin == Origin::Yaml && array.items.is_empty(),
        _ => false,
    };
    Ok(if nothing { String::new() } else { yaml::print_value(&node) })
}

/// The value of a YAML text: dicts and lists.
pub(crate) fn value_of<'v>(text: &[u8], heap: Heap<'v>) -> NativeResult<Value<'v>> {
    spend_steps(text.len() as u64 / 8)?;
    let documents = yaml::parse(text, 0, &ParseOptions::default())
        .map_err(|error| NativeError::new(error.to_string()))?;
    let [document] = documents.items.as_slice() else {
        return fail("Expected to find exactly one YAML document");
    };
    check_keys(&document.value)?;
    Ok(convert::to_plain(&document.value, heap))
}

/// What a value becomes when it is written as YAML and read again.
pub(crate) fn round_trip<'v>(value: Value<'v>, heap: Heap<'v>) -> NativeResult<Value<'v>> {
    value_of(text_of(value, heap)?.as_bytes(), heap)
}

/// Refuses keys that the reference does: those a map has twice, and collections.
fn check_keys(node: &Node) -> NativeResult<()> {
    match node {
        Node::Map(map) => {
            let mut seen = HashSet::with_capacity(map.items.len());
            for item in &map.items {
                match &item.key {
                    Node::Map(_) => {
                        return fail("(p) unknown type yaml.MapItem for conversion to starlark value");
                    }
                    Node::Array(_) => {
                        return fail("(p) unknown type yaml.ArrayItem for conversion to starlark value");
                    }
                    _ => {}
                }
                let key = yaml::print_value(&item.key);
                if seen.contains(&key) {
                    return fail(format!("(p) Unexpected duplicate key: {}", key.trim_end()));
                }
                seen.insert(key);
                check_keys(&item.value)?;
            }
            Ok(())
        }
        Node::Array(array) => array.items.iter().try_for_each(|item| check_keys(&item.value)),
        _ => Ok(()),
    }
}

fn encode<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let text = text_of(one_argument(args)?, eval.heap())?;
    Ok(eval.heap().alloc_str(&text).to_value())
}

fn decode<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    value_of(string(one_argument(args)?)?, eval.heap())
}
