//! What renders take from the allocator.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

static COUNTING: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

/// What some work asked of the allocator.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Allocated {
    /// How often: allocations, and changes of their sizes.
    pub(super) allocations: u64,
    /// How many bytes; of one that grows, only what is added.
    pub(super) bytes: u64,
}

/// What `work` asks of the allocator; none if that does not count. Whatever other threads ask of it
/// meanwhile counts too.
pub(super) fn counted(work: impl FnOnce()) -> Option<Allocated> {
    let read = || (ALLOCATIONS.load(Ordering::Relaxed), BYTES.load(Ordering::Relaxed));
    let before = read();
    COUNTING.store(true, Ordering::Relaxed);
    // Without the allocator, not even this one counts.
    drop(std::hint::black_box(Box::new(0_u8)));
    let start = read();
    work();
    COUNTING.store(false, Ordering::Relaxed);
    let end = read();
    (start != before).then(|| Allocated { allocations: end.0 - start.0, bytes: end.1 - start.1 })
}

/// Counts an allocation, if somebody counts.
#[cfg(feature = "cli")]
#[inline]
pub(super) fn count(bytes: usize) {
    if COUNTING.load(Ordering::Relaxed) {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}
