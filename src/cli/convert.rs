//! `stampmill convert`: files of 2021 in today's shape.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};

use super::{Console, Exit};
use crate::supply_chain::convert::convert;
use crate::workspace::{File, FileKind, Sources, SymlinkRules};
use crate::{Error, ErrorKind, Result};

const EXAMPLES: &str = "\
Cartographer 0.0.6 had `components` where there are `resources` now, RunTemplate and Pipeline where there are
ClusterRunTemplate and Runnable. Comments and layout stay; what was changed, and what somebody has to look at,
is said on standard error.

Examples:
  # Show a supply chain of 2021 in today's shape
  stampmill convert supply-chain.yaml

  # Rewrite all files of a directory
  stampmill convert --in-place platform/
";

pub(super) fn command() -> Command {
    Command::new("convert")
        .about("Turn supply chains of 2021 into today's shape")
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
                .help("Rewrite the files that change"),
        )
}

pub(super) fn run(matches: &ArgMatches, console: &mut Console) -> Result<Exit> {
    let paths: Vec<PathBuf> = matches.get_many("files").into_iter().flatten().cloned().collect();
    let in_place = matches.get_flag("in-place");
    let mut sources = Sources::new(console.take_stdin(), SymlinkRules::default());
    let mut exit = Exit::SUCCESS;
    let mut separate = false;
    for file in sources.files(&paths)? {
        if file.kind() != FileKind::Yaml {
            continue;
        }
        let describe = |error: Error| error.context(format!("Converting {}", file.description()));
        let bytes = file.bytes()?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|error| describe(Error::new(ErrorKind::Yaml, error.to_string())))?;
        let converted = convert(text).map_err(describe)?;
        let name = shown(&file);
        let said = converted.changes.iter().map(|remark| ("", remark));
        for (severity, remark) in said.chain(converted.warnings.iter().map(|remark| ("warning: ", remark))) {
            console.complain(&format!("{name}:{}: {severity}{}\n", remark.line, remark.text));
        }
        if converted.laid_out {
            console.complain(&format!("{name}: warning: the layout could not be kept\n"));
        }
        if !in_place {
            let begins = converted.text.starts_with("---");
            let separator = if separate && !begins { "---\n" } else { "" };
            exit = console.print(format!("{separator}{}", converted.text))?;
            separate = true;
        } else if converted.text != text {
            let Some(path) = file.disk_path() else {
                return Err(describe(Error::new(ErrorKind::Usage, "Only files can be rewritten in place")));
            };
            std::fs::write(path, converted.text)
                .map_err(|error| describe(Error::new(ErrorKind::File, error.to_string())))?;
        }
    }
    Ok(exit)
}

fn shown(file: &File) -> String {
    file.disk_path().map_or_else(|| file.path().to_owned(), |path| path.display().to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    const OLD: &str =
        "apiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nspec: # of 2021\n  components: []\n";
    const NEW: &str =
        "apiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nspec: # of 2021\n  resources: []\n";

    #[test]
    fn files_are_printed_or_rewritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chain.yaml");
        std::fs::write(&path, OLD).unwrap();
        let path_text = path.display().to_string();
        let run = |arguments: &[&str]| {
            let matches = command().try_get_matches_from([&["convert"], arguments].concat()).unwrap();
            let (mut console, printed) = Console::of_memory(OLD);
            assert_eq!(run(&matches, &mut console), Ok(Exit::SUCCESS));
            printed.text()
        };
        let remark = format!("{path_text}:4: components is now resources\n");
        assert_eq!(run(&[path_text.as_str()]), format!("{remark}{NEW}"));
        assert_eq!(run(&["-i", path_text.as_str()]), remark);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), NEW);
        assert_eq!(run(&["-i", path_text.as_str()]), "");
    }
}
