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

/// The tokens, by account.
pub struct Tokens {
    api: Arc<Api>,
    tokens: Mutex<HashMap<String, Token>>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl Tokens {
    /// None yet.
    pub fn new(api: Arc<Api>) -> Tokens {
        Tokens { api, tokens: Mutex::default() }
    }

    fn key(namespace: &str, name: &str, uid: &str) -> String {
        format!("{name:?}/{namespace:?}/{uid:?}")
    }

    /// The token of an account, kept or new.
    pub(super) fn token(&self, namespace: &str, name: &str, uid: &str) -> Result<HeaderValue, TokenError> {
        let key = Tokens::key(namespace, name, uid);
        let now = Instant::now();
        let old = {
            let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
            tokens.get(&key).map(|token| (token.header.clone(), token.renew, token.expires))
        };
        if let Some((header, renew, _)) = &old
            && now < *renew
        {
            return Ok(header.clone());
        }
        match self.fetch(namespace, name) {
            Ok((header, lasts)) => {
                let token = Token { header: header.clone(), renew: now + lasts / 2, expires: now + lasts };
                let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
                tokens.retain(|_, token| token.expires > now);
                tokens.insert(key, token);
                Ok(header)
            }
            Err(error) => match old {
                Some((header, _, expires)) if now < expires => {
                    tracing::error!(account = format!("{namespace}/{name}"), "update token: {error}");
                    Ok(header)
                }
                Some(_) => Err(TokenError::Expired(key, error)),
                None => Err(TokenError::Fetch(error)),
            },
        }
    }

    /// Forgets a token that the API server no longer takes.
    pub(super) fn forget(&self, namespace: &str, name: &str, uid: &str) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.remove(&Tokens::key(namespace, name, uid));
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
