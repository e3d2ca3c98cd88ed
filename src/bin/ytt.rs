//! The same command under ytt's name, which makes it take ytt's command line.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: stampmill::bench::Allocator = stampmill::bench::Allocator;

fn main() -> ExitCode {
    stampmill::cli::main()
}
