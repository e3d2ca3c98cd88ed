//! A blueprint as a tree on the terminal: each resource below the last of those that feed it.

use std::fmt::Write;

use super::model::{Graph, State, Step};

/// The graph as lines of text. Colours are those of terminals.
pub fn text(graph: &Graph, colours: bool) -> String {
    let mut out = graph.blueprint.clone();
    if let Some(owner) = &graph.owner {
        // Writing to a string cannot fail.
        let _ = write!(out, " for {}: {}", owner.name, painted(owner.state, owner.state.word(), colours));
        if !owner.reason.is_empty() {
            let _ = write!(out, " ({})", first_line(&owner.reason));
        }
    }
    out.push_str("\n\n");
    let parents: Vec<Option<usize>> = graph.steps.iter().map(parent).collect();
    let tree = Tree { graph, parents, colours };
    tree.below(None, "", &mut out);
    out
}

/// The last of the resources that feed it: all others stand above.
fn parent(step: &Step) -> Option<usize> {
    step.inputs.iter().filter_map(|input| input.from).max()
}

struct Tree<'a> {
    graph: &'a Graph,
    parents: Vec<Option<usize>>,
    colours: bool,
}

impl Tree<'_> {
    fn below(&self, parent: Option<usize>, indent: &str, out: &mut String) {
        let children: Vec<usize> =
            (0..self.graph.steps.len()).filter(|index| self.parents.get(*index) == Some(&parent)).collect();
        for (place, index) in children.iter().enumerate() {
            let Some(step) = self.graph.steps.get(*index) else { continue };
            let is_last = place + 1 == children.len();
            let (branch, deeper) = match (parent, is_last) {
                (None, _) => ("", String::new()),
                (_, true) => ("└─ ", format!("{indent}   ")),
                (_, false) => ("├─ ", format!("{indent}│  ")),
            };
            let has_children = self.parents.contains(&Some(*index));
            self.step(step, &format!("{indent}{branch}"), &deeper, has_children, out);
            self.below(Some(*index), &deeper, out);
        }
    }

    fn step(&self, step: &Step, begin: &str, indent: &str, has_children: bool, out: &mut String) {
        let mark = step.state.map(|state| format!("{} ", painted(state, symbol(state), self.colours)));
        let _ = write!(out, "{begin}{}{}", mark.unwrap_or_default(), step.name);
        let _ = write!(out, "  {} {}", step.kind, step.template);
        if !step.inputs.is_empty() {
            let inputs = step.inputs.iter().map(|input| match input.from {
                Some(_) => format!("{} from {}", input.shown(), input.resource),
                None => format!("{} from {}, which is not there", input.shown(), input.resource),
            });
            let _ = write!(out, "  ({})", inputs.collect::<Vec<_>>().join(", "));
        }
        out.push('\n');
        let rail = if has_children { "│  " } else { "   " };
        let mut detail = |text: &str| _ = writeln!(out, "{indent}{rail}{text}");
        if !step.stamped.is_empty() {
            detail(&format!("stamped {}", step.stamped));
        }
        for (name, preview) in &step.outputs {
            detail(&format!("{name}: {}", first_line(preview)));
        }
        if let (false, Some(state)) = (step.reason.is_empty(), step.state) {
            detail(&painted(state, &first_line(&step.reason), self.colours));
        }
    }
}

fn symbol(state: State) -> &'static str {
    match state {
        State::Ready => "✓",
        State::Waiting => "…",
        State::Failed => "✗",
        State::Missing => "○",
    }
}

fn painted(state: State, text: &str, colours: bool) -> String {
    let colour = match state {
        _ if !colours => return text.to_owned(),
        State::Ready => "32",
        State::Waiting => "33",
        State::Failed => "31",
        State::Missing => "2",
    };
    format!("\x1b[{colour}m{text}\x1b[0m")
}

/// One line, however much there is.
pub(super) fn first_line(text: &str) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let cut: String = first.chars().take(160).collect();
    if lines.next().is_some() || cut.len() < first.len() { format!("{cut} …") } else { cut }
}
