//! Documents over documents.

use starlark::values::{Heap, Value};

use super::apply::{Overlay, check_holds};
use super::count::Expectation;
use super::index::Index;
use super::matcher::{self, Side, Subject};
use super::nearest::{self, Candidate};
use super::rules::{MATCH, Match, Operation, Rules};
use super::tree;
use super::trouble::{Outcome, Trouble, unless_conditional};
use crate::engine::builtins::is_callable;
use crate::engine::convert::go_value_type;
use crate::yaml::{Document, Known, Node, Pos};

/// Names a document, also after others were inserted or removed. A document inserted before and after
/// another is one document at two places, as in the reference.
type Id = usize;

/// A document that was found, and where: the set and the place in it.
#[derive(Clone, Copy)]
struct Found {
    set: usize,
    at: usize,
    id: Id,
}

/// One document and what is known about it.
struct Entry<'v> {
    document: Document,
    /// The document's value as code sees it, once it was needed.
    value: Option<Value<'v>>,
}

/// The documents overlays are applied to, in sets that stay apart: one for each file.
pub(crate) struct Documents<'v> {
    entries: Vec<Entry<'v>>,
    sets: Vec<Vec<Id>>,
    /// Documents with values from code, which become YAML when the next overlay begins.
    raw: Vec<Id>,
    index: Index,
}

impl<'v> Documents<'v> {
    pub(crate) fn new(sets: Vec<Vec<Document>>) -> Documents<'v> {
        let mut all =
            Documents { entries: Vec::new(), sets: Vec::new(), raw: Vec::new(), index: Index::default() };
        for set in sets {
            let ids = set.into_iter().map(|document| all.add(document)).collect();
            all.sets.push(ids);
        }
        all
    }

    /// The documents of each set.
    pub(crate) fn into_sets(self) -> Vec<Vec<Document>> {
        let get = |id: Id| Some(self.entries.get(id)?.document.clone());
        self.sets.iter().map(|set| set.iter().filter_map(|id| get(*id)).collect()).collect()
    }

    /// Keeps a document that is not in a set yet.
    fn add(&mut self, document: Document) -> Id {
        let id = self.entries.len();
        self.entries.push(Entry { document, value: None });
        self.changed(id);
        self.raw.push(id);
        id
    }

    fn get(&self, id: Id) -> Option<&Document> {
        self.entries.get(id).map(|entry| &entry.document)
    }

    /// The first of all.
    pub(super) fn first(&self) -> Option<&Document> {
        self.get(0)
    }

    /// To be followed by [`changed`](Self::changed).
    fn get_mut(&mut self, id: Id) -> Option<&mut Document> {
        self.entries.get_mut(id).map(|entry| &mut entry.document)
    }

    fn changed(&mut self, id: Id) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.value = None;
            self.index.update(id, &entry.document.value);
        }
    }

    /// Puts another document in the place of one.
    fn replace(&mut self, found: Found, document: Document) {
        let id = self.add(document);
        if let Some(place) = self.sets.get_mut(found.set).and_then(|set| set.get_mut(found.at)) {
            *place = id;
        }
    }

    /// All documents in order.
    fn all(&self) -> impl Iterator<Item = Found> {
        let of_set = |(set, ids): (usize, &'_ Vec<Id>)| {
            ids.iter().enumerate().map(move |(at, id)| Found { set, at, id: *id }).collect::<Vec<_>>()
        };
        self.sets.iter().enumerate().flat_map(of_set)
    }

    /// Some parts may be known to be YAML.
    pub(super) fn values_become_yaml(&mut self, known: Known<'_>) {
        for id in std::mem::take(&mut self.raw) {
            if let Some(document) = self.get_mut(id) {
                tree::as_yaml_beside(&mut document.value, known);
            }
        }
    }

    /// The documents that `by` may match, with their numbers among all; at least those.
    fn candidates(&mut self, by: Value<'v>, heap: Heap<'v>) -> Vec<(usize, Found)> {
        let entries = &self.entries;
        let document = |id: Id| entries.get(id).map(|entry| &entry.document.value);
        match self.index.candidates(by, heap, &document) {
            Some(ids) => {
                let mut wanted = vec![false; entries.len()];
                for id in ids {
                    if let Some(wanted) = wanted.get_mut(id) {
                        *wanted = true;
                    }
                }
                let wanted = |id: Id| wanted.get(id).copied().unwrap_or_default();
                self.all().enumerate().filter(|(_, found)| wanted(found.id)).collect()
            }
            None => self.all().enumerate().collect(),
        }
    }
}

impl<'v> Overlay<'_, 'v, '_, '_> {
    /// Applies documents, one after the other.
    pub(crate) fn apply_documents(
        &mut self,
        documents: &mut Documents<'v>,
        over: &[Document],
    ) -> Outcome<()> {
        documents.values_become_yaml(Known::default());
        for document in over {
            let mut document = document.clone();
            tree::as_yaml(&mut document.value);
            self.apply_one(documents, &document).map_err(|trouble| {
                trouble.within(&format!("Document on line {}", self.place(document.pos)))
            })?;
        }
        Ok(())
    }

    fn apply_one(&mut self, documents: &mut Documents<'v>, new: &Document) -> Outcome<()> {
        let defaults = Expectation::default();
        let rules = self.rules(&new.notes, &new.value);
        match rules.operation()? {
            Operation::Merge => self.merge_document(documents, new, &rules),
            Operation::Remove => {
                let matching = rules.document_match(self.exact, defaults)?;
                let found = self.find_documents(documents, new, &matching)?.unwrap_or_default();
                let mut found = found.into_iter().peekable();
                for (set, ids) in documents.sets.iter_mut().enumerate() {
                    let mut at = 0..;
                    ids.retain(|_| {
                        let here = (set, at.next().unwrap_or_default());
                        found.next_if(|found| (found.set, found.at) == here).is_none()
                    });
                }
                Ok(())
            }
            Operation::Replace => self.replace_document(documents, new, &rules),
            Operation::Insert => self.insert_document(documents, new, &rules),
            Operation::Append => {
                let id = documents.add(new.clone());
                match documents.sets.last_mut() {
                    Some(set) => set.push(id),
                    None => return Err(Trouble::new("there is no document to append to")),
                }
                Ok(())
            }
            Operation::Assert => self.assert_document(documents, new, &rules),
        }
    }

    fn merge_document(
        &mut self,
        documents: &mut Documents<'v>,
        new: &Document,
        rules: &Rules<'v>,
    ) -> Outcome<()> {
        let below = rules.child_defaults(Expectation::default())?;
        let matching = rules.document_match(self.exact, Expectation::default())?;
        for Found { id, .. } in self.find_documents(documents, new, &matching)?.unwrap_or_default() {
            let Some(old) = documents.get_mut(id) else {
                continue;
            };
            if matches!(old.value, Node::Null) || self.apply(&mut old.value, &new.value, below)? {
                old.value = new.value.clone();
            }
            documents.changed(id);
            if std::mem::take(&mut self.has_code_value) {
                documents.raw.push(id);
            }
        }
        Ok(())
    }

    fn replace_document(
        &mut self,
        documents: &mut Documents<'v>,
        new: &Document,
        rules: &Rules<'v>,
    ) -> Outcome<()> {
        let matching = rules.document_match(self.exact, Expectation::default())?;
        let replace = rules.replace()?;
        let Some(found) = self.find_documents(documents, new, &matching)? else {
            return Ok(());
        };
        if found.is_empty() && replace.or_add {
            let value = self.value_via(replace.via, &Node::Null, &new.value)?;
            check_holds("document", &value)?;
            let id = documents.add(Document { value, ..new.clone() });
            match documents.sets.first_mut() {
                Some(set) => set.push(id),
                None => return Err(Trouble::new("there is no document set to add to")),
            }
        }
        for found in found {
            if let Some(old) = documents.get(found.id) {
                let value = self.value_via(replace.via, &old.value, &new.value)?;
                check_holds("document", &value)?;
                documents.replace(found, Document { value, ..new.clone() });
            }
        }
        Ok(())
    }

    fn insert_document(
        &mut self,
        documents: &mut Documents<'v>,
        new: &Document,
        rules: &Rules<'v>,
    ) -> Outcome<()> {
        let matching = rules.document_match(self.exact, Expectation::default())?;
        let Some(found) = self.find_documents(documents, new, &matching)? else {
            return Ok(());
        };
        let insert = rules.insert()?;
        let mut found = found.into_iter().peekable();
        for set in 0..documents.sets.len() {
            let mut updated = Vec::new();
            for (at, id) in documents.sets.get(set).cloned().unwrap_or_default().into_iter().enumerate() {
                let here = found.next_if(|found| (found.set, found.at) == (set, at)).is_some();
                let Some(old) = documents.get(id).filter(|_| here) else {
                    updated.push(id);
                    continue;
                };
                let value = self.value_via(insert.via, &old.value, &new.value)?;
                check_holds("document", &value)?;
                let inserted = documents.add(Document { value, ..new.clone() });
                updated.extend(insert.before.then_some(inserted));
                updated.push(id);
                updated.extend(insert.after.then_some(inserted));
            }
            if let Some(ids) = documents.sets.get_mut(set) {
                *ids = updated;
            }
        }
        Ok(())
    }

    fn assert_document(
        &mut self,
        documents: &mut Documents<'v>,
        new: &Document,
        rules: &Rules<'v>,
    ) -> Outcome<()> {
        let below = rules.child_defaults(Expectation::default())?;
        let matching = rules.document_match(self.exact, Expectation::default())?;
        let via = rules.assert()?;
        for Found { id, .. } in self.find_documents(documents, new, &matching)?.unwrap_or_default() {
            if let Some(old) = documents.get_mut(id) {
                self.assert(via, &old.value, &new.value)?;
                self.apply(&mut old.value, &new.value, below)?;
                documents.changed(id);
                if std::mem::take(&mut self.has_code_value) {
                    documents.raw.push(id);
                }
            }
        }
        Ok(())
    }

    /// The documents that match, in order; `None` if they are not as many as `when` asks for.
    fn find_documents(
        &mut self,
        documents: &mut Documents<'v>,
        new: &Document,
        matching: &Match<'v>,
    ) -> Outcome<Option<Vec<Found>>> {
        let found: Vec<Found> = if self.exact {
            documents.all().take(1).collect()
        } else {
            self.search(documents, new, matching)?
        };
        let places: Vec<Pos> = found.iter().filter_map(|found| Some(documents.get(found.id)?.pos)).collect();
        let checked = matching.count.check(&places, self).map_err(|trouble| match matching.by {
            Some(by) if places.is_empty() => trouble.help(|| self.nearest(documents, by, &new.value)),
            _ => trouble,
        });
        unless_conditional(checked.map(|()| found))
    }

    /// Help where nothing matches.
    fn nearest(&self, documents: &Documents<'v>, by: Value<'v>, new: &Node) -> String {
        let left = documents.all().filter_map(|found| documents.get(found.id));
        let left: Vec<Candidate<'_>> = left.map(Candidate::of_document).collect();
        nearest::candidates("document", by, new, &left, |pos| self.place(pos), self.heap())
    }

    fn search(
        &mut self,
        documents: &mut Documents<'v>,
        new: &Document,
        matching: &Match<'v>,
    ) -> Outcome<Vec<Found>> {
        let Some(by) = matching.by else {
            return Err(Trouble::new(format!(
                "Expected '{MATCH}' annotation keyword argument 'by'  to be specified"
            )));
        };
        if !is_callable(by) {
            return Err(Trouble::new(format!(
                "Expected '{MATCH}' annotation keyword argument 'by' to be function, but was {}",
                go_value_type(by)
            )));
        }
        let candidates = documents.candidates(by, self.heap());
        let mut subject = Subject::search(&new.value);
        let mut found = Vec::new();
        let mut made = Vec::new();
        for (index, candidate) in candidates {
            let Some(entry) = documents.entries.get(candidate.id) else {
                continue;
            };
            subject.key = Side::of_index(index);
            subject.old = Side::of_both(&entry.document.value, entry.value);
            let matches = matcher::test(by, &mut subject, self.eval)?;
            let value = subject.old.made();
            if matches {
                found.push(candidate);
            }
            // Code that looks at a document once is likely to do so again.
            if let (Some(value), None) = (value, entry.value) {
                made.push((candidate.id, value));
            }
        }
        drop(subject);
        for (id, value) in made {
            if let Some(entry) = documents.entries.get_mut(id) {
                entry.value = Some(value);
            }
        }
        Ok(found)
    }
}
