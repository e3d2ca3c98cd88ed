//! Map items over a map.

use std::collections::HashMap;

use super::apply::{Overlay, check_holds, item_matcher};
use super::count::Expectation;
use super::matcher::{self, Side, Subject};
use super::nearest::{self, Candidate};
use super::rules::{Match, Operation, Rules};
use super::tree;
use super::trouble::{Outcome, Trouble, unless_conditional};
use crate::yaml::{Map, MapItem, Node, Pos, Text};

/// How many comparisons of keys are cheaper than an index of them.
const INDEX_FROM: usize = 2000;

/// The items of a map while others are put over them: removed ones leave a hole.
struct Items {
    slots: Vec<Option<MapItem>>,
    /// The places of the text keys, where there are many. A place may meanwhile be a hole or hold
    /// another key.
    index: Option<HashMap<Text, Vec<usize>>>,
    /// Items were put where others of any key matched, or did not.
    any: bool,
}

impl Items {
    fn new(items: Vec<MapItem>, right: usize) -> Items {
        let index = items.len().saturating_mul(right) > INDEX_FROM;
        let mut all = Items { slots: Vec::new(), index: index.then(HashMap::new), any: false };
        if index {
            items.into_iter().for_each(|item| all.push(item));
        } else {
            all.slots = items.into_iter().map(Some).collect();
        }
        all
    }

    fn note(&mut self, key: &Node, place: usize) {
        if let (Some(index), Node::Str(key)) = (&mut self.index, key) {
            let places = index.entry(key.clone()).or_default();
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }

    fn push(&mut self, item: MapItem) {
        self.note(&item.key, self.slots.len());
        self.slots.push(Some(item));
    }

    fn replace(&mut self, place: usize, item: MapItem) {
        self.note(&item.key, place);
        if let Some(slot) = self.slots.get_mut(place) {
            *slot = Some(item);
        }
    }

    fn remove(&mut self, place: usize) {
        if let Some(slot) = self.slots.get_mut(place) {
            *slot = None;
        }
    }

    fn get(&self, place: usize) -> Option<&MapItem> {
        self.slots.get(place)?.as_ref()
    }

    fn get_mut(&mut self, place: usize) -> Option<&mut MapItem> {
        self.slots.get_mut(place)?.as_mut()
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &MapItem)> {
        self.slots.iter().enumerate().filter_map(|(place, item)| Some((place, item.as_ref()?)))
    }

    /// The places of a key, in order.
    fn places(&self, key: &Node) -> Vec<usize> {
        if let (Some(index), Node::Str(text)) = (&self.index, key) {
            let mut places = index.get(text).cloned().unwrap_or_default();
            places.retain(|place| self.get(*place).is_some_and(|item| item.key == *key));
            places.sort_unstable();
            return places;
        }
        self.iter().filter(|(_, item)| item.key == *key).map(|(place, _)| place).collect()
    }
}

impl<'v> Overlay<'_, 'v, '_, '_> {
    pub(super) fn apply_map(
        &mut self,
        left: &mut Map,
        right: &Map,
        defaults: Expectation<'v>,
    ) -> Outcome<()> {
        let mut items = Items::new(std::mem::take(&mut left.items), right.items.len());
        for item in &right.items {
            self.apply_map_item(&mut items, item, defaults).map_err(|trouble| {
                let key = crate::yaml::go_text(&item.key);
                trouble.within(&format!("Map item (key '{key}') on line {}", self.place(item.pos)))
            })?;
        }
        left.items = items.slots.into_iter().flatten().collect();
        if items.any && tree::repeated_in(left).is_some() {
            self.run.note_repeated_keys();
        }
        Ok(())
    }

    fn apply_map_item(
        &mut self,
        items: &mut Items,
        item: &MapItem,
        defaults: Expectation<'v>,
    ) -> Outcome<()> {
        let rules = self.rules(&item.notes, &item.value);
        match rules.operation()? {
            Operation::Merge => self.merge_map_item(items, item, &rules, defaults),
            Operation::Remove => {
                let matching = rules.map_item_match(defaults)?;
                for place in
                    self.find_map_items(items, item, &matching, Operation::Remove)?.unwrap_or_default()
                {
                    items.remove(place);
                }
                Ok(())
            }
            Operation::Replace => self.replace_map_item(items, item, &rules, defaults),
            Operation::Assert => self.assert_map_item(items, item, &rules, defaults),
            operation @ (Operation::Insert | Operation::Append) => {
                let name = operation.name();
                Err(Trouble::new(format!(
                    "Found @{name} on map item ({}); only array items can be annotated with @{name}",
                    self.place(item.pos)
                )))
            }
        }
    }

    fn merge_map_item(
        &mut self,
        items: &mut Items,
        item: &MapItem,
        rules: &Rules<'v>,
        defaults: Expectation<'v>,
    ) -> Outcome<()> {
        let below = rules.child_defaults(defaults)?;
        let matching = rules.map_item_match(defaults)?;
        let Some(places) = self.find_map_items(items, item, &matching, Operation::Merge)? else {
            return Ok(());
        };
        if places.is_empty() {
            items.push(item.clone());
        }
        for place in places {
            let Some(old) = items.get_mut(place) else {
                continue;
            };
            if matches!(old.value, Node::Null) || self.apply(&mut old.value, &item.value, below)? {
                check_holds("map item", &item.value)?;
                old.value = item.value.clone();
                old.pos = item.pos;
            }
        }
        Ok(())
    }

    fn replace_map_item(
        &mut self,
        items: &mut Items,
        item: &MapItem,
        rules: &Rules<'v>,
        defaults: Expectation<'v>,
    ) -> Outcome<()> {
        let matching = rules.map_item_match(defaults)?;
        let replace = rules.replace()?;
        let Some(places) = self.find_map_items(items, item, &matching, Operation::Replace)? else {
            return Ok(());
        };
        if places.is_empty() && replace.or_add {
            let value = self.value_via(replace.via, &Node::Null, &item.value)?;
            check_holds("map item", &value)?;
            items.push(MapItem { value, ..item.clone() });
        }
        for place in places {
            let Some(old) = items.get(place) else {
                continue;
            };
            let value = self.value_via(replace.via, &old.value, &item.value)?;
            check_holds("map item", &value)?;
            items.replace(place, MapItem { value, ..item.clone() });
        }
        Ok(())
    }

    fn assert_map_item(
        &mut self,
        items: &mut Items,
        item: &MapItem,
        rules: &Rules<'v>,
        defaults: Expectation<'v>,
    ) -> Outcome<()> {
        let below = rules.child_defaults(defaults)?;
        let matching = rules.map_item_match(defaults)?;
        let via = rules.assert()?;
        for place in self.find_map_items(items, item, &matching, Operation::Assert)?.unwrap_or_default() {
            if let Some(old) = items.get_mut(place) {
                self.assert(via, &old.value, &item.value)?;
                self.apply(&mut old.value, &item.value, below)?;
            }
        }
        Ok(())
    }

    /// The places of the items that match; `None` if they are not as many as `when` asks for.
    fn find_map_items(
        &mut self,
        items: &mut Items,
        item: &MapItem,
        matching: &Match<'v>,
        operation: Operation,
    ) -> Outcome<Option<Vec<usize>>> {
        let by = item_matcher(matching, self.heap())?;
        let places = match by {
            None => items.places(&item.key),
            Some(by) => {
                items.any = true;
                let mut subject = Subject::search(&item.value);
                let mut places = Vec::new();
                for (place, old) in items.iter() {
                    subject.key = Side::of_node(&old.key);
                    subject.old = Side::of_node(&old.value);
                    if matcher::test(by, &mut subject, self.eval)? {
                        places.push(place);
                    }
                }
                places
            }
        };
        let found: Vec<Pos> = places.iter().filter_map(|place| Some(items.get(*place)?.pos)).collect();
        let checked = matching.count.check(&found, self).map_err(|trouble| {
            if !places.is_empty() {
                return trouble;
            }
            let left = items.iter().map(|(_, old)| Candidate::of_map_item(old));
            let left: Vec<Candidate<'_>> = left.collect();
            let place = |pos| self.place(pos);
            trouble.help(|| match by {
                Some(by) => nearest::candidates("key", by, &item.value, &left, place, self.heap()),
                None => {
                    // What stands in a file can be annotated.
                    let helps = !matching.count.is_said() && item.pos.is_known();
                    nearest::keys(&item.key, &left, helps.then(|| advice(operation)), place)
                }
            })
        });
        unless_conditional(checked.map(|()| places))
    }
}

/// What to do about a key that is not there.
fn advice(operation: Operation) -> &'static str {
    match operation {
        Operation::Merge => "To add the key, put #@overlay/match missing_ok=True above it.",
        Operation::Replace => {
            "To add the key, put #@overlay/match missing_ok=True and #@overlay/replace or_add=True above it."
        }
        _ => "If the key may be missing, put #@overlay/match missing_ok=True above it.",
    }
}
