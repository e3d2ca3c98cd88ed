//! The functions that are defined everywhere.

use std::num::NonZeroI32;
use std::sync::LazyLock;

use smallvec::SmallVec;
use starlark::environment::{Globals, LibraryExtension};
use starlark::eval::Evaluator;
use starlark::values::list::AllocList;
use starlark::values::range::Range;
use starlark::values::tuple::AllocTuple;
use starlark::values::{StarlarkIterator, Value};

use super::access::{attribute, attribute_names};
use super::call::invoke;
use super::characters::runes;
use super::collection_methods::update_dict;
use super::compare::{Op, compare};
use super::iteration::{iterate, length};
use super::numbers::{Int, as_float, as_int32, is_int, parse_float, to_int};
use super::sorting::stable_sort;
use super::text::{try_repr, write_str};
use super::unpack::{bool_arg, bytes_arg, callable_arg, int_arg, iterable_arg, label};
use crate::engine::values::{ByteStr, Set};
use crate::engine::{Args, NativeError, NativeFn, NativeResult};
use crate::limits::{self, Limit, check_elements};

/// All of them, by name.
pub static UNIVERSE: &[NativeFn] = &[
    NativeFn { name: "all", run: all },
    NativeFn { name: "any", run: any },
    NativeFn { name: "bool", run: bool },
    NativeFn { name: "chr", run: chr },
    NativeFn { name: "dict", run: dict },
    NativeFn { name: "dir", run: dir },
    NativeFn { name: "enumerate", run: enumerate },
    NativeFn { name: "fail", run: fail },
    NativeFn { name: "float", run: float },
    NativeFn { name: "getattr", run: getattr },
    NativeFn { name: "hasattr", run: hasattr },
    NativeFn { name: "hash", run: hash },
    NativeFn { name: "int", run: int },
    NativeFn { name: "len", run: len },
    NativeFn { name: "list", run: list },
    NativeFn { name: "max", run: max },
    NativeFn { name: "min", run: min },
    NativeFn { name: "ord", run: ord },
    NativeFn { name: "print", run: print },
    NativeFn { name: "range", run: range },
    NativeFn { name: "repr", run: repr },
    NativeFn { name: "reversed", run: reversed },
    NativeFn { name: "set", run: set },
    NativeFn { name: "sorted", run: sorted },
    NativeFn { name: "str", run: str },
    NativeFn { name: "tuple", run: tuple },
    NativeFn { name: "type", run: type_of },
    NativeFn { name: "zip", run: zip },
];

type Eval<'x, 'v, 'a, 'e> = &'x mut Evaluator<'v, 'a, 'e>;

fn error<T>(message: impl Into<String>) -> NativeResult<T> {
    Err(NativeError::new(message))
}

/// The one positional argument of functions that check by hand; `want` is the reference's word.
fn single<'v>(args: &Args<'v>, function: &str, want: &str) -> NativeResult<Value<'v>> {
    if !args.named.is_empty() {
        return error(format!("{function} does not accept keyword arguments"));
    }
    match args.positional.as_slice() {
        [value] => Ok(*value),
        given => error(format!("{function}: got {} arguments, want {want}", given.len())),
    }
}

/// All elements, at most as many as a list may have.
fn collect<'v>(elements: StarlarkIterator<'v>) -> NativeResult<Vec<Value<'v>>> {
    let count = elements.size_hint().0;
    check_elements(count, count)?;
    Ok(elements.collect())
}

/// Whether one of the elements has this truth.
fn has<'v>(elements: StarlarkIterator<'v>, truth: bool) -> NativeResult<bool> {
    for element in elements {
        limits::spend_steps(1)?;
        if element.to_bool() == truth {
            return Ok(true);
        }
    }
    Ok(false)
}

fn all<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [iterable] = args.unpack_positional::<1>("all", 1)?;
    let elements = iterable_arg("all", 1, iterable.unwrap_or_default(), eval.heap())?;
    Ok(Value::new_bool(!has(elements, false)?))
}

fn any<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [iterable] = args.unpack_positional::<1>("any", 1)?;
    let elements = iterable_arg("any", 1, iterable.unwrap_or_default(), eval.heap())?;
    Ok(Value::new_bool(has(elements, true)?))
}

fn bool<'v>(args: &Args<'v>, _eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [value] = args.unpack_positional::<1>("bool", 0)?;
    Ok(Value::new_bool(value.is_some_and(Value::to_bool)))
}

fn chr<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let value = single(args, "chr", "1")?;
    let Ok(code) = as_int32(value) else {
        return error(format!("chr: got {}, want int", value.get_type()));
    };
    let Ok(code) = u32::try_from(code) else {
        return error(format!("chr: Unicode code point {code} out of range (<0)"));
    };
    if code > u32::from(char::MAX) {
        return error(format!("chr: Unicode code point U+{code:X} out of range (>0x10FFFF)"));
    }
    let char = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    Ok(eval.heap().alloc_str(char.encode_utf8(&mut [0; 4])).to_value())
}

fn dict<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let heap = eval.heap();
    let dict = heap.alloc(starlark::values::dict::Dict::default());
    update_dict(dict, "dict", args, heap)?;
    Ok(dict)
}

fn dir<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let value = single(args, "dir", "1")?;
    let mut names = attribute_names(value);
    names.sort();
    Ok(eval.heap().alloc(AllocList(names)))
}

fn enumerate<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [iterable, start] = args.unpack_positional::<2>("enumerate", 1)?;
    let heap = eval.heap();
    let iterable = iterable_arg("enumerate", 1, iterable.unwrap_or_default(), heap)?;
    let start = start.map_or(Ok(0), |start| int_arg("enumerate", 2, start))?;
    let pairs = (i64::from(start)..)
        .zip(collect(iterable)?)
        .map(|(index, value)| heap.alloc(AllocTuple([heap.alloc(index), value])));
    Ok(heap.alloc(AllocList(pairs)))
}

/// The arguments of `print` and `fail` as one text.
fn joined<'v>(args: &Args<'v>, function: &str) -> NativeResult<Vec<u8>> {
    let keywords = Args { positional: SmallVec::new(), named: args.named.clone() };
    let [separator] = keywords.unpack(function, ["sep?"])?;
    let separator =
        separator.map_or(Ok(&b" "[..]), |value| bytes_arg(function, label(&keywords, 0, "sep"), value))?;
    let mut out = Vec::new();
    for (index, value) in args.positional.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(separator);
        }
        write_str(&mut out, *value)?;
    }
    Ok(out)
}

fn fail<'v>(args: &Args<'v>, _eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let text = joined(args, "fail")?;
    error(format!("fail: {}", String::from_utf8_lossy(&text)))
}

fn float<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    if !args.named.is_empty() {
        return error("float does not accept keyword arguments");
    }
    let value = match args.positional.as_slice() {
        [] => return Ok(eval.heap().alloc(0.0)),
        [value] => *value,
        given => return error(format!("float got {} arguments, wants 1", given.len())),
    };
    let float = if let Some(bool) = value.unpack_bool() {
        f64::from(u8::from(bool))
    } else if let Some(float) = as_float(value) {
        float
    } else if let Some(text) = ByteStr::of(value) {
        parse_float(text).map_err(|error| error.prefix("float"))?
    } else {
        return error(format!("float got {}, want number or string", value.get_type()));
    };
    Ok(eval.heap().alloc(float))
}

fn getattr<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [object, name, default] = args.unpack_positional::<3>("getattr", 2)?;
    let (object, name) = (object.unwrap_or_default(), name.unwrap_or_default());
    let name = String::from_utf8_lossy(bytes_arg("getattr", 2, name)?);
    attribute(object, &name, eval.heap()).map_err(|error| error.prefix("getattr"))?.or(default).ok_or_else(
        || NativeError::new(format!("getattr: {} has no .{name} field or method", object.get_type())),
    )
}

fn hasattr<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [object, name] = args.unpack_positional::<2>("hasattr", 2)?;
    let name = String::from_utf8_lossy(bytes_arg("hasattr", 2, name.unwrap_or_default())?);
    let found = attribute(object.unwrap_or_default(), &name, eval.heap());
    Ok(Value::new_bool(found.is_ok_and(|found| found.is_some())))
}

/// Java's hash of a string, but over characters, not over UTF-16.
fn hash<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [text] = args.unpack_positional::<1>("hash", 1)?;
    let text = bytes_arg("hash", 1, text.unwrap_or_default())?;
    let hash = runes(text).fold(0u32, |hash, rune| hash.wrapping_mul(31).wrapping_add(u32::from(rune.char)));
    Ok(eval.heap().alloc(hash.cast_signed()))
}

fn int<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [value, base] = args.unpack("int", ["x", "base?"])?;
    let value = value.unwrap_or_default();
    if let Some(text) = ByteStr::of(value) {
        let base = match base {
            None => 10,
            Some(base) => as_int32(base)
                .ok()
                .and_then(|base| u32::try_from(base).ok())
                .filter(|base| *base == 0 || (2..=36).contains(base))
                .ok_or_else(|| NativeError::new("int: base must be an integer >= 2 && <= 36"))?,
        };
        return Ok(parse_int(text, base)?.alloc(eval.heap()));
    }
    if base.is_some() {
        return error("int: can't convert non-string with explicit base");
    }
    if let Some(bool) = value.unpack_bool() {
        return Ok(eval.heap().alloc(i32::from(bool)));
    }
    if is_int(value) {
        return Ok(value);
    }
    Ok(to_int(value).map_err(|error| error.prefix("int"))?.alloc(eval.heap()))
}

/// The text of an integer; base 0 lets a prefix decide.
fn parse_int(text: &[u8], base: u32) -> NativeResult<Int> {
    let (negative, unsigned) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (prefix, digits) = match unsigned {
        [b'0', b'o' | b'O', _, ..] => (8, unsigned.get(2..).unwrap_or_default()),
        [b'0', b'x' | b'X', _, ..] => (16, unsigned.get(2..).unwrap_or_default()),
        [b'0', b'b' | b'B', _, ..] => (2, unsigned.get(2..).unwrap_or_default()),
        _ => (0, unsigned),
    };
    // With base 0, a number that begins with 0 and has no prefix must be zero.
    let octal_look = base == 0 && prefix == 0 && digits.len() > 1 && digits.first() == Some(&b'0');
    let clash = base != 0 && prefix != 0 && prefix != base;
    let effective = match (base, prefix) {
        (0, 0) => 10,
        (0, prefix) => prefix,
        (base, _) => base,
    };
    let valid = !digits.is_empty() && digits.iter().all(|byte| char::from(*byte).is_digit(effective));
    if clash || !valid || octal_look && digits.iter().any(|byte| *byte != b'0') {
        // What is shown is the base after the prefix was looked at, unless it was refused before.
        let shown = if clash || octal_look { base } else { effective };
        let text = String::from_utf8_lossy(text);
        return error(format!("int: invalid literal with base {shown}: {text}"));
    }
    // Each digit has less than 6 bits.
    let most = limits::integer_bits();
    if digits.len() as u64 * 6 > most {
        let message = format!("int: more than {} digits", most / 6);
        return Err(limits::exceed(Limit::IntegerBits, message).into());
    }
    let magnitude = num_bigint::BigInt::parse_bytes(digits, effective).unwrap_or_default();
    Ok(Int::from(if negative { -magnitude } else { magnitude }))
}

fn len<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [value] = args.unpack_positional::<1>("len", 1)?;
    let value = value.unwrap_or_default();
    match length(value) {
        Some(length) => Ok(eval.heap().alloc(length)),
        None => error(format!("len: value of type {} has no len", value.get_type())),
    }
}

fn list<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [iterable] = args.unpack_positional::<1>("list", 0)?;
    let heap = eval.heap();
    match iterable {
        Some(iterable) => {
            let iterable = iterable_arg("list", 1, iterable, heap)?;
            Ok(heap.alloc(AllocList(collect(iterable)?)))
        }
        None => Ok(heap.alloc(AllocList::EMPTY)),
    }
}

/// The element whose key is first by `op`.
fn extremum<'v>(
    function: &str,
    op: Op,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let heap = eval.heap();
    let iterable = match args.positional.as_slice() {
        [] => return error(format!("{function} requires at least one positional argument")),
        [one] => *one,
        several => heap.alloc(AllocTuple(several.iter().copied())),
    };
    let keywords = Args { positional: SmallVec::new(), named: args.named.clone() };
    let [key] = keywords.unpack(function, ["key?"])?;
    let key = key.map(|key| callable_arg(function, label(&keywords, 0, "key"), key)).transpose()?;
    let Some(elements) = iterate(iterable, heap) else {
        return error(format!("{function}: {} value is not iterable", iterable.get_type()));
    };
    let mut best: Option<(Value<'v>, Value<'v>)> = None;
    for element in elements {
        limits::spend_steps(1)?;
        let rank = match key {
            Some(key) => invoke(key, &[element], &[], eval)?,
            None => element,
        };
        let better = match best {
            Some((_, best)) => compare(op, rank, best).map_err(|error| error.prefix(function))?,
            None => true,
        };
        if better {
            best = Some((element, rank));
        }
    }
    best.map(|(element, _)| element)
        .ok_or_else(|| NativeError::new(format!("{function}: argument is an empty sequence")))
}

fn max<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    extremum("max", Op::Gt, args, eval)
}

fn min<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    extremum("min", Op::Lt, args, eval)
}

fn ord<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let value = single(args, "ord", "1")?;
    let Some(text) = ByteStr::of(value) else {
        return error(format!("ord: got {}, want string", value.get_type()));
    };
    let mut all = runes(text);
    match (all.next(), all.next()) {
        (Some(rune), None) => Ok(eval.heap().alloc(u32::from(rune.char))),
        _ => {
            let count = runes(text).count();
            error(format!("ord: string encodes {count} Unicode code points, want 1"))
        }
    }
}

/// The crate's own `print`: the only way to its print handler.
static PRINT: LazyLock<Globals> = LazyLock::new(|| Globals::extended_by(&[LibraryExtension::Print]));

/// Writes a line to where the evaluator prints.
pub(crate) fn print_line(text: &str, eval: &mut Evaluator<'_, '_, '_>) -> NativeResult<()> {
    let text = eval.heap().alloc_str(text).to_value();
    if let Some((_, print)) = PRINT.iter().find(|(name, _)| *name == "print") {
        invoke(print.to_value(), &[text], &[], eval)?;
    }
    Ok(())
}

fn print<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let text = joined(args, "print")?;
    print_line(&String::from_utf8_lossy(&text), eval)?;
    Ok(Value::new_none())
}

fn range<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let given = args.unpack_positional::<3>("range", 1)?;
    let mut bounds = [None; 3];
    for (index, (bound, value)) in bounds.iter_mut().zip(given).enumerate() {
        *bound = value.map(|value| int_arg("range", index + 1, value)).transpose()?;
    }
    let (start, stop) = match bounds {
        [stop, None, _] => (0, stop.unwrap_or(0)),
        [start, stop, _] => (start.unwrap_or(0), stop.unwrap_or(0)),
    };
    let [_, _, step] = bounds;
    match NonZeroI32::new(step.unwrap_or(1)) {
        Some(step) => Ok(eval.heap().alloc_simple(Range::new(start, stop, step))),
        None => error("range: step argument must not be zero"),
    }
}

fn repr<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [value] = args.unpack_positional::<1>("repr", 1)?;
    Ok(eval.heap().alloc_str(&try_repr(value.unwrap_or_default())?).to_value())
}

fn reversed<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [iterable] = args.unpack_positional::<1>("reversed", 1)?;
    let elements = collect(iterable_arg("reversed", 1, iterable.unwrap_or_default(), eval.heap())?)?;
    Ok(eval.heap().alloc(AllocList(elements.into_iter().rev())))
}

fn set<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [iterable] = args.unpack_positional::<1>("set", 0)?;
    let mut set = Set::new();
    if let Some(iterable) = iterable {
        for element in collect(iterable_arg("set", 1, iterable, eval.heap())?)? {
            set.insert(element).map_err(|error| error.prefix("set"))?;
        }
    }
    Ok(set.alloc(eval.heap()))
}

fn sorted<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [iterable, key, reverse] = args.unpack("sorted", ["iterable", "key?", "reverse?"])?;
    let heap = eval.heap();
    let iterable = iterable.unwrap_or_default();
    let elements = iterable_arg("sorted", label(args, 0, "iterable"), iterable, heap)?;
    let key = key.map(|key| callable_arg("sorted", label(args, 1, "key"), key)).transpose()?;
    let reverse =
        reverse.map_or(Ok(false), |reverse| bool_arg("sorted", label(args, 2, "reverse"), reverse))?;
    // While a key is computed, what is being sorted cannot be changed.
    let _unchanging = key.and_then(|_| iterate(iterable, heap));
    let mut pairs = Vec::new();
    for element in collect(elements)? {
        let rank = match key {
            Some(key) => invoke(key, &[element], &[], eval)?,
            None => element,
        };
        pairs.push((rank, element));
    }
    stable_sort(&mut pairs, reverse)?;
    Ok(heap.alloc(AllocList(pairs.into_iter().map(|(_, element)| element))))
}

fn str<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let value = single(args, "str", "exactly 1")?;
    match ByteStr::of(value) {
        Some(_) => Ok(value),
        None => Ok(eval.heap().alloc_str(&try_repr(value)?).to_value()),
    }
}

fn tuple<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [iterable] = args.unpack_positional::<1>("tuple", 0)?;
    let elements = match iterable {
        Some(iterable) => collect(iterable_arg("tuple", 1, iterable, eval.heap())?)?,
        None => Vec::new(),
    };
    Ok(eval.heap().alloc(AllocTuple(elements)))
}

fn type_of<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    let value = single(args, "type", "exactly 1")?;
    Ok(eval.heap().alloc_str(value.get_type()).to_value())
}

fn zip<'v>(args: &Args<'v>, eval: Eval<'_, 'v, '_, '_>) -> NativeResult<Value<'v>> {
    if !args.named.is_empty() {
        return error("zip does not accept keyword arguments");
    }
    let heap = eval.heap();
    let mut columns = Vec::with_capacity(args.positional.len());
    for (index, sequence) in args.positional.iter().enumerate() {
        match iterate(*sequence, heap) {
            Some(column) => columns.push(collect(column)?),
            None => {
                let got = sequence.get_type();
                return error(format!("zip: argument #{} is not iterable: {got}", index + 1));
            }
        }
    }
    let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
    let row = |row: usize| {
        heap.alloc(AllocTuple(
            columns.iter().filter_map(|column| column.get(row).copied()).collect::<Vec<_>>(),
        ))
    };
    Ok(heap.alloc(AllocList((0..rows).map(row))))
}
