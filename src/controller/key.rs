//! What the controller reconciles.

use std::fmt;

use super::queue::Keyed;
use crate::cluster::OwnerReference;
use crate::supply_chain::api::GROUP;
use crate::yaml::Text;

/// The kinds that are reconciled.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum Subject {
    SupplyChain,
    Delivery,
    Workload,
    Deliverable,
    Runnable,
}

impl Subject {
    pub(super) const ALL: [Subject; 5] =
        [Subject::SupplyChain, Subject::Delivery, Subject::Workload, Subject::Deliverable, Subject::Runnable];

    /// The kind.
    pub(super) fn kind_name(self) -> &'static str {
        match self {
            Subject::SupplyChain => "ClusterSupplyChain",
            Subject::Delivery => "ClusterDelivery",
            Subject::Workload => "Workload",
            Subject::Deliverable => "Deliverable",
            Subject::Runnable => "Runnable",
        }
    }

    /// The name of the controller in metrics: the reference's.
    pub(super) fn controller(self) -> &'static str {
        match self {
            Subject::SupplyChain => "clustersupplychain",
            Subject::Delivery => "clusterdelivery",
            Subject::Workload => "workload",
            Subject::Deliverable => "deliverable",
            Subject::Runnable => "runnable",
        }
    }

    pub(super) fn of(kind: &str) -> Option<Subject> {
        Subject::ALL.into_iter().find(|subject| subject.kind_name() == kind)
    }

    pub(super) fn index(self) -> usize {
        self as usize
    }

    pub(super) fn is_blueprint(self) -> bool {
        matches!(self, Subject::SupplyChain | Subject::Delivery)
    }
}

/// One object to reconcile.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Key {
    pub(super) subject: Subject,
    pub(super) namespace: Text,
    pub(super) name: Text,
}

impl Key {
    pub(super) fn new(subject: Subject, namespace: &str, name: &str) -> Key {
        Key { subject, namespace: Text::new(namespace), name: Text::new(name) }
    }

    /// The owner that a reference in a namespace names, if it is one that stamps.
    pub(super) fn of_owner(reference: &OwnerReference, namespace: &str) -> Option<Key> {
        if reference.api_version.split('/').next() != Some(GROUP) {
            return None;
        }
        let subject = Subject::of(&reference.kind).filter(|subject| !subject.is_blueprint())?;
        Some(Key::new(subject, namespace, &reference.name))
    }
}

impl Keyed for Key {
    fn namespace(&self) -> &Text {
        &self.namespace
    }

    fn counted_as(&self) -> &'static str {
        self.subject.controller()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.subject.kind_name())?;
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)
    }
}
