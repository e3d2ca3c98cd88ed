//! `ytt completion`: scripts by which shells complete ytt's command line.

use clap::{Arg, ArgAction, ValueHint};
use clap_complete::Shell;

use super::command::{Command, Run};
use super::flags::{Flag, Matches, Takes};
use crate::Result;
use crate::cli::{Console, Exit, completion};

pub(super) const COMMAND: Command = Command {
    long: "Generate the autocompletion script for ytt for the specified shell.
See each sub-command's help for details on how to use the generated script.",
    commands: &[&BASH, &FISH, &POWERSHELL, &ZSH],
    ..Command::new("completion", "Generate the autocompletion script for the specified shell", Run::Help)
};

const FLAGS: &[Flag] = &[Flag::new("no-descriptions", Takes::Bool, "disable completion descriptions")];

const BASH: Command = Command {
    usage: "",
    long: "Generate the autocompletion script for the bash shell.

This script depends on the 'bash-completion' package.
If it is not installed already, you can install it via your OS's package manager.

To load completions in your current shell session:

	source <(ytt completion bash)

To load completions for every new session, execute once:

#### Linux:

	ytt completion bash > /etc/bash_completion.d/ytt

#### macOS:

	ytt completion bash > $(brew --prefix)/etc/bash_completion.d/ytt

You will need to start a new shell for this setup to take effect.",
    flags: FLAGS,
    ..Command::new(
        "bash",
        "Generate the autocompletion script for bash",
        Run::Builtin(|matches, console| script(Shell::Bash, matches, console)),
    )
};

const FISH: Command = Command {
    long: "Generate the autocompletion script for the fish shell.

To load completions in your current shell session:

	ytt completion fish | source

To load completions for every new session, execute once:

	ytt completion fish > ~/.config/fish/completions/ytt.fish

You will need to start a new shell for this setup to take effect.",
    flags: FLAGS,
    ..Command::new(
        "fish",
        "Generate the autocompletion script for fish",
        Run::Builtin(|matches, console| script(Shell::Fish, matches, console)),
    )
};

const POWERSHELL: Command = Command {
    long: "Generate the autocompletion script for powershell.

To load completions in your current shell session:

	ytt completion powershell | Out-String | Invoke-Expression

To load completions for every new session, add the output of the above command
to your powershell profile.",
    flags: FLAGS,
    ..Command::new(
        "powershell",
        "Generate the autocompletion script for powershell",
        Run::Builtin(|matches, console| script(Shell::PowerShell, matches, console)),
    )
};

const ZSH: Command = Command {
    long: "Generate the autocompletion script for the zsh shell.

If shell completion is not already enabled in your environment you will need
to enable it.  You can execute the following once:

	echo \"autoload -U compinit; compinit\" >> ~/.zshrc

To load completions in your current shell session:

	source <(ytt completion zsh)

To load completions for every new session, execute once:

#### Linux:

	ytt completion zsh > \"${fpath[1]}/_ytt\"

#### macOS:

	ytt completion zsh > $(brew --prefix)/share/zsh/site-functions/_ytt

You will need to start a new shell for this setup to take effect.",
    flags: FLAGS,
    ..Command::new(
        "zsh",
        "Generate the autocompletion script for zsh",
        Run::Builtin(|matches, console| script(Shell::Zsh, matches, console)),
    )
};

fn script(shell: Shell, matches: &Matches, console: &mut Console) -> Result<Exit> {
    let tree = super::for_completion(!matches.is_set("no-descriptions"));
    console.print(completion::script(shell, tree))
}

/// The command as clap describes commands.
pub(super) fn tree(command: &'static Command, descriptions: bool) -> clap::Command {
    let help = |text: &'static str| if descriptions { text } else { "" };
    let flags = command.flags.iter().map(|flag| {
        let action = match flag.takes {
            Takes::Bool => ArgAction::SetTrue,
            Takes::Text => ArgAction::Set,
            Takes::Many | Takes::Commas => ArgAction::Append,
        };
        let arg = Arg::new(flag.name).long(flag.name).short(flag.short).action(action).help(help(flag.help));
        let hint = match flag.name {
            "file" | "data-values-file" => ValueHint::AnyPath,
            "output-files" | "dangerous-emptied-output-directory" => ValueHint::DirPath,
            _ => ValueHint::Unknown,
        };
        match flag.name {
            "output" => arg.value_parser(["yaml", "json", "pos", "openapi-v3"]),
            _ if flag.takes == Takes::Bool => arg,
            _ => arg.value_hint(hint),
        }
    });
    clap::Command::new(command.name)
        .about(help(command.short))
        .visible_aliases(command.aliases.iter().copied())
        .disable_help_subcommand(true)
        .args(flags)
        .subcommands(command.commands.iter().map(|command| tree(command, descriptions)))
}
