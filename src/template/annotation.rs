//! What a comment of a template means.

use crate::yaml::Comment;

/// The kinds of comments.
#[derive(Debug, PartialEq)]
pub(crate) enum Annotation<'a> {
    /// `#! ...`, `#@comment ...`, or any comment where unknown ones are ignored.
    Comment,
    /// `#@ ...`: code, or the value of the node on the same line.
    Code(&'a str),
    /// `#@name args`
    Named {
        name: &'a str,
        /// The text behind the name: arguments as in a call.
        args: &'a str,
    },
}

/// A comment that is neither `#@` nor `#!`.
#[derive(Debug)]
pub(crate) struct UnknownComment;

impl UnknownComment {
    pub(crate) const MESSAGE: &'static str =
        "Expected ytt-formatted string (use '#@' for annotations or code, '#!' for comments)";
}

/// Reads a comment's text.
pub(crate) fn parse(data: &str, ignore_unknown: bool) -> Result<Annotation<'_>, UnknownComment> {
    if data.starts_with('!') {
        return Ok(Annotation::Comment);
    }
    let Some(rest) = data.strip_prefix('@') else {
        return if ignore_unknown { Ok(Annotation::Comment) } else { Err(UnknownComment) };
    };
    Ok(match rest.split_once(' ') {
        Some(("", code)) => Annotation::Code(code),
        Some(("comment", _)) => Annotation::Comment,
        Some((name, args)) => Annotation::Named { name, args },
        None if rest == "comment" => Annotation::Comment,
        None if rest.is_empty() => Annotation::Code(""),
        None => Annotation::Named { name: rest, args: "" },
    })
}

/// Whether one of the comments is the annotation `name`, and how often.
pub(crate) fn count(comments: &[Comment], name: &str) -> usize {
    comments
        .iter()
        .filter(|comment| matches!(parse(&comment.data, true), Ok(Annotation::Named { name: n, .. }) if n == name))
        .count()
}

#[cfg(test)]
mod tests {
    use super::{Annotation, parse};

    #[test]
    fn comments_are_told_apart() {
        for (data, want) in [
            ("! note", Annotation::Comment),
            ("@ x = 1", Annotation::Code("x = 1")),
            ("@  if x:", Annotation::Code(" if x:")),
            ("@", Annotation::Code("")),
            ("@overlay/match by=\"a\"", Annotation::Named { name: "overlay/match", args: "by=\"a\"" }),
            ("@comment about x", Annotation::Comment),
            ("@data/values", Annotation::Named { name: "data/values", args: "" }),
            ("@x = 1", Annotation::Named { name: "x", args: "= 1" }),
        ] {
            assert_eq!(parse(data, false).ok(), Some(want), "{data}");
        }
        assert!(parse(" plain", false).is_err());
        assert_eq!(parse(" plain", true).ok(), Some(Annotation::Comment));
    }
}
