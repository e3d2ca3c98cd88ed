//! The front end for ytt's dialect of Starlark: blocks close with `end`, indentation means nothing,
//! `while`, `set`, recursion and global reassignment are on, `pass` is refused.
//!
//! [`parse`] turns text into the tree of [`ast`]; [`resolve()`] checks its names and gives what code
//! generation needs to know of them. Both report what the reference's interpreter reports, at its
//! positions, which are at times not where one would look: many syntax errors carry the place the
//! scanner had reached, so that `got newline, want ':'` names the *next* line.

pub mod ast;
mod blocks;
mod error;
mod number;
mod parse;
mod parse_expr;
mod quote;
mod resolve;
mod resolve_calls;
mod scan;
pub mod spell;
#[cfg(test)]
mod tests;
mod token;

pub use error::SyntaxError;
pub use parse::parse;
pub use resolve::{Resolved, check_first_statement, resolve};
