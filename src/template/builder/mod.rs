//! Contexts: where running instructions build a tree or a text.
//!
//! A file has one, and each call of a function that holds nodes gets one. Source of the rules: the
//! reference's `pkg/template/evaluation_ctx.go` and `pkg/yamltemplate/evaluation_ctx.go`.

mod replace;

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

use super::nodes::{Kind, Nodes, Piece, Tag, TemplateNode};
use super::plan::Body;
use super::transcript::{Built, Chunks, Transcript};
use crate::engine::convert::go_type;
use crate::limits::{self, Limit};
use crate::yaml::{
    Array, ArrayItem, Document, DocumentSet, FileId, Map, MapItem, Node, Notes, Origin, Text, array_items,
    go_text, map_items,
};

pub(crate) use replace::with_position;

/// What a context builds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dialect {
    Yaml,
    Text,
}

/// The template a context belongs to.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) file: FileId,
    pub(crate) nodes: Nodes,
    /// Repeated keys replace earlier ones.
    pub(crate) implicit_overrides: bool,
}

/// A node that is being built.
#[derive(Debug)]
enum Build {
    DocumentSet(DocumentSet),
    Document(Document),
    /// The keys of the items, once there are enough of them for a search to hurt.
    Map(Map, Option<HashSet<Text>>),
    MapItem(MapItem),
    Array(Array),
    ArrayItem(ArrayItem),
    TextRoot(String),
    Text(String),
}

#[derive(Debug)]
struct Frame {
    tag: Tag,
    build: Build,
    /// How deep the values below it nest.
    below: u32,
    /// `template.replace` has put other items in this one's place.
    replaced: bool,
}

/// How many items a map may have before its keys are indexed.
const INDEX_FROM: usize = 24;

/// One tree or text under construction.
#[derive(Debug)]
pub(crate) struct Context<'s> {
    dialect: Dialect,
    pub(crate) source: &'s Source,
    frames: Vec<Frame>,
    annotations: Vec<(Tag, u32)>,
    keys: Vec<(Tag, Node)>,
    /// What has been recorded instead of built: then there are no frames.
    transcript: Option<Transcript>,
}

thread_local! {
    /// Stacks of contexts that are gone, for those to come.
    static SPARE: RefCell<Vec<Vec<Frame>>> = const { RefCell::new(Vec::new()) };
}

/// How many stacks a thread keeps, and how many frames each may have room for.
const SPARE_STACKS: usize = 16;
const SPARE_FRAMES: usize = 64;

impl Drop for Context<'_> {
    fn drop(&mut self) {
        let mut frames = std::mem::take(&mut self.frames);
        frames.clear();
        if (1..=SPARE_FRAMES).contains(&frames.capacity()) {
            let _ = SPARE.try_with(|spare| {
                if let Ok(mut spare) = spare.try_borrow_mut()
                    && spare.len() < SPARE_STACKS
                {
                    spare.push(frames);
                }
            });
        }
    }
}

/// Why an instruction failed: the message, without the instruction's name.
type Outcome = Result<(), String>;

impl<'s> Context<'s> {
    pub(crate) fn new(dialect: Dialect, source: &'s Source) -> Context<'s> {
        let frames = SPARE.try_with(|spare| spare.borrow_mut().pop()).ok().flatten().unwrap_or_default();
        Context { dialect, source, frames, annotations: Vec::new(), keys: Vec::new(), transcript: None }
    }

    /// The context of a file that is recorded as long as that will do.
    pub(crate) fn recorded(chunks: &'s Arc<Chunks>) -> Context<'s> {
        let transcript = Some(Transcript::new(chunks));
        let (frames, annotations, keys) = (Vec::new(), Vec::new(), Vec::new());
        Context { dialect: Dialect::Yaml, source: &chunks.source, frames, annotations, keys, transcript }
    }

    /// Records a chunk with these holes (none for one that cannot be filled); false if it has to be built.
    pub(crate) fn record(
        &mut self,
        chunks: &Arc<Chunks>,
        index: usize,
        body: &Body,
        holes: impl Iterator<Item = Option<Option<(Node, u32)>>>,
    ) -> bool {
        match &mut self.transcript {
            Some(transcript) => transcript.chunk(chunks, index, body, holes),
            None => false,
        }
    }

    /// Builds what has been recorded, to go on building.
    fn build_recorded(&mut self) {
        if let Some(transcript) = self.transcript.take() {
            transcript.play(self);
        }
    }

    /// Annotations for the node that starts next under this tag.
    pub(crate) fn annotate(&mut self, tag: Tag, annotations: impl FnOnce(u32) -> u32) {
        self.build_recorded();
        match self.annotations.iter_mut().find(|(pending, _)| *pending == tag) {
            Some((_, id)) => *id = annotations(*id),
            None => self.annotations.push((tag, annotations(0))),
        }
    }

    /// The key of the map item that starts next under this tag.
    pub(crate) fn set_key(&mut self, tag: Tag, key: Node) {
        self.build_recorded();
        self.keys.push((tag, key));
    }

    /// Starts a node: closes what does not contain it and adds it to what does.
    pub(crate) fn start(&mut self, tag: Tag) -> Outcome {
        self.build_recorded();
        let source = self.source;
        let Some(node) = source.nodes.get(tag) else {
            return Err(format!("expected to find node tag {tag}"));
        };
        self.enter(tag, node)?;
        let mut build = self.build(node);
        if let Some(at) = self.keys.iter().position(|(pending, _)| *pending == tag) {
            let (_, key) = self.keys.swap_remove(at);
            if let Build::MapItem(item) = &mut build {
                item.key = key;
            }
        }
        if let Some(at) = self.annotations.iter().position(|(pending, _)| *pending == tag) {
            let (_, id) = self.annotations.swap_remove(at);
            if let Some(notes) = build.notes_mut() {
                notes.annotations = id;
            }
        }
        self.admit(&build)?;
        limits::spend_output_nodes(1).map_err(|exceeded| exceeded.message)?;
        self.frames.push(Frame { tag, build, below: 0, replaced: false });
        Ok(())
    }

    /// Adds a finished piece.
    pub(crate) fn put(&mut self, tag: Tag) -> Outcome {
        self.build_recorded();
        let source = self.source;
        let Some((node, prebuilt)) = source.nodes.get(tag).and_then(|n| Some((n, n.prebuilt.as_ref()?)))
        else {
            return Err(format!("expected to find node tag {tag}"));
        };
        self.enter(tag, node)?;
        let build = match &prebuilt.piece {
            Piece::Document(document) => Build::Document(document.clone()),
            Piece::MapItem(item) => Build::MapItem(item.clone()),
            Piece::ArrayItem(item) => Build::ArrayItem(item.clone()),
        };
        self.admit(&build)?;
        limits::spend_output_nodes(1).map_err(|exceeded| exceeded.message)?;
        let below = prebuilt.depth;
        // A frame all the same: code behind it may belong to it.
        self.frames.push(Frame { tag, build, below, replaced: false });
        Ok(())
    }

    /// Makes the node that is to contain `tag` the innermost open one.
    fn enter(&mut self, tag: Tag, node: &TemplateNode) -> Outcome {
        if self.frames.is_empty() {
            let wrapped = match self.dialect {
                Dialect::Yaml => matches!(node.kind, Kind::Document | Kind::MapItem { .. } | Kind::ArrayItem),
                Dialect::Text => !matches!(node.kind, Kind::TextRoot),
            };
            return if wrapped { self.start(node.parent) } else { Ok(()) };
        }
        while let Some(top) = self.frames.last() {
            if top.tag == node.parent {
                return Ok(());
            }
            if !self.frames.iter().any(|frame| frame.tag == node.parent) {
                return self.enter_common(tag);
            }
            self.close_top();
        }
        Ok(())
    }

    /// The same where the parent itself was never started, because code skipped it: the nearest
    /// node that the last started one and this one have in common.
    fn enter_common(&mut self, tag: Tag) -> Outcome {
        let nodes = &self.source.nodes;
        let Some(current) = self.frames.last().map(|frame| frame.tag) else {
            return Ok(());
        };
        let current: Vec<Tag> = std::iter::once(current).chain(nodes.ancestors(current)).collect();
        let common = nodes.ancestors(tag).find(|ancestor| current.contains(ancestor));
        let found = common.filter(|tag| self.frames.iter().any(|frame| frame.tag == *tag));
        let Some(found) = found else {
            let common = common.map_or(-100, i64::from);
            return Err(format!("(p) expected to find node tag {common} when unwinding"));
        };
        while self.frames.last().is_some_and(|frame| frame.tag != found) {
            self.close_top();
        }
        Ok(())
    }

    /// Whether the innermost open node may hold this one; replaces an overridden key.
    fn admit(&mut self, child: &Build) -> Outcome {
        let implicit = self.source.implicit_overrides;
        let Some(parent) = self.frames.last_mut() else {
            return Ok(());
        };
        match (&mut parent.build, child) {
            (Build::DocumentSet(_), Build::Document(_)) => Ok(()),
            (Build::Map(map, index), Build::MapItem(item)) => {
                let overrides = implicit || overrides(item);
                admit_key(map, index, &item.key, overrides)
            }
            (Build::Array(_), Build::ArrayItem(_)) => Ok(()),
            (collection @ (Build::DocumentSet(_) | Build::Map(..) | Build::Array(_)), other) => {
                let contents = collection.contents().unwrap_or_default();
                Err(format!("{contents}; this is a {}", other.name()))
            }
            (
                Build::Document(_) | Build::MapItem(_) | Build::ArrayItem(_),
                Build::Map(..) | Build::Array(_),
            ) => Ok(()),
            (container @ (Build::Document(_) | Build::MapItem(_) | Build::ArrayItem(_)), other) => {
                Err(container.refuses(other.name()))
            }
            (Build::TextRoot(_), Build::Text(_)) => Ok(()),
            (Build::TextRoot(_) | Build::Text(_), other) => {
                Err(format!("unknown node type {}", other.name()))
            }
        }
    }

    fn build(&self, node: &TemplateNode) -> Build {
        let notes = || Notes { comments: node.comments.clone(), ..Notes::default() };
        let pos = node.pos;
        let children = node.children as usize;
        match &node.kind {
            Kind::DocumentSet => {
                Build::DocumentSet(DocumentSet { pos, notes: notes(), ..DocumentSet::default() })
            }
            Kind::Document => Build::Document(Document { pos, notes: notes(), value: Node::Null }),
            Kind::Map => Build::Map(Map { items: map_items(children), pos, ..Map::default() }, None),
            Kind::MapItem { key } => {
                Build::MapItem(MapItem { key: key.clone(), value: Node::Null, pos, notes: notes() })
            }
            Kind::Array => Build::Array(Array { items: array_items(children), pos, ..Array::default() }),
            Kind::ArrayItem => Build::ArrayItem(ArrayItem { value: Node::Null, pos, notes: notes() }),
            Kind::TextRoot => Build::TextRoot(String::new()),
            Kind::Text => Build::Text(String::new()),
        }
    }

    /// Gives the innermost open node the scalar the template holds for it.
    pub(crate) fn set_static(&mut self, tag: Tag) -> Outcome {
        self.build_recorded();
        let source = self.source;
        let value = source.nodes.get(tag).and_then(|node| node.value.clone()).unwrap_or_default();
        let collection = self.frames.last().map(|top| &top.build).and_then(Build::contents);
        if let Some(contents) = collection {
            return Err(format!("{contents}; this is a {}", type_name(&value)));
        }
        self.set(value, 0)
    }

    /// Gives the innermost open node a value that nests at most `depth` deep.
    pub(crate) fn set(&mut self, value: Node, depth: u32) -> Outcome {
        self.build_recorded();
        let depth = checked_depth(&value, depth, self.frames.len())?;
        let Some(top) = self.frames.last_mut() else {
            return Err("(p) runtime error: index out of range [-1]".to_owned());
        };
        top.below = top.below.max(depth);
        let slot = match &mut top.build {
            Build::Text(text) => {
                return match value {
                    Node::Str(value) => {
                        text.clear();
                        text.push_str(&value);
                        Ok(())
                    }
                    other => Err(format!(
                        "cannot set non-string value ({}), consider using str(...) to convert to string",
                        go_type(&other)
                    )),
                };
            }
            Build::TextRoot(_) => return Err("cannot set value on a noderoot".to_owned()),
            Build::DocumentSet(_) => return Err("cannot set value on a document set".to_owned()),
            Build::Map(..) => return Err("cannot set value on a map".to_owned()),
            Build::Array(_) => return Err("cannot set value on an array".to_owned()),
            container if matches!(value, Node::DocumentSet(_)) => {
                return Err(container.refuses("document set"));
            }
            // The place of the comments at the end of a file is no document of it: it is never printed.
            Build::Document(document) if !document.pos.is_known() => return Ok(()),
            Build::Document(document) => &mut document.value,
            Build::MapItem(item) => &mut item.value,
            Build::ArrayItem(item) => &mut item.value,
        };
        *slot = value;
        Ok(())
    }

    fn close_top(&mut self) {
        let Some(Frame { build, replaced, below, .. }) = self.frames.pop() else {
            return;
        };
        let Some(parent) = self.frames.last_mut() else {
            return;
        };
        parent.below = parent.below.max(below + build.own_depth());
        if replaced {
            return;
        }
        match (&mut parent.build, build) {
            (Build::DocumentSet(set), Build::Document(document)) => set.items.push(document),
            (Build::Map(map, index), Build::MapItem(item)) => push_item(map, index, item),
            (Build::Array(array), Build::ArrayItem(item)) => array.items.push(item),
            (Build::TextRoot(root), Build::Text(text)) => root.push_str(&text),
            (Build::Document(Document { value, .. }), build)
            | (Build::MapItem(MapItem { value, .. }), build)
            | (Build::ArrayItem(ArrayItem { value, .. }), build) => *value = build.into_node(),
            // INVARIANT: `admit` has refused every other pair.
            _ => {}
        }
    }

    /// Closes everything and gives the result with an upper bound of how deep it nests: `None` if
    /// nothing was started.
    pub(crate) fn finish(mut self) -> Option<(Node, u32)> {
        self.build_recorded();
        while self.frames.len() > 1 {
            self.close_top();
        }
        let frame = self.frames.pop()?;
        let depth = frame.below + frame.build.own_depth();
        Some((frame.build.into_node(), depth))
    }

    /// [`finish`](Context::finish), or what has been recorded.
    pub(crate) fn conclude(mut self) -> Option<Built> {
        match self.transcript.take() {
            Some(transcript) => Some(Built::Transcript(transcript)),
            None => self.finish().map(|(node, _)| Built::Node(node)),
        }
    }

    /// What it builds.
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }
}

impl Build {
    fn name(&self) -> &'static str {
        match self {
            Build::DocumentSet(_) => "document set",
            Build::Document(_) => "document",
            Build::Map(..) => "map",
            Build::MapItem(_) => "map item",
            Build::Array(_) => "array",
            Build::ArrayItem(_) => "array item",
            Build::TextRoot(_) => Kind::TextRoot.name(),
            Build::Text(_) => Kind::Text.name(),
        }
    }

    /// What a collection may hold, as messages say it; none for other nodes.
    fn contents(&self) -> Option<&'static str> {
        match self {
            Build::DocumentSet(_) => Some("document sets can only contain documents"),
            Build::Map(..) => Some("maps can only contain map items"),
            Build::Array(_) => Some("arrays can only contain array items"),
            _ => None,
        }
    }

    /// By how much it adds to the depth of what it holds.
    fn own_depth(&self) -> u32 {
        match self {
            Build::DocumentSet(_) | Build::Map(..) | Build::Array(_) => 1,
            _ => 0,
        }
    }

    fn notes_mut(&mut self) -> Option<&mut Notes> {
        match self {
            Build::DocumentSet(set) => Some(&mut set.notes),
            Build::Document(document) => Some(&mut document.notes),
            Build::MapItem(item) => Some(&mut item.notes),
            Build::ArrayItem(item) => Some(&mut item.notes),
            Build::Map(..) | Build::Array(_) | Build::TextRoot(_) | Build::Text(_) => None,
        }
    }

    fn refuses(&self, other: &str) -> String {
        match self {
            Build::ArrayItem(_) => {
                format!("array items can only contain maps, arrays, or scalars; this is a {other}")
            }
            container => {
                format!("{}s can only contain arrays, maps, or scalars; this is a {other}", container.name())
            }
        }
    }

    fn into_node(self) -> Node {
        match self {
            Build::DocumentSet(set) => Node::DocumentSet(Arc::new(set)),
            Build::Map(map, _) => Node::Map(Arc::new(map)),
            Build::Array(array) => Node::Array(Arc::new(array)),
            Build::TextRoot(text) | Build::Text(text) => Node::Str(text.into()),
            Build::Document(document) => document.value,
            Build::MapItem(item) => item.value,
            Build::ArrayItem(item) => item.value,
        }
    }
}

/// The depth of a value that is to stand below `above` open nodes, if that is not too deep.
fn checked_depth(value: &Node, depth: u32, above: usize) -> Result<u32, String> {
    let most = limits::tree_depth();
    let fits = |depth: u32| (depth as usize).saturating_add(above) <= most as usize;
    if fits(depth) {
        return Ok(depth);
    }
    // The bound grows with every part taken out of a fragment; measure before giving up.
    let exact = value.depth();
    if fits(exact) {
        return Ok(exact);
    }
    Err(limits::exceed(Limit::TreeDepth, format!("nodes nested deeper than {most} levels")).message)
}

/// Whether an item says that it may replace one of the same key.
fn overrides(item: &MapItem) -> bool {
    super::annotation::count(item.notes.comments(), "yaml/map-key-override") > 0
}

fn repeated_key(key: &Node) -> String {
    format!(
        "expected key '{}' to not be specified again (unless 'yaml/map-key-override' annotation is added)",
        go_text(key)
    )
}

/// Refuses a key the map has, or removes the earlier item where that is allowed.
fn admit_key(map: &mut Map, index: &mut Option<HashSet<Text>>, key: &Node, overrides: bool) -> Outcome {
    if let (Some(index), Node::Str(text)) = (index.as_ref(), key)
        && !index.contains(text)
    {
        return Ok(());
    }
    match map.items.iter().position(|item| item.key == *key) {
        Some(_) if !overrides => Err(repeated_key(key)),
        Some(at) => {
            map.items.remove(at);
            Ok(())
        }
        None => Ok(()),
    }
}

fn push_item(map: &mut Map, index: &mut Option<HashSet<Text>>, item: MapItem) {
    if let (Some(index), Node::Str(key)) = (index.as_mut(), &item.key) {
        index.insert(key.clone());
    }
    map.items.push(item);
    if index.is_none() && map.items.len() >= INDEX_FROM {
        *index = Some(
            map.items
                .iter()
                .filter_map(|item| match &item.key {
                    Node::Str(key) => Some(key.clone()),
                    _ => None,
                })
                .collect(),
        );
    }
}

/// The reference's `yamlmeta.TypeName`.
pub(crate) fn type_name(node: &Node) -> &'static str {
    match node {
        Node::Map(map) if map.origin == Origin::Yaml => "map",
        Node::Array(array) if array.origin == Origin::Yaml => "array",
        Node::DocumentSet(_) => "document set",
        Node::Int(_) | Node::Uint(_) => "integer",
        Node::Float(_) => "float",
        Node::Bool(_) => "boolean",
        Node::Null => "null",
        other => go_type(other),
    }
}
