//! The service accounts of owners.

use std::sync::{Arc, OnceLock};

use crate::cluster::kube::{Connection, Fence, Notes, Session, Store, TokenError};
use crate::cluster::{Cluster, ErrorKind};
use crate::supply_chain::error::{ObjectName, RealizeError};
use crate::supply_chain::reconcile::Accounts;
use crate::supply_chain::service_account::ServiceAccount;

/// Gives the session of the one account that a pass has.
pub(super) struct PassAccounts<'a> {
    connection: &'a Connection,
    /// The metadata of all service accounts.
    accounts: &'a Store,
    /// Until when they may write.
    fence: &'a Arc<Fence>,
    session: OnceLock<(ServiceAccount, Session<'a>)>,
    /// Whether asking again for a token may help.
    passing: OnceLock<()>,
}

impl<'a> PassAccounts<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        accounts: &'a Store,
        fence: &'a Arc<Fence>,
    ) -> PassAccounts<'a> {
        PassAccounts { connection, accounts, fence, session: OnceLock::new(), passing: OnceLock::new() }
    }

    /// What happened in the session.
    pub(super) fn notes(&self) -> Notes {
        self.session.get().map(|(_, session)| session.notes()).unwrap_or_default()
    }

    /// Whether there was no token for a reason that passes.
    pub(super) fn failed_in_passing(&self) -> bool {
        self.passing.get().is_some()
    }
}

impl Accounts for PassAccounts<'_> {
    fn cluster(&self, account: &ServiceAccount) -> Result<&dyn Cluster, RealizeError> {
        let ServiceAccount { namespace, name } = account;
        if self.session.get().is_none() {
            let Some(found) = self.accounts.get(namespace, name) else {
                let account = ObjectName { namespace: namespace.clone(), name: name.clone() };
                let cause = format!("ServiceAccount {name:?} not found");
                return Err(RealizeError::ServiceAccount { account, cause });
            };
            let session = self.connection.of_account(namespace, name, found.uid()).map_err(|error| {
                let (TokenError::Fetch(cause) | TokenError::Expired(_, cause)) = &error;
                if cause.kind() == ErrorKind::Unavailable {
                    _ = self.passing.set(());
                }
                RealizeError::Token { cause: error.to_string() }
            })?;
            _ = self.session.set((account.clone(), session.within(self.fence)));
        }
        match self.session.get() {
            Some((known, session)) if known == account => Ok(session),
            _ => Err(RealizeError::Client { cause: "a pass has one service account".to_owned() }),
        }
    }
}
