//! Whether resources and the objects they stamp are healthy.
//!
//! Rules and texts follow the reference's `pkg/realizer/healthcheck`.

use super::api::{
    API_VERSION, Condition, HealthFieldRequirement, HealthMatchRule, HealthRule, Lifecycle, ResourceStatus,
    Status, TemplateKind, TemplateSpec,
};
use super::conditions::{self, Conditions, health};
use super::field_path::FieldPath;
use super::go_text;
use super::object::{self, StatusCondition};
use crate::yaml::Node;

/// How the health of what a template stamps is determined. Made once a template.
#[derive(Clone, Debug)]
pub struct Health {
    rule: Option<Rule>,
}

#[derive(Clone, Debug)]
enum Rule {
    AlwaysHealthy,
    SingleCondition(String),
    MultiMatch {
        healthy: Match,
        unhealthy: Match,
    },
    /// A rule that says nothing.
    Empty,
}

#[derive(Clone, Debug)]
struct Match {
    conditions: Vec<(String, String)>,
    fields: Vec<Field>,
}

#[derive(Clone, Debug)]
struct Field {
    key: FieldPath,
    operator: String,
    values: Vec<String>,
    message: FieldPath,
}

impl Health {
    /// By the rule of a template; that of one with the lifecycle `tekton` without a rule is its condition
    /// `Succeeded`.
    pub fn of(template: &TemplateSpec) -> Health {
        match &template.health_rule {
            None if template.lifecycle == Lifecycle::Tekton => Health::succeeded(),
            rule => Health::new(rule.as_ref()),
        }
    }

    /// By a rule, or without one.
    pub fn new(rule: Option<&HealthRule>) -> Health {
        Health { rule: rule.map(Rule::new) }
    }

    /// By the condition `Succeeded`, as that of what runnables stamp.
    pub fn succeeded() -> Health {
        Health { rule: Some(Rule::SingleCondition("Succeeded".to_owned())) }
    }

    /// The condition `Healthy` of a resource, without a time: by the rule and the stamped object, or without
    /// a rule by the status that the resource is about to have.
    pub fn condition(&self, resource: Option<&ResourceStatus>, object: Option<&Node>) -> Condition {
        match (&self.rule, object) {
            (None, _) => without_rule(resource),
            (Some(Rule::AlwaysHealthy), Some(_)) => health::always_healthy(),
            (Some(Rule::AlwaysHealthy), None) => health::no_stamped_object(),
            (Some(Rule::SingleCondition(kind)), Some(object)) => single_condition(kind, object),
            (Some(Rule::MultiMatch { healthy, unhealthy }), Some(object)) => {
                multi_match(healthy, unhealthy, object)
            }
            (Some(_), _) => health::unknown(),
        }
    }

    /// The health of one of the objects of an immutable resource, for retention and for its output: without a
    /// rule it is healthy.
    pub fn of_object(&self, object: Option<&Node>) -> Status {
        match (&self.rule, object) {
            (_, None) => Status::Unknown,
            (None | Some(Rule::AlwaysHealthy), Some(_)) => Status::True,
            (Some(_), object) => self.condition(None, object).status,
        }
    }
}

impl Rule {
    fn new(rule: &HealthRule) -> Rule {
        if rule.always_healthy.as_ref().is_some_and(|object| *object != Node::Null) {
            Rule::AlwaysHealthy
        } else if !rule.single_condition_type.is_empty() {
            Rule::SingleCondition(rule.single_condition_type.clone())
        } else if let Some(rule) = &rule.multi_match {
            Rule::MultiMatch { healthy: Match::new(&rule.healthy), unhealthy: Match::new(&rule.unhealthy) }
        } else {
            Rule::Empty
        }
    }
}

impl Match {
    fn new(rule: &HealthMatchRule) -> Match {
        let field = |field: &HealthFieldRequirement| Field {
            key: FieldPath::new(&field.key),
            operator: field.operator.clone(),
            values: field.values.clone(),
            message: FieldPath::new(&field.message_path),
        };
        Match {
            conditions: rule.match_conditions.iter().map(|c| (c.kind.clone(), c.status.clone())).collect(),
            fields: rule.match_fields.iter().map(field).collect(),
        }
    }
}

fn without_rule(resource: Option<&ResourceStatus>) -> Condition {
    let Some(resource) = resource else { return health::no_resource() };
    let is_plain = resource.template_ref.as_ref().is_some_and(|template| {
        template.kind == TemplateKind::Plain.name() && template.api_version == API_VERSION
    });
    if !resource.outputs.is_empty() {
        health::outputs_available()
    } else if !is_plain {
        health::output_not_available()
    } else if resource.stamped_ref.is_some() {
        health::always_healthy()
    } else {
        health::no_stamped_object()
    }
}

fn single_condition(kind: &str, object: &Node) -> Condition {
    match object::condition_of_type(object, kind) {
        Some(StatusCondition { status, message, .. }) => {
            let status = match &*status {
                "True" => Status::True,
                "False" => Status::False,
                _ => Status::Unknown,
            };
            health::single_condition(status, kind, message)
        }
        None => {
            let message = format!("condition with type [{kind}] not found on resource status");
            health::single_condition(Status::Unknown, kind, message)
        }
    }
}

fn multi_match(healthy: &Match, unhealthy: &Match, object: &Node) -> Condition {
    let conditions = object::conditions(object);
    if let Some(condition) = any_of(unhealthy, object, &conditions) {
        return condition;
    }
    all_of(healthy, object, &conditions).unwrap_or_else(health::no_matches_fulfilled)
}

fn with_status<'a>(
    conditions: &'a [StatusCondition],
    (kind, status): &(String, String),
) -> Option<&'a StatusCondition> {
    // Only the first of a type counts.
    let condition = conditions.iter().find(|condition| condition.kind == *kind)?;
    (condition.status == *status).then_some(condition)
}

fn condition_message(condition: &StatusCondition) -> String {
    format!("condition status: {}, message: {}", condition.status, condition.message)
}

fn any_of(rule: &Match, object: &Node, conditions: &[StatusCondition]) -> Option<Condition> {
    if let Some(found) = rule.conditions.iter().find_map(|wanted| with_status(conditions, wanted)) {
        return Some(health::matched_condition(Status::False, condition_message(found)));
    }
    let field = rule.fields.iter().find(|field| field.matches(object))?;
    Some(health::matched_field(Status::False, field.message(object)))
}

/// The first requirement gives reason and message.
fn all_of(rule: &Match, object: &Node, conditions: &[StatusCondition]) -> Option<Condition> {
    let mut first = None;
    for wanted in &rule.conditions {
        let found = with_status(conditions, wanted)?;
        first.get_or_insert_with(|| health::matched_condition(Status::True, condition_message(found)));
    }
    for field in &rule.fields {
        if !field.matches(object) {
            return None;
        }
        first.get_or_insert_with(|| health::matched_field(Status::True, field.message(object)));
    }
    Some(first.unwrap_or_else(health::matched_nothing))
}

impl Field {
    /// A path that cannot be evaluated is no match.
    fn matches(&self, object: &Node) -> bool {
        let value = match self.key.evaluate(object) {
            Ok(value) => value,
            Err(error) if error.is_missing && self.operator == "DoesNotExist" => Node::Null,
            Err(_) => return false,
        };
        let is_listed = || value.as_str().is_some_and(|text| self.values.iter().any(|value| value == text));
        match &*self.operator {
            "In" => is_listed(),
            "NotIn" => !is_listed(),
            "Exists" => value != Node::Null,
            "DoesNotExist" => value == Node::Null,
            _ => false,
        }
    }

    fn message(&self, object: &Node) -> String {
        let value = match self.key.evaluate(object) {
            Ok(value) => go_text::value(&value),
            Err(_) => "<error retrieving field value>".to_owned(),
        };
        let message = match self.message.evaluate(object) {
            Ok(value) => go_text::value(&value),
            Err(_) => format!("unknown, error retrieving message path [{}]", self.message.text()),
        };
        format!("field value: {value}, message: {message}")
    }
}

/// The condition `ResourcesHealthy` of an owner, without a time, from the statuses of its resources.
pub fn of_owner(resources: &[ResourceStatus]) -> Condition {
    let mut sum = Conditions::new(health::RESOURCES_HEALTHY, &[], "");
    for resource in resources {
        if let Some(condition) = conditions::find(&resource.conditions, health::HEALTHY) {
            sum.add(condition.clone());
        }
    }
    let last = sum.finish().conditions.pop().unwrap_or_default();
    health::resources_healthy(last.status, last.message)
}

#[cfg(test)]
mod tests;
