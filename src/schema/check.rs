//! Values against a schema: what is missing is filled in, what does not fit is reported.
//!
//! Source of the rules: the reference's `pkg/schema/assign.go` and `check.go`. Collections of the
//! wrong kind are reported alone, before anything else is looked at.

use std::sync::Arc;

use super::report::Violation;
use super::types::{Kind, Scalar, Slot, Type, name_of};
use crate::engine::builtins::{nearest, quote};
use crate::yaml::{Array, FileTable, Known, Map, MapItem, Node, Pos, go_text};

/// Up to how many keys a message lists.
const MAX_LISTED_KEYS: usize = 9;

/// A value with what the schema adds to it. `pos` is the place of what holds the value. What is `known`
/// conforms already, in the same place.
///
/// # Errors
/// All violations.
pub(crate) fn conform<R>(
    value_type: &Type<R>,
    value: &Node,
    known: Known<'_>,
    pos: Pos,
    files: &FileTable,
) -> Result<Node, Vec<Violation>> {
    let mut check = Check { files, violations: Vec::new() };
    let filled = check.fill(value_type, value, known, None).unwrap_or_else(|| value.clone());
    if check.violations.is_empty() {
        check.value(value_type, &filled, known, Place { pos, key: None, is_start: true });
    }
    if check.violations.is_empty() { Ok(filled) } else { Err(check.violations) }
}

struct Check<'a> {
    files: &'a FileTable,
    violations: Vec<Violation>,
}

/// What holds a value.
#[derive(Clone, Copy)]
struct Place<'a> {
    pos: Pos,
    /// The key of a map's item.
    key: Option<&'a Node>,
    /// The place is that of a whole text, not of an item in it.
    is_start: bool,
}

impl Place<'_> {
    /// The item, as messages show one that no file holds.
    fn computed(&self, value: &Node) -> Option<String> {
        if self.pos != Pos::COMPUTED {
            return None;
        }
        let start = self.key.map_or_else(|| "-".to_owned(), |key| format!("{}:", shown(key)));
        let value = match value {
            Node::Str(text) => quote(text.as_bytes()),
            Node::Map(_) | Node::Array(_) => name_of(value).to_owned(),
            scalar => shown(scalar),
        };
        Some(format!("{start} {value}"))
    }
}

impl Check<'_> {
    fn mismatch<R>(&mut self, expected: &Type<R>, value: &Node, place: Place<'_>) {
        let name = if expected.pos.is_known() { expected.name() } else { "" };
        self.violations.push(Violation {
            pos: place.pos,
            computed: place.computed(value),
            is_start: place.is_start,
            found: name_of(value).to_owned(),
            expected: format!("{name} (by {})", self.files.show(expected.pos)),
            ..Violation::default()
        });
    }

    /// A collection with what is missing in it; none if nothing is. `holder` is the place of the
    /// item it belongs to.
    fn fill<R>(
        &mut self,
        expected: &Type<R>,
        value: &Node,
        known: Known<'_>,
        holder: Option<Pos>,
    ) -> Option<Node> {
        if known.is(value) {
            return None;
        }
        match (&expected.kind, value) {
            (Kind::Any { .. }, _) => None,
            (Kind::Nullable(inner), value) => self.fill(inner, value, known, holder),
            (Kind::Map(slots), Node::Map(map)) => self.fill_map(slots, map, known),
            (Kind::Array { item, .. }, Node::Array(array)) => self.fill_array(item, array, known),
            (_, Node::Map(map)) => self.wrong_collection(expected, value, map.pos, holder),
            (_, Node::Array(array)) => self.wrong_collection(expected, value, array.pos, holder),
            _ => None,
        }
    }

    fn wrong_collection<R>(
        &mut self,
        expected: &Type<R>,
        value: &Node,
        pos: Pos,
        holder: Option<Pos>,
    ) -> Option<Node> {
        // Collections stand where their item stands, those that are a whole text at its start.
        self.mismatch(expected, value, Place { pos, key: None, is_start: holder != Some(pos) });
        None
    }

    fn fill_map<R>(&mut self, slots: &[Slot<R>], map: &Map, known: Known<'_>) -> Option<Node> {
        let mut found = vec![false; slots.len()];
        let mut filled: Vec<(usize, Node)> = Vec::new();
        for (index, item) in map.items.iter().enumerate() {
            let Some(at) = position(slots, &item.key, index) else {
                continue;
            };
            if let (Some(slot), Some(found)) = (slots.get(at), found.get_mut(at)) {
                *found = true;
                let known = known.map_item(index, &item.key);
                let value = self.fill(&slot.value, &item.value, known, Some(item.pos));
                filled.extend(value.map(|value| (index, value)));
            }
        }
        let missing = slots.iter().zip(&found).filter(|(_, found)| !**found).map(|(slot, _)| slot);
        let missing: Vec<MapItem> = missing.map(Slot::default_item).collect();
        if filled.is_empty() && missing.is_empty() {
            return None;
        }
        let mut map = map.clone();
        for (index, value) in filled {
            if let Some(item) = map.items.get_mut(index) {
                item.value = value;
            }
        }
        map.items.extend(missing);
        Some(Node::Map(Arc::new(map)))
    }

    fn fill_array<R>(&mut self, slot: &Slot<R>, array: &Array, known: Known<'_>) -> Option<Node> {
        let mut filled: Vec<(usize, Node)> = Vec::new();
        for (index, item) in array.items.iter().enumerate() {
            let value = self.fill(&slot.value, &item.value, known.item(index), Some(item.pos));
            filled.extend(value.map(|value| (index, value)));
        }
        if filled.is_empty() {
            return None;
        }
        let mut array = array.clone();
        for (index, value) in filled {
            if let Some(item) = array.items.get_mut(index) {
                item.value = value;
            }
        }
        Some(Node::Array(Arc::new(array)))
    }

    /// A value whose collections are of the right kinds.
    fn value<R>(&mut self, expected: &Type<R>, value: &Node, known: Known<'_>, place: Place<'_>) {
        if known.is(value) {
            return;
        }
        match (&expected.kind, value) {
            (Kind::Any { .. }, _) | (Kind::Nullable(_), Node::Null) => {}
            (Kind::Nullable(inner), value) => self.value(inner, value, known, place),
            (Kind::Scalar { scalar, .. }, value)
                if Scalar::of(value).is_some_and(|found| scalar.admits(found)) => {}
            (Kind::Map(slots), Node::Map(map)) => {
                for (index, item) in map.items.iter().enumerate() {
                    if position(slots, &item.key, index).is_none() {
                        self.unknown_key(item, slots, expected.pos);
                    }
                }
                for (index, item) in map.items.iter().enumerate() {
                    if let Some(slot) = slot_of(slots, &item.key, index) {
                        let place = Place { pos: item.pos, key: Some(&item.key), is_start: false };
                        self.value(&slot.value, &item.value, known.map_item(index, &item.key), place);
                    }
                }
            }
            (Kind::Array { item: slot, .. }, Node::Array(array)) => {
                for (index, item) in array.items.iter().enumerate() {
                    let place = Place { pos: item.pos, key: None, is_start: false };
                    self.value(&slot.value, &item.value, known.item(index), place);
                }
            }
            (_, value) => self.mismatch(expected, value, place),
        }
    }

    fn unknown_key<R>(&mut self, item: &MapItem, slots: &[Slot<R>], declared: Pos) {
        let key = shown(&item.key);
        let mut keys: Vec<String> = slots.iter().map(|slot| go_text(&slot.key)).collect();
        keys.sort();
        let place = self.files.show(declared);
        let expected = match keys.as_slice() {
            [only] => format!("a map item with the key named \"{only}\" (from {place})"),
            [_, ..] if keys.len() <= MAX_LISTED_KEYS => {
                format!("one of {{ {} }} (from {place})", keys.join(", "))
            }
            _ => format!("a key declared in map (from {place})"),
        };
        let near = nearest(&key, keys.iter().map(String::as_str));
        self.violations.push(Violation {
            pos: item.pos,
            computed: Place { pos: item.pos, key: Some(&item.key), is_start: false }.computed(&item.value),
            description: "Given data value is not declared in schema".to_owned(),
            hints: near.map(|near| format!("did you mean \"{near}\"?")).into_iter().collect(),
            found: key,
            expected,
            ..Violation::default()
        });
    }
}

/// The slot of the item with this key at this index of a map.
pub(super) fn slot_of<'a, R>(slots: &'a [Slot<R>], key: &Node, index: usize) -> Option<&'a Slot<R>> {
    slots.get(position(slots, key, index)?)
}

/// The slot of a key. Values are mostly in the order of their schema, so that place comes first.
fn position<R>(slots: &[Slot<R>], key: &Node, likely: usize) -> Option<usize> {
    if slots.get(likely).is_some_and(|slot| slot.key == *key) {
        return Some(likely);
    }
    slots.iter().position(|slot| slot.key == *key)
}

/// A scalar as Go's `%v` prints it.
fn shown(key: &Node) -> String {
    match key {
        Node::Int(i) => i.to_string(),
        Node::Uint(u) => u.to_string(),
        Node::Bool(b) => b.to_string(),
        Node::Float(f) => f.to_string(),
        Node::Null => "<nil>".to_owned(),
        other => go_text(other),
    }
}
