//! What paths and tags refer to, as far as it shows without a value.

use std::sync::LazyLock;

use regex::Regex;

use super::Findings;
use crate::supply_chain::jsonpath::Path;
use crate::supply_chain::part::Part;
use crate::yaml::{Node, Pos};

/// The fields that a path begins with, until something else than a name comes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Fields {
    pub(super) names: Vec<String>,
    /// Nothing else comes.
    pub(super) all: bool,
}

/// The fields of a path as users write it: `workload.spec.params[0]` begins with workload, spec, params.
pub(super) fn fields(path: &str) -> Fields {
    let path = path.strip_prefix('{').unwrap_or(path);
    let path = path.strip_suffix('}').unwrap_or(path);
    let mut rest = path.strip_prefix('.').unwrap_or(path);
    let mut names = Vec::new();
    loop {
        let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let (name, behind) = rest.split_at(length);
        if name.is_empty() {
            return Fields { names, all: false };
        }
        names.push(name.to_owned());
        match behind.strip_prefix('.') {
            Some(behind) => rest = behind,
            None => return Fields { names, all: behind.is_empty() },
        }
    }
}

/// Something of the templating context that a template uses.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub(super) fields: Fields,
    /// As it is written: `$(params.x)$` or `data.values.params.x`.
    pub(super) text: String,
    pub(super) pos: Pos,
    /// Code of ytt may ask first whether there is a value.
    pub(super) in_code: bool,
}

/// What the tags of a template refer to. Tags that are no paths are reported.
pub(super) fn of_template(template: Part<'_>, findings: &mut Findings) -> Vec<Reference> {
    let mut references = Vec::new();
    of_node(template, &mut references, findings);
    references
}

fn of_node(part: Part<'_>, references: &mut Vec<Reference>, findings: &mut Findings) {
    match part.node() {
        Node::Str(text) => {
            for tag in tags(text) {
                let text = format!("$({tag})$");
                match Path::compile(tag) {
                    Ok(_) => {
                        let fields = fields(tag);
                        references.push(Reference { fields, text, pos: part.pos(), in_code: false });
                    }
                    Err(error) => {
                        findings.error("bad-tag", part, format!("{text} is no path: {error}"));
                    }
                }
            }
        }
        Node::Map(_) => part.fields().for_each(|(_, part)| of_node(part, references, findings)),
        Node::Array(_) => part.items().for_each(|part| of_node(part, references, findings)),
        _ => {}
    }
}

/// What stands within `$(` and `)$`.
fn tags(text: &str) -> Vec<&str> {
    let mut tags = Vec::new();
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once("$(") {
        let Some((tag, behind)) = behind.split_once(")$") else {
            break;
        };
        tags.push(tag);
        rest = behind;
    }
    tags
}

static DATA_VALUES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"data\.values((?:\.[A-Za-z_][A-Za-z0-9_]*)+)(\(|\[)?").ok());

/// What the code of a ytt template refers to; `line` gives the place of each of its lines.
pub(super) fn of_ytt(text: &str, line: impl Fn(u32) -> Pos) -> Vec<Reference> {
    let mut references = Vec::new();
    let Some(regex) = &*DATA_VALUES else {
        return references;
    };
    for (number, text) in (1..).zip(text.lines()) {
        if text.trim_start().starts_with("#!") {
            continue;
        }
        for found in regex.captures_iter(text) {
            let path = found.get(1).map_or("", |path| path.as_str());
            let mut fields = fields(path);
            fields.all = true;
            match found.get(2).map(|behind| behind.as_str()) {
                // A method of the last value but one.
                Some("(") => _ = fields.names.pop(),
                Some(_) => fields.all = false,
                None => {}
            }
            let text = format!("data.values{path}");
            references.push(Reference { fields, text, pos: line(number), in_code: true });
        }
    }
    references
}

/// Reports a field that should be a path and is none.
pub(super) fn check(field: &str, path: Part<'_>, findings: &mut Findings) {
    let text = path.text();
    if path.is_set()
        && let Err(error) = Path::compile(text)
    {
        findings.error("bad-path", path, format!("{field}: {text:?} is no path: {error}"));
    }
}

#[cfg(test)]
mod tests {
    use super::{Fields, fields, tags};

    #[test]
    fn fields_end_where_no_name_comes() {
        let cases: [(&str, &[&str], bool); 7] = [
            ("workload.spec.image", &["workload", "spec", "image"], true),
            (".params.x-y", &["params", "x-y"], true),
            ("{.source.url}", &["source", "url"], true),
            ("workload.spec.params[0].name", &["workload", "spec", "params"], false),
            ("params['a']", &["params"], false),
            ("a..b", &["a"], false),
            ("", &[], false),
        ];
        for (path, names, all) in cases {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(fields(path), Fields { names, all }, "{path}");
        }
    }

    #[test]
    fn tags_are_found_in_text() {
        assert_eq!(tags("a-$(b)$-$(c.d)$ $(e"), ["b", "c.d"]);
        assert_eq!(tags("$(a"), Vec::<&str>::new());
    }
}
