//! The arguments of validation annotations.
//!
//! Source of the rules and texts: the reference's `pkg/validations/annotations.go`.

use starlark::values::tuple::TupleRef;
use starlark::values::{Heap, Value};

use super::{Check, Requirement, Validation};
use crate::engine::builtins::{attribute, is_callable, iterate, length, repr, to_int};
use crate::modules::Rule;
use crate::template::run::Annotation;
use crate::yaml::FileTable;

/// The arguments given by keyword; rules are checked in the order of the fields.
#[derive(Default)]
struct Keywords<'v> {
    when: Option<Value<'v>>,
    min_len: Option<Value<'v>>,
    max_len: Option<Value<'v>>,
    min: Option<Value<'v>>,
    max: Option<Value<'v>>,
    not_null: bool,
    one_not_null: Option<Option<Value<'v>>>,
    one_of: Option<Value<'v>>,
}

impl<'v> Validation<'v> {
    /// Reads an annotation.
    ///
    /// # Errors
    /// What is wrong with its arguments.
    pub(crate) fn parse(
        annotation: &Annotation<'v>,
        heap: Heap<'v>,
        files: &FileTable,
    ) -> Result<Validation<'v>, String> {
        let place = files.show(annotation.pos);
        if annotation.args.is_empty() && annotation.kwargs.is_empty() {
            return Err(format!(
                "expected annotation to have 2-tuple as argument(s), but found no arguments (by {place})"
            ));
        }
        let mut requirements = Vec::new();
        for argument in &annotation.args {
            requirements.push(requirement(*argument, &place, heap)?);
        }
        let keywords = keywords(annotation, &place, heap)?;
        let mut add = |description: String, rule| {
            requirements.push(Requirement { description, check: Check::Rule(rule) });
        };
        if let Some(limit) = keywords.min_len {
            add(format!("length >= {}", repr(limit)), Rule::MinLen(limit));
        }
        if let Some(limit) = keywords.max_len {
            add(format!("length <= {}", repr(limit)), Rule::MaxLen(limit));
        }
        if let Some(limit) = keywords.min {
            add(format!("a value >= {}", repr(limit)), Rule::Min(limit));
        }
        if let Some(limit) = keywords.max {
            add(format!("a value <= {}", repr(limit)), Rule::Max(limit));
        }
        if let Some(keys) = keywords.one_not_null {
            let shown = keys.map_or_else(|| "all children".to_owned(), repr);
            add(format!("exactly one of {shown} to be not null"), Rule::OneNotNull(keys));
        }
        if let Some(allowed) = keywords.one_of {
            add(format!("one of {}", repr(allowed)), Rule::OneOf(allowed));
        }
        if keywords.not_null {
            // Checked before all others.
            let check = Check::Rule(Rule::NotNull);
            requirements.insert(0, Requirement { description: "not null".to_owned(), check });
        }
        let Keywords { when, not_null, .. } = keywords;
        Ok(Validation { pos: annotation.pos, requirements, when, not_null })
    }
}

/// A rule of one's own: a description and a function, or an object with a function `check`.
fn requirement<'v>(argument: Value<'v>, place: &str, heap: Heap<'v>) -> Result<Requirement<'v>, String> {
    let Some(tuple) = TupleRef::from_value(argument) else {
        let found = repr(argument);
        return Err(format!(
            "expected annotation to have 2-tuple as argument(s), but found: {found} (by {place})"
        ));
    };
    let [description, check] = tuple.content() else {
        let found = tuple.len();
        return Err(format!("expected 2-tuple, but found tuple with length {found} (by {place})"));
    };
    let Some(description) = description.unpack_str() else {
        return Err(format!(
            "expected first item in the 2-tuple to be a string describing a valid value, but was {} (at {place})",
            description.get_type()
        ));
    };
    let function = if is_callable(*check) {
        *check
    } else {
        check_attribute(*check, heap).map_err(|why| format!("{why} (at {place})"))?
    };
    Ok(Requirement { description: description.to_owned(), check: Check::Function(function) })
}

fn check_attribute<'v>(value: Value<'v>, heap: Heap<'v>) -> Result<Value<'v>, String> {
    let found = value.get_type();
    let has_attributes =
        matches!(found, "string" | "list" | "dict" | "set" | "struct" | "module") || found.starts_with('@');
    if !has_attributes {
        return Err(format!(
            "expected second item in the 2-tuple to be an assertion function, but was {found}"
        ));
    }
    match attribute(value, "check", heap) {
        Ok(Some(check)) if is_callable(check) => Ok(check),
        Ok(Some(check)) => {
            Err(format!("expected struct with attribute check(), but was {}", check.get_type()))
        }
        _ => Err(format!(
            "expected second item in tuple to be an assertion function or assertion object, but was a {found}"
        )),
    }
}

fn keywords<'v>(annotation: &Annotation<'v>, place: &str, heap: Heap<'v>) -> Result<Keywords<'v>, String> {
    let mut keywords = Keywords::default();
    for (name, value) in annotation.named() {
        let found = value.get_type();
        let wrong = |wanted: &str| {
            Err(format!("expected keyword argument \"{name}\" to be {wanted}, but was {found} (at {place})"))
        };
        match name {
            "when" if is_callable(value) => keywords.when = Some(value),
            "when" => return wrong("a function"),
            "min_len" | "max_len" => {
                let Ok(limit) = to_int(value) else {
                    return wrong("a number");
                };
                let slot = if name == "min_len" { &mut keywords.min_len } else { &mut keywords.max_len };
                *slot = Some(limit.alloc(heap));
            }
            "min" => keywords.min = Some(value),
            "max" => keywords.max = Some(value),
            "not_null" => match value.unpack_bool() {
                Some(given) => keywords.not_null = given,
                None => return wrong("a boolean"),
            },
            "one_not_null" => match value.unpack_bool() {
                Some(true) => keywords.one_not_null = Some(None),
                Some(false) => return Err("one_not_null= cannot be False".to_owned()),
                None if is_sequence(value, heap) => keywords.one_not_null = Some(Some(value)),
                None => return Err(format!("expected True or a sequence of keys, but was a '{found}'")),
            },
            "one_of" if is_sequence(value, heap) => keywords.one_of = Some(value),
            "one_of" => {
                return Err(format!("expected keyword argument one_of to be a sequence, but was {found}"));
            }
            _ => return Err(format!("unknown keyword argument \"{name}\" (at {place})")),
        }
    }
    Ok(keywords)
}

fn is_sequence<'v>(value: Value<'v>, heap: Heap<'v>) -> bool {
    value.get_type() != "string" && length(value).is_some() && iterate(value, heap).is_some()
}
