//! Which differences are of one kind: those whose paths and kinds of change are the same once the owner's
//! name and namespace are taken out.

use super::changes::Change;
use crate::yaml::{Node, json};

/// Who an object was stamped for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    pub(super) name: &'a str,
    pub(super) namespace: &'a str,
}

impl Names<'_> {
    /// A text in which the owner's name and namespace are replaced, where they stand as words.
    pub(super) fn taken_out(self, text: &str) -> String {
        let text = replaced(text, self.name, "<name>");
        replaced(&text, self.namespace, "<namespace>")
    }

    /// A path as shapes have it.
    pub(super) fn path(self, change: &Change) -> String {
        let mut out = String::new();
        for step in &change.path {
            if !out.is_empty() && !step.starts_with('[') {
                out.push('.');
            }
            // Keys with dots in them read as one.
            if step.contains('.') && !step.starts_with('[') {
                out.push_str(&format!("\"{}\"", self.taken_out(step)));
            } else {
                out.push_str(&self.taken_out(step));
            }
        }
        out
    }

    /// A value as shapes have it: JSON.
    pub(super) fn value(self, node: &Node) -> String {
        self.taken_out(&json::encode(node, 0, false).unwrap_or_default())
    }
}

/// Replaces a word: what stands before and after it is no letter, digit, or mark of a replacement.
fn replaced(text: &str, word: &str, with: &str) -> String {
    if word.is_empty() {
        return text.to_owned();
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '<' || c == '>';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, behind) = rest.split_at(at);
        let (found, behind) = behind.split_at(word.len());
        let stands_alone = !before.chars().next_back().or(out.chars().next_back()).is_some_and(is_word)
            && !behind.chars().next().is_some_and(is_word);
        out.push_str(before);
        out.push_str(if stands_alone { with } else { found });
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn names_of_owners_are_taken_out_where_they_stand_as_words() {
        let names = Names { name: "web", namespace: "team" };
        for (text, expected) in [
            ("web", "<name>"),
            ("registry/web:1", "registry/<name>:1"),
            ("web-build.team.svc", "<name>-build.<namespace>.svc"),
            ("webhook web", "webhook <name>"),
            ("webweb", "webweb"),
        ] {
            assert_eq!(names.taken_out(text), expected, "{text}");
        }
        let names = Names { name: "name", namespace: "" };
        assert_eq!(names.taken_out("name=name"), "<name>=<name>");
    }
}
