//! `stampmill completion`: scripts by which shells complete the command line.

use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::Shell;

use super::{Console, Exit};
use crate::Result;

pub(super) fn command() -> Command {
    Command::new("completion")
        .about("Print a script that completes commands in a shell")
        .arg(Arg::new("shell").required(true).value_parser(value_parser!(Shell)))
}

pub(super) fn run(matches: &ArgMatches, console: &mut Console) -> Result<Exit> {
    let shell = *matches.get_one::<Shell>("shell").unwrap_or(&Shell::Bash);
    console.print(script(shell, super::command()))
}

/// The script for a command, whose name is that of the binary.
pub(super) fn script(shell: Shell, mut command: Command) -> Vec<u8> {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    script
}
