//! Attribute paths as values of nodes: `data.values.app.name`.
//!
//! Most holes are filled with a scalar of the data values. Read from the tree it stands in, it takes no
//! value of the evaluator, nor one for each step on the way.

use starlark::values::{Heap, Value};

use crate::engine::{NativeError, NativeResult, builtins};
use crate::yaml::Node;

/// The names behind a variable, and the line they stand on.
#[derive(Debug)]
pub(super) struct Path {
    names: Box<[Box<str>]>,
    line: u32,
}

impl Path {
    pub(super) fn new(names: Vec<Box<str>>, line: u32) -> Path {
        Path { names: names.into(), line }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// The scalar it leads to from the value of its variable, where that is in a tree of data values; none
    /// for what only [`value`](Path::value) can tell.
    pub(super) fn scalar(&self, variable: Value<'_>) -> Option<Node> {
        builtins::scalar_at(variable, self.names()).cloned()
    }

    /// What it leads to.
    pub(super) fn value<'v>(&self, variable: Value<'v>, heap: Heap<'v>) -> NativeResult<Value<'v>> {
        let read = builtins::path(variable, self.names(), heap);
        read.map_err(|error| NativeError::Message { message: error.message(), line: Some(self.line) })
    }
}
