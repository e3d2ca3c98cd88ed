//! A blueprint as an SVG picture that needs nothing beside it.

use std::fmt::Write;

use super::layout::{Layout, Slot, layout};
use super::mermaid::style;
use super::model::{Graph, Step};
use super::text::first_line;
use crate::template_tests::escaped;

/// Of the letters, all of one width.
const LETTER: f64 = 7.3;
const LINE: f64 = 17.0;
const PADDING: f64 = 12.0;
const GAP_X: f64 = 120.0;
const GAP_Y: f64 = 28.0;
const MARGIN: f64 = 24.0;
const TITLE: f64 = 34.0;
/// An edge that passes by.
const PASSING: f64 = 18.0;
/// Longer lines are cut.
const MOST_LETTERS: usize = 42;

const HEAD: &str = "<style>
  text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #1f2328 }
  .title { font-size: 14px; font-weight: bold }
  .name { font-weight: bold }
  .quiet { fill: #59636e }
  .label { font-size: 11px; fill: #59636e; paint-order: stroke; stroke: #fff; stroke-width: 4px }
  .edge { fill: none; stroke: #6e7781; stroke-width: 1.3 }
</style>
<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" fill=\"#6e7781\"/></marker></defs>
";

/// The graph as a picture.
pub fn svg(graph: &Graph) -> String {
    let boxes: Vec<Box> = graph.steps.iter().map(Box::of).collect();
    let mut edges: Vec<(usize, usize)> = Vec::new();
    let mut labels: Vec<String> = Vec::new();
    for (to, step) in graph.steps.iter().enumerate() {
        for input in &step.inputs {
            let Some(from) = input.from else { continue };
            match edges.iter().position(|edge| *edge == (from, to)) {
                // Several inputs from one resource are one line.
                Some(known) => {
                    if let Some(label) = labels.get_mut(known) {
                        let _ = write!(label, ", {}", input.shown());
                    }
                }
                None => {
                    edges.push((from, to));
                    labels.push(input.shown());
                }
            }
        }
    }
    let gap = labels.iter().map(|label| label.chars().count() as f64 * 6.7 + 36.0).fold(GAP_X, f64::max);
    let placed = Placed::new(layout(boxes.len(), &edges), &boxes, gap);
    let mut out = String::new();
    let title = title(graph);
    let width = placed.width.max(title.chars().count() as f64 * 8.6 + 2.0 * MARGIN);
    let height = placed.height;
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\n<title>{title}</title>\n{HEAD}\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text class=\"title\" x=\"{MARGIN}\" y=\"{:.0}\">{title}</text>",
        MARGIN + 6.0,
        title = escaped(&title)
    );
    for (index, (edge, label)) in edges.iter().zip(&labels).enumerate() {
        placed.edge(index, *edge, label, &boxes, &mut out);
    }
    for (index, one) in boxes.iter().enumerate() {
        if let Some((x, y)) = placed.of(Slot::Node(index)) {
            one.draw(x, y, &mut out);
        }
    }
    out.push_str("</svg>\n");
    out
}

fn title(graph: &Graph) -> String {
    match &graph.owner {
        Some(owner) if owner.reason.is_empty() => {
            format!("{} for {}: {}", graph.blueprint, owner.name, owner.state.word())
        }
        Some(owner) => {
            let reason = cut(&first_line(&owner.reason));
            format!("{} for {}: {} ({reason})", graph.blueprint, owner.name, owner.state.word())
        }
        None => graph.blueprint.clone(),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_LETTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// A resource's box.
struct Box {
    /// Class and text of each line.
    lines: Vec<(&'static str, String)>,
    fill: &'static str,
    border: &'static str,
    width: f64,
    height: f64,
}

impl Box {
    fn of(step: &Step) -> Box {
        let mut lines = vec![("name", cut(&step.name)), ("", cut(&step.kind))];
        if !step.template.is_empty() {
            lines.push(("", cut(&step.template)));
        }
        let missing = step.inputs.iter().filter(|input| input.from.is_none());
        lines.extend(missing.map(|input| ("", cut(&format!("{}: no {}", input.shown(), input.resource)))));
        if !step.stamped.is_empty() {
            lines.push(("quiet", cut(&step.stamped)));
        }
        lines.extend(
            step.outputs
                .iter()
                .map(|(name, value)| ("quiet", cut(&format!("{name}: {}", first_line(value))))),
        );
        if let Some(state) = step.state {
            lines.push(("", state.word().to_owned()));
        }
        if !step.reason.is_empty() {
            lines.push(("quiet", cut(&first_line(&step.reason))));
        }
        let (_, fill, border) = step.state.map_or(("", "#ddf4ff", "#0969da"), style);
        let letters = lines.iter().map(|(_, text)| text.chars().count()).max().unwrap_or(0);
        let width = letters as f64 * LETTER + 2.0 * PADDING;
        let height = lines.len() as f64 * LINE + PADDING;
        Box { lines, fill, border, width, height }
    }

    fn draw(&self, x: f64, y: f64, out: &mut String) {
        let Box { width, height, fill, border, .. } = self;
        let _ = writeln!(
            out,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"6\" \
             fill=\"{fill}\" stroke=\"{border}\" stroke-width=\"1.3\"/>"
        );
        for (index, (class, text)) in self.lines.iter().enumerate() {
            let (x, y) = (x + PADDING, y + PADDING / 2.0 + LINE * (index as f64 + 0.75));
            let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
            let _ = writeln!(out, "<text{class} x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(text));
        }
    }
}

/// Boxes and passing edges with their left upper corners.
struct Placed {
    slots: Vec<(Slot, usize, f64, f64)>,
    /// Where each layer begins, and how wide it is.
    columns: Vec<(f64, f64)>,
    width: f64,
    height: f64,
}

impl Placed {
    fn new(layout: Layout, boxes: &[Box], gap: f64) -> Placed {
        let height = |slot: &Slot| match slot {
            Slot::Node(node) => boxes.get(*node).map_or(0.0, |one| one.height),
            Slot::Edge(_) => PASSING,
        };
        let width = |slot: &Slot| match slot {
            Slot::Node(node) => boxes.get(*node).map_or(0.0, |one| one.width),
            Slot::Edge(_) => 0.0,
        };
        let tall = |layer: &[Slot]| {
            layer.iter().map(height).sum::<f64>() + GAP_Y * layer.len().saturating_sub(1) as f64
        };
        let tallest = layout.layers.iter().map(|layer| tall(layer)).fold(0.0, f64::max);
        let (mut slots, mut columns, mut x) = (Vec::new(), Vec::new(), MARGIN);
        for (index, layer) in layout.layers.iter().enumerate() {
            let wide = layer.iter().map(width).fold(0.0, f64::max);
            let mut y = TITLE + MARGIN + (tallest - tall(layer)) / 2.0;
            for slot in layer {
                slots.push((*slot, index, x + (wide - width(slot)) / 2.0, y));
                y += height(slot) + GAP_Y;
            }
            columns.push((x, wide));
            x += wide + gap;
        }
        Placed { slots, columns, width: x - gap + MARGIN, height: TITLE + tallest + 2.0 * MARGIN }
    }

    fn of(&self, slot: Slot) -> Option<(f64, f64)> {
        self.slots.iter().find(|(other, ..)| *other == slot).map(|(_, _, x, y)| (*x, *y))
    }

    /// Draws an edge through its places, with its label behind its beginning.
    fn edge(&self, index: usize, (from, to): (usize, usize), label: &str, boxes: &[Box], out: &mut String) {
        let (Some((from_x, from_y)), Some((to_x, to_y))) =
            (self.of(Slot::Node(from)), self.of(Slot::Node(to)))
        else {
            return;
        };
        let (Some(first), Some(last)) = (boxes.get(from), boxes.get(to)) else { return };
        let (mut x, mut y) = (from_x + first.width, from_y + first.height / 2.0);
        let mut path = format!("M{x:.1} {y:.1}");
        let mut curve = |to_x: f64, to_y: f64| {
            let middle = (x + to_x) / 2.0;
            let _ = write!(path, " C{middle:.1} {y:.1} {middle:.1} {to_y:.1} {to_x:.1} {to_y:.1}");
            let between = ((x + to_x) / 2.0, (y + to_y) / 2.0);
            (x, y) = (to_x, to_y);
            between
        };
        let mut middle = None;
        for (slot, layer, _, slot_y) in &self.slots {
            if *slot != Slot::Edge(index) {
                continue;
            }
            let (left, wide) = self.columns.get(*layer).copied().unwrap_or_default();
            let passing = slot_y + PASSING / 2.0;
            middle.get_or_insert(curve(left, passing));
            curve(left + wide, passing);
        }
        let end = curve(to_x, to_y + last.height / 2.0);
        let (label_x, label_y) = middle.unwrap_or(end);
        let _ = writeln!(out, "<path class=\"edge\" d=\"{path}\" marker-end=\"url(#arrow)\"/>");
        let _ = writeln!(
            out,
            "<text class=\"label\" text-anchor=\"middle\" x=\"{label_x:.1}\" y=\"{:.1}\">{}</text>",
            label_y - 5.0,
            escaped(label)
        );
    }
}
