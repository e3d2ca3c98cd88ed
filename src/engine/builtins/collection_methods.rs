//! The methods of lists, dicts and sets.

use starlark::eval::Evaluator;
use starlark::values::dict::DictRef;
use starlark::values::list::{AllocList, ListRef};
use starlark::values::tuple::AllocTuple;
use starlark::values::{Heap, Value};

use super::access::{indices, out_of_range};
use super::compare::position;
use super::iteration::{iterate, length};
use super::mutation::{change_list, check_list, dict_mut, hashed, insert as insert_key};
use super::unpack::{int_arg, iterable_arg};
use crate::engine::values::Set;
use crate::engine::{Args, NativeError, NativeResult};

type Eval<'x, 'v, 'a, 'e> = &'x mut Evaluator<'v, 'a, 'e>;

fn fail<T>(message: impl Into<String>) -> NativeResult<T> {
    Err(NativeError::new(message))
}

fn content<'v>(list: Value<'v>) -> &'v [Value<'v>] {
    ListRef::from_value(list).map(|list| list.content()).unwrap_or_default()
}

pub(crate) fn append<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let [object] = args.unpack_positional::<1>("append", 1)?;
    change_list(this, "append", &object.into_iter().collect::<Vec<_>>(), "append to", eval)
        .map_err(|error| error.prefix("append"))
}

pub(crate) fn clear_list<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    args.unpack_positional::<0>("clear", 0)?;
    change_list(this, "clear", &[], "clear", eval).map_err(|error| error.prefix("clear"))
}

pub(crate) fn extend<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let [iterable] = args.unpack_positional::<1>("extend", 1)?;
    let iterable = iterable.unwrap_or_default();
    drop(iterable_arg("extend", 1, iterable, eval.heap())?);
    change_list(this, "extend", &[iterable], "extend", eval).map_err(|error| error.prefix("extend"))
}

pub(crate) fn index<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let [value, start, end] = args.unpack_positional::<3>("index", 1)?;
    let content = content(this);
    let len = i64::try_from(content.len()).unwrap_or(i64::MAX);
    let (start, end) = indices(start, end, len).map_err(|error| error.prefix("index"))?;
    let value = value.unwrap_or_default();
    let (start, end) = (usize::try_from(start).unwrap_or(0), usize::try_from(end).unwrap_or(0));
    let searched = content.get(start..end).unwrap_or_default();
    match position(value, searched).map_err(|error| error.prefix("index"))? {
        Some(at) => Ok(eval.heap().alloc(start + at)),
        None => fail("index: value not in list"),
    }
}

pub(crate) fn insert<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let [index, object] = args.unpack_positional::<2>("insert", 2)?;
    let (index, object) = (index.unwrap_or_default(), object.unwrap_or_default());
    int_arg("insert", 1, index)?;
    change_list(this, "insert", &[index, object], "insert into", eval).map_err(|error| error.prefix("insert"))
}

pub(crate) fn pop_list<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let [index] = args.unpack_positional::<1>("pop", 0)?;
    let len = content(this).len();
    let index = index.map_or(Ok(-1), |index| int_arg("pop", 1, index))?;
    let place = if index < 0 { i64::from(index) + len as i64 } else { index.into() };
    if place < 0 || place >= len as i64 {
        return Err(out_of_range(index, len, this).prefix("pop"));
    }
    let place = eval.heap().alloc(place);
    change_list(this, "pop", &[place], "pop from", eval).map_err(|error| error.prefix("pop"))
}

pub(crate) fn remove<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let [value] = args.unpack_positional::<1>("remove", 1)?;
    let value = value.unwrap_or_default();
    check_list(this, "remove from", eval).map_err(|error| error.prefix("remove"))?;
    let Some(at) = position(value, content(this)).map_err(|error| error.prefix("remove"))? else {
        return fail("remove: element not found");
    };
    let at = eval.heap().alloc(at);
    change_list(this, "pop", &[at], "remove from", eval)?;
    Ok(Value::new_none())
}

/// Looks a key up.
fn lookup<'v>(dict: Value<'v>, key: Value<'v>, method: &str) -> NativeResult<Option<Value<'v>>> {
    match DictRef::from_value(dict) {
        Some(dict) => Ok(dict.get_hashed(hashed(key).map_err(|error| error.prefix(method))?)),
        None => Ok(None),
    }
}

fn pairs<'v>(dict: Value<'v>) -> Vec<(Value<'v>, Value<'v>)> {
    DictRef::from_value(dict).map(|dict| dict.iter().collect()).unwrap_or_default()
}

pub(crate) fn get<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    _eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let [key, default] = args.unpack_positional::<2>("get", 1)?;
    let found = lookup(this, key.unwrap_or_default(), "get")?;
    Ok(found.or(default).unwrap_or_default())
}

pub(crate) fn clear_dict<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    _eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    args.unpack_positional::<0>("clear", 0)?;
    dict_mut(this, "clear")?.aref.clear();
    Ok(Value::new_none())
}

pub(crate) fn items<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    args.unpack_positional::<0>("items", 0)?;
    let heap = eval.heap();
    let items = pairs(this).into_iter().map(|(key, value)| heap.alloc(AllocTuple([key, value])));
    Ok(heap.alloc(AllocList(items)))
}

pub(crate) fn keys<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    args.unpack_positional::<0>("keys", 0)?;
    Ok(eval.heap().alloc(AllocList(pairs(this).into_iter().map(|(key, _)| key))))
}

pub(crate) fn values<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    args.unpack_positional::<0>("values", 0)?;
    Ok(eval.heap().alloc(AllocList(pairs(this).into_iter().map(|(_, value)| value))))
}

pub(crate) fn pop_dict<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    _eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let [key, default] = args.unpack_positional::<2>("pop", 1)?;
    delete(this, key.unwrap_or_default(), "pop")?
        .or(default)
        .ok_or_else(|| NativeError::new("pop: missing key"))
}

fn delete<'v>(dict: Value<'v>, key: Value<'v>, method: &str) -> NativeResult<Option<Value<'v>>> {
    let mut dict = dict_mut(dict, "delete from").map_err(|error| error.prefix(method))?;
    let key = hashed(key).map_err(|error| error.prefix(method))?;
    Ok(dict.aref.remove_hashed(key))
}

pub(crate) fn popitem<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    args.unpack_positional::<0>("popitem", 0)?;
    let first = DictRef::from_value(this).and_then(|dict| dict.keys().next());
    let Some(key) = first else {
        return fail("popitem: empty dict");
    };
    let value = delete(this, key, "popitem")?.unwrap_or_default();
    Ok(eval.heap().alloc(AllocTuple([key, value])))
}

pub(crate) fn setdefault<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    _eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let [key, default] = args.unpack_positional::<2>("setdefault", 1)?;
    let key = key.unwrap_or_default();
    if let Some(found) = lookup(this, key, "setdefault")? {
        return Ok(found);
    }
    let default = default.unwrap_or_default();
    insert_key(this, key, default).map_err(|error| error.prefix("setdefault"))?;
    Ok(default)
}

pub(crate) fn update<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    update_dict(this, "update", args, eval.heap())?;
    Ok(Value::new_none())
}

/// What `dict(...)` and `dict.update` do.
pub(crate) fn update_dict<'v>(
    dict: Value<'v>,
    function: &str,
    args: &Args<'v>,
    heap: Heap<'v>,
) -> NativeResult<()> {
    if args.positional.len() > 1 {
        let given = args.positional.len();
        return fail(format!("{function}: got {given} arguments, want at most 1"));
    }
    let added = args.get(0).map_or(Ok(()), |updates| add_items(dict, updates, heap));
    let added = added.and_then(|()| {
        args.named
            .iter()
            .try_for_each(|(name, value)| insert_key(dict, heap.alloc_str(name).to_value(), *value))
    });
    added.map_err(|error| error.prefix(function))
}

fn add_items<'v>(dict: Value<'v>, updates: Value<'v>, heap: Heap<'v>) -> NativeResult<()> {
    if let Some(items) = mapping_items(updates, heap)? {
        return items.into_iter().try_for_each(|(key, value)| insert_key(dict, key, value));
    }
    let Some(updates) = iterate(updates, heap) else {
        return fail(format!("got {}, want iterable", updates.get_type()));
    };
    for (index, pair) in updates.enumerate() {
        let element = format!("dictionary update sequence element #{index}");
        let Some(mut parts) = iterate(pair, heap) else {
            return fail(format!("{element} is not iterable ({})", pair.get_type()));
        };
        match length(pair) {
            None => return fail(format!("{element} has unknown length ({})", pair.get_type())),
            Some(2) => {}
            Some(len) => return fail(format!("{element} has length {len}, want 2")),
        }
        if let (Some(key), Some(value)) = (parts.next(), parts.next()) {
            insert_key(dict, key, value)?;
        }
    }
    Ok(())
}

/// The keys and values of a mapping; `None` for other values.
pub(crate) fn mapping_items<'v>(
    value: Value<'v>,
    heap: Heap<'v>,
) -> NativeResult<Option<Vec<(Value<'v>, Value<'v>)>>> {
    if let Some(dict) = DictRef::from_value(value) {
        return Ok(Some(dict.iter().collect()));
    }
    if let Some(fields) = crate::engine::values::Struct::from_value(value) {
        let field = |index| {
            let name = heap.alloc_str(fields.name(index)?).to_value();
            Some((name, fields.value(index, heap)?))
        };
        return Ok(Some((0..fields.len()).filter_map(field).collect()));
    }
    match crate::engine::values::Fragment::from_value(value) {
        Some(fragment) => fragment.pairs(heap).map(Some),
        None => Ok(None),
    }
}

pub(crate) fn union<'v>(
    this: Value<'v>,
    args: &Args<'v>,
    eval: Eval<'_, 'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let [iterable] = args.unpack_positional::<1>("union", 0)?;
    let mut set = Set::new();
    let mut insert = |element: Value<'v>| set.insert(element).map_err(|error| error.prefix("union"));
    if let Some(this) = Set::from_value(this) {
        this.iter().try_for_each(&mut insert)?;
    }
    if let Some(iterable) = iterable {
        iterable_arg("union", 1, iterable, eval.heap())?.try_for_each(&mut insert)?;
    }
    Ok(set.alloc(eval.heap()))
}
