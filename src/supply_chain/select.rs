//! Which blueprint an owner gets, and which of several template options: the one whose selector matches
//! with most requirements.
//!
//! Source of the rules: the reference's `pkg/selector` and `pkg/repository/selector_matcher.go`.

use std::collections::BTreeMap;
use std::fmt;

use super::api::{FieldRequirement, LabelRequirement, Selector};
use super::jsonpath::{EvalError, Path, PathError};
use super::validate;
use super::view::View;
use crate::yaml::Node;

/// The labels that a selector looks at.
pub trait Labelled {
    /// The value of a label.
    fn label(&self, key: &str) -> Option<&str>;
}

impl Labelled for BTreeMap<String, String> {
    fn label(&self, key: &str) -> Option<&str> {
        self.get(key).map(String::as_str)
    }
}

impl Labelled for crate::cluster::Object {
    fn label(&self, key: &str) -> Option<&str> {
        crate::cluster::Object::label(self, key)
    }
}

/// Why selectors could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectError {
    /// Which of the selectors.
    pub index: usize,
    /// Why.
    pub message: String,
}

impl SelectError {
    /// The error as it is told of blueprints, of which the one of this kind and name is to blame.
    pub fn of_blueprint(&self, kind: &str, name: &str) -> String {
        format!(
            "error handling selectors, selectorMatchExpressions or selectorMatchFields of [{kind}/{name}]: {self}"
        )
    }
}

impl fmt::Display for SelectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SelectError {}

/// A selector whose paths are compiled.
#[derive(Clone, Debug)]
pub struct Matcher {
    labels: Vec<(String, String)>,
    expressions: Vec<LabelRequirement>,
    fields: Vec<FieldMatcher>,
    /// What is wrong with the labels or expressions.
    invalid: Option<String>,
}

impl Matcher {
    /// Compiles a selector. What is wrong with it fails where it is evaluated.
    pub fn new(selector: &Selector) -> Matcher {
        Matcher {
            labels: selector.match_labels.clone().into_iter().collect(),
            expressions: selector.match_expressions.clone(),
            fields: selector.match_fields.iter().map(FieldMatcher::new).collect(),
            invalid: validate::label_selector(&selector.match_labels, &selector.match_expressions),
        }
    }

    fn requirements(&self) -> usize {
        self.labels.len() + self.expressions.len() + self.fields.len()
    }

    /// Whether all requirements hold. Where labels do not, fields are not looked at.
    fn matches(&self, labels: &dyn Labelled, fields: View<'_>) -> Result<bool, String> {
        if let Some(invalid) = &self.invalid {
            return Err(format!("selector labels or matchExpressions are not valid: {invalid}"));
        }
        let labelled = self.labels.iter().all(|(key, value)| labels.label(key) == Some(value))
            && self.expressions.iter().all(|requirement| holds(requirement, labels.label(&requirement.key)));
        if !labelled {
            return Ok(false);
        }
        for field in &self.fields {
            match field.matches(fields) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(error) if error.does_not_exist() => return Ok(false),
                Err(error) => {
                    let FieldRequirement { key, operator, values } = &field.requirement;
                    return Err(format!(
                        "failed to evaluate selector matchFields: unable to match field requirement with key \
                         [{key}] operator [{operator}] values [[{}]]: {error}",
                        values.join(" ")
                    ));
                }
            }
        }
        Ok(true)
    }
}

fn holds(requirement: &LabelRequirement, value: Option<&str>) -> bool {
    let is_listed = |value: &str| requirement.values.iter().any(|listed| listed == value);
    match &*requirement.operator {
        "In" => value.is_some_and(is_listed),
        "NotIn" => !value.is_some_and(is_listed),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        // Refused by `invalid` before.
        _ => false,
    }
}

/// The selectors that match with most requirements, one at least: their indices.
///
/// # Errors
/// The first selector that is malformed, or, as far as its labels match, whose fields cannot be evaluated.
pub fn best<'a>(
    matchers: impl IntoIterator<Item = &'a Matcher>,
    labels: &dyn Labelled,
    fields: View<'_>,
) -> Result<Vec<usize>, SelectError> {
    let mut most = 1;
    let mut found = Vec::new();
    for (index, matcher) in matchers.into_iter().enumerate() {
        let matches = matcher.matches(labels, fields).map_err(|message| SelectError { index, message })?;
        let requirements = matcher.requirements();
        if !matches || requirements < most {
            continue;
        }
        if requirements > most {
            most = requirements;
            found.clear();
        }
        found.push(index);
    }
    Ok(found)
}

/// A requirement on a field, its path compiled.
#[derive(Clone, Debug)]
pub struct FieldMatcher {
    requirement: FieldRequirement,
    path: Result<Path, PathError>,
}

/// Why a requirement on a field could not be evaluated.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldError {
    /// Its path.
    Path(EvalError),
    /// Its operator, which is none that is known.
    Operator(String),
}

impl FieldError {
    /// Whether the path is fine, but leads to nothing.
    pub fn does_not_exist(&self) -> bool {
        matches!(self, FieldError::Path(error) if error.does_not_exist())
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FieldError::Path(error) => error.fmt(f),
            FieldError::Operator(operator) => {
                write!(f, "invalid operator {operator} for field selector")
            }
        }
    }
}

impl std::error::Error for FieldError {}

impl FieldMatcher {
    /// Compiles a requirement.
    pub fn new(requirement: &FieldRequirement) -> FieldMatcher {
        FieldMatcher { requirement: requirement.clone(), path: Path::compile(&requirement.key) }
    }

    /// Whether the requirement holds. Values are compared as text: a number or a boolean equals none of
    /// those listed.
    ///
    /// # Errors
    /// A path that leads to nothing, unless the operator is DoesNotExist; any other trouble with the path or
    /// the operator.
    pub fn matches(&self, fields: View<'_>) -> Result<bool, FieldError> {
        let evaluated = match &self.path {
            Ok(path) => path.evaluate(fields),
            Err(error) => Err(error.clone().into()),
        };
        let value = match evaluated {
            Ok(value) => value,
            Err(error) if error.does_not_exist() && self.requirement.operator == "DoesNotExist" => Node::Null,
            Err(error) => return Err(FieldError::Path(error)),
        };
        let is_listed = || self.requirement.values.iter().any(|listed| value.as_str() == Some(listed));
        match &*self.requirement.operator {
            "In" => Ok(is_listed()),
            "NotIn" => Ok(!is_listed()),
            "Exists" => Ok(value != Node::Null),
            "DoesNotExist" => Ok(value == Node::Null),
            other => Err(FieldError::Operator(other.to_owned())),
        }
    }
}
