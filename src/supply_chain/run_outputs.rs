//! The outputs of a runnable: those of the newest object that succeeded.
//!
//! Follows the reference's `pkg/templates/cluster_run_template.go`.

use std::collections::BTreeMap;

use super::field_path::FieldPath;
use super::retention::newest;
use crate::yaml::Node;

/// Where an object says whether it succeeded.
const SUCCEEDED: &str = r#"status.conditions[?(@.type=="Succeeded")].status"#;

/// The outputs that a run template asks for. Made once a template.
#[derive(Clone, Debug)]
pub struct RunOutputs {
    succeeded: FieldPath,
    /// Paths by the names of the outputs.
    paths: Vec<(String, FieldPath)>,
}

/// What the objects of a runnable give.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<'a> {
    /// The newest object that succeeded; none has yet if there is none.
    pub object: Option<&'a Node>,
    /// Its outputs, none without an object; or which of them it does not have.
    pub outputs: Result<BTreeMap<String, Node>, String>,
}

impl RunOutputs {
    /// For what a run template says of outputs.
    pub fn new(outputs: &BTreeMap<String, String>) -> RunOutputs {
        let path = |(name, path): (&String, &String)| (name.clone(), FieldPath::new(path));
        RunOutputs { succeeded: FieldPath::new(SUCCEEDED), paths: outputs.iter().map(path).collect() }
    }

    /// The outputs of the newest of the objects whose condition `Succeeded` is true, the first of those that
    /// are equally new. If it does not have several of them, the text names the last one; in the reference any
    /// of them.
    pub fn of_latest<'a>(&self, objects: impl IntoIterator<Item = &'a Node>) -> Found<'a> {
        let succeeded = |object: &&Node| {
            self.succeeded.evaluate(object).is_ok_and(|status| status.as_str() == Some("True"))
        };
        let object = newest(objects.into_iter().filter(succeeded));
        let mut outputs = Ok(BTreeMap::new());
        for (name, path) in self.paths.iter().filter(|_| object.is_some()) {
            let Some(object) = object else { continue };
            match (path.evaluate(object), &mut outputs) {
                (Ok(value), Ok(outputs)) => _ = outputs.insert(name.clone(), value),
                (Ok(_), Err(_)) => {}
                (Err(error), _) => {
                    outputs = Err(format!("failed to evaluate path [{}]: {}", path.text(), error.text));
                }
            }
        }
        Found { object, outputs }
    }
}

#[cfg(test)]
mod tests;
