//! Files of the API as it was in 2021 (v0.0.6), turned into today's shape: `components` became `resources`,
//! `RunTemplate` became `ClusterRunTemplate`, `Pipeline` became `Runnable`.
//!
//! The text is changed only where it must be, so comments and layout stay. `objects` changes the trees and
//! notes what that means for lines, `lines` changes these. If the changed text does not read as the changed
//! trees, which may happen where several things stand on one line, the trees are laid out anew instead.

mod lines;
mod objects;

use crate::error::Result;
use crate::yaml::{self, DocumentSet, Fidelity, ParseOptions, Pos};

/// A file in today's shape.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Converted {
    /// The text; the same as before if nothing had to be changed.
    pub text: String,
    /// What was changed, by the lines of the file as it was.
    pub changes: Vec<Remark>,
    /// What somebody has to look at.
    pub warnings: Vec<Remark>,
    /// The layout could not be kept.
    pub laid_out: bool,
}

/// A line and what there is to say about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remark {
    /// The line, counted from 1.
    pub line: u32,
    /// What there is to say.
    pub text: String,
}

/// Converts the documents of a file. Objects that are no such, or in today's shape, stay as they are.
///
/// # Errors
/// Text that is not YAML.
pub fn convert(text: &str) -> Result<Converted> {
    let options = ParseOptions { with_comments: true, strict: false };
    let mut documents = yaml::parse(text.as_bytes(), 0, &options)?;
    let mut work = objects::Work::default();
    for document in &mut documents.items {
        work.object(&mut document.value);
    }
    let objects::Work { edits, mut changes, mut warnings } = work;
    let mut converted =
        Converted { text: text.to_owned(), changes: Vec::new(), warnings: Vec::new(), laid_out: false };
    if !edits.is_empty() {
        converted.text = lines::apply(text, &edits);
        let is_same = |text: &str| {
            yaml::parse(text.as_bytes(), 0, &options).is_ok_and(|found| data(&found) == data(&documents))
        };
        if !is_same(&converted.text) {
            converted.text = yaml::layout(&documents, Fidelity::KeepData);
            converted.laid_out = true;
        }
    }
    changes.sort_by_key(|remark| remark.line);
    warnings.sort_by_key(|remark| remark.line);
    Ok(Converted { changes, warnings, ..converted })
}

/// What documents hold, comments and layout aside.
fn data(documents: &DocumentSet) -> String {
    yaml::print_documents(documents)
}

fn remark(pos: Pos, text: impl Into<String>) -> Remark {
    Remark { line: pos.line, text: text.into() }
}

#[cfg(test)]
mod tests;
