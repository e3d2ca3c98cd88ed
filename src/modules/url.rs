//! `@ytt:url`.

use std::collections::BTreeMap;
use std::sync::Arc;

use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::eval::Evaluator;
use starlark::values::dict::AllocDict;
use starlark::values::list::AllocList;
use starlark::values::{Heap, NoSerialize, StarlarkValue, Trace, Value, starlark_value};

use super::function::{ObjectFunction, fail, module_of, one_argument, string};
use super::url_syntax::{Part, Url, User, escape, unescape};
use crate::engine::values::{ByteStr, object_type};
use crate::engine::{Args, NativeError, NativeResult, convert};
use crate::yaml::{Node, Origin};

pub(crate) fn module(heap: Heap<'_>) -> Value<'_> {
    module_of(
        "url",
        &[
            ("url.path_segment_encode", |args, eval| encode(args, eval, Part::PathSegment)),
            ("url.path_segment_decode", |args, eval| decode(args, eval, Part::PathSegment)),
            ("url.query_param_value_encode", |args, eval| encode(args, eval, Part::QueryComponent)),
            ("url.query_param_value_decode", |args, eval| decode(args, eval, Part::QueryComponent)),
            ("url.query_params_encode", query_params_encode),
            ("url.query_params_decode", query_params_decode),
            ("url.parse", parse),
        ],
        heap,
    )
}

fn encode<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>, part: Part) -> NativeResult<Value<'v>> {
    let text = string(one_argument(args)?)?;
    Ok(eval.heap().alloc_str(&escape(text, part)).to_value())
}

fn decode<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>, part: Part) -> NativeResult<Value<'v>> {
    let text = string(one_argument(args)?)?;
    Ok(ByteStr::alloc(&unescape(text, part).map_err(NativeError::new)?, eval.heap()))
}

/// The bytes of a string node.
fn text_of(node: &Node) -> Option<&[u8]> {
    match node {
        Node::Str(text) => Some(text.as_bytes()),
        Node::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

fn query_params_encode<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let node = convert::to_node(one_argument(args)?, eval.heap())?;
    let map = match &node {
        Node::Map(map) if map.origin == Origin::Code => map,
        other => {
            return fail(format!("expected argument to be a map, but was {}", convert::go_type(other)));
        }
    };
    let mut params: BTreeMap<&[u8], Vec<&[u8]>> = BTreeMap::new();
    for item in &map.items {
        let Some(key) = text_of(&item.key) else {
            return fail(format!("expected map key to be string, but was {}", convert::go_type(&item.key)));
        };
        let values = match &item.value {
            Node::Array(array) if array.origin == Origin::Code => array,
            other => {
                let name = convert::go_type(other);
                return fail(format!("expected map value to be array, but was {name}"));
            }
        };
        for value in &values.items {
            let Some(value) = text_of(&value.value) else {
                let name = convert::go_type(&value.value);
                return fail(format!("expected array value to be string, but was {name}"));
            };
            params.entry(key).or_default().push(value);
        }
    }
    let part = Part::QueryComponent;
    let pairs: Vec<String> = params
        .iter()
        .flat_map(|(key, values)| values.iter().map(move |value| (key, value)))
        .map(|(key, value)| format!("{}={}", escape(key, part), escape(value, part)))
        .collect();
    Ok(eval.heap().alloc_str(&pairs.join("&")).to_value())
}

fn query_params_decode<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let text = string(one_argument(args)?)?;
    let heap = eval.heap();
    let mut params: BTreeMap<Vec<u8>, Vec<Value<'v>>> = BTreeMap::new();
    for pair in text.split(|byte| matches!(byte, b'&' | b';')).filter(|pair| !pair.is_empty()) {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let mut half =
            || unescape(halves.next().unwrap_or_default(), Part::QueryComponent).map_err(NativeError::new);
        let (key, value) = (half()?, half()?);
        params.entry(key).or_default().push(ByteStr::alloc(&value, heap));
    }
    let entries =
        params.into_iter().map(|(key, values)| (ByteStr::alloc(&key, heap), heap.alloc(AllocList(values))));
    Ok(heap.alloc(AllocDict(entries)))
}

fn parse<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let url = Url::parse(string(one_argument(args)?)?).map_err(NativeError::new)?;
    Ok(UrlValue::alloc(url, eval.heap()))
}

object_type! {
    /// A parsed address.
    UrlValue, (), "@ytt:url.value"
}

impl<'v> UrlValue<'v> {
    fn alloc(url: Url, heap: Heap<'v>) -> Value<'v> {
        let user = url.user().map_or(Value::new_none(), |user| UrlUser::alloc(user, heap));
        let url = Arc::new(url);
        let function = |name, produce: for<'w> fn(&Url, Heap<'w>) -> Value<'w>| {
            let url = Arc::clone(&url);
            ObjectFunction::alloc(name, move |heap| produce(&url, heap), heap)
        };
        let fields = vec![
            ("user", user),
            (
                "without_user",
                function("url.value.without_user", |url, heap| UrlValue::alloc(url.with_user(None), heap)),
            ),
            ("string", function("url.value.string", |url, heap| ByteStr::alloc(&url.text(), heap))),
            ("hostname", function("url.value.hostname", |url, heap| ByteStr::alloc(url.hostname(), heap))),
        ];
        UrlValue::alloc_with(fields, (), heap)
    }
}

object_type! {
    /// The user of a parsed address.
    UrlUser, (), "@ytt:url.user"
}

impl<'v> UrlUser<'v> {
    fn alloc(user: &User, heap: Heap<'v>) -> Value<'v> {
        let password = user.password.as_ref();
        let text = user.text();
        let fields = vec![
            ("name", ByteStr::alloc(&user.name, heap)),
            ("password", password.map_or(Value::new_none(), |password| ByteStr::alloc(password, heap))),
            ("string", ObjectFunction::alloc("string", move |heap| heap.alloc_str(&text).to_value(), heap)),
        ];
        UrlUser::alloc_with(fields, (), heap)
    }
}
