//! Renders without keeping others from being answered.
//!
//! Most renders take microseconds: they run where the request is, within a small budget. What goes beyond it is
//! done again with all its limits on a thread of its own, of which there are as many as there are slots.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::problem::{Fault, Problem};
use super::slots::{ClientId, Refused, Slot, Slots};
use crate::{CancelToken, Error, ErrorKind, Limit, Limits, Output, Renderer, Template, Values};

/// What a render may take where the request is.
const QUICK_TIME: Duration = Duration::from_millis(2);
const QUICK_STEPS: u64 = 50_000;
const QUICK_MEMORY: usize = 4 << 20;
/// How large data values may be there: reading them takes time, too.
pub(super) const QUICK_INPUT: usize = 64 << 10;
/// A template that is slow is tried here again after this many renders.
const SLOW_RENDERS: u64 = 256;
/// How many renders in a row must take too long for that.
const SLOW_IN_A_ROW: u32 = 3;
/// Templates that take longer than this to compile are never tried here.
const HEAVY: Duration = Duration::from_millis(50);

/// How many bytes of templates that are not registered are kept, as the cache counts them: by their text, which is
/// little for small ones.
const CACHE_BYTES: u64 = 4 << 20;

/// What renders, and where.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) slots: Arc<Slots>,
    /// Never blocks a thread: there are slots.
    pub(super) renderer: Arc<Renderer>,
    quick: Renderer,
    /// Renders that were done where the request was.
    pub(super) inline: AtomicU64,
}

/// What is remembered of a template: whether its renders go to a thread at once.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// How many of its next renders do; `u64::MAX` for all of them.
    elsewhere: AtomicU64,
    /// How many renders in a row took too long.
    slow: AtomicU32,
}

impl Pace {
    /// For a template that takes long to compile, too: threads do so for themselves now and then.
    pub(super) fn of(template: &Template) -> Pace {
        let is_heavy = template.compile_time() > HEAVY;
        let elsewhere = if is_heavy { u64::MAX } else { 0 };
        Pace { elsewhere: AtomicU64::new(elsewhere), slow: AtomicU32::new(0) }
    }

    fn goes_elsewhere(&self) -> bool {
        let left = self.elsewhere.load(Ordering::Relaxed);
        if left == 0 {
            return false;
        }
        if left != u64::MAX {
            self.elsewhere.store(left - 1, Ordering::Relaxed);
        }
        true
    }

    /// It has used up its steps, or its memory: it will again.
    fn note_large(&self) {
        self.elsewhere.store(SLOW_RENDERS, Ordering::Relaxed);
    }

    /// Notes how long it took. On a busy machine a thread may be kept from running for a while, so once is not
    /// enough to say that a template is slow.
    fn note_time(&self, took: Duration) {
        if took <= QUICK_TIME {
            if self.slow.load(Ordering::Relaxed) > 0 {
                self.slow.store(0, Ordering::Relaxed);
            }
        } else if self.slow.fetch_add(1, Ordering::Relaxed) + 1 >= SLOW_IN_A_ROW {
            self.slow.store(0, Ordering::Relaxed);
            self.note_large();
        }
    }
}

/// Cancels what runs on a thread when nobody waits for it any more.
struct CancelOnDrop(CancelToken);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Work {
    pub(super) fn new(limits: &Limits, slots: Arc<Slots>) -> Work {
        let quick = Limits {
            steps: limits.steps.min(QUICK_STEPS),
            memory: limits.memory.min(QUICK_MEMORY),
            time: Some(limits.time.map_or(QUICK_TIME, |time| time.min(QUICK_TIME))),
            ..limits.clone()
        };
        let renderer = |limits| Renderer::new().with_limits(limits).with_max_concurrent(usize::MAX);
        Work {
            slots,
            renderer: Arc::new(renderer(limits.clone()).with_cache_bytes(CACHE_BYTES)),
            quick: renderer(quick),
            inline: AtomicU64::new(0),
        }
    }

    /// Tries a render here and now; none if it has to go to a thread.
    pub(super) fn try_quick<T>(
        &self,
        template: &Template,
        pace: &Pace,
        values: &Values<'_>,
        input_bytes: usize,
        finish: impl FnOnce(Output) -> Result<T, Error>,
    ) -> Option<Result<T, Error>> {
        if input_bytes > QUICK_INPUT || pace.goes_elsewhere() {
            return None;
        }
        let start = Instant::now();
        let result = self.quick.render(template, values).and_then(finish);
        pace.note_time(start.elapsed());
        match result.as_ref().map_err(Error::kind) {
            Err(ErrorKind::Limit(Limit::Steps | Limit::Memory)) => {
                pace.note_large();
                return None;
            }
            Err(ErrorKind::Limit(Limit::Time)) => return None,
            _ => {}
        }
        self.inline.fetch_add(1, Ordering::Relaxed);
        Some(result)
    }

    /// Waits for a slot.
    ///
    /// # Errors
    /// There is too much to do.
    pub(super) async fn slot(&self, client: &ClientId) -> Result<Slot, Problem> {
        self.slots.acquire(client).await.map_err(|refused| match refused {
            Refused::Client => Problem::new(
                Fault::Rate,
                format!("{client} has as many renders that run or wait as one client may have"),
            ),
            Refused::Overload => Problem::new(Fault::Overload, "too many renders wait already"),
        })
    }

    /// Does something on a thread of its own, in a slot. It is cancelled when the future is dropped.
    ///
    /// # Errors
    /// Those of `work`; there is too much to do.
    pub(super) async fn run<T, E>(
        &self,
        client: &ClientId,
        work: impl FnOnce(&CancelToken) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Send + 'static + Into<Problem>,
    {
        let slot = self.slot(client).await?;
        self.run_in(slot, work).await?.map_err(Into::into)
    }

    /// The same with a slot that is there.
    pub(super) async fn run_in<T: Send + 'static>(
        &self,
        slot: Slot,
        work: impl FnOnce(&CancelToken) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let token = CancelToken::new();
        let guard = CancelOnDrop(token.clone());
        let done = tokio::task::spawn_blocking(move || {
            let result = work(&token);
            drop(slot);
            result
        })
        .await;
        drop(guard);
        done.map_err(|_| {
            Problem::from(Error::new(ErrorKind::Internal, "Internal error: a thread has panicked"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_slow_if_it_was_several_times_in_a_row() {
        let pace = Pace::default();
        let slow = 2 * QUICK_TIME;
        for took in [slow, slow, Duration::ZERO, slow, slow] {
            pace.note_time(took);
            assert!(!pace.goes_elsewhere());
        }
        pace.note_time(slow);
        for _ in 0..SLOW_RENDERS {
            assert!(pace.goes_elsewhere());
        }
        assert!(!pace.goes_elsewhere());
    }
}
