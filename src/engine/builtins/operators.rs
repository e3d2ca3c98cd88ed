//! The natives that generated code calls for operators and element access.
//!
//! They take a fixed number of arguments, so nothing is collected for a call.

#![allow(clippy::panic, reason = "`StarlarkPagablePanic` makes a method that panics; no value is ever paged")]

use std::fmt;

use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::eval::{Arguments, Evaluator};
use starlark::starlark_simple_value;
use starlark::values::dict::Dict;
use starlark::values::list::ListRef;
use starlark::values::tuple::AllocTuple;
use starlark::values::{NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};

use super::access::{attr_error, attribute, index_value, slice_value};
use super::arithmetic::{Op, binary, unary};
use super::compare::{Op as CompareOp, compare};
use super::iteration::{iterate, length};
use super::mutation::{change_list, hashed, set_index};
use super::text::repr;
use crate::engine::values::ByteStr;
use crate::engine::{NativeError, NativeResult};
use crate::limits;

type One = for<'v, 'x, 'a, 'e> fn([Value<'v>; 1], &'x mut Evaluator<'v, 'a, 'e>) -> NativeResult<Value<'v>>;
type Two = for<'v, 'x, 'a, 'e> fn([Value<'v>; 2], &'x mut Evaluator<'v, 'a, 'e>) -> NativeResult<Value<'v>>;
type Three = for<'v, 'x, 'a, 'e> fn([Value<'v>; 3], &'x mut Evaluator<'v, 'a, 'e>) -> NativeResult<Value<'v>>;
type Four = for<'v, 'x, 'a, 'e> fn([Value<'v>; 4], &'x mut Evaluator<'v, 'a, 'e>) -> NativeResult<Value<'v>>;
type Any = for<'v, 'x, 'a, 'e> fn(&[Value<'v>], &'x mut Evaluator<'v, 'a, 'e>) -> NativeResult<Value<'v>>;

/// What an operator does, by the number of its arguments.
#[derive(Clone, Copy)]
enum Run {
    One(One),
    Two(Two),
    Three(Three),
    Four(Four),
    Any(Any),
}

/// An operation of generated code as a value.
#[derive(ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative, Clone)]
pub struct Operator {
    /// The name generated code calls it by.
    pub name: &'static str,
    #[allocative(skip)]
    run: Run,
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

starlark_simple_value!(Operator);

#[starlark_value(type = "builtin_function_or_method")]
impl<'v> StarlarkValue<'v> for Operator {
    fn name_for_call_stack(&self, _me: Value<'v>) -> String {
        crate::engine::names::NATIVE_FRAME.to_owned()
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        limits::check_stopped().map_err(NativeError::from)?;
        let heap = eval.heap();
        Ok(match self.run {
            Run::One(run) => run(args.positional(heap)?, eval)?,
            Run::Two(run) => run(args.positional(heap)?, eval)?,
            Run::Three(run) => run(args.positional(heap)?, eval)?,
            Run::Four(run) => run(args.positional(heap)?, eval)?,
            Run::Any(run) => run(&args.positions(heap)?.collect::<Vec<_>>(), eval)?,
        })
    }
}

macro_rules! binary_operators {
    ($($name:literal => $op:ident),* $(,)?) => {
        &[$(Operator {
            name: $name,
            run: Run::Two(|[x, y], eval| binary(Op::$op, x, y, eval.heap())),
        }),*]
    };
}

macro_rules! comparisons {
    ($($name:literal => $op:ident),* $(,)?) => {
        &[$(Operator {
            name: $name,
            run: Run::Two(|[x, y], _| compare(CompareOp::$op, x, y).map(Value::new_bool)),
        }),*]
    };
}

const BINARY: &[Operator] = binary_operators! {
    "__sm_add" => Add,
    "__sm_sub" => Sub,
    "__sm_mul" => Mul,
    "__sm_div" => Div,
    "__sm_floordiv" => FloorDiv,
    "__sm_mod" => Mod,
    "__sm_and" => And,
    "__sm_or" => Or,
    "__sm_xor" => Xor,
    "__sm_shl" => Shl,
    "__sm_shr" => Shr,
    "__sm_in" => In,
    "__sm_notin" => NotIn,
};

const COMPARISONS: &[Operator] = comparisons! {
    "__sm_eq" => Eq,
    "__sm_ne" => Ne,
    "__sm_lt" => Lt,
    "__sm_le" => Le,
    "__sm_gt" => Gt,
    "__sm_ge" => Ge,
};

const OTHERS: &[Operator] = &[
    Operator { name: "__sm_neg", run: Run::One(|[x], eval| unary('-', x, eval.heap())) },
    Operator { name: "__sm_pos", run: Run::One(|[x], eval| unary('+', x, eval.heap())) },
    Operator { name: "__sm_invert", run: Run::One(|[x], eval| unary('~', x, eval.heap())) },
    Operator { name: "__sm_iadd", run: Run::Two(add_in_place) },
    Operator { name: "__sm_index", run: Run::Two(|[x, index], eval| index_value(x, index, eval.heap())) },
    Operator {
        name: "__sm_slice",
        run: Run::Four(|[x, lo, hi, step], eval| slice_value(x, lo, hi, step, eval.heap())),
    },
    Operator {
        name: "__sm_setindex",
        run: Run::Three(|[x, index, value], _| {
            set_index(x, index, value)?;
            Ok(Value::new_none())
        }),
    },
    Operator { name: "__sm_attr", run: Run::Two(read_attribute) },
    Operator { name: "__sm_setattr", run: Run::Three(set_attribute) },
    Operator { name: "__sm_iter", run: Run::One(check_iterable) },
    Operator { name: "__sm_unpack", run: Run::Two(unpack) },
    Operator { name: "__sm_dict", run: Run::Any(make_dict) },
    Operator { name: "__sm_bytes", run: Run::One(bytes_literal) },
];

/// All of them, by the names generated code uses:
///
/// `add sub mul div floordiv mod and or xor shl shr in notin eq ne lt le gt ge` `(x, y)`,
/// `neg pos invert` `(x)`, `iadd(x, y)`, `index(x, i)`, `slice(x, lo, hi, step)`,
/// `setindex(x, i, value)`, `attr(x, name)`, `setattr(x, name, value)`, `iter(x)` (x itself, or an
/// error), `unpack(x, n)` (a tuple of n), `dict(k1, v1, k2, v2, ...)`, `bytes(hex)`; each behind
/// `__sm_`.
pub static OPERATORS: &[&[Operator]] = &[BINARY, COMPARISONS, OTHERS];

fn error<T>(message: impl Into<String>) -> NativeResult<T> {
    Err(NativeError::new(message))
}

/// `x += y`: a list takes on what `y` yields.
fn add_in_place<'v>([x, y]: [Value<'v>; 2], eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    if ListRef::from_value(x).is_some() && iterate(y, eval.heap()).is_some() {
        change_list(x, "extend", &[y], "apply += to", eval)?;
        return Ok(x);
    }
    binary(Op::Add, x, y, eval.heap())
}

/// `x.name`.
fn read_attribute<'v>(
    [x, name]: [Value<'v>; 2],
    eval: &mut Evaluator<'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let name = name.unpack_str().unwrap_or_default();
    attribute(x, name, eval.heap())?.ok_or_else(|| NativeError::new(attr_error(x, name)))
}

/// `x.name = value`, which no type of ytt's allows.
fn set_attribute<'v>(
    [x, name, _]: [Value<'v>; 3],
    _eval: &mut Evaluator<'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let name = name.unpack_str().unwrap_or_default();
    error(format!("can't assign to .{name} field of {}", x.get_type()))
}

/// What `for` iterates over.
fn check_iterable<'v>([x]: [Value<'v>; 1], eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    match iterate(x, eval.heap()) {
        Some(_) => Ok(x),
        None => error(format!("{} value is not iterable", x.get_type())),
    }
}

/// The values of `a, b = x`.
fn unpack<'v>([x, count]: [Value<'v>; 2], eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let heap = eval.heap();
    let want = count.unpack_i32().and_then(|count| usize::try_from(count).ok()).unwrap_or_default();
    let Some(elements) = iterate(x, heap) else {
        return error(format!("got {} in sequence assignment", x.get_type()));
    };
    let values: Vec<_> = elements.take(want.saturating_add(1)).collect();
    if values.len() > want {
        let got = length(x).map_or("-1".to_owned(), |length| length.to_string());
        return error(format!("too many values to unpack (got {got}, want {want})"));
    }
    if values.len() < want {
        return error(format!("too few values to unpack (got {}, want {want})", values.len()));
    }
    Ok(heap.alloc(AllocTuple(values)))
}

/// `{k1: v1, k2: v2}`.
fn make_dict<'v>(args: &[Value<'v>], eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let mut map = starlark::collections::SmallMap::with_capacity(args.len() / 2);
    for pair in args.chunks_exact(2) {
        let [key, value] = pair else { continue };
        if map.insert_hashed(hashed(*key)?, *value).is_some() {
            return error(format!("duplicate key: {}", repr(*key)));
        }
    }
    Ok(eval.heap().alloc(Dict::new(map)))
}

/// A string literal that is not UTF-8, given in hexadecimal.
fn bytes_literal<'v>([hex]: [Value<'v>; 1], eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let digits = hex.unpack_str().unwrap_or_default().as_bytes();
    let nibble = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16)).unwrap_or_default();
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| (nibble(pair.first()) * 16 + nibble(pair.get(1))).to_le_bytes()[0])
        .collect();
    Ok(ByteStr::alloc(&bytes, eval.heap()))
}
