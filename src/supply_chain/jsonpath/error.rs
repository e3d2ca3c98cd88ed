//! What can be wrong with a path, and with evaluating it. The wordings are the reference's.

use std::error::Error;
use std::fmt;

use crate::yaml::Text;

/// Why a text is no JSONPath expression: `unclosed action`, `invalid array index x`, ...
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError(pub(super) String);

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for SyntaxError {}

/// Why a text is no path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathError {
    /// The text is empty.
    Empty,
    /// It does not parse.
    Syntax {
        /// What was parsed: the path in braces.
        expression: String,
        /// What is wrong with it.
        cause: SyntaxError,
    },
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathError::Empty => f.write_str("empty jsonpath not allowed"),
            PathError::Syntax { expression, cause } => {
                write!(f, "evaluate: failed to parse jsonpath '{expression}': {cause}")
            }
        }
    }
}

impl Error for PathError {}

/// Why evaluating a path gave not exactly one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvalError {
    /// The text is no path: from [`evaluate`](super::evaluate), which compiles it first.
    Path(PathError),
    /// There is no value at the path.
    DoesNotExist {
        /// The path as it was written.
        path: Text,
    },
    /// There are several values at the path.
    TooManyResults {
        /// The path as it was written.
        path: Text,
    },
    /// The path does not fit the values it meets.
    Find(FindError),
}

impl EvalError {
    /// Whether there was just no value at the path.
    pub fn does_not_exist(&self) -> bool {
        matches!(self, EvalError::DoesNotExist { .. })
    }
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EvalError::Path(error) => error.fmt(f),
            EvalError::DoesNotExist { path } => write!(f, "jsonpath returned empty list: {path}"),
            EvalError::TooManyResults { path } => write!(f, "too many results for the query: {path}"),
            EvalError::Find(error) => write!(f, "evaluate: {error}"),
        }
    }
}

impl Error for EvalError {}

impl From<PathError> for EvalError {
    fn from(error: PathError) -> EvalError {
        EvalError::Path(error)
    }
}

impl From<FindError> for EvalError {
    fn from(error: FindError) -> EvalError {
        EvalError::Find(error)
    }
}

/// Why an expression gave no list of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FindError {
    /// The expression does not fit the values it meets.
    Trouble(Trouble),
    /// The expression has several parts, each with a list of its own.
    SeveralQueries {
        /// The lists as Go prints them.
        results: String,
    },
    /// The expression has no part that gives a list; the reference crashes on these.
    NoQuery,
}

impl fmt::Display for FindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FindError::Trouble(trouble) => write!(f, "failed to find results: {trouble}"),
            FindError::SeveralQueries { results } => write!(f, "more queries than expected: {results}"),
            FindError::NoQuery => f.write_str("failed to find results: the expression asks for nothing"),
        }
    }
}

impl Error for FindError {}

/// What a step cannot do with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// An index that the list does not have.
    OutOfBounds {
        /// The index, counted from the start.
        index: i64,
        /// How many items the list has.
        length: usize,
    },
    /// A slice that ends before it starts.
    StartAfterEnd {
        /// The first index.
        start: i64,
        /// The index behind the last.
        end: i64,
    },
    /// A slice whose step is not above 0.
    Step,
    /// An index or slice of something else than a list.
    NotAList {
        /// The Go type of the value.
        type_name: String,
    },
    /// A filter on something else than a list.
    NotFilterable {
        /// The value as Go prints it.
        value: String,
    },
    /// Values of different types compared, such as a whole number with a float.
    Incompatible,
    /// A value that cannot be compared: null, a map, a list.
    NotComparable,
    /// A side of a comparison that gives several values.
    SeveralCompared,
    /// A comparison with an unknown operator.
    UnknownOperator(Text),
    /// A word other than `range` and `end`.
    UnknownIdentifier(Text),
    /// `end` without a `range`.
    NotInRange,
    /// A step on no value at all, within a `range` over nothing; the reference crashes on these.
    NoValue,
    /// More intermediate values than the limit of this program.
    TooManyValues,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::OutOfBounds { index, length } => {
                write!(f, "array index out of bounds: index {index}, length {length}")
            }
            Trouble::StartAfterEnd { start, end } => {
                write!(f, "starting index {start} is greater than ending index {end}")
            }
            Trouble::Step => f.write_str("step must be > 0"),
            Trouble::NotAList { type_name } => write!(f, "{type_name} is not array or slice"),
            Trouble::NotFilterable { value } => {
                write!(f, "{value} is not array or slice and cannot be filtered")
            }
            Trouble::Incompatible => f.write_str("incompatible types for comparison"),
            Trouble::NotComparable => f.write_str("invalid type for comparison"),
            Trouble::SeveralCompared => f.write_str("can only compare one element at a time"),
            Trouble::UnknownOperator(operator) => write!(f, "unrecognized filter operator {operator}"),
            Trouble::UnknownIdentifier(name) => write!(f, "unrecognized identifier {name}"),
            Trouble::NotInRange => f.write_str("not in range, nothing to end"),
            Trouble::NoValue => f.write_str("there is no value to look into"),
            Trouble::TooManyValues => f.write_str("the path meets too many values"),
        }
    }
}

impl Error for Trouble {}
