//! The threads that reconcile. Passes block while they wait for the API server, so they are threads of their
//! own; nothing that happens in one of them touches another owner.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;

use super::Shared;
use super::key::Key;
use super::shards::Tenure;

/// Templates may nest deep; the memory is only taken when it is used.
const STACK_BYTES: usize = 16 << 20;

/// What came of a pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// Nothing is to be done until something changes.
    Done,
    /// To be tried again after a while.
    Retry,
}

/// The workers.
pub(super) struct Workers(mpsc::Receiver<()>);

impl Workers {
    /// Waits until all have ended.
    pub(super) async fn finished(&mut self) {
        while self.0.recv().await.is_some() {}
    }
}

/// Starts the workers. They end when the queue is closed.
pub(super) fn start(shared: &Arc<Shared>) -> std::io::Result<Workers> {
    let (sender, receiver) = mpsc::channel(1);
    for number in 0..shared.workers {
        let shared = Arc::clone(shared);
        let sender = sender.clone();
        let thread = std::thread::Builder::new().name(format!("worker-{number}")).stack_size(STACK_BYTES);
        thread.spawn(move || {
            work(&shared);
            drop(sender);
        })?;
    }
    Ok(Workers(receiver))
}

fn work(shared: &Shared) {
    while let Some((key, waited)) = shared.queue.take() {
        let Some(pass) = shared.shards.begin(&key) else {
            // Its shard has gone to another replica meanwhile.
            shared.queue.forget(&key);
            shared.queue.done(&key);
            continue;
        };
        shared.metrics.waited(key.subject.controller(), waited);
        let begin = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| reconcile(shared, &pass.tenure, &key)));
        let (outcome, result) = match outcome {
            Ok(Outcome::Done) => (Outcome::Done, "success"),
            Ok(Outcome::Retry) => (Outcome::Retry, "error"),
            Err(_) => {
                tracing::error!(owner = %key, "the pass over this owner panicked");
                (Outcome::Retry, "error")
            }
        };
        shared.metrics.reconciled(key.subject.controller(), result, begin.elapsed());
        match outcome {
            Outcome::Done => shared.queue.forget(&key),
            Outcome::Retry => shared.queue.retry(key.clone()),
        }
        shared.queue.done(&key);
        drop(pass);
    }
}

fn reconcile(shared: &Shared, tenure: &Tenure, key: &Key) -> Outcome {
    if key.subject.is_blueprint() {
        super::blueprint::reconcile(shared, tenure, key)
    } else {
        super::pass::reconcile(shared, tenure, key)
    }
}
