//! Changing lists and dicts, with starlark-go's messages for those that are frozen or being iterated
//! over. Lists can be changed only by the crate's own methods, so these are called.

use starlark::collections::Hashed;
use starlark::eval::Evaluator;
use starlark::values::dict::{DictMut, DictRef};
use starlark::values::list::{AllocList, ListRef};
use starlark::values::tuple::TupleRef;
use starlark::values::{Value, ValueError};

use super::access::position;
use super::call::invoke;
use super::iteration::length;
use super::numbers::as_int32;
use crate::engine::{NativeError, NativeResult};
use crate::limits::{check_elements, spend_memory};

/// How deep tuples may nest in a key: the crate hashes them by recursion.
const MAX_KEY_DEPTH: usize = 200;

/// The bytes that an entry of a dict takes, about.
pub(crate) const ENTRY_BYTES: usize = 40;

/// A value as a key. Fails for those that cannot be one.
pub fn hashed<'v>(value: Value<'v>) -> NativeResult<Hashed<Value<'v>>> {
    check_depth(value, 0)?;
    value.get_hashed().map_err(|_| unhashable(value))
}

fn check_depth(value: Value<'_>, depth: usize) -> NativeResult<()> {
    let Some(tuple) = TupleRef::from_value(value) else {
        return Ok(());
    };
    if depth > MAX_KEY_DEPTH {
        return Err(NativeError::new(format!("key of tuples nested deeper than {MAX_KEY_DEPTH} levels")));
    }
    tuple.iter().try_for_each(|part| check_depth(part, depth + 1))
}

/// The error for a value that cannot be a key; it names the part at fault.
#[cold]
fn unhashable(value: Value<'_>) -> NativeError {
    let tuple = TupleRef::from_value(value);
    if let Some(part) = tuple.and_then(|tuple| tuple.iter().find(|part| part.get_hashed().is_err())) {
        return unhashable(part);
    }
    NativeError::new(match value.get_type() {
        name @ ("range" | "elems" | "codepoints" | "module") => format!("unhashable: {name}"),
        // ytt's own objects are structs here.
        name if name.starts_with('@') => "unhashable type: struct".to_owned(),
        name => format!("unhashable type: {name}"),
    })
}

/// Why a list or dict cannot be changed, if it is because of its state.
enum Locked {
    Frozen,
    Iterated,
}

impl Locked {
    fn of(error: &anyhow::Error) -> Option<Locked> {
        match error.downcast_ref::<ValueError>() {
            Some(ValueError::CannotMutateImmutableValue) => Some(Locked::Frozen),
            Some(ValueError::MutationDuringIteration) => Some(Locked::Iterated),
            _ => None,
        }
    }

    fn of_starlark(error: &starlark::Error) -> Option<Locked> {
        use starlark::ErrorKind;
        match error.kind() {
            ErrorKind::Other(inner)
            | ErrorKind::Value(inner)
            | ErrorKind::Function(inner)
            | ErrorKind::Native(inner) => Locked::of(inner),
            _ => None,
        }
    }

    fn message(self, verb: &str, what: &str) -> NativeError {
        NativeError::new(match self {
            Locked::Frozen => format!("cannot {verb} frozen {what}"),
            Locked::Iterated => format!("cannot {verb} {what} during iteration"),
        })
    }
}

/// Calls a method of the crate's lists. `verb` says what for: `append to`.
pub(crate) fn change_list<'v>(
    list: Value<'v>,
    crate_method: &str,
    args: &[Value<'v>],
    verb: &str,
    eval: &mut Evaluator<'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let grows = match (crate_method, args) {
        ("extend", [more]) => length(*more).unwrap_or_default(),
        ("append" | "insert", _) => 1,
        _ => 0,
    };
    check_elements(length(list).unwrap_or_default().saturating_add(grows), grows)?;
    let method = list.get_attr_error(crate_method, eval.heap())?;
    invoke(method, args, &[], eval).map_err(|error| match Locked::of_starlark(&error) {
        Some(locked) => locked.message(verb, "list"),
        None => error.into(),
    })
}

/// Fails if a list cannot be changed now.
pub(crate) fn check_list<'v>(
    list: Value<'v>,
    verb: &str,
    eval: &mut Evaluator<'v, '_, '_>,
) -> NativeResult<()> {
    let nothing = eval.heap().alloc(AllocList::EMPTY);
    change_list(list, "extend", &[nothing], verb, eval).map(drop)
}

/// A dict to change. `verb` says what for: `insert into`.
pub(crate) fn dict_mut<'v>(dict: Value<'v>, verb: &str) -> NativeResult<DictMut<'v>> {
    DictMut::from_value(dict).map_err(|error| match Locked::of(&error) {
        Some(locked) => locked.message(verb, "hash table"),
        None => NativeError::new(error.to_string()),
    })
}

/// `dict[key] = value`.
pub(crate) fn insert<'v>(dict: Value<'v>, key: Value<'v>, value: Value<'v>) -> NativeResult<()> {
    let mut dict = dict_mut(dict, "insert into")?;
    let key = hashed(key)?;
    spend_memory(ENTRY_BYTES)?;
    dict.aref.insert_hashed(key, value);
    Ok(())
}

/// `x[index] = value`.
pub fn set_index<'v>(x: Value<'v>, index: Value<'v>, value: Value<'v>) -> NativeResult<()> {
    if DictRef::from_value(x).is_some() {
        return insert(x, index, value);
    }
    if let Some(list) = ListRef::from_value(x) {
        position(as_int32(index)?, list.len(), x)?;
        return x.set_at(index, value).map_err(|error| match Locked::of_starlark(&error) {
            Some(locked) => locked.message("assign to element of", "list"),
            None => error.into(),
        });
    }
    Err(NativeError::new(match x.get_type() {
        "yamlfragment" => "yamlfragment.SetKey: Not implemented".to_owned(),
        other => format!("{other} value does not support item assignment"),
    }))
}
