//! What an account was seen to be allowed to read.
//!
//! Stores are filled with the rights of the controller. A service account is shown what they have only after
//! the API server has answered it the same question; RBAC that changes makes all of that void.

use std::collections::{HashMap, HashSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::cluster::Kind;
use crate::yaml::Text;

/// How long an answer counts.
const LASTS: Duration = Duration::from_secs(600);

/// How long to wait for somebody else's answer to the same question.
const PATIENCE: Duration = Duration::from_secs(1);

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
pub(super) struct Access {
    answers: RwLock<HashMap<Question, Instant>>,
    asking: Mutex<HashSet<Question>>,
    answered: Condvar,
}

/// Says with its end that a question is no longer being asked.
#[derive(Debug)]
pub(super) struct Asking<'a> {
    access: &'a Access,
    question: Question,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.access.asking().remove(&self.question);
        self.access.answered.notify_all();
    }
}

impl Access {
    fn asking(&self) -> MutexGuard<'_, HashSet<Question>> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to ask a question. Where another pass is asking it, waits for that answer: then it may be known,
    /// see [`is_known`](Access::is_known).
    pub(super) fn ask(&self, question: &Question) -> Option<Asking<'_>> {
        let end = Instant::now() + PATIENCE;
        let mut asking = self.asking();
        loop {
            if self.is_known(question) {
                return None;
            }
            if asking.insert(question.clone()) {
                return Some(Asking { access: self, question: question.clone() });
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            let waited = self.answered.wait_timeout(asking, left);
            asking = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(super) fn is_known(&self, question: &Question) -> bool {
        let answers = self.answers.read().unwrap_or_else(PoisonError::into_inner);
        answers.get(question).is_some_and(|since| since.elapsed() < LASTS)
    }

    pub(super) fn allowed(&self, question: Question) {
        let mut answers = self.answers.write().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= 100_000 {
            answers.retain(|_, since| since.elapsed() < LASTS);
        }
        answers.insert(question, Instant::now());
    }

    /// Forgets all answers: the rules have changed.
    pub(super) fn clear(&self) {
        self.answers.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{Access, Question};
    use crate::cluster::Kind;

    fn question(account: &str) -> Question {
        let kind = Kind::new("", "v1", "ConfigMap");
        Question { account: account.into(), kind, namespace: "ns".into(), many: false }
    }

    #[test]
    fn one_asks_for_all() {
        let access = Access::default();
        let one = question("a");
        let asking = access.ask(&one);
        assert!(asking.is_some());
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| access.ask(&one).is_none() && access.is_known(&one));
            // Another question is asked at once.
            assert!(access.ask(&question("b")).is_some());
            access.allowed(one.clone());
            drop(asking);
            assert!(matches!(waiting.join(), Ok(true)));
        });
        access.clear();
        assert!(access.ask(&one).is_some());
    }

    #[test]
    fn who_is_refused_leaves_the_question_to_the_next() {
        let access = Access::default();
        let one = question("a");
        drop(access.ask(&one));
        assert!(access.ask(&one).is_some());
    }
}
