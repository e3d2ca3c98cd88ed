//! Array items over an array.

use starlark::values::Value;

use super::apply::{Overlay, check_holds, item_matcher};
use super::array_index::ArrayIndex;
use super::count::Expectation;
use super::matcher::{self, Side, Subject};
use super::nearest::{self, Candidate};
use super::rules::{MATCH, Match, Operation, Rules};
use super::trouble::{Outcome, Trouble, unless_conditional};
use crate::yaml::{Array, ArrayItem, Node, Pos};

impl<'v> Overlay<'_, 'v, '_, '_> {
    pub(super) fn apply_array(
        &mut self,
        left: &mut Array,
        right: &Array,
        defaults: Expectation<'v>,
    ) -> Outcome<()> {
        let mut index = ArrayIndex::new(left.items.len(), right.items.len());
        for item in &right.items {
            self.apply_array_item(&mut left.items, &mut index, item, defaults)
                .map_err(|trouble| trouble.within(&format!("Array item on line {}", self.place(item.pos))))?;
        }
        Ok(())
    }

    fn apply_array_item(
        &mut self,
        items: &mut Vec<ArrayItem>,
        index: &mut ArrayIndex,
        item: &ArrayItem,
        defaults: Expectation<'v>,
    ) -> Outcome<()> {
        let rules = self.rules(&item.notes, &item.value);
        match rules.operation()? {
            Operation::Merge => self.merge_array_item(items, index, item, &rules, defaults),
            Operation::Remove => {
                let matching = rules.array_item_match(defaults)?;
                let mut places = self
                    .find_array_items(items, index, item, &matching)?
                    .unwrap_or_default()
                    .into_iter()
                    .peekable();
                let mut at = 0;
                if places.peek().is_some() {
                    index.moved();
                }
                items.retain(|_| {
                    let keep = places.next_if_eq(&at).is_none();
                    at += 1;
                    keep
                });
                Ok(())
            }
            Operation::Replace => self.replace_array_item(items, index, item, &rules, defaults),
            Operation::Insert => self.insert_array_item(items, index, item, &rules, defaults),
            Operation::Append => {
                items.push(item.clone());
                index.changed(items.len() - 1, items);
                Ok(())
            }
            Operation::Assert => self.assert_array_item(items, index, item, &rules, defaults),
        }
    }

    fn merge_array_item(
        &mut self,
        items: &mut Vec<ArrayItem>,
        index: &mut ArrayIndex,
        item: &ArrayItem,
        rules: &Rules<'v>,
        defaults: Expectation<'v>,
    ) -> Outcome<()> {
        let below = rules.child_defaults(defaults)?;
        let matching = rules.array_item_match(defaults)?;
        let Some(places) = self.find_array_items(items, index, item, &matching)? else {
            return Ok(());
        };
        if places.is_empty() {
            items.push(item.clone());
            index.changed(items.len() - 1, items);
        }
        for place in places {
            let Some(old) = items.get_mut(place) else {
                continue;
            };
            if matches!(old.value, Node::Null) || self.apply(&mut old.value, &item.value, below)? {
                old.value = item.value.clone();
                old.pos = item.pos;
            }
            index.changed(place, items);
        }
        Ok(())
    }

    fn replace_array_item(
        &mut self,
        items: &mut Vec<ArrayItem>,
        index: &mut ArrayIndex,
        item: &ArrayItem,
        rules: &Rules<'v>,
        defaults: Expectation<'v>,
    ) -> Outcome<()> {
        let matching = rules.array_item_match(defaults)?;
        let replace = rules.replace()?;
        let Some(places) = self.find_array_items(items, index, item, &matching)? else {
            return Ok(());
        };
        if places.is_empty() && replace.or_add {
            let value = self.value_via(replace.via, &Node::Null, &item.value)?;
            check_holds("array item", &value)?;
            items.push(ArrayItem { value, ..item.clone() });
            index.changed(items.len() - 1, items);
        }
        for place in places {
            if let Some(old) = items.get_mut(place) {
                let value = self.value_via(replace.via, &old.value, &item.value)?;
                check_holds("array item", &value)?;
                *old = ArrayItem { value, ..item.clone() };
            }
            index.changed(place, items);
        }
        Ok(())
    }

    fn insert_array_item(
        &mut self,
        items: &mut Vec<ArrayItem>,
        index: &mut ArrayIndex,
        item: &ArrayItem,
        rules: &Rules<'v>,
        defaults: Expectation<'v>,
    ) -> Outcome<()> {
        let matching = rules.array_item_match(defaults)?;
        let Some(places) = self.find_array_items(items, index, item, &matching)? else {
            return Ok(());
        };
        let insert = rules.insert()?;
        index.moved();
        let mut places = places.into_iter().peekable();
        let old_items = std::mem::take(items);
        for (at, old) in old_items.into_iter().enumerate() {
            if places.next_if_eq(&at).is_none() {
                items.push(old);
                continue;
            }
            let value = self.value_via(insert.via, &old.value, &item.value)?;
            check_holds("array item", &value)?;
            let new = ArrayItem { value, ..item.clone() };
            if insert.before {
                items.push(new.clone());
            }
            items.push(old);
            if insert.after {
                items.push(new);
            }
        }
        Ok(())
    }

    fn assert_array_item(
        &mut self,
        items: &mut [ArrayItem],
        index: &mut ArrayIndex,
        item: &ArrayItem,
        rules: &Rules<'v>,
        defaults: Expectation<'v>,
    ) -> Outcome<()> {
        let below = rules.child_defaults(defaults)?;
        let matching = rules.array_item_match(defaults)?;
        let via = rules.assert()?;
        for place in self.find_array_items(items, index, item, &matching)?.unwrap_or_default() {
            if let Some(old) = items.get_mut(place) {
                self.assert(via, &old.value, &item.value)?;
                self.apply(&mut old.value, &item.value, below)?;
            }
            index.changed(place, items);
        }
        Ok(())
    }

    /// The indexes of the items that match; `None` if they are not as many as `when` asks for.
    fn find_array_items(
        &mut self,
        items: &[ArrayItem],
        index: &mut ArrayIndex,
        item: &ArrayItem,
        matching: &Match<'v>,
    ) -> Outcome<Option<Vec<usize>>> {
        if matching.nothing {
            return Ok(Some(Vec::new()));
        }
        let Some(by) = item_matcher(matching, self.heap())? else {
            return Err(Trouble::new(format!(
                "Expected '{MATCH}' annotation keyword argument 'by' to be specified"
            )));
        };
        let known = matcher::map_key(by).and_then(|key| index.places(key, &item.value, items));
        let places = match known {
            Some(places) => places,
            None => self.search_array(items, item, by)?,
        };
        let found: Vec<Pos> = places.iter().filter_map(|place| Some(items.get(*place)?.pos)).collect();
        let checked = matching.count.check(&found, self).map_err(|trouble| {
            if !places.is_empty() {
                return trouble;
            }
            let left = items.iter().map(|item| Candidate { pos: item.pos, key: None, value: &item.value });
            let left: Vec<Candidate<'_>> = left.collect();
            let place = |pos| self.place(pos);
            trouble.help(|| nearest::candidates("item", by, &item.value, &left, place, self.heap()))
        });
        unless_conditional(checked.map(|()| places))
    }

    /// The indexes of the items that match, asking for each.
    fn search_array(&mut self, items: &[ArrayItem], item: &ArrayItem, by: Value<'v>) -> Outcome<Vec<usize>> {
        let mut subject = Subject::search(&item.value);
        let mut places = Vec::new();
        for (index, old) in items.iter().enumerate() {
            subject.key = Side::of_index(index);
            subject.old = Side::of_node(&old.value);
            if matcher::test(by, &mut subject, self.eval)? {
                places.push(index);
            }
        }
        Ok(places)
    }
}
