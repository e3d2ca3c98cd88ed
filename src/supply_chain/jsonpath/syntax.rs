//! What a path is made of.

use crate::supply_chain::view::Shape;
use crate::yaml::{Node, Text};

/// One step: values in, values out.
#[derive(Debug)]
pub(super) enum Step {
    /// Steps one after the other: what stands between braces.
    List(Vec<Step>),
    /// A text: one value, whatever goes in.
    Text(Node),
    /// A number or truth value: one for each value that goes in.
    Literal(Node, Shape),
    /// `.name`
    Field(Text),
    /// A word without a dot: `range`, `end`.
    Identifier(Text),
    /// `[start:end:step]`
    Slice(Slice),
    /// `[?(left operator right)]`
    Filter(Box<Filter>),
    /// `[a,b]`
    Union(Vec<Vec<Step>>),
    /// `*`
    Wildcard,
    /// `..`
    Recursive,
}

/// The bounds of a slice; `None` where they were left open. An index is a slice of one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slice {
    pub start: Option<i64>,
    pub end: Option<i64>,
    /// The end follows from the start: `[-1]` is `[-1:0]`, where 0 means the end of the list.
    pub is_index: bool,
    pub step: Option<i64>,
}

#[derive(Debug)]
pub(super) struct Filter {
    pub left: Vec<Step>,
    pub test: Test,
}

#[derive(Debug)]
pub(super) enum Test {
    /// The left side gives a value.
    Exists,
    /// Both sides compare.
    Compare(Operator, Vec<Step>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    /// Made of `!<>=`, but unknown; a fault when it is evaluated.
    Unknown(Text),
}

impl Operator {
    pub(super) fn new(text: &str) -> Operator {
        match text {
            "==" => Operator::Equal,
            "!=" => Operator::NotEqual,
            "<" => Operator::Less,
            "<=" => Operator::LessEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterEqual,
            other => Operator::Unknown(other.into()),
        }
    }
}
