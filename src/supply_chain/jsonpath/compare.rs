//! Comparisons of a filter: only scalars of one kind compare.

use std::cmp::Ordering;

use super::error::Trouble;
use super::syntax::Operator;
use crate::supply_chain::view::{Shape, View};
use crate::yaml::Node;

enum Scalar<'a> {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Text(&'a [u8]),
}

/// Whether the comparison holds.
pub(super) fn compare(operator: &Operator, left: View<'_>, right: View<'_>) -> Result<bool, Trouble> {
    let known = match operator {
        Operator::Unknown(text) => return Err(Trouble::UnknownOperator(text.clone())),
        known => known,
    };
    let (left, right) = (scalar(left)?, scalar(right)?);
    let ordering = order(&left, &right)?;
    if matches!(known, Operator::Equal | Operator::NotEqual) {
        return Ok((ordering == Some(Ordering::Equal)) == (*known == Operator::Equal));
    }
    if matches!(left, Scalar::Bool(_)) {
        return Err(Trouble::NotComparable);
    }
    let is_less = ordering == Some(Ordering::Less);
    let is_equal = ordering == Some(Ordering::Equal);
    Ok(match known {
        Operator::Less => is_less,
        Operator::LessEqual => is_less || is_equal,
        Operator::Greater => !(is_less || is_equal),
        _ => !is_less,
    })
}

/// How two scalars compare; `None` for a number that is not one.
fn order(left: &Scalar<'_>, right: &Scalar<'_>) -> Result<Option<Ordering>, Trouble> {
    Ok(match (left, right) {
        (Scalar::Bool(left), Scalar::Bool(right)) => Some(left.cmp(right)),
        (Scalar::Int(left), Scalar::Int(right)) => Some(left.cmp(right)),
        (Scalar::Uint(left), Scalar::Uint(right)) => Some(left.cmp(right)),
        (Scalar::Int(left), Scalar::Uint(right)) => Some(i128::from(*left).cmp(&i128::from(*right))),
        (Scalar::Uint(left), Scalar::Int(right)) => Some(i128::from(*left).cmp(&i128::from(*right))),
        (Scalar::Float(left), Scalar::Float(right)) => left.partial_cmp(right),
        (Scalar::Text(left), Scalar::Text(right)) => Some(left.cmp(right)),
        _ => return Err(Trouble::Incompatible),
    })
}

fn scalar(View { node, shape }: View<'_>) -> Result<Scalar<'_>, Trouble> {
    Ok(match (shape, node) {
        (Shape::Nothing, _) => return Err(Trouble::NoValue),
        (Shape::Text(_), Node::Null) => Scalar::Text(b""),
        (Shape::Int(_), Node::Null) => Scalar::Int(0),
        (Shape::Bool, Node::Null) => Scalar::Bool(false),
        (Shape::Float, Node::Null) => Scalar::Float(0.0),
        (Shape::Any | Shape::Text(_), Node::Str(text)) => Scalar::Text(text.as_bytes()),
        (Shape::Any | Shape::Text(_), Node::Bytes(bytes)) => Scalar::Text(bytes),
        (Shape::Any | Shape::Bool, Node::Bool(value)) => Scalar::Bool(*value),
        (Shape::Byte, Node::Int(value)) => Scalar::Uint(value.unsigned_abs()),
        (Shape::Any | Shape::Int(_), Node::Int(value)) => Scalar::Int(*value),
        (Shape::Any | Shape::Float, Node::Float(value)) => Scalar::Float(*value),
        (Shape::Any, Node::Uint(value)) => Scalar::Float(*value as f64),
        _ => return Err(Trouble::NotComparable),
    })
}
