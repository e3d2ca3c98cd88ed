//! `conditions` and `resource-status`: what is said now and what was said before.

use stampmill::supply_chain::api::{Condition, OwnerKind, ResourceStatus, read};
use stampmill::supply_chain::conditions::{Conditions, Finished, Polarity};
use stampmill::supply_chain::error::RealizeError;
use stampmill::supply_chain::resource_status::ResourceStatuses;
use stampmill::yaml::Node;

use crate::case::{Case, field};
use crate::nodes::{array, items};

const BEFORE: &str = "2020-01-01T00:00:00Z";
const NOW: &str = "2030-01-01T00:00:00Z";

/// The conditions of one object.
pub(crate) fn conditions(case: &Case) -> Result<(), String> {
    let previous = previous_conditions(case.given("previous"))?;
    let mut conditions = Conditions::new(case.given_text("topLevelType")?, &previous, NOW);
    for added in items(case.given("add")) {
        let polarity = match field(added, "polarity").and_then(Node::as_str) {
            Some("Negative") => Polarity::Negative,
            _ => Polarity::Positive,
        };
        conditions.add_with(read_condition(added)?, polarity);
    }
    let Finished { conditions, changed, successful } = conditions.finish();
    let expect = case.expect.as_ref().ok_or("nothing is expected")?;
    if let Some(expected) = field(expect, "conditions") {
        check_conditions(&items(expected), &conditions)?;
    }
    if let Some(expected) = field(expect, "changedTimes") {
        let expected: Vec<&str> = items(expected).into_iter().filter_map(Node::as_str).collect();
        let moved = conditions.iter().filter(|condition| condition.last_transition_time == NOW);
        let (known, new): (Vec<&Condition>, Vec<&Condition>) =
            moved.partition(|moved| previous.iter().any(|before| before.kind == moved.kind));
        let is_new = |kind: &&&str| new.iter().any(|condition| condition.kind == ***kind);
        let mut expected: Vec<&str> = expected.iter().filter(|kind| !is_new(kind)).copied().collect();
        let mut known: Vec<&str> = known.iter().map(|condition| &*condition.kind).collect();
        expected.sort_unstable();
        known.sort_unstable();
        if known != expected {
            return Err(format!("the times of {expected:?} should move, those of {known:?} do"));
        }
    }
    for (key, found) in [("changed", changed), ("successful", successful)] {
        if field(expect, key).is_some() {
            case.check(key, Ok(Node::Bool(found)))?;
        }
    }
    Ok(())
}

fn previous_conditions(node: &Node) -> Result<Vec<Condition>, String> {
    let mut conditions: Vec<Condition> =
        items(node).into_iter().map(read_condition).collect::<Result<_, _>>()?;
    for condition in &mut conditions {
        if condition.last_transition_time.is_empty() {
            BEFORE.clone_into(&mut condition.last_transition_time);
        }
    }
    Ok(conditions)
}

fn read_condition(node: &Node) -> Result<Condition, String> {
    read(node).map_err(|error| error.to_string())
}

/// Compares the keys that are given.
fn check_conditions(expected: &[&Node], found: &[Condition]) -> Result<(), String> {
    let agrees = |(expected, found): (&&Node, &Condition)| {
        let parts = [
            ("type", &*found.kind),
            ("status", found.status.as_str()),
            ("reason", &found.reason),
            ("message", &found.message),
        ];
        parts
            .into_iter()
            .all(|(key, found)| field(expected, key).is_none_or(|expected| expected.as_str() == Some(found)))
    };
    match expected.len() == found.len() && expected.iter().zip(found).all(agrees) {
        true => Ok(()),
        false => Err(format!("expected {expected:?}\nfound    {found:?}")),
    }
}

/// The statuses of the resources of a workload.
pub(crate) fn resource_status(case: &Case) -> Result<(), String> {
    let previous: Vec<ResourceStatus> = items(case.given("previous"))
        .into_iter()
        .map(|status| read(status).map_err(|error| error.to_string()))
        .collect::<Result<_, _>>()?;
    let mut statuses = ResourceStatuses::new(OwnerKind::Workload, &previous, NOW);
    for added in items(case.given("add")) {
        let status =
            read(field(added, "resource").unwrap_or(&Node::Null)).map_err(|error| error.to_string())?;
        let error = field(added, "error").and_then(Node::as_str);
        let error = error.map(|text| RealizeError::Other(text.to_owned()));
        let pass_through = field(added, "isPassThrough") == Some(&Node::Bool(true));
        let further = items(field(added, "furtherConditions").unwrap_or(&Node::Null));
        let further = further.into_iter().map(read_condition).collect::<Result<_, _>>()?;
        statuses.add(status, error.as_ref(), pass_through, further);
    }
    let expect = case.expect.as_ref().ok_or("nothing is expected")?;
    if field(expect, "changed").is_some() {
        case.check("changed", Ok(Node::Bool(statuses.is_changed())))?;
    }
    if let Some(Node::Map(changed)) = field(expect, "changedConditionTypes") {
        for item in &changed.items {
            let resource = item.key.as_str().unwrap_or_default();
            let mut found = statuses.changed_condition_types(resource);
            found.sort_unstable();
            let found = array(found.into_iter().map(Node::str));
            if !crate::case::equal(&item.value, &found) {
                return Err(format!("{resource}: expected {:?}\nfound {found:?}", item.value));
            }
        }
    }
    Ok(())
}
