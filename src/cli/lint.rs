//! `stampmill lint`: everything that is wrong with supply chains and templates.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use serde::Serialize;

use super::{Console, Exit};
use crate::supply_chain::lint::{Report, Severity, Source, lint};
use crate::workspace::{File, Sources, SymlinkRules};
use crate::{Error, ErrorKind, Limits, Result};

const EXAMPLES: &str = "\
Reads .yml, .yaml and .json files with objects of carto.run/v1alpha1; other objects are left out. What is given
together is checked together: templates that blueprints refer to, blueprints that select workloads.

The command fails if there are errors; with --strict, if there are warnings.

Examples:
  # Is everything right with a platform?
  stampmill lint -f platform/

  # with the workloads of a team
  stampmill lint -f platform/ -f team/workloads.yml

  # What is wrong, for programs
  stampmill lint -f platform/ -o json

  # Templates that are ytt templates themselves
  stampmill ytt -f platform/ -f values.yml | stampmill lint -f -
";

pub(super) fn command() -> Command {
    Command::new("lint")
        .about("Find what is wrong with supply chains, templates and workloads")
        .after_help(EXAMPLES)
        .arg(
            Arg::new("file")
                .long("file")
                .short('f')
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .value_hint(ValueHint::AnyPath)
                .required(true)
                .action(ArgAction::Append)
                .help("File, directory, or - for standard input (can be given several times)"),
        )
        .arg(
            Arg::new("strict")
                .long("strict")
                .action(ArgAction::SetTrue)
                .help("Fail if there are warnings, too"),
        )
        .arg(
            Arg::new("output")
                .long("output")
                .short('o')
                .value_name("FORMAT")
                .default_value("text")
                .value_parser(PossibleValuesParser::new(["text", "json"]))
                .help("How to show what was found"),
        )
}

pub(super) fn run(matches: &ArgMatches, console: &mut Console) -> Result<Exit> {
    let paths: Vec<PathBuf> = matches.get_many("file").into_iter().flatten().cloned().collect();
    let mut sources = Sources::new(console.take_stdin(), SymlinkRules::default());
    let files = match sources.files(&paths) {
        Ok(files) => files,
        Err(error) => {
            console.complain(&format!("stampmill: Error: {error}\n"));
            return Ok(Exit::USAGE);
        }
    };
    let files = files.into_iter().filter(|file| is_read(file, &paths)).map(source).collect();
    let report = lint(files, &Limits::default());
    let is_json = matches.get_one::<String>("output").is_some_and(|format| format == "json");
    let printed = console.print(if is_json { json(&report)? } else { text(&report) })?;
    if !is_json {
        console.complain(&summary(&report));
    }
    let fails = match matches.get_flag("strict") {
        true => report.findings.iter().any(|finding| finding.severity >= Severity::Warning),
        false => report.count(Severity::Error) > 0,
    };
    Ok(if fails { Exit::FAILURE } else { printed })
}

/// Of directories only what may hold objects.
fn is_read(file: &File, named: &[PathBuf]) -> bool {
    let path = file.path();
    let holds_objects = [".yml", ".yaml", ".json"].iter().any(|ending| path.ends_with(ending));
    holds_objects || file.disk_path().is_none_or(|path| named.iter().any(|named| named == path))
}

fn source(file: File) -> Source {
    let name = file.disk_path().map_or_else(|| file.path().to_owned(), |path| path.display().to_string());
    let content = file.bytes().map(|bytes| bytes.to_vec()).map_err(|error| error.to_string());
    Source { name, content }
}

/// As compilers report: `file:line: error: text`, with the line and what would help.
fn text(report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{}: {}: {} [{}]",
            report.files.show(finding.pos),
            finding.severity.name(),
            finding.message,
            finding.rule
        );
        if let Some(line) = report.files.line(finding.pos).map(str::trim).filter(|line| !line.is_empty()) {
            let _ = writeln!(out, "    {line}");
        }
        if let Some(help) = &finding.help {
            let help = help.lines().map(str::trim).collect::<Vec<&str>>().join(" ");
            let _ = writeln!(out, "    help: {help}");
        }
    }
    out
}

fn summary(report: &Report) -> String {
    let counted = |severity: Severity| match report.count(severity) {
        1 => format!("1 {}", severity.name()),
        count => format!("{count} {}s", severity.name()),
    };
    let severities = [Severity::Error, Severity::Warning, Severity::Note].map(counted);
    format!("{} objects: {}\n", report.objects, severities.join(", "))
}

#[derive(Serialize)]
struct ShownReport<'a> {
    objects: usize,
    counts: BTreeMap<&'static str, usize>,
    findings: Vec<ShownFinding<'a>>,
}

#[derive(Serialize)]
struct ShownFinding<'a> {
    file: &'a str,
    line: u32,
    severity: &'static str,
    rule: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
}

fn json(report: &Report) -> Result<String> {
    let severities = [Severity::Error, Severity::Warning, Severity::Note];
    let shown = ShownReport {
        objects: report.objects,
        counts: severities.map(|severity| (severity.name(), report.count(severity))).into(),
        findings: report
            .findings
            .iter()
            .map(|finding| ShownFinding {
                file: report.files.get(finding.pos.file).map_or("", |file| &file.name),
                line: finding.pos.line,
                severity: finding.severity.name(),
                rule: finding.rule,
                message: &finding.message,
                help: finding.help.as_deref(),
            })
            .collect(),
    };
    let text = serde_json::to_string_pretty(&shown);
    Ok(text.map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))? + "\n")
}
