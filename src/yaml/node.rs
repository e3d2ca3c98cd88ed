//! The tree every stage works on: documents of maps, arrays and scalars, each node with its
//! position, the comments that stood at it and the annotations it was given.

use std::sync::{Arc, OnceLock};

/// A string of the tree. Short ones (most keys) are stored inline, so cloning them touches no
/// shared counter.
pub type Text = smol_str::SmolStr;

/// Index of a file in a [`FileTable`].
pub type FileId = u32;

/// Where a node was written: a file and a line, counted from 1. Line 0 means "not known", as for
/// nodes that code made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub struct Pos {
    /// The file, meaningful only when `line` is not 0.
    pub file: FileId,
    /// The line, counted from 1; 0 where the position is not known.
    pub line: u32,
}

impl Pos {
    /// The position of nodes that no file holds.
    pub const UNKNOWN: Pos = Pos { file: 0, line: 0 };

    /// The position of values that code hands to a library: shown with the value itself.
    pub const COMPUTED: Pos = Pos { file: FileId::MAX, line: 0 };

    /// A position in a file.
    pub fn new(file: FileId, line: u32) -> Pos {
        Pos { file, line }
    }

    /// Whether the node was written in a file.
    pub fn is_known(self) -> bool {
        self.line != 0
    }
}

/// One file that positions can name.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The name shown in messages: the path relative to its library.
    pub name: Arc<str>,
    /// The text, for showing lines in messages; none until it has been read.
    text: OnceLock<Arc<str>>,
    /// The text is one line whatever it holds: the value of a flag.
    pub is_line: bool,
}

impl SourceFile {
    /// The text; empty until it has been read.
    pub fn text(&self) -> &str {
        self.text.get().map_or("", |text| text)
    }
}

/// The files that the positions of one run refer to. Clones share what they hold.
#[derive(Debug, Clone, Default)]
pub struct FileTable {
    shared: Arc<Vec<SourceFile>>,
    /// Those that were added since, which count on from the shared ones.
    own: Vec<SourceFile>,
}

impl FileTable {
    /// Adds a file and returns its index.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> FileId {
        self.push(SourceFile { name: name.into(), text: text.into().into(), is_line: false })
    }

    /// Adds a file whose text is not known yet.
    pub(crate) fn add_unread(&mut self, name: impl Into<Arc<str>>) -> FileId {
        self.push(SourceFile { name: name.into(), text: OnceLock::new(), is_line: false })
    }

    /// Adds a source that messages show as one line, even if it has several.
    pub fn add_line(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> FileId {
        self.push(SourceFile { name: name.into(), text: text.into().into(), is_line: true })
    }

    fn push(&mut self, file: SourceFile) -> FileId {
        let id = self.len();
        self.own.push(file);
        id
    }

    /// Makes clones cheap: what has been added so far is shared by them.
    pub(crate) fn share(&mut self) {
        Arc::make_mut(&mut self.shared).append(&mut self.own);
    }

    /// Gives a file its text once it has been read, for all clones that share it.
    pub(crate) fn set_text(&self, id: FileId, text: impl FnOnce() -> Arc<str>) {
        if let Some(file) = self.get(id) {
            file.text.get_or_init(text);
        }
    }

    /// How many files there are: the index of the next.
    pub fn len(&self) -> FileId {
        (self.shared.len() + self.own.len()) as FileId
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The file with this index.
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        let id = id as usize;
        self.shared.get(id).or_else(|| self.own.get(id.checked_sub(self.shared.len())?))
    }

    /// `file:line`, the line alone where the file has no name (values given by flags), or `?` for an
    /// unknown position.
    pub fn show(&self, pos: Pos) -> String {
        match self.get(pos.file) {
            Some(file) if pos.is_known() && file.name.is_empty() => pos.line.to_string(),
            Some(file) if pos.is_known() => format!("{}:{}", file.name, pos.line),
            _ => "?".to_owned(),
        }
    }

    /// The text of the line at `pos`, without its line break.
    pub fn line(&self, pos: Pos) -> Option<&str> {
        let index = (pos.line as usize).checked_sub(1)?;
        let file = self.get(pos.file)?;
        if file.is_line { Some(file.text()) } else { file.text().split('\n').nth(index) }
    }
}

/// A comment as it stood in the file: the text after `#`, up to the end of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The text after the `#`.
    pub data: Text,
    /// Where the `#` stands.
    pub pos: Pos,
}

/// How a scalar value was written. Collections and values from code are `Plain`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ScalarStyle {
    /// Without quotes.
    #[default]
    Plain,
    /// `'...'`
    SingleQuoted,
    /// `"..."`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// What hangs on a document, map item or array item besides its value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notes {
    /// The comments that belong to the node, in the order they stand.
    pub comments: Option<Arc<[Comment]>>,
    /// The annotations code has attached: an index into the side table of the run that evaluates
    /// the node (their arguments are Starlark values), 0 for none.
    pub annotations: u32,
    /// How the node's value was written, if it is a scalar.
    pub style: ScalarStyle,
}

impl Notes {
    /// The node's comments.
    pub fn comments(&self) -> &[Comment] {
        self.comments.as_deref().unwrap_or(&[])
    }
}

/// Whether a collection was written as YAML or built by code. ytt hands the first to code as a
/// `yamlfragment` and the second as a `dict` or `list`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Origin {
    /// Nodes of a YAML file or a template.
    #[default]
    Yaml,
    /// A dict, list, tuple, set or struct of code.
    Code,
}

/// A value: a scalar or a collection. Collections are shared, cloning is cheap.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Node {
    /// `null`
    #[default]
    Null,
    /// `true`, `false`
    Bool(bool),
    /// Any integer that fits.
    Int(i64),
    /// INVARIANT: only integers above `i64::MAX`.
    Uint(u64),
    /// A floating point number.
    Float(f64),
    /// Text.
    Str(Text),
    /// INVARIANT: only bytes that are not UTF-8 (`!!binary`, slices of text by byte).
    Bytes(Arc<[u8]>),
    /// A map.
    Map(Arc<Map>),
    /// An array.
    Array(Arc<Array>),
    /// Several documents as one value: what a function with `---` in its body returns.
    DocumentSet(Arc<DocumentSet>),
}

impl Node {
    /// A text node.
    pub fn str(text: impl Into<Text>) -> Node {
        Node::Str(text.into())
    }

    /// Bytes as a node: text where they are UTF-8.
    pub fn from_bytes(bytes: &[u8]) -> Node {
        match std::str::from_utf8(bytes) {
            Ok(text) => Node::Str(Text::new(text)),
            Err(_) => Node::Bytes(bytes.into()),
        }
    }

    /// How many collections stand within one another: 0 for a scalar. Takes time in proportion to the
    /// size of the tree, and no stack.
    pub fn depth(&self) -> u32 {
        let mut deepest = 0;
        let mut pending = vec![(self, 0)];
        while let Some((node, depth)) = pending.pop() {
            deepest = deepest.max(depth);
            let below = depth + 1;
            match node {
                Node::Map(map) => {
                    deepest = deepest.max(below);
                    pending.extend(map.items.iter().map(|item| (&item.value, below)));
                }
                Node::Array(array) => {
                    deepest = deepest.max(below);
                    pending.extend(array.items.iter().map(|item| (&item.value, below)));
                }
                Node::DocumentSet(set) => {
                    deepest = deepest.max(below);
                    pending.extend(set.items.iter().map(|item| (&item.value, below)));
                }
                _ => {}
            }
        }
        deepest
    }

    /// Whether this is a scalar or null.
    pub fn is_scalar(&self) -> bool {
        !matches!(self, Node::Map(_) | Node::Array(_) | Node::DocumentSet(_))
    }

    /// The text of a string node.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Node::Str(text) => Some(text),
            _ => None,
        }
    }
}

/// The items of a map, in the order they are printed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    /// The items; keys may repeat only while a file is being read.
    pub items: Vec<MapItem>,
    /// Where the map begins.
    pub pos: Pos,
    /// Who made it.
    pub origin: Origin,
}

impl Map {
    /// The value of the item with this text as its key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.items
            .iter()
            .find(|item| matches!(&item.key, Node::Str(text) if text == key))
            .map(|item| &item.value)
    }
}

/// One item of a map.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MapItem {
    /// The key; any scalar, rarely a collection.
    pub key: Node,
    /// The value.
    pub value: Node,
    /// The line of the key.
    pub pos: Pos,
    /// Comments and annotations.
    pub notes: Notes,
}

/// The items of an array.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Array {
    /// The items.
    pub items: Vec<ArrayItem>,
    /// Where the array begins.
    pub pos: Pos,
    /// Who made it.
    pub origin: Origin,
}

/// One item of an array.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ArrayItem {
    /// The value.
    pub value: Node,
    /// The line of the `-`.
    pub pos: Pos,
    /// Comments and annotations.
    pub notes: Notes,
}

/// The documents of a file, or of several.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DocumentSet {
    /// The documents.
    pub items: Vec<Document>,
    /// Where the set begins.
    pub pos: Pos,
    /// Comments that belong to no document.
    pub notes: Notes,
}

/// One document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// What it holds.
    pub value: Node,
    /// The line of its `---`, or of the first line.
    pub pos: Pos,
    /// Comments and annotations.
    pub notes: Notes,
}
