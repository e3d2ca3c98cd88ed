//! The matchers of `@ytt:overlay`: functions for code, tested natively where a match is looked for.

#![allow(clippy::panic, reason = "`StarlarkPagablePanic` makes a method that panics; no value is ever paged")]

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::eval::{Arguments, Evaluator};
use starlark::values::{
    Heap, NoSerialize, StarlarkValue, Trace, UnpackValue, Value, ValueLike, starlark_value,
};

use super::compare::compare;
use crate::engine::builtins::is_callable;
use crate::engine::convert::{self, go_value_type};
use crate::engine::{Args, NativeError, NativeResult};
use crate::limits::{self, Limit};
use crate::template::builder::type_name;
use crate::template::program;
use crate::yaml::{Node, Text};

const TOO_DEEP: &str = "matchers nest too deep";

/// What a matcher looks at.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// `overlay.all`
    All,
    /// `overlay.index(n)`
    Index(i64),
    /// `overlay.map_key(name)`
    MapKey(Text),
    /// `overlay.subset(expected)`
    Subset,
    /// `overlay.and_op(...)`
    And,
    /// `overlay.or_op(...)`
    Or,
    /// `overlay.not_op(matcher)`
    Not,
}

impl Kind {
    /// The name it prints as and puts before its errors.
    fn name(&self) -> &'static str {
        match self {
            Kind::All => "overlay.all",
            Kind::Index(_) => "overlay.index_matcher",
            Kind::MapKey(_) => "overlay.map_key_matcher",
            Kind::Subset => "overlay.subset_matcher",
            Kind::And => "overlay.and_op",
            // The reference's `not_op` names itself so, too.
            Kind::Or | Kind::Not => "overlay.or_op",
        }
    }
}

/// A function of (index or key, left value, right value) that says whether they match.
#[derive(ProvidesStaticType, NoSerialize, Allocative, Trace)]
pub(crate) struct Matcher<'v> {
    #[allocative(skip)]
    #[trace(unsafe_ignore)]
    pub(super) kind: Kind,
    /// What is expected, or the matchers it consists of.
    pub(super) args: Vec<Value<'v>>,
}

impl<'v> Matcher<'v> {
    /// The matcher as a value.
    pub(crate) fn alloc(kind: Kind, args: Vec<Value<'v>>, heap: Heap<'v>) -> Value<'v> {
        heap.alloc_complex_no_freeze(Matcher { kind, args })
    }

    /// The matcher behind a value.
    pub(super) fn of(value: Value<'v>) -> Option<&'v Matcher<'v>> {
        value.downcast_ref()
    }
}

impl fmt::Display for Matcher<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<built-in function {}>", self.kind.name())
    }
}

impl fmt::Debug for Matcher<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[starlark_value(type = "builtin_function_or_method")]
impl<'v> StarlarkValue<'v> for Matcher<'v> {
    fn name_for_call_stack(&self, _me: Value<'v>) -> String {
        crate::engine::NATIVE_FRAME.to_owned()
    }

    fn invoke(
        &self,
        me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let args = Args::collect(args, eval.heap())?;
        let [key, old, new] = args.positional.as_slice() else {
            let message = format!("{}: expected exactly 3 arguments", self.kind.name());
            return Err(NativeError::new(message).into());
        };
        let mut subject = Subject::new(Side::of_value(*key), Side::of_value(*old), Side::of_value(*new));
        Ok(Value::new_bool(test(me, &mut subject, eval)?))
    }
}

/// One of the things that are compared, as a node, as a value or both.
#[derive(Default)]
pub(super) struct Side<'n, 'v> {
    node: Option<Cow<'n, Node>>,
    value: Option<Value<'v>>,
}

impl<'n, 'v> Side<'n, 'v> {
    pub(super) fn of_node(node: &'n Node) -> Side<'n, 'v> {
        Side { node: Some(Cow::Borrowed(node)), value: None }
    }

    /// The same where the node has been turned into a value before.
    pub(super) fn of_both(node: &'n Node, value: Option<Value<'v>>) -> Side<'n, 'v> {
        Side { node: Some(Cow::Borrowed(node)), value }
    }

    pub(super) fn of_index(index: usize) -> Side<'n, 'v> {
        Side { node: Some(Cow::Owned(Node::Int(index as i64))), value: None }
    }

    fn of_value(value: Value<'v>) -> Side<'n, 'v> {
        Side { node: None, value: Some(value) }
    }

    fn node(&mut self, heap: Heap<'v>) -> NativeResult<&Node> {
        if self.node.is_none() {
            let value = self.value.unwrap_or_else(Value::new_none);
            self.node = Some(Cow::Owned(convert::to_node(value, heap)?));
        }
        self.node.as_deref().ok_or_else(|| NativeError::new("nothing to compare"))
    }

    fn value(&mut self, heap: Heap<'v>) -> Value<'v> {
        if let Some(value) = self.value {
            return value;
        }
        let value = self.node.as_deref().map_or_else(Value::new_none, |node| convert::to_value(node, heap));
        self.value = Some(value);
        value
    }

    /// The value, if it was needed.
    pub(super) fn made(&self) -> Option<Value<'v>> {
        self.value
    }
}

/// What a matcher is asked about. Reused for all candidates of a search.
pub(super) struct Subject<'n, 'v> {
    /// The index of a document or array item, the key of a map item.
    pub(super) key: Side<'n, 'v>,
    pub(super) old: Side<'n, 'v>,
    new: Side<'n, 'v>,
    /// What subsets expect, as nodes.
    expected: Vec<(Value<'v>, Rc<Node>)>,
    depth: usize,
}

impl<'n, 'v> Subject<'n, 'v> {
    pub(super) fn new(key: Side<'n, 'v>, old: Side<'n, 'v>, new: Side<'n, 'v>) -> Subject<'n, 'v> {
        Subject { key, old, new, expected: Vec::new(), depth: 0 }
    }

    /// A search for what matches `new`; the candidates are still to be put in.
    pub(super) fn search(new: &'n Node) -> Subject<'n, 'v> {
        Subject::new(Side::default(), Side::default(), Side::of_node(new))
    }

    fn expected(&mut self, value: Value<'v>, heap: Heap<'v>) -> NativeResult<Rc<Node>> {
        if let Some((_, node)) = self.expected.iter().find(|(known, _)| known.ptr_eq(value)) {
            return Ok(Rc::clone(node));
        }
        let node = Rc::new(convert::to_node(value, heap)?);
        self.expected.push((value, Rc::clone(&node)));
        Ok(node)
    }
}

/// Whether `by` says that the subject matches.
pub(super) fn test<'v>(
    by: Value<'v>,
    subject: &mut Subject<'_, 'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> NativeResult<bool> {
    let Some(matcher) = Matcher::of(by) else {
        let heap = eval.heap();
        let args = [subject.key.value(heap), subject.old.value(heap), subject.new.value(heap)];
        let result = program::call(by, &args, eval)?;
        return result.unpack_bool().ok_or_else(|| {
            NativeError::new(format!("expected starlark.Bool, but was {}", go_value_type(result)))
        });
    };
    subject.depth += 1;
    if subject.depth > limits::call_depth() {
        return Err(limits::exceed(Limit::CallDepth, TOO_DEEP).into());
    }
    let result = matches(matcher, subject, eval).map_err(|error| {
        let message = error.message();
        let bare = message.starts_with("(p) ") || message.starts_with(TOO_DEEP);
        if bare { error } else { error.prefix(matcher.kind.name()) }
    });
    subject.depth -= 1;
    result
}

fn matches<'v>(
    matcher: &Matcher<'v>,
    subject: &mut Subject<'_, 'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> NativeResult<bool> {
    let heap = eval.heap();
    match &matcher.kind {
        Kind::All => Ok(true),
        Kind::Index(index) => match subject.key.node(heap)? {
            Node::Int(key) => Ok(key == index),
            Node::Uint(_) => Err(NativeError::new("expected int64 value")),
            _ => Err(NativeError::new("expected starlark.Int")),
        },
        Kind::MapKey(name) => {
            let old = value_of(subject.old.node(heap)?, name)?;
            let new = value_of(subject.new.node(heap)?, name)?;
            Ok(old == new)
        }
        Kind::Subset => {
            let value = matcher.args.first().copied().unwrap_or_else(Value::new_none);
            // Converted first there, too.
            subject.old.node(heap)?;
            let expected = subject.expected(value, heap)?;
            Ok(compare(subject.old.node(heap)?, &expected).is_ok())
        }
        Kind::And | Kind::Or => {
            let decisive = matcher.kind == Kind::Or;
            for part in &matcher.args {
                if test(*part, subject, eval)? == decisive {
                    return Ok(decisive);
                }
            }
            Ok(!decisive)
        }
        Kind::Not => {
            let part = matcher.args.first().copied().unwrap_or_else(Value::new_none);
            Ok(!test(part, subject, eval)?)
        }
    }
}

/// The key whose values `by` compares, if that is all it does.
pub(super) fn map_key<'v>(by: Value<'v>) -> Option<&'v Text> {
    match &Matcher::of(by)?.kind {
        Kind::MapKey(name) => Some(name),
        _ => None,
    }
}

/// The value under a key of a map.
pub(super) fn value_of<'n>(node: &'n Node, key: &str) -> NativeResult<&'n Node> {
    let found = match node {
        Node::Map(map) if type_name(node) == "map" => map.get(key),
        other => {
            let message = format!("Expected value to be map, but was {}", type_name(other));
            return Err(NativeError::new(message));
        }
    };
    let missing = || NativeError::new(format!("Expected to find map item with key '{key}', but did not"));
    found.ok_or_else(missing)
}

/// The integer behind an argument.
pub(crate) fn int64(value: Value<'_>) -> NativeResult<i64> {
    match i64::unpack_value(value) {
        Ok(Some(number)) => Ok(number),
        _ if value.get_type() == "int" => Err(NativeError::new("expected int64 value")),
        _ => Err(NativeError::new("expected starlark.Int")),
    }
}

/// Whether a value can be asked; strings stand for the key of a map.
pub(super) fn by_value<'v>(by: Value<'v>, heap: Heap<'v>) -> Option<Value<'v>> {
    match by.unpack_str() {
        Some(key) => Some(Matcher::alloc(Kind::MapKey(Text::new(key)), Vec::new(), heap)),
        None => is_callable(by).then_some(by),
    }
}
