//! The modules whose functions depend on the file that loads them: `@ytt:data`, `@ytt:template`,
//! `@ytt:library`.

use std::sync::Arc;

use starlark::eval::Evaluator;
use starlark::values::Value;

use super::compilation::Place;
use super::library_module;
use super::session::{Scope, Session};
use crate::engine::values::{ByteStr, Module};
use crate::engine::{Args, BoundNative, NativeError, NativeResult, convert};
use crate::template::run::Run;
use crate::yaml::{FileId, Node, go_text};

/// The module of this name, for the code of `file`.
pub(crate) fn module<'v>(
    name: &str,
    file: FileId,
    place: Place,
    scope: &Arc<Scope>,
    session: &Session,
    eval: &mut Evaluator<'v, '_, '_>,
) -> NativeResult<Option<Value<'v>>> {
    let heap = eval.heap();
    Ok(match name {
        "data" => {
            let bound = [place.current, place.root];
            if let Some(key) = other_key(&scope.values) {
                let key = go_text(key);
                return Err(NativeError::new(format!("expected struct key {key} to be string")));
            }
            let members = [
                ("list", BoundNative::alloc("data.list", bound, list, heap)),
                ("read", BoundNative::alloc("data.read", bound, read, heap)),
                ("values", convert::to_struct(&scope.values, heap)),
            ];
            Some(Module::alloc("data", members, heap))
        }
        "template" => {
            let replace = BoundNative::alloc("template.replace", [file as usize, 0], replace, heap);
            Some(Module::alloc("template", [("replace", replace)], heap))
        }
        "library" => Some(library_module::module(place, scope, session, heap)),
        _ => None,
    })
}

/// A key that is no text: data values with such keys cannot be handed to code.
fn other_key(node: &Node) -> Option<&Node> {
    match node {
        Node::Map(map) => map.items.iter().find_map(|item| match &item.key {
            Node::Str(_) => other_key(&item.value),
            key => Some(key),
        }),
        Node::Array(array) => array.items.iter().find_map(|item| other_key(&item.value)),
        _ => None,
    }
}

fn string<'v>(value: Value<'v>) -> NativeResult<&'v str> {
    value
        .unpack_str()
        .ok_or_else(|| NativeError::new(format!("expected a string, but was {}", value.get_type())))
}

fn list<'v>(bound: [usize; 2], args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let path = match args.positional.as_slice() {
        [] => "",
        [path] => string(*path)?,
        _ => return Err(NativeError::new("expected exactly zero or one argument")),
    };
    let [current, root] = bound;
    let paths = Run::of(eval)?.host().list_data((current, root), path)?;
    Ok(eval.heap().alloc(paths))
}

fn read<'v>(bound: [usize; 2], args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [path] = args.positional.as_slice() else {
        return Err(NativeError::new("expected exactly one argument"));
    };
    let [current, root] = bound;
    let bytes = Run::of(eval)?.host().read_data((current, root), string(*path)?)?;
    Ok(ByteStr::alloc(&bytes, eval.heap()))
}

fn replace<'v>(
    bound: [usize; 2],
    args: &Args<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let [value] = args.positional.as_slice() else {
        return Err(NativeError::new("expected exactly one argument"));
    };
    let (node, depth) = convert::measured_node(*value, eval.heap())?;
    let run = Run::of(eval)?;
    let mut contexts = run.contexts();
    let [file, _] = bound;
    let context = contexts.iter_mut().rev().find(|context| context.source.file as usize == file);
    let Some(context) = context else {
        return Err(NativeError::new("expected to find node to replace"));
    };
    context.replace(&node, depth).map_err(NativeError::new)?;
    drop(contexts);
    Ok(eval.heap().alloc_simple(crate::engine::values::Noop))
}
