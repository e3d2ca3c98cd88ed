//! Room for recursion.

use std::any::Any;

use crate::error::{Error, ErrorKind, Result};

/// Reserved, not used: the system gives memory to the pages that are touched.
pub(crate) const STACK_BYTES: usize = 512 << 20;

/// Runs `work` on a thread whose stack has room for the deepest code and trees the limits allow,
/// whatever the caller's thread has. A panic becomes an error.
///
/// # Errors
/// [`ErrorKind::Internal`] if no thread can be started or `work` panicked, and those of `work`.
pub fn on_deep_stack<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
        let thread =
            thread.map_err(|error| Error::new(ErrorKind::Internal, format!("starting a thread: {error}")))?;
        thread.join().unwrap_or_else(|panic| Err(panicked(&*panic)))
    })
}

/// The error for a panic.
pub(crate) fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("panic without a message");
    Error::new(ErrorKind::Internal, format!("Internal error: {text}"))
}

/// The stack that one call of a function takes at most, natives between calls included.
const CALL_BYTES: usize = if cfg!(debug_assertions) { 64 << 10 } else { 8 << 10 };

/// The stack that one level of a tree takes at most while it is walked.
const LEVEL_BYTES: usize = if cfg!(debug_assertions) { 8 << 10 } else { 1 << 10 };

/// The stack that everything else takes.
const BASE_BYTES: usize = 512 << 10;

/// The stack that code may take under these limits.
pub(crate) const fn stack_for(call_depth: usize, tree_depth: u32) -> usize {
    BASE_BYTES + call_depth * CALL_BYTES + tree_depth as usize * LEVEL_BYTES
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "it is what is tested")]

    use super::on_deep_stack;
    use crate::error::{ErrorKind, Result};

    #[test]
    fn a_panic_is_an_internal_error() {
        std::panic::set_hook(Box::new(|_| {}));
        let failed: Result<()> = on_deep_stack(|| panic!("{} wrong", "something"));
        let error = failed.err();
        assert_eq!(error.as_ref().map(|error| error.kind()), Some(ErrorKind::Internal));
        assert_eq!(error.map(|error| error.to_string()).as_deref(), Some("Internal error: something wrong"));
    }
}
