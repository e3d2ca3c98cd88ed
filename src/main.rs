//! The `stampmill` command.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: stampmill::bench::Allocator = stampmill::bench::Allocator;

fn main() -> ExitCode {
    stampmill::cli::main()
}
