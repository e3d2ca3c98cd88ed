//! Names that ytt's dialect allows and the `starlark` crate reserves.

/// Words the crate's grammar keeps for itself; in ytt they are ordinary names (`assert` is even the
/// usual name of a module).
const RESERVED: [&str; 3] = ["assert", "async", "await"];

/// The prefix of names that only generated code uses.
pub(crate) const PREFIX: &str = "__sm_";

/// The prefix under which built-ins can be reached where a file binds their name.
pub(crate) const BUILTIN: &str = "__sm_builtin_";

/// What chunks and operators are called in the crate's back traces, which leave them out.
pub(crate) const NATIVE_FRAME: &str = "__sm_native";

/// Puts a name into a form the crate accepts.
pub(crate) fn escape(name: &str) -> std::borrow::Cow<'_, str> {
    if RESERVED.contains(&name) { format!("{PREFIX}{name}").into() } else { name.into() }
}

/// The name the template used.
pub(crate) fn restore(name: &str) -> &str {
    match name.strip_prefix(PREFIX) {
        Some(rest) if RESERVED.contains(&rest) => rest,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::{escape, restore};

    #[test]
    fn reserved_words_survive_the_round_trip() {
        for name in ["assert", "async", "await", "name", "__sm_x"] {
            assert_eq!(restore(&escape(name)), name);
        }
        assert_ne!(escape("assert"), "assert");
    }
}
