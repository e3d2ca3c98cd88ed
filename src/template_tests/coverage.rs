//! Which lines of templates tests reach.
//!
//! Of ytt templates these are the lines with code, and those of YAML that stand for themselves; of templates
//! with `$(path)$` the lines with tags, all of which are reached where the template is stamped.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::report::list;
use super::stamp::{Stamping, TemplateSource};
use crate::supply_chain::part::Part;
use crate::supply_chain::wire::map;
use crate::yaml::Node;

/// What tests reached.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Coverage {
    files: BTreeMap<String, BTreeMap<u32, Line>>,
}

/// A line of a file.
#[derive(Clone, Debug, Default, PartialEq)]
struct Line {
    text: String,
    visits: u64,
}

/// What tests reached of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct FileCoverage<'a> {
    /// The file; with ` (spec.ytt)` behind it if lines count within that.
    pub file: &'a str,
    /// The lines that can be reached.
    pub lines: Vec<LineCoverage<'a>>,
}

/// What tests reached of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineCoverage<'a> {
    /// The line, from 1.
    pub line: u32,
    /// Its text.
    pub text: &'a str,
    /// How often tests came to it.
    pub visits: u64,
}

impl FileCoverage<'_> {
    /// How many of its lines were reached.
    pub fn reached(&self) -> usize {
        self.lines.iter().filter(|line| line.visits > 0).count()
    }
}

impl Coverage {
    /// Adds what a test reached.
    pub(super) fn add(&mut self, stamping: &Stamping) {
        let Some(source) = &stamping.template else { return };
        let spec = Part::object(&source.object).get("spec");
        let template = spec.get("template");
        if !template.is_set() && spec.get("ytt").text().is_empty() {
            return;
        }
        if !template.is_set() {
            let (file, shift, texts) = ytt_origin(source, spec.get("ytt"));
            let lines = self.files.entry(file).or_default();
            for (line, visits) in &stamping.ytt_lines {
                let text = nth(&texts, *line);
                let known = lines.entry(line + shift).or_insert_with(|| Line { text, visits: 0 });
                known.visits += visits;
            }
            return;
        }
        let visits = u64::from(matches!(stamping.stamped, Some(Ok(_))));
        let (file, text) = origin(source, template);
        let texts: Vec<String> = text.lines().map(str::to_owned).collect();
        let lines = self.files.entry(file).or_default();
        tags(template, &mut |line| {
            let known = lines.entry(line).or_insert_with(|| Line { text: nth(&texts, line), visits: 0 });
            known.visits += visits;
        });
    }

    /// Files and their lines, sorted.
    pub fn files(&self) -> impl Iterator<Item = FileCoverage<'_>> {
        self.files.iter().map(|(file, lines)| FileCoverage {
            file,
            lines: lines
                .iter()
                .map(|(line, Line { text, visits })| LineCoverage { line: *line, text, visits: *visits })
                .collect(),
        })
    }

    /// For people: how much of each file, and the lines that no test reached.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for file in self.files() {
            let (reached, all) = (file.reached(), file.lines.len());
            let percent = (reached * 100).checked_div(all).unwrap_or(100);
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{percent:3}%  {reached} of {all} lines  {}", file.file);
            for line in file.lines.iter().filter(|line| line.visits == 0) {
                let _ = writeln!(out, "      {:>5}  {}", line.line, line.text.trim_end());
            }
        }
        out
    }

    pub(super) fn node(&self) -> Node {
        list(self.files().map(|file| {
            let lines = file.lines.iter().map(|line| {
                let visits = i64::try_from(line.visits).unwrap_or(i64::MAX);
                map([("line", Node::Int(line.line.into())), ("visits", Node::Int(visits))])
            });
            map([("file", Node::str(file.file)), ("lines", list(lines))])
        }))
    }
}

fn nth(lines: &[String], number: u32) -> String {
    lines.get((number as usize).wrapping_sub(1)).cloned().unwrap_or_default()
}

/// The file that a part of a template stands in, and its text.
fn origin(source: &TemplateSource, part: Part<'_>) -> (String, String) {
    match source.files.as_ref().and_then(|files| files.get(part.pos().file)) {
        // ytt names files by their last part.
        Some(file) if !source.path.ends_with(&*file.name) => (file.name.to_string(), file.text().to_owned()),
        Some(file) => (source.path.clone(), file.text().to_owned()),
        None => (source.path.clone(), std::fs::read_to_string(&source.path).unwrap_or_default()),
    }
}

/// The file of a ytt template, how many lines stand before it there, and its own lines.
fn ytt_origin(source: &TemplateSource, code: Part<'_>) -> (String, u32, Vec<String>) {
    let own: Vec<String> = code.text().lines().map(str::to_owned).collect();
    let (file, text) = origin(source, code);
    let before = code.pos().line;
    let rest: Vec<&str> = text.lines().skip(before as usize).collect();
    // The text stands there line by line, or its lines are counted by themselves.
    let is_there = code.pos().is_known()
        && own
            .iter()
            .enumerate()
            .all(|(index, line)| rest.get(index).is_some_and(|there| there.trim() == line.trim()));
    if is_there { (file, before, own) } else { (format!("{file} (spec.ytt)"), 0, own) }
}

/// The lines of all texts with tags.
fn tags(part: Part<'_>, found: &mut impl FnMut(u32)) {
    if let Some(text) = part.node().as_str()
        && let Some((_, behind)) = text.split_once("$(")
        && behind.contains(")$")
    {
        found(part.pos().line);
    }
    for item in part.items() {
        tags(item, found);
    }
    for (_, field) in part.fields() {
        tags(field, found);
    }
}
