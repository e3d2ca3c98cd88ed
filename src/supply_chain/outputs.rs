//! What a resource gives to those after it: read from the object it stamped, or passed through.
//!
//! Rules and texts follow the reference's `pkg/stamp/reader.go`.

use super::api::{
    CompletionCondition, DeploymentCompletion, ObservedCompletion, ObservedMatch, TemplateKind,
    TemplateOutput,
};
use super::error::OutputError;
use super::field_path::{FieldPath, PathError};
use super::yaml_v3;
use crate::yaml::{Node, go_text};

/// A source: the output of a source template, and what a deployment gets and passes on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceValue {
    /// Where it is.
    pub url: Node,
    /// Which state of it.
    pub revision: Node,
}

/// What a resource gives to those after it.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ResourceOutput {
    /// Nothing.
    #[default]
    None,
    /// A source.
    Source(SourceValue),
    /// An image; null counts as nothing.
    Image(Node),
    /// A config; null counts as nothing.
    Config(Node),
}

impl ResourceOutput {
    /// The source, for `sources` and `deployment`.
    pub fn source(&self) -> Option<&SourceValue> {
        match self {
            ResourceOutput::Source(source) => Some(source),
            _ => None,
        }
    }

    /// The image, for `images`.
    pub fn image(&self) -> Option<&Node> {
        match self {
            ResourceOutput::Image(image) if *image != Node::Null => Some(image),
            _ => None,
        }
    }

    /// The config, for `configs`.
    pub fn config(&self) -> Option<&Node> {
        match self {
            ResourceOutput::Config(config) if *config != Node::Null => Some(config),
            _ => None,
        }
    }
}

/// Reads the output of what a template stamps. Made once a template.
#[derive(Clone, Debug)]
pub struct OutputReader {
    rule: Rule,
}

#[derive(Clone, Debug)]
enum Rule {
    None,
    Source { url: FieldPath, revision: FieldPath },
    Image(FieldPath),
    Config(FieldPath),
    Matches(Vec<(FieldPath, FieldPath)>),
    Completion(Box<Completion>),
}

#[derive(Clone, Debug)]
struct Completion {
    generation: FieldPath,
    observed_generation: FieldPath,
    succeeded: Expected,
    failed: Option<Expected>,
}

#[derive(Clone, Debug)]
struct Expected {
    key: FieldPath,
    value: String,
}

impl Expected {
    fn new(condition: &CompletionCondition) -> Expected {
        Expected { key: FieldPath::new(&condition.key), value: condition.value.clone() }
    }

    fn is(&self, value: &Node) -> bool {
        value.as_str() == Some(&self.value)
    }
}

impl OutputReader {
    /// For what a template says of outputs.
    pub fn new(output: &TemplateOutput) -> OutputReader {
        let rule = match output {
            TemplateOutput::None => Rule::None,
            TemplateOutput::Source(paths) => Rule::Source {
                url: FieldPath::new(&paths.url_path),
                revision: FieldPath::new(&paths.revision_path),
            },
            TemplateOutput::Image(paths) => Rule::Image(FieldPath::new(&paths.image_path)),
            TemplateOutput::Config(paths) => Rule::Config(FieldPath::new(&paths.config_path)),
            TemplateOutput::Deployment(completion) => Rule::deployment(completion),
        };
        OutputReader { rule }
    }

    /// Reads the output of an object; without one there is none yet. `deployment` is the input of a
    /// deployment template, which becomes its output when the deployment is done.
    ///
    /// # Errors
    /// A path leads to no value, or the deployment is not done.
    pub fn read(
        &self,
        object: Option<&Node>,
        deployment: Option<&SourceValue>,
    ) -> Result<ResourceOutput, OutputError> {
        let at = |path, what: &str| match object {
            Some(object) => value_at(object, path, what),
            None => Err(OutputError::Path { path: path.text().to_owned(), cause: NO_OBJECT.to_owned() }),
        };
        match &self.rule {
            Rule::None => Ok(ResourceOutput::None),
            Rule::Source { url, revision } => Ok(ResourceOutput::Source(SourceValue {
                url: at(url, "the url path")?,
                revision: at(revision, "the revision path")?,
            })),
            // The reference calls it the url path too.
            Rule::Image(path) => at(path, "the url path").map(ResourceOutput::Image),
            Rule::Config(path) => at(path, "spec.configPath").map(ResourceOutput::Config),
            Rule::Matches(matches) => {
                deployed(object, deployment, |object| matches_observed(object, matches))
            }
            Rule::Completion(completion) => {
                deployed(object, deployment, |object| completion.is_observed(object))
            }
        }
    }
}

/// What an object that is not there yet is called.
const NO_OBJECT: &str = "failed to evaluate path of empty object";

impl Rule {
    fn deployment(completion: &DeploymentCompletion) -> Rule {
        match (&completion.observed_completion, &completion.observed_matches) {
            (Some(ObservedCompletion { succeeded, failed }), _) => Rule::Completion(Box::new(Completion {
                generation: FieldPath::new("metadata.generation"),
                observed_generation: FieldPath::new("status.observedGeneration"),
                succeeded: Expected::new(succeeded),
                failed: failed.as_ref().map(Expected::new),
            })),
            (None, matches) => {
                let paths = |ObservedMatch { input, output }: &ObservedMatch| {
                    (FieldPath::new(input), FieldPath::new(output))
                };
                Rule::Matches(matches.iter().flatten().map(paths).collect())
            }
        }
    }
}

fn value_at(object: &Node, path: &FieldPath, what: &str) -> Result<Node, OutputError> {
    path.evaluate(object).map_err(|error| {
        let cause = format!("failed to evaluate {what} [{}]: {}", path.text(), error.text);
        OutputError::Path { path: path.text().to_owned(), cause }
    })
}

/// Passes the input of a deployment on once `done` says so.
fn deployed(
    object: Option<&Node>,
    deployment: Option<&SourceValue>,
    done: impl FnOnce(&Node) -> Result<(), OutputError>,
) -> Result<ResourceOutput, OutputError> {
    let object = object.ok_or_else(|| OutputError::Other(NO_OBJECT.to_owned()))?;
    done(object)?;
    match deployment {
        Some(source) => Ok(ResourceOutput::Source(source.clone())),
        None => Err(OutputError::Other("deployment not found in upstream template".to_owned())),
    }
}

fn matches_observed(object: &Node, matches: &[(FieldPath, FieldPath)]) -> Result<(), OutputError> {
    for (input_path, output_path) in matches {
        let at = |path: &FieldPath, side: &str| {
            path.evaluate(object).map_err(|error| {
                let text = format!("could not find value on {side} [{}]: {}", path.text(), error.text);
                OutputError::ConditionNotMet(text)
            })
        };
        let input = at(input_path, "input")?;
        let output = at(output_path, "output")?;
        if !is_equal(&input, &output) {
            return Err(OutputError::ConditionNotMet(format!(
                "input [{}] and output [{}] do not match: {} != {}",
                input_path.text(),
                output_path.text(),
                as_string(&input),
                as_string(&output)
            )));
        }
    }
    Ok(())
}

impl Completion {
    fn is_observed(&self, object: &Node) -> Result<(), OutputError> {
        let generation = self.generation.evaluate(object).map_err(|error| {
            let path = self.generation.text();
            OutputError::Path {
                path: path.to_owned(),
                cause: format!("failed to evaluate {path}: {}", error.text),
            }
        })?;
        let observed = self.observed_generation.evaluate(object).map_err(|error| {
            let path = self.observed_generation.text();
            OutputError::ObservedGeneration(format!("failed to evaluate {path}: {}", error.text))
        })?;
        if !is_equal(&observed, &generation) {
            return Err(OutputError::ConditionNotMet(format!(
                "status.observedGeneration does not equal metadata.generation: {} != {}",
                as_string(&observed),
                as_string(&generation)
            )));
        }
        if let Some(failed) = &self.failed {
            let key = failed.key.text();
            match failed.key.evaluate(object) {
                Ok(value) if failed.is(&value) => {
                    return Err(OutputError::FailedConditionMet(format!(
                        "deployment failure condition [{key}] was: {}",
                        as_string(&value)
                    )));
                }
                Ok(_) | Err(PathError { is_missing: true, .. }) => {}
                Err(error) => {
                    return Err(OutputError::Path {
                        path: key.to_owned(),
                        cause: format!("failed to evaluate {key}: {}", error.text),
                    });
                }
            }
        }
        let key = self.succeeded.key.text();
        let value = self.succeeded.key.evaluate(object).map_err(|error| {
            let text = format!("failed to evaluate succeededCondition.Key [{key}]: {}", error.text);
            OutputError::ConditionNotMet(text)
        })?;
        if !self.succeeded.is(&value) {
            return Err(OutputError::ConditionNotMet(format!(
                "deployment success condition [{key}] was: {}, expected: {}",
                as_string(&value),
                self.succeeded.value
            )));
        }
        Ok(())
    }
}

/// The output of a resource that stamps nothing. `input` is the name that its option gives, and `found` what
/// the resource's inputs of the template's class (`sources`, `images`, `configs`) have under it.
///
/// # Errors
/// There is no such input. That of a deployment template can never be passed through.
pub fn pass_through(
    kind: TemplateKind,
    input: &str,
    found: Option<ResourceOutput>,
) -> Result<ResourceOutput, OutputError> {
    let class = match kind {
        TemplateKind::Plain => return Ok(ResourceOutput::None),
        TemplateKind::Deployment => return Err(OutputError::Other(NO_OBJECT.to_owned())),
        TemplateKind::Source => "sources",
        TemplateKind::Image => "images",
        TemplateKind::Config => "configs",
    };
    found.ok_or_else(|| OutputError::Other(format!("input [{input}] not found in {class}")))
}

/// A value of plain JSON as Go's `%s` prints it: scalars that are no text with their type.
fn as_string(value: &Node) -> String {
    match value {
        Node::Array(array) => {
            let items: Vec<String> = array.items.iter().map(|item| nested(&item.value)).collect();
            format!("[{}]", items.join(" "))
        }
        Node::Map(map) => {
            let mut items: Vec<(&str, &Node)> =
                map.items.iter().filter_map(|item| Some((item.key.as_str()?, &item.value))).collect();
            items.sort_by_key(|(key, _)| *key);
            let items: Vec<String> =
                items.into_iter().map(|(key, value)| format!("{key}:{}", nested(value))).collect();
            format!("map[{}]", items.join(" "))
        }
        scalar => go_text(scalar),
    }
}

/// Whether two values of plain JSON are equal; the reference crashes on two maps or two lists.
fn is_equal(one: &Node, other: &Node) -> bool {
    match (one, other) {
        (Node::Map(_), Node::Map(_)) | (Node::Array(_), Node::Array(_)) => {
            yaml_v3::print(one) == yaml_v3::print(other)
        }
        _ => one == other,
    }
}

fn nested(value: &Node) -> String {
    if *value == Node::Null { "<nil>".to_owned() } else { as_string(value) }
}

#[cfg(test)]
mod tests;
