//! The nodes of a template, by tag.

use std::sync::Arc;

use crate::yaml::{ArrayItem, Comment, Document, MapItem, Node, Pos, Text, go_text};

/// Identifies a node within its template.
pub(crate) type Tag = u32;

/// The parent of the root.
pub(crate) const NO_TAG: Tag = u32::MAX;

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    DocumentSet,
    Document,
    Map,
    MapItem {
        key: Node,
    },
    Array,
    ArrayItem,
    /// The whole of a text template.
    TextRoot,
    /// A piece of text.
    Text,
}

impl Kind {
    /// What the reference notes beside generated instructions.
    pub(crate) fn describe(&self) -> String {
        match self {
            Kind::DocumentSet => "*yamlmeta.DocumentSet".to_owned(),
            Kind::Document => "*yamlmeta.Document".to_owned(),
            Kind::Map => "*yamlmeta.Map".to_owned(),
            Kind::MapItem { key } => format!("*yamlmeta.MapItem key={}", go_text(key)),
            Kind::Array => "*yamlmeta.Array".to_owned(),
            Kind::ArrayItem => "*yamlmeta.ArrayItem idx=?".to_owned(),
            Kind::TextRoot | Kind::Text => String::new(),
        }
    }

    /// The reference's name for it in messages.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Kind::DocumentSet => "document set",
            Kind::Document => "document",
            Kind::Map => "map",
            Kind::MapItem { .. } => "map item",
            Kind::Array => "array",
            Kind::ArrayItem => "array item",
            Kind::TextRoot => "*texttemplate.NodeRoot",
            Kind::Text => "*texttemplate.NodeText",
        }
    }
}

/// A node whose whole subtree holds no code: built once, shared by every render.
#[derive(Clone, Debug)]
pub(crate) struct Prebuilt {
    pub(crate) piece: Piece,
    /// How deep its value nests.
    pub(crate) depth: u32,
}

/// The kinds of pieces.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Document(Document),
    MapItem(MapItem),
    ArrayItem(ArrayItem),
}

impl Piece {
    /// What the piece holds.
    pub(crate) fn value(&self) -> &Node {
        match self {
            Piece::Document(document) => &document.value,
            Piece::MapItem(item) => &item.value,
            Piece::ArrayItem(item) => &item.value,
        }
    }
}

/// One node of a template.
#[derive(Clone, Debug)]
pub(crate) struct TemplateNode {
    pub(crate) kind: Kind,
    pub(crate) pos: Pos,
    pub(crate) parent: Tag,
    /// Annotations as comments; documents are recognised by them.
    pub(crate) comments: Option<Arc<[Comment]>>,
    /// The scalar written in the template.
    pub(crate) value: Option<Node>,
    /// How many nodes the template holds directly below it.
    pub(crate) children: u32,
    pub(crate) prebuilt: Option<Prebuilt>,
}

/// An annotation as written.
#[derive(Clone, Debug)]
pub(crate) struct AnnotationSite {
    pub(crate) tag: Tag,
    pub(crate) name: Text,
    pub(crate) pos: Pos,
}

impl AnnotationSite {
    /// Whether the annotation is looked up where the node is used. Those of `yaml/` have done their
    /// work when the file is compiled.
    pub(crate) fn is_kept(&self) -> bool {
        !self.name.starts_with("yaml/")
    }
}

/// All nodes of a template.
#[derive(Clone, Debug, Default)]
pub(crate) struct Nodes {
    /// By tag, which counts from 1; none for those that are part of a shared piece.
    nodes: Vec<Option<Box<TemplateNode>>>,
    pub(crate) annotations: Vec<AnnotationSite>,
    /// A map of the template has a key twice, which is an error before what comes after it runs.
    pub(crate) repeated_keys: bool,
}

impl Nodes {
    /// Adds a node.
    pub(crate) fn add(&mut self, node: TemplateNode) -> Tag {
        if let Some(parent) = self.get_mut(node.parent) {
            parent.children += 1;
        }
        self.nodes.push(Some(Box::new(node)));
        self.nodes.len() as Tag
    }

    /// Whether nodes may have annotations when the template has been evaluated.
    pub(crate) fn keep_annotations(&self) -> bool {
        self.annotations.iter().any(AnnotationSite::is_kept)
    }

    /// The node of a tag.
    pub(crate) fn get(&self, tag: Tag) -> Option<&TemplateNode> {
        self.nodes.get((tag as usize).checked_sub(1)?)?.as_deref()
    }

    pub(crate) fn get_mut(&mut self, tag: Tag) -> Option<&mut TemplateNode> {
        self.nodes.get_mut((tag as usize).checked_sub(1)?)?.as_deref_mut()
    }

    /// Whether a map has an item with this key somewhere in the template.
    pub(crate) fn has_key(&self, map: Tag, key: &Node) -> bool {
        // Behind a map come the nodes below it.
        let below = self.nodes.get(map as usize..).unwrap_or_default().iter().flatten();
        below.take_while(|node| node.parent >= map).any(
            |node| matches!(&node.kind, Kind::MapItem { key: known } if node.parent == map && known == key),
        )
    }

    /// Forgets what comes after `tag`. Tags stay taken, so that they number all nodes of the file.
    pub(crate) fn forget_after(&mut self, tag: Tag) {
        for node in self.nodes.iter_mut().skip(tag as usize) {
            *node = None;
        }
    }

    /// The tag of the next node.
    pub(crate) fn next(&self) -> Tag {
        self.nodes.len() as Tag + 1
    }

    /// The ancestors of a node, nearest first.
    pub(crate) fn ancestors(&self, tag: Tag) -> impl Iterator<Item = Tag> + '_ {
        std::iter::successors(self.get(tag).map(|node| node.parent), |tag| {
            self.get(*tag).map(|node| node.parent)
        })
    }
}
