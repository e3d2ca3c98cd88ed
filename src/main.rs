//! The `stampmill` command.
fn main() {}
