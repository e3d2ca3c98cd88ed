//! What renders take from the allocator.

use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use mimalloc::MiMalloc;

/// The allocator of the binaries: mimalloc, and a count of what is asked of it while somebody counts.
///
/// ```
/// use stampmill::bench::Allocator;
///
/// #[global_allocator]
/// static ALLOCATOR: Allocator = Allocator;
///
/// assert!(!String::from("on the heap").is_empty());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Allocator;

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

/// What `work` asks of the allocator; none if that is not [`Allocator`]. Whatever other threads ask of it
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

fn count(bytes: usize) {
    if COUNTING.load(Ordering::Relaxed) {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

// SAFETY: every call goes to mimalloc as it came, and its answer back; counting neither allocates nor
// panics.
#[allow(unsafe_code, reason = "the trait of allocators is unsafe; nothing here is but passing on")]
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { MiMalloc.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: as above.
        unsafe { MiMalloc.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size.saturating_sub(layout.size()));
        // SAFETY: as above; the block is mimalloc's, since all are.
        unsafe { MiMalloc.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { MiMalloc.dealloc(block, layout) }
    }
}
