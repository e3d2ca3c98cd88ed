//! Two trees side by side, as lines of YAML.

use similar::TextDiff;

use crate::supply_chain::wire::wire;
use crate::yaml::{self, Document, DocumentSet, Node};

/// How many equal lines are shown around changes.
const CONTEXT: usize = 3;

/// What must go (`-`) and come (`+`) to get from one object to the other; empty if they print the same.
/// Keys are sorted.
pub(crate) fn diff(from: &Node, to: &Node) -> String {
    let (from, to) = (text(from), text(to));
    TextDiff::from_lines(&from, &to).unified_diff().context_radius(CONTEXT).to_string()
}

/// A tree as YAML with sorted keys.
pub(crate) fn text(node: &Node) -> String {
    let document = Document { value: wire(node), ..Document::default() };
    yaml::print_documents(&DocumentSet { items: vec![document], ..DocumentSet::default() })
}

/// A diff with the usual colours of terminals.
pub(crate) fn painted(diff: &str) -> String {
    let mut out = String::new();
    for line in diff.split_inclusive('\n') {
        let colour = match line.as_bytes().first() {
            Some(b'-') => "\x1b[31m",
            Some(b'+') => "\x1b[32m",
            Some(b'@') => "\x1b[36m",
            _ => "",
        };
        let end = if colour.is_empty() { "" } else { "\x1b[0m" };
        let text = line.trim_end_matches('\n');
        out.push_str(colour);
        out.push_str(text);
        out.push_str(end);
        out.push('\n');
    }
    out
}
