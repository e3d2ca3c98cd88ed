//! The command line of ytt. A binary whose file is called `ytt` has it as its own.

mod command;
mod completion;
mod csv;
mod error_text;
mod flags;
mod fmt;
mod limits;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// How a command line ends and what it prints, standard error in front.
    fn run_line(line: &str) -> (Exit, String) {
        let arguments: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let (mut console, printed) = Console::of_memory("");
        let exit = run(&arguments, &mut console);
        (exit, printed.text())
    }

    #[test]
    fn commands_are_found_among_flags() {
        for (line, expected) in [
            ("version", "ytt version 0.48.0"),
            ("--debug fmt -h", "Format YAML templates"),
            ("--version", "ytt version 0.48.0"),
            ("version --help", "Print version"),
            ("help version", "Print version"),
            ("--help version", "ytt performs YAML templating."),
            ("help nope", "ytt performs YAML templating."),
            (
                "t -h",
                "Process YAML templates (deprecated; use top-level command -- e.g. `ytt -f-` instead of `ytt template -f-`)",
            ),
            (
                "-f x template -h",
                "Process YAML templates (deprecated; use top-level command -- e.g. `ytt -f-` instead of `ytt template -f-`)",
            ),
            ("completion nope", "Generate the autocompletion script for ytt for the specified shell."),
        ] {
            let (exit, text) = run_line(line);
            assert_eq!((exit, text.lines().next()), (Exit::SUCCESS, Some(expected)), "{line}");
        }
    }

    #[test]
    fn wrong_command_lines_are_refused() {
        for (line, expected) in [
            ("nope", "command 'ytt' does not accept extra arguments 'nope'"),
            ("-- version", "command 'ytt' does not accept extra arguments 'version'"),
            ("template version", "command 'ytt template' does not accept extra arguments 'version'"),
            ("version -f x", "unknown shorthand flag: 'f' in -f"),
            ("-f x version", "unknown shorthand flag: 'f' in -f"),
            ("--nope version", "unknown flag: --nope"),
            ("completion bash x", "unknown command \"x\" for \"ytt completion bash\""),
            ("-f nope.yml", "Checking file 'nope.yml': lstat nope.yml: no such file or directory"),
            ("-o nope", "Unknown output type 'nope'"),
            (
                "-o openapi-v3",
                "Output type currently only supported for data values schema (i.e. include --data-values-schema-inspect)",
            ),
        ] {
            assert_eq!(run_line(line), (Exit::FAILURE, format!("ytt: Error: {expected}\n")), "{line}");
        }
    }

    #[test]
    fn help_is_laid_out_as_cobra_does() {
        let expected = "\
Starts website HTTP server

Usage:
  ytt website [flags]

Flags:
  -h, --help                 help for website
      --listen-addr string   Listen address (default \"localhost:8080\")
      --redirect-to-https    Redirect to HTTPs address (default true)
";
        assert_eq!(run_line("website --help"), (Exit::SUCCESS, expected.to_owned()));
        let expected = "\
Generate the autocompletion script for ytt for the specified shell.
See each sub-command's help for details on how to use the generated script.

Usage:
  ytt completion [command]

Available Commands:
  bash        Generate the autocompletion script for bash
  fish        Generate the autocompletion script for fish
  powershell  Generate the autocompletion script for powershell
  zsh         Generate the autocompletion script for zsh

Flags:
  -h, --help   help for completion

Use \"ytt completion [command] --help\" for more information about a command.
";
        assert_eq!(run_line("completion"), (Exit::SUCCESS, expected.to_owned()));
    }

    #[test]
    fn files_are_inspected_and_formatted() {
        let (mut console, printed) = Console::of_memory("a: 1 # x\n1: {}\n");
        let arguments = ["fmt", "-f", "-"].map(OsString::from);
        assert_eq!(run(&arguments, &mut console), Exit::SUCCESS);
        assert_eq!(printed.text(), "a: 1 # x\n%!s(int=1):\n");

        let (mut console, printed) = Console::of_memory("");
        let arguments = ["-f", "_ytt_lib/x.yml=-", "-f", "b/c.txt=-", "--files-inspect"].map(OsString::from);
        assert_eq!(run(&arguments, &mut console), Exit::SUCCESS);
        assert_eq!(printed.text(), "- b/c.txt\n");
    }
}
