//! How large a result is, measured before anybody walks or prints it: a tree can share its parts, so a
//! few nodes in memory may be very many when they are written.

use crate::error::Result;
use crate::limits::{self, Limit, Limits};
use crate::yaml::{Document, MAX_DEPTH, Node};

/// What is left of the limits of a result.
struct Left<'a> {
    limits: &'a Limits,
    nodes: usize,
    bytes: usize,
}

/// Fails if documents have more nodes or bytes than the limits allow, or nest deeper than others can
/// walk.
pub(super) fn check<'a>(documents: impl Iterator<Item = &'a Document>, limits: &Limits) -> Result<()> {
    let mut left = Left { limits, nodes: limits.output_nodes, bytes: limits.output_bytes };
    for document in documents {
        left.node(&document.value, 0)?;
    }
    Ok(())
}

impl Left<'_> {
    fn node(&mut self, node: &Node, depth: usize) -> Result<()> {
        let Some(nodes) = self.nodes.checked_sub(1) else {
            let message = format!("a result of more than {} nodes", self.limits.output_nodes);
            return Err(limits::exceed(Limit::OutputNodes, message).into());
        };
        self.nodes = nodes;
        if depth > MAX_DEPTH {
            let message = format!("documents nested deeper than {MAX_DEPTH} levels");
            return Err(limits::exceed(Limit::TreeDepth, message).into());
        }
        match node {
            Node::Map(map) => map.items.iter().try_for_each(|item| {
                self.node(&item.key, depth + 1)?;
                self.node(&item.value, depth + 1)
            }),
            Node::Array(array) => array.items.iter().try_for_each(|item| self.node(&item.value, depth + 1)),
            Node::DocumentSet(set) => set.items.iter().try_for_each(|item| self.node(&item.value, depth + 1)),
            Node::Str(text) => self.text(text.len()),
            Node::Bytes(bytes) => self.text(bytes.len()),
            _ => Ok(()),
        }
    }

    fn text(&mut self, bytes: usize) -> Result<()> {
        match self.bytes.checked_sub(bytes) {
            Some(left) => {
                self.bytes = left;
                Ok(())
            }
            None => {
                let message = format!("a result of more than {} bytes", self.limits.output_bytes);
                Err(limits::exceed(Limit::OutputBytes, message).into())
            }
        }
    }
}
