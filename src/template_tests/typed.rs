//! YAML as Go reads it into typed values: keys match in any case, scalars become text where text is asked for,
//! what is missing has its zero value. What a type does not know is left out, and told.
//!
//! Source of the rules: `sigs.k8s.io/yaml` 1.3 and `encoding/json`.

use std::sync::Arc;

use crate::supply_chain::view::{Field, Shape, Struct};
use crate::supply_chain::wire::wire;
use crate::yaml::{self, Array, ArrayItem, Map, MapItem, Node, ParseOptions, Pos, Text};

/// A key that nobody reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UnknownKey {
    /// Its path: `given.temlate`.
    pub(super) path: String,
    /// The line it stands at.
    pub(super) line: u32,
    /// A key that is known and looks like it.
    pub(super) similar: Option<String>,
}

/// The first document of a file; null if there is none.
pub(super) fn first_document(text: &[u8]) -> Result<Node, String> {
    let mut documents = yaml::parse(text, 0, &ParseOptions::default()).map_err(|error| error.to_string())?;
    yaml::keep_last_of_repeated_keys(&mut documents);
    let mut items = documents.items.into_iter();
    let first = items.next().unwrap_or_default();
    // ytt has a document before a first `---` that only comments stand in front of; others have none.
    let line = text.split(|byte| *byte == b'\n').nth((first.pos.line as usize).saturating_sub(1));
    let is_implied = first.value == Node::Null && !line.is_some_and(|line| line.starts_with(b"---"));
    let first = if is_implied { items.next().unwrap_or_default() } else { first };
    Ok(first.value)
}

/// A value of a type. Lines are kept.
///
/// # Errors
/// What does not fit, in the words of Go.
pub(super) fn typed(
    node: &Node,
    shape: &'static Shape,
    unknown: &mut Vec<UnknownKey>,
) -> Result<Node, String> {
    Reader { unknown, path: Vec::new() }.value(node, shape)
}

struct Reader<'a> {
    unknown: &'a mut Vec<UnknownKey>,
    path: Vec<String>,
}

impl Reader<'_> {
    fn value(&mut self, node: &Node, shape: &'static Shape) -> Result<Node, String> {
        if *node == Node::Null {
            return Ok(zero(shape));
        }
        match shape {
            Shape::Pointer(target) => self.value(node, target),
            Shape::Text(name) => scalar_text(node).ok_or_else(|| self.misfit(node, name)),
            Shape::Int(name) => match node {
                Node::Int(_) | Node::Uint(_) => Ok(node.clone()),
                Node::Float(value) if value.fract() == 0.0 => Ok(wire(node)),
                _ => Err(self.misfit(node, name)),
            },
            Shape::Bool => match node {
                Node::Bool(_) => Ok(node.clone()),
                _ => Err(self.misfit(node, "bool")),
            },
            Shape::List(item) => match node {
                Node::Array(array) => self.list(array, item),
                _ => Err(self.misfit(node, "[]")),
            },
            Shape::Map(item) => match node {
                Node::Map(map) => self.map(map, item),
                _ => Err(self.misfit(node, "map[string]")),
            },
            Shape::Struct(fields) => match node {
                Node::Map(map) => self.fields(map, fields),
                _ => Err(self.misfit(node, fields.name)),
            },
            _ => Ok(node.clone()),
        }
    }

    fn misfit(&self, node: &Node, go: &str) -> String {
        let kind = match node {
            Node::Map(_) => "object",
            Node::Array(_) | Node::DocumentSet(_) => "array",
            Node::Bool(_) => "bool",
            Node::Int(_) | Node::Uint(_) | Node::Float(_) => "number",
            _ => "string",
        };
        format!("json: cannot unmarshal {kind} into Go field {} of type {go}", self.path.join("."))
    }

    fn list(&mut self, array: &Array, shape: &'static Shape) -> Result<Node, String> {
        let mut items = Vec::with_capacity(array.items.len());
        for (index, item) in array.items.iter().enumerate() {
            self.path.push(index.to_string());
            items.push(ArrayItem { value: self.value(&item.value, shape)?, ..item.clone() });
            self.path.pop();
        }
        Ok(Node::Array(Arc::new(Array { items, ..array.clone() })))
    }

    fn map(&mut self, map: &Map, shape: &'static Shape) -> Result<Node, String> {
        let mut items = Vec::with_capacity(map.items.len());
        for item in &map.items {
            let key = scalar_text(&item.key).unwrap_or_else(|| item.key.clone());
            self.path.push(key.as_str().unwrap_or_default().to_owned());
            items.push(MapItem { key, value: self.value(&item.value, shape)?, ..item.clone() });
            self.path.pop();
        }
        Ok(Node::Map(Arc::new(Map { items, ..map.clone() })))
    }

    fn fields(&mut self, map: &Map, fields: &'static Struct) -> Result<Node, String> {
        let known = flat(fields);
        let mut items: Vec<MapItem> = Vec::with_capacity(map.items.len());
        for item in &map.items {
            let key = scalar_text(&item.key).unwrap_or_else(|| item.key.clone());
            let key = key.as_str().unwrap_or_default();
            let exact = known.iter().find(|field| field.json == key);
            let found = exact.or_else(|| known.iter().find(|field| field.json.eq_ignore_ascii_case(key)));
            self.path.push(found.map_or(key, |field| field.json).to_owned());
            match found {
                Some(field) => {
                    let value = self.value(&item.value, &field.shape)?;
                    let name = Node::Str(Text::new_static(field.json));
                    let item = MapItem { key: name, value, ..item.clone() };
                    match items.iter_mut().find(|other| other.key == item.key) {
                        Some(other) => *other = item,
                        None => items.push(item),
                    }
                }
                None => self.unknown.push(UnknownKey {
                    path: self.path.join("."),
                    line: item.pos.line,
                    similar: similar(key, known.iter().map(|field| field.json)),
                }),
            }
            self.path.pop();
        }
        for field in known.iter().filter(|field| !field.omit_empty) {
            let key = Node::Str(Text::new_static(field.json));
            if items.iter().all(|item| item.key != key) {
                let pos = Pos::UNKNOWN;
                items.push(MapItem { key, value: zero(&field.shape), pos, ..MapItem::default() });
            }
        }
        Ok(Node::Map(Arc::new(Map { items, ..map.clone() })))
    }
}

/// The fields of a struct, those of inline structs among them.
fn flat(fields: &'static Struct) -> Vec<&'static Field> {
    let mut flattened = Vec::new();
    for field in fields.fields {
        match &field.shape {
            Shape::Struct(inner) if field.json.is_empty() => flattened.extend(flat(inner)),
            Shape::Pointer(Shape::Struct(inner)) if field.json.is_empty() => flattened.extend(flat(inner)),
            _ => flattened.push(field),
        }
    }
    flattened
}

/// What Go has where nothing is given, as far as readers look at it.
fn zero(shape: &'static Shape) -> Node {
    match shape {
        Shape::Text(_) => Node::str(""),
        Shape::List(_) => Node::Array(Arc::default()),
        Shape::Map(_) => Node::Map(Arc::default()),
        Shape::Bool => Node::Bool(false),
        Shape::Int(_) => Node::Int(0),
        Shape::Struct(fields) => {
            let fields = flat(fields).into_iter().filter(|field| !field.omit_empty);
            let items = fields.map(|field| MapItem {
                key: Node::Str(Text::new_static(field.json)),
                value: zero(&field.shape),
                ..MapItem::default()
            });
            Node::Map(Arc::new(Map { items: items.collect(), ..Map::default() }))
        }
        _ => Node::Null,
    }
}

/// A scalar as the text that it becomes where text is asked for.
fn scalar_text(node: &Node) -> Option<Node> {
    Some(match node {
        Node::Str(_) => node.clone(),
        Node::Bool(value) => Node::Str(Text::new_static(if *value { "true" } else { "false" })),
        Node::Int(value) => Node::str(value.to_string()),
        Node::Uint(value) => Node::str(value.to_string()),
        Node::Float(_) => {
            let mut text = String::new();
            yaml::json::write(&mut text, node).ok()?;
            Node::str(text)
        }
        _ => return None,
    })
}

/// The name that is nearest, if it is near enough to be a slip.
fn similar<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let near = known.map(|known| (distance(&name, &known.to_ascii_lowercase()), known));
    let (far, nearest) = near.min()?;
    (far <= 2 && far * 3 <= name.len()).then(|| nearest.to_owned())
}

/// How many letters must be put in, left out or changed.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (index, from) in a.chars().enumerate() {
        let mut next = vec![index + 1];
        for ((to, replace), above) in b.iter().zip(&row).zip(row.iter().skip(1)) {
            let left = next.last().copied().unwrap_or_default();
            next.push((replace + usize::from(from != *to)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::super::shapes::{INFO, SUPPLY_CHAIN};
    use super::*;
    use crate::supply_chain::owner_view::WORKLOAD;

    fn read(text: &str, shape: &'static Shape) -> (Result<String, String>, Vec<UnknownKey>) {
        let mut unknown = Vec::new();
        let node = typed(&first_document(text.as_bytes()).unwrap(), shape, &mut unknown);
        (node.map(|node| yaml::json::encode(&node, 0, false).unwrap()), unknown)
    }

    #[test]
    fn keys_match_in_any_case_and_scalars_become_text() {
        let text = "Kind: Workload\nMETADATA:\n  name: 1\n  labels: {a: true, 2: 1.5}\nspec:\n  env: [{Name: x, value: 7}]\n";
        let (node, unknown) = read(text, &WORKLOAD);
        assert_eq!(
            node.unwrap(),
            r#"{"kind":"Workload","metadata":{"labels":{"2":"1.5","a":"true"},"name":"1"},"spec":{"env":[{"name":"x","value":"7"}]}}"#
        );
        assert_eq!(unknown, []);
    }

    #[test]
    fn unknown_keys_are_told_and_values_that_do_not_fit_refused() {
        let (_, unknown) = read("given:\n  temlate: {}\n  zzz: 1\n", &INFO);
        let [slip, other] = unknown.as_slice() else { unreachable!("{unknown:?}") };
        assert_eq!((&*slip.path, slip.line, slip.similar.as_deref()), ("given.temlate", 2, Some("template")));
        assert_eq!((&*other.path, other.line, other.similar.as_deref()), ("given.zzz", 3, None));
        let (node, _) = read("focus: [1]\n", &INFO);
        assert_eq!(node.unwrap_err(), "json: cannot unmarshal array into Go field focus of type bool");
    }

    #[test]
    fn what_is_missing_has_its_zero_value() {
        let (node, _) = read("metadata: {name: a}\n", &SUPPLY_CHAIN);
        assert_eq!(node.unwrap(), r#"{"metadata":{"name":"a"},"spec":{"resources":[]}}"#);
    }
}
