//! Files whose top level gives the same in every run: it defines functions and names values, and calls
//! nothing. Whoever loads such a file need not evaluate it again, as long as the same holds for what it
//! loads itself.

use super::lines::Instruction;
use super::plan::as_instruction;
use crate::engine::syntax::ast::{Argument, Expr, Param, Stmt};

/// Whether these statements of a top level call nothing, and annotate no nodes of its own.
pub(super) fn is_constant(stmts: &[Stmt]) -> bool {
    stmts.iter().all(|stmt| match stmt {
        Stmt::Load(_) => true,
        Stmt::Def(def) => are_constant(&def.params),
        Stmt::Assign { target: Expr::Ident(_), op: None, value, .. } => is_value(value),
        Stmt::If { condition, then, otherwise, .. } => {
            is_value(condition) && is_constant(then) && is_constant(otherwise)
        }
        Stmt::Expr(expr) => match as_instruction(stmt) {
            Some((Instruction::StartNodeAnnotation | Instruction::CollectNodeAnnotation, ..)) => false,
            Some((_, args, _)) => args.iter().all(|arg| match arg {
                Argument::Positional(value) => is_value(value),
                _ => false,
            }),
            None => is_value(expr),
        },
        _ => false,
    })
}

fn is_value(expr: &Expr) -> bool {
    match expr {
        Expr::Lambda { params, .. } => are_constant(params),
        Expr::Ident(_) | Expr::Int(..) | Expr::Float(..) | Expr::Str(..) => true,
        Expr::Paren(inner, _) => is_value(inner),
        Expr::Tuple(items, _) | Expr::List(items, _) => items.iter().all(is_value),
        Expr::Dict(entries, _) => entries.iter().all(|(key, value, _)| is_value(key) && is_value(value)),
        Expr::Comprehension { .. } => false,
        Expr::Binary { left, right, .. } => is_value(left) && is_value(right),
        Expr::Unary { operand, .. } => is_value(operand),
        Expr::Dot { object, .. } => is_value(object),
        Expr::Cond { condition, then, otherwise, .. } => {
            is_value(condition) && is_value(then) && is_value(otherwise)
        }
        Expr::Index { object, index, .. } => is_value(object) && is_value(index),
        Expr::Slice { .. } | Expr::Call { .. } => false,
    }
}

fn are_constant(params: &[Param]) -> bool {
    params.iter().all(|param| match param {
        Param::Default(_, value) => is_value(value),
        _ => true,
    })
}
