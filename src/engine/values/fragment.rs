//! `yamlfragment`: a piece of YAML that a template function made, as code sees it.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::starlark_simple_value;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};

use crate::engine::{NativeError, convert};
use crate::yaml::Node;

/// A map, an array or a document set, or null for a function whose body made nothing.
#[derive(ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
pub struct Fragment {
    #[allocative(skip)]
    state: Mutex<State>,
    /// A function's body or an overlay made the collection: it is part of no other fragment.
    whole: bool,
}

#[derive(Clone)]
struct State {
    node: Node,
    /// At least how deep the node nests.
    depth: u32,
}

impl Fragment {
    /// Wraps a node that was just made.
    pub fn new(node: Node) -> Fragment {
        let depth = node.depth();
        Fragment::bounded(node, depth)
    }

    /// Wraps a node that was just made and is known to nest at most this deep.
    pub(crate) fn bounded(node: Node, depth: u32) -> Fragment {
        Fragment { state: Mutex::new(State { node, depth }), whole: true }
    }

    /// Wraps a node that belongs to another tree.
    pub(crate) fn part(node: Node, depth: u32) -> Fragment {
        Fragment { whole: false, ..Fragment::bounded(node, depth) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An upper bound of how deep the node nests.
    pub(crate) fn depth(&self) -> u32 {
        self.lock().depth
    }

    /// The node as it is now.
    pub fn node(&self) -> Node {
        self.lock().node.clone()
    }

    /// Whether the collection was made for this fragment.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Puts another node in the place of the one there is: all who hold the fragment see it.
    pub(crate) fn replace(&self, node: Node, depth: u32) {
        *self.lock() = State { node, depth };
    }

    /// How many items it has.
    pub fn len(&self) -> usize {
        match &self.node() {
            Node::Map(map) => map.items.len(),
            Node::Array(array) => array.items.len(),
            Node::DocumentSet(set) => set.items.len(),
            _ => 0,
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What iteration yields at `index`: a key, or a value.
    fn element<'v>(&self, index: usize, heap: Heap<'v>) -> Option<Value<'v>> {
        let State { node, depth } = self.lock().clone();
        let part = match &node {
            Node::Map(map) => &map.items.get(index)?.key,
            Node::Array(array) => &array.items.get(index)?.value,
            Node::DocumentSet(set) => &set.items.get(index)?.value,
            _ => return None,
        };
        Some(convert::part_to_value(part, depth, heap))
    }

    /// The keys and values of a map. Fails for arrays and document sets.
    pub fn pairs<'v>(&self, heap: Heap<'v>) -> Result<Vec<(Value<'v>, Value<'v>)>, NativeError> {
        match &self.node() {
            Node::Map(map) => Ok(map
                .items
                .iter()
                .map(|item| {
                    (
                        convert::to_value(&item.key, heap),
                        convert::part_to_value(&item.value, self.depth(), heap),
                    )
                })
                .collect()),
            Node::Array(_) | Node::DocumentSet(_) => Err(NativeError::new(format!(
                "yamlfragment.Items: Expected value to be a map, but was {}",
                convert::go_type(&self.node())
            ))),
            _ => Ok(Vec::new()),
        }
    }

    /// The value under a key or an index, if there is one.
    pub fn lookup<'v>(&self, key: Value<'v>, heap: Heap<'v>) -> Result<Option<Value<'v>>, NativeError> {
        let wanted = convert::to_node(key, heap)?;
        let State { node, depth } = self.lock().clone();
        let found = match &node {
            Node::Map(map) => map.items.iter().find(|item| item.key == wanted && same_width(&item.key)),
            Node::Array(_) | Node::DocumentSet(_) => {
                let Node::Int(index) = wanted else {
                    return Err(NativeError::new(format!(
                        "yamlfragment.Get: Expected array index to be an int64, but was {}",
                        convert::go_type(&wanted)
                    )));
                };
                let value = usize::try_from(index).ok().and_then(|index| self.element(index, heap));
                return Ok(value);
            }
            _ => None,
        };
        Ok(found.map(|item| convert::part_to_value(&item.value, depth, heap)))
    }
}

/// Integer keys of YAML are `int` in the reference and those of code `int64`, which never compare
/// as equal there.
fn same_width(key: &Node) -> bool {
    !matches!(key, Node::Int(_))
}

impl fmt::Display for Fragment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "yamlfragment({})", convert::go_type(&self.node()))
    }
}

super::debug_by_display!(Fragment);
starlark_simple_value!(Fragment);

#[starlark_value(type = "yamlfragment")]
impl<'v> StarlarkValue<'v> for Fragment {
    fn to_bool(&self) -> bool {
        !self.is_empty()
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(i32::try_from(self.len()).unwrap_or(i32::MAX))
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        if Fragment::from_value(other).is_none() {
            return Ok(false);
        }
        Err(NativeError::new("yamlfragment.CompareSameType: Not implemented").into())
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        match self.lookup(index, heap)? {
            Some(value) => Ok(value),
            None => {
                let node = self.node();
                let items = if let Node::Map(map) = &node { map.items.as_slice() } else { &[] };
                let keys = items.iter().filter_map(|item| item.key.as_str());
                Err(crate::engine::builtins::missing_key(index, "yamlfragment", keys).into())
            }
        }
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        // The crate hands no heap to `in`; a scalar key needs none to be compared.
        let Ok(wanted) = convert::to_scalar(other) else {
            return Ok(false);
        };
        Ok(match &self.node() {
            Node::Map(map) => map.items.iter().any(|item| item.key == wanted && same_width(&item.key)),
            Node::Array(_) | Node::DocumentSet(_) => match wanted {
                Node::Int(index) => usize::try_from(index).is_ok_and(|index| index < self.len()),
                _ => false,
            },
            _ => false,
        })
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok((0..self.len()).filter_map(|index| self.element(index, heap)).collect())
    }
}
