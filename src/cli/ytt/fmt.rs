//! `ytt fmt`: lays out YAML anew, comments and template code included.

use std::path::PathBuf;

use super::command::{Command, Run};
use super::flags::{Flag, Matches, Takes};
use crate::Result;
use crate::cli::{Console, Exit};
use crate::workspace::{FileKind, Sources, SymlinkRules};
use crate::yaml::{self, Fidelity, ParseOptions};

pub(super) const COMMAND: Command = Command {
    flags: &[
        Flag::new("file", Takes::Many, "File (ie local path, HTTP URL, -) (can be specified multiple times)")
            .short('f'),
        Flag::new("strict", Takes::Bool, "Configure to use _strict_ YAML subset").short('s'),
        Flag::new("debug", Takes::Bool, "Enable debug output"),
    ],
    ..Command::new("fmt", "Format YAML templates", Run::Flags(run))
};

fn run(matches: &Matches, console: &mut Console) -> Result<Exit> {
    let paths: Vec<PathBuf> = matches.many("file").into_iter().map(PathBuf::from).collect();
    let mut sources = Sources::new(console.take_stdin(), SymlinkRules::default());
    let options = ParseOptions { with_comments: true, strict: matches.is_set("strict") };
    let mut exit = Exit::SUCCESS;
    for file in sources.files(&paths)? {
        if file.kind() == FileKind::Yaml {
            let documents = yaml::parse(&file.bytes()?, 0, &options)?;
            exit = console.print(yaml::layout(&documents, Fidelity::AsYtt))?;
        }
    }
    Ok(exit)
}
