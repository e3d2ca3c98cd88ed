//! Transcripts: what running a template did, kept instead of the tree it makes.
//!
//! What most templates make is known when they are compiled, but for which chunks run, how often, and
//! with which values in their holes. That is all a transcript holds. It is printed without a tree
//! ([`script`]), or built into one for those who ask for the documents. Chunks whose effect depends on
//! more than that are left to the builder, which takes over in the middle of a template if need be.

mod layout;
mod recordable;
mod script;

use std::sync::{Arc, OnceLock};

use super::builder::{Context, Dialect, Source};
use super::nodes::{Kind, Nodes, Tag};
use super::plan::{Action, Body};
use crate::limits;
use crate::yaml::{DocumentSet, Node};

use layout::Layout;
pub(crate) use recordable::is_recordable;
use script::{Script, Writer};

/// The chunks of a template with its nodes.
#[derive(Debug)]
pub(crate) struct Chunks {
    pub(crate) source: Arc<Source>,
    pub(crate) bodies: Box<[Body]>,
    /// Whether the template's own context can be recorded.
    pub(crate) recordable: bool,
    /// How each is printed, once somebody has asked.
    scripts: OnceLock<Scripts>,
}

#[derive(Debug)]
struct Scripts {
    layout: Layout,
    scripts: Box<[Script]>,
}

impl Chunks {
    pub(crate) fn new(source: Arc<Source>, bodies: Vec<Body>, recordable: bool) -> Chunks {
        let bodies = bodies.into_boxed_slice();
        Chunks { source, bodies, recordable, scripts: OnceLock::new() }
    }

    fn scripts(&self) -> &Scripts {
        self.scripts.get_or_init(|| {
            let nodes = &self.source.nodes;
            let layout = Layout::new(nodes);
            let scripts = self.bodies.iter().map(|body| Script::new(&body.ops, nodes, &layout)).collect();
            Scripts { layout, scripts }
        })
    }
}

/// What happened next.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// A chunk ran; it took its holes.
    Chunk(usize),
    /// `template.replace` put the items of the next value in the place of the node that had just begun.
    Replace,
}

/// What running a template did.
#[derive(Clone, Debug)]
pub(crate) struct Transcript {
    chunks: Arc<Chunks>,
    events: Vec<Event>,
    /// The values of holes in the order they were filled; none where the value is that there is none.
    holes: Vec<Option<Node>>,
    /// The maps in which `template.replace` has put items.
    replaced: Vec<Tag>,
}

/// What a context made.
#[derive(Debug)]
pub(crate) enum Built {
    Node(Node),
    Transcript(Transcript),
}

impl Transcript {
    pub(crate) fn new(chunks: &Arc<Chunks>) -> Transcript {
        let count = chunks.bodies.len();
        let (events, holes) = (Vec::with_capacity(count), Vec::with_capacity(2 * count));
        Transcript { chunks: Arc::clone(chunks), events, holes, replaced: Vec::new() }
    }

    /// Records a chunk with what `fill` makes of its holes; false if it has to be built.
    pub(crate) fn chunk(
        &mut self,
        chunks: &Arc<Chunks>,
        index: usize,
        body: &Body,
        holes: impl Iterator<Item = Option<Option<(Node, u32)>>>,
    ) -> bool {
        if !body.plain || !Arc::ptr_eq(chunks, &self.chunks) {
            return false;
        }
        let before = self.holes.len();
        let most = limits::tree_depth().saturating_sub(body.levels);
        for hole in holes {
            let value = match hole {
                Some(Some((Node::DocumentSet(_), _))) | None => None,
                Some(Some((_, depth))) if depth > most => None,
                Some(value) => Some(value.map(|(node, _)| node)),
            };
            let Some(value) = value else {
                self.holes.truncate(before);
                return false;
            };
            self.holes.push(value);
        }
        if !limits::try_spend_output_nodes(body.nodes) {
            self.holes.truncate(before);
            return false;
        }
        self.events.push(Event::Chunk(index));
        true
    }

    /// Records that items take the place of the node that has just begun; false if that has to be built.
    pub(crate) fn replace(&mut self, value: &Node, depth: u32) -> bool {
        let Some(Event::Chunk(index)) = self.events.last() else {
            return false;
        };
        let Some(body) = self.chunks.bodies.get(*index) else {
            return false;
        };
        let Some(Action::Start(tag)) = body.ops.last().map(|op| op.action) else {
            return false;
        };
        if depth.saturating_add(body.levels) > limits::tree_depth() {
            return false;
        }
        let nodes = &self.chunks.source.nodes;
        let Some(node) = nodes.get(tag) else {
            return false;
        };
        match (&node.kind, value) {
            // Keys are known to differ only if they are put in once, and the template has none of them.
            (Kind::MapItem { .. }, Node::Map(map)) => {
                if self.replaced.contains(&node.parent) {
                    return false;
                }
                let new = |key: &Node| {
                    key.as_str().is_some_and(script::is_short_key) && !nodes.has_key(node.parent, key)
                };
                if !map.items.iter().all(|item| new(&item.key)) {
                    return false;
                }
                self.replaced.push(node.parent);
            }
            (Kind::ArrayItem, Node::Array(_)) => {}
            _ => return false,
        }
        self.events.push(Event::Replace);
        self.holes.push(Some(value.clone()));
        true
    }

    /// Does again what was recorded, in a context that builds.
    pub(crate) fn play<'s>(&self, context: &mut Context<'s>) {
        // They were counted when they were recorded.
        limits::give_back_output_nodes(self.bodies().map(|body| body.nodes).sum());
        let mut holes = self.holes.iter().cloned();
        for event in &self.events {
            // INVARIANT: what was recorded succeeds.
            let _ = match event {
                Event::Chunk(index) => {
                    let ops = self.chunks.bodies.get(*index).map(|body| &*body.ops).unwrap_or_default();
                    ops.iter().try_for_each(|op| match op.action {
                        Action::Start(tag) => context.start(tag),
                        Action::Put(tag) => context.put(tag),
                        Action::Set(tag) => context.set_static(tag),
                        Action::Hole(_) => match holes.next().flatten() {
                            Some(node) => {
                                let depth = node.depth();
                                context.set(node, depth)
                            }
                            None => Ok(()),
                        },
                        _ => Ok(()),
                    })
                }
                Event::Replace => match holes.next().flatten() {
                    Some(node) => context.replace(&node, node.depth()),
                    None => Ok(()),
                },
            };
        }
    }

    /// The documents.
    pub(crate) fn build(&self) -> DocumentSet {
        let mut context = Context::new(Dialect::Yaml, &self.chunks.source);
        self.play(&mut context);
        let set = match context.finish() {
            Some((Node::DocumentSet(set), _)) => Arc::unwrap_or_clone(set),
            _ => DocumentSet::default(),
        };
        debug_assert_eq!(self.print_all(), crate::yaml::print_documents(&set));
        set
    }

    #[cfg(debug_assertions)]
    fn print_all(&self) -> String {
        let mut out = String::new();
        self.print(&mut out, 0);
        out
    }

    #[cfg(not(debug_assertions))]
    fn print_all(&self) -> String {
        String::new()
    }

    /// Appends the documents as ytt prints them to those that begin at `start`.
    pub(crate) fn print(&self, out: &mut String, start: usize) {
        let Scripts { layout, scripts } = self.chunks.scripts();
        let mut writer = Writer::new(out, start, layout);
        let mut holes = self.holes.iter().map(Option::as_ref);
        for event in &self.events {
            match event {
                Event::Chunk(index) => {
                    if let Some(script) = scripts.get(*index) {
                        writer.script(script, &mut holes);
                    }
                }
                Event::Replace => writer.replace(holes.next().flatten()),
            }
        }
        writer.end();
    }

    /// How many nodes and bytes of text the chunks have that ran, without what is in their holes.
    pub(crate) fn fixed_size(&self) -> (usize, usize) {
        let mut size = (0usize, 0usize);
        for body in self.bodies() {
            size.0 = size.0.saturating_add(body.size.0);
            size.1 = size.1.saturating_add(body.size.1);
        }
        size
    }

    /// The chunks that ran.
    fn bodies(&self) -> impl Iterator<Item = &Body> {
        self.events.iter().filter_map(|event| match event {
            Event::Chunk(index) => self.chunks.bodies.get(*index),
            Event::Replace => None,
        })
    }

    /// What is in the holes.
    pub(crate) fn holes(&self) -> impl Iterator<Item = &Node> {
        self.holes.iter().flatten()
    }

    /// Takes what is in the holes.
    pub(crate) fn into_holes(self) -> impl Iterator<Item = Node> {
        self.holes.into_iter().flatten()
    }
}

/// How many nodes are open at most while these operations run, how many nodes they add, and how many
/// nodes and bytes that is with everything below them.
pub(super) fn measure(ops: &[super::plan::Op], nodes: &Nodes) -> (u32, usize, (usize, usize)) {
    let (mut levels, mut added, mut size) = (0, 0, (0, 0));
    for op in ops {
        let (Action::Start(tag) | Action::Put(tag) | Action::Set(tag) | Action::Hole(tag)) = op.action else {
            continue;
        };
        let Some(node) = nodes.get(tag) else {
            continue;
        };
        let below = node.prebuilt.as_ref().map_or(0, |prebuilt| prebuilt.depth);
        levels = levels.max(nodes.ancestors(tag).count() as u32 + 1 + below);
        match op.action {
            Action::Hole(_) => {}
            Action::Set(_) => size_of(node.value.as_ref().unwrap_or(&Node::Null), &mut size),
            _ => {
                added += 1;
                match &node.prebuilt {
                    Some(prebuilt) => size_of(prebuilt.piece.value(), &mut size),
                    None => size.0 += 1,
                }
                if let Kind::MapItem { key } = &node.kind {
                    size_of(key, &mut size);
                }
            }
        }
    }
    (levels, added, size)
}

/// Adds the nodes and bytes of a value.
fn size_of(node: &Node, size: &mut (usize, usize)) {
    size.0 += 1;
    match node {
        Node::Str(text) => size.1 += text.len(),
        Node::Bytes(bytes) => size.1 += bytes.len(),
        Node::Map(map) => map.items.iter().for_each(|item| {
            size_of(&item.key, size);
            size_of(&item.value, size);
        }),
        Node::Array(array) => array.items.iter().for_each(|item| size_of(&item.value, size)),
        _ => {}
    }
}
