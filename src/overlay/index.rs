//! Documents by the fields that matchers mostly ask for.

use std::collections::HashMap;

use starlark::values::{Heap, Value};

use super::matcher::{Kind, Matcher};
use crate::engine::{convert, limits};
use crate::yaml::{Node, Text};

/// The fields, as paths from the root.
const FIELDS: [&[&str]; 4] = [&["metadata", "name"], &["metadata", "namespace"], &["kind"], &["apiVersion"]];

type Values = [Option<Text>; FIELDS.len()];

/// Finds documents by text in one of the fields.
#[derive(Default)]
pub(super) struct Index {
    buckets: [HashMap<Text, Vec<usize>>; FIELDS.len()],
    values: Vec<Values>,
}

impl Index {
    /// Takes note of what the document `id` is now.
    pub(super) fn update(&mut self, id: usize, document: &Node) {
        if self.values.len() <= id {
            self.values.resize(id + 1, Values::default());
        }
        let new = FIELDS.map(|path| text_at(document, path));
        let Some(old) = self.values.get_mut(id) else {
            return;
        };
        for ((old, new), bucket) in old.iter_mut().zip(new).zip(&mut self.buckets) {
            if *old == new {
                continue;
            }
            if let Some(ids) = old.as_ref().and_then(|old| bucket.get_mut(old)) {
                ids.retain(|other| *other != id);
            }
            if let Some(new) = &new {
                bucket.entry(new.clone()).or_default().push(id);
            }
            *old = new;
        }
    }

    /// The documents that `by` may match, in no order; `None` if that may be any.
    pub(super) fn candidates<'v>(&self, by: Value<'v>, heap: Heap<'v>) -> Option<Vec<usize>> {
        self.candidates_at(by, heap, 0)
    }

    fn candidates_at<'v>(&self, by: Value<'v>, heap: Heap<'v>, depth: usize) -> Option<Vec<usize>> {
        let matcher = Matcher::of(by).filter(|_| depth < limits::CALL_DEPTH)?;
        match matcher.kind {
            Kind::Subset => {
                let expected = convert::to_node(*matcher.args.first()?, heap).ok()?;
                let asked = FIELDS.iter().zip(&self.buckets);
                let found = asked.filter_map(|(path, bucket)| {
                    let ids = bucket.get(&text_at(&expected, path)?);
                    Some(ids.map(Vec::as_slice).unwrap_or_default())
                });
                found.min_by_key(|ids| ids.len()).map(<[usize]>::to_vec)
            }
            // Functions may fail or print: what stands behind one does not narrow the search.
            Kind::And => {
                let parts = matcher.args.iter().take_while(|part| is_subset(**part));
                parts.filter_map(|part| self.candidates_at(*part, heap, depth + 1)).min_by_key(Vec::len)
            }
            Kind::Or => {
                let parts = matcher.args.iter().map(|part| self.candidates_at(*part, heap, depth + 1));
                parts.collect::<Option<Vec<_>>>().map(|parts| parts.concat())
            }
            Kind::All | Kind::Index(_) | Kind::MapKey(_) | Kind::Not => None,
        }
    }
}

fn is_subset(by: Value<'_>) -> bool {
    Matcher::of(by).is_some_and(|matcher| matcher.kind == Kind::Subset)
}

/// The text at a path of keys.
fn text_at(node: &Node, path: &[&str]) -> Option<Text> {
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
        let documents =
            ["{kind: A, metadata: {name: x}}", "{kind: A, metadata: {name: w}}", "kind: [B]", "s"];
        let mut index = Index::default();
        for (id, document) in documents.iter().enumerate() {
            index.update(id, &value(document));
        }
        // Documents change.
        index.update(3, &value("{kind: B, metadata: {name: x}}"));

        Module::with_temp_heap(|module| {
            let heap = module.heap();
            let subset = |text: &str| Matcher::alloc(Kind::Subset, vec![to_plain(&value(text), heap)], heap);
            let all = Matcher::alloc(Kind::All, Vec::new(), heap);
            let of_kind = subset("kind: A");
            let of_name = subset("metadata: {name: x}");
            let cases = [
                ("kind", of_kind, Some(vec![0, 1])),
                ("name", of_name, Some(vec![0, 3])),
                ("nothing like it", subset("kind: Z"), Some(vec![])),
                ("another field", subset("spec: 1"), None),
                ("not a text", subset("kind: [B]"), None),
                ("the rarest field", subset("{kind: B, metadata: {name: x}}"), Some(vec![3])),
                ("all", all, None),
                ("both", Matcher::alloc(Kind::And, vec![subset("kind: B"), of_name], heap), Some(vec![3])),
                ("either", Matcher::alloc(Kind::Or, vec![of_kind, of_name], heap), Some(vec![0, 1, 0, 3])),
                ("either or any", Matcher::alloc(Kind::Or, vec![of_kind, all], heap), None),
                ("not", Matcher::alloc(Kind::Not, vec![of_kind], heap), None),
            ];
            for (name, matcher, expected) in cases {
                assert_eq!(index.candidates(matcher, heap), expected, "{name}");
            }
        });
    }
}
