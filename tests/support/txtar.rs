//! The format of a recorded command line: a txtar file of named sections.
//!
//! | section | meaning |
//! |---|---|
//! | `meta` | `key: value` lines: `no-final-newline: SECTION`, `normalise: …`, `symlink: NAME -> TARGET`, `dir: NAME`, `deleted: PATH` |
//! | `encoding` | names of the sections that are held as base64 |
//! | `args` | one argument a line (as base64: separated by NUL) |
//! | `env` | `NAME=value` lines |
//! | `stdin` | standard input; empty if absent |
//! | `in/PATH` | a file of the working directory |
//! | `exit`, `stdout`, `stderr` | what came out |
//! | `out/PATH` | a file the run created or changed |

use std::collections::BTreeMap;

use base64::Engine as _;

/// A recorded command line and what it gave.
#[derive(Debug, Default)]
pub(crate) struct Case {
    meta: Vec<(String, String)>,
    pub(crate) args: Vec<Vec<u8>>,
    pub(crate) env: Vec<(Vec<u8>, Vec<u8>)>,
    pub(crate) stdin: Vec<u8>,
    pub(crate) inputs: BTreeMap<String, Vec<u8>>,
    pub(crate) exit: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) out: BTreeMap<String, Vec<u8>>,
}

impl Case {
    /// The values of one key of the `meta` section.
    pub(crate) fn meta<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.meta.iter().filter(move |(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// Whether `normalise` names this difference as one that does not count.
    pub(crate) fn normalises(&self, what: &str) -> bool {
        self.meta("normalise").flat_map(|value| value.split(',')).any(|name| name.trim() == what)
    }

    /// The inputs the run is to delete, sorted.
    pub(crate) fn deleted(&self) -> Vec<&str> {
        let mut paths: Vec<&str> = self.meta("deleted").collect();
        paths.sort_unstable();
        paths
    }
}

/// Reads a case, or says what is wrong with the file.
pub(crate) fn parse(data: &[u8]) -> Result<Case, String> {
    let mut sections = sections(data)?;
    let mut case = Case { meta: meta(&sections.remove("meta").unwrap_or_default())?, ..Case::default() };
    let encoded = text(sections.remove("encoding").unwrap_or_default())?;
    let encoded: Vec<&str> = encoded.lines().collect();
    for name in case.meta("no-final-newline") {
        if let Some(content) = sections.get_mut(name)
            && content.last() == Some(&b'\n')
        {
            content.pop();
        }
    }
    for name in &encoded {
        if let Some(content) = sections.get_mut(*name) {
            content.retain(|byte| !byte.is_ascii_whitespace());
            *content = base64::engine::general_purpose::STANDARD
                .decode(&content)
                .map_err(|error| format!("section {name}: {error}"))?;
        }
    }
    for (name, content) in sections {
        match name.as_str() {
            "args" if encoded.contains(&"args") => case.args = split(&content, 0),
            "args" => {
                case.args = split(&content, b'\n');
                case.args.pop();
            }
            "env" => case.env = environment(&content),
            "stdin" => case.stdin = content,
            "exit" => {
                let number = text(content)?;
                case.exit = number.trim().parse().map_err(|_| format!("exit: not a number: {number}"))?;
            }
            "stdout" => case.stdout = content,
            "stderr" => case.stderr = content,
            _ => match name.split_once('/') {
                Some(("in", path)) => drop(case.inputs.insert(path.to_owned(), content)),
                Some(("out", path)) => drop(case.out.insert(path.to_owned(), content)),
                _ => return Err(format!("unknown section: {name}")),
            },
        }
    }
    Ok(case)
}

/// The sections by name; what stands before the first is the description.
fn sections(data: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let mut sections = BTreeMap::new();
    let mut name: Option<String> = None;
    let mut content = Vec::new();
    for line in data.split_inclusive(|byte| *byte == b'\n') {
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        if let Some(marker) = marker(bare) {
            if let Some(name) = name.replace(text(marker.to_vec())?) {
                sections.insert(name, std::mem::take(&mut content));
            }
            content.clear();
        } else {
            content.extend_from_slice(line);
        }
    }
    if let Some(name) = name {
        sections.insert(name, content);
    }
    Ok(sections)
}

/// The name in `-- NAME --`, blanks behind it allowed.
fn marker(line: &[u8]) -> Option<&[u8]> {
    let end = line.iter().rposition(|byte| !matches!(byte, b' ' | b'\t'))? + 1;
    let name = line[..end].strip_prefix(b"-- ")?.strip_suffix(b" --")?;
    (!name.is_empty()).then_some(name)
}

fn meta(content: &[u8]) -> Result<Vec<(String, String)>, String> {
    let content = text(content.to_vec())?;
    let pairs = content.lines().filter_map(|line| line.split_once(':'));
    Ok(pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())).collect())
}

/// `NAME=value` lines; of two for one name the last counts, at the first one's place.
fn environment(content: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut variables: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for line in split(content, b'\n') {
        let Some(equals) = line.iter().position(|byte| *byte == b'=') else { continue };
        let (name, value) = (line[..equals].to_vec(), line[equals + 1..].to_vec());
        match variables.iter_mut().find(|(known, _)| *known == name) {
            Some(known) => known.1 = value,
            None => variables.push((name, value)),
        }
    }
    variables
}

fn split(content: &[u8], separator: u8) -> Vec<Vec<u8>> {
    content.split(|byte| *byte == separator).map(<[u8]>::to_vec).collect()
}

fn text(content: Vec<u8>) -> Result<String, String> {
    String::from_utf8(content).map_err(|error| error.to_string())
}
