//! Array items by the text under a key: long arrays whose items are matched `by` a key's name.

use std::collections::HashMap;

use super::matcher::value_of;
use crate::yaml::{ArrayItem, Node, Text};

/// How many comparisons of items are cheaper than an index of them.
const INDEX_FROM: usize = 2000;

/// The items of an array while others are put over them.
pub(super) struct ArrayIndex {
    keys: Vec<Key>,
    /// There are many items on both sides, and those on the left stay where they are.
    is_useful: bool,
}

/// The places of the items by their text under one key, which all of them have.
struct Key {
    name: Text,
    places: HashMap<Text, Vec<usize>>,
    texts: Vec<Text>,
}

impl ArrayIndex {
    pub(super) fn new(left: usize, right: usize) -> ArrayIndex {
        ArrayIndex { keys: Vec::new(), is_useful: left.saturating_mul(right) > INDEX_FROM }
    }

    /// The places, in order, of the items that have the same under the key as `new`; `None` if only a
    /// search can tell, or fail.
    pub(super) fn places(&mut self, name: &Text, new: &Node, items: &[ArrayItem]) -> Option<Vec<usize>> {
        if !self.is_useful {
            return None;
        }
        let Ok(Node::Str(text)) = value_of(new, name) else {
            return None;
        };
        if !self.keys.iter().any(|key| key.name == *name) {
            self.keys.push(Key::new(name, items)?);
        }
        let key = self.keys.iter().find(|key| key.name == *name)?;
        Some(key.places.get(text).cloned().unwrap_or_default())
    }

    /// To be called when an item has changed, or has been added at the end.
    pub(super) fn changed(&mut self, place: usize, items: &[ArrayItem]) {
        if let Some(item) = items.get(place) {
            self.keys.retain_mut(|key| key.update(place, item).is_some());
        }
    }

    /// To be called when items get other places.
    pub(super) fn moved(&mut self) {
        self.keys.clear();
        self.is_useful = false;
    }
}

impl Key {
    fn new(name: &Text, items: &[ArrayItem]) -> Option<Key> {
        let mut key = Key { name: name.clone(), places: HashMap::new(), texts: Vec::new() };
        items.iter().enumerate().try_for_each(|(place, item)| key.update(place, item))?;
        Some(key)
    }

    /// Takes note of what stands at a place; `None` if it has no text under the key.
    fn update(&mut self, place: usize, item: &ArrayItem) -> Option<()> {
        let Ok(Node::Str(new)) = value_of(&item.value, &self.name) else {
            return None;
        };
        match self.texts.get_mut(place) {
            Some(old) if old == new => return Some(()),
            Some(old) => {
                if let Some(places) = self.places.get_mut(old) {
                    places.retain(|other| *other != place);
                }
                *old = new.clone();
            }
            None => self.texts.push(new.clone()),
        }
        let places = self.places.entry(new.clone()).or_default();
        places.insert(places.partition_point(|other| *other < place), place);
        Some(())
    }
}
