//! Which methods the built-in types have.

use super::{collection_methods as collections, string_methods as strings};
use crate::engine::Method;

/// A name and what it does.
type Entry = (&'static str, Method);

/// Sorted by name, as the others are.
static STRING: &[Entry] = &[
    ("capitalize", strings::capitalize),
    ("codepoint_ords", strings::codepoint_ords),
    ("codepoints", strings::codepoints),
    ("count", strings::count),
    ("elem_ords", strings::elem_ords),
    ("elems", strings::elems),
    ("endswith", strings::endswith),
    ("find", strings::find),
    ("format", strings::format),
    ("index", strings::index),
    ("isalnum", strings::isalnum),
    ("isalpha", strings::isalpha),
    ("isdigit", strings::isdigit),
    ("islower", strings::islower),
    ("isspace", strings::isspace),
    ("istitle", strings::istitle),
    ("isupper", strings::isupper),
    ("join", strings::join),
    ("lower", strings::lower),
    ("lstrip", strings::lstrip),
    ("partition", strings::partition),
    ("replace", strings::replace),
    ("rfind", strings::rfind),
    ("rindex", strings::rindex),
    ("rpartition", strings::rpartition),
    ("rsplit", strings::rsplit),
    ("rstrip", strings::rstrip),
    ("split", strings::split),
    ("splitlines", strings::splitlines),
    ("startswith", strings::startswith),
    ("strip", strings::strip),
    ("title", strings::title),
    ("upper", strings::upper),
];

static LIST: &[Entry] = &[
    ("append", collections::append),
    ("clear", collections::clear_list),
    ("extend", collections::extend),
    ("index", collections::index),
    ("insert", collections::insert),
    ("pop", collections::pop_list),
    ("remove", collections::remove),
];

static DICT: &[Entry] = &[
    ("clear", collections::clear_dict),
    ("get", collections::get),
    ("items", collections::items),
    ("keys", collections::keys),
    ("pop", collections::pop_dict),
    ("popitem", collections::popitem),
    ("setdefault", collections::setdefault),
    ("update", collections::update),
    ("values", collections::values),
];

static SET: &[Entry] = &[("union", collections::union)];

fn table(type_name: &str) -> &'static [Entry] {
    match type_name {
        "string" => STRING,
        "list" => LIST,
        "dict" => DICT,
        "set" => SET,
        _ => &[],
    }
}

/// The method of a built-in type, with its name.
pub fn method(type_name: &str, name: &str) -> Option<Entry> {
    let table = table(type_name);
    let index = table.binary_search_by(|(entry, _)| (*entry).cmp(name)).ok()?;
    table.get(index).copied()
}

/// The names of the methods of a built-in type, sorted.
pub(crate) fn method_names(type_name: &str) -> impl Iterator<Item = &'static str> {
    table(type_name).iter().map(|(name, _)| *name)
}

/// Whether some built-in type has a method of this name.
pub fn is_method_name(name: &str) -> bool {
    ["string", "list", "dict", "set"].into_iter().any(|type_name| method(type_name, name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        for type_name in ["string", "list", "dict", "set"] {
            assert!(method_names(type_name).is_sorted(), "{type_name}");
        }
    }
}
