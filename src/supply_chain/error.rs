//! Why an owner could not be realized, and what its status says then.
//!
//! Texts, conditions and what is tried again follow the reference's `pkg/errors` and `pkg/conditions`.

use std::collections::BTreeMap;
use std::fmt;

use super::api::{Condition, OwnerKind, Status};
use super::conditions::owner::{RESOURCE_SUBMITTED, RESOURCES_SUBMITTED, blueprint_ready_type};
use super::go_map;
use super::object;
use crate::yaml::Node;

/// What stands for the path of an error that has none.
const NO_PATH: &str = "<no jsonpath context>";

/// Which status a condition is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// That of the owner.
    Owner,
    /// That of one resource.
    Resource,
}

impl Level {
    fn submitted(self) -> &'static str {
        match self {
            Level::Owner => RESOURCES_SUBMITTED,
            Level::Resource => RESOURCE_SUBMITTED,
        }
    }
}

/// The resource that an error is about. Messages call every blueprint a supply chain, as the reference's do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Name of the resource.
    pub resource: String,
    /// Name of the blueprint.
    pub blueprint: String,
}

impl Place {
    /// A resource of a blueprint.
    pub fn new(resource: impl Into<String>, blueprint: impl Into<String>) -> Place {
        Place { resource: resource.into(), blueprint: blueprint.into() }
    }
}

/// Namespace and name of an object in messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectName {
    /// The namespace; empty for cluster-scoped objects.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl ObjectName {
    /// Of an object that a resource stamped: without a name if the cluster makes one.
    pub fn of(object: &Node) -> ObjectName {
        ObjectName { namespace: object::namespace(object).to_owned(), name: object::name(object).to_owned() }
    }

    /// Of an object that a runnable stamped: while there is no name, what it begins with.
    pub fn of_run(object: &Node) -> ObjectName {
        ObjectName { name: object::name_or_prefix(object).to_owned(), ..ObjectName::of(object) }
    }

    /// ` in namespace [N]`, or nothing.
    pub(super) fn in_namespace(&self) -> String {
        match &*self.namespace {
            "" => String::new(),
            namespace => format!(" in namespace [{namespace}]"),
        }
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// Why the output of a stamped object could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputError {
    /// A path leads to no value, or there is no object yet.
    Path {
        /// The path.
        path: String,
        /// Why.
        cause: String,
    },
    /// A deployment is not done yet.
    ConditionNotMet(String),
    /// A deployment failed.
    FailedConditionMet(String),
    /// An object that should say which generation it has observed does not.
    ObservedGeneration(String),
    /// An input is missing, or there is no object yet.
    Other(String),
}

impl OutputError {
    /// The path that leads to no value.
    pub fn path(&self) -> Option<&str> {
        match self {
            OutputError::Path { path, .. } => Some(path),
            _ => None,
        }
    }
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OutputError::Path { path, cause } => write!(f, "failed to evaluate json path '{path}': {cause}"),
            OutputError::ConditionNotMet(text)
            | OutputError::FailedConditionMet(text)
            | OutputError::ObservedGeneration(text)
            | OutputError::Other(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for OutputError {}

/// Why an owner, or one resource of it, could not be realized.
#[derive(Clone, Debug, PartialEq)]
pub enum RealizeError {
    /// The service account could not be read.
    ServiceAccount {
        /// Namespace and name of the account.
        account: ObjectName,
        /// What the cluster says.
        cause: String,
    },
    /// The service account gave no token.
    Token {
        /// The whole text.
        cause: String,
    },
    /// There is no client to stamp with.
    Client {
        /// Why.
        cause: String,
    },
    /// The template could not be read, for another reason than that it is not there.
    GetTemplate {
        /// The resource.
        place: Place,
        /// Name of the template.
        template: String,
        /// What the cluster says.
        cause: String,
    },
    /// There is no such template.
    TemplateGone {
        /// `templateRef.kind` of the resource.
        kind: String,
        /// `templateRef.name` of the resource; empty if it has options.
        name: String,
    },
    /// None or several of the options match the owner best.
    OptionsMatch {
        /// The resource.
        place: Place,
        /// Names of those that match best.
        options: Vec<String>,
    },
    /// The selector of an option could not be evaluated.
    ResolveOption {
        /// The resource.
        place: Place,
        /// Name of the option.
        option: String,
        /// Why.
        cause: String,
    },
    /// The template gave no object.
    Stamp {
        /// The resource.
        place: Place,
        /// Kind of the template.
        kind: String,
        /// Name of the template.
        template: String,
        /// Why.
        cause: String,
    },
    /// The cluster did not take the object.
    Apply {
        /// The resource.
        place: Place,
        /// The object.
        object: ObjectName,
        /// Whether the account may not do it.
        forbidden: bool,
        /// What the cluster says.
        cause: String,
    },
    /// The objects that an immutable resource stamped before could not be listed.
    List {
        /// Where.
        namespace: String,
        /// The labels that they have.
        labels: BTreeMap<String, String>,
        /// What the cluster says.
        cause: String,
    },
    /// The output of a stamped object could not be read.
    RetrieveOutput {
        /// The resource.
        place: Place,
        /// The object that was submitted.
        object: ObjectName,
        /// Plural kind and group of the object, or why they are not known.
        qualified: String,
        /// How healthy the resource is.
        health: Status,
        /// Why.
        error: OutputError,
    },
    /// The input to pass through is not there.
    PassThrough {
        /// The resource.
        place: Place,
        /// Name of the input.
        input: String,
        /// Why.
        error: OutputError,
    },
    /// The template kind of a resource that passes an input through is none.
    PassThroughKind,
    /// Anything else, by its text.
    Other(String),
}

impl RealizeError {
    /// How healthy the resource is, for the message of a value that is missing.
    pub fn set_health(&mut self, status: Status) {
        if let RealizeError::RetrieveOutput { health, .. } = self {
            *health = status;
        }
    }

    /// What the status says of the error, without a time.
    pub fn condition(&self, owner: OwnerKind, level: Level) -> Condition {
        use RealizeError as E;
        let submitted = |reason: &str| failed(level.submitted(), reason, self.to_string());
        match (self, owner) {
            (E::ServiceAccount { .. }, _) => {
                failed(RESOURCES_SUBMITTED, "ServiceAccountError", self.to_string())
            }
            (E::Token { .. }, _) => failed(RESOURCES_SUBMITTED, "ServiceAccountTokenError", self.to_string()),
            (E::Client { .. }, _) => {
                failed(RESOURCES_SUBMITTED, "ResourceRealizerBuilderError", self.to_string())
            }
            (E::GetTemplate { .. }, _) => submitted("TemplateObjectRetrievalFailure"),
            (E::Stamp { .. }, _) => submitted("TemplateStampFailure"),
            (E::Apply { .. }, _) => submitted("TemplateRejectedByAPIServer"),
            (E::List { .. }, OwnerKind::Workload) => submitted("FailedToListCreatedObjects"),
            (E::PassThrough { input, .. }, OwnerKind::Workload) => missing_input(input),
            (E::PassThrough { input, error: OutputError::Path { .. }, .. }, _) => missing_input(input),
            (E::RetrieveOutput { place, object, qualified, health, error }, owner) => {
                let missing_value = || {
                    let message = missing_value(error.path(), object, qualified, *health);
                    unknown(level.submitted(), "MissingValueAtPath", message)
                };
                let resource = &place.resource;
                match (owner, error) {
                    (OwnerKind::Workload, _) | (_, OutputError::Path { .. }) => missing_value(),
                    // The type is that of the owner's condition on both levels.
                    (_, OutputError::ObservedGeneration(_)) => failed(
                        RESOURCES_SUBMITTED,
                        "TemplateStampFailure",
                        format!(
                            "resource [{resource}] cannot satisfy observedCompletion without \
                             observedGeneration in object status"
                        ),
                    ),
                    (_, OutputError::FailedConditionMet(text)) => failed(
                        RESOURCES_SUBMITTED,
                        "FailedConditionMet",
                        format!("resource [{resource}] failed condition met: {text}"),
                    ),
                    (_, OutputError::ConditionNotMet(text)) => unknown(
                        RESOURCES_SUBMITTED,
                        "ConditionNotMet",
                        format!("resource [{resource}] condition not met: {text}"),
                    ),
                    (_, OutputError::Other(_)) => submitted("UnknownError"),
                }
            }
            // Those of options too: the reference has reasons for them, but wraps the errors so that it
            // does not recognise them.
            _ => submitted("UnknownError"),
        }
    }

    /// Whether it is tried again after a while, and not only when something changes.
    pub fn retry(&self) -> bool {
        use RealizeError as E;
        match self {
            E::Apply { forbidden, .. } => !forbidden,
            E::ServiceAccount { .. }
            | E::Token { .. }
            | E::Stamp { .. }
            | E::RetrieveOutput { .. }
            | E::PassThrough { .. } => false,
            E::Client { .. }
            | E::GetTemplate { .. }
            | E::TemplateGone { .. }
            | E::OptionsMatch { .. }
            | E::ResolveOption { .. }
            | E::List { .. }
            | E::PassThroughKind
            | E::Other(_) => true,
        }
    }
}

fn failed(kind: &str, reason: &str, message: String) -> Condition {
    condition(kind, Status::False, reason, message)
}

fn unknown(kind: &str, reason: &str, message: String) -> Condition {
    condition(kind, Status::Unknown, reason, message)
}

fn condition(kind: &str, status: Status, reason: &str, message: String) -> Condition {
    Condition { kind: kind.to_owned(), status, reason: reason.to_owned(), message, ..Condition::default() }
}

/// The type is that of supply chains on both levels, of deliverables too.
fn missing_input(input: &str) -> Condition {
    let message = format!("unable to find passthrough [{input}] in []");
    failed(blueprint_ready_type(OwnerKind::Workload), "PassThrough", message)
}

/// What is said of a value that a healthy, unhealthy or unfinished object does not have.
fn missing_value(path: Option<&str>, object: &ObjectName, qualified: &str, health: Status) -> String {
    let path = path.unwrap_or(NO_PATH);
    let name = &object.name;
    let namespace = object.in_namespace();
    match health {
        Status::True => format!(
            "cannot read value [{path}] from healthy object [{qualified}/{name}]{namespace}, contact Platform Eng"
        ),
        Status::False => format!(
            "cannot read value [{path}] from unhealthy object [{qualified}/{name}]{namespace}, examine object, \
             particularly whether it is receiving proper inputs"
        ),
        Status::Unknown => {
            format!("waiting to read value [{path}] from object [{qualified}/{name}]{namespace}")
        }
    }
}

impl fmt::Display for RealizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use RealizeError as E;
        match self {
            E::ServiceAccount { account, cause } => write!(
                f,
                "failed to get service account object from api server [{account}]: failed to get object \
                 [{account}] from api server: {cause}"
            ),
            E::Token { cause } => f.write_str(cause),
            E::Client { cause } => write!(f, "can't build client: {cause}"),
            E::GetTemplate { place, template, cause } => {
                write!(f, "unable to get template [{template}] {place}: {cause}")
            }
            E::TemplateGone { kind, name } => write!(
                f,
                "failed to get cluster template [{{Kind:{kind} Name:{name}}}]: resource does not match a known \
                 template"
            ),
            E::OptionsMatch { place, options } => {
                f.write_str("get template name from resource: find matching template option: ")?;
                write!(f, "expected exactly 1 option to match, found [{}] matching options ", options.len())?;
                if !options.is_empty() {
                    write!(f, "[{}] ", options.join(", "))?;
                }
                write!(f, "{place}")
            }
            E::ResolveOption { place, option, cause } => write!(
                f,
                "get template name from resource: find matching template option: error matching against \
                 template option [{option}] {place}: {cause}"
            ),
            E::Stamp { place: Place { resource, blueprint }, kind, template, cause } => write!(
                f,
                "unable to stamp object for resource [{resource}] for template [{kind}/{template}] in supply \
                 chain [{blueprint}]: {cause}"
            ),
            E::Apply { place, object, cause, .. } => {
                write!(f, "unable to apply object [{object}] {place}: {cause}")
            }
            E::List { namespace, labels, cause } => f.write_str(&list_failed(namespace, labels, cause)),
            E::RetrieveOutput { place, object, qualified, error, .. } => {
                f.write_str("unable to retrieve outputs ")?;
                if let Some(path) = error.path() {
                    write!(f, "[{path}] ")?;
                }
                write!(f, "from stamped object [{object}] of type [{qualified}] {place}: {error}")
            }
            E::PassThrough { place, input, error } => {
                write!(f, "unable to retrieve outputs from pass through [{input}] {place}: {error}")
            }
            E::PassThroughKind => f.write_str(
                "failed to create new stamp pass through reader: kind does not match a known template",
            ),
            E::Other(text) => f.write_str(text),
        }
    }
}

/// The text of a list of stamped objects that failed.
pub(super) fn list_failed(namespace: &str, labels: &BTreeMap<String, String>, cause: &str) -> String {
    format!("unable to list objects in namespace [{namespace}] with labels [{}]: {cause}", go_map(labels))
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { resource, blueprint } = self;
        write!(f, "for resource [{resource}] in supply chain [{blueprint}]")
    }
}

impl std::error::Error for RealizeError {}

#[cfg(test)]
mod tests;
