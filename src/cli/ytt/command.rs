//! The tree of ytt's commands, how a command line selects one, and the help texts. The rules are those
//! of Go's cobra.

use std::ffi::{OsStr, OsString};
use std::fmt::Write;

use super::flags::{self, Flag, Matches, Takes};
use crate::cli::{Console, Exit};
use crate::{Error, ErrorKind, Result};

/// A command, all of it constant.
pub(super) struct Command {
    pub(super) name: &'static str,
    /// What follows the name in the help; ` [flags]` is the rule.
    pub(super) usage: &'static str,
    pub(super) aliases: &'static [&'static str],
    pub(super) short: &'static str,
    /// Shown by the command's own help, instead of `short`.
    pub(super) long: &'static str,
    /// Without `--help`, which all commands have.
    pub(super) flags: &'static [Flag],
    /// Sorted by name.
    pub(super) commands: &'static [&'static Command],
    pub(super) run: Run,
}

/// What a command does.
pub(super) enum Run {
    /// Shows its help.
    Help,
    /// Takes no arguments besides flags.
    Flags(fn(&Matches, &mut Console) -> Result<Exit>),
    /// The same; refuses arguments in the words of commands that cobra adds itself.
    Builtin(fn(&Matches, &mut Console) -> Result<Exit>),
    /// Takes arguments.
    Arguments(fn(&Matches, &mut Console) -> Result<Exit>),
}

impl Command {
    pub(super) const fn new(name: &'static str, short: &'static str, run: Run) -> Command {
        Command { name, usage: " [flags]", aliases: &[], short, long: "", flags: &[], commands: &[], run }
    }

    fn find(&self, name: &OsStr) -> Option<&'static Command> {
        self.commands
            .iter()
            .copied()
            .find(|command| name == command.name || command.aliases.iter().any(|alias| name == *alias))
    }

    /// The command's flags as the help shows them.
    pub(super) fn all_flags(&self, is_root: bool) -> Vec<(Flag, String)> {
        let mut flags: Vec<_> = self.flags.iter().map(|flag| (*flag, flag.help.to_owned())).collect();
        flags.push((Flag::new("help", Takes::Bool, "").short('h'), format!("help for {}", self.name)));
        if is_root {
            flags.push((Flag::new("version", Takes::Bool, ""), format!("version for {}", self.name)));
        }
        flags.sort_by_key(|(flag, _)| flag.name);
        flags
    }
}

/// A command with the names that lead to it.
pub(super) struct Found {
    pub(super) command: &'static Command,
    pub(super) path: String,
    is_root: bool,
    arguments: Vec<OsString>,
}

/// Finds the command that these arguments select; the others remain.
pub(super) fn find(root: &'static Command, arguments: &[OsString]) -> Found {
    let mut found =
        Found { command: root, path: root.name.to_owned(), is_root: true, arguments: arguments.to_vec() };
    while let Some((at, command)) = next_command(found.command, &found.arguments) {
        found.arguments.remove(at);
        found.path = format!("{} {}", found.path, command.name);
        found.command = command;
        found.is_root = false;
    }
    found
}

/// The first argument that is neither a flag nor a flag's value, if it names a command. A flag that the
/// command does not know (`--help` among them) is taken to have a value.
fn next_command(command: &Command, arguments: &[OsString]) -> Option<(usize, &'static Command)> {
    let flag_takes_none = |is_flag: &dyn Fn(&Flag) -> bool| {
        command.flags.iter().any(|flag| is_flag(flag) && flag.takes == Takes::Bool)
    };
    let mut arguments = arguments.iter().enumerate();
    loop {
        let (at, argument) = arguments.next()?;
        let skip_value = match argument.as_encoded_bytes() {
            b"--" => return None,
            bytes if bytes.starts_with(b"-") && bytes.contains(&b'=') => false,
            [b'-', b'-', name @ ..] => !flag_takes_none(&|flag| flag.name.as_bytes() == name),
            [b'-', name] => !flag_takes_none(&|flag| flag.short == Some(char::from(*name))),
            [b'-', ..] | [] => false,
            _ => return command.find(argument).map(|command| (at, command)),
        };
        if skip_value {
            arguments.next();
        }
    }
}

/// Runs the selected command.
pub(super) fn execute(found: &Found, console: &mut Console) -> Result<Exit> {
    let command = found.command;
    let mut all: Vec<Flag> = command.all_flags(found.is_root).into_iter().map(|(flag, _)| flag).collect();
    all.retain(|flag| !(command.name == "help" && flag.name == "version"));
    let matches = flags::parse(&all, &found.arguments)?;
    if matches.is_set("help") {
        return console.print(help(found));
    }
    if matches.is_set("version") {
        return console.print(super::version::line());
    }
    let refused = |message: String| Err(Error::new(ErrorKind::Usage, message));
    let (run, extra) = match command.run {
        Run::Help => return console.print(help(found)),
        Run::Arguments(run) => return run(&matches, console),
        Run::Flags(run) => (run, "does not accept extra arguments"),
        Run::Builtin(run) => (run, ""),
    };
    match matches.arguments.first().map(|argument| argument.to_string_lossy()) {
        None => run(&matches, console),
        Some(argument) if extra.is_empty() => {
            refused(format!("unknown command \"{argument}\" for \"{}\"", found.path))
        }
        Some(argument) => refused(format!("command '{}' {extra} '{argument}'", found.path)),
    }
}

/// The help of a command.
pub(super) fn help(found: &Found) -> String {
    let Found { command, path, is_root, .. } = found;
    let mut out = String::new();
    let about = if command.long.is_empty() { command.short } else { command.long };
    let runnable = !matches!(command.run, Run::Help);
    // Writing to a String cannot fail.
    let _ = write!(out, "{about}\n\nUsage:");
    if runnable {
        let _ = write!(out, "\n  {path}{}", command.usage);
    }
    if !command.commands.is_empty() {
        let _ = write!(out, "\n  {path} [command]");
    }
    if !command.aliases.is_empty() {
        let _ = write!(out, "\n\nAliases:\n  {}, {}", command.name, command.aliases.join(", "));
    }
    if !command.commands.is_empty() {
        out.push_str("\n\nAvailable Commands:");
        for command in command.commands {
            let _ = write!(out, "\n  {:11} {}", command.name, command.short);
        }
    }
    out.push_str("\n\nFlags:\n");
    // A flag without a text is of a later release than the help, which stays the reference's.
    let mut flags = command.all_flags(*is_root);
    flags.retain(|(_, text)| !text.is_empty());
    out.push_str(&flag_lines(&flags));
    if !command.commands.is_empty() {
        let _ = write!(out, "\nUse \"{path} [command] --help\" for more information about a command.\n");
    }
    out
}

fn flag_lines(flags: &[(Flag, String)]) -> String {
    let lines: Vec<(String, String)> = flags
        .iter()
        .map(|(flag, help)| {
            let short = flag.short.map_or_else(|| "    ".to_owned(), |short| format!("-{short}, "));
            let takes = match flag.takes {
                Takes::Bool => "",
                Takes::Text => " string",
                Takes::Many => " stringArray",
                Takes::Commas => " strings",
            };
            let default = match flag.default {
                "" => String::new(),
                default => format!(" (default {default})"),
            };
            (format!("  {short}--{}{takes}", flag.name), format!("{help}{default}"))
        })
        .collect();
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    lines.iter().map(|(name, help)| format!("{name:width$}   {help}\n")).collect()
}
