//! Tokens of service accounts.
//!
//! Source of the rules: the reference's `pkg/satoken`: a token lasts two hours and is renewed after half of
//! that; where that fails the old one serves as long as it is valid.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::{HeaderValue, Method};

use super::api::{Api, Call, Caller, read_object};
use crate::cluster::Error;
use crate::yaml::{Node, json};

/// How long a token lasts.
const LASTS: Duration = Duration::from_secs(2 * 3600);

/// Why there is no token.
#[derive(Clone, PartialEq, Debug)]
pub enum TokenError {
    /// The API server gives none.
    Fetch(Error),
    /// The token that there was is no longer valid, and there is no new one.
    Expired(String, Error),
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TokenError::Fetch(error) => write!(f, "fetch token: {error}"),
            TokenError::Expired(key, error) => write!(f, "token {key} expired and refresh failed: {error}"),
        }
    }
}

impl std::error::Error for TokenError {}

struct Token {
    header: HeaderValue,
    /// When it is time for a new one.
    renew: Instant,
    expires: Instant,
}

/// A token, once there is one. Whoever holds the lock fetches it for all.
type Slot = Arc<Mutex<Option<Token>>>;

/// The tokens, by account.
pub struct Tokens {
    api: Arc<Api>,
    slots: Mutex<HashMap<String, Slot>>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl Tokens {
    /// None yet.
    pub fn new(api: Arc<Api>) -> Tokens {
        Tokens { api, slots: Mutex::default() }
    }

    fn key(namespace: &str, name: &str, uid: &str) -> String {
        format!("{name:?}/{namespace:?}/{uid:?}")
    }

    fn slot(&self, key: &str) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(key) {
            return Arc::clone(slot);
        }
        // Those of accounts that are gone expire; the rest is in use.
        let now = Instant::now();
        slots.retain(|_, slot| match slot.try_lock() {
            Ok(token) => token.as_ref().is_some_and(|token| token.expires > now),
            Err(_) => true,
        });
        Arc::clone(slots.entry(key.to_owned()).or_default())
    }

    /// The token of an account, kept or new.
    pub(super) fn token(&self, namespace: &str, name: &str, uid: &str) -> Result<HeaderValue, TokenError> {
        let key = Tokens::key(namespace, name, uid);
        let slot = self.slot(&key);
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if let Some(token) = &*slot
            && now < token.renew
        {
            return Ok(token.header.clone());
        }
        match self.fetch(namespace, name) {
            Ok((header, lasts)) => {
                let token = Token { header: header.clone(), renew: now + lasts / 2, expires: now + lasts };
                *slot = Some(token);
                Ok(header)
            }
            Err(error) => match &*slot {
                Some(token) if now < token.expires => {
                    tracing::error!(account = format!("{namespace}/{name}"), "update token: {error}");
                    Ok(token.header.clone())
                }
                Some(_) => Err(TokenError::Expired(key, error)),
                None => Err(TokenError::Fetch(error)),
            },
        }
    }

    /// Forgets a token that the API server no longer takes, unless there is another one already.
    pub(super) fn forget(&self, namespace: &str, name: &str, uid: &str, refused: &HeaderValue) {
        let slot = self.slot(&Tokens::key(namespace, name, uid));
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.as_ref().is_some_and(|token| token.header == *refused) {
            *slot = None;
        }
    }

    fn fetch(&self, namespace: &str, name: &str) -> Result<(HeaderValue, Duration), Error> {
        let other = |text: String| Error::new(crate::cluster::ErrorKind::Other, text);
        let mut uri = "/api/v1/namespaces/".to_owned();
        super::api::push_escaped(&mut uri, namespace);
        uri.push_str("/serviceaccounts/");
        super::api::push_escaped(&mut uri, name);
        uri.push_str("/token");
        let body = format!(
            r#"{{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{{"expirationSeconds":{}}}}}"#,
            LASTS.as_secs()
        );
        let body = json::read(body.as_bytes()).map_err(|error| other(error.to_string()))?;
        let call = Call { method: Method::POST, body: Some(&body), ..Call::get(uri, &Caller::Own) };
        let answer = self.api.wait_for(self.api.call(call))?;
        let answer = read_object(answer.as_bytes())?;
        let token = answer.get_path(&["status", "token"]).and_then(Node::as_str).unwrap_or_default();
        let mut header = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|_| other("the token cannot be sent".to_owned()))?;
        header.set_sensitive(true);
        let seconds = match answer.get_path(&["spec", "expirationSeconds"]) {
            Some(Node::Int(seconds)) => u64::try_from(*seconds).unwrap_or(0),
            _ => LASTS.as_secs(),
        };
        Ok((header, Duration::from_secs(seconds.min(LASTS.as_secs()))))
    }
}
