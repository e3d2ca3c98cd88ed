//! Comparison.

use starlark::values::Value;
use starlark::values::dict::DictRef;
use starlark::values::list::ListRef;
use starlark::values::tuple::TupleRef;

use super::numbers::Int;
use crate::engine::values::ByteStr;
use crate::engine::{NativeError, NativeResult, convert};
use crate::limits::{spend_steps, spend_text};

/// How deep two collections may be compared.
const MAX_DEPTH: usize = 10;

/// A comparison operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl Op {
    /// The operator as it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Op::Eq => "==",
            Op::Ne => "!=",
            Op::Lt => "<",
            Op::Le => "<=",
            Op::Gt => ">",
            Op::Ge => ">=",
        }
    }

    /// The result for two things of this order; `None` is that of a NaN.
    fn holds(self, order: Option<std::cmp::Ordering>) -> bool {
        match self {
            Op::Eq => order.is_some_and(|order| order.is_eq()),
            Op::Ne => order.is_none_or(|order| order.is_ne()),
            Op::Lt => order.is_some_and(|order| order.is_lt()),
            Op::Le => order.is_some_and(|order| order.is_le()),
            Op::Gt => order.is_some_and(|order| order.is_gt()),
            Op::Ge => order.is_some_and(|order| order.is_ge()),
        }
    }
}

/// `x op y`. Fails for types without an order and for collections nested too deep.
pub fn compare<'v>(op: Op, x: Value<'v>, y: Value<'v>) -> NativeResult<bool> {
    compare_at(op, x, y, MAX_DEPTH)
}

/// `x == y`.
pub fn equal<'v>(x: Value<'v>, y: Value<'v>) -> NativeResult<bool> {
    compare(Op::Eq, x, y)
}

/// Where a value first stands among others.
pub(crate) fn position<'v>(value: Value<'v>, elements: &[Value<'v>]) -> NativeResult<Option<usize>> {
    for (at, element) in elements.iter().enumerate() {
        if equal(*element, value)? {
            spend_steps(at as u64 / 8)?;
            return Ok(Some(at));
        }
    }
    spend_steps(elements.len() as u64 / 8)?;
    Ok(None)
}

fn compare_at<'v>(op: Op, x: Value<'v>, y: Value<'v>, depth: usize) -> NativeResult<bool> {
    if depth == 0 {
        return Err(NativeError::new("comparison exceeded maximum recursion depth"));
    }
    if let (Some(x), Some(y)) = (x.unpack_i32(), y.unpack_i32()) {
        return Ok(op.holds(Some(x.cmp(&y))));
    }
    if let (Some(x), Some(y)) = (ByteStr::of(x), ByteStr::of(y)) {
        spend_text(x.len().min(y.len()))?;
        return Ok(op.holds(Some(x.cmp(y))));
    }
    if let (Some(x), Some(y)) = (x.unpack_bool(), y.unpack_bool()) {
        return Ok(op.holds(Some(x.cmp(&y))));
    }
    if x.is_none() && y.is_none() {
        return Ok(op.holds(Some(std::cmp::Ordering::Equal)));
    }
    if let (Some(x), Some(y)) = (Number::of(x), Number::of(y)) {
        return Ok(compare_numbers(op, &x, &y));
    }
    if let (Some(x), Some(y)) = (ListRef::from_value(x), ListRef::from_value(y)) {
        return compare_slices(op, x, y, depth);
    }
    if let (Some(x), Some(y)) = (TupleRef::from_value(x), TupleRef::from_value(y)) {
        return compare_slices(op, x.content(), y.content(), depth);
    }
    if op == Op::Eq || op == Op::Ne {
        let equal = match (DictRef::from_value(x), DictRef::from_value(y)) {
            (Some(x), Some(y)) => dicts_equal(&x, &y, depth)?,
            _ if x.get_type() != y.get_type() => false,
            _ => others_equal(x, y)?,
        };
        return Ok(equal == (op == Op::Eq));
    }
    if x.get_type() == y.get_type() {
        // Where a type refuses every comparison, it says so itself.
        others_equal(x, y)?;
    }
    let (x, y) = (x.get_type(), y.get_type());
    Err(NativeError::new(format!("{x} {} {y} not implemented", op.symbol())))
}

fn others_equal<'v>(x: Value<'v>, y: Value<'v>) -> NativeResult<bool> {
    if x.get_type() == "yamlfragment" {
        return Err(NativeError::new("yamlfragment.CompareSameType: Not implemented"));
    }
    Ok(x.equals(y)?)
}

enum Number {
    Int(Int),
    Float(f64),
}

impl Number {
    fn of(value: Value<'_>) -> Option<Number> {
        match convert::as_float(value) {
            Some(float) => Some(Number::Float(float)),
            None => Int::from_value(value).map(Number::Int),
        }
    }
}

fn compare_numbers(op: Op, x: &Number, y: &Number) -> bool {
    match (x, y) {
        (Number::Int(Int::Small(x)), Number::Int(Int::Small(y))) => op.holds(Some(x.cmp(y))),
        (Number::Int(x), Number::Int(y)) => op.holds(Some(x.clone().into_big().cmp(&y.clone().into_big()))),
        (Number::Float(x), Number::Float(y)) => op.holds(x.partial_cmp(y)),
        // A NaN beside an integer makes every comparison false, `!=` included.
        (Number::Int(_), Number::Float(f)) | (Number::Float(f), Number::Int(_)) if f.is_nan() => false,
        (Number::Int(x), Number::Float(y)) => op.holds(Some(int_to_float(x, *y))),
        // The reference takes infinities on the left for those of the other sign.
        (Number::Float(x), Number::Int(_)) if x.is_infinite() => {
            op.holds(Some(if *x > 0.0 { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater }))
        }
        (Number::Float(x), Number::Int(y)) => op.holds(Some(int_to_float(y, *x).reverse())),
    }
}

/// How an integer compares to a float that is not NaN, exactly.
fn int_to_float(int: &Int, float: f64) -> std::cmp::Ordering {
    use num_bigint::ToBigInt;
    use std::cmp::Ordering;

    match float.floor().to_bigint() {
        None if float > 0.0 => Ordering::Less,
        None => Ordering::Greater,
        Some(floor) => {
            let order = int.clone().into_big().cmp(&floor);
            if order.is_eq() && float != float.floor() { Ordering::Less } else { order }
        }
    }
}

fn compare_slices<'v>(op: Op, x: &[Value<'v>], y: &[Value<'v>], depth: usize) -> NativeResult<bool> {
    if x.len() != y.len() && (op == Op::Eq || op == Op::Ne) {
        return Ok(op == Op::Ne);
    }
    spend_steps(x.len() as u64 / 8)?;
    for (x, y) in x.iter().zip(y) {
        if !compare_at(Op::Eq, *x, *y, depth - 1)? {
            return match op {
                Op::Eq => Ok(false),
                Op::Ne => Ok(true),
                _ => compare_at(op, *x, *y, depth - 1),
            };
        }
    }
    Ok(op.holds(Some(x.len().cmp(&y.len()))))
}

fn dicts_equal<'v>(x: &DictRef<'v>, y: &DictRef<'v>, depth: usize) -> NativeResult<bool> {
    if x.len() != y.len() {
        return Ok(false);
    }
    spend_steps(x.len() as u64 / 8)?;
    for (key, value) in x.iter_hashed() {
        match y.get_hashed(key) {
            Some(other) if compare_at(Op::Eq, value, other, depth - 1)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}
