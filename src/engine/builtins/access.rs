//! Reading parts of values: `x[i]`, `x[i:j:k]`, `x.name`.

use std::cell::RefCell;
use std::num::NonZeroI32;

use starlark::values::dict::DictRef;
use starlark::values::list::{AllocList, ListRef};
use starlark::values::range::Range;
use starlark::values::tuple::{AllocTuple, TupleRef};
use starlark::values::{Heap, Value};

use super::iteration::length;
use super::methods::{method, method_names};
use super::numbers::as_int32;
use super::spell::{missing_key, nearest};
use super::text::repr;
use crate::engine::values::{ByteStr, Module, Struct};
use crate::engine::{BoundMethod, NativeError, NativeResult};
use crate::yaml::Node;

/// The message for an index outside a collection of `len` elements.
pub fn out_of_range(index: i32, len: usize, value: Value<'_>) -> NativeError {
    let name = value.get_type();
    NativeError::new(match len {
        0 => format!("index {index} out of range: empty {name}"),
        _ => format!("{name} index {index} out of range [-{len}:{}]", len - 1),
    })
}

/// `index`, counted from the end if negative, as a position among `len` elements.
pub(crate) fn position(index: i32, len: usize, value: Value<'_>) -> NativeResult<usize> {
    let from_start = usize::try_from(index).ok();
    let from_end = || len.checked_sub(usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX));
    from_start
        .map_or_else(from_end, Some)
        .filter(|position| *position < len)
        .ok_or_else(|| out_of_range(index, len, value))
}

/// `x[index]`.
pub fn index_value<'v>(x: Value<'v>, index: Value<'v>, heap: Heap<'v>) -> NativeResult<Value<'v>> {
    if let Some(dict) = DictRef::from_value(x) {
        let found = dict.get_hashed(super::hashed(index)?);
        let keys = dict.keys().filter_map(|key| key.unpack_str());
        return found.ok_or_else(|| missing_key(index, "dict", keys));
    }
    let elements = match (ListRef::from_value(x), TupleRef::from_value(x)) {
        (Some(list), _) => Some(list.content()),
        (None, tuple) => tuple.map(|tuple| tuple.content()),
    };
    let place = |len| {
        let index = as_int32(index).map_err(|error| error.prefix(&format!("{} index", x.get_type())))?;
        position(index, len, x)
    };
    if let Some(elements) = elements {
        let at = place(elements.len())?;
        return elements.get(at).copied().ok_or_else(|| unhandled(x, index));
    }
    if let Some(bytes) = ByteStr::of(x) {
        let at = place(bytes.len())?;
        return Ok(ByteStr::alloc(bytes.get(at..=at).unwrap_or_default(), heap));
    }
    match x.get_type() {
        "range" => {
            let at = place(length(x).unwrap_or_default())?;
            Ok(x.at(heap.alloc(at), heap)?)
        }
        // The crate's own types: what can be indexed has been dealt with.
        "NoneType"
        | "bool"
        | "int"
        | "float"
        | "set"
        | "function"
        | "builtin_function_or_method"
        | "elems"
        | "codepoints"
        | "module" => Err(unhandled(x, index)),
        _ => Ok(x.at(index, heap)?),
    }
}

fn unhandled(x: Value<'_>, index: Value<'_>) -> NativeError {
    NativeError::new(format!("unhandled index operation {}[{}]", x.get_type(), index.get_type()))
}

/// The bounds of a slice, as starlark-go computes them: `start`, `end`, `step`. Elements are those at
/// `start`, `start + step`, … up to but without `end`.
struct Bounds {
    start: i64,
    end: i64,
    step: i64,
}

impl Bounds {
    fn of(lo: Value<'_>, hi: Value<'_>, step: Value<'_>, len: usize) -> NativeResult<Bounds> {
        let len = i64::try_from(len).unwrap_or(i64::MAX);
        let step = if step.is_none() {
            1
        } else {
            as_int32(step)
                .map(i64::from)
                .map_err(|_| NativeError::new(format!("got {} for slice step, want int", step.get_type())))?
        };
        if step == 0 {
            return Err(NativeError::new("zero is not a valid slice step"));
        }
        if step > 0 {
            let (start, end) = indices(Some(lo), Some(hi), len)?;
            return Ok(Bounds { start, end: end.max(start), step });
        }
        let start = as_index(Some(lo), len, len - 1, "start")?.min(len - 1);
        let end = as_index(Some(hi), len, -1, "end")?.max(-1);
        Ok(Bounds { start: start.max(end), end, step })
    }

    fn positions(&self) -> impl Iterator<Item = usize> {
        let (end, step) = (self.end, self.step);
        std::iter::successors(Some(self.start), move |at| Some(at + step))
            .take_while(move |at| if step > 0 { *at < end } else { *at > end })
            .filter_map(|at| usize::try_from(at).ok())
    }

    /// The elements chosen.
    fn choose<T: Copy>(&self, elements: &[T]) -> Vec<T> {
        self.positions().filter_map(|at| elements.get(at).copied()).collect()
    }
}

fn as_index(value: Option<Value<'_>>, len: i64, default: i64, which: &str) -> NativeResult<i64> {
    let Some(value) = value.filter(|value| !value.is_none()) else {
        return Ok(default);
    };
    let index = as_int32(value).map_err(|_| {
        NativeError::new(format!("invalid {which} index: got {}, want int", value.get_type()))
    })?;
    let index = i64::from(index);
    Ok(if index < 0 { index + len } else { index })
}

/// The range of `[start:end]` among `len` elements, each bound clamped to it; the end may come
/// before the start.
pub(crate) fn indices(
    start: Option<Value<'_>>,
    end: Option<Value<'_>>,
    len: i64,
) -> NativeResult<(i64, i64)> {
    let start = as_index(start, len, 0, "start")?.clamp(0, len);
    let end = as_index(end, len, len, "end")?.clamp(0, len);
    Ok((start, end))
}

/// `x[lo:hi:step]`; `None` stands for a bound that was left out.
pub fn slice_value<'v>(
    x: Value<'v>,
    lo: Value<'v>,
    hi: Value<'v>,
    step: Value<'v>,
    heap: Heap<'v>,
) -> NativeResult<Value<'v>> {
    let bounds = |len| Bounds::of(lo, hi, step, len);
    if let Some(bytes) = ByteStr::of(x) {
        let bounds = bounds(bytes.len())?;
        if bounds.step == 1 {
            let (start, end) = (usize::try_from(bounds.start), usize::try_from(bounds.end));
            let part = bytes.get(start.unwrap_or(0)..end.unwrap_or(0)).unwrap_or_default();
            return Ok(ByteStr::alloc(part, heap));
        }
        return Ok(ByteStr::alloc(&bounds.choose(bytes), heap));
    }
    if let Some(list) = ListRef::from_value(x) {
        return Ok(heap.alloc(AllocList(bounds(list.len())?.choose(list.content()))));
    }
    if let Some(tuple) = TupleRef::from_value(x) {
        return Ok(heap.alloc(AllocTuple(bounds(tuple.len())?.choose(tuple.content()))));
    }
    match x.get_type() {
        "range" => {
            let bounds = bounds(length(x).unwrap_or_default())?;
            slice_range(x, &bounds, heap)
        }
        "yamlfragment" => Err(NativeError::new("(p) yamlfragment.Slice: Not implemented")),
        other => Err(NativeError::new(format!("invalid slice operand {other}"))),
    }
}

/// A part of a range. The crate keeps the bounds of a range to itself, so they are read from its text,
/// `range(start, stop, step)`.
fn slice_range<'v>(range: Value<'v>, bounds: &Bounds, heap: Heap<'v>) -> NativeResult<Value<'v>> {
    let text = repr(range);
    let numbers: Vec<i64> =
        text.split(|char: char| !char.is_ascii_digit() && char != '-').flat_map(str::parse).collect();
    let (start, step) = match numbers.as_slice() {
        [start, _, step] => (*start, *step),
        [start, _] => (*start, 1),
        _ => (0, 1),
    };
    let new = [start + step * bounds.start, start + step * bounds.end, step * bounds.step];
    let [start, stop, step] = new.map(|number| i32::try_from(number).ok());
    match (start, stop, step.and_then(NonZeroI32::new)) {
        (Some(start), Some(stop), Some(step)) => Ok(heap.alloc_simple(Range::new(start, stop, step))),
        _ => Err(NativeError::new("range out of range")),
    }
}

/// Types of the crate whose attributes are those of our tables, not those the crate gives them.
fn is_core_type(name: &str) -> bool {
    matches!(
        name,
        "NoneType"
            | "bool"
            | "int"
            | "float"
            | "string"
            | "list"
            | "tuple"
            | "dict"
            | "set"
            | "range"
            | "function"
            | "builtin_function_or_method"
            | "elems"
            | "codepoints"
            | "yamlfragment"
    )
}

/// `x.name`, if there is one.
pub fn attribute<'v>(x: Value<'v>, name: &str, heap: Heap<'v>) -> NativeResult<Option<Value<'v>>> {
    // What is asked most, and has no methods.
    if let Some(fields) = Struct::from_value(x) {
        return Ok(fields.get(name, heap));
    }
    if let Some(module) = Module::from_value(x) {
        return Ok(module.get(name));
    }
    let type_name = x.get_type();
    if let Some((name, run)) = method(type_name, name) {
        return Ok(Some(BoundMethod::alloc(x, name, run, heap)));
    }
    if is_core_type(type_name) {
        return Ok(None);
    }
    Ok(x.get_attr(name, heap)?)
}

/// The scalar that a row of attributes leads to, where that is in a tree of data values; none for what
/// only [`path`] can tell.
pub(crate) fn scalar_at<'v, 'a>(
    variable: Value<'v>,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'v Node> {
    let mut names = names.into_iter();
    let mut start = variable;
    if let Some(module) = Module::from_value(variable) {
        start = module.get(names.next()?)?;
    }
    let mut map = Struct::from_value(start)?.viewed()?;
    loop {
        match map.get(names.next()?)? {
            Node::Map(below) => map = below,
            scalar => return (scalar.is_scalar() && names.next().is_none()).then_some(scalar),
        }
    }
}

/// What a row of attributes leads to. They are no methods of a built-in type.
pub(crate) fn path<'v, 'a>(
    variable: Value<'v>,
    names: impl IntoIterator<Item = &'a str>,
    heap: Heap<'v>,
) -> NativeResult<Value<'v>> {
    names.into_iter().try_fold(variable, |value, name| {
        let found = match (Struct::from_value(value), Module::from_value(value)) {
            (Some(fields), _) => fields.get(name, heap),
            (_, Some(module)) => module.get(name),
            _ => value.get_attr(name, heap)?,
        };
        found.ok_or_else(|| no_such_attribute(value, name))
    })
}

#[cold]
fn no_such_attribute(value: Value<'_>, name: &str) -> NativeError {
    // As the crate does, for what has attributes of its own to remember them.
    let _ = value.dir_attr();
    NativeError::new(missing_attribute(value.get_type(), name))
}

/// The names of the attributes of a value, in the order `dir` does not sort by: that of a struct's
/// fields, else alphabetical.
pub fn attribute_names(x: Value<'_>) -> Vec<String> {
    let type_name = x.get_type();
    if is_core_type(type_name) {
        return method_names(type_name).map(str::to_owned).collect();
    }
    let mut names = x.dir_attr();
    if type_name != "struct" {
        names.sort();
    }
    names
}

/// The message for an attribute that does not exist, with the one that may have been meant.
#[cold]
pub fn attr_error(x: Value<'_>, name: &str) -> String {
    let names = attribute_names(x);
    no_attribute(x.get_type(), name, names.iter().map(String::as_str))
}

fn no_attribute<'a>(type_name: &str, name: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let message = format!("{type_name} has no .{name} field or method");
    match nearest(name, names) {
        Some(nearest) => format!("{message} (did you mean .{nearest}?)"),
        None => message,
    }
}

thread_local! {
    /// The attributes of the value the crate asked last for them. It asks just before it reports
    /// that one is missing, and its error keeps the value's type only.
    static ASKED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Keeps the attributes of a value for [`missing_attribute`].
pub(crate) fn remember_attributes(names: &[String]) {
    ASKED.with(|asked| asked.replace(names.to_vec()));
}

/// [`attr_error`] for an error of the crate, which tells only the type.
#[cold]
pub(crate) fn missing_attribute(type_name: &str, name: &str) -> String {
    if matches!(type_name, "struct" | "module") || type_name.starts_with('@') {
        let names = ASKED.with(RefCell::take);
        return no_attribute(type_name, name, names.iter().map(String::as_str));
    }
    no_attribute(type_name, name, method_names(type_name))
}
