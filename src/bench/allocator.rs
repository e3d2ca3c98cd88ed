//! The allocator of the binaries.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::ptr;

use mimalloc::MiMalloc;

use super::allocated::count;

/// mimalloc, and a count of what is asked of it while somebody counts. The large buffer that every
/// evaluation asks for is kept by the thread, for the next one.
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

/// What an evaluator of the `starlark` crate asks for when it is made, and gives back when it is gone.
/// Blocks of this size are too large for the quick ways of an allocator: threads would meet where it
/// keeps its large ones.
const EVALUATOR: Layout = match Layout::from_size_align(1_000_000, align_of::<u64>()) {
    Ok(layout) => layout,
    Err(_) => Layout::new::<u64>(),
};

/// How many such blocks a thread keeps: evaluators run within one another.
const KEPT: usize = 4;

/// The blocks that a thread keeps: the first of them, each of which begins with the place of the next.
struct Spare {
    first: Cell<*mut u8>,
    count: Cell<usize>,
}

thread_local! {
    static SPARE: Spare = const { Spare { first: Cell::new(ptr::null_mut()), count: Cell::new(0) } };
}

#[allow(unsafe_code, reason = "blocks of memory are kept in a list that they hold themselves")]
impl Spare {
    /// One of the blocks; null if there is none.
    fn take(&self) -> *mut u8 {
        let block = self.first.get();
        if !block.is_null() {
            // SAFETY: `put` has written this to the block, and nobody has had it since.
            self.first.set(unsafe { block.cast::<*mut u8>().read() });
            self.count.set(self.count.get() - 1);
        }
        block
    }

    /// Keeps a block of [`EVALUATOR`] that nobody uses, unless there are enough.
    ///
    /// # Safety
    /// The block is mimalloc's, of that layout, and the caller gives it away.
    unsafe fn put(&self, block: *mut u8) -> bool {
        let room = self.count.get() < KEPT;
        if room {
            // SAFETY: it has room for a pointer, and is aligned for one.
            unsafe { block.cast::<*mut u8>().write(self.first.replace(block)) };
            self.count.set(self.count.get() + 1);
        }
        room
    }
}

#[allow(unsafe_code, reason = "as above")]
impl Drop for Spare {
    fn drop(&mut self) {
        loop {
            let block = self.take();
            if block.is_null() {
                return;
            }
            // SAFETY: it was given to `put`.
            unsafe { MiMalloc.dealloc(block, EVALUATOR) };
        }
    }
}

/// Allocates a block of the size of an evaluator's buffer.
///
/// # Safety
/// As [`GlobalAlloc::alloc`].
#[cold]
#[inline(never)]
#[allow(unsafe_code, reason = "as above")]
unsafe fn take(layout: Layout) -> *mut u8 {
    let block = match layout == EVALUATOR {
        true => SPARE.try_with(Spare::take).unwrap_or(ptr::null_mut()),
        false => ptr::null_mut(),
    };
    // SAFETY: the caller keeps the contract, which is the same.
    if block.is_null() { unsafe { MiMalloc.alloc(layout) } } else { block }
}

/// Gives such a block back.
///
/// # Safety
/// As [`GlobalAlloc::dealloc`].
#[cold]
#[inline(never)]
#[allow(unsafe_code, reason = "as above")]
unsafe fn give(block: *mut u8, layout: Layout) {
    // SAFETY: the block is mimalloc's, since all are, and of this layout.
    let kept = layout == EVALUATOR && SPARE.try_with(|spare| unsafe { spare.put(block) }).unwrap_or(false);
    if !kept {
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { MiMalloc.dealloc(block, layout) }
    }
}

// SAFETY: every call goes to mimalloc as it came, and its answer back, but for blocks of one layout, which
// are given out again as they were given back; counting and keeping neither allocates nor panics.
#[allow(unsafe_code, reason = "the trait of allocators is unsafe; nothing here is but passing on")]
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        if layout.size() == EVALUATOR.size() {
            // SAFETY: the caller keeps the contract, which is the same.
            return unsafe { take(layout) };
        }
        // SAFETY: as above.
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
        if layout.size() == EVALUATOR.size() {
            // SAFETY: as above.
            return unsafe { give(block, layout) };
        }
        // SAFETY: as above.
        unsafe { MiMalloc.dealloc(block, layout) }
    }
}

#[cfg(test)]
mod tests {
    use std::alloc::GlobalAlloc;

    use super::{Allocator, EVALUATOR, KEPT};

    #[test]
    #[allow(unsafe_code, reason = "it is what is tested")]
    fn blocks_of_evaluators_are_given_out_again() {
        let take = || {
            // SAFETY: the layout has a size.
            let block = unsafe { Allocator.alloc(EVALUATOR) };
            assert!(!block.is_null());
            block
        };
        // SAFETY: each block is given back once, and not used.
        let give = |block| unsafe { Allocator.dealloc(block, EVALUATOR) };
        let blocks: Vec<_> = (0..KEPT + 2).map(|_| take()).collect();
        blocks.iter().for_each(|block| give(*block));
        let again: Vec<_> = (0..KEPT).map(|_| take()).collect();
        assert!(again.iter().eq(blocks.iter().take(KEPT).rev()));
        again.into_iter().for_each(give);
    }
}
