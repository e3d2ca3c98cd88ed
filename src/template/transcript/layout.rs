//! Where the nodes of a template are printed, found once.

use crate::template::nodes::{Kind, Nodes, Tag};
use crate::yaml::Node;
use crate::yaml::print::{self, Place, Printer};

/// The nodes of a template, by tag.
#[derive(Debug)]
pub(super) struct Layout(Box<[Spot]>);

/// A node.
#[derive(Debug)]
pub(super) struct Spot {
    pub(super) kind: SpotKind,
    pub(super) parent: Tag,
    /// What its value stands behind; of a collection, what it stands behind itself.
    pub(super) place: Place,
    /// The collection that it is, or that it is an item of, is what a document holds.
    pub(super) at_root: bool,
    /// What stands before the value of the first item of a collection, and of the others.
    pub(super) first: Piece,
    pub(super) later: Piece,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SpotKind {
    DocumentSet,
    Document,
    Map,
    Array,
    Item,
    None,
}

/// Text that is known when the template is compiled.
#[derive(Clone, Default, Debug)]
pub(super) struct Piece {
    text: Box<str>,
    /// It begins a line, if the last one has not ended.
    line: bool,
}

impl Piece {
    pub(super) fn new(text: impl Into<Box<str>>, line: bool) -> Piece {
        Piece { text: text.into(), line }
    }

    /// The text, and whether it begins a line.
    pub(super) fn into_parts(self) -> (String, bool) {
        (self.text.into(), self.line)
    }

    /// Appends it.
    pub(super) fn push(&self, out: &mut String) {
        let begun = self.line && print::is_at_line_start(out);
        out.push_str(self.text.get(usize::from(begun)..).unwrap_or_default());
    }
}

impl Layout {
    pub(super) fn new(nodes: &Nodes) -> Layout {
        let mut spots: Vec<Spot> = Vec::new();
        for tag in 1..nodes.next() {
            let spot = nodes.get(tag).map_or_else(Spot::none, |node| {
                let parent = (node.parent as usize).checked_sub(1).and_then(|index| spots.get(index));
                Spot::new(&node.kind, node.parent, parent)
            });
            spots.push(spot);
        }
        Layout(spots.into())
    }

    pub(super) fn get(&self, tag: Tag) -> Option<&Spot> {
        self.0.get((tag as usize).checked_sub(1)?)
    }
}

impl Spot {
    fn none() -> Spot {
        let (first, later) = (Piece::default(), Piece::default());
        Spot { kind: SpotKind::None, parent: 0, place: Place::Root, at_root: true, first, later }
    }

    /// A node below another.
    fn new(kind: &Kind, parent: Tag, above: Option<&Spot>) -> Spot {
        let base = Spot { parent, ..Spot::none() };
        let place = above.map_or(Place::Root, |spot| spot.place);
        let at_root = matches!(place, Place::Root);
        match kind {
            Kind::DocumentSet => Spot { kind: SpotKind::DocumentSet, ..base },
            Kind::Document => Spot { kind: SpotKind::Document, ..base },
            Kind::Map => Spot { kind: SpotKind::Map, place, at_root, ..base },
            Kind::Array => Spot { kind: SpotKind::Array, place, at_root, ..base },
            Kind::MapItem { key } => {
                let column = place.column_of_items(false);
                let piece = |first| before_item(place, column, first, |printer| printer.key(key));
                let (first, later) = (piece(true), piece(false));
                Spot { kind: SpotKind::Item, place: Place::Key(column), at_root, first, later, ..base }
            }
            Kind::ArrayItem => {
                let column = place.column_of_items(true);
                let piece = |first| before_item(place, column, first, |printer| printer.dash());
                let (first, later) = (piece(true), piece(false));
                Spot { kind: SpotKind::Item, place: Place::Item(column), at_root, first, later, ..base }
            }
            Kind::TextRoot | Kind::Text => base,
        }
    }

    /// What stands before the value of an item.
    pub(super) fn piece(&self, first: bool) -> &Piece {
        if first { &self.first } else { &self.later }
    }
}

/// What stands before the value of an item of the collection that stands at `place`.
fn before_item(place: Place, column: usize, first: bool, name: impl FnOnce(&mut Printer<'_>)) -> Piece {
    let mut text = String::new();
    let mut printer = Printer::new(&mut text);
    begin_line(&mut printer, place, column, first);
    name(&mut printer);
    let line = text.starts_with('\n');
    Piece::new(text, line)
}

/// Begins the line of an item, unless it stands on that of what the collection is the value of.
fn begin_line(printer: &mut Printer<'_>, place: Place, column: usize, first: bool) {
    match place {
        Place::Root if first => {}
        Place::Item(_) | Place::Complex(_) if first => printer.space(),
        _ => printer.new_line(column),
    }
}

/// Writes the key of an item of a map that stands at `place`.
pub(super) fn print_key(printer: &mut Printer<'_>, place: Place, key: &Node, first: bool) {
    begin_line(printer, place, place.column_of_items(false), first);
    printer.key(key);
}
