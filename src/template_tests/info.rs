//! `info.yaml`: what a folder says of the tests in it and below it.

use super::Failed;
use super::shapes::INFO;
use super::suite::Warning;
use super::typed::{first_document, typed};
use crate::supply_chain::api::{BlueprintParam, read};
use crate::supply_chain::part::Part;
use crate::yaml::Node;

/// The file's name.
pub(super) const FILE: &str = "info.yaml";

/// What a folder says. `None` is what it does not say.
#[derive(Debug, Default)]
pub(super) struct Info {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) template: Option<String>,
    pub(super) template_values: Option<String>,
    pub(super) workload: Option<String>,
    pub(super) mock_inputs: Option<Node>,
    pub(super) mock_params: Option<Vec<BlueprintParam>>,
    pub(super) chain_paths: Vec<String>,
    pub(super) chain_values: Option<String>,
    pub(super) resource: Option<String>,
    pub(super) previous_outputs: Option<Node>,
    pub(super) expected: Option<String>,
    pub(super) focus: Option<bool>,
    pub(super) ignore_metadata: Option<bool>,
    pub(super) ignore_owner_refs: Option<bool>,
    pub(super) ignore_labels: Option<bool>,
    pub(super) ignore_metadata_fields: Option<Vec<String>>,
    pub(super) compare_functions: Vec<String>,
}

impl Info {
    /// Reads the file of a folder; nothing is said where there is none.
    ///
    /// # Errors
    /// It cannot be read, or a value has not its type.
    pub(super) fn read(directory: &str, warnings: &mut Vec<Warning>) -> Result<Info, Failed> {
        let path = super::suite::join(directory, FILE);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Info::default()),
            Err(error) => return Err(format!("populate info: read file failed: {path}: {error}")),
        };
        let unreadable = |error| format!("populate info: unmarshal failed: {path}: {error}");
        let mut unknown = Vec::new();
        let node = first_document(&text).map_err(unreadable)?;
        let node = typed(&node, &INFO, &mut unknown).map_err(unreadable)?;
        warnings.extend(unknown.into_iter().map(|key| Warning::unknown_key(&path, key)));
        Info::of(Part::object(&node)).map_err(unreadable)
    }

    fn of(info: Part<'_>) -> Result<Info, String> {
        let given = info.get("given");
        let (mock, chain) = (given.get("mockSupplyChain"), given.get("supplyChain"));
        let compare = info.get("compareOptions");
        let fields = compare.get("ignoreMetadataFields");
        let params = mock.get("blueprintParams");
        Ok(Info {
            name: text(info.at(&["metadata", "name"])),
            description: text(info.at(&["metadata", "description"])),
            template: text(given.at(&["template", "path"])),
            template_values: text(given.at(&["template", "yttPath"])),
            workload: text(given.get("workload")),
            mock_inputs: node(mock.get("blueprintInputs")),
            mock_params: match params.is_set() {
                true => Some(read(params.node()).map_err(|error| error.to_string())?),
                false => None,
            },
            chain_paths: texts(chain.get("paths")),
            chain_values: text(chain.get("yttPath")),
            resource: text(chain.get("targetResourceName")),
            previous_outputs: node(chain.get("previousOutputs")),
            expected: text(info.get("expected")),
            focus: flag(info.get("focus")),
            ignore_metadata: flag(compare.get("ignoreMetadata")),
            ignore_owner_refs: flag(compare.get("ignoreOwnerRefs")),
            ignore_labels: flag(compare.get("ignoreLabels")),
            ignore_metadata_fields: fields.is_set().then(|| texts(fields)),
            compare_functions: texts(compare.get("namedCMPOptionFuncs")),
        })
    }
}

fn text(part: Part<'_>) -> Option<String> {
    part.node().as_str().map(str::to_owned)
}

fn node(part: Part<'_>) -> Option<Node> {
    part.is_set().then(|| part.node().clone())
}

fn flag(part: Part<'_>) -> Option<bool> {
    match part.node() {
        Node::Bool(value) => Some(*value),
        _ => None,
    }
}

fn texts(part: Part<'_>) -> Vec<String> {
    part.items().map(|item| item.text().to_owned()).collect()
}
