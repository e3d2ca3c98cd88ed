//! What differs, for people and for programs.

use std::fmt::Write;

use super::changes::ChangeKind;
use super::groups::{Difference, Group, Line, StateGroup, What};
use crate::supply_chain::wire::map;
use crate::template_tests::{diff as lines, list};
use crate::yaml::{Node, Text};

/// Longer values are cut.
const LETTERS: usize = 80;

impl Difference {
    /// For people.
    pub fn text(&self, colours: bool) -> String {
        let mut out = String::new();
        for (index, group) in self.groups.iter().enumerate() {
            group.text(index + 1, colours, &mut out);
            out.push('\n');
        }
        for group in &self.states {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{}: {} → {}", counted(group.owners, "owner"), group.from, group.to);
            let _ = writeln!(out, "   {}", names(&group.names, group.owners));
            if !group.message.is_empty() {
                let _ = writeln!(out, "   e.g. {}", cut(group.message.trim()));
            }
            out.push('\n');
        }
        let states: u64 = self.states.iter().map(|group| group.owners).sum();
        let _ = writeln!(
            out,
            "{} of {} change, {} added, {} removed; {} of {} affected, {} in another state; {}",
            self.count(What::Changed),
            counted(self.before, "object"),
            self.count(What::Added),
            self.count(What::Removed),
            self.changed_owners,
            counted(self.owners, "owner"),
            states,
            counted(self.groups.len() as u64, "shape"),
        );
        out
    }

    /// For programs; keys stay.
    pub fn node(&self) -> Node {
        let count = |count: u64| Node::Int(i64::try_from(count).unwrap_or(i64::MAX));
        let objects = map([
            ("before", count(self.before)),
            ("after", count(self.after)),
            ("changed", count(self.count(What::Changed))),
            ("added", count(self.count(What::Added))),
            ("removed", count(self.count(What::Removed))),
        ]);
        let states: u64 = self.states.iter().map(|group| group.owners).sum();
        let owners = map([
            ("all", count(self.owners)),
            ("affected", count(self.changed_owners)),
            ("inAnotherState", count(states)),
        ]);
        map([
            ("differs", Node::Bool(self.is_any())),
            ("objects", objects),
            ("owners", owners),
            ("errors", count(self.errors)),
            ("shapes", list(self.groups.iter().map(Group::node))),
            ("states", list(self.states.iter().map(StateGroup::node))),
        ])
    }
}

impl Group {
    fn text(&self, number: usize, colours: bool, out: &mut String) {
        let what = match self.what {
            What::Changed => "change",
            What::Added => "are new",
            What::Removed => "are gone",
        };
        let of =
            if self.resource.is_empty() { String::new() } else { format!(" of resource {}", self.resource) };
        let (objects, owners) = (counted(self.objects, "object"), counted(self.owners, "owner"));
        let _ = writeln!(out, "{number}. {}{of}: {objects} of {owners} {what}", self.kind);
        for line in &self.lines {
            let _ = writeln!(out, "   {} {}{}", line.kind.sign(), line.path, line.values());
        }
        let _ = writeln!(out, "   {}", names(&self.names, self.owners));
        let _ = writeln!(out, "   e.g. {}:", self.example);
        let diff = if colours { lines::painted(&self.diff) } else { self.diff.clone() };
        for line in diff.lines() {
            let _ = writeln!(out, "   {line}");
        }
    }

    fn node(&self) -> Node {
        let text = |text: &str| Node::Str(Text::new(text));
        let maybe = |value: &Option<String>| value.as_deref().map_or(Node::Null, text);
        let changes = self.lines.iter().map(|line| {
            map([
                ("path", text(&line.path)),
                ("kind", text(line.kind.as_str())),
                ("from", maybe(&line.from)),
                ("to", maybe(&line.to)),
            ])
        });
        map([
            ("what", text(self.what.as_str())),
            ("kind", text(&self.kind)),
            ("resource", text(&self.resource)),
            ("objects", Node::Int(self.objects as i64)),
            ("owners", Node::Int(self.owners as i64)),
            ("someOwners", list(self.names.iter().map(|name| text(name)))),
            ("changes", list(changes)),
            ("example", map([("object", text(&self.example)), ("diff", text(&self.diff))])),
        ])
    }
}

impl StateGroup {
    fn node(&self) -> Node {
        let text = |text: &str| Node::Str(Text::new(text));
        map([
            ("from", text(&self.from)),
            ("to", text(&self.to)),
            ("owners", Node::Int(self.owners as i64)),
            ("someOwners", list(self.names.iter().map(|name| text(name)))),
            ("message", text(&self.message)),
        ])
    }
}

impl Line {
    /// `: 1 → 2`; a value that differs from owner to owner shows as `…`.
    fn values(&self) -> String {
        let value = |value: &Option<String>| value.as_deref().map_or_else(|| "…".to_owned(), cut);
        match self.kind {
            ChangeKind::Added => format!(": {}", value(&self.to)),
            ChangeKind::Removed => format!(": {}", value(&self.from)),
            ChangeKind::Changed => format!(": {} → {}", value(&self.from), value(&self.to)),
        }
    }
}

fn cut(text: &str) -> String {
    let text = text.replace('\n', " ");
    match text.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(&text)),
        None => text,
    }
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn names(names: &[String], all: u64) -> String {
    let more = all.saturating_sub(names.len() as u64);
    let names = names.join(", ");
    if more == 0 { names } else { format!("{names} and {more} more") }
}
