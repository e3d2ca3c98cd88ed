//! `stampmill fmt`: lays out YAML files and templates anew, on standard output or in place.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};

use super::{Console, Exit};
use crate::workspace::{File, FileKind, Sources, SymlinkRules};
use crate::yaml::{self, DocumentSet, Fidelity, ParseOptions};
use crate::{Error, ErrorKind, Result};

const EXAMPLES: &str =
    "Anchors and merge keys are written out. A file whose data or comments would not survive is left alone.

Examples:
  # Show a template in the usual layout
  stampmill fmt config/app.yml

  # Rewrite all YAML files of a directory
  stampmill fmt --in-place config/

  # Fail if a file is not in the usual layout
  stampmill fmt --check config/
";

pub(super) fn command() -> Command {
    Command::new("fmt")
        .about("Format YAML files and templates, comments and code included")
        .after_help(EXAMPLES)
        .arg(
            Arg::new("files")
                .value_name("FILE")
                .help("Files, directories, or - for standard input")
                .value_parser(value_parser!(PathBuf))
                .value_hint(ValueHint::AnyPath)
                .required(true)
                .num_args(1..),
        )
        .arg(
            Arg::new("in-place")
                .long("in-place")
                .short('i')
                .action(ArgAction::SetTrue)
                .help("Rewrite the files"),
        )
        .arg(
            Arg::new("check")
                .long("check")
                .action(ArgAction::SetTrue)
                .conflicts_with("in-place")
                .help("Change nothing; name the files that would change, and fail if there are any"),
        )
}

pub(super) fn run(matches: &ArgMatches, console: &mut Console) -> Result<Exit> {
    let paths: Vec<PathBuf> = matches.get_many("files").into_iter().flatten().cloned().collect();
    let mut sources = Sources::new(console.take_stdin(), SymlinkRules::default());
    let mut exit = Exit::SUCCESS;
    for file in sources.files(&paths)? {
        if file.kind() != FileKind::Yaml {
            continue;
        }
        let describe = |error: Error| error.context(format!("Formatting {}", file.description()));
        let before = file.bytes()?;
        let after = formatted(&before).map_err(describe)?;
        if matches.get_flag("check") {
            if *before != *after.as_bytes() {
                console.print(format!("{}\n", shown(&file)))?;
                exit = Exit::FAILURE;
            }
        } else if matches.get_flag("in-place") {
            let Some(path) = file.disk_path() else {
                return Err(describe(Error::new(ErrorKind::Usage, "Only files can be rewritten in place")));
            };
            if *before != *after.as_bytes() {
                std::fs::write(path, after)
                    .map_err(|error| describe(Error::new(ErrorKind::File, error.to_string())))?;
            }
        } else {
            exit = console.print(after)?;
        }
    }
    Ok(exit)
}

fn shown(file: &File) -> String {
    file.disk_path().map_or_else(|| file.path().to_owned(), |path| path.display().to_string())
}

fn formatted(text: &[u8]) -> Result<String> {
    let options = ParseOptions { with_comments: true, ..ParseOptions::default() };
    let before = yaml::parse(text, 0, &options)?;
    let out = yaml::layout(&before, Fidelity::KeepData);
    let after = yaml::parse(out.as_bytes(), 0, &options)?;
    if yaml::print_documents(&before) != yaml::print_documents(&after)
        || comments(&before) != comments(&after)
    {
        return Err(Error::new(ErrorKind::Yaml, "Its data or comments would not survive"));
    }
    Ok(out)
}

/// All comments, in the order of the nodes they belong to.
fn comments(documents: &DocumentSet) -> Vec<String> {
    let mut comments = Vec::new();
    for document in &documents.items {
        yaml::visit_notes(document, &mut |notes| {
            comments.extend(notes.comments().iter().map(|comment| comment.data.to_string()));
        });
    }
    comments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_and_comments_survive() {
        let source = "#@ x = 1\n1:   {}\n#! why\n'y':  #@ x\n- [] # z\n";
        let expected = "#@ x = 1\n1: {}\n\n#! why\n\"y\": #@ x\n  - [] # z\n";
        assert_eq!(formatted(source.as_bytes()), Ok(expected.to_owned()));
        assert_eq!(formatted(expected.as_bytes()), Ok(expected.to_owned()));
        assert!(formatted(b"a: [").is_err_and(|error| error.kind() == ErrorKind::Yaml));
    }
}
