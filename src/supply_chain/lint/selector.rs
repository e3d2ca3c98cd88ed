//! Selectors: which never match, which ask for the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::supply_chain::api::{FieldRequirement, LabelRequirement, Selector};
use crate::supply_chain::part::Part;

/// What a requirement is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Subject<'a> {
    Label(&'a str),
    Field(&'a str),
}

impl Subject<'_> {
    fn show(self) -> String {
        match self {
            Subject::Label(key) => format!("the label {key}"),
            Subject::Field(key) => key.to_owned(),
        }
    }
}

/// A requirement of a selector.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Requirement<'a> {
    subject: Subject<'a>,
    operator: &'a str,
    values: BTreeSet<&'a str>,
}

/// The requirements of the selector of a template option.
pub(super) fn of_option(selector: Part<'_>) -> Vec<Requirement<'_>> {
    of(selector, ["matchLabels", "matchExpressions", "matchFields"])
}

/// The requirements of a blueprint.
pub(super) fn of_blueprint(spec: Part<'_>) -> Vec<Requirement<'_>> {
    of(spec, ["selector", "selectorMatchExpressions", "selectorMatchFields"])
}

/// The selector of a blueprint, as it selects owners.
pub(super) fn selector_of_blueprint(spec: Part<'_>) -> Selector {
    let requirements = |name| {
        spec.get(name).items().map(|part| {
            let values = part.get("values").items().map(|value| value.text().to_owned()).collect();
            (part.get("key").text().to_owned(), part.get("operator").text().to_owned(), values)
        })
    };
    Selector {
        match_labels: spec
            .get("selector")
            .fields()
            .map(|(key, value)| (key.to_owned(), value.text().to_owned()))
            .collect(),
        match_expressions: requirements("selectorMatchExpressions")
            .map(|(key, operator, values)| LabelRequirement { key, operator, values })
            .collect(),
        match_fields: requirements("selectorMatchFields")
            .map(|(key, operator, values)| FieldRequirement { key, operator, values })
            .collect(),
    }
}

/// In an order that does not depend on how they are written.
fn of<'a>(part: Part<'a>, [labels, expressions, fields]: [&str; 3]) -> Vec<Requirement<'a>> {
    let labels = part.get(labels).fields().map(|(key, value)| Requirement {
        subject: Subject::Label(key),
        operator: "In",
        values: [value.text()].into(),
    });
    let requirement = |part: Part<'a>, subject: fn(&'a str) -> Subject<'a>| Requirement {
        subject: subject(part.get("key").text()),
        operator: part.get("operator").text(),
        values: part.get("values").items().map(Part::text).collect(),
    };
    let expressions = part.get(expressions).items().map(|part| requirement(part, Subject::Label));
    let fields = part.get(fields).items().map(|part| requirement(part, Subject::Field));
    let mut all: Vec<Requirement<'a>> = labels.chain(expressions).chain(fields).collect();
    all.sort();
    all
}

/// Why no owner can meet all of the requirements.
pub(super) fn contradiction(requirements: &[Requirement<'_>]) -> Option<String> {
    let mut subjects: BTreeMap<Subject<'_>, Vec<&Requirement<'_>>> = BTreeMap::new();
    for requirement in requirements {
        subjects.entry(requirement.subject).or_default().push(requirement);
    }
    subjects.into_iter().find_map(|(subject, requirements)| {
        let asks = |operator: &str| requirements.iter().any(|requirement| requirement.operator == operator);
        // A missing field is no match for NotIn, a missing label is one.
        let must_exist =
            asks("In") || asks("Exists") || (asks("NotIn") && matches!(subject, Subject::Field(_)));
        if asks("DoesNotExist") && must_exist {
            return Some(format!("{} must exist and must not exist", subject.show()));
        }
        let mut allowed: Option<BTreeSet<&str>> = None;
        for requirement in requirements.iter().filter(|requirement| requirement.operator == "In") {
            allowed = Some(match allowed {
                None => requirement.values.clone(),
                Some(before) => before.intersection(&requirement.values).copied().collect(),
            });
        }
        let mut allowed = allowed?;
        for requirement in requirements.iter().filter(|requirement| requirement.operator == "NotIn") {
            allowed.retain(|value| !requirement.values.contains(value));
        }
        allowed.is_empty().then(|| format!("no value of {} meets all requirements", subject.show()))
    })
}
