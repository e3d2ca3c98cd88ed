//! Why a runnable could not be realized, and what its status says then.
//!
//! Texts, conditions and what is tried again follow the reference's `pkg/errors/runnable_errors.go` and
//! `pkg/controllers/runnable_reconciler.go`.

use std::collections::BTreeMap;
use std::fmt;

use super::api::{Condition, ResourceSelector, Status};
use super::conditions::run::RUN_TEMPLATE_READY;
use super::error::{ObjectName, list_failed};
use super::go_map;

/// Why the selector of a runnable gave no object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectorError {
    /// The cluster does not say which kinds a version of an API has.
    Discovery(String),
    /// The objects could not be listed: the labels, whether in a namespace, and what the cluster says.
    List {
        /// Whether the kind has namespaces.
        namespaced: bool,
        /// What the cluster says.
        cause: String,
    },
    /// No object has the labels.
    NoMatch,
    /// Several objects have them.
    ManyMatches,
}

/// Why a runnable could not be realized.
#[derive(Clone, Debug, PartialEq)]
pub enum RunError {
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
        /// The whole text.
        cause: String,
    },
    /// The run template could not be read.
    GetRunTemplate {
        /// Name of the template.
        template: String,
        /// What the cluster says.
        cause: String,
    },
    /// The selector gave no object.
    Selector {
        /// The selector.
        selector: ResourceSelector,
        /// Why.
        error: SelectorError,
    },
    /// The template gave no object.
    Stamp {
        /// Name of the template.
        template: String,
        /// Why.
        cause: String,
    },
    /// The cluster did not take the object.
    Apply {
        /// Name of the template.
        template: String,
        /// The object, by [`ObjectName::of_run`].
        object: ObjectName,
        /// Whether the account may not do it.
        forbidden: bool,
        /// What the cluster says.
        cause: String,
    },
    /// The objects stamped before could not be listed.
    List {
        /// Where.
        namespace: String,
        /// The labels that they have.
        labels: BTreeMap<String, String>,
        /// What the cluster says.
        cause: String,
    },
    /// The latest object that succeeded has not all outputs.
    RetrieveOutput {
        /// Name of the template.
        template: String,
        /// The object that was stamped last, by [`ObjectName::of_run`].
        object: ObjectName,
        /// Plural kind and group of the object, or why they are not known.
        qualified: String,
        /// Why.
        cause: String,
    },
    /// Anything else, by its text.
    Other(String),
}

impl RunError {
    /// What the status says of the error, without a time.
    pub fn condition(&self) -> Condition {
        use RunError as E;
        let reason = match self {
            E::ServiceAccount { .. } => "ServiceAccountError",
            E::Token { .. } => "ServiceAccountTokenError",
            E::Client { .. } => "ClientBuilderError",
            E::GetRunTemplate { .. } => "RunTemplateNotFound",
            E::Selector { .. } | E::Stamp { .. } => "TemplateStampFailure",
            E::Apply { .. } => "StampedObjectRejectedByAPIServer",
            E::List { .. } => "FailedToListCreatedObjects",
            E::RetrieveOutput { .. } => "OutputPathNotSatisfied",
            E::Other(_) => "UnknownError",
        };
        let message = match self {
            E::RetrieveOutput { object, qualified, .. } => {
                output_missing(object, qualified, &self.to_string())
            }
            _ => self.to_string(),
        };
        Condition {
            kind: RUN_TEMPLATE_READY.to_owned(),
            status: Status::False,
            reason: reason.to_owned(),
            message,
            ..Condition::default()
        }
    }

    /// Whether it is tried again after a while, and not only when something changes.
    pub fn retry(&self) -> bool {
        use RunError as E;
        match self {
            E::Apply { forbidden, .. } => !forbidden,
            E::ServiceAccount { .. }
            | E::Token { .. }
            | E::Selector { .. }
            | E::Stamp { .. }
            | E::RetrieveOutput { .. } => false,
            E::Client { .. } | E::GetRunTemplate { .. } | E::List { .. } | E::Other(_) => true,
        }
    }
}

/// What is said of an output that a run does not have.
fn output_missing(object: &ObjectName, qualified: &str, error: &str) -> String {
    let namespace = object.in_namespace();
    format!("waiting to read value from resource [{qualified}/{}]{namespace}: {error}", object.name)
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use RunError as E;
        match self {
            E::ServiceAccount { account, cause } => write!(
                f,
                "failed to get service account object from api server [{account}]: failed to get object \
                 [{account}] from api server: {cause}"
            ),
            E::Token { cause } | E::Client { cause } => f.write_str(cause),
            E::GetRunTemplate { template, cause } => {
                write!(f, "unable to get run template [{template}]: {cause}")
            }
            E::Selector { selector, error } => {
                let labels = go_map(&selector.matching_labels);
                let resource = &selector.resource;
                write!(
                    f,
                    "unable to resolve selector [{labels}], apiVersion [{}], kind [{}]: ",
                    resource.api_version, resource.kind
                )?;
                match error {
                    SelectorError::Discovery(cause) => {
                        write!(f, "failed to list server api resources: {cause}")
                    }
                    SelectorError::List { namespaced, cause } => {
                        let place = if *namespaced { "in namespace" } else { "at cluster scope" };
                        write!(f, "failed to list objects {place} matching selector [{labels}]: {cause}")
                    }
                    SelectorError::NoMatch => f.write_str("selector did not match any objects"),
                    SelectorError::ManyMatches => f.write_str("selector matched multiple objects"),
                }
            }
            E::Stamp { template, cause } => {
                write!(f, "unable to stamp object for run template [{template}]: {cause}")
            }
            E::Apply { template, object, cause, .. } => {
                write!(f, "unable to apply object [{object}] for run template [{template}]: {cause}")
            }
            E::List { namespace, labels, cause } => f.write_str(&list_failed(namespace, labels, cause)),
            E::RetrieveOutput { template, object, qualified, cause } => write!(
                f,
                "unable to retrieve outputs from stamped object [{object}] of type [{qualified}] for run \
                 template [{template}]: {cause}"
            ),
            E::Other(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for RunError {}
