//! What an account was seen to be allowed to read.
//!
//! Stores are filled with the rights of the controller. A service account is shown what they have only after
//! the API server has answered it the same question; RBAC that changes makes all of that void.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::cluster::Kind;
use crate::yaml::Text;

/// How long an answer counts.
const LASTS: Duration = Duration::from_secs(600);

/// A question to the API server: who reads which kind in which namespace, one object or many.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Question {
    /// The account and the uid of its token.
    pub(super) account: Text,
    pub(super) kind: Kind,
    pub(super) namespace: Text,
    pub(super) many: bool,
}

/// The questions that were answered.
#[derive(Debug, Default)]
pub(super) struct Access(RwLock<HashMap<Question, Instant>>);

impl Access {
    pub(super) fn is_known(&self, question: &Question) -> bool {
        let answers = self.0.read().unwrap_or_else(PoisonError::into_inner);
        answers.get(question).is_some_and(|since| since.elapsed() < LASTS)
    }

    pub(super) fn allowed(&self, question: Question) {
        let mut answers = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= 100_000 {
            answers.retain(|_, since| since.elapsed() < LASTS);
        }
        answers.insert(question, Instant::now());
    }

    /// Forgets all answers: the rules have changed.
    pub(super) fn clear(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
