//! How stamped objects are written: as they would be applied, each with its owner and resource.

use super::realize::{OwnerState, Realized, RealizedOwner, StampedObject, State};
use crate::cluster::{Object, ObjectKey};
use crate::error::Result;
use crate::yaml::{self, Node, Text, json};

/// What the objects are written as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Documents behind one another, each with a comment that names owner and resource.
    Yaml,
    /// One array of records.
    Json,
    /// A record a line.
    Ndjson,
}

/// How they are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Style {
    /// As what.
    pub format: Format,
    /// Objects as the cluster would keep them, with uids, versions and statuses, instead of as they would be
    /// applied.
    pub with_status: bool,
}

impl Style {
    /// What stands before the first record, and behind the last.
    pub fn frame(self, empty: bool) -> (&'static str, &'static str) {
        match self.format {
            Format::Json if empty => ("[", "]\n"),
            Format::Json => ("[\n", "\n]\n"),
            Format::Yaml | Format::Ndjson => ("", ""),
        }
    }

    /// What stands between records.
    pub fn separator(self) -> &'static str {
        match self.format {
            Format::Json => ",\n",
            Format::Yaml => "---\n",
            Format::Ndjson => "",
        }
    }

    /// Appends what came of an owner, and of the owners that were stamped for it.
    ///
    /// # Errors
    /// A value that JSON has no form for. Nothing of this object is written then.
    pub fn write(self, out: &mut String, realized: &Realized) -> Vec<crate::Error> {
        let mut errors = Vec::new();
        let root = realized.owners.first().map(|owner| &owner.key);
        for owner in &realized.owners {
            let root = root.filter(|root| **root != owner.key);
            for stamped in &owner.objects {
                if let Err(error) = self.record(out, |style, out| style.object(out, owner, root, stamped)) {
                    errors.push(error.context(place_of(owner, stamped)));
                }
            }
            if self.format != Format::Yaml
                && let Some(state) = owner.state.as_ref().filter(|state| state.state != State::Ready)
                && let Err(error) = self.record(out, |style, out| style.state(out, owner, root, state))
            {
                errors.push(error);
            }
        }
        errors
    }

    /// Appends a record, or nothing.
    fn record(self, out: &mut String, write: impl FnOnce(Style, &mut String) -> Result<()>) -> Result<()> {
        let start = out.len();
        if start > 0 {
            out.push_str(self.separator());
        }
        let written = write(self, out);
        if written.is_err() {
            out.truncate(start);
        }
        written
    }

    fn object(
        self,
        out: &mut String,
        owner: &RealizedOwner,
        root: Option<&ObjectKey>,
        stamped: &StampedObject,
    ) -> Result<()> {
        let object = self.shown(stamped);
        if self.format == Format::Yaml {
            let mut comment = shown(&owner.key);
            if !stamped.resource.is_empty() {
                comment.push_str(", resource ");
                comment.push_str(&stamped.resource);
            }
            if let Some(root) = root {
                comment.push_str(", for ");
                comment.push_str(&shown(root));
            }
            out.push_str("# ");
            // Whatever a name holds, it stays in the comment.
            out.extend(comment.chars().map(|char| if yaml_breaks(char) { ' ' } else { char }));
            out.push('\n');
            yaml::print_document(out, out.len(), object.node());
            return Ok(());
        }
        out.push_str("{\"owner\":");
        reference(out, &owner.key)?;
        if let Some(root) = root {
            out.push_str(",\"root\":");
            reference(out, root)?;
        }
        if !stamped.resource.is_empty() {
            out.push_str(",\"resource\":");
            text(out, &stamped.resource)?;
        }
        out.push_str(",\"object\":");
        json::write(out, object.node())?;
        self.end(out);
        Ok(())
    }

    fn state(
        self,
        out: &mut String,
        owner: &RealizedOwner,
        root: Option<&ObjectKey>,
        state: &OwnerState,
    ) -> Result<()> {
        out.push_str("{\"owner\":");
        reference(out, &owner.key)?;
        if let Some(root) = root {
            out.push_str(",\"root\":");
            reference(out, root)?;
        }
        out.push_str(",\"state\":");
        text(out, state.state.as_str())?;
        out.push_str(",\"condition\":{\"type\":");
        text(out, &state.kind)?;
        out.push_str(",\"status\":");
        text(out, &state.status)?;
        out.push_str(",\"reason\":");
        text(out, &state.reason)?;
        out.push_str(",\"message\":");
        text(out, &state.message)?;
        out.push('}');
        self.end(out);
        Ok(())
    }

    fn end(self, out: &mut String) {
        out.push_str(if self.format == Format::Ndjson { "}\n" } else { "}" });
    }

    fn shown(self, stamped: &StampedObject) -> &Object {
        match &stamped.kept {
            Some(kept) if self.with_status => kept,
            _ => &stamped.applied,
        }
    }

    /// The YAML of one object alone.
    pub(super) fn document(self, stamped: &StampedObject) -> String {
        yaml::print_value(self.shown(stamped).node())
    }
}

/// Whether a character may end a line of YAML.
fn yaml_breaks(char: char) -> bool {
    char.is_control() || matches!(char, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn place_of(owner: &RealizedOwner, stamped: &StampedObject) -> String {
    let resource = &stamped.resource;
    let owner = shown(&owner.key);
    if resource.is_empty() { owner } else { format!("{owner}, resource {resource}") }
}

/// `Workload namespace/name`
pub fn shown(key: &ObjectKey) -> String {
    format!("{} {}/{}", key.kind.kind, key.namespace, key.name)
}

fn reference(out: &mut String, key: &ObjectKey) -> Result<()> {
    out.push_str("{\"kind\":");
    text(out, &key.kind.kind)?;
    out.push_str(",\"namespace\":");
    text(out, &key.namespace)?;
    out.push_str(",\"name\":");
    text(out, &key.name)?;
    out.push('}');
    Ok(())
}

fn text(out: &mut String, text: &str) -> Result<()> {
    json::write(out, &Node::Str(Text::new(text)))
}
