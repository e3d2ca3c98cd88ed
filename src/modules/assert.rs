//! `@ytt:assert`: checks that fail at once, and rules to check values by.

use std::fmt;

use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::eval::{Arguments, Evaluator};
use starlark::values::dict::DictRef;
use starlark::values::list::AllocList;
use starlark::values::tuple::AllocTuple;
use starlark::values::{Heap, NoSerialize, StarlarkValue, Trace, Value, starlark_value};

use super::function::{fail, message, module_of, named, string};
use super::yaml::{round_trip, text_of, value_of};
use crate::engine::builtins::{
    BinaryOp, CompareOp, Int, binary, call, compare, hashed, is_callable, iterate, length, repr, str, to_int,
};
use crate::engine::values::{ByteStr, object_type};
use crate::engine::{Args, NativeError, NativeResult, convert};
use crate::error::Frame;
use crate::limits;

pub(crate) fn module(heap: Heap<'_>) -> Value<'_> {
    module_of(
        "assert",
        &[
            ("assert.equals", equals),
            ("assert.fail", fail_with),
            ("assert.try_to", try_to),
            ("assert.min", min),
            ("assert.min_len", min_len),
            ("assert.max", max),
            ("assert.max_len", max_len),
            ("assert.not_null", not_null),
            ("assert.one_not_null", one_not_null),
            ("assert.one_of", one_of),
        ],
        heap,
    )
}

/// What values are checked by.
#[derive(Clone, Copy, Trace)]
pub(crate) enum Rule<'v> {
    /// At least this value.
    Min(Value<'v>),
    /// At most this value.
    Max(Value<'v>),
    /// At least this long.
    MinLen(Value<'v>),
    /// At most this long.
    MaxLen(Value<'v>),
    /// Anything but null.
    NotNull,
    /// Exactly one of these keys, or of all, has a value.
    OneNotNull(Option<Value<'v>>),
    /// One of these values.
    OneOf(Value<'v>),
}

impl<'v> Rule<'v> {
    /// The function that makes the rule.
    fn name(&self) -> &'static str {
        match self {
            Rule::Min(_) => "assert.min",
            Rule::Max(_) => "assert.max",
            Rule::MinLen(_) => "assert.min_len",
            Rule::MaxLen(_) => "assert.max_len",
            Rule::NotNull => "assert.not_null",
            Rule::OneNotNull(_) => "assert.one_not_null",
            Rule::OneOf(_) => "assert.one_of",
        }
    }

    /// The parameter of the function that checks.
    fn parameter(&self) -> &'static str {
        match self {
            Rule::MinLen(_) | Rule::MaxLen(_) => "sequence",
            Rule::NotNull => "value",
            _ => "val",
        }
    }

    /// Checks a value.
    ///
    /// # Errors
    /// What is wrong with it: `fail: value < 5`.
    pub(crate) fn check(&self, value: Value<'v>, heap: Heap<'v>) -> NativeResult<()> {
        let against = |op, limit: Value<'v>, symbol| {
            let (value, limit) = (recoded(value, heap)?, recoded(limit, heap)?);
            Ok::<_, NativeError>((compare(op, value, limit)?, format!("value {symbol} {}", str(limit))))
        };
        let (holds, otherwise) = match *self {
            Rule::Min(limit) => against(CompareOp::Ge, limit, "<")?,
            Rule::Max(limit) => against(CompareOp::Le, limit, ">")?,
            Rule::MinLen(limit) => has_length(value, CompareOp::Ge, limit, heap)?,
            Rule::MaxLen(limit) => has_length(value, CompareOp::Le, limit, heap)?,
            Rule::NotNull => (!value.is_none(), "value is null".to_owned()),
            Rule::OneOf(allowed) => {
                let (value, allowed) = (recoded(value, heap)?, recoded(allowed, heap)?);
                let found = binary(BinaryOp::In, value, allowed, heap)?;
                (found.to_bool(), "not one of allowed values".to_owned())
            }
            Rule::OneNotNull(keys) => return check_one_not_null(keys, value, heap),
        };
        if holds { Ok(()) } else { fail(format!("fail: {otherwise}")) }
    }
}

/// `yaml.decode(yaml.encode(value))`, as the code of the reference's rules has it.
fn recoded<'v>(value: Value<'v>, heap: Heap<'v>) -> NativeResult<Value<'v>> {
    let text = text_of(value, heap).map_err(|error| named(error, "yaml.encode"))?;
    value_of(text.as_bytes(), heap).map_err(|error| named(error, "yaml.decode"))
}

fn has_length<'v>(
    value: Value<'v>,
    op: CompareOp,
    limit: Value<'v>,
    heap: Heap<'v>,
) -> NativeResult<(bool, String)> {
    let Some(length) = length(value) else {
        return fail(format!("len: value of type {} has no len", value.get_type()));
    };
    Ok((compare(op, heap.alloc(length), limit)?, format!("length = {length}")))
}

fn check_one_not_null<'v>(keys: Option<Value<'v>>, value: Value<'v>, heap: Heap<'v>) -> NativeResult<()> {
    let value = round_trip(value, heap)?;
    let Some(dict) = DictRef::from_value(value) else {
        return fail(format!("check: value must be a map or dict, but was '{}'", value.get_type()));
    };
    let keys = match keys.and_then(|keys| iterate(keys, heap)) {
        Some(keys) => keys.map(|key| round_trip(key, heap)).collect::<NativeResult<Vec<_>>>()?,
        None => dict.keys().collect(),
    };
    let mut set = Vec::new();
    for key in keys {
        match hashed(key).map(|key| dict.get_hashed(key)) {
            Ok(Some(found)) if !found.is_none() => set.push(key),
            // A missing key is for a schema to complain about.
            Ok(_) => {}
            Err(_) => {
                let (key, dict) = (repr(key), repr(value));
                return fail(format!("check: unexpected error while looking up key {key} in dict {dict}"));
            }
        }
    }
    match set.len() {
        0 if dict.is_empty() => fail("check: value is empty"),
        0 => fail("check: all values are null"),
        1 => Ok(()),
        _ => fail(format!("check: {} are not null", repr(heap.alloc(AllocList(set))))),
    }
}

object_type! {
    /// A rule as code sees it: an object with the function `check`.
    Assertion, Rule<'v>, "@ytt:assert.assertion"
}

impl<'v> Assertion<'v> {
    /// A rule as a value.
    pub(crate) fn alloc(rule: Rule<'v>, heap: Heap<'v>) -> Value<'v> {
        let check = match rule {
            Rule::OneNotNull(_) => heap.alloc_complex_no_freeze(NativeCheck(rule)),
            _ => heap.alloc_complex_no_freeze(LambdaCheck(rule)),
        };
        Assertion::alloc_with(vec![("check", check)], rule, heap)
    }
}

/// The function `check` of rules that the reference has as a lambda.
#[derive(ProvidesStaticType, NoSerialize, Allocative, Trace)]
struct LambdaCheck<'v>(#[allocative(skip)] Rule<'v>);

impl<'v> LambdaCheck<'v> {
    fn call(&self, args: &Args<'v>, heap: Heap<'v>) -> NativeResult<Value<'v>> {
        let parameter = self.0.parameter();
        let unknown = args.named.iter().find(|(name, _)| *name != parameter);
        let value = match (args.positional.as_slice(), args.keyword(parameter)) {
            _ if args.positional.len() > 1 => {
                let given = args.positional.len();
                return fail(format!("function lambda accepts 1 positional argument ({given} given)"));
            }
            _ if unknown.is_some() => {
                let name = unknown.map(|(name, _)| *name).unwrap_or_default();
                return fail(format!("function lambda got an unexpected keyword argument \"{name}\""));
            }
            ([_], Some(_)) => {
                return fail(format!("function lambda got multiple values for parameter \"{parameter}\""));
            }
            ([value], None) => *value,
            ([], Some(value)) => value,
            _ => return fail(format!("function lambda missing 1 argument ({parameter})")),
        };
        self.0.check(value, heap)?;
        Ok(Value::new_bool(true))
    }

    /// Puts an error into the line the reference's lambda stands in.
    fn within(&self, error: NativeError) -> NativeError {
        let frame = Frame::new("lambda", format!("{}:1", self.0.name()), "(unavailable)");
        NativeError::Within { message: error.message(), frame }
    }
}

impl fmt::Display for LambdaCheck<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<function lambda>")
    }
}

impl fmt::Debug for LambdaCheck<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for LambdaCheck<'v> {
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
        Ok(self.call(&args, eval.heap()).map_err(|error| self.within(error))?)
    }
}

/// The function `check` of rules that the reference has as a built-in.
#[derive(ProvidesStaticType, NoSerialize, Allocative, Trace)]
struct NativeCheck<'v>(#[allocative(skip)] Rule<'v>);

impl fmt::Display for NativeCheck<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<built-in function {}>", self.0.name())
    }
}

impl fmt::Debug for NativeCheck<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[starlark_value(type = "builtin_function_or_method")]
impl<'v> StarlarkValue<'v> for NativeCheck<'v> {
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
        let [value] = args.positional.as_slice() else {
            let given = args.positional.len();
            return Err(NativeError::new(format!("check: got {given} arguments, want 1")).into());
        };
        self.0.check(*value, eval.heap())?;
        Ok(Value::new_bool(true))
    }
}

/// The positional arguments, of which there must be `N`.
fn exactly<'v, const N: usize>(args: &Args<'v>) -> NativeResult<[Value<'v>; N]> {
    let given = args.positional.len();
    <[Value<'v>; N]>::try_from(args.positional.as_slice())
        .map_err(|_| NativeError::new(format!("got {given} arguments, want {N}")))
}

fn equals<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [expected, actual] = exactly(args)?;
    for value in [expected, actual] {
        if is_callable(value) {
            let name = convert::go_value_type(value);
            return fail(format!("expected argument not to be a function, but was {name}"));
        }
    }
    let (wanted, found) = (text_of(expected, eval.heap())?, text_of(actual, eval.heap())?);
    if wanted != found {
        return fail(format!(
            "Not equal:\n(expected type: {})\n{wanted}\n\n(was type: {})\n{found}",
            expected.get_type(),
            actual.get_type()
        ));
    }
    Ok(Value::new_none())
}

fn fail_with<'v>(args: &Args<'v>, _eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [message] = exactly(args)?;
    fail(format!("fail: {}", String::from_utf8_lossy(string(message)?)))
}

fn try_to<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [function] = exactly(args)?;
    if !is_callable(function) {
        let name = convert::go_value_type(function);
        return fail(format!("expected argument to be a function, but was {name}"));
    }
    let none = Value::new_none();
    let result = match call(function, &[], &[], eval) {
        Ok(value) => [value, none],
        Err(error) if limits::is_stopped() => return Err(error),
        Err(error) => [none, eval.heap().alloc_str(&message(&error)).to_value()],
    };
    Ok(eval.heap().alloc(AllocTuple(result)))
}

fn min<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [limit] = exactly(args)?;
    Ok(Assertion::alloc(Rule::Min(limit), eval.heap()))
}

fn max<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [limit] = exactly(args)?;
    Ok(Assertion::alloc(Rule::Max(limit), eval.heap()))
}

fn length_limit<'v>(args: &Args<'v>, heap: Heap<'v>) -> NativeResult<Value<'v>> {
    let [limit] = exactly(args)?;
    to_int(limit).map(|limit| Int::alloc(limit, heap)).map_err(|_| {
        NativeError::new(format!("expected value to be an number, but was {}", limit.get_type()))
    })
}

fn min_len<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let limit = length_limit(args, eval.heap())?;
    Ok(Assertion::alloc(Rule::MinLen(limit), eval.heap()))
}

fn max_len<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let limit = length_limit(args, eval.heap())?;
    Ok(Assertion::alloc(Rule::MaxLen(limit), eval.heap()))
}

fn not_null<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    match args.positional.as_slice() {
        [] => Ok(Assertion::alloc(Rule::NotNull, eval.heap())),
        [value] => {
            Rule::NotNull.check(*value, eval.heap())?;
            Ok(Value::new_bool(true))
        }
        several => fail(format!("got {} arguments, want at most 1", several.len())),
    }
}

fn one_not_null<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let keys = match args.positional.as_slice() {
        [] => None,
        [value] => match value.unpack_bool() {
            Some(true) => None,
            Some(false) => return fail("one_not_null() cannot be False"),
            None if is_sequence(*value) => Some(*value),
            None => {
                return fail(format!("expected a sequence of keys, but was a '{}'", value.get_type()));
            }
        },
        several => return fail(format!("got {} arguments, want 1", several.len())),
    };
    Ok(Assertion::alloc(Rule::OneNotNull(keys), eval.heap()))
}

fn one_of<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let allowed = match args.positional.as_slice() {
        [] => return fail("got 0 arguments, want at least 1"),
        [one] => *one,
        several => eval.heap().alloc(AllocTuple(several.iter().copied())),
    };
    if !is_sequence(allowed) {
        return fail(format!("expected a sequence, but was a '{}'", allowed.get_type()));
    }
    Ok(Assertion::alloc(Rule::OneOf(allowed), eval.heap()))
}

/// Whether a value has elements and a length, which strings have not.
fn is_sequence(value: Value<'_>) -> bool {
    ByteStr::of(value).is_none() && length(value).is_some()
}
