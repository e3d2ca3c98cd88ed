//! Files to objects.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Findings, Severity};
use crate::supply_chain::api::{API_VERSION, GROUP};
use crate::supply_chain::crd;
use crate::supply_chain::part::Part;
use crate::supply_chain::validate;
use crate::yaml::{
    self, DocumentSet, FileId, FileTable, Map, MapItem, Node, Notes, ParseOptions, Pos, ScalarStyle,
    visit_notes,
};

/// A file to lint.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name that reports show.
    pub name: String,
    /// What is in it, or why it cannot be read.
    pub content: Result<Vec<u8>, String>,
}

/// An object of the API.
pub(super) struct Object {
    pub(super) node: Node,
    pub(super) pos: Pos,
}

impl Object {
    pub(super) fn part(&self) -> Part<'_> {
        Part::new(&self.node, self.pos)
    }

    pub(super) fn kind(&self) -> &str {
        self.part().get("kind").text()
    }

    pub(super) fn name(&self) -> &str {
        self.part().at(&["metadata", "name"]).text()
    }

    pub(super) fn spec(&self) -> Part<'_> {
        self.part().get("spec")
    }
}

/// Kinds that the API had in 2021.
const OLD_KINDS: [&str; 2] = ["RunTemplate", "Pipeline"];

/// Reads the objects of the API; others are left out.
pub(super) fn read(sources: Vec<Source>, table: &mut FileTable, findings: &mut Findings) -> Vec<Object> {
    let mut objects = Vec::new();
    for Source { name, content } in sources {
        let text =
            content.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
        let file = table.add(name, text);
        match content {
            Err(error) => {
                findings.add(Severity::Error, "file", Pos::new(file, 1), error);
            }
            Ok(bytes) => documents(&bytes, file, findings, &mut objects),
        }
    }
    objects
}

fn documents(bytes: &[u8], file: FileId, findings: &mut Findings, objects: &mut Vec<Object>) {
    let options = ParseOptions { with_comments: true, strict: false };
    let mut set = match yaml::parse(bytes, file, &options) {
        Ok(set) => set,
        Err(error) => {
            let message = error.to_string();
            // What is not closed is missed behind the end.
            let last = u32::try_from(bytes.split(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX);
            let last = if bytes.ends_with(b"\n") { last.saturating_sub(1) } else { last };
            let line = line_of(&message).unwrap_or(1).min(last.max(1));
            findings.add(Severity::Error, "yaml", Pos::new(file, line), message);
            return;
        }
    };
    if let Some(pos) = ytt_comment(&set) {
        // Values and files of other things go unmentioned.
        let text = String::from_utf8_lossy(bytes);
        if !text.contains(API_VERSION) {
            return;
        }
        findings
            .add(Severity::Note, "ytt-template", pos, "this file is a ytt template itself: not checked")
            .help("evaluate it first: stampmill ytt -f ... | stampmill lint -f -");
        return;
    }
    for document in &set.items {
        repeated_keys(&document.value, findings);
    }
    yaml::keep_last_of_repeated_keys(&mut set);
    for document in set.items {
        let pos = Part::object(&document.value).pos();
        object(document.value, pos, findings, objects);
    }
}

/// The line that a message of the YAML parser names.
pub(super) fn line_of(message: &str) -> Option<u32> {
    let (_, rest) = message.split_once("line ")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn ytt_comment(set: &DocumentSet) -> Option<Pos> {
    let mut found = None;
    for document in &set.items {
        visit_notes(document, &mut |notes: &Notes| {
            let is_ytt = |data: &str| data.starts_with('@');
            let comment = notes.comments().iter().find(|comment| is_ytt(&comment.data));
            found = found.or(comment.map(|comment| comment.pos));
        });
    }
    found
}

fn repeated_keys(node: &Node, findings: &mut Findings) {
    match node {
        Node::Map(map) => {
            let mut seen: HashMap<&str, Pos> = HashMap::new();
            for item in &map.items {
                if let Some(key) = item.key.as_str()
                    && let Some(first) = seen.insert(key, item.pos)
                {
                    findings
                        .add(
                            Severity::Error,
                            "repeated-key",
                            item.pos,
                            format!("the key {key} is there twice"),
                        )
                        .help(format!("it stands on line {} first", first.line));
                }
                repeated_keys(&item.value, findings);
            }
        }
        Node::Array(array) => {
            for item in &array.items {
                repeated_keys(&item.value, findings);
            }
        }
        _ => {}
    }
}

/// Takes an object of the API, or those of a list.
fn object(node: Node, pos: Pos, findings: &mut Findings, objects: &mut Vec<Object>) {
    let part = Part::new(&node, pos);
    let kind = part.get("kind");
    let version = part.get("apiVersion");
    let group = version.text().split('/').next().unwrap_or_default();
    let is_known = crd::KINDS.iter().any(|known| known.name == kind.text());
    if kind.text() == "List" && version.text() == "v1" {
        let items: Vec<Object> = part
            .get("items")
            .items()
            .map(|item| Object { node: item.node().clone(), pos: item.pos() })
            .collect();
        for item in items {
            object(item.node, item.pos, findings, objects);
        }
        return;
    }
    if group != GROUP {
        if is_known && !version.is_set() {
            findings
                .error("api-version", part, format!("a {} without apiVersion", kind.text()))
                .help(format!("apiVersion: {API_VERSION}"));
            objects.push(Object { node, pos });
        }
        return;
    }
    if version.text() != API_VERSION {
        findings
            .error("api-version", version, format!("there is no apiVersion {}", version.text()))
            .help(format!("apiVersion: {API_VERSION}"));
    }
    if OLD_KINDS.contains(&kind.text()) || part.at(&["spec", "components"]).is_set() {
        findings
            .error("old-shape", kind, format!("a {} of 2021", kind.text()))
            .help("stampmill convert turns it into today's shape");
        return;
    }
    if !is_known {
        let message = match kind.text() {
            "" => format!("an object of {GROUP} without kind"),
            name => format!("{GROUP} has no kind {name}"),
        };
        findings
            .error("unknown-kind", kind, message)
            .suggest(kind.text(), crd::KINDS.iter().map(|kind| kind.name));
        return;
    }
    objects.push(Object { node, pos });
}

/// What webhooks would say, but for what the schema has said of the same line.
pub(super) fn check_admission(object: &Object, findings: &mut Findings) {
    for violation in validate::violations(&defaulted(&object.node)) {
        let pos = if violation.pos.is_known() { violation.pos } else { object.pos };
        let said = ["required-field", "wrong-type", "wrong-value"].iter().any(|rule| findings.has(rule, pos));
        if !said {
            findings.add(Severity::Error, "admission", pos, violation.message);
        }
    }
}

/// The object with what the API server fills in before webhooks see it.
fn defaulted(node: &Node) -> Node {
    let part = Part::object(node);
    let is_template = crate::supply_chain::api::TemplateKind::of(part.get("kind").text()).is_some();
    let spec = part.get("spec");
    if !is_template || spec.get("lifecycle").is_set() || spec.map().is_none() {
        return node.clone();
    }
    let mut node = node.clone();
    if let Node::Map(map) = &mut node {
        for item in Arc::make_mut(map).items.iter_mut().filter(|item| item.key.as_str() == Some("spec")) {
            if let Node::Map(spec) = &mut item.value {
                let lifecycle = MapItem {
                    key: Node::str("lifecycle"),
                    value: Node::str("mutable"),
                    pos: item.pos,
                    ..MapItem::default()
                };
                Arc::<Map>::make_mut(spec).items.push(lifecycle);
            }
        }
    }
    node
}

/// Where the text of a field begins: the line of its first line, if lines of the text are lines of the file.
pub(super) fn text_line(owner: Part<'_>, field: &str) -> Option<(Pos, bool)> {
    let item = owner.map()?.items.iter().find(|item| item.key.as_str() == Some(field))?;
    match item.notes.style {
        ScalarStyle::Literal => Some((Pos::new(item.pos.file, item.pos.line.saturating_add(1)), true)),
        _ => Some((item.pos, false)),
    }
}
