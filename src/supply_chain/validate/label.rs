//! Label selectors, as `LabelSelectorAsSelector` of apimachinery v0.29 refuses them.

use std::fmt::Write;

use super::super::api::LabelRequirement;
use super::super::part::Part;
use super::Found;
use crate::engine::builtins::quote;

/// The part of a key behind its prefix, and values.
const NAME: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const NAME_RULE: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const NAME_EXAMPLES: [&str; 3] = ["MyName", "my.name", "123-abc"];
const MAX_NAME: usize = 63;

const PREFIX: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const MAX_PREFIX: usize = 253;

/// What is wrong with a selector of labels; the first of it.
pub(super) fn selector<'a>(
    labels: impl IntoIterator<Item = (&'a str, &'a str)>,
    requirements: impl IntoIterator<Item = &'a LabelRequirement>,
) -> Option<String> {
    let mut requirements = requirements.into_iter();
    labels.into_iter().find_map(|(key, value)| label(key, value)).or_else(|| {
        requirements.find_map(|LabelRequirement { key, operator, values }| {
            requirement(key, operator, &values.iter().map(String::as_str).collect::<Vec<&str>>())
        })
    })
}

/// Checks labels that must all be there.
pub(super) fn check_labels(labels: Part<'_>, found: &mut Found) {
    // The reference takes them in random order.
    let mut labels: Vec<(&str, Part<'_>)> = labels.fields().collect();
    labels.sort_by_key(|(key, _)| *key);
    for (key, value) in labels {
        if let Some(message) = label(key, value.text()) {
            found.add(value, message);
        }
    }
}

/// Checks requirements on labels.
pub(super) fn check_requirements(requirements: Part<'_>, found: &mut Found) {
    for part in requirements.items() {
        let values: Vec<&str> = part.get("values").items().map(Part::text).collect();
        if let Some(message) = requirement(part.get("key").text(), part.get("operator").text(), &values) {
            found.add(part, message);
        }
    }
}

/// What is wrong with a label.
fn label(key: &str, value: &str) -> Option<String> {
    let mut errors = Errors::default();
    errors.key(key);
    errors.value(0, key, value);
    errors.message()
}

/// What is wrong with a requirement on a label.
fn requirement(key: &str, operator: &str, values: &[&str]) -> Option<String> {
    let mut errors = Errors::default();
    errors.key(key);
    match operator {
        "In" | "NotIn" if values.is_empty() => {
            let rule = "for 'in', 'notin' operators, values set can't be empty";
            errors.invalid("values", "[]string(nil)", rule);
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            let shown: Vec<String> = values.iter().map(|value| quote(value.as_bytes())).collect();
            let shown = format!("[]string{{{}}}", shown.join(", "));
            errors.invalid("values", &shown, "values set must be empty for exists and does not exist");
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        other => {
            return Some(format!("{} is not a valid label selector operator", quote(other.as_bytes())));
        }
    }
    for (index, value) in values.iter().enumerate() {
        errors.value(index, key, value);
    }
    errors.message()
}

/// What is wrong with one requirement: one message, however much it is.
#[derive(Default)]
struct Errors(Vec<String>);

impl Errors {
    fn invalid(&mut self, field: &str, value: &str, detail: &str) {
        let message = format!("{field}: Invalid value: {value}: {detail}");
        if !self.0.contains(&message) {
            self.0.push(message);
        }
    }

    fn key(&mut self, key: &str) {
        let wrong = qualified_name(key);
        if !wrong.is_empty() {
            self.invalid("key", &quote(key.as_bytes()), &wrong.join("; "));
        }
    }

    fn value(&mut self, index: usize, key: &str, value: &str) {
        let wrong = label_value(value);
        if !wrong.is_empty() {
            self.invalid(&format!("values[{index}][{key}]"), &quote(value.as_bytes()), &wrong.join("; "));
        }
    }

    fn message(self) -> Option<String> {
        match self.0.as_slice() {
            [] => None,
            [only] => Some(only.clone()),
            several => Some(format!("[{}]", several.join(", "))),
        }
    }
}

/// What is wrong with a label key.
fn qualified_name(key: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let parts: Vec<&str> = key.split('/').collect();
    let name = match parts.as_slice() {
        [name] => name,
        [prefix, name] => {
            if prefix.is_empty() {
                wrong.push("prefix part must be non-empty".to_owned());
            } else {
                wrong.extend(subdomain(prefix).into_iter().map(|text| format!("prefix part {text}")));
            }
            name
        }
        _ => {
            return vec![format!(
                "a qualified name {} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
                rule(NAME_RULE, NAME, &NAME_EXAMPLES)
            )];
        }
    };
    if name.is_empty() {
        wrong.push("name part must be non-empty".to_owned());
    } else if name.len() > MAX_NAME {
        wrong.push(format!("name part {}", too_long(MAX_NAME)));
    }
    if !is_name(name) {
        wrong.push(format!("name part {}", rule(NAME_RULE, NAME, &NAME_EXAMPLES)));
    }
    wrong
}

/// What is wrong with a label value.
fn label_value(value: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if value.len() > MAX_NAME {
        wrong.push(too_long(MAX_NAME));
    }
    if !value.is_empty() && !is_name(value) {
        wrong.push(rule(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
            &format!("({NAME})?"),
            &["MyValue", "my_value", "12345"],
        ));
    }
    wrong
}

fn subdomain(prefix: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if prefix.len() > MAX_PREFIX {
        wrong.push(too_long(MAX_PREFIX));
    }
    let is_label = |label: &str| {
        let alphanumeric =
            |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let bytes = label.as_bytes();
        alphanumeric(bytes.first())
            && alphanumeric(bytes.last())
            && bytes.iter().all(|byte| *byte == b'-' || alphanumeric(Some(byte)))
    };
    if !prefix.split('.').all(is_label) {
        wrong.push(rule(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
            PREFIX,
            &["example.com"],
        ));
    }
    wrong
}

fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let alphanumeric = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    alphanumeric(bytes.first())
        && alphanumeric(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

fn too_long(most: usize) -> String {
    format!("must be no more than {most} characters")
}

/// The rule with examples and its regular expression, in the library's own punctuation.
fn rule(rule: &str, regex: &str, examples: &[&str]) -> String {
    let mut text = format!("{rule} (e.g. ");
    for (index, example) in examples.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{}'{example}', ", if index > 0 { " or " } else { "" });
    }
    text + &format!("regex used for validation is '{regex}')")
}
