//! Changes of lines, so that all else stays as it was written.

/// A change of a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Edit {
    line: u32,
    change: Change,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Change {
    /// A key gets another name.
    Key { from: String, to: String },
    /// The value of a key becomes another.
    Value { key: String, from: String, to: String },
    /// A text, on this line or the next one that has it, becomes another.
    Text { from: String, to: String },
    /// A key with a value on the same line goes.
    Remove { key: String },
}

impl Edit {
    pub(super) fn key(line: u32, from: &str, to: &str) -> Edit {
        Edit { line, change: Change::Key { from: from.to_owned(), to: to.to_owned() } }
    }

    pub(super) fn value(line: u32, key: &str, from: &str, to: &str) -> Edit {
        let change = Change::Value { key: key.to_owned(), from: from.to_owned(), to: to.to_owned() };
        Edit { line, change }
    }

    pub(super) fn text(line: u32, from: &str, to: &str) -> Edit {
        Edit { line, change: Change::Text { from: from.to_owned(), to: to.to_owned() } }
    }

    pub(super) fn remove(line: u32, key: &str) -> Edit {
        Edit { line, change: Change::Remove { key: key.to_owned() } }
    }
}

/// The text with its lines changed, as far as that is simple.
pub(super) fn apply(text: &str, edits: &[Edit]) -> String {
    let mut lines: Vec<Option<String>> = text.split('\n').map(|line| Some(line.to_owned())).collect();
    for Edit { line, change } in edits {
        let Some(first) = usize::try_from(*line).ok().and_then(|line| line.checked_sub(1)) else { continue };
        match change {
            Change::Text { from, to } => {
                let mut rest = lines.iter_mut().skip(first).flatten();
                if let Some(line) = rest.find(|line| line.contains(from.as_str())) {
                    *line = line.replacen(from.as_str(), to, 1);
                }
            }
            change => {
                let Some(place) = lines.get_mut(first) else { continue };
                if let Some(line) = place.take() {
                    *place = changed(line, change);
                }
            }
        }
    }
    let kept: Vec<String> = lines.into_iter().flatten().collect();
    kept.join("\n")
}

/// The line, or none if nothing is left of it.
fn changed(line: String, change: &Change) -> Option<String> {
    match change {
        Change::Key { from, to } => Some(match key(&line, from) {
            Some(at) => splice(&line, at, from.len(), to),
            None => line,
        }),
        Change::Value { key: name, from, to } => {
            let behind = key(&line, name).map(|at| at + name.len());
            let found = behind.and_then(|at| Some(at + line.get(at..)?.find(from.as_str())?));
            Some(match found {
                Some(at) => splice(&line, at, from.len(), to),
                None => line,
            })
        }
        Change::Remove { key: name } => {
            let begins = line.trim_start().trim_start_matches(['"', '\'']).starts_with(name.as_str());
            if begins { None } else { Some(line) }
        }
        Change::Text { .. } => Some(line),
    }
}

/// Where a key stands on a line: the word, with a colon behind it.
fn key(line: &str, name: &str) -> Option<usize> {
    line.match_indices(name).map(|(at, _)| at).find(|at| {
        let before = line.get(..*at).unwrap_or_default();
        let behind = line.get(at + name.len()..).unwrap_or_default();
        let behind = behind.trim_start_matches(['"', '\'']).trim_start();
        let starts = before.is_empty() || before.ends_with([' ', '{', ',', '"', '\'']);
        starts && behind.starts_with(':')
    })
}

fn splice(line: &str, at: usize, length: usize, with: &str) -> String {
    let before = line.get(..at).unwrap_or_default();
    let behind = line.get(at + length..).unwrap_or_default();
    format!("{before}{with}{behind}")
}
