//! What a TOML text has said so far, and which keys it may still give.
//!
//! The rules are those of the `BurntSushi/toml` library, which are laxer than TOML's in places: a key
//! that holds an array may be given again, and so may one that a longer key has implied.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::write::path_text;
use crate::yaml::{Array, ArrayItem, Map, MapItem, Node, Origin, Pos, Text};

/// A table in [`Tables`].
pub(super) type TableId = usize;
/// A name with all names above it, whichever element of an array of tables it stands in.
type PathId = usize;

const ROOT: usize = 0;

/// A value.
#[derive(Clone)]
pub(super) enum Value {
    Scalar(Node),
    /// A date or a time, which templates have no type for.
    Time,
    Array(Rc<[Value]>),
    Table(TableId),
    /// What `[[name]]` makes.
    Tables(Vec<TableId>),
}

/// What is remembered of a path.
#[derive(Clone, Copy, Default)]
struct Marks {
    /// Only longer keys have named it.
    implied: bool,
    /// An array was written there.
    array: bool,
}

/// Where keys go.
#[derive(Clone, Default)]
pub(super) struct Context {
    names: Vec<Text>,
    path: PathId,
    /// None if the path leads to what is no table.
    table: Option<TableId>,
}

/// The tables of a text.
pub(super) struct Tables {
    tables: Vec<BTreeMap<Text, Value>>,
    paths: HashMap<(PathId, Text), PathId>,
    marks: Vec<Marks>,
    /// Where keys go now.
    pub(super) context: Context,
    /// The key that is being read, empty between keys.
    pub(super) key: Text,
}

impl Tables {
    pub(super) fn new() -> Tables {
        Tables {
            tables: vec![BTreeMap::new()],
            paths: HashMap::new(),
            marks: vec![Marks::default()],
            context: Context { table: Some(ROOT), ..Context::default() },
            key: Text::default(),
        }
    }

    /// How deep the context is.
    pub(super) fn depth(&self) -> usize {
        self.context.names.len()
    }

    /// The name of the key that is being read, for messages.
    pub(super) fn current(&self) -> String {
        let context = self.context_text();
        match (context.is_empty(), self.key.is_empty()) {
            (_, true) => context,
            (true, false) => self.key.to_string(),
            (false, false) => format!("{context}.{}", self.key),
        }
    }

    fn context_text(&self) -> String {
        path_text(self.context.names.iter().map(Text::as_str))
    }

    /// The name of something in the context.
    fn text_of(&self, name: &Text) -> String {
        path_text(self.context.names.iter().chain([name]).map(Text::as_str))
    }

    /// A table that belongs nowhere yet.
    pub(super) fn new_table(&mut self) -> TableId {
        self.tables.push(BTreeMap::new());
        self.tables.len() - 1
    }

    /// Puts a value into a table.
    pub(super) fn insert(&mut self, table: TableId, name: Text, value: Value) {
        if let Some(table) = self.tables.get_mut(table) {
            table.insert(name, value);
        }
    }

    fn get(&self, table: TableId, name: &Text) -> Option<&Value> {
        self.tables.get(table)?.get(name)
    }

    fn child(&mut self, parent: PathId, name: &Text) -> PathId {
        let next = self.marks.len();
        let path = *self.paths.entry((parent, name.clone())).or_insert(next);
        if path == next {
            self.marks.push(Marks::default());
        }
        path
    }

    fn imply(&mut self, path: PathId) {
        if let Some(marks) = self.marks.get_mut(path) {
            marks.implied = true;
        }
    }

    /// The table that a name in a table stands for: of several, the last.
    fn table_at(&self, table: TableId, name: &Text) -> Option<TableId> {
        match self.get(table, name)? {
            Value::Table(table) => Some(*table),
            Value::Tables(tables) => tables.last().copied(),
            _ => None,
        }
    }

    /// Goes to the table of a header: `[a.b]`, or with `array` `[[a.b]]`.
    pub(super) fn open(&mut self, names: &[Text], array: bool) -> Result<(), String> {
        let Some((last, parents)) = names.split_last() else { return Ok(()) };
        let mut context = Context { table: Some(ROOT), ..Context::default() };
        for name in parents {
            let Some(table) = context.table else { break };
            context.path = self.child(context.path, name);
            context.names.push(name.clone());
            if self.get(table, name).is_none() {
                self.imply(context.path);
                let new = self.new_table();
                self.insert(table, name.clone(), Value::Table(new));
            }
            context.table = self.table_at(table, name);
            if context.table.is_none() {
                let path = path_text(context.names.iter().map(Text::as_str));
                return Err(format!("Key '{path}' was already created as a hash."));
            }
        }
        self.context = context;
        self.enter(last, array)?;
        self.set_array(&Text::default(), false);
        Ok(())
    }

    /// Goes to a table of the context that a longer key implies, `a` in `a.b = 1`.
    pub(super) fn step(&mut self, name: &Text, array: bool) -> Result<(), String> {
        if self.context.table.is_none() {
            return Err(format!("Key '{}' was already created as a hash.", self.context_text()));
        }
        let path = self.child(self.context.path, name);
        self.imply(path);
        self.enter(name, array)
    }

    /// Goes to the inline table that is the value of the key that is being read.
    pub(super) fn open_inline(&mut self, array: bool) -> Result<(), String> {
        let key = std::mem::take(&mut self.key);
        let nowhere = self.context.table.is_none();
        let stepped = self.step(&key, array);
        if nowhere {
            // The message counts the key as a part of the context.
            self.context.names.push(key);
        }
        stepped
    }

    fn enter(&mut self, name: &Text, array: bool) -> Result<(), String> {
        let Some(table) = self.context.table else { return Ok(()) };
        let new = self.new_table();
        if array {
            if self.get(table, name).is_none() {
                self.insert(table, name.clone(), Value::Tables(Vec::new()));
            }
            match self.tables.get_mut(table).and_then(|table| table.get_mut(name)) {
                Some(Value::Tables(tables)) => tables.push(new),
                _ => {
                    let path = self.text_of(name);
                    return Err(format!("Key '{path}' was already created and cannot be used as an array."));
                }
            }
        } else {
            self.put(table, name, Value::Table(new))?;
        }
        self.context.path = self.child(self.context.path, name);
        self.context.table = self.table_at(table, name);
        self.context.names.push(name.clone());
        Ok(())
    }

    /// Gives a key of the context its value.
    pub(super) fn set(&mut self, name: &Text, value: Value) -> Result<(), String> {
        let Some(table) = self.context.table else {
            return Err(format!("Key '{}' has already been defined.", self.context_text()));
        };
        let array = matches!(value, Value::Array(_));
        self.put(table, name, value)?;
        self.set_array(name, array);
        Ok(())
    }

    fn put(&mut self, table: TableId, name: &Text, value: Value) -> Result<(), String> {
        if self.get(table, name).is_some() {
            let path = self.child(self.context.path, name);
            let Marks { implied, array } = self.marks.get(path).copied().unwrap_or_default();
            if let Some(marks) = self.marks.get_mut(path) {
                marks.implied = false;
            }
            if !array {
                return match implied {
                    true => Ok(()),
                    false => Err(format!("Key '{}' has already been defined.", self.text_of(name))),
                };
            }
        }
        self.insert(table, name.clone(), value);
        Ok(())
    }

    /// Remembers whether a key holds an array. An empty name stands for the context itself.
    pub(super) fn set_array(&mut self, name: &Text, array: bool) {
        let path = match name.is_empty() && !self.context.names.is_empty() {
            true => self.context.path,
            false => self.child(self.context.path, name),
        };
        if let Some(marks) = self.marks.get_mut(path) {
            marks.array = array;
        }
    }

    /// All of it as a tree, keys sorted.
    ///
    /// # Errors
    /// A date or time anywhere.
    pub(super) fn into_node(self) -> Result<Node, String> {
        self.node(&Value::Table(ROOT))
    }

    fn node(&self, value: &Value) -> Result<Node, String> {
        match value {
            Value::Scalar(node) => Ok(node.clone()),
            Value::Time => Err("(p) unknown type time.Time for conversion to starlark value".to_owned()),
            Value::Array(elements) => array(elements.iter().map(|element| self.node(element))),
            Value::Tables(tables) => array(tables.iter().map(|table| self.node(&Value::Table(*table)))),
            Value::Table(table) => {
                let items = self.tables.get(*table).into_iter().flatten().map(|(key, value)| {
                    Ok(MapItem {
                        key: Node::Str(key.clone()),
                        value: self.node(value)?,
                        ..MapItem::default()
                    })
                });
                let items = items.collect::<Result<_, String>>()?;
                Ok(Node::Map(Arc::new(Map { items, pos: Pos::UNKNOWN, origin: Origin::Code })))
            }
        }
    }
}

fn array(elements: impl Iterator<Item = Result<Node, String>>) -> Result<Node, String> {
    let items = elements.map(|element| Ok(ArrayItem { value: element?, ..ArrayItem::default() }));
    let items = items.collect::<Result<_, String>>()?;
    Ok(Node::Array(Arc::new(Array { items, pos: Pos::UNKNOWN, origin: Origin::Code })))
}
