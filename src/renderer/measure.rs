//! How large a result is, measured before anybody walks or prints it: a tree can share its parts, so a
//! few nodes in memory may be very many when they are written.

use crate::error::Result;
use crate::limits::{self, Limit, Limits};
use crate::workspace::{EvaluatedFiles, FileDocuments};
use crate::yaml::{MAX_DEPTH, Node};

/// What a node adds to the text besides its own, about.
const NODE_BYTES: usize = 8;

/// What is left of the limits of a result.
struct Left<'a> {
    limits: &'a Limits,
    nodes: usize,
    bytes: usize,
}

/// How many bytes documents have as text, about. Fails if they have more nodes or bytes than the limits
/// allow, or nest deeper than others can walk.
pub(super) fn check(rendered: &EvaluatedFiles, limits: &Limits) -> Result<usize> {
    let mut left = Left { limits, nodes: limits.output_nodes, bytes: limits.output_bytes };
    for file in rendered.files() {
        match file {
            FileDocuments::Set(set) => {
                set.items.iter().try_for_each(|document| left.node(&document.value, 0))?
            }
            FileDocuments::Recorded(transcript, _) => {
                let (nodes, bytes) = transcript.fixed_size();
                left.take(nodes, bytes)?;
                transcript.holes().try_for_each(|value| left.node(value, 0))?;
            }
        }
    }
    // Each node has its indentation and punctuation.
    let nodes = limits.output_nodes - left.nodes;
    Ok((limits.output_bytes - left.bytes).saturating_add(nodes.saturating_mul(NODE_BYTES)))
}

impl Left<'_> {
    fn take(&mut self, nodes: usize, bytes: usize) -> Result<()> {
        let Some(left) = self.nodes.checked_sub(nodes) else {
            let message = format!("a result of more than {} nodes", self.limits.output_nodes);
            return Err(limits::exceed(Limit::OutputNodes, message).into());
        };
        self.nodes = left;
        let Some(left) = self.bytes.checked_sub(bytes) else {
            let message = format!("a result of more than {} bytes", self.limits.output_bytes);
            return Err(limits::exceed(Limit::OutputBytes, message).into());
        };
        self.bytes = left;
        Ok(())
    }

    fn node(&mut self, node: &Node, depth: usize) -> Result<()> {
        self.take(1, 0)?;
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
            Node::Str(text) => self.take(0, text.len()),
            Node::Bytes(bytes) => self.take(0, bytes.len()),
            _ => Ok(()),
        }
    }
}
