//! Threads by number, for what each of them, or each of a few, has for itself.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The number of the thread, once it has one.
    static THREAD: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// The number of this thread. They count from 0 in the order in which they first ask.
pub(super) fn number() -> usize {
    THREAD.with(|thread| {
        if thread.get() == usize::MAX {
            thread.set(THREADS.fetch_add(1, Ordering::Relaxed));
        }
        thread.get()
    })
}

/// How many threads run at once.
pub(super) fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| std::thread::available_parallelism().map_or(1, Into::into))
}
