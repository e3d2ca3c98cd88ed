//! Between the tree and Starlark values.
//!
//! Source of the rules: the reference's `pkg/template/core` and `pkg/yamltemplate`.

use std::sync::Arc;

use starlark::collections::SmallMap;
use starlark::values::dict::{Dict, DictRef};
use starlark::values::float::StarlarkFloat;
use starlark::values::list::{AllocList, ListRef};
use starlark::values::tuple::TupleRef;
use starlark::values::{Heap, UnpackValue, Value, ValueLike};

use super::NativeError;
use super::values::{ByteStr, Fragment, Struct};
use crate::limits::{self, Limit};
use crate::yaml::{Array, ArrayItem, Map, MapItem, Node, Origin, Pos};

/// How deep collections may nest before a conversion gives up: a list that holds itself has no end.
const MAX_DEPTH: u32 = 1000;

/// A scalar node as a value. Collections give `None`; see [`to_value`].
pub fn scalar<'v>(node: &Node, heap: Heap<'v>) -> Value<'v> {
    match node {
        Node::Bool(b) => Value::new_bool(*b),
        Node::Int(i) => heap.alloc(*i),
        Node::Uint(u) => heap.alloc(*u),
        Node::Float(f) => heap.alloc(*f),
        Node::Str(s) => heap.alloc_str(s).to_value(),
        Node::Bytes(b) => ByteStr::alloc(b, heap),
        Node::Null | Node::Map(_) | Node::Array(_) | Node::DocumentSet(_) => Value::new_none(),
    }
}

/// A node as code sees it: YAML collections as fragments, those code made as dicts and lists.
pub fn to_value<'v>(node: &Node, heap: Heap<'v>) -> Value<'v> {
    part_to_value(node, node.depth(), heap)
}

/// [`to_value`] for a node that nests at most `depth` deep.
pub(crate) fn part_to_value<'v>(node: &Node, depth: u32, heap: Heap<'v>) -> Value<'v> {
    let part = |node: &Node| part_to_value(node, depth, heap);
    match node {
        Node::Map(map) if map.origin == Origin::Code => dict(map, part, heap),
        Node::Array(array) if array.origin == Origin::Code => {
            heap.alloc(AllocList(array.items.iter().map(|item| part(&item.value))))
        }
        Node::Map(_) | Node::Array(_) | Node::DocumentSet(_) => {
            heap.alloc_simple(Fragment::part(node.clone(), depth))
        }
        _ => scalar(node, heap),
    }
}

/// A map as a dict. Collections cannot be keys: what they are keys of cannot be reached by code.
fn dict<'v>(map: &Map, convert: impl Fn(&Node) -> Value<'v>, heap: Heap<'v>) -> Value<'v> {
    let mut entries = SmallMap::with_capacity(map.items.len());
    for item in &map.items {
        if let Ok(key) = convert(&item.key).get_hashed() {
            entries.insert_hashed(key, convert(&item.value));
        }
    }
    heap.alloc(Dict::new(entries))
}

/// A node as dicts and lists all the way down, as `yaml.decode` gives.
pub fn to_plain<'v>(node: &Node, heap: Heap<'v>) -> Value<'v> {
    match node {
        Node::Map(map) => dict(map, |node| to_plain(node, heap), heap),
        Node::Array(array) => {
            heap.alloc(AllocList(array.items.iter().map(|item| to_plain(&item.value, heap))))
        }
        Node::DocumentSet(set) => {
            heap.alloc(AllocList(set.items.iter().map(|item| to_plain(&item.value, heap))))
        }
        _ => scalar(node, heap),
    }
}

/// A node as structs and lists, as data values are.
pub fn to_struct<'v>(node: &Node, heap: Heap<'v>) -> Value<'v> {
    match node {
        Node::Map(map) => Struct::view(map.clone(), heap),
        Node::Array(array) => {
            heap.alloc(AllocList(array.items.iter().map(|item| to_struct(&item.value, heap))))
        }
        Node::DocumentSet(set) => {
            heap.alloc(AllocList(set.items.iter().map(|item| to_struct(&item.value, heap))))
        }
        _ => scalar(node, heap),
    }
}

/// A value as a node. Fails for functions, modules and what else has no YAML form.
pub fn to_node<'v>(value: Value<'v>, heap: Heap<'v>) -> Result<Node, NativeError> {
    measured_node(value, heap).map(|(node, _)| node)
}

/// [`to_node`] with an upper bound of how deep the node nests.
pub(crate) fn measured_node<'v>(value: Value<'v>, heap: Heap<'v>) -> Result<(Node, u32), NativeError> {
    let mut deepest = 0;
    let node = node_at(value, heap, 0, &mut deepest)?;
    Ok((node, deepest))
}

/// A scalar value as a node; an error for collections.
pub(crate) fn to_scalar(value: Value<'_>) -> Result<Node, NativeError> {
    if let Some(s) = value.unpack_str() {
        return Ok(Node::str(s));
    }
    if let Some(i) = value.unpack_i32() {
        return Ok(Node::Int(i.into()));
    }
    if value.is_none() {
        return Ok(Node::Null);
    }
    if let Some(b) = value.unpack_bool() {
        return Ok(Node::Bool(b));
    }
    if let Some(f) = as_float(value) {
        return Ok(Node::Float(f));
    }
    if let Some(s) = ByteStr::from_value(value) {
        return Ok(Node::from_bytes(s.bytes()));
    }
    if value.get_type() == "int" {
        if let Ok(Some(i)) = i64::unpack_value(value) {
            return Ok(Node::Int(i));
        }
        if let Ok(Some(u)) = u64::unpack_value(value) {
            return Ok(Node::Uint(u));
        }
        return Err(NativeError::new("(p) not sure how to get int"));
    }
    let name = value.get_type();
    if let Some(hint) = no_conversion(name) {
        return Err(NativeError::new(format!("Unable to convert value: {name} {hint}")));
    }
    Err(NativeError::new(format!("(p) unknown type {} for conversion to go value", go_value_type(value))))
}

/// What to do with values of ytt's types that have no YAML form.
fn no_conversion(type_name: &str) -> Option<&'static str> {
    match type_name {
        "@ytt:assert.assertion" => Some("does not encode (did you mean to call check()?)"),
        "@ytt:url.value" | "@ytt:url.user" | "@ytt:ip.addr" | "@ytt:ip.net" => {
            Some("does not automatically encode (hint: use .string())")
        }
        _ => None,
    }
}

/// The float behind a value of type `float`.
pub fn as_float(value: Value<'_>) -> Option<f64> {
    value.downcast_ref::<StarlarkFloat>().map(|float| float.0)
}

fn node_at<'v>(value: Value<'v>, heap: Heap<'v>, depth: u32, deepest: &mut u32) -> Result<Node, NativeError> {
    // Most values are text.
    if depth <= MAX_DEPTH
        && let Some(text) = value.unpack_str()
    {
        *deepest = (*deepest).max(depth);
        return Ok(Node::str(text));
    }
    if let Some(fragment) = Fragment::from_value(value) {
        *deepest = (*deepest).max(depth.saturating_add(fragment.depth()));
        return Ok(fragment.node());
    }
    *deepest = (*deepest).max(depth);
    if depth > MAX_DEPTH {
        let message = format!("values nested deeper than {MAX_DEPTH} levels");
        return Err(limits::exceed(Limit::TreeDepth, message).into());
    }
    if let Some(list) = ListRef::from_value(value) {
        limits::spend_value_nodes(list.len())?;
        return array(list.iter(), heap, depth, deepest);
    }
    if let Some(dict) = DictRef::from_value(value) {
        limits::spend_value_nodes(dict.len())?;
        return map(dict.iter().map(|(key, value)| Ok((to_node(key, heap)?, value))), heap, depth, deepest);
    }
    if let Some(fields) = Struct::from_value(value) {
        limits::spend_value_nodes(fields.len())?;
        if let Some(map) = fields.unchanged() {
            let copy = code_copy(&Node::Map(map.clone()));
            *deepest = (*deepest).max(depth + copy.depth());
            return Ok(copy);
        }
        let pairs = (0..fields.len())
            .filter_map(|index| Some(Ok((Node::str(fields.name(index)?), fields.value(index, heap)?))));
        return map(pairs, heap, depth, deepest);
    }
    if let Some(tuple) = TupleRef::from_value(value) {
        limits::spend_value_nodes(tuple.len())?;
        return array(tuple.iter(), heap, depth, deepest);
    }
    if value.get_type() == "set" {
        return array(value.iterate(heap)?, heap, depth, deepest);
    }
    to_scalar(value)
}

fn array<'v>(
    values: impl Iterator<Item = Value<'v>>,
    heap: Heap<'v>,
    depth: u32,
    deepest: &mut u32,
) -> Result<Node, NativeError> {
    let items = values
        .map(|value| {
            Ok(ArrayItem { value: node_at(value, heap, depth + 1, deepest)?, ..ArrayItem::default() })
        })
        .collect::<Result<_, NativeError>>()?;
    Ok(Node::Array(Arc::new(Array { items, pos: Pos::UNKNOWN, origin: Origin::Code })))
}

fn map<'v>(
    pairs: impl Iterator<Item = Result<(Node, Value<'v>), NativeError>>,
    heap: Heap<'v>,
    depth: u32,
    deepest: &mut u32,
) -> Result<Node, NativeError> {
    let items = pairs
        .map(|pair| {
            let (key, value) = pair?;
            Ok(MapItem { key, value: node_at(value, heap, depth + 1, deepest)?, ..MapItem::default() })
        })
        .collect::<Result<_, NativeError>>()?;
    Ok(Node::Map(Arc::new(Map { items, pos: Pos::UNKNOWN, origin: Origin::Code })))
}

/// A tree as code would have built it: without positions, comments and annotations.
fn code_copy(node: &Node) -> Node {
    match node {
        Node::Map(map) => Node::Map(Arc::new(Map {
            items: map
                .items
                .iter()
                .map(|item| MapItem {
                    key: item.key.clone(),
                    value: code_copy(&item.value),
                    ..MapItem::default()
                })
                .collect(),
            pos: Pos::UNKNOWN,
            origin: Origin::Code,
        })),
        Node::Array(array) => Node::Array(Arc::new(Array {
            items: array
                .items
                .iter()
                .map(|item| ArrayItem { value: code_copy(&item.value), ..ArrayItem::default() })
                .collect(),
            pos: Pos::UNKNOWN,
            origin: Origin::Code,
        })),
        scalar => scalar.clone(),
    }
}

/// The name the reference's messages give a node's type.
pub fn go_type(node: &Node) -> &'static str {
    match node {
        Node::Null => "<nil>",
        Node::Bool(_) => "bool",
        Node::Int(_) => "int64",
        Node::Uint(_) => "uint64",
        Node::Float(_) => "float64",
        Node::Str(_) | Node::Bytes(_) => "string",
        Node::Map(map) if map.origin == Origin::Code => "*orderedmap.Map",
        Node::Array(array) if array.origin == Origin::Code => "[]interface {}",
        Node::Map(_) => "*yamlmeta.Map",
        Node::Array(_) => "*yamlmeta.Array",
        Node::DocumentSet(_) => "*yamlmeta.DocumentSet",
    }
}

/// The name the reference's messages give a value's type (`starlark.String`).
pub fn go_value_type(value: Value<'_>) -> String {
    match value.get_type() {
        "NoneType" => "starlark.NoneType".to_owned(),
        "string" => "starlark.String".to_owned(),
        "int" => "starlark.Int".to_owned(),
        "bool" => "starlark.Bool".to_owned(),
        "float" => "starlark.Float".to_owned(),
        "tuple" => "starlark.Tuple".to_owned(),
        "list" => "*starlark.List".to_owned(),
        "dict" => "*starlark.Dict".to_owned(),
        "set" => "*starlark.Set".to_owned(),
        "function" => "*starlark.Function".to_owned(),
        "builtin_function_or_method" => "*starlark.Builtin".to_owned(),
        "module" => "*starlarkstruct.Module".to_owned(),
        "struct" => "*core.StarlarkStruct".to_owned(),
        "yamlfragment" => "*yamltemplate.StarlarkFragment".to_owned(),
        "noop" => "*core.StarlarkNoop".to_owned(),
        other => format!("*{other}"),
    }
}
