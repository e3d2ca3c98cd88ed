//! What each client may do at once and in a second.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::problem::{Fault, Problem};
use super::slots::ClientId;

/// How many accounts are kept of clients that have nothing to do.
const IDLE_ACCOUNTS: usize = 4096;

/// What one client does.
#[derive(Debug)]
pub(super) struct Account {
    /// Its name: that of its token, certificate or address.
    pub(super) id: ClientId,
    requests: AtomicUsize,
    rate: Option<Mutex<Bucket>>,
}

/// The tokens of a bucket that is filled steadily.
#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

/// What clients may do.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct ClientLimits {
    /// Requests at once.
    pub(super) requests: usize,
    /// Requests a second; 0 for no limit.
    pub(super) rate: f64,
    /// Requests that may come at once after a pause, where there is a rate.
    pub(super) burst: f64,
}

/// The accounts of all clients.
#[derive(Debug)]
pub(super) struct Clients {
    limits: ClientLimits,
    accounts: Mutex<HashMap<ClientId, Arc<Account>>>,
}

/// A request that is being answered, until it is dropped.
#[derive(Debug)]
pub(super) struct Running(Arc<Account>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Clients {
    pub(super) fn new(limits: ClientLimits) -> Clients {
        Clients { limits, accounts: Mutex::default() }
    }

    /// The account of a client.
    pub(super) fn account(&self, id: &str) -> Arc<Account> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(account) = accounts.get(id) {
            return Arc::clone(account);
        }
        if accounts.len() >= IDLE_ACCOUNTS {
            // Connections hold theirs; others have nothing but a bucket that is full by now, or soon.
            accounts.retain(|_, account| Arc::strong_count(account) > 1);
        }
        let id: ClientId = id.into();
        let rate = (self.limits.rate > 0.0)
            .then(|| Mutex::new(Bucket { tokens: self.limits.burst.max(1.0), at: Instant::now() }));
        let account = Arc::new(Account { id: Arc::clone(&id), requests: AtomicUsize::new(0), rate });
        accounts.insert(id, Arc::clone(&account));
        account
    }

    /// Begins a request.
    ///
    /// # Errors
    /// The client has too many at once, or in a second.
    pub(super) fn begin(&self, account: &Arc<Account>) -> Result<Running, Problem> {
        if let Some(rate) = &account.rate {
            let mut bucket = rate.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(wait) = bucket.take(self.limits, Instant::now()) {
                let detail = format!("{} may make {} requests a second", account.id, self.limits.rate);
                let seconds = wait.as_secs_f64().ceil().clamp(1.0, 3600.0) as u32;
                return Err(Problem { retry_after: Some(seconds), ..Problem::new(Fault::Rate, detail) });
            }
        }
        let running = Running(Arc::clone(account));
        if account.requests.fetch_add(1, Ordering::Relaxed) >= self.limits.requests {
            let detail = format!("{} may make {} requests at once", account.id, self.limits.requests);
            return Err(Problem::new(Fault::Rate, detail));
        }
        Ok(running)
    }
}

impl Bucket {
    /// Takes a token, or says after what time there will be one.
    fn take(&mut self, limits: ClientLimits, now: Instant) -> Result<(), Duration> {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        self.tokens = (self.tokens + passed * limits.rate).min(limits.burst.max(1.0));
        if self.tokens < 1.0 {
            let wait = (1.0 - self.tokens) / limits.rate;
            return Err(Duration::try_from_secs_f64(wait).unwrap_or(Duration::MAX));
        }
        self.tokens -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_may_have_so_many_requests_at_once() {
        let clients = Clients::new(ClientLimits { requests: 2, rate: 0.0, burst: 0.0 });
        let account = clients.account("a");
        let running = [clients.begin(&account), clients.begin(&account)];
        assert!(running.iter().all(Result::is_ok));
        let refused = clients.begin(&account).err().map(|problem| (problem.status, problem.retry_after));
        assert_eq!(refused, Some((429, Some(1))));
        assert!(clients.begin(&clients.account("b")).is_ok());
        drop(running);
        assert!(clients.begin(&account).is_ok());
    }

    #[test]
    fn a_bucket_fills_steadily() {
        let limits = ClientLimits { requests: 1, rate: 2.0, burst: 3.0 };
        let start = Instant::now();
        let mut bucket = Bucket { tokens: 3.0, at: start };
        for _ in 0..3 {
            assert_eq!(bucket.take(limits, start), Ok(()));
        }
        assert_eq!(bucket.take(limits, start), Err(Duration::from_millis(500)));
        assert_eq!(bucket.take(limits, start + Duration::from_millis(500)), Ok(()));
        assert!(bucket.take(limits, start + Duration::from_millis(600)).is_err());
        for _ in 0..3 {
            assert_eq!(bucket.take(limits, start + Duration::from_secs(60)), Ok(()));
        }
        assert!(bucket.take(limits, start + Duration::from_secs(60)).is_err());
    }
}
