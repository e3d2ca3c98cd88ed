//! The values of a document that have rules: by its schema or by annotations of its own.

use super::types::{Kind, Slot, Type};
use crate::template::run::Run;
use crate::validation::{Subject, Validation};
use crate::yaml::{Array, Document, FileTable, Map, Node, Notes, Pos, go_text};
use starlark::values::Heap;

/// The annotation of a value's own rules.
pub(super) const ASSERT: &str = "assert/validate";

/// The values with rules, from the root down.
///
/// # Errors
/// What is wrong with an `@assert/validate`.
pub(super) fn subjects<'v>(
    document: &Document,
    root: Option<&Slot<Validation<'v>>>,
    run: &Run<'v>,
    heap: Heap<'v>,
    files: &FileTable,
) -> Result<Vec<Subject<'v>>, String> {
    let mut walk = Walk { run, heap, files, found: Vec::new() };
    let place = Place { path: String::new(), kind: "(document)", parent: None, pos: document.pos };
    walk.visit(place, &document.value, &document.notes, root)?;
    Ok(walk.found)
}

struct Walk<'a, 'v> {
    run: &'a Run<'v>,
    heap: Heap<'v>,
    files: &'a FileTable,
    found: Vec<Subject<'v>>,
}

/// Where a value is.
struct Place<'a> {
    path: String,
    kind: &'static str,
    parent: Option<&'a Node>,
    pos: Pos,
}

impl<'v> Walk<'_, 'v> {
    fn visit(
        &mut self,
        place: Place<'_>,
        value: &Node,
        notes: &Notes,
        slot: Option<&Slot<Validation<'v>>>,
    ) -> Result<(), String> {
        let mut validations: Vec<Validation<'v>> =
            slot.and_then(|slot| slot.validation.clone()).into_iter().collect();
        if let Some(annotation) = self.run.annotation(notes.annotations, ASSERT) {
            let own = Validation::parse(&annotation, self.heap, self.files);
            validations.push(own.map_err(|why| format!("Invalid @{ASSERT} annotation - {why}"))?);
        }
        let path = place.path;
        if !validations.is_empty() {
            self.found.push(Subject {
                path: path.clone(),
                kind: place.kind,
                value: value.clone(),
                parent: place.parent.cloned(),
                pos: place.pos,
                validations,
            });
        }
        let value_type = slot.map(|slot| slot.value.non_null());
        match value {
            Node::Map(map) => self.visit_map(&path, value, map, value_type),
            Node::Array(array) => self.visit_array(&path, value, array, value_type),
            _ => Ok(()),
        }
    }

    fn visit_map(
        &mut self,
        path: &str,
        node: &Node,
        map: &Map,
        value_type: Option<&Type<Validation<'v>>>,
    ) -> Result<(), String> {
        let slots = match value_type.map(|value_type| &value_type.kind) {
            Some(Kind::Map(slots)) => slots.as_slice(),
            _ => &[],
        };
        for (index, item) in map.items.iter().enumerate() {
            let key = go_text(&item.key);
            let path = if path.is_empty() { key } else { format!("{path}.{key}") };
            let place = Place { path, kind: "(map item)", parent: Some(node), pos: item.pos };
            let slot = super::check::slot_of(slots, &item.key, index);
            self.visit(place, &item.value, &item.notes, slot)?;
        }
        Ok(())
    }

    fn visit_array(
        &mut self,
        path: &str,
        node: &Node,
        array: &Array,
        value_type: Option<&Type<Validation<'v>>>,
    ) -> Result<(), String> {
        let slot = match value_type.map(|value_type| &value_type.kind) {
            Some(Kind::Array { item, .. }) => Some(&**item),
            _ => None,
        };
        for (index, item) in array.items.iter().enumerate() {
            let path = format!("{path}[{index}]");
            let place = Place { path, kind: "(array item)", parent: Some(node), pos: item.pos };
            self.visit(place, &item.value, &item.notes, slot)?;
        }
        Ok(())
    }
}
