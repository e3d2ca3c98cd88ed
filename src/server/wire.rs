//! What requests and answers hold.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::problem::Problem;
use super::store::Digest;
use crate::Values;
use crate::workspace::{self, File, apply_file_marks};

/// A file of a template set. It has `text`, or `base64` for what is not text. Nothing on a disk is ever read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"path": "config.yml", "text": "#@ load(\"@ytt:data\", \"data\")\n---\ngreeting: #@ data.values.name\n"}))]
pub struct InputFile {
    /// The path by which templates load it.
    #[schema(min_length = 1)]
    pub path: String,
    /// What is in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The same for what is not text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(content_encoding = "base64")]
    pub base64: Option<String>,
}

/// How templates are read: what ytt has flags for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RenderOptions {
    /// Refuse YAML whose meaning depends on the version of YAML (`--strict`).
    pub strict: bool,
    /// Accept comments that start with neither `#@` nor `#!` (`--ignore-unknown-comments`).
    pub ignore_unknown_comments: bool,
    /// Let a repeated key override the earlier one (`--implicit-map-key-overrides`).
    pub implicit_map_key_overrides: bool,
    /// Do not validate data values (`--dangerous-data-values-disable-validation`).
    pub skip_validation: bool,
}

/// A template set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TemplateSet {
    /// Its files, in the order in which ytt would be given them: later data values go over earlier ones.
    #[schema(max_items = 10000)]
    pub files: Vec<InputFile>,
    /// How they are read.
    #[serde(default)]
    pub options: RenderOptions,
    /// `path:key=value`, as ytt's `--file-mark` has it.
    #[serde(default)]
    pub file_marks: Vec<String>,
}

/// Files and data values to render.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RenderRequest {
    /// The files, as for [`TemplateSet`].
    #[schema(max_items = 10000)]
    pub files: Vec<InputFile>,
    /// How they are read.
    #[serde(default)]
    pub options: RenderOptions,
    /// `path:key=value`, as ytt's `--file-mark` has it.
    #[serde(default)]
    pub file_marks: Vec<String>,
    /// Data values, which go over those of the files.
    #[serde(default)]
    #[schema(value_type = Option<HashMap<String, serde_json::Value>>)]
    pub data_values: Option<Box<RawValue>>,
    /// The same as YAML: plain, without annotations.
    #[serde(default)]
    pub data_values_yaml: Option<String>,
}

/// Something to be checked: either files with data values, or objects.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ValidateRequest {
    /// Files to render, as for rendering.
    #[serde(default)]
    #[schema(max_items = 10000)]
    pub files: Option<Vec<InputFile>>,
    /// How they are read.
    #[serde(default)]
    pub options: RenderOptions,
    /// `path:key=value`, as ytt's `--file-mark` has it.
    #[serde(default)]
    pub file_marks: Vec<String>,
    /// Data values, which go over those of the files.
    #[serde(default)]
    #[schema(value_type = Option<HashMap<String, serde_json::Value>>)]
    pub data_values: Option<Box<RawValue>>,
    /// The same as YAML.
    #[serde(default)]
    pub data_values_yaml: Option<String>,
    /// Blueprints, templates and owners as YAML, checked as `stampmill lint` does.
    #[serde(default)]
    pub objects: Option<String>,
}

/// Whether something is right.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Validation {
    /// Whether nothing is wrong; warnings and notes do not count.
    pub valid: bool,
    /// What is wrong with files.
    pub problems: Vec<Problem>,
    /// What there is to say about objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// Something to say about a line of objects.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// The line, counted from 1; 0 for the whole.
    pub line: u32,
    /// `error`, `warning` or `note`.
    pub severity: String,
    /// Which check found it.
    pub rule: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// A registered template set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Registered {
    /// The hash of its content: `sha256:` and 64 digits. The order of files is part of it, as it is part of
    /// what they mean.
    pub digest: String,
    /// The paths of its files, in order.
    pub files: Vec<String>,
    /// How many bytes it takes in memory, about.
    pub bytes: usize,
    /// How long it took to compile.
    pub compile_micros: u64,
}

/// All registered template sets.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RegisteredList {
    /// By digest.
    pub items: Vec<Registered>,
}

/// Blueprints, templates and what belongs to them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlueprintSetRequest {
    /// YAML documents: blueprints and templates; owners and other objects of a cluster, if wanted.
    pub objects: String,
    /// YAML documents with what other controllers say: objects with their status, or rules (`ObservedRules`), as
    /// `stampmill stamp --observed` takes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<String>,
}

/// A set of blueprints.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct BlueprintSet {
    /// The hash of its content: `sha256:` and 64 digits.
    pub digest: String,
    /// Kinds and names of the blueprints.
    pub blueprints: Vec<String>,
    /// Kinds and names of the templates.
    pub templates: Vec<String>,
    /// How many owners came with it.
    pub owners: usize,
    /// What is wrong with it: `file:line: error: …`.
    pub problems: Vec<String>,
}

/// All sets of blueprints.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct BlueprintSetList {
    /// Those of `--blueprints` first.
    pub items: Vec<BlueprintSet>,
    /// The digest of those of `--blueprints`.
    pub default: Option<String>,
}

/// What came of an owner.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OwnerResult {
    /// Which.
    pub owner: OwnerReference,
    /// `ready`, `waiting` or `failed`.
    pub state: String,
    /// The blueprint it uses.
    pub blueprint: Option<String>,
    /// Why it is not ready, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why it is not ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Its status, as a cluster would show it.
    #[schema(value_type = Object)]
    pub status: Box<RawValue>,
    /// What would be applied, in the order of the blueprint; that of owners that were stamped for it behind.
    #[schema(value_type = Vec<StampedRecord>)]
    pub objects: Vec<StampedRecord>,
}

/// An object that was stamped.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StampedRecord {
    /// The resource of the blueprint; none for what a runnable stamps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The object as it would be applied.
    #[schema(value_type = Object)]
    pub object: Box<RawValue>,
}

/// What names an owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct OwnerReference {
    /// `Workload`, `Deliverable` or `Runnable`.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// An owner of a fleet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct OwnerSummary {
    /// `Workload`, `Deliverable` or `Runnable`.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `ready`, `waiting` or `failed`.
    pub state: String,
    /// The blueprint it uses.
    pub blueprint: Option<String>,
    /// Why it is not ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How many objects are stamped for it.
    pub resources: usize,
}

/// A part of the owners of a fleet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct OwnerPage {
    /// In the order they were read.
    pub items: Vec<OwnerSummary>,
    /// What `continue` takes for the next part; none at the end.
    #[serde(rename = "continue", skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What an example is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExampleKind {
    /// Its files are to be rendered.
    Templates,
    /// Its files are the objects of a set of blueprints.
    Fleet,
}

/// An example.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ExampleSummary {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// What it is for.
    pub kind: ExampleKind,
}

/// An example with its files.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Example {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// What it is for.
    pub kind: ExampleKind,
    /// Its files.
    pub files: Vec<InputFile>,
    /// Data values to try it with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_values_yaml: Option<String>,
    /// What other controllers say of what is stamped, as a set of blueprints takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed: Option<String>,
}

impl From<RenderOptions> for workspace::Options {
    fn from(options: RenderOptions) -> workspace::Options {
        workspace::Options {
            strict: options.strict,
            ignore_unknown_comments: options.ignore_unknown_comments,
            implicit_map_key_overrides: options.implicit_map_key_overrides,
            skip_validation: options.skip_validation,
        }
    }
}

/// The most files of a set.
const FILES: usize = 10_000;

impl TemplateSet {
    /// The files, held in memory.
    ///
    /// # Errors
    /// A file without content, or with two; a mark that makes no sense.
    pub(super) fn files(&self) -> Result<Vec<File>, Problem> {
        if self.files.len() > FILES {
            return Err(Problem::request(format!("files: at most {FILES}")));
        }
        let file = |file: &InputFile| {
            if file.path.is_empty() {
                return Err(Problem::request("files: a file has an empty path"));
            }
            match (&file.text, &file.base64) {
                (Some(text), None) => Ok(File::new(file.path.as_str(), text.as_bytes())),
                (None, Some(text)) => match STANDARD.decode(text) {
                    Ok(bytes) => Ok(File::new(file.path.as_str(), bytes)),
                    Err(error) => Err(Problem::request(format!("files: base64 of {}: {error}", file.path))),
                },
                _ => Err(Problem::request(format!("files: {} has not one of text and base64", file.path))),
            }
        };
        let files = self.files.iter().map(file).collect::<Result<Vec<File>, Problem>>()?;
        Ok(apply_file_marks(files, &self.file_marks, true)?)
    }
}

/// The hash of what a set means: its files with their marks, in their order, and how they are read.
pub(super) fn digest(options: RenderOptions, files: &[File]) -> Digest {
    let options = format!("{options:?}");
    let mut parts = vec![options.into_bytes()];
    for file in files {
        parts.push(file.path().as_bytes().to_vec());
        parts.push(format!("{file:?}").into_bytes());
        // They are in memory: there is no error.
        parts.push(file.bytes().map(|bytes| bytes.to_vec()).unwrap_or_default());
    }
    Digest::of(parts.iter().map(Vec::as_slice))
}

impl RenderRequest {
    /// The set, and the data values over it.
    pub(super) fn split(self) -> Result<(TemplateSet, Values<'static>), Problem> {
        let RenderRequest { files, options, file_marks, data_values, data_values_yaml } = self;
        Ok((TemplateSet { files, options, file_marks }, values(data_values, data_values_yaml)?))
    }
}

/// Data values in one of two forms.
pub(super) fn values(json: Option<Box<RawValue>>, yaml: Option<String>) -> Result<Values<'static>, Problem> {
    match (json, yaml) {
        (Some(_), Some(_)) => Err(Problem::request("give dataValues or dataValuesYaml, not both")),
        (Some(json), None) => {
            if !json.get().starts_with('{') {
                return Err(Problem::request("dataValues: expected an object"));
            }
            Ok(Values::json(Box::<str>::from(json).into_string()))
        }
        (None, Some(yaml)) => Ok(Values::yaml(yaml)),
        (None, None) => Ok(Values::none()),
    }
}
