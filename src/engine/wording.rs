//! The crate's run-time errors in the words ytt users know.

/// The message of an error, as the reference would word it.
pub(crate) fn message(error: &starlark::Error) -> String {
    match native(error) {
        Some(native) => native.message(),
        None => error.without_diagnostic().to_string(),
    }
}

/// The native error behind an error of the crate.
pub(crate) fn native(error: &starlark::Error) -> Option<&super::NativeError> {
    match error.kind() {
        starlark::ErrorKind::Native(inner) => inner.downcast_ref(),
        _ => None,
    }
}
