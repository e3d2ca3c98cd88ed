//! A blueprint as a Mermaid flowchart, for Markdown pages.

use std::fmt::Write;

use super::model::{Graph, State};
use super::text::first_line;

/// The graph as a flowchart.
pub fn mermaid(graph: &Graph) -> String {
    let mut out = String::from("---\n");
    let title = match &graph.owner {
        Some(owner) => format!("{} for {}: {}", graph.blueprint, owner.name, owner.state.word()),
        None => graph.blueprint.clone(),
    };
    // Writing to a string cannot fail.
    let _ = writeln!(out, "title: \"{}\"\n---\nflowchart LR", title.replace('"', "'"));
    for (index, step) in graph.steps.iter().enumerate() {
        let mut lines = vec![format!("<b>{}</b>", escaped(&step.name)), escaped(&step.kind)];
        if !step.template.is_empty() {
            lines.push(escaped(&step.template));
        }
        if let Some(state) = step.state {
            lines.push(format!("<i>{}</i>", state.word()));
        }
        if !step.reason.is_empty() {
            lines.push(escaped(&first_line(&step.reason)));
        }
        let _ = writeln!(out, "  r{index}[\"{}\"]", lines.join("<br>"));
    }
    for (index, step) in graph.steps.iter().enumerate() {
        for (place, input) in step.inputs.iter().enumerate() {
            let label = escaped(&input.shown());
            match input.from {
                Some(from) => _ = writeln!(out, "  r{from} -- \"{label}\" --> r{index}"),
                None => {
                    let missing = format!("r{index}m{place}");
                    let name = escaped(&input.resource);
                    let _ =
                        writeln!(out, "  {missing}([\"{name} is not there\"]) -. \"{label}\" .-> r{index}");
                }
            }
        }
    }
    for state in [State::Ready, State::Waiting, State::Failed, State::Missing] {
        let steps = graph.steps.iter().enumerate().filter(|(_, step)| step.state == Some(state));
        let names: Vec<String> = steps.map(|(index, _)| format!("r{index}")).collect();
        if !names.is_empty() {
            let (class, fill, line) = style(state);
            let _ = writeln!(out, "  classDef {class} fill:{fill},stroke:{line},color:#1f2328");
            let _ = writeln!(out, "  class {} {class}", names.join(","));
        }
    }
    out
}

/// The class of a state, and its colours: inside and border.
pub(super) fn style(state: State) -> (&'static str, &'static str, &'static str) {
    match state {
        State::Ready => ("ready", "#dafbe1", "#1a7f37"),
        State::Waiting => ("waiting", "#fff8c5", "#9a6700"),
        State::Failed => ("failed", "#ffebe9", "#cf222e"),
        State::Missing => ("missing", "#f6f8fa", "#8c959f"),
    }
}

/// Text in a quoted label.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '\n' => out.push_str("<br>"),
            c => out.push(c),
        }
    }
    out
}
