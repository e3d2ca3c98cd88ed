//! The command line: reads arguments, runs a command, prints.
//!
//! `stampmill ytt` is the command line of ytt; a binary whose file is called `ytt` has it as its own.
#![allow(clippy::print_stderr, reason = "this is where the program speaks to its user")]

mod bench;
mod completion;
mod console;
#[cfg(feature = "controller")]
mod controller;
mod convert;
mod crds;
#[cfg(any(feature = "controller", feature = "server"))]
mod daemon;
mod diff;
mod fmt;
mod graph;
#[cfg(feature = "controller")]
mod install;
mod lint;
mod revision;
#[cfg(feature = "server")]
mod serve;
mod stamp;
mod test;
mod ytt;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Command;

pub(crate) use self::console::{Console, Exit};
use crate::version;

/// Deep templates recurse; the memory is only taken when it is used. The second is for processes
/// whose address space is limited.
const STACK_BYTES: [usize; 2] = [256 << 20, 16 << 20];

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // A panic is reported below, in the words of an error.
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        std::panic::set_hook(Box::new(|_| {}));
    }
    let arguments = Arc::new(arguments);
    let start = |stack_size| {
        let arguments = Arc::clone(&arguments);
        let worker = std::thread::Builder::new().stack_size(stack_size);
        worker.spawn(move || run(&arguments, &mut Console::of_process()))
    };
    let worker = start(STACK_BYTES[0]).or_else(|_| start(STACK_BYTES[1]));
    let exit = match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(exit)) => exit,
        Ok(Err(panic)) => {
            eprintln!("stampmill: Error: Internal error: {}", panic_text(panic.as_ref()));
            Exit::FAILURE
        }
        Err(error) => {
            eprintln!("stampmill: Error: Starting a thread: {error}");
            Exit::FAILURE
        }
    };
    exit.into()
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "unknown",
    }
}

/// Runs a command line, the program's name first.
fn run(arguments: &[OsString], console: &mut Console) -> Exit {
    let program = arguments.first().and_then(|name| Path::new(name).file_stem());
    // ytt's arguments have rules of their own, so clap does not see them.
    match arguments {
        [_, rest @ ..] if program == Some(OsStr::new("ytt")) => return ytt::run(rest, console),
        [_, command, rest @ ..] if command == "ytt" => return ytt::run(rest, console),
        _ => {}
    }
    let matches = match command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            // Help comes this way, too.
            let text = error.render().to_string();
            if error.use_stderr() {
                console.complain(&text);
                return Exit::USAGE;
            }
            return console.print(text).unwrap_or(Exit::FAILURE);
        }
    };
    let result = match matches.subcommand() {
        Some(("version", _)) => console.print(version_lines()),
        Some(("bench", matches)) => bench::run(matches, console),
        Some(("convert", matches)) => convert::run(matches, console),
        Some(("crds", matches)) => crds::run(matches, console),
        Some(("stamp", matches)) => stamp::run(matches, console),
        Some(("fmt", matches)) => fmt::run(matches, console),
        #[cfg(feature = "controller")]
        Some(("controller", matches)) => controller::run(matches),
        #[cfg(feature = "controller")]
        Some(("install", matches)) => install::run(matches, console),
        #[cfg(feature = "server")]
        Some(("serve", matches)) => serve::run(matches, console),
        Some(("lint", matches)) => lint::run(matches, console),
        Some(("diff", matches)) => diff::run(matches, console),
        Some(("graph", matches)) => graph::run(matches, console),
        Some(("test", matches)) => test::run(matches, console),
        Some(("completion", matches)) => completion::run(matches, console),
        _ => console.print(command().render_help().to_string()),
    };
    result.unwrap_or_else(|error| {
        console.complain(&format!("stampmill: Error: {error}\n"));
        Exit::FAILURE
    })
}

fn version_lines() -> String {
    format!("stampmill {}\ncompatible with ytt {}\n", version::STAMPMILL, version::YTT)
}

const EXAMPLES: &str = "Examples:
  # Evaluate the templates of a directory
  stampmill ytt -f config/

  # with data values
  stampmill ytt -f config/ --data-values-file values.yml -v app.name=web

  # Print what supply chains would apply for each workload, without a cluster
  stampmill stamp -f platform/ --workloads workloads.ndjson --observed rules/

  # Use it wherever ytt is expected
  ln -s $(command -v stampmill) ~/.local/bin/ytt

  # Complete commands in bash
  source <(stampmill completion bash)
";

/// The commands.
fn command() -> Command {
    let command = Command::new("stampmill")
        .about("Stamps Kubernetes objects: ytt templates in process, supply chains for whole fleets")
        .version(version::STAMPMILL)
        .after_help(EXAMPLES)
        .disable_help_subcommand(true)
        .subcommand(
            ytt::for_completion(true).about("Evaluate ytt templates; takes ytt's own commands and flags"),
        )
        .subcommand(stamp::command())
        .subcommand(lint::command())
        .subcommand(diff::command())
        .subcommand(test::command())
        .subcommand(graph::command())
        .subcommand(crds::command())
        .subcommand(convert::command())
        .subcommand(fmt::command())
        .subcommand(bench::command())
        .subcommand(completion::command())
        .subcommand(
            Command::new("version").about("Print the version, and that of ytt it is compatible with"),
        );
    #[cfg(feature = "controller")]
    let command = command.subcommand(controller::command()).subcommand(install::command());
    #[cfg(feature = "server")]
    let command = command.subcommand(serve::command());
    command
}
