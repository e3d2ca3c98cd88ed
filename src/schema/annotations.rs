//! The arguments of schema annotations.
//!
//! Source of the rules and texts: the reference's `pkg/schema/annotations.go`.

use starlark::values::tuple::TupleRef;
use starlark::values::{Heap, Value};

use super::report::{Problem, Violation};
use super::types::Type;
use crate::engine::convert;
use crate::template::builder::with_position;
use crate::template::run::Annotation;
use crate::validation::Validation;
use crate::yaml::{FileTable, Node, Pos, Text};

pub(crate) const NULLABLE: &str = "schema/nullable";
pub(crate) const TYPE: &str = "schema/type";
pub(crate) const DEFAULT: &str = "schema/default";
pub(crate) const DESCRIPTION: &str = "schema/desc";
pub(crate) const TITLE: &str = "schema/title";
pub(crate) const EXAMPLES: &str = "schema/examples";
pub(crate) const DEPRECATED: &str = "schema/deprecated";
pub(crate) const VALIDATION: &str = "schema/validation";

const AN_EXAMPLE: &str = "2-tuple containing description (string) and example value (of expected type)";

/// An annotation at a node.
pub(crate) struct Site<'a, 'v> {
    pub(crate) annotation: &'a Annotation<'v>,
    /// The place of the node.
    pub(crate) node: Pos,
    pub(crate) heap: Heap<'v>,
    pub(crate) files: &'a FileTable,
}

impl<'v> Site<'_, 'v> {
    fn refuse<T>(
        &self,
        description: String,
        expected: &str,
        found: String,
        hints: &[&str],
    ) -> Result<T, Problem> {
        Err(Problem::from(Violation {
            pos: self.node,
            annotations: vec![self.annotation.pos],
            description,
            found,
            expected: expected.to_owned(),
            hints: hints.iter().map(|hint| (*hint).to_owned()).collect(),
            ..Violation::default()
        }))
    }

    fn place(&self) -> String {
        self.files.show(self.annotation.pos)
    }

    fn name(&self) -> &str {
        &self.annotation.name
    }

    fn syntax_error<T>(&self, expected: &str, found: String, hints: &[&str]) -> Result<T, Problem> {
        self.refuse(format!("syntax error in @{} annotation", self.name()), expected, found, hints)
    }

    /// `@schema/nullable`, which takes no keyword arguments.
    pub(crate) fn nullable(&self) -> Result<(), Problem> {
        if self.annotation.kwargs.is_empty() {
            return Ok(());
        }
        let name = self.name();
        self.refuse(
            format!("expected @{name} annotation to not contain any keyword arguments"),
            "starlark.Bool",
            format!("keyword argument in @{name} (by {})", self.place()),
            &["Supported kwargs are 'any'"],
        )
    }

    /// Whether `@schema/type` allows any value.
    pub(crate) fn is_any(&self) -> Result<bool, Problem> {
        let place = self.place();
        if self.annotation.kwargs.is_empty() {
            return self.refuse(
                format!("expected @{} annotation to have keyword argument and value", self.name()),
                "valid keyword argument and value",
                format!("missing keyword argument and value (by {place})"),
                &["Supported key-value pairs are 'any=True', 'any=False'"],
            );
        }
        let mut any = false;
        for (name, value) in self.annotation.named() {
            let (expected, found) = match (name, value.unpack_bool()) {
                ("any", Some(given)) => {
                    any = given;
                    continue;
                }
                ("any", None) => ("starlark.Bool", convert::go_value_type(value)),
                _ => ("A valid kwarg", name.to_owned()),
            };
            return self.refuse(
                format!("unknown @{} annotation keyword argument", self.name()),
                expected,
                format!("{found} (by {place})"),
                &["Supported kwargs are 'any'"],
            );
        }
        Ok(any)
    }

    /// The one argument of an annotation that takes no keyword arguments.
    fn only_argument(&self, expected: &str, hints: &[&str]) -> Result<Value<'v>, Problem> {
        let (name, place) = (self.name(), self.place());
        if !self.annotation.kwargs.is_empty() {
            let found = format!("keyword argument in @{name} (by {place})");
            return self.syntax_error(expected, found, hints);
        }
        match self.annotation.args.as_slice() {
            [value] => Ok(*value),
            [] => self.syntax_error(expected, format!("missing value in @{name} (by {place})"), &[]),
            args => {
                let found = format!("{} values in @{name} (by {place})", args.len());
                self.syntax_error(expected, found, &[])
            }
        }
    }

    /// The text of `@schema/desc`, `@schema/title` or `@schema/deprecated`.
    pub(crate) fn text(&self) -> Result<Text, Problem> {
        let value =
            self.only_argument("string", &["this annotation only accepts one argument: a string."])?;
        match value.unpack_str() {
            Some(text) => Ok(Text::new(text)),
            None => {
                let found = format!("Non-string value in @{} (by {})", self.name(), self.place());
                self.syntax_error("string", found, &[])
            }
        }
    }

    /// The value of `@schema/default`.
    pub(crate) fn default(&self, expected: &Type<Validation<'_>>) -> Result<Node, Problem> {
        let expected = format!("{} (by {})", expected.name(), self.files.show(expected.pos));
        let value = self.only_argument(
            &expected,
            &[
                "this annotation only accepts one argument: the default value.",
                "value must be in Starlark format, e.g.: {'key': 'value'}, True.",
            ],
        )?;
        self.node(value)
    }

    /// The descriptions and values of `@schema/examples`.
    pub(crate) fn examples(&self) -> Result<Vec<(Text, Node)>, Problem> {
        let (name, place) = (self.name(), self.place());
        if !self.annotation.kwargs.is_empty() {
            return self.syntax_error(AN_EXAMPLE, format!("keyword argument in @{name} (by {place})"), &[]);
        }
        if self.annotation.args.is_empty() {
            return self.syntax_error(AN_EXAMPLE, format!("missing value in @{name} (by {place})"), &[]);
        }
        let mut examples = Vec::new();
        for argument in &self.annotation.args {
            let found = match TupleRef::from_value(*argument).map(TupleRef::content) {
                None => format!("{} for @{name} (at {place})", argument.get_type()),
                Some([description, value]) => match description.unpack_str() {
                    Some(text) => {
                        examples.push((Text::new(text), self.node(*value)?));
                        continue;
                    }
                    None => format!("{} value for @{name} (at {place})", description.get_type()),
                },
                Some([] | [_]) => format!("empty tuple in @{name} (by {place})"),
                Some(items) => format!("{}-tuple argument in @{name} (by {place})", items.len()),
            };
            return self.syntax_error(AN_EXAMPLE, found, &[]);
        }
        Ok(examples)
    }

    fn node(&self, value: Value<'v>) -> Result<Node, Problem> {
        let node = convert::to_node(value, self.heap).map_err(|error| Problem::Text(error.message()))?;
        Ok(with_position(&node, self.node))
    }
}
