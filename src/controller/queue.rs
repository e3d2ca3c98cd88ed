//! The queue of owners to reconcile.
//!
//! A key waits once, however often it is added, and is worked on by one worker at a time. Namespaces take
//! turns, so that one with many owners delays nobody; a namespace never has all workers.

use std::cmp::Reverse;
use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher as _, Hash};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::yaml::Text;

/// The first wait after a failure, and the longest one.
const FIRST_WAIT: Duration = Duration::from_millis(5);
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Has a namespace, by which keys take turns.
pub(super) trait Keyed: Clone + Eq + Hash + Ord + Send {
    /// The namespace; empty for objects of the whole cluster.
    fn namespace(&self) -> &Text;

    /// Under which name it is counted.
    fn counted_as(&self) -> &'static str;
}

/// The queue.
pub(super) struct Queue<K> {
    state: Mutex<State<K>>,
    ready: Condvar,
    workers: usize,
    random: RandomState,
}

struct State<K> {
    waiting: HashMap<Text, VecDeque<(K, Instant)>>,
    /// Namespaces with keys that wait, in the order of their turns.
    turns: VecDeque<Text>,
    queued: HashSet<K>,
    running: HashMap<Text, usize>,
    busy: HashSet<K>,
    /// Added while they were worked on.
    again: HashSet<K>,
    later: BinaryHeap<Reverse<(Instant, K)>>,
    failures: HashMap<K, u32>,
    closed: bool,
    figures: BTreeMap<&'static str, Figures>,
}

/// What the queue has done so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Figures {
    pub(super) waiting: usize,
    pub(super) running: usize,
    pub(super) adds: u64,
    pub(super) retries: u64,
}

impl<K: Keyed> Queue<K> {
    /// An empty queue for this many workers.
    pub(super) fn new(workers: usize) -> Queue<K> {
        let state = State {
            waiting: HashMap::new(),
            turns: VecDeque::new(),
            queued: HashSet::new(),
            running: HashMap::new(),
            busy: HashSet::new(),
            again: HashSet::new(),
            later: BinaryHeap::new(),
            failures: HashMap::new(),
            closed: false,
            figures: BTreeMap::new(),
        };
        Queue { state: Mutex::new(state), ready: Condvar::new(), workers, random: RandomState::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a key.
    pub(super) fn add(&self, key: K) {
        if self.lock().add(key, Instant::now()) {
            self.ready.notify_one();
        }
    }

    /// Adds a key after some time.
    pub(super) fn add_after(&self, key: K, wait: Duration) {
        self.lock().later.push(Reverse((Instant::now() + wait, key)));
        // Whoever waits for a later one must wait for this one now.
        self.ready.notify_one();
    }

    /// Waits for the next key and how long it has waited; none once the queue is closed.
    pub(super) fn take(&self) -> Option<(K, Duration)> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            let now = Instant::now();
            while let Some(Reverse((time, _))) = state.later.peek()
                && *time <= now
            {
                if let Some(Reverse((_, key))) = state.later.pop() {
                    _ = state.add(key, now);
                }
            }
            if let Some((key, since)) = state.next(self.workers) {
                if !state.turns.is_empty() {
                    self.ready.notify_one();
                }
                return Some((key, now.saturating_duration_since(since)));
            }
            let wait = state.later.peek().map(|Reverse((time, _))| time.saturating_duration_since(now));
            state = match wait {
                Some(wait) => {
                    let waited = self.ready.wait_timeout(state, wait);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.ready.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Says that the work on a key is done.
    pub(super) fn done(&self, key: &K) {
        let mut state = self.lock();
        state.busy.remove(key);
        if let Some(running) = state.running.get_mut(key.namespace()) {
            *running -= 1;
            if *running == 0 {
                state.running.remove(key.namespace());
            }
        }
        if state.again.remove(key) {
            _ = state.add(key.clone(), Instant::now());
        }
        drop(state);
        self.ready.notify_one();
    }

    /// Tries a key again after a while that grows with each failure.
    pub(super) fn retry(&self, key: K) {
        let mut state = self.lock();
        let failures = state.failures.entry(key.clone()).or_insert(0);
        let wait = FIRST_WAIT.saturating_mul(1 << (*failures).min(20)).min(LONGEST_WAIT);
        *failures += 1;
        // Up to a fifth more, so that those who failed together do not come back together.
        let spread = self.random.hash_one((&key, *failures)) % 200;
        let wait = wait + wait.mul_f64(spread as f64 / 1000.0);
        state.figures.entry(key.counted_as()).or_default().retries += 1;
        drop(state);
        self.add_after(key, wait);
    }

    /// Forgets the failures of a key.
    pub(super) fn forget(&self, key: &K) {
        self.lock().failures.remove(key);
    }

    /// Ends all waiting.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.ready.notify_all();
    }

    /// What the queue has done so far, by what keys are counted as.
    pub(super) fn figures(&self) -> BTreeMap<&'static str, Figures> {
        let state = self.lock();
        let mut figures = state.figures.clone();
        for key in &state.queued {
            figures.entry(key.counted_as()).or_default().waiting += 1;
        }
        for key in &state.busy {
            figures.entry(key.counted_as()).or_default().running += 1;
        }
        figures
    }
}

impl<K: Keyed> State<K> {
    fn add(&mut self, key: K, now: Instant) -> bool {
        if self.busy.contains(&key) {
            self.again.insert(key);
            return false;
        }
        if !self.queued.insert(key.clone()) {
            return false;
        }
        self.figures.entry(key.counted_as()).or_default().adds += 1;
        let waiting = self.waiting.entry(key.namespace().clone()).or_default();
        if waiting.is_empty() {
            self.turns.push_back(key.namespace().clone());
        }
        waiting.push_back((key, now));
        true
    }

    /// The next key of the namespace whose turn it is, unless that has all workers but one already.
    fn next(&mut self, workers: usize) -> Option<(K, Instant)> {
        let most = workers.saturating_sub(1).max(1);
        let is_free = |namespace: &Text| self.running.get(namespace).copied().unwrap_or(0) < most;
        let index = self.turns.iter().position(is_free)?;
        let namespace = self.turns.remove(index)?;
        let waiting = self.waiting.get_mut(&namespace)?;
        let next = waiting.pop_front();
        if waiting.is_empty() {
            self.waiting.remove(&namespace);
        } else {
            self.turns.push_back(namespace.clone());
        }
        let (key, since) = next?;
        self.queued.remove(&key);
        self.busy.insert(key.clone());
        *self.running.entry(namespace).or_insert(0) += 1;
        Some((key, since))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::{Keyed, Queue};
    use crate::yaml::Text;

    #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
    struct Key(Text, u32);

    impl Keyed for Key {
        fn namespace(&self) -> &Text {
            &self.0
        }

        fn counted_as(&self) -> &'static str {
            "keys"
        }
    }

    fn key(namespace: &str, number: u32) -> Key {
        Key(Text::new(namespace), number)
    }

    fn take(queue: &Queue<Key>) -> Key {
        let (key, _) = queue.take().unwrap();
        queue.done(&key);
        key
    }

    #[test]
    fn a_key_waits_once() {
        let queue = Queue::new(2);
        for _ in 0..3 {
            queue.add(key("a", 1));
        }
        assert_eq!(take(&queue), key("a", 1));
        assert_eq!(queue.figures()["keys"].waiting, 0);
    }

    #[test]
    fn namespaces_take_turns() {
        let queue = Queue::new(2);
        for number in 0..1000 {
            queue.add(key("big", number));
        }
        queue.add(key("small", 1));
        queue.add(key("small", 2));
        let order: Vec<Key> = (0..4).map(|_| take(&queue)).collect();
        assert_eq!(order, [key("big", 0), key("small", 1), key("big", 1), key("small", 2)]);
    }

    #[test]
    fn a_namespace_never_has_all_workers() {
        let queue = Queue::new(3);
        for number in 0..9 {
            queue.add(key("slow", number));
        }
        let (first, _) = queue.take().unwrap();
        let (second, _) = queue.take().unwrap();
        queue.add(key("other", 1));
        assert_eq!(queue.take().unwrap().0, key("other", 1));
        queue.done(&first);
        assert_eq!(queue.take().unwrap().0, key("slow", 2));
        queue.done(&second);
    }

    #[test]
    fn what_changes_while_it_is_worked_on_is_worked_on_again_afterwards() {
        let queue = Queue::new(4);
        queue.add(key("a", 1));
        let (one, _) = queue.take().unwrap();
        queue.add(key("a", 1));
        assert_eq!(queue.figures()["keys"].waiting, 0);
        queue.done(&one);
        assert_eq!(take(&queue), key("a", 1));
    }

    #[test]
    fn failures_come_back_and_closing_ends_it() {
        let queue = Queue::new(1);
        queue.add(key("a", 1));
        let one = take(&queue);
        queue.retry(one.clone());
        assert_eq!(take(&queue), one);
        assert_eq!(queue.figures()["keys"].retries, 1);
        queue.close();
        assert!(queue.take().is_none());
    }
}
