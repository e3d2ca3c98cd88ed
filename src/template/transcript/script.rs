//! How chunks are printed: text that is known when the template is compiled, with gaps for holes.

use super::layout::{Layout, Piece, SpotKind, print_key};
use crate::template::nodes::{Nodes, Tag};
use crate::template::plan::{Action, Op};
use crate::yaml::print::{self, Place, Printer};
use crate::yaml::{Node, is_empty};

/// How a chunk is printed.
#[derive(Debug)]
pub(super) struct Script(Box<[Step]>);

#[derive(Debug)]
enum Step {
    /// A node begins; what that prints depends on what was before it.
    Begin(Tag),
    /// The node that has begun has this value.
    Value(Node),
    /// The node that has begun has the value of the next hole.
    Hole,
    /// Text that is the same in every render.
    Text(Piece),
    /// The value of the next hole behind what was just printed.
    Gap(Place),
    /// What the next chunk finds.
    Leave(State),
}

/// What was printed last.
#[derive(Clone, Copy, PartialEq, Debug)]
enum State {
    /// A whole node.
    Complete,
    /// Nothing yet of a node that has begun. It may be the first of its collection.
    Begun { tag: Tag, first: bool },
    /// Nothing yet of a collection that has begun, but what it is the value of.
    Empty(Tag),
}

/// Whether a text is printed as a key before a `:`.
pub(super) fn is_short_key(text: &str) -> bool {
    print::is_simple_text(text)
}

impl Script {
    pub(super) fn new(ops: &[Op], nodes: &Nodes, layout: &Layout) -> Script {
        let mut draft = Draft { layout, steps: Vec::new(), text: String::new(), line: false, state: None };
        for op in ops {
            match op.action {
                Action::Start(tag) => draft.begin(tag),
                Action::Put(tag) => {
                    draft.begin(tag);
                    let prebuilt = nodes.get(tag).and_then(|node| node.prebuilt.as_ref());
                    draft.value(prebuilt.map_or(&Node::Null, |prebuilt| prebuilt.piece.value()));
                }
                Action::Set(tag) => {
                    let value = nodes.get(tag).and_then(|node| node.value.as_ref());
                    draft.value(value.unwrap_or(&Node::Null));
                }
                Action::Hole(_) => draft.hole(),
                _ => {}
            }
        }
        draft.flush();
        Script(draft.steps.into())
    }
}

/// A script being written.
struct Draft<'a> {
    layout: &'a Layout,
    steps: Vec<Step>,
    /// What the next step prints.
    text: String,
    /// It begins a line.
    line: bool,
    /// What was printed last, where that is known.
    state: Option<State>,
}

impl Draft<'_> {
    /// Leaves what comes next to the state the writer is in.
    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.steps.push(Step::Text(Piece::new(std::mem::take(&mut self.text), self.line)));
            self.line = false;
        }
        if let Some(state) = self.state.take() {
            // Behind text that is what the writer assumes anyway.
            self.steps.push(Step::Leave(state));
        }
    }

    fn run_time(&mut self, step: Step) {
        self.flush();
        self.steps.push(step);
    }

    fn begin(&mut self, tag: Tag) {
        let Some(spot) = self.layout.get(tag) else {
            return;
        };
        match (spot.kind, self.state) {
            (SpotKind::Map | SpotKind::Array, Some(State::Begun { tag: above, first })) if !spot.at_root => {
                self.prefix(above, first);
                self.state = Some(State::Empty(tag));
            }
            (SpotKind::Item, Some(State::Complete)) => {
                self.state = Some(State::Begun { tag, first: false });
            }
            (SpotKind::Item, Some(State::Empty(above))) if above == spot.parent && !spot.at_root => {
                self.state = Some(State::Begun { tag, first: true });
            }
            (kind, _) => {
                self.run_time(Step::Begin(tag));
                if matches!(kind, SpotKind::Map | SpotKind::Array) && !spot.at_root {
                    self.state = Some(State::Empty(tag));
                }
            }
        }
    }

    /// What stands before the value of an item, and what the value stands behind.
    fn prefix(&mut self, tag: Tag, first: bool) -> Option<Place> {
        let spot = self.layout.get(tag)?;
        // A line break that only the text before it can tell to be needed.
        if self.text.is_empty() {
            (self.text, self.line) = spot.piece(first).clone().into_parts();
        } else {
            spot.piece(first).push(&mut self.text);
        }
        Some(spot.place)
    }

    /// The item that has begun, if that is known.
    fn begun(&mut self) -> Option<Place> {
        match self.state {
            Some(State::Begun { tag, first }) => self.prefix(tag, first),
            _ => None,
        }
    }

    fn value(&mut self, value: &Node) {
        match self.begun() {
            Some(place) => Printer::new(&mut self.text).value(value, place),
            None => self.run_time(Step::Value(value.clone())),
        }
        self.state = Some(State::Complete);
    }

    fn hole(&mut self) {
        match self.begun() {
            Some(place) => {
                self.state = None;
                self.run_time(Step::Gap(place));
                self.state = Some(State::Complete);
            }
            // Whether there is something to print, only the value tells.
            None => self.run_time(Step::Hole),
        }
    }
}

/// Prints scripts one after the other.
pub(super) struct Writer<'a> {
    out: &'a mut String,
    layout: &'a Layout,
    /// Where the documents begin, and where the current one does.
    start: usize,
    document: usize,
    state: State,
}

impl<'a> Writer<'a> {
    pub(super) fn new(out: &'a mut String, start: usize, layout: &'a Layout) -> Writer<'a> {
        let document = out.len();
        Writer { out, layout, start, document, state: State::Complete }
    }

    pub(super) fn script<'n>(&mut self, script: &Script, holes: &mut impl Iterator<Item = Option<&'n Node>>) {
        for step in &script.0 {
            match step {
                Step::Begin(tag) => self.begin(*tag),
                Step::Value(value) => self.value(value),
                Step::Hole => {
                    // Without a value it stays as it is, or other items have taken its place.
                    if let Some(value) = holes.next().flatten() {
                        self.value(value);
                    }
                }
                Step::Text(piece) => piece.push(self.out),
                Step::Gap(place) => {
                    let value = holes.next().flatten().unwrap_or(&Node::Null);
                    Printer::new(self.out).value(value, *place);
                }
                Step::Leave(state) => self.state = *state,
            }
        }
    }

    fn begin(&mut self, tag: Tag) {
        let Some(spot) = self.layout.get(tag) else {
            return;
        };
        match spot.kind {
            SpotKind::Document => {
                self.end_document();
                self.state = State::Begun { tag, first: false };
            }
            SpotKind::Map | SpotKind::Array => {
                if let State::Begun { tag, first } = self.state {
                    self.prefix(tag, first);
                }
                self.state = State::Empty(tag);
            }
            SpotKind::Item => {
                let first = self.state == State::Empty(spot.parent);
                if !first {
                    self.complete();
                }
                self.state = State::Begun { tag, first };
            }
            SpotKind::DocumentSet | SpotKind::None => {}
        }
    }

    fn prefix(&mut self, tag: Tag, first: bool) {
        if let Some(spot) = self.layout.get(tag)
            && spot.kind == SpotKind::Item
        {
            if first && spot.at_root {
                self.open_document();
            }
            spot.piece(first).push(self.out);
        }
    }

    fn open_document(&mut self) {
        if self.out.len() > self.start {
            self.out.push_str("---\n");
        }
    }

    /// The value of the node that has begun.
    fn value(&mut self, value: &Node) {
        let State::Begun { tag, first } = self.state else {
            return;
        };
        self.state = State::Complete;
        let place = self.layout.get(tag).map_or(Place::Root, |spot| spot.place);
        if matches!(place, Place::Root) {
            if is_empty(value) {
                return;
            }
            self.open_document();
        }
        self.prefix(tag, first);
        Printer::new(self.out).value(value, place);
    }

    /// Items of another collection, in the place of the node that has begun.
    pub(super) fn replace(&mut self, value: Option<&Node>) {
        let State::Begun { tag, mut first } = self.state else {
            return;
        };
        let layout = self.layout;
        let Some(spot) = layout.get(tag) else {
            return;
        };
        let collection = layout.get(spot.parent).map_or(Place::Root, |spot| spot.place);
        let mut begin = |writer: &mut Self| {
            if first && spot.at_root {
                writer.open_document();
            }
            std::mem::replace(&mut first, false)
        };
        match value {
            Some(Node::Map(map)) => {
                for item in &map.items {
                    let first = begin(self);
                    let mut printer = Printer::new(self.out);
                    print_key(&mut printer, collection, &item.key, first);
                    printer.value(&item.value, spot.place);
                }
            }
            Some(Node::Array(array)) => {
                for item in &array.items {
                    spot.piece(begin(self)).push(self.out);
                    Printer::new(self.out).value(&item.value, spot.place);
                }
            }
            _ => {}
        }
        self.state = if first { State::Empty(spot.parent) } else { State::Complete };
    }

    /// Writes what is still missing of the last node.
    fn complete(&mut self) {
        match self.state {
            State::Begun { .. } => self.value(&Node::Null),
            State::Empty(tag) => {
                // A document that holds nothing is left out.
                if let Some(spot) = self.layout.get(tag)
                    && !spot.at_root
                {
                    self.out.push_str(if spot.kind == SpotKind::Array { " []" } else { " {}" });
                }
                self.state = State::Complete;
            }
            State::Complete => {}
        }
    }

    fn end_document(&mut self) {
        self.complete();
        if self.out.len() > self.document && !print::is_at_line_start(self.out) {
            self.out.push('\n');
        }
        self.document = self.out.len();
    }

    pub(super) fn end(mut self) {
        self.end_document();
    }
}
