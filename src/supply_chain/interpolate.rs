//! `$(path)$` in templates.
//!
//! A template is compiled once: what holds no tags is shared by all results, each tag's path is compiled.
//! Only text is interpolated, never keys, and what a tag gives is not interpolated again.
//!
//! Numbers have been floats in the reference: whole numbers above 2^53 lose digits.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::jsonpath::{EvalError, Path, PathError};
use super::view::View;
use crate::yaml::{Array, ArrayItem, Map, MapItem, Node, Text, json};

const OPEN: &str = "$(";
const CLOSE: &str = ")$";

/// A compiled template.
///
/// ```
/// use stampmill::supply_chain::interpolate::Template;
/// use stampmill::yaml::json;
///
/// let read = |text: &str| json::read(text.as_bytes()).unwrap();
/// let template = Template::compile(&read(r#"{"name": "$(name)$-$(n)$", "n": ["$(n)$", "$(missing)$"]}"#));
/// let error = template.evaluate(&read(r#"{"name": "a", "n": 1}"#)).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "failed to recursively evaluate template: failed to interpolate template at path [n.[1]]: \
///      evaluate tag $(missing)$: jsonpath returned empty list: missing"
/// );
/// let stamped = template.evaluate(&read(r#"{"name": "a", "n": 1, "missing": null}"#)).unwrap();
/// assert_eq!(json::encode(&stamped, 0, true).unwrap(), r#"{"n":[1,null],"name":"a-1"}"#);
/// ```
#[derive(Clone, Debug)]
pub struct Template(Arc<Plan>);

#[derive(Debug)]
enum Plan {
    /// No tags in it.
    Fixed(Node),
    Leaf(Leaf),
    Map(Vec<(MapItem, Plan)>),
    Array(Vec<Plan>),
}

impl Template {
    /// Compiles a template. A tag that is no path becomes an error when it is evaluated.
    pub fn compile(template: &Node) -> Template {
        Template(Arc::new(Plan::new(template)))
    }

    /// What the template gives in a context. Numbers without a fraction are whole.
    ///
    /// # Errors
    /// The first tag that gives no value, in the order of the template, or null in the midst of a text.
    pub fn evaluate<'a>(&self, context: impl Into<View<'a>>) -> Result<Node, InterpolateError> {
        self.0.evaluate(context.into()).map_err(|(mut place, cause)| {
            place.reverse();
            InterpolateError { place: show(&place), cause }
        })
    }
}

/// A step from a template to a leaf.
enum Place {
    Key(Text),
    Index(usize),
}

/// The reference has a dot before an index, but none behind it.
fn show(place: &[Place]) -> String {
    let mut out = String::new();
    let mut dot = false;
    for step in place {
        if dot {
            out.push('.');
        }
        match step {
            Place::Key(key) => out.push_str(key),
            Place::Index(index) => out.push_str(&format!("[{index}]")),
        }
        dot = matches!(step, Place::Key(_));
    }
    out
}

impl Plan {
    fn new(node: &Node) -> Plan {
        let plan = match node {
            Node::Str(text) => Plan::Leaf(Leaf::compile(text)),
            Node::Map(map) => Plan::Map(
                map.items
                    .iter()
                    .map(|item| {
                        (MapItem { key: item.key.clone(), ..MapItem::default() }, Plan::new(&item.value))
                    })
                    .collect(),
            ),
            Node::Array(array) => {
                Plan::Array(array.items.iter().map(|item| Plan::new(&item.value)).collect())
            }
            _ => Plan::Fixed(Node::Null),
        };
        let is_fixed = match &plan {
            Plan::Fixed(_) => true,
            Plan::Leaf(leaf) => matches!(leaf.0, Kind::Fixed(_)),
            Plan::Map(items) => items.iter().all(|(_, plan)| matches!(plan, Plan::Fixed(_))),
            Plan::Array(items) => items.iter().all(|plan| matches!(plan, Plan::Fixed(_))),
        };
        if is_fixed { Plan::Fixed(View::from(node).to_whole_json()) } else { plan }
    }

    fn evaluate(&self, context: View<'_>) -> Result<Node, (Vec<Place>, TagError)> {
        Ok(match self {
            Plan::Fixed(node) => node.clone(),
            Plan::Leaf(leaf) => leaf.evaluate(context).map_err(|error| (Vec::new(), error))?,
            Plan::Map(plans) => {
                let mut items = Vec::with_capacity(plans.len());
                for (item, plan) in plans {
                    let value = plan.evaluate(context).map_err(|(mut place, error)| {
                        place.push(Place::Key(item.key.as_str().unwrap_or_default().into()));
                        (place, error)
                    })?;
                    items.push(MapItem { value, ..item.clone() });
                }
                Node::Map(Arc::new(Map { items, ..Map::default() }))
            }
            Plan::Array(plans) => {
                let mut items = Vec::with_capacity(plans.len());
                for (index, plan) in plans.iter().enumerate() {
                    let value = plan.evaluate(context).map_err(|(mut place, error)| {
                        place.push(Place::Index(index));
                        (place, error)
                    })?;
                    items.push(ArrayItem { value, ..ArrayItem::default() });
                }
                Node::Array(Arc::new(Array { items, ..Array::default() }))
            }
        })
    }
}

/// A compiled text of a template.
#[derive(Clone, Debug)]
pub struct Leaf(Kind);

#[derive(Clone, Debug)]
enum Kind {
    /// No tags in it.
    Fixed(Text),
    /// One tag and nothing else: its value, whatever that is.
    Single { tag: Text, path: Result<Path, PathError> },
    /// Tags within text.
    Text(Vec<Piece>),
}

#[derive(Clone, Debug)]
enum Piece {
    Literal(Text),
    Tag { tag: Text, path: Result<Path, PathError> },
}

impl Leaf {
    /// Compiles a text. A tag that is no path becomes an error when it is evaluated.
    pub fn compile(text: &str) -> Leaf {
        let single = text.strip_prefix(OPEN).and_then(|text| text.strip_suffix(CLOSE));
        if let Some(tag) = single.filter(|_| text.matches(OPEN).count() == 1) {
            return Leaf(Kind::Single { tag: text.into(), path: Path::compile(tag) });
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((literal, behind)) = rest.split_once(OPEN) {
            // An opening without an end is text, and so is all behind it.
            let Some((tag, behind)) = behind.split_once(CLOSE) else {
                break;
            };
            if !literal.is_empty() {
                pieces.push(Piece::Literal(literal.into()));
            }
            pieces.push(Piece::Tag { tag: tag.into(), path: Path::compile(tag) });
            rest = behind;
        }
        if pieces.is_empty() {
            return Leaf(Kind::Fixed(text.into()));
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest.into()));
        }
        Leaf(Kind::Text(pieces))
    }

    /// What the text gives in a context: the value of its tag if it is nothing else, text otherwise.
    ///
    /// # Errors
    /// A tag without a value, or one that is null in the midst of a text.
    pub fn evaluate<'a>(&self, context: impl Into<View<'a>>) -> Result<Node, TagError> {
        let context = context.into();
        match &self.0 {
            Kind::Fixed(text) => Ok(Node::Str(text.clone())),
            Kind::Single { tag, path } => match lookup(path, context) {
                Ok(value) => Ok(value.to_whole_json()),
                Err(cause) => Err(TagError::Single { tag: tag.clone(), cause }),
            },
            Kind::Text(pieces) => {
                let mut out = String::new();
                for piece in pieces {
                    match piece {
                        Piece::Literal(text) => out.push_str(text),
                        Piece::Tag { tag, path } => {
                            let value = lookup(path, context).map_err(TagError::InText)?;
                            push(&mut out, tag, value)?;
                        }
                    }
                }
                Ok(Node::str(out))
            }
        }
    }
}

fn lookup<'a>(path: &'a Result<Path, PathError>, context: View<'a>) -> Result<View<'a>, EvalError> {
    match path {
        Ok(path) => path.view(context),
        Err(error) => Err(error.clone().into()),
    }
}

/// Text as it is, anything else as compact JSON.
fn push(out: &mut String, tag: &Text, value: View<'_>) -> Result<(), TagError> {
    match value.to_json() {
        Node::Null => return Err(TagError::Null { tag: tag.clone() }),
        Node::Str(text) => out.push_str(&text),
        value => json::write(out, &value).map_err(|error| TagError::NoJson { message: error.to_string() })?,
    }
    Ok(())
}

/// Why a text of a template cannot be interpolated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagError {
    /// The tag that is all of the text gives no value.
    Single {
        /// The text.
        tag: Text,
        /// Why.
        cause: EvalError,
    },
    /// A tag within a text gives no value.
    InText(EvalError),
    /// A tag within a text gives null.
    Null {
        /// What stands in the tag.
        tag: Text,
    },
    /// A tag within a text gives what JSON cannot express.
    NoJson {
        /// Why.
        message: String,
    },
}

impl fmt::Display for TagError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TagError::Single { tag, cause } => write!(f, "evaluate tag {tag}: {cause}"),
            TagError::InText(cause) => write!(f, "interpolate tag: evaluate jsonpath: {cause}"),
            TagError::Null { tag } => write!(f, "interpolate tag: tag must not point to nil value: {tag}"),
            TagError::NoJson { message } => write!(f, "interpolate tag: json marshal: {message}"),
        }
    }
}

impl Error for TagError {}

/// Why a template cannot be evaluated, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterpolateError {
    /// The place of the text in the template: `spec.containers.[0]image`.
    pub place: String,
    /// What is wrong with it.
    pub cause: TagError,
}

impl fmt::Display for InterpolateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InterpolateError { place, cause } = self;
        write!(
            f,
            "failed to recursively evaluate template: failed to interpolate template at path [{place}]: {cause}"
        )
    }
}

impl Error for InterpolateError {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)] // Tests may fail loudly.

    use super::Template;
    use crate::supply_chain::view::{ANY, Context, OPAQUE_MAP};
    use crate::yaml::{Node, json};

    fn context() -> Context {
        let read = |text: &str| json::read(text.as_bytes()).unwrap();
        let mut context = Context::new();
        context.insert("s", Node::str("str"), &ANY);
        context.insert("big", Node::Int(12_345_678_901_234_567), &ANY);
        context.insert("nul", Node::Null, &ANY);
        context.insert("o", read(r#"{"z": "<&>", "a": [1, 1e6, 1e21]}"#), &ANY);
        context.insert("params", read(r#"{"q": {"k": 1}, "n": 5}"#), &OPAQUE_MAP);
        context
    }

    /// Expected values are what the reference's interpolation made of the templates.
    #[test]
    fn interpolates_as_the_reference() {
        let cases = [
            (r#""$(params.n)$""#, "5"),
            (r#""$(params.q)$""#, r#"{"k":1}"#),
            (r#""$(nul)$""#, "null"),
            (
                r#""$(big)$ $(o)$""#,
                r#""12345678901234568 {\"a\":[1,1000000,1e+21],\"z\":\"\\u003c\\u0026\\u003e\"}""#,
            ),
            (r#"[12345678901234567, 1.0, -1.5, 1e21]"#, "[12345678901234568,1,-1.5,1e+21]"),
            (r#"{"$(s)$": "$(s)$$(", "b": []}"#, r#"{"$(s)$":"str$(","b":[]}"#),
            (r#""$(s)$(s)$""#, r#""str(s)$""#),
            (
                r#"{"a": [[{"b": "x$(nul)$"}]]}"#,
                "! failed to recursively evaluate template: failed to interpolate template at path [a.[0][0]b]: \
                 interpolate tag: tag must not point to nil value: nul",
            ),
            (
                r#""$(params.q.k)$""#,
                "! failed to recursively evaluate template: failed to interpolate template at path []: \
                 evaluate tag $(params.q.k)$: jsonpath returned empty list: params.q.k",
            ),
            (
                r#"["", "a$(o[)$"]"#,
                "! failed to recursively evaluate template: failed to interpolate template at path [[1]]: \
                 interpolate tag: evaluate jsonpath: evaluate: failed to parse jsonpath '{.o[}': unterminated array",
            ),
        ];
        for (template, expected) in cases {
            let template = Template::compile(&json::read(template.as_bytes()).unwrap());
            let found = match template.evaluate(&context()) {
                Ok(value) => json::encode(&value, 0, false).unwrap(),
                Err(error) => format!("! {error}"),
            };
            assert_eq!(found, expected);
        }
    }

    /// What holds no tags is not copied.
    #[test]
    fn parts_without_tags_are_shared() {
        let template = Template::compile(&json::read(br#"{"a": {"b": "x", "n": 1}, "c": "$(s)$"}"#).unwrap());
        let part = || match template.evaluate(&context()).unwrap() {
            Node::Map(map) => match map.get("a") {
                Some(Node::Map(part)) => part.clone(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
        assert!(std::sync::Arc::ptr_eq(&part(), &part()));
    }

    /// Whole numbers are whole again, for YAML and for programs that read it.
    #[test]
    fn whole_numbers_are_whole() {
        let template = Template::compile(&json::read(br#"[1.0, "$(n)$"]"#).unwrap());
        let value = template.evaluate(&json::read(br#"{"n": 3.0}"#).unwrap()).unwrap();
        let Node::Array(array) = value else { panic!("{value:?}") };
        let values: Vec<&Node> = array.items.iter().map(|item| &item.value).collect();
        assert_eq!(values, [&Node::Int(1), &Node::Int(3)]);
    }
}
