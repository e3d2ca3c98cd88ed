//! Buffers of trees that are gone, for the trees to come: a render builds and drops some dozens of
//! collections, and finding room for each anew takes longer than filling it.

use std::cell::RefCell;
use std::sync::Arc;

use super::node::{ArrayItem, MapItem, Node};

/// Buffers of one kind by the power of two that their capacity is.
struct Shelf<T>([Vec<Vec<T>>; CLASSES]);

/// Buffers for up to 32 items are kept.
const CLASSES: usize = 6;

/// Room for fewer items is not worth a size of its own: it is too often outgrown.
const SMALLEST: usize = 4;

/// How many buffers of one size a thread keeps.
const KEPT: usize = 128;

struct Shelves {
    maps: Shelf<MapItem>,
    arrays: Shelf<ArrayItem>,
}

thread_local! {
    static SHELVES: RefCell<Shelves> =
        const { RefCell::new(Shelves { maps: Shelf::new(), arrays: Shelf::new() }) };
}

impl<T> Shelf<T> {
    const fn new() -> Shelf<T> {
        Shelf([const { Vec::new() }; CLASSES])
    }

    fn take(&mut self, capacity: usize) -> Vec<T> {
        if capacity == 0 {
            return Vec::new();
        }
        let capacity = capacity.max(SMALLEST).checked_next_power_of_two().unwrap_or(capacity);
        let class = self.0.get_mut(capacity.trailing_zeros() as usize);
        class.and_then(Vec::pop).unwrap_or_else(|| Vec::with_capacity(capacity))
    }

    /// Keeps an empty buffer.
    fn put(&mut self, buffer: Vec<T>) {
        let capacity = buffer.capacity();
        if capacity.is_power_of_two()
            && let Some(class) = self.0.get_mut(capacity.trailing_zeros() as usize)
            && class.len() < KEPT
        {
            class.push(buffer);
        }
    }
}

/// Room for this many items of a map.
pub(crate) fn map_items(capacity: usize) -> Vec<MapItem> {
    SHELVES
        .try_with(|shelves| shelves.try_borrow_mut().ok().map(|mut shelves| shelves.maps.take(capacity)))
        .ok()
        .flatten()
        .unwrap_or_default()
}

/// Room for this many items of an array.
pub(crate) fn array_items(capacity: usize) -> Vec<ArrayItem> {
    SHELVES
        .try_with(|shelves| shelves.try_borrow_mut().ok().map(|mut shelves| shelves.arrays.take(capacity)))
        .ok()
        .flatten()
        .unwrap_or_default()
}

/// Drops a tree; the buffers of collections that nobody else holds are kept.
pub(crate) fn recycle(node: Node) {
    match node {
        Node::Map(map) => {
            if let Ok(map) = Arc::try_unwrap(map) {
                let mut items = map.items;
                items.iter_mut().for_each(|item| recycle_part(&mut item.value));
                items.clear();
                keep(|shelves| shelves.maps.put(items));
            }
        }
        Node::Array(array) => {
            if let Ok(array) = Arc::try_unwrap(array) {
                let mut items = array.items;
                items.iter_mut().for_each(|item| recycle_part(&mut item.value));
                items.clear();
                keep(|shelves| shelves.arrays.put(items));
            }
        }
        other => drop(other),
    }
}

/// Takes collections out of a tree; the rest goes with what holds it.
fn recycle_part(node: &mut Node) {
    if !node.is_scalar() {
        recycle(std::mem::take(node));
    }
}

/// Does nothing where the thread is at its end.
fn keep(put: impl FnOnce(&mut Shelves)) {
    let _ = SHELVES.try_with(|shelves| {
        if let Ok(mut shelves) = shelves.try_borrow_mut() {
            put(&mut shelves);
        }
    });
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{map_items, recycle};
    use crate::yaml::{Map, MapItem, Node};

    #[test]
    fn a_buffer_comes_back_empty_and_shared_trees_stay() {
        let mut items = map_items(5);
        assert_eq!(items.capacity(), 8);
        items.push(MapItem { key: Node::str("a"), ..MapItem::default() });
        let place = items.as_ptr();
        let map = Arc::new(Map { items, ..Map::default() });
        recycle(Node::Map(Arc::clone(&map)));
        assert_eq!(map.items.len(), 1);
        recycle(Node::Map(map));
        let again = map_items(8);
        assert_eq!((again.len(), again.as_ptr()), (0, place));
    }
}
