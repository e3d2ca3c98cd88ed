//! Values that `overlay.apply` changes where they are.
//!
//! The reference changes its left argument: who holds the same fragment sees the change, nodes it was
//! set as before included. Trees here never change, so the run remembers which collection became
//! which, and the tree of a template is settled when it is complete.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::yaml::{Node, with_changed_items};

/// Which collections became which.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// The old ones are kept, so that their addresses stay theirs.
    made: Vec<(Node, Node)>,
}

impl Changes {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.made.is_empty()
    }

    /// Remembers that the fragment that was `old` is `new` now.
    pub(crate) fn record(&mut self, old: Node, new: Node) {
        if let (Some(before), Some(after)) = (address(&old), address(&new))
            && before != after
        {
            self.made.push((old, new));
        }
    }

    /// A tree with everything in it as it is now.
    pub(crate) fn settle(&self, node: Node) -> Node {
        if self.made.is_empty() {
            return node;
        }
        let pairs = self.made.iter().filter_map(|(old, new)| Some((address(old)?, new)));
        let mut settling = Settling { now: pairs.collect(), known: HashMap::new(), open: HashSet::new() };
        settling.settled(&node).unwrap_or(node)
    }
}

struct Settling<'a> {
    now: HashMap<usize, &'a Node>,
    /// What has been found out about a collection; none if it stays as it is.
    known: HashMap<usize, Option<Node>>,
    /// Collections being looked at: one may have come to hold itself.
    open: HashSet<usize>,
}

impl Settling<'_> {
    /// What became of a node, if anything.
    fn settled(&mut self, node: &Node) -> Option<Node> {
        let address = address(node)?;
        if let Some(known) = self.known.get(&address) {
            return known.clone();
        }
        if !self.open.insert(address) {
            return None;
        }
        let settled = match self.now.get(&address) {
            Some(now) => {
                let now = (*now).clone();
                Some(self.settled(&now).unwrap_or(now))
            }
            None => with_changed_items(node, &mut |value, notes| {
                Some((Some(self.settled(value)?), notes.annotations))
            }),
        };
        self.open.remove(&address);
        self.known.insert(address, settled.clone());
        settled
    }
}

/// What tells a collection from others that are equal.
fn address(node: &Node) -> Option<usize> {
    match node {
        Node::Map(map) => Some(Arc::as_ptr(map).addr()),
        Node::Array(array) => Some(Arc::as_ptr(array).addr()),
        Node::DocumentSet(set) => Some(Arc::as_ptr(set).addr()),
        _ => None,
    }
}

/// Whether somebody besides the fragment itself and the caller holds the collection.
pub(crate) fn is_shared(node: &Node) -> bool {
    match node {
        Node::Map(map) => Arc::strong_count(map) > 2,
        Node::Array(array) => Arc::strong_count(array) > 2,
        Node::DocumentSet(set) => Arc::strong_count(set) > 2,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Changes;
    use crate::yaml::{Array, ArrayItem, Node};

    fn list(items: &[Node]) -> Node {
        let items = items.iter().map(|value| ArrayItem { value: value.clone(), ..ArrayItem::default() });
        Node::Array(Arc::new(Array { items: items.collect(), ..Array::default() }))
    }

    #[test]
    fn a_tree_gets_what_its_parts_became() {
        let mut changes = Changes::default();
        let old = list(&[Node::Int(1)]);
        let tree = list(&[old.clone(), list(std::slice::from_ref(&old))]);
        assert_eq!(changes.settle(tree.clone()), tree);

        let between = list(&[Node::Int(2)]);
        changes.record(old, between.clone());
        let now = list(&[Node::Int(3)]);
        changes.record(between, now.clone());
        assert_eq!(changes.settle(tree), list(&[now.clone(), list(&[now])]));
    }

    /// Where the reference runs out of stack.
    #[test]
    fn what_came_to_hold_itself_ends() {
        let mut changes = Changes::default();
        let old = list(&[]);
        let new = list(std::slice::from_ref(&old));
        changes.record(old.clone(), new.clone());
        assert_eq!(changes.settle(old), new);
    }
}
