//! The command line of ytt. A binary whose file is called `ytt` has it as its own.

mod command;
mod completion;
mod csv;
mod error_text;
mod flags;
mod fmt;
mod template;
mod version;
mod website;

use std::ffi::OsString;

use self::command::{Command, Run};
use self::flags::Matches;
use super::{Console, Exit};
use crate::Result;

static ROOT: Command = Command {
    long: "ytt performs YAML templating.

Docs: https://carvel.dev/ytt/docs/latest/
Docs for data values: https://carvel.dev/ytt/docs/latest/ytt-data-values/",
    flags: template::FLAGS,
    commands: &[
        &completion::COMMAND,
        &fmt::COMMAND,
        &HELP,
        &template::COMMAND,
        &version::COMMAND,
        &website::COMMAND,
    ],
    ..Command::new("ytt", "ytt performs YAML templating", Run::Flags(template::run))
};

const HELP: Command = Command {
    usage: " [command] [flags]",
    long: "Help provides help for any command in the application.
Simply type ytt help [path to command] for full details.",
    ..Command::new("help", "Help about any command", Run::Arguments(help))
};

fn help(matches: &Matches, console: &mut Console) -> Result<Exit> {
    console.print(command::help(&command::find(&ROOT, &matches.arguments)))
}

/// Runs a command line, without the program's name in front.
pub(super) fn run(arguments: &[OsString], console: &mut Console) -> Exit {
    let found = command::find(&ROOT, arguments);
    match command::execute(&found, console) {
        Ok(exit) => exit,
        Err(error) => {
            console.complain(&format!("ytt: Error: {}\n", error_text::reflowed(&error.to_string())));
            Exit::FAILURE
        }
    }
}

/// The same commands for shells to complete.
pub(super) fn for_completion(descriptions: bool) -> clap::Command {
    completion::tree(&ROOT, descriptions)
}
