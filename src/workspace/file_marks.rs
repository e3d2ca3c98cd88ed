//! File marks: `path:key=value` changes how the files that match the path are treated.

use regex::Regex;

use super::files::{File, FileKind};
use crate::{Error, ErrorKind, Result};

/// Applies the marks one after another. Unless `strict`, a mark with a wildcard may match no file.
///
/// # Errors
/// `Usage` for a mark that is malformed, unknown or matches no file.
pub fn apply_file_marks(mut files: Vec<File>, marks: &[String], strict: bool) -> Result<Vec<File>> {
    let mut exclusive = Vec::new();
    for mark in marks {
        let Some((path, setting)) = mark.split_once(':') else {
            return fail(format!("Expected file mark '{mark}' to be in format path:key=value"));
        };
        let Some((key, value)) = setting.split_once('=') else {
            return fail(format!("Expected file mark '{mark}' key-value portion to be in format key=value"));
        };
        let pattern = pattern(path)?;
        let matched = |file: &File| pattern.is_match(file.original_path());
        if !files.iter().any(matched) {
            if !strict && path.contains('*') {
                continue;
            }
            return fail(format!(
                "Expected file mark '{mark}' to match at least one file by path, but did not"
            ));
        }
        let marked = files.iter_mut().filter(|file| matched(file));
        match (key, value) {
            ("path", _) => marked.for_each(|file| file.set_path(value)),
            ("exclude", "true") => files.retain(|file| !matched(file)),
            ("type", _) => match kind_by_name(value) {
                Some((kind, template)) => marked.for_each(|file| file.mark_kind(kind, template)),
                None => return fail(format!("Unknown value in file mark '{mark}'")),
            },
            ("for-output", "true") => marked.for_each(|file| file.mark_for_output(true)),
            ("exclusive-for-output", "true") => exclusive.push(pattern),
            ("exclude" | "for-output" | "exclusive-for-output", _) => {
                return fail(format!("Unknown value in file mark '{mark}'"));
            }
            _ => return fail(format!("Unknown key in file mark '{mark}'")),
        }
    }
    if !exclusive.is_empty() {
        for file in &mut files {
            let named = exclusive.iter().any(|pattern| pattern.is_match(file.original_path()));
            file.mark_for_output(named);
        }
    }
    Ok(files)
}

fn fail<T>(message: String) -> Result<T> {
    Err(Error::new(ErrorKind::Usage, message))
}

/// ytt knows one `**/*` (any path) and one `*` (any name) in a path; more of them are taken literally.
fn pattern(path: &str) -> Result<Regex> {
    let escaped = regex::escape(path).replacen(r"\*\*/\*", ".+", 1).replacen(r"\*", "[^/]+", 1);
    Regex::new(&format!("^{escaped}$"))
        .map_err(|error| Error::new(ErrorKind::Usage, format!("Reading file mark path '{path}': {error}")))
}

fn kind_by_name(name: &str) -> Option<(FileKind, bool)> {
    Some(match name {
        "yaml-template" => (FileKind::Yaml, true),
        "yaml-plain" => (FileKind::Yaml, false),
        "text-template" => (FileKind::Text, true),
        "text-plain" => (FileKind::Text, false),
        "starlark" => (FileKind::Starlark, false),
        "data" => (FileKind::Unknown, false),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(paths: &[&str], marks: &[&str]) -> String {
        let files = paths.iter().map(|path| File::new(*path, *b"")).collect();
        let marks: Vec<String> = marks.iter().map(|mark| (*mark).to_owned()).collect();
        match apply_file_marks(files, &marks, true) {
            Ok(files) => files.iter().map(|file| format!("{file:?}")).collect::<Vec<_>>().join(" "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn only_wildcards_may_match_nothing_and_only_if_allowed() {
        let apply = |mark: &str, strict| {
            apply_file_marks(vec![File::new("a.yml", *b"")], &[mark.to_owned()], strict).is_ok()
        };
        assert!(apply("**/*.star:type=starlark", false));
        assert!(!apply("**/*.star:type=starlark", true));
        assert!(!apply("b.star:type=starlark", false));
    }

    #[test]
    fn paths_match_with_one_wildcard_of_each_kind() {
        for (path, pattern, expected) in [
            ("a.yml", "a.yml", true),
            ("axyml", "a.yml", false),
            ("d/a.yml", "a.yml", false),
            ("d/a.yml", "d/*", true),
            ("d/e/a.yml", "d/*", false),
            ("d/e/a.yml", "d/**/*", true),
            ("d/e/a.yml", "**/*.yml", true),
            ("a.yml", "**/*", true),
            ("a.b.yml", "*.*.yml", false),
            ("a.*.yml", "*.*.yml", true),
            ("d/e/a.yml", "d/**/*/*.yml", true),
            ("a.yml", "*", true),
            ("d/a.yml", "d/**", false),
        ] {
            assert_eq!(pattern_matches(pattern, path), expected, "{pattern} on {path}");
        }
    }

    fn pattern_matches(text: &str, path: &str) -> bool {
        pattern(text).is_ok_and(|pattern| pattern.is_match(path))
    }

    #[test]
    fn marks_apply_in_order() {
        assert_eq!(
            marked(&["a.yml", "b.yml"], &["a.yml:exclude=true"]),
            "File(b.yml, Yaml, template, for output)"
        );
        assert_eq!(
            marked(&["a.yml", "b.yml"], &["b.yml:exclusive-for-output=true", "b.yml:type=data"]),
            "File(a.yml, Yaml, template) File(b.yml, Unknown, for output)"
        );
        assert_eq!(
            marked(&["a.yml"], &["a.yml:path=x.txt", "a.yml:type=starlark"]),
            "File(x.txt, Starlark)",
            "the original path is what matches"
        );
    }

    #[test]
    fn wrong_marks_are_refused() {
        for (mark, message) in [
            ("a.yml", "Expected file mark 'a.yml' to be in format path:key=value"),
            ("a.yml:x", "Expected file mark 'a.yml:x' key-value portion to be in format key=value"),
            ("a.yml:x=1", "Unknown key in file mark 'a.yml:x=1'"),
            ("a.yml:exclude=false", "Unknown value in file mark 'a.yml:exclude=false'"),
            ("a.yml:type=yml", "Unknown value in file mark 'a.yml:type=yml'"),
            ("b:x=1", "Expected file mark 'b:x=1' to match at least one file by path, but did not"),
        ] {
            assert_eq!(marked(&["a.yml"], &[mark]), message);
        }
    }
}
