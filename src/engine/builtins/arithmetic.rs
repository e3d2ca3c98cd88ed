//! The binary operators but for comparisons.

use num_bigint::BigInt;
use starlark::values::dict::DictRef;
use starlark::values::list::{AllocList, ListRef};
use starlark::values::tuple::{AllocTuple, TupleRef};
use starlark::values::{Heap, Value};

use super::compare::position;
use super::interpolate::interpolate;
use super::numbers::{Int, as_float, as_int32, is_int, to_int};
use super::text::repr;
use crate::engine::values::{ByteStr, Set};
use crate::engine::{NativeError, NativeResult};
use crate::limits::{self, Limit, check_elements, check_text, spend_text};

/// A binary operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Op {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    And,
    Or,
    Xor,
    Shl,
    Shr,
    In,
    NotIn,
}

impl Op {
    /// The operator as it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Op::Add => "+",
            Op::Sub => "-",
            Op::Mul => "*",
            Op::Div => "/",
            Op::FloorDiv => "//",
            Op::Mod => "%",
            Op::And => "&",
            Op::Or => "|",
            Op::Xor => "^",
            Op::Shl => "<<",
            Op::Shr => ">>",
            Op::In => "in",
            Op::NotIn => "not in",
        }
    }
}

/// From this on the reference refuses a repetition.
const EXCESSIVE: i128 = 1 << 30;

/// `x op y`.
pub fn binary<'v>(op: Op, x: Value<'v>, y: Value<'v>, heap: Heap<'v>) -> NativeResult<Value<'v>> {
    if let (Some(x), Some(y)) = (x.unpack_i32(), y.unpack_i32()) {
        let quick = match op {
            Op::Add => x.checked_add(y),
            Op::Sub => x.checked_sub(y),
            Op::Mul => x.checked_mul(y),
            Op::And => Some(x & y),
            Op::Or => Some(x | y),
            Op::Xor => Some(x ^ y),
            _ => None,
        };
        if let Some(result) = quick {
            return Ok(heap.alloc(result));
        }
    }
    let result = match op {
        Op::Add => add(x, y, heap)?,
        Op::Mul => multiply(x, y, heap)?,
        Op::Mod if ByteStr::of(x).is_some() => Some(interpolate(x, y, heap)?),
        Op::And | Op::Or | Op::Xor => match (Set::from_value(x), Set::from_value(y)) {
            (Some(x), Some(y)) => Some(combine_sets(op, x, y, heap)?),
            _ => None,
        },
        Op::Shl | Op::Shr if is_int(x) => Some(shift(op, x, y, heap)?),
        Op::In => contains(y, x, heap)?.map(Value::new_bool),
        Op::NotIn => contains(y, x, heap)?.map(|found| Value::new_bool(!found)),
        _ => None,
    };
    let result = match result {
        Some(result) => Some(result),
        None => numbers(op, x, y, heap)?,
    };
    result.ok_or_else(|| unknown(op, x, y))
}

#[cold]
fn unknown(op: Op, x: Value<'_>, y: Value<'_>) -> NativeError {
    // `not in` is evaluated as `in`, which then is what fails.
    let symbol = if op == Op::NotIn { Op::In.symbol() } else { op.symbol() };
    NativeError::new(format!("unknown binary op: {} {symbol} {}", x.get_type(), y.get_type()))
}

fn add<'v>(x: Value<'v>, y: Value<'v>, heap: Heap<'v>) -> NativeResult<Option<Value<'v>>> {
    if let (Some(x), Some(y)) = (x.unpack_str(), y.unpack_str()) {
        check_text(x.len().saturating_add(y.len()))?;
        return Ok(Some(heap.alloc_str_concat(x, y).to_value()));
    }
    if let (Some(x), Some(y)) = (ByteStr::of(x), ByteStr::of(y)) {
        check_text(x.len().saturating_add(y.len()))?;
        return Ok(Some(ByteStr::alloc(&[x, y].concat(), heap)));
    }
    if let (Some(x), Some(y)) = (ListRef::from_value(x), ListRef::from_value(y)) {
        check_joined(x.len(), y.len())?;
        return Ok(Some(heap.alloc(AllocList(x.iter().chain(y.iter())))));
    }
    if let (Some(x), Some(y)) = (TupleRef::from_value(x), TupleRef::from_value(y)) {
        check_joined(x.len(), y.len())?;
        return Ok(Some(heap.alloc(AllocTuple(x.iter().chain(y.iter())))));
    }
    Ok(None)
}

fn multiply<'v>(x: Value<'v>, y: Value<'v>, heap: Heap<'v>) -> NativeResult<Option<Value<'v>>> {
    let (sequence, count) = match (is_int(x), is_int(y)) {
        (false, true) => (x, y),
        (true, false) => (y, x),
        _ => return Ok(None),
    };
    if let Some(bytes) = ByteStr::of(sequence) {
        let count = repeat_count(bytes.len(), count)?;
        check_text(bytes.len().saturating_mul(count))?;
        return Ok(Some(ByteStr::alloc(&bytes.repeat(count), heap)));
    }
    let (elements, list) = match (ListRef::from_value(sequence), TupleRef::from_value(sequence)) {
        (Some(list), _) => (list.content(), true),
        (None, Some(tuple)) => (tuple.content(), false),
        (None, None) => return Ok(None),
    };
    let count = repeat_count(elements.len(), count)?;
    let total = elements.len().saturating_mul(count);
    check_elements(total, total)?;
    let repeated = elements.repeat(count);
    Ok(Some(if list { heap.alloc(AllocList(repeated)) } else { heap.alloc(AllocTuple(repeated)) }))
}

/// How often to repeat `len` elements; 0 for negative counts.
fn repeat_count(len: usize, count: Value<'_>) -> NativeResult<usize> {
    if len == 0 {
        return Ok(0);
    }
    let times =
        as_int32(count).map_err(|_| NativeError::new(format!("repeat count {} too large", repr(count))))?;
    let total = i128::try_from(len).unwrap_or(EXCESSIVE) * i128::from(times.max(0));
    if total >= EXCESSIVE {
        return Err(NativeError::new(format!("excessive repeat ({total} elements)")));
    }
    Ok(usize::try_from(times).unwrap_or(0))
}

fn combine_sets<'v>(op: Op, x: &Set<'v>, y: &Set<'v>, heap: Heap<'v>) -> NativeResult<Value<'v>> {
    let mut set = Set::new();
    match op {
        Op::And => {
            // The order is that of the smaller set.
            let (smaller, larger) = if x.len() > y.len() { (y, x) } else { (x, y) };
            for element in smaller.iter() {
                if larger.contains(element)? {
                    set.insert(element)?;
                }
            }
        }
        Op::Or => {
            for element in x.iter().chain(y.iter()) {
                set.insert(element)?;
            }
        }
        _ => {
            for (from, other) in [(x, y), (y, x)] {
                for element in from.iter() {
                    if !other.contains(element)? {
                        set.insert(element)?;
                    }
                }
            }
        }
    }
    Ok(set.alloc(heap))
}

fn shift<'v>(op: Op, x: Value<'v>, y: Value<'v>, heap: Heap<'v>) -> NativeResult<Value<'v>> {
    let count = as_int32(y)?;
    if count < 0 {
        return Err(NativeError::new(format!("negative shift count: {count}")));
    }
    if op == Op::Shl && count >= 512 {
        return Err(NativeError::new(format!("shift count too large: {count}")));
    }
    let x = to_int(x)?.into_big();
    check_int(x.bits().saturating_add(if op == Op::Shl { 512 } else { 0 }))?;
    Ok(Int::from(if op == Op::Shl { x << count } else { x >> count }).alloc(heap))
}

fn check_joined(x: usize, y: usize) -> NativeResult<()> {
    let count = x.saturating_add(y);
    Ok(check_elements(count, count)?)
}

fn check_int(bits: u64) -> NativeResult<()> {
    let most = limits::integer_bits();
    if bits > most {
        let message = format!("integer of more than {most} bits");
        return Err(limits::exceed(Limit::IntegerBits, message).into());
    }
    // Products of long integers take time.
    Ok(limits::spend_steps(bits / 1024)?)
}

/// `needle in haystack`, `None` if that is no container.
pub(crate) fn contains<'v>(
    haystack: Value<'v>,
    needle: Value<'v>,
    heap: Heap<'v>,
) -> NativeResult<Option<bool>> {
    if let Some(dict) = DictRef::from_value(haystack) {
        return Ok(Some(super::hashed(needle).is_ok_and(|needle| dict.get_hashed(needle).is_some())));
    }
    let elements = match (ListRef::from_value(haystack), TupleRef::from_value(haystack)) {
        (Some(list), _) => Some(list.content()),
        (None, tuple) => tuple.map(|tuple| tuple.content()),
    };
    if let Some(elements) = elements {
        return Ok(Some(position(needle, elements)?.is_some()));
    }
    if let Some(haystack) = ByteStr::of(haystack) {
        let needle = ByteStr::of(needle).ok_or_else(|| {
            let needle = needle.get_type();
            NativeError::new(format!("'in <string>' requires string as left operand, not {needle}"))
        })?;
        spend_text(haystack.len())?;
        return Ok(Some(memchr::memmem::find(haystack, needle).is_some()));
    }
    match haystack.get_type() {
        "range" => {
            let number = to_int(needle).map_err(|_| {
                let needle = needle.get_type();
                NativeError::new(format!("'in <range>' requires integer as left operand, not {needle}"))
            })?;
            // Floats count as the integer they are cut to.
            let small = match number {
                Int::Small(small) => i32::try_from(small).ok(),
                Int::Big(_) => None,
            };
            Ok(Some(match small {
                Some(small) => haystack.is_in(heap.alloc(small))?,
                None => false,
            }))
        }
        "set" => match Set::from_value(haystack) {
            Some(set) => set.contains(needle).map(Some),
            None => Ok(None),
        },
        // Mappings of ytt: what cannot be a key is not in them.
        "struct" | "yamlfragment" => Ok(Some(haystack.is_in(needle).unwrap_or(false))),
        _ => Ok(None),
    }
}

fn numbers<'v>(op: Op, x: Value<'v>, y: Value<'v>, heap: Heap<'v>) -> NativeResult<Option<Value<'v>>> {
    if let (Some(x), Some(y)) = (Int::from_value(x), Int::from_value(y)) {
        return match op {
            Op::Div => divide_floats(op, x.to_float(), y.to_float(), heap).map(Some),
            _ => Ok(ints(op, x, y)?.map(|result| result.alloc(heap))),
        };
    }
    match (as_float(x), as_float(y)) {
        (Some(x), Some(y)) => Ok(match op {
            Op::Add => Some(heap.alloc(x + y)),
            Op::Sub => Some(heap.alloc(x - y)),
            Op::Mul => Some(heap.alloc(x * y)),
            Op::Div | Op::FloorDiv | Op::Mod => Some(divide_floats(op, x, y, heap)?),
            _ => None,
        }),
        _ => Ok(None),
    }
}

fn divide_floats<'v>(op: Op, x: f64, y: f64, heap: Heap<'v>) -> NativeResult<Value<'v>> {
    if y == 0.0 {
        return Err(NativeError::new(match op {
            Op::Div => "real division by zero",
            Op::FloorDiv => "floored division by zero",
            _ => "float modulo by zero",
        }));
    }
    Ok(heap.alloc(match op {
        Op::Div => x / y,
        Op::FloorDiv => (x / y).floor(),
        // The sign is that of the left operand, unlike with integers.
        _ => x % y,
    }))
}

fn ints(op: Op, x: Int, y: Int) -> NativeResult<Option<Int>> {
    if y.is_zero() {
        match op {
            Op::FloorDiv => return Err(NativeError::new("floored division by zero")),
            Op::Mod => return Err(NativeError::new("integer modulo by zero")),
            _ => {}
        }
    }
    if let (Int::Small(x), Int::Small(y)) = (&x, &y) {
        let quick = match op {
            Op::Add => x.checked_add(*y),
            Op::Sub => x.checked_sub(*y),
            Op::Mul => x.checked_mul(*y),
            Op::FloorDiv => x.checked_div(*y).map(|quotient| floor_div(quotient, *x, *y)),
            Op::Mod => x.checked_rem(*y).map(|rest| floor_mod(rest, *x, *y)),
            Op::And => Some(x & y),
            Op::Or => Some(x | y),
            Op::Xor => Some(x ^ y),
            _ => return Ok(None),
        };
        if let Some(result) = quick {
            return Ok(Some(Int::Small(result)));
        }
    }
    check_int(if op == Op::Mul { x.bits().saturating_add(y.bits()) } else { x.bits().max(y.bits()) })?;
    let (x, y) = (x.into_big(), y.into_big());
    Ok(Some(Int::from(match op {
        Op::Add => x + y,
        Op::Sub => x - y,
        Op::Mul => x * y,
        Op::FloorDiv => big_floor_div(&x, &y),
        Op::Mod => {
            let quotient = big_floor_div(&x, &y);
            x - quotient * y
        }
        Op::And => x & y,
        Op::Or => x | y,
        Op::Xor => x ^ y,
        _ => return Ok(None),
    })))
}

fn floor_div(quotient: i64, x: i64, y: i64) -> i64 {
    if (x < 0) != (y < 0) && quotient * y != x { quotient - 1 } else { quotient }
}

fn floor_mod(rest: i64, x: i64, y: i64) -> i64 {
    if (x < 0) != (y < 0) && rest != 0 { rest + y } else { rest }
}

fn big_floor_div(x: &BigInt, y: &BigInt) -> BigInt {
    let zero = BigInt::ZERO;
    let quotient = x / y;
    let exact = &quotient * y == *x;
    if (*x < zero) != (*y < zero) && !exact { quotient - 1 } else { quotient }
}

/// `-x`, `+x`, `~x`.
pub(crate) fn unary<'v>(op: char, x: Value<'v>, heap: Heap<'v>) -> NativeResult<Value<'v>> {
    if let Some(int) = Int::from_value(x) {
        return Ok(match op {
            '-' => Int::from(-int.into_big()).alloc(heap),
            '~' => Int::from(!int.into_big()).alloc(heap),
            _ => x,
        });
    }
    match (crate::engine::convert::as_float(x), op) {
        (Some(float), '-') => Ok(heap.alloc(-float)),
        (Some(_), '+') => Ok(x),
        _ => Err(NativeError::new(format!("unknown unary op: {op} {}", x.get_type()))),
    }
}
