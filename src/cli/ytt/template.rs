//! `ytt` without a command, also `ytt template`: evaluates templates.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::command::{Command, Run};
use super::flags::{Flag, Matches, Takes};
use super::limits;
use crate::cli::{Console, Exit};
use crate::workspace::SchemaFormat;
use crate::workspace::{
    self, File, FileKind, Inspect, Options, PRIVATE_LIBRARY, Rendered, Request, Sources, SymlinkRules,
    ValuesFlags, bulk, output,
};
use crate::yaml::{self, Array, ArrayItem, Document, DocumentSet, FileTable, Node};
use crate::{Error, ErrorKind, Result};

pub(super) const COMMAND: Command = Command {
    aliases: &["t", "tpl"],
    flags: FLAGS,
    ..Command::new(
        "template",
        "Process YAML templates (deprecated; use top-level command -- e.g. `ytt -f-` instead of `ytt template -f-`)",
        Run::Flags(run),
    )
};

pub(super) const FLAGS: &[Flag] = &[
    Flag::new(
        "ignore-unknown-comments",
        Takes::Bool,
        "Configure whether unknown comments are considered as errors (comments that do not start with '#@' or '#!')",
    ),
    Flag::new(
        "implicit-map-key-overrides",
        Takes::Bool,
        "Configure whether implicit map keys overrides are allowed",
    ),
    Flag::new("strict", Takes::Bool, "Configure to use _strict_ YAML subset").short('s'),
    Flag::new("debug", Takes::Bool, "Enable debug output"),
    Flag::new(
        "files-inspect",
        Takes::Bool,
        "Determine the set of files that would be processed and display that result",
    ),
    Flag::new("bulk-in", Takes::Text, "Accept files in bulk format"),
    Flag::new("bulk-out", Takes::Bool, "Output files in bulk format"),
    Flag::new(
        "file",
        Takes::Many,
        "File(s) to process {filepath, HTTP URL, or '-' (i.e. stdin)} (can be specified multiple times)",
    )
    .short('f'),
    Flag::new(
        "dangerous-emptied-output-directory",
        Takes::Text,
        "Delete given directory, and then create it with output files",
    ),
    Flag::new("output-files", Takes::Text, "Add output files to given directory"),
    Flag::new(
        "output",
        Takes::Commas,
        "Configure output format. Can specify file format (yaml, json, pos) and/or schema type (openapi-v3) (can be specified multiple times)",
    )
    .short('o')
    .default("[yaml]"),
    Flag::new(
        "dangerous-allow-all-symlink-destinations",
        Takes::Bool,
        "Symlinks to all destinations are allowed",
    ),
    Flag::new(
        "allow-symlink-destination",
        Takes::Commas,
        "File paths to which symlinks are allowed (can be specified multiple times)",
    ),
    Flag::new(
        "file-mark",
        Takes::Many,
        "File mark (ie change file path, mark as non-template) (format: file:key=value) (can be specified multiple times)",
    ),
    limits::STEPS,
    limits::MEMORY,
    limits::TIME,
    // Of later releases; off lets a mark with a wildcard match nothing.
    Flag::new("file-mark-strict", Takes::Bool, "").default("true"),
    Flag::new(
        "data-values-env",
        Takes::Many,
        "Extract data values (as strings) from prefixed env vars (format: PREFIX for PREFIX_all__key1=str) (can be specified multiple times)",
    ),
    Flag::new(
        "data-values-env-yaml",
        Takes::Many,
        "Extract data values (parsed as YAML) from prefixed env vars (format: PREFIX for PREFIX_all__key1=true) (can be specified multiple times)",
    ),
    Flag::new(
        "data-value",
        Takes::Many,
        "Set specific data value to given value, as string (format: all.key1.subkey=123) (can be specified multiple times)",
    )
    .short('v'),
    Flag::new(
        "data-value-yaml",
        Takes::Many,
        "Set specific data value to given value, parsed as YAML (format: all.key1.subkey=true) (can be specified multiple times)",
    ),
    Flag::new(
        "data-value-file",
        Takes::Many,
        "Set specific data value to contents of a file (format: [@lib1:]all.key1.subkey={file path, HTTP URL, or '-' (i.e. stdin)}) (can be specified multiple times)",
    ),
    Flag::new(
        "data-values-file",
        Takes::Many,
        "Set multiple data values via plain YAML files (format: [@lib1:]{file path, HTTP URL, or '-' (i.e. stdin)}) (can be specified multiple times)",
    ),
    Flag::new(
        "data-values-inspect",
        Takes::Bool,
        "Determine the final data values (applying any overlays) and display that result",
    ),
    Flag::new(
        "dangerous-data-values-disable-validation",
        Takes::Bool,
        "Skip validating data values (not recommended: may result in templates failing or invalid output)",
    ),
    Flag::new(
        "data-values-schema-inspect",
        Takes::Bool,
        "Determine the complete schema for data values (applying any overlays) and display the result (only OpenAPI v3.0 is supported, see --output)",
    ),
];

pub(super) fn run(matches: &Matches, console: &mut Console) -> Result<Exit> {
    let paths = |values: Vec<OsString>| values.into_iter().map(PathBuf::from).collect::<Vec<_>>();
    let symlinks = SymlinkRules {
        allow_all: matches.is_set("dangerous-allow-all-symlink-destinations"),
        allowed: matches.commas("allow-symlink-destination").into_iter().map(PathBuf::from).collect(),
    };
    let mut sources = Sources::new(console.take_stdin(), symlinks);
    let files = match matches.text("bulk-in") {
        Some(text) => bulk::read(&text.to_string_lossy())?,
        None => sources.files(&paths(matches.many("file")))?,
    };
    let rendered = evaluate(matches, files, &mut sources, console);
    if matches.is_set("bulk-out") {
        return console.print(bulk::write(&rendered));
    }
    show(matches, &rendered?, console)
}

fn evaluate(
    matches: &Matches,
    files: Vec<File>,
    sources: &mut Sources,
    console: &Console,
) -> Result<Rendered> {
    let marks: Vec<String> =
        matches.many("file-mark").iter().map(|mark| mark.to_string_lossy().into_owned()).collect();
    let files = workspace::apply_file_marks(files, &marks, !matches.is_cleared("file-mark-strict"))?;
    if matches.is_set("files-inspect") {
        return Ok(list(&files));
    }
    let options = Options {
        ignore_unknown_comments: matches.is_set("ignore-unknown-comments"),
        implicit_map_key_overrides: matches.is_set("implicit-map-key-overrides"),
        strict: matches.is_set("strict"),
        skip_validation: matches.is_set("dangerous-data-values-disable-validation"),
    };
    let flags = ValuesFlags {
        files: matches.many("data-values-file"),
        env: matches.many("data-values-env"),
        env_yaml: matches.many("data-values-env-yaml"),
        values: matches.many("data-value"),
        values_yaml: matches.many("data-value-yaml"),
        value_files: matches.many("data-value-file"),
    };
    // Of a variable that is there twice the first one counts.
    let mut seen = HashSet::new();
    let environment: Vec<_> = std::env::vars_os().filter(|(name, _)| seen.insert(name.clone())).collect();
    let mut file_table = FileTable::default();
    let values = flags.layers(sources, &environment, options.strict, &mut file_table)?;
    let inspect = inspect(matches);
    let log = console.log();
    // What is wrong with the schema is said before what is wrong with the format.
    let inspected = inspect.as_ref().copied().unwrap_or(Inspect::Schema(SchemaFormat::OpenApi));
    let request = Request {
        files,
        values,
        file_table,
        options,
        inspect: inspected,
        log: Some(log),
        limits: limits::of(matches)?,
    };
    let rendered = workspace::render(request)?;
    inspect.map(|_| rendered)
}

/// The formats of schemas. Those below the first are not in the reference.
const SCHEMA_FORMATS: [(&str, SchemaFormat); 3] = [
    ("openapi-v3", SchemaFormat::OpenApi),
    ("openapi-v3-validations", SchemaFormat::OpenApiWithValidations),
    ("json-schema", SchemaFormat::JsonSchema),
];

fn schema_format(name: &str) -> Option<SchemaFormat> {
    SCHEMA_FORMATS.into_iter().find(|(other, _)| *other == name).map(|(_, format)| format)
}

/// What is asked for. The format of a schema has to be named.
fn inspect(matches: &Matches) -> Result<Inspect> {
    let formats = formats(matches)?;
    let schema = formats.iter().find_map(|format| schema_format(format));
    let refused = |message: &str| Err(Error::new(ErrorKind::Usage, message));
    match (matches.is_set("data-values-schema-inspect"), schema) {
        (true, Some(format)) => Ok(Inspect::Schema(format)),
        (true, None) => refused(
            "Data values schema export only supported in OpenAPI v3 format; specify format with --output=openapi-v3 flag",
        ),
        (false, Some(_)) => refused(
            "Output type currently only supported for data values schema (i.e. include --data-values-schema-inspect)",
        ),
        (false, None) if matches.is_set("data-values-inspect") => Ok(Inspect::DataValues),
        (false, None) => Ok(Inspect::None),
    }
}

fn formats(matches: &Matches) -> Result<Vec<String>> {
    let formats = matches.commas("output");
    let known = |format: &str| matches!(format, "yaml" | "json" | "pos") || schema_format(format).is_some();
    match formats.iter().find(|format| !known(format)) {
        Some(unknown) => Err(Error::new(ErrorKind::Usage, format!("Unknown output type '{unknown}'"))),
        None => Ok(formats),
    }
}

/// The paths of all files that templates can reach, as a document.
fn list(files: &[File]) -> Rendered {
    let private = |file: &File| file.path().split('/').rev().skip(1).any(|name| name == PRIVATE_LIBRARY);
    let items = files
        .iter()
        .filter(|file| !private(file))
        .map(|file| ArrayItem { value: Node::str(file.path()), ..ArrayItem::default() });
    let value = Node::Array(Arc::new(Array { items: items.collect(), ..Array::default() }));
    let documents =
        DocumentSet { items: vec![Document { value, ..Document::default() }], ..DocumentSet::default() };
    Rendered { documents, ..Rendered::default() }
}

const NOT_SHOWN: &str = "
Warning: Found Non-YAML templates in input. Non-YAML templates are not rendered to standard output.
If you want to include those results, use the --output-files or --dangerous-emptied-output-directory flag.
";

fn show(matches: &Matches, rendered: &Rendered, console: &mut Console) -> Result<Exit> {
    if let Some(directory) = matches.text("dangerous-emptied-output-directory") {
        output::write_emptied(Path::new(directory), &rendered.files, console.stdout())?;
        return Ok(Exit::SUCCESS);
    }
    if let Some(directory) = matches.text("output-files") {
        output::write(Path::new(directory), &rendered.files, console.stdout())?;
        return Ok(Exit::SUCCESS);
    }
    let formats = formats(matches)?;
    let format = formats.iter().map(String::as_str).find(|format| schema_format(format).is_none());
    let text = match format {
        Some("json") => yaml::json::print_documents(&rendered.documents)
            .map_err(|error| error.context("Marshaling combined template result"))?,
        Some("pos") => yaml::print_positions(&rendered.documents, &rendered.file_table),
        _ => yaml::print_documents(&rendered.documents),
    };
    let exit = console.print(text)?;
    if rendered.files.iter().any(|file| file.kind != FileKind::Yaml) {
        console.complain(NOT_SHOWN);
    }
    Ok(exit)
}
