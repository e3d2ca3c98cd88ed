//! The methods of strings. Strings are bytes: all positions count these.

use memchr::memmem;
use starlark::eval::Evaluator;
use starlark::values::list::AllocList;
use starlark::values::tuple::{AllocTuple, TupleRef};
use starlark::values::{Heap, Value};

use super::access::indices;
use super::characters::runes;
use super::string_case as case;
use super::string_split::{
    Ends, rsplit as rsplit_at, rsplit_space, split as split_at, split_lines, split_space, strip as strip_ends,
};
use super::unpack::{bool_arg, bytes_arg, int_arg, iterable_arg};
use crate::engine::values::{ByteStr, StringIterable, StringUnit};
use crate::engine::{Args, NativeError, NativeResult};
use crate::limits::check_text;

type Eval<'x, 'v, 'a, 'e> = &'x mut Evaluator<'v, 'a, 'e>;

fn fail<T>(message: impl Into<String>) -> NativeResult<T> {
    Err(NativeError::new(message))
}

fn bytes<'v>(this: Value<'v>) -> &'v [u8] {
    ByteStr::of(this).unwrap_or_default()
}

/// Methods without parameters that give a text.
macro_rules! text_method {
    ($($name:ident => $make:expr;)*) => {$(
        pub(crate) fn $name<'v>(
            this: Value<'v>,
            args: &Args<'v>,
            eval: Eval<'_, 'v, '_, '_>,
        ) -> NativeResult<Value<'v>> {
            args.unpack_positional::<0>(stringify!($name), 0)?;
            let text: String = $make(bytes(this));
            check_text(text.len())?;
            Ok(eval.heap().alloc_str(&text).to_value())
        }
    )*};
}

text_method! {
    capitalize => |bytes| {
        let mut first = true;
        case::map_runes(bytes, |char| {
            if std::mem::take(&mut first) { case::to_title(char) } else { case::to_lower(char) }
        })
    };
    lower => case::lower;
    title => case::title;
    upper => case::upper;
}

/// Methods without parameters that say whether.
macro_rules! test_method {
    ($($name:ident => $test:expr;)*) => {$(
        pub(crate) fn $name<'v>(
            this: Value<'v>,
            args: &Args<'v>,
            _eval: Eval<'_, 'v, '_, '_>,
        ) -> NativeResult<Value<'v>> {
            args.unpack_positional::<0>(stringify!($name), 0)?;
            Ok(Value::new_bool($test(bytes(this))))
        }
    )*};
}

fn all(bytes: &[u8], test: impl Fn(char) -> bool) -> bool {
    !bytes.is_empty() && runes(bytes).all(|rune| test(rune.char))
}

fn is_cased(bytes: &[u8]) -> bool {
    runes(bytes).any(|rune| case::is_cased(rune.char))
}

test_method! {
    isalnum => |bytes| all(bytes, |char| case::is_letter(char) || case::is_digit(char));
    isalpha => |bytes| all(bytes, case::is_letter);
    isdigit => |bytes| all(bytes, case::is_digit);
    islower => |bytes| is_cased(bytes) && case::lower(bytes).as_bytes() == bytes;
    isspace => |bytes| all(bytes, case::is_space);
    istitle => case::is_titled;
    isupper => |bytes| is_cased(bytes) && case::upper(bytes).as_bytes() == bytes;
}

/// Methods that give something to iterate over.
macro_rules! iterable_method {
    ($($name:ident => $unit:ident;)*) => {$(
        pub(crate) fn $name<'v>(
            this: Value<'v>,
            args: &Args<'v>,
            eval: Eval<'_, 'v, '_, '_>,
        ) -> NativeResult<Value<'v>> {
            args.unpack_positional::<0>(stringify!($name), 0)?;
            Ok(StringIterable::alloc(this, StringUnit::$unit, eval.heap()))
        }
    )*};
}

iterable_method! {
    elems => Elems;
    elem_ords => ElemOrds;
    codepoints => Codepoints;
    codepoint_ords => CodepointOrds;
}

/// The part of a string that the optional bounds of a method choose, and where it begins. As in the
/// reference, a part that ends before it begins is empty and begins where it would.
fn part<'v>(
    this: Value<'v>,
    start: Option<Value<'v>>,
    end: Option<Value<'v>>,
    method: &str,
) -> NativeResult<(&'v [u8], usize)> {
    let bytes = bytes(this);
    let len = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let (start, end) = indices(start, end, len).map_err(|error| error.prefix(method))?;
    let (start, end) = (usize::try_from(start).unwrap_or(0), usize::try_from(end).unwrap_or(0));
    Ok((bytes.get(start..end).unwrap_or_default(), start))
}

pub(crate) fn count<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let [sub, start, end] = args.unpack_positional::<3>("count", 1)?;
    let sub = bytes_arg("count", 1, sub.unwrap_or_default())?;
    let (part, _) = part(this, start, end, "count")?;
    let count = if sub.is_empty() { runes(part).count() + 1 } else { memmem::find_iter(part, sub).count() };
    Ok(eval.heap().alloc(count))
}

/// Where `sub` stands, if it does.
fn search<'v>(this: Value<'v>, args: &Args<'v>, method: &str, from_end: bool) -> NativeResult<Option<usize>> {
    let [sub, start, end] = args.unpack_positional::<3>(method, 1)?;
    let sub = bytes_arg(method, 1, sub.unwrap_or_default())?;
    let (part, offset) = part(this, start, end, method)?;
    let found = if from_end { memmem::rfind(part, sub) } else { memmem::find(part, sub) };
    Ok(found.map(|at| at + offset))
}

/// The four searching methods: those named `index` fail where those named `find` give -1.
macro_rules! search_method {
    ($($name:ident => ($from_end:expr, $must:expr);)*) => {$(
        pub(crate) fn $name<'v>(
            this: Value<'v>,
            args: &Args<'v>,
            eval: Eval<'_, 'v, '_, '_>,
        ) -> NativeResult<Value<'v>> {
            match search(this, args, stringify!($name), $from_end)? {
                Some(at) => Ok(eval.heap().alloc(at)),
                None if $must => fail(concat!(stringify!($name), ": substring not found")),
                None => Ok(eval.heap().alloc(-1)),
            }
        }
    )*};
}

search_method! {
    find => (false, false);
    index => (false, true);
    rfind => (true, false);
    rindex => (true, true);
}

fn starts_or_ends<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    method: &str,
    matches: fn(&[u8], &[u8]) -> bool,
) -> NativeResult<Value<'v>> {
    let [wanted, start, end] = args.unpack_positional::<3>(method, 1)?;
    let wanted = wanted.unwrap_or_default();
    let (part, _) = part(this, start, end, method)?;
    if let Some(wanted) = ByteStr::of(wanted) {
        return Ok(Value::new_bool(matches(part, wanted)));
    }
    let Some(tuple) = TupleRef::from_value(wanted) else {
        return fail(format!("{method}: got {}, want string or tuple of string", wanted.get_type()));
    };
    for (index, wanted) in tuple.iter().enumerate() {
        let Some(wanted) = ByteStr::of(wanted) else {
            let got = wanted.get_type();
            return fail(format!("{method}: want string, got {got}, for element {index}"));
        };
        if matches(part, wanted) {
            return Ok(Value::new_bool(true));
        }
    }
    Ok(Value::new_bool(false))
}

pub(crate) fn startswith<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    _eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    starts_or_ends(this, args, "startswith", |text, part| text.starts_with(part))
}

pub(crate) fn endswith<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    _eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    starts_or_ends(this, args, "endswith", |text, part| text.ends_with(part))
}

pub(crate) fn format<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    super::format::format(this, args, eval.heap())
}

pub(crate) fn join<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let [iterable] = args.unpack_positional::<1>("join", 1)?;
    let heap = eval.heap();
    let iterable = iterable_arg("join", 1, iterable.unwrap_or_default(), heap)?;
    let separator = bytes(this);
    let mut out = Vec::new();
    for (index, element) in iterable.enumerate() {
        if index > 0 {
            out.extend_from_slice(separator);
        }
        let Some(element) = ByteStr::of(element) else {
            return fail(format!("join: in list, want string, got {}", element.get_type()));
        };
        check_text(out.len().saturating_add(element.len()))?;
        out.extend_from_slice(element);
    }
    Ok(ByteStr::alloc(&out, heap))
}

fn partition_at<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    heap: Heap<'v>,
    method: &str,
    find: fn(&[u8], &[u8]) -> Option<usize>,
) -> NativeResult<Value<'v>> {
    let [separator] = args.unpack_positional::<1>(method, 1)?;
    let separator = bytes_arg(method, 1, separator.unwrap_or_default())?;
    if separator.is_empty() {
        return fail(format!("{method}: empty separator"));
    }
    let text = bytes(this);
    let none: &[u8] = &[];
    let parts = match find(text, separator) {
        Some(at) => [
            text.get(..at).unwrap_or_default(),
            separator,
            text.get(at + separator.len()..).unwrap_or_default(),
        ],
        None if method == "partition" => [text, none, none],
        None => [none, none, text],
    };
    Ok(heap.alloc(AllocTuple(parts.map(|part| ByteStr::alloc(part, heap)))))
}

pub(crate) fn partition<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    partition_at(this, args, eval.heap(), "partition", memmem::find)
}

pub(crate) fn rpartition<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    partition_at(this, args, eval.heap(), "rpartition", memmem::rfind)
}

pub(crate) fn replace<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let [old, new, count] = args.unpack_positional::<3>("replace", 2)?;
    let old = bytes_arg("replace", 1, old.unwrap_or_default())?;
    let new = bytes_arg("replace", 2, new.unwrap_or_default())?;
    let count = count.map_or(Ok(-1), |count| int_arg("replace", 3, count))?;
    // A negative count means all of them.
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let text = bytes(this);
    // An empty text stands before each character and at the end.
    let places: Vec<usize> = if old.is_empty() {
        runes(text).map(|rune| rune.start).chain([text.len()]).take(count).collect()
    } else {
        memmem::find_iter(text, old).take(count).collect()
    };
    check_text(text.len().saturating_add(places.len().saturating_mul(new.len())))?;
    let mut out = Vec::with_capacity(text.len());
    let mut from = 0;
    for at in places {
        out.extend_from_slice(text.get(from..at).unwrap_or_default());
        out.extend_from_slice(new);
        from = at + old.len();
    }
    out.extend_from_slice(text.get(from..).unwrap_or_default());
    Ok(ByteStr::alloc(&out, eval.heap()))
}

fn list<'v>(parts: &[&[u8]], heap: Heap<'v>) -> Value<'v> {
    heap.alloc(AllocList(parts.iter().map(|part| ByteStr::alloc(part, heap))))
}

fn split_from<'v>(this: Value<'v>, args: &Args<'v>, heap: Heap<'v>, method: &str) -> NativeResult<Value<'v>> {
    let [separator, max] = args.unpack_positional::<2>(method, 0)?;
    let max = max.map_or(Ok(-1), |max| int_arg(method, 2, max))?;
    // A negative number means no limit.
    let max = usize::try_from(max).ok();
    let from_end = method == "rsplit";
    let text = bytes(this);
    let Some(separator) = separator.filter(|separator| !separator.is_none()) else {
        return Ok(match max {
            Some(max) if from_end => list(&rsplit_space(text, max), heap),
            _ => list(&split_space(text, max), heap),
        });
    };
    let Some(separator) = ByteStr::of(separator) else {
        return fail(format!("split: got {} for separator, want string", separator.get_type()));
    };
    if separator.is_empty() {
        return fail("split: empty separator");
    }
    Ok(match max {
        Some(max) if from_end => list(&rsplit_at(text, separator, max), heap),
        _ => list(&split_at(text, separator, max), heap),
    })
}

pub(crate) fn split<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    split_from(this, args, eval.heap(), "split")
}

pub(crate) fn rsplit<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    split_from(this, args, eval.heap(), "rsplit")
}

pub(crate) fn splitlines<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let [keep_ends] = args.unpack_positional::<1>("splitlines", 0)?;
    let keep_ends = keep_ends.map_or(Ok(false), |keep| bool_arg("splitlines", 1, keep))?;
    Ok(list(&split_lines(bytes(this), keep_ends), eval.heap()))
}

/// The three stripping methods.
macro_rules! strip_method {
    ($($name:ident => $ends:expr;)*) => {$(
        pub(crate) fn $name<'v>(
            this: Value<'v>,
            args: &Args<'v>,
            eval: Eval<'_, 'v, '_, '_>,
        ) -> NativeResult<Value<'v>> {
            let [chars] = args.unpack_positional::<1>(stringify!($name), 0)?;
            let chars = chars.map_or(Ok(&[][..]), |chars| bytes_arg(stringify!($name), 1, chars))?;
            Ok(ByteStr::alloc(strip_ends(bytes(this), chars, $ends), eval.heap()))
        }
    )*};
}

strip_method! {
    strip => Ends { left: true, right: true };
    lstrip => Ends { left: true, right: false };
    rstrip => Ends { left: false, right: true };
}
