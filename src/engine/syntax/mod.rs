//! The front end for ytt's dialect of Starlark: blocks close with `end`, indentation means nothing,
//! `while`, `set`, recursion and global reassignment are on, `pass` does not exist.

pub mod ast;
