//! From a schema document to its types.
//!
//! Source of the rules and of their order: the reference's `pkg/schema/schema.go`.

use std::sync::Arc;

use starlark::values::Heap;

use super::annotations::{
    DEFAULT, DEPRECATED, DESCRIPTION, EXAMPLES, NULLABLE, Site, TITLE, TYPE, VALIDATION,
};
use super::check::conform;
use super::report::{Problem, Violation, report};
use super::types::{Documentation, Kind, Scalar, Slot, Type};
use crate::engine::convert::go_type;
use crate::template::run::{Annotation, Run};
use crate::validation::Validation;
use crate::yaml::{Array, Document, FileTable, Known, Map, Node, Notes, Origin, Pos, Text, go_text};

/// The type of a schema document.
///
/// # Errors
/// The first thing that is wrong with it.
pub(crate) fn build<'v>(
    document: &Document,
    run: &Run<'v>,
    heap: Heap<'v>,
    files: &FileTable,
) -> Result<Slot<Validation<'v>>, Problem> {
    let builder = Builder { run, heap, files };
    builder.slot(Holder::Document, &Node::Null, &document.value, &document.notes, document.pos)
}

struct Builder<'a, 'v> {
    run: &'a Run<'v>,
    heap: Heap<'v>,
    files: &'a FileTable,
}

/// What holds a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Document,
    MapItem,
    ArrayItem,
}

const INVALID: &str = "Invalid schema";

impl<'v> Builder<'_, 'v> {
    fn slot(
        &self,
        holder: Holder,
        key: &Node,
        value: &Node,
        notes: &Notes,
        pos: Pos,
    ) -> Result<Slot<Validation<'v>>, Problem> {
        let annotation = |name: &str| self.run.annotation(notes.annotations, name);
        let mut value_type = self.value_type(value, &annotation, pos)?;
        let documentation = self
            .documentation(holder, &annotation, pos)
            .map_err(|problem| problem.under(INVALID, self.files))?;
        if let Some(examples) = annotation(EXAMPLES) {
            self.check_examples(&documentation.examples, &examples, &value_type)?;
        }
        value_type.documentation = documentation;

        let default = match annotation(DEFAULT) {
            Some(default) => self.given_default(holder, &default, &value_type, pos)?,
            None => value_type.default(),
        };
        let validation = annotation(VALIDATION)
            .map(|annotation| Validation::parse(&annotation, self.heap, self.files))
            .transpose()
            .map_err(|why| Problem::Text(format!("Invalid @{VALIDATION} annotation - {why}")))?;
        value_type.set_default(&default);
        Ok(Slot { key: key.clone(), value: value_type, default, pos, validation })
    }

    fn site<'b>(&'b self, annotation: &'b Annotation<'v>, node: Pos) -> Site<'b, 'v> {
        Site { annotation, node, heap: self.heap, files: self.files }
    }

    fn value_type(
        &self,
        value: &Node,
        annotation: &impl Fn(&str) -> Option<Annotation<'v>>,
        pos: Pos,
    ) -> Result<Type<Validation<'v>>, Problem> {
        let invalid = |problem: Problem| problem.under(INVALID, self.files);
        let any = match annotation(TYPE) {
            Some(annotation) => self.site(&annotation, pos).is_any().map_err(invalid)?,
            None => false,
        };
        let nullable = annotation(NULLABLE);
        if let Some(annotation) = &nullable {
            self.site(annotation, pos).nullable().map_err(invalid)?;
        }
        if any {
            self.check_no_annotations(value)?;
            let default = if nullable.is_some() { Node::Null } else { value.clone() };
            return Ok(Type::new(Kind::Any { default }, pos));
        }
        let inferred = if nullable.is_some() {
            self.infer(value, pos).map_err(invalid)?
        } else {
            self.infer(value, pos)?
        };
        let Some(inferred) = inferred else {
            let violation = Violation {
                pos,
                expected: "non-null value".to_owned(),
                found: "null value".to_owned(),
                hints: vec![
                    "in YAML, omitting a value implies null.".to_owned(),
                    "to set the default value to null, annotate with @schema/nullable.".to_owned(),
                    "to allow any value, annotate with @schema/type any=True.".to_owned(),
                ],
                ..Violation::default()
            };
            let summary = "Invalid schema - null value not allowed here";
            return Err(Problem::from(violation).under(summary, self.files));
        };
        Ok(match nullable {
            Some(_) => Type::new(Kind::Nullable(Box::new(inferred)), pos),
            None => inferred,
        })
    }

    /// The type a value is an example of; none for null.
    fn infer(&self, value: &Node, pos: Pos) -> Result<Option<Type<Validation<'v>>>, Problem> {
        let kind = match value {
            Node::Null => return Ok(None),
            Node::Map(map) if map.origin == Origin::Yaml => return self.map_type(map).map(Some),
            Node::Array(array) if array.origin == Origin::Yaml => {
                return self.array_type(array).map(Some);
            }
            value => match Scalar::of(value) {
                Some(scalar) => Kind::Scalar { scalar, default: value.clone() },
                None => {
                    return Err(Problem::Text(format!(
                        "Expected value '{}' to be a map, array, or scalar, but was {}",
                        go_value(value),
                        go_type(value)
                    )));
                }
            },
        };
        Ok(Some(Type::new(kind, pos)))
    }

    fn map_type(&self, map: &Map) -> Result<Type<Validation<'v>>, Problem> {
        let slots = map
            .items
            .iter()
            .map(|item| self.slot(Holder::MapItem, &item.key, &item.value, &item.notes, item.pos))
            .collect::<Result<_, _>>()?;
        Ok(Type::new(Kind::Map(slots), map.pos))
    }

    fn array_type(&self, array: &Array) -> Result<Type<Validation<'v>>, Problem> {
        let [item] = array.items.as_slice() else {
            let violation = Violation {
                pos: array.pos,
                expected: "exactly 1 array item, of the desired type".to_owned(),
                found: format!("{} array items", array.items.len()),
                hints: vec![
                    "in schema, the one item of the array implies the type of its elements.".to_owned(),
                    "in schema, the default value for an array is always an empty list.".to_owned(),
                    "default values can be overridden via a data values overlay.".to_owned(),
                ],
                ..Violation::default()
            };
            let summary = "Invalid schema - wrong number of items in array definition";
            return Err(Problem::from(violation).under(summary, self.files));
        };
        let slot = self.slot(Holder::ArrayItem, &Node::Null, &item.value, &item.notes, item.pos)?;
        let default = Node::Array(Arc::default());
        Ok(Type::new(Kind::Array { item: Box::new(slot), default }, array.pos))
    }

    fn documentation(
        &self,
        holder: Holder,
        annotation: &impl Fn(&str) -> Option<Annotation<'v>>,
        pos: Pos,
    ) -> Result<Documentation, Problem> {
        let text = |name| annotation(name).map(|given| self.site(&given, pos).text()).transpose();
        let description = text(DESCRIPTION)?;
        let title = text(TITLE)?;
        let examples = annotation(EXAMPLES).map(|given| self.site(&given, pos).examples()).transpose()?;
        if let Some(given) = annotation(DEPRECATED)
            && holder == Holder::Document
        {
            return Err(Problem::from(Violation {
                pos,
                annotations: vec![given.pos],
                description: format!("@{DEPRECATED} not supported on a document"),
                hints: vec![
                    "do you mean to deprecate the entire schema document?".to_owned(),
                    "use schema/deprecated on individual keys.".to_owned(),
                ],
                ..Violation::default()
            }));
        }
        let deprecated = text(DEPRECATED)?;
        let examples = examples.unwrap_or_default();
        Ok(Documentation { title, description, deprecated, examples })
    }

    fn check_examples(
        &self,
        examples: &[(Text, Node)],
        annotation: &Annotation<'v>,
        value_type: &Type<Validation<'v>>,
    ) -> Result<(), Problem> {
        let mut violations = Vec::new();
        for (_, example) in examples {
            if let Err(found) = conform(value_type, example, Known::default(), value_type.pos, self.files) {
                violations.extend(found);
            }
        }
        let summary = format!("Invalid schema - @{EXAMPLES} has wrong type");
        self.blame(annotation, violations, "by", &summary)
    }

    fn given_default(
        &self,
        holder: Holder,
        annotation: &Annotation<'v>,
        value_type: &Type<Validation<'v>>,
        pos: Pos,
    ) -> Result<Node, Problem> {
        if holder == Holder::ArrayItem {
            let violation = Violation {
                pos,
                annotations: vec![annotation.pos],
                hints: vec![
                    "do you mean to set a default value for the array?".to_owned(),
                    "set an array's default by annotating its parent.".to_owned(),
                ],
                ..Violation::default()
            };
            let summary = format!("Invalid schema - @{DEFAULT} not supported on array item");
            return Err(Problem::from(violation).under(&summary, self.files).under(INVALID, self.files));
        }
        let value = self
            .site(annotation, pos)
            .default(value_type)
            .map_err(|problem| problem.under(INVALID, self.files))?;
        match conform(value_type, &value, Known::default(), value_type.pos, self.files) {
            Ok(value) => Ok(value),
            Err(violations) => {
                let summary = format!("Invalid schema - @{DEFAULT} is wrong type");
                self.blame(annotation, violations, "at", &summary).map(|()| value)
            }
        }
    }

    /// Violations by values of an annotation: they show it as well.
    fn blame(
        &self,
        annotation: &Annotation<'v>,
        violations: Vec<Violation>,
        preposition: &str,
        summary: &str,
    ) -> Result<(), Problem> {
        if violations.is_empty() {
            return Ok(());
        }
        let place = self.files.show(annotation.pos);
        let problems = violations.into_iter().map(|violation| {
            Problem::from(Violation {
                annotations: vec![annotation.pos],
                is_start: false,
                found: format!("{} ({preposition} {place})", violation.found),
                ..violation
            })
        });
        Err(Problem::Text(report(summary, problems.collect(), self.files)))
    }

    /// Below a node of any type there is nothing to declare.
    fn check_no_annotations(&self, value: &Node) -> Result<(), Problem> {
        let check = |notes: &Notes, pos: Pos| {
            let found: Vec<(&str, Pos)> = [NULLABLE, TYPE, DEFAULT]
                .into_iter()
                .filter_map(|name| Some((name, self.run.annotation(notes.annotations, name)?.pos)))
                .collect();
            if found.is_empty() {
                return Ok(());
            }
            let names: Vec<&str> = found.iter().map(|(name, _)| *name).collect();
            let violation = Violation {
                pos,
                annotations: found.iter().map(|(_, pos)| *pos).collect(),
                description: "Schema was specified within an \"any type\" fragment".to_owned(),
                expected: "no '@schema/...' on nodes within a node annotated '@schema/type any=True'"
                    .to_owned(),
                found: format!("@{} annotation(s)", names.join(", @")),
                hints: vec![
                    "an \"any type\" fragment has no constraints; nested schema annotations conflict and \
                     are disallowed"
                        .to_owned(),
                ],
                ..Violation::default()
            };
            Err(Problem::from(violation).under(INVALID, self.files))
        };
        // From the top down, as they stand.
        let items = |node: &Node| -> Vec<(Notes, Pos, Node)> {
            match node {
                Node::Map(map) => {
                    map.items.iter().map(|i| (i.notes.clone(), i.pos, i.value.clone())).rev().collect()
                }
                Node::Array(array) => {
                    array.items.iter().map(|i| (i.notes.clone(), i.pos, i.value.clone())).rev().collect()
                }
                _ => Vec::new(),
            }
        };
        let mut pending = items(value);
        while let Some((notes, pos, value)) = pending.pop() {
            check(&notes, pos)?;
            pending.extend(items(&value));
        }
        Ok(())
    }
}

/// A value of code as Go's `%s` prints it.
fn go_value(node: &Node) -> String {
    match node {
        Node::Map(map) => {
            let items: Vec<String> = map
                .items
                .iter()
                .map(|item| format!("{{{} {}}}", go_value(&item.key), go_value(&item.value)))
                .collect();
            format!("&{{[{}]}}", items.join(" "))
        }
        Node::Array(array) => {
            let items: Vec<String> = array.items.iter().map(|item| go_value(&item.value)).collect();
            format!("[{}]", items.join(" "))
        }
        // Code has integers of one width.
        Node::Int(i) => format!("%!s(int64={i})"),
        scalar => go_text(scalar),
    }
}
