//! The ytt stamps of a sample, by starting another ytt for each, as a controller does that has none of its
//! own: the template on standard input, a data value for each part of the context.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use super::sample::write_workload;
use crate::bench::process::Usage;
use crate::error::{Error, ErrorKind, Result};
use crate::fleet::load::Source;
use crate::fleet::realize::{RealizedOwner, StampedObject};
use crate::fleet::{Fleet, Place};
use crate::supply_chain::api::TemplateKind;
use crate::yaml::{self, Map, MapItem, Node, ParseOptions, json, same};

/// What was measured.
#[derive(Clone, Debug)]
pub(super) struct Compared {
    pub(super) command: String,
    pub(super) stamps: u64,
    /// Of one stamp, on average.
    pub(super) wall_us: f64,
    /// The same, where the system says so.
    pub(super) cpu_us: Option<f64>,
    /// The first stamp that gave something else.
    pub(super) difference: Option<String>,
}

/// How many workloads are compared at most, spread over the fleet.
const SAMPLE: u64 = 20;

/// Stamps a sample of the fleet with another ytt.
///
/// # Errors
/// It cannot be started.
pub(super) fn compare(fleet: &Fleet, command: &str, workloads: u64) -> Result<Compared> {
    let mut words = command.split_whitespace();
    let Some(program) = words.next() else {
        return Err(Error::new(ErrorKind::Usage, "The command to compare with is empty"));
    };
    let arguments: Vec<&str> = words.collect();
    let count = SAMPLE.min(workloads).max(1);
    let mut compared =
        Compared { command: command.to_owned(), stamps: 0, wall_us: 0.0, cpu_us: None, difference: None };
    let before = Usage::of_process();
    let mut seconds = 0.0;
    for number in 0..count {
        let owner = workload(number * workloads / count)?;
        let realized = fleet.realize(&owner);
        let Some(realized) = realized.owners.first() else { continue };
        for (resource, stamp) in stamps(fleet, &owner, realized) {
            let start = Instant::now();
            let output = run(program, &arguments, &stamp)?;
            seconds += start.elapsed().as_secs_f64();
            compared.stamps += 1;
            if compared.difference.is_none() && !is_equal(&output, &stamp.expected) {
                let name = owner.object.name();
                compared.difference = Some(format!("{resource} of {name} differs:\n{output}"));
            }
        }
    }
    let stamps = compared.stamps.max(1) as f64;
    compared.wall_us = seconds * 1e6 / stamps;
    let usage = before.zip(Usage::of_process()).map(|(before, after)| after.since(&before));
    compared.cpu_us = usage.map(|usage| usage.children_seconds * 1e6 / stamps);
    Ok(compared)
}

fn workload(number: u64) -> Result<Source> {
    let mut text = String::new();
    write_workload(&mut text, number);
    let object = json::read(text.as_bytes())?.try_into();
    let object = object
        .map_err(|error: crate::cluster::NotAnObject| Error::new(ErrorKind::Internal, error.to_string()))?;
    Ok(Source { place: Place { file: Arc::from("sample"), line: number + 1 }, object })
}

/// One stamp: the template, its data values, and what must come out.
struct Stamp {
    template: String,
    values: Vec<(&'static str, String)>,
    expected: Node,
}

/// The ytt stamps of a workload, with the data values that its chain gives them.
fn stamps(fleet: &Fleet, owner: &Source, realized: &RealizedOwner) -> Vec<(String, Stamp)> {
    let found = |name: &str| realized.objects.iter().find(|stamped| stamped.resource == name);
    let kept = |name: &str, path: &[&str]| -> Node {
        let object = found(name).and_then(|stamped| stamped.kept.as_ref());
        object.and_then(|object| object.get_path(path)).cloned().unwrap_or_default()
    };
    let (image, config) = (kept("image", &["status", "latestImage"]), kept("config", &["data"]));
    let source = map([("url", kept("source", &["status", "artifact", "url"]))]);
    let mut params = vec![
        ("registry".to_owned(), Node::str("registry.example.com/fleet")),
        ("builder".to_owned(), Node::str("base")),
    ];
    if let Some(Node::Array(own)) = owner.object.get_path(&["spec", "params"]) {
        params.extend(own.items.iter().filter_map(|item| match &item.value {
            Node::Map(param) => Some((param.get("name")?.as_str()?.to_owned(), param.get("value")?.clone())),
            _ => None,
        }));
    }
    let params = map(params.iter().map(|(name, value)| (name.as_str(), value.clone())));
    let text = |node: &Node| json::encode(node, 0, true).unwrap_or_default();
    let kinds = [TemplateKind::Image, TemplateKind::Config, TemplateKind::Plain];
    let stamp = |(name, kind): (&str, TemplateKind)| {
        let template = fleet.catalog().template(kind, name)?;
        let expected = found(name).map(|stamped: &StampedObject| stamped.applied.node().clone())?;
        let values = vec![
            ("workload", text(owner.object.node())),
            ("params", text(&params)),
            ("source", text(&source)),
            ("image", text(&image)),
            ("config", text(&config)),
        ];
        Some((name.to_owned(), Stamp { template: template.template.spec.ytt.clone(), values, expected }))
    };
    ["image", "config", "deployment"].into_iter().zip(kinds).filter_map(stamp).collect()
}

fn map<'a>(items: impl IntoIterator<Item = (&'a str, Node)>) -> Node {
    let items = items.into_iter();
    let items = items.map(|(key, value)| MapItem { key: Node::str(key), value, ..MapItem::default() });
    Node::Map(Arc::new(Map { items: items.collect(), ..Map::default() }))
}

fn run(program: &str, arguments: &[&str], stamp: &Stamp) -> Result<String> {
    let failed = |error: std::io::Error| Error::new(ErrorKind::File, format!("Running '{program}': {error}"));
    let mut command = Command::new(program);
    command.args(arguments).args(["-f", "-"]);
    for (name, value) in &stamp.values {
        command.arg("--data-value-yaml").arg(format!("{name}={value}"));
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // That a program does not read is seen by what it prints.
        let _ = stdin.write_all(stamp.template.as_bytes());
    }
    let output = child.wait_with_output().map_err(failed)?;
    let text = if output.status.success() { output.stdout } else { output.stderr };
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Whether an output is an object as it was stamped here, but for its namespace, labels and owner.
fn is_equal(output: &str, expected: &Node) -> bool {
    let Ok(documents) = yaml::parse(output.as_bytes(), 0, &ParseOptions::default()) else { return false };
    let (Some(Node::Map(found)), Node::Map(expected)) =
        (documents.items.first().map(|document| &document.value), expected)
    else {
        return false;
    };
    found.items.len() == expected.items.len()
        && found.items.iter().all(|item| {
            let key = item.key.as_str().unwrap_or_default();
            key == "metadata" || expected.get(key).is_some_and(|expected| same(expected, &item.value))
        })
}
