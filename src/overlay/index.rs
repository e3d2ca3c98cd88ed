//! Documents by the texts that subsets ask for.

use std::collections::HashMap;

use starlark::values::{Heap, Value};

use super::matcher::{Kind, Matcher};
use crate::engine::convert;
use crate::limits;
use crate::yaml::{Node, Text};

/// How many fields are indexed, and how many of one matcher.
const FIELDS: usize = 16;
const FIELDS_OF_MATCHER: usize = 4;

/// Finds documents by text in fields, each of which is indexed when a matcher first asks for it.
#[derive(Default)]
pub(super) struct Index {
    fields: Vec<Field>,
}

/// The documents by the text at one path.
struct Field {
    path: Vec<Text>,
    ids: HashMap<Text, Vec<usize>>,
    /// The text of each document.
    texts: Vec<Option<Text>>,
}

impl Field {
    fn update(&mut self, id: usize, document: &Node) {
        if self.texts.len() <= id {
            self.texts.resize(id + 1, None);
        }
        let new = text_at(document, &self.path);
        let Some(old) = self.texts.get_mut(id).filter(|old| **old != new) else {
            return;
        };
        if let Some(ids) = old.as_ref().and_then(|old| self.ids.get_mut(old)) {
            ids.retain(|other| *other != id);
        }
        if let Some(new) = &new {
            self.ids.entry(new.clone()).or_default().push(id);
        }
        *old = new;
    }
}

/// Gives the document of a number; none from the first number that is not used.
pub(super) type Documents<'n> = dyn Fn(usize) -> Option<&'n Node> + 'n;

impl Index {
    /// Takes note of what the document `id` is now.
    pub(super) fn update(&mut self, id: usize, document: &Node) {
        self.fields.iter_mut().for_each(|field| field.update(id, document));
    }

    /// The documents that `by` may match, in no order; `None` if that may be any.
    pub(super) fn candidates<'v>(
        &mut self,
        by: Value<'v>,
        heap: Heap<'v>,
        documents: &Documents<'_>,
    ) -> Option<Vec<usize>> {
        self.candidates_at(by, heap, documents, 0)
    }

    fn candidates_at<'v>(
        &mut self,
        by: Value<'v>,
        heap: Heap<'v>,
        documents: &Documents<'_>,
        depth: usize,
    ) -> Option<Vec<usize>> {
        let matcher = Matcher::of(by).filter(|_| depth < limits::call_depth())?;
        let mut of = |part: &Value<'v>| self.candidates_at(*part, heap, documents, depth + 1);
        match matcher.kind {
            Kind::Subset => {
                let expected = convert::to_node(*matcher.args.first()?, heap).ok()?;
                self.of_subset(&expected, documents)
            }
            // Functions may fail or print: what stands behind one does not narrow the search.
            Kind::And => {
                let parts = matcher.args.iter().take_while(|part| is_subset(**part));
                parts.filter_map(of).min_by_key(Vec::len)
            }
            Kind::Or => matcher.args.iter().map(&mut of).collect::<Option<Vec<_>>>().map(|all| all.concat()),
            Kind::All | Kind::Index(_) | Kind::MapKey(_) | Kind::Not => None,
        }
    }

    fn of_subset(&mut self, expected: &Node, documents: &Documents<'_>) -> Option<Vec<usize>> {
        let mut asked = Vec::new();
        texts(expected, &mut Vec::new(), &mut asked);
        let mut fewest: Option<&[usize]> = None;
        for (path, _) in &asked {
            self.add(path, documents);
        }
        for (path, text) in &asked {
            if let Some(field) = self.fields.iter().find(|field| field.path == *path) {
                let ids = field.ids.get(text).map(Vec::as_slice).unwrap_or_default();
                if fewest.is_none_or(|fewest| ids.len() < fewest.len()) {
                    fewest = Some(ids);
                }
            }
        }
        fewest.map(<[usize]>::to_vec)
    }

    /// Indexes a field, unless it is already or there are enough.
    fn add(&mut self, path: &[Text], documents: &Documents<'_>) {
        if self.fields.len() >= FIELDS || self.fields.iter().any(|field| field.path == path) {
            return;
        }
        let mut field = Field { path: path.to_vec(), ids: HashMap::new(), texts: Vec::new() };
        for id in 0.. {
            let Some(document) = documents(id) else { break };
            field.update(id, document);
        }
        self.fields.push(field);
    }
}

fn is_subset(by: Value<'_>) -> bool {
    Matcher::of(by).is_some_and(|matcher| matcher.kind == Kind::Subset)
}

/// The text at a path of keys.
fn text_at(node: &Node, path: &[Text]) -> Option<Text> {
    let mut node = node;
    for key in path {
        let Node::Map(map) = node else {
            return None;
        };
        node = map.get(key)?;
    }
    match node {
        Node::Str(text) => Some(text.clone()),
        _ => None,
    }
}

/// The first texts in maps, with their paths.
fn texts(node: &Node, path: &mut Vec<Text>, out: &mut Vec<(Vec<Text>, Text)>) {
    match node {
        Node::Str(text) if out.len() < FIELDS_OF_MATCHER => out.push((path.clone(), text.clone())),
        Node::Map(map) => {
            for item in &map.items {
                if let Node::Str(key) = &item.key {
                    path.push(key.clone());
                    texts(&item.value, path, out);
                    path.pop();
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use starlark::environment::Module;

    use super::Index;
    use crate::engine::convert::to_plain;
    use crate::overlay::matcher::{Kind, Matcher};
    use crate::yaml::{Node, ParseOptions, parse};

    fn value(text: &str) -> Node {
        parse(text.as_bytes(), 0, &ParseOptions::default()).unwrap().items.remove(0).value
    }

    #[test]
    fn matchers_narrow_the_search() {
        let texts = ["{kind: A, metadata: {name: x}}", "{kind: A, metadata: {name: w}}", "kind: [B]", "s"];
        let mut documents = texts.map(value);
        let mut index = Index::default();

        Module::with_temp_heap(|module| {
            let heap = module.heap();
            let subset = |text: &str| Matcher::alloc(Kind::Subset, vec![to_plain(&value(text), heap)], heap);
            let all = Matcher::alloc(Kind::All, Vec::new(), heap);
            let of_kind = subset("kind: A");
            let of_name = subset("metadata: {name: x}");
            let whole = subset("s");
            for (matcher, expected) in [(of_kind, vec![0, 1]), (of_name, vec![0]), (whole, vec![3])] {
                assert_eq!(index.candidates(matcher, heap, &|id| documents.get(id)), Some(expected));
            }
            // Documents change.
            documents[3] = value("{kind: B, metadata: {name: x}}");
            index.update(3, &documents[3]);
            let mut candidates = |by| index.candidates(by, heap, &|id| documents.get(id));
            let cases = [
                ("kind", of_kind, Some(vec![0, 1])),
                ("name", of_name, Some(vec![0, 3])),
                ("nothing like it", subset("kind: Z"), Some(vec![])),
                ("another field", subset("spec: {a: w}"), Some(vec![])),
                ("no text", subset("spec: 1"), None),
                ("the whole document", whole, Some(vec![])),
                ("not a text", subset("kind: [B]"), None),
                ("the rarest field", subset("{kind: B, metadata: {name: x}}"), Some(vec![3])),
                ("all", all, None),
                ("both", Matcher::alloc(Kind::And, vec![subset("kind: B"), of_name], heap), Some(vec![3])),
                ("either", Matcher::alloc(Kind::Or, vec![of_kind, of_name], heap), Some(vec![0, 1, 0, 3])),
                ("either or any", Matcher::alloc(Kind::Or, vec![of_kind, all], heap), None),
                ("not", Matcher::alloc(Kind::Not, vec![of_kind], heap), None),
            ];
            for (name, matcher, expected) in cases {
                assert_eq!(candidates(matcher), expected, "{name}");
            }
        });
    }
}
