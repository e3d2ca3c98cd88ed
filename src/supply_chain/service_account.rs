//! On whose behalf objects are stamped.
//!
//! Source of the rule: the reference's `getServiceAccountNameAndNamespaceForWorkload`.

use super::api::ServiceAccountRef;

/// The account of owners who name none.
pub const DEFAULT: &str = "default";

/// A service account.
#[derive(Clone, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub struct ServiceAccount {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl ServiceAccount {
    /// The account that an owner names, else the one of its blueprint, else the default one. Only the
    /// blueprint's may be in another namespace than the owner.
    pub fn of(
        owner_namespace: &str,
        named_by_owner: &str,
        blueprint: Option<&ServiceAccountRef>,
    ) -> ServiceAccount {
        let own =
            |name: &str| ServiceAccount { namespace: owner_namespace.to_owned(), name: name.to_owned() };
        match blueprint {
            _ if !named_by_owner.is_empty() => own(named_by_owner),
            Some(account) if !account.name.is_empty() && !account.namespace.is_empty() => {
                ServiceAccount { namespace: account.namespace.clone(), name: account.name.clone() }
            }
            Some(account) if !account.name.is_empty() => own(&account.name),
            _ => own(DEFAULT),
        }
    }
}
