//! References to templates: by name, or one of several options.

use std::collections::BTreeMap;

use super::super::api::BlueprintKind;
use super::super::part::Part;
use super::{Found, field, label};

/// Checks how a resource refers to its template.
pub(super) fn check_reference(kind: BlueprintKind, reference: Part<'_>, found: &mut Found) {
    let name = reference.get("name");
    let options = reference.get("options");
    let exactly_one = "exactly one of templateRef.Name or templateRef.Options must be specified, found";
    match (name.text().is_empty(), options.items().count()) {
        (false, 1..) => found.add(name, format!("{exactly_one} both")),
        (true, 0) => found.add(reference, format!("{exactly_one} neither")),
        (true, 1) => found.add(options, "templateRef.Options must have more than one option"),
        _ => check_options(kind, options, found),
    }
}

fn check_options(kind: BlueprintKind, options: Part<'_>, found: &mut Found) {
    let pass_through = options.items().filter(|option| !option.get("passThrough").text().is_empty()).count();
    if pass_through > 1 {
        found.add(options, format!("cannot have more than one pass through option, found {pass_through}"));
    }
    for option in options.items() {
        let has_name = !option.get("name").text().is_empty();
        let passes_through = !option.get("passThrough").text().is_empty();
        if has_name == passes_through {
            let count = if has_name { "both" } else { "neither" };
            found.add(
                option,
                format!("exactly one of option.Name or option.PassThrough must be specified, found {count}"),
            );
        }
        found.within(format!("error validating option [{}] selector", shown_name(option)), |found| {
            check_selector(kind, option.get("selector"), found);
        });
    }
    check_duplicates(options, found);
}

/// How messages call an option.
fn shown_name(option: Part<'_>) -> &str {
    match option.get("name").text() {
        "" => "passThrough",
        name => name,
    }
}

fn check_selector(kind: BlueprintKind, selector: Part<'_>, found: &mut Found) {
    let labels = selector.get("matchLabels");
    let expressions = selector.get("matchExpressions");
    let fields = selector.get("matchFields");
    if labels.is_empty() && expressions.is_empty() && fields.is_empty() {
        let message = "at least one of matchLabels, matchExpressions or MatchFields must be specified";
        return found.add(selector, message);
    }
    found.within("matchLabels are not valid", |found| label::check_labels(labels, found));
    found.within("matchExpressions are not valid", |found| {
        label::check_requirements(expressions, found);
    });
    field::check(kind, fields, found);
}

/// Two options of different names must not ask for the same. Options of one name are found before.
fn check_duplicates(options: Part<'_>, found: &mut Found) {
    let options: Vec<(Part<'_>, Selector<'_>)> =
        options.items().map(|option| (option, Selector::of(option.get("selector")))).collect();
    for (index, (first, selector)) in options.iter().enumerate() {
        for (second, other) in options.iter().skip(index + 1) {
            if first.get("name").text() != second.get("name").text() && selector == other {
                let names = [shown_name(*first), shown_name(*second)].join(", ");
                found.add(*second, format!("duplicate selector found in options [{names}]"));
            }
        }
    }
}

/// A selector as the reference compares them: in the order of its lists, where an empty list is not the
/// same as none.
#[derive(PartialEq)]
struct Selector<'a> {
    labels: Option<BTreeMap<&'a str, &'a str>>,
    expressions: Option<Vec<Requirement<'a>>>,
    fields: Option<Vec<Requirement<'a>>>,
}

/// Key, operator and values.
type Requirement<'a> = (&'a str, &'a str, Option<Vec<&'a str>>);

impl<'a> Selector<'a> {
    fn of(selector: Part<'a>) -> Selector<'a> {
        let given = |name| Some(selector.get(name)).filter(|part: &Part<'a>| part.is_set());
        let requirements =
            |name| given(name).map(|part| part.items().map(requirement).collect::<Vec<Requirement<'a>>>());
        Selector {
            labels: given("matchLabels")
                .map(|part| part.fields().map(|(key, value)| (key, value.text())).collect()),
            expressions: requirements("matchExpressions"),
            fields: requirements("matchFields"),
        }
    }
}

fn requirement(part: Part<'_>) -> Requirement<'_> {
    let values = part.get("values");
    let texts = values.is_set().then(|| values.items().map(Part::text).collect());
    (part.get("key").text(), part.get("operator").text(), texts)
}
