//! Whether a template can be recorded: whether each of its nodes stands where the template shows it,
//! whatever the code around it does.

use std::collections::HashSet;

use crate::engine::syntax::ast::{Argument, Expr, Int, Stmt};
use crate::template::lines::Instruction;
use crate::template::nodes::{Kind, Nodes, Tag};
use crate::template::plan::as_instruction;
use crate::yaml::Node;

use super::script::is_short_key;

/// Whether the tree that these statements make, functions aside, follows from which of them run.
pub(crate) fn is_recordable(stmts: &[Stmt], nodes: &Nodes) -> bool {
    let mut check = Check { nodes, open: HashSet::new(), set: HashSet::new(), looped: None };
    !nodes.repeated_keys && nodes.annotations.is_empty() && check.block(stmts)
}

struct Check<'a> {
    nodes: &'a Nodes,
    /// The nodes that are certain to have begun.
    open: HashSet<Tag>,
    /// The nodes that were given a value.
    set: HashSet<Tag>,
    /// The innermost loop.
    looped: Option<Loop>,
}

/// What is known of a loop: the nodes that begin in it, and the one that all of them are added to.
#[derive(Default)]
struct Loop {
    begun: HashSet<Tag>,
    parent: Option<Tag>,
}

impl Check<'_> {
    fn block(&mut self, stmts: &[Stmt]) -> bool {
        let mut last = None;
        for stmt in stmts {
            if let Some((instruction, args, _)) = as_instruction(stmt) {
                let tag = match args.first() {
                    Some(Argument::Positional(Expr::Int(Int::Small(tag), _))) => Tag::try_from(*tag).ok(),
                    _ => None,
                };
                let fine = match instruction {
                    Instruction::SetCtxType | Instruction::StartCtx | Instruction::EndCtx => {
                        !matches!(args.first(), Some(Argument::Positional(Expr::Str(kind, _))) if &**kind == b"text")
                    }
                    Instruction::StartNode => {
                        let fine = tag.is_some_and(|tag| self.start(tag, last));
                        last = tag;
                        fine
                    }
                    Instruction::SetNode => {
                        let fine = tag.is_some_and(|tag| Some(tag) == last && self.set(tag, args.len() > 1));
                        last = None;
                        fine
                    }
                    _ => false,
                };
                if !fine {
                    return false;
                }
                continue;
            }
            last = None;
            let fine = match stmt {
                Stmt::If { then, otherwise, .. } => self.branch(then) && self.branch(otherwise),
                Stmt::For { body, .. } | Stmt::While { body, .. } => {
                    let outer = self.looped.replace(Loop::default());
                    let fine = self.branch(body);
                    let inner = std::mem::replace(&mut self.looped, outer).unwrap_or_default();
                    // To the loop around it, the whole loop is a node of that parent.
                    fine && inner.parent.is_none_or(|parent| self.added_to(parent)) && {
                        if let Some(looped) = &mut self.looped {
                            looped.begun.extend(inner.begun);
                        }
                        true
                    }
                }
                _ => true,
            };
            if !fine {
                return false;
            }
        }
        true
    }

    /// Statements that may be left out.
    fn branch(&mut self, stmts: &[Stmt]) -> bool {
        let open = self.open.clone();
        let fine = self.block(stmts);
        self.open = open;
        fine
    }

    /// A node begins; `last` is the one that began just before.
    fn start(&mut self, tag: Tag, last: Option<Tag>) -> bool {
        let Some(node) = self.nodes.get(tag) else {
            return false;
        };
        let fine = match &node.kind {
            Kind::DocumentSet => self.looped.is_none() && self.open.is_empty(),
            Kind::Document | Kind::ArrayItem => self.open.contains(&node.parent),
            Kind::MapItem { key } => {
                // Started again in the same map its key would be there twice.
                let again = self.looped.as_ref().is_some_and(|looped| !looped.begun.contains(&node.parent));
                self.open.contains(&node.parent) && !again && is_simple(key)
            }
            Kind::Map | Kind::Array => last == Some(node.parent) && self.open.contains(&node.parent),
            Kind::TextRoot | Kind::Text => false,
        };
        if !fine || !self.added_to(node.parent) {
            return false;
        }
        self.open.insert(tag);
        if let Some(looped) = &mut self.looped {
            looped.begun.insert(tag);
        }
        true
    }

    /// Whether a node may be added to this one here: in a loop, each turn has to find it open.
    fn added_to(&mut self, parent: Tag) -> bool {
        match &mut self.looped {
            Some(looped) if !looped.begun.contains(&parent) => *looped.parent.get_or_insert(parent) == parent,
            _ => true,
        }
    }

    /// A node is given a value, by code or as the template has it.
    fn set(&mut self, tag: Tag, by_code: bool) -> bool {
        let Some(node) = self.nodes.get(tag) else {
            return false;
        };
        let fine = match node.kind {
            // The comments at the end of a file are no document.
            Kind::Document => node.pos.is_known() || !by_code,
            Kind::MapItem { .. } | Kind::ArrayItem => true,
            _ => false,
        };
        fine && node.children == 0 && self.set.insert(tag)
    }
}

fn is_simple(key: &Node) -> bool {
    match key {
        Node::Str(text) => is_short_key(text),
        Node::Map(_) | Node::Array(_) | Node::DocumentSet(_) | Node::Bytes(_) => false,
        _ => true,
    }
}
