//! Whether a tree holds all that another asks for: `overlay.subset` and `overlay/assert`.

use std::fmt;

use crate::yaml::{Array, Map, Node};

/// Why a tree does not hold what is asked for, in the reference's words.
#[derive(Debug, PartialEq)]
pub(super) enum Difference {
    Kind { expected: &'static str, found: &'static str },
    MissingKey,
    TooFewItems,
    Leaf { found: &'static str, expected: &'static str },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Kind { expected, found } => write!(f, "Expected {expected}, but was {found}"),
            Difference::MissingKey => f.write_str("Expected at least one map item to match by key"),
            Difference::TooFewItems => f.write_str("Expected to have matching number of array items"),
            Difference::Leaf { found, expected } => {
                write!(f, "Expected leaf values to match {found} {expected}")
            }
        }
    }
}

/// Compares by what `expected` has: further keys and items of `found` do not matter. Collections of code
/// count as YAML.
pub(super) fn compare(found: &Node, expected: &Node) -> Result<(), Difference> {
    let kind = || Err(Difference::Kind { expected: type_name(expected), found: type_name(found) });
    match (found, expected) {
        (Node::Map(found), Node::Map(expected)) => compare_maps(found, expected),
        (Node::Array(found), Node::Array(expected)) => compare_arrays(found, expected),
        (_, Node::Map(_) | Node::Array(_) | Node::DocumentSet(_)) => kind(),
        (found, expected) if found == expected => Ok(()),
        (found, expected) => Err(Difference::Leaf { found: type_name(found), expected: type_name(expected) }),
    }
}

fn compare_maps(found: &Map, expected: &Map) -> Result<(), Difference> {
    for wanted in &expected.items {
        let mut matched = false;
        for item in &found.items {
            // Integer keys of code and of YAML are of different types in the reference.
            let alike = found.origin == expected.origin || !matches!(item.key, Node::Int(_));
            if alike && item.key == wanted.key {
                compare(&item.value, &wanted.value)?;
                matched = true;
            }
        }
        if !matched {
            return Err(Difference::MissingKey);
        }
    }
    Ok(())
}

fn compare_arrays(found: &Array, expected: &Array) -> Result<(), Difference> {
    for (index, wanted) in expected.items.iter().enumerate() {
        let item = found.items.get(index).ok_or(Difference::TooFewItems)?;
        compare(&item.value, &wanted.value)?;
    }
    Ok(())
}

/// The reference's name for the type of a node, whoever made it.
pub(super) fn type_name(node: &Node) -> &'static str {
    match node {
        Node::Map(_) => "map",
        Node::Array(_) => "array",
        scalar => crate::template::builder::type_name(scalar),
    }
}
