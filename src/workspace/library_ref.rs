//! References to libraries: `@path`, `@~alias`, `@path~alias`, nested as `@outer@inner`.

use crate::{Error, ErrorKind, Result};

/// One step of a reference.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LibraryRef {
    /// The library's path below `_ytt_lib`; empty if only an alias was given.
    pub path: String,
    /// The alias; empty if none was given.
    pub alias: String,
}

impl LibraryRef {
    /// Reads a reference; the steps come outermost first.
    ///
    /// # Errors
    /// `Usage` for a text that is no reference.
    pub fn parse(text: &str) -> Result<Vec<LibraryRef>> {
        let fail = |message: String| Err(Error::new(ErrorKind::Usage, message));
        if text.is_empty() {
            return fail("Expected library ref to not be empty".to_owned());
        }
        let Some(steps) = text.strip_prefix('@') else {
            return fail("Expected library ref to start with '@'".to_owned());
        };
        let mut refs = Vec::new();
        for step in steps.split('@') {
            let (path, alias) = match step.split_once('~') {
                None => (step, ""),
                Some((_, "")) => return fail("Expected library alias to not be empty".to_owned()),
                Some((_, alias)) if alias.contains('~') => {
                    return fail(format!(
                        "Expected library ref to have form: '@path', '@~alias', or '@path~alias', got: '{text}'"
                    ));
                }
                Some(parts) => parts,
            };
            refs.push(LibraryRef { path: path.to_owned(), alias: alias.to_owned() });
        }
        Ok(refs)
    }

    /// Whether a library with this path and alias is meant: what the reference does not name does
    /// not matter, except that a reference without an alias names the path.
    pub fn matches(&self, path: &str, alias: &str) -> bool {
        let same_path = self.path == path;
        if self.alias.is_empty() {
            return same_path;
        }
        self.alias == alias && (self.path.is_empty() || same_path)
    }
}

impl std::fmt::Display for LibraryRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.path)?;
        if !self.alias.is_empty() {
            write!(f, "~{}", self.alias)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn shown(text: &str) -> String {
        match LibraryRef::parse(text) {
            Ok(refs) => refs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn references_are_read() {
        let form = "Expected library ref to have form: '@path', '@~alias', or '@path~alias', got: '@a~b~c'";
        for (text, expected) in [
            ("@a/b", "a/b"),
            ("@a~x@~y", "a~x ~y"),
            ("", "Expected library ref to not be empty"),
            ("a", "Expected library ref to start with '@'"),
            ("@a~", "Expected library alias to not be empty"),
            ("@a~b~c", form),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn a_reference_matches_what_it_names() {
        let matches = |text: &str, path, alias| LibraryRef::parse(text).unwrap()[0].matches(path, alias);
        assert!(matches("@lib", "lib", "any"));
        assert!(!matches("@lib", "other", "lib"));
        assert!(matches("@~one", "lib", "one"));
        assert!(!matches("@~one", "one", "two"));
        assert!(matches("@lib~one", "lib", "one"));
        assert!(!matches("@lib~one", "other", "one"));
    }
}
