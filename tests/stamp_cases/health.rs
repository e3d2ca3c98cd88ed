//! `health`, `object-health`, `latest-success` and `gc`: how healthy things are, and which are kept.

use stampmill::supply_chain::api::{HealthRule, ResourceStatus, RetentionPolicy, Status, read};
use stampmill::supply_chain::health::Health;
use stampmill::supply_chain::object;
use stampmill::supply_chain::retention::{Examined, latest_success, to_delete};
use stampmill::yaml::Node;

use crate::case::{Case, field};
use crate::nodes::{array, items, map};

fn rule(case: &Case) -> Result<Health, String> {
    let rule = match case.given("rule") {
        Node::Null => None,
        rule => Some(read::<HealthRule>(rule).map_err(|error| error.to_string())?),
    };
    Ok(Health::new(rule.as_ref()))
}

fn given<'a>(case: &'a Case, key: &str) -> Option<&'a Node> {
    Some(case.given(key)).filter(|node| **node != Node::Null)
}

/// The health of a resource.
pub(crate) fn health(case: &Case) -> Result<(), String> {
    let resource = given(case, "realizedResource").map(read::<ResourceStatus>).transpose();
    let resource = resource.map_err(|error| error.to_string())?;
    let condition = rule(case)?.condition(resource.as_ref(), given(case, "stampedObject"));
    let expect = case.expect.as_ref().ok_or("nothing is expected")?;
    let parts = [
        ("type", condition.kind),
        ("status", condition.status.to_string()),
        ("reason", condition.reason),
        ("message", condition.message),
    ];
    for (key, found) in parts {
        if field(expect, key).is_some() {
            case.check(key, Ok(Node::str(found)))?;
        }
    }
    Ok(())
}

/// The health of one object.
pub(crate) fn object_health(case: &Case) -> Result<(), String> {
    let status = rule(case)?.of_object(given(case, "stampedObject"));
    case.check("status", Ok(Node::str(status.as_str())))
}

/// Objects as a cluster would give them, with their health.
fn objects(case: &Case) -> Vec<(Node, Status)> {
    let object = |given: &Node| {
        let part = |key| field(given, key).cloned().unwrap_or_default();
        let metadata = map([("name", part("name")), ("creationTimestamp", part("creationTimestamp"))]);
        let status = match part("health").as_str() {
            Some("True") => Status::True,
            Some("False") => Status::False,
            _ => Status::Unknown,
        };
        (map([("metadata", metadata)]), status)
    };
    items(case.given("objects")).into_iter().map(object).collect()
}

fn examined(objects: &[(Node, Status)]) -> Vec<Examined<'_>> {
    objects.iter().map(|(object, health)| Examined { object, health: *health }).collect()
}

/// The newest object that succeeded.
pub(crate) fn latest(case: &Case) -> Result<(), String> {
    let objects = objects(case);
    let name =
        latest_success(&examined(&objects)).map_or(Node::Null, |object| Node::str(object::name(object)));
    case.check("name", Ok(name))
}

/// The objects that a policy does not keep.
pub(crate) fn gc(case: &Case) -> Result<(), String> {
    let policy: RetentionPolicy = read(case.given("retentionPolicy")).map_err(|error| error.to_string())?;
    let objects = objects(case);
    let mut names: Vec<&str> = to_delete(&examined(&objects), policy).into_iter().map(object::name).collect();
    names.sort_unstable();
    case.check("deleted", Ok(array(names.into_iter().map(Node::str))))
}
