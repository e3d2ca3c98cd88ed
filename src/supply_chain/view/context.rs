//! The templating context: what the tags of a template can name.

use std::sync::Arc;

use super::{Shape, View};
use crate::yaml::{Map, MapItem, Node, Text};

/// A templating context: values by name, each with the Go type the reference gives it.
///
/// ```
/// use stampmill::supply_chain::jsonpath::Path;
/// use stampmill::supply_chain::view::{ANY, Context, OPAQUE_MAP};
/// use stampmill::yaml::{Node, json};
///
/// let mut context = Context::new();
/// context.insert("params", json::read(br#"{"port": {"http": 80}}"#).unwrap(), &OPAQUE_MAP);
/// context.insert("image", Node::str("registry/app"), &ANY);
/// let evaluate = |path| Path::compile(path).unwrap().evaluate(&context);
/// assert_eq!(evaluate("image"), Ok(Node::str("registry/app")));
/// assert!(evaluate("params.port").is_ok());
/// assert!(evaluate("params.port.http").unwrap_err().does_not_exist());
/// ```
#[derive(Debug)]
pub struct Context {
    node: Node,
    shape: Shape,
}

impl Default for Context {
    fn default() -> Context {
        Context { node: Node::Map(Arc::default()), shape: Shape::Context(Vec::new()) }
    }
}

impl Context {
    /// A context without values.
    pub fn new() -> Context {
        Context::default()
    }

    /// Adds a value of a type. Of several of one name the last counts.
    pub fn insert(&mut self, name: impl Into<Text>, value: Node, shape: &'static Shape) {
        if let (Node::Map(map), Shape::Context(shapes)) = (&mut self.node, &mut self.shape) {
            let (map, name): (&mut Map, Text) = (Arc::make_mut(map), name.into());
            let known = map.items.iter().position(|item| item.key.as_str() == Some(&name));
            match known.and_then(|index| Some((map.items.get_mut(index)?, shapes.get_mut(index)?))) {
                Some((item, known)) => {
                    item.value = value;
                    *known = shape;
                }
                None => {
                    map.items.push(MapItem { key: Node::Str(name), value, ..MapItem::default() });
                    shapes.push(shape);
                }
            }
        }
    }

    /// The context as something a path is evaluated on.
    pub fn view(&self) -> View<'_> {
        View { node: &self.node, shape: &self.shape }
    }

    /// The context as the reference hands it to ytt: see [`View::to_whole_json`].
    pub fn to_whole_json(&self) -> Node {
        self.view().to_whole_json()
    }
}
