//! One tree over another.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use starlark::eval::Evaluator;
use starlark::values::{Heap, Value};

use super::compare::compare;
use super::count::Expectation;
use super::documents::Documents;
use super::rules::{Match, Rules};
use super::tree;
use super::trouble::{Outcome, Trouble};
use crate::engine::builtins::is_callable;
use crate::engine::convert::{self, go_value_type};
use crate::engine::values::ByteStr;
use crate::template::builder::type_name;
use crate::template::program;
use crate::template::run::Run;
use crate::yaml::{Document, DocumentSet, Known, Node, Notes, Origin, Pos};

/// How a tree says what it does to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Style {
    /// By annotations.
    Annotated,
    /// Maps item by item, everything else replaced; keys may be new.
    Plain,
    /// As `Plain`, but the value that many keys down replaces what is there, maps too.
    Key(usize),
}

/// What is known of a document that others are put over, one after the other: what they leave as it is
/// need not be looked at again.
#[derive(Default)]
pub(crate) struct Settled {
    /// The document before the last was put over it: all of it is YAML.
    yaml: Node,
    /// And after that: it has no annotations of overlays.
    without_overlays: Node,
}

/// Applies overlays. `'v` is the life of the run's values: annotations hold functions.
pub(crate) struct Overlay<'x, 'v, 'a, 'e> {
    pub(super) eval: &'x mut Evaluator<'v, 'a, 'e>,
    pub(super) run: &'v Run<'v>,
    pub(super) style: Style,
    /// The only document of the right side is meant for the only one of the left.
    pub(super) exact: bool,
    /// How many maps are being walked.
    pub(super) level: usize,
    /// A function has given a value that goes into the left side.
    pub(super) has_code_value: bool,
    rules: HashMap<u32, Rc<Rules<'v>>>,
    merging: Rc<Rules<'v>>,
    replacing: Rc<Rules<'v>>,
}

impl<'x, 'v, 'a, 'e> Overlay<'x, 'v, 'a, 'e> {
    /// For overlays whose annotations were made in the run of `eval`.
    pub(crate) fn new(eval: &'x mut Evaluator<'v, 'a, 'e>) -> Outcome<Self> {
        let run = Run::of(eval)?;
        Ok(Overlay {
            eval,
            run,
            style: Style::Annotated,
            exact: false,
            level: 0,
            has_code_value: false,
            rules: HashMap::new(),
            merging: Rc::new(Rules::plain(false)),
            replacing: Rc::new(Rules::plain(true)),
        })
    }

    /// Puts `right` over `left`: what `overlay.apply` does.
    pub(crate) fn apply_values(&mut self, left: Node, mut right: Node) -> Outcome<Node> {
        let mut left = left;
        tree::as_yaml(&mut right);
        if let Node::DocumentSet(over) = &right {
            let Node::DocumentSet(set) = left else {
                tree::as_yaml(&mut left);
                return Err(expected("document set", &left));
            };
            let (pos, notes) = (set.pos, set.notes.clone());
            let mut documents = Documents::new(vec![Arc::unwrap_or_clone(set).items]);
            self.apply_documents(&mut documents, &over.items)?;
            let items = documents.into_sets().into_iter().flatten().collect();
            left = Node::DocumentSet(Arc::new(DocumentSet { items, pos, notes }));
        } else {
            tree::as_yaml(&mut left);
            self.apply(&mut left, &right, Expectation::default())?;
        }
        tree::replace_annotations_below(&mut left, &mut |id| self.run.without_overlays(id));
        Ok(left)
    }

    /// Puts a document over the one it is meant for.
    pub(crate) fn apply_document(
        &mut self,
        left: Document,
        right: &Document,
        style: Style,
        settled: &mut Settled,
    ) -> Outcome<Document> {
        self.style = style;
        self.exact = true;
        let mut documents = Documents::new(vec![vec![left]]);
        documents.values_become_yaml(Known::new(&settled.yaml));
        settled.yaml = documents.first().map(|document| document.value.clone()).unwrap_or_default();
        self.apply_documents(&mut documents, std::slice::from_ref(right))?;
        let first = documents.into_sets().into_iter().flatten().next();
        let mut document = first.ok_or_else(|| Trouble::new("no document is left"))?;
        let known = Known::new(&settled.without_overlays);
        tree::replace_annotations(&mut document, known, &mut |id| self.run.without_overlays(id));
        settled.without_overlays = document.value.clone();
        Ok(document)
    }

    /// Puts a value over another. True if the left one is to be replaced as a whole.
    pub(super) fn apply(
        &mut self,
        left: &mut Node,
        right: &Node,
        defaults: Expectation<'v>,
    ) -> Outcome<bool> {
        match right {
            Node::Map(right) if right.origin == Origin::Yaml => {
                let Node::Map(left) = left_of(left, "map")? else {
                    return Ok(false);
                };
                self.level += 1;
                let applied = self.apply_map(Arc::make_mut(left), right, defaults);
                self.level -= 1;
                applied.map(|()| false)
            }
            Node::Array(right) if right.origin == Origin::Yaml => {
                let Node::Array(left) = left_of(left, "array")? else {
                    return Ok(false);
                };
                self.apply_array(Arc::make_mut(left), right, defaults).map(|()| false)
            }
            _ => Ok(true),
        }
    }

    /// What the annotations of a node ask for.
    pub(super) fn rules(&mut self, notes: &Notes, value: &Node) -> Rc<Rules<'v>> {
        let replaces = match self.style {
            Style::Annotated => {
                let run = self.run;
                let id = notes.annotations;
                return Rc::clone(self.rules.entry(id).or_insert_with(|| Rc::new(Rules::of(run, id))));
            }
            Style::Plain => !matches!(value, Node::Map(_)),
            Style::Key(depth) => self.level == depth,
        };
        Rc::clone(if replaces { &self.replacing } else { &self.merging })
    }

    /// The value that replaces or joins an existing one.
    pub(super) fn value_via(&mut self, via: Option<Value<'v>>, old: &Node, new: &Node) -> Outcome<Node> {
        let Some(via) = via else {
            return Ok(new.clone());
        };
        self.has_code_value = true;
        let heap = self.heap();
        let result = self.call(via, &[convert::to_value(old, heap), convert::to_value(new, heap)])?;
        Ok(convert::to_node(result, heap)?)
    }

    /// `overlay/assert`
    pub(super) fn assert(&mut self, via: Option<Value<'v>>, old: &Node, new: &Node) -> Outcome<()> {
        let Some(via) = via else {
            return compare(old, new).map_err(|difference| {
                Trouble::new(format!("Expected objects to equal, but did not: {difference}"))
            });
        };
        if !is_callable(via) {
            return Err(Trouble::new(format!(
                "Expected 'overlay/assert' annotation keyword argument 'via' to be function, but was {}",
                go_value_type(via)
            )));
        }
        let heap = self.heap();
        let result = self.call(via, &[convert::to_value(old, heap), convert::to_value(new, heap)])?;
        let wrong = "Expected via invocation to return true, but was false";
        if result.is_none() {
            return Ok(());
        }
        if let Some(result) = result.unpack_bool() {
            return if result { Ok(()) } else { Err(Trouble::new(wrong)) };
        }
        if let Node::Array(array) = convert::to_node(result, heap)?
            && array.origin == Origin::Code
            && let [success, message] = array.items.as_slice()
            && let Node::Bool(success) = success.value
            && let Some(message) = ByteStr::of(convert::scalar(&message.value, heap))
        {
            let message = String::from_utf8_lossy(message);
            return if success {
                Ok(())
            } else {
                Err(Trouble::new(format!("{wrong} with message: {message}")))
            };
        }
        Err(Trouble::new(
            "Expected via invocation to return NoneType, Bool or Tuple(Bool,String), but returned neither of those",
        ))
    }

    /// Calls a function of the templates.
    pub(super) fn call(&mut self, function: Value<'v>, args: &[Value<'v>]) -> Outcome<Value<'v>> {
        Ok(program::call(function, args, self.eval)?)
    }

    pub(super) fn heap(&self) -> Heap<'v> {
        self.eval.heap()
    }

    /// `file:line`
    pub(super) fn place(&self, pos: Pos) -> String {
        self.run.host().place(pos)
    }
}

/// The left side, if it is of the kind that the right side is.
fn left_of<'n>(left: &'n mut Node, kind: &'static str) -> Outcome<&'n mut Node> {
    if type_name(left) == kind { Ok(left) } else { Err(expected(kind, left)) }
}

fn expected(kind: &str, found: &Node) -> Trouble {
    Trouble::new(format!("Expected {kind}, but was {}", type_name(found)))
}

/// The matcher of an annotation of a map or array item, or what is wrong with it.
pub(super) fn item_matcher<'v>(matching: &Match<'v>, heap: Heap<'v>) -> Outcome<Option<Value<'v>>> {
    let Some(by) = matching.by else {
        return Ok(None);
    };
    match super::matcher::by_value(by, heap) {
        Some(by) => Ok(Some(by)),
        None => Err(Trouble::new(format!(
            "Expected '{}' annotation keyword argument 'by' to be either string (for map key) or function, \
             but was {}",
            super::rules::MATCH,
            go_value_type(by)
        ))),
    }
}

/// Refuses values that an item cannot hold.
pub(super) fn check_holds(container: &str, value: &Node) -> Outcome<()> {
    match value {
        Node::DocumentSet(_) => Err(Trouble::new(format!(
            "{container}s can only contain arrays, maps, or scalars; this is a document set"
        ))),
        _ => Ok(()),
    }
}
