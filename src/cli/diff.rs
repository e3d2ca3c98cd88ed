//! `stampmill diff`: what another version of the templates changes for a fleet.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use jiff::Timestamp;
use tempfile::TempDir;

use super::{Console, Exit, revision};
use crate::fleet::diff::{Side, Told, diff};
use crate::fleet::load::Loaded;
use crate::fleet::owners::Owners;
use crate::fleet::{Fleet, Observed, Problem};
use crate::yaml::{Document, DocumentSet, json, print_documents};
use crate::{Error, ErrorKind, Limits, Result};

const EXAMPLES: &str = "\
Stamps a fleet with the blueprints and templates of --before and with those of --after, and shows which objects
differ, grouped by the shape of the difference: the paths that change, once the owner's name is taken out. Values
that are not the same for all owners show as …; one object of each shape is shown in full.

Owners are those of --after and of --workloads; both versions get the same.

Exit status: 0 if nothing differs, 1 if anything does, 2 if something could not be read or compared.

Examples:
  # What do my changes do? (against the last commit)
  stampmill diff --before HEAD --after platform/ --observed platform/observed

  # for all workloads of a cluster
  kubectl get workloads -A -o yaml | stampmill diff --before main --after platform/ --workloads -

  # Two folders
  stampmill diff --before v1/ --after v2/ --workloads workloads.ndjson -o json
";

/// Something went wrong, other than a difference.
const TROUBLE: Exit = Exit::USAGE;

pub(super) fn command() -> Command {
    let path = |name: &'static str, value: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name(value)
            .value_parser(value_parser!(PathBuf))
            .value_hint(ValueHint::AnyPath)
    };
    Command::new("diff")
        .about("Show what another version of templates changes for a whole fleet")
        .after_help(EXAMPLES)
        .arg(
            path("before", "REV|DIR")
                .required(true)
                .help("The version before: a folder, or a git revision of the folder --after"),
        )
        .arg(
            path("after", "DIR")
                .default_value(".")
                .value_hint(ValueHint::DirPath)
                .help("The version after: a folder with blueprints, templates and perhaps owners"),
        )
        .arg(
            path("workloads", "PATH")
                .action(ArgAction::Append)
                .help("More owners, read as a stream: a file, a folder, or - for standard input"),
        )
        .arg(
            path("observed", "PATH")
                .num_args(1..)
                .action(ArgAction::Append)
                .help("File or folder with what other controllers say, as for stampmill stamp"),
        )
        .arg(
            Arg::new("threads")
                .long("threads")
                .value_name("N")
                .value_parser(value_parser!(u16).range(1..=1024))
                .help("How many threads to use [default: as many as there are processors]"),
        )
        .arg(
            Arg::new("output")
                .long("output")
                .short('o')
                .value_name("FORMAT")
                .default_value("text")
                .value_parser(PossibleValuesParser::new(["text", "json", "yaml"]))
                .help("How to show the result"),
        )
}

pub(super) fn run(matches: &ArgMatches, console: &mut Console) -> Result<Exit> {
    compare(matches, console).or_else(|error| {
        console.complain(&format!("stampmill: Error: {error}\n"));
        Ok(TROUBLE)
    })
}

fn compare(matches: &ArgMatches, console: &mut Console) -> Result<Exit> {
    let paths = |name| -> Vec<PathBuf> { matches.get_many(name).into_iter().flatten().cloned().collect() };
    let path = |name| matches.get_one::<PathBuf>(name).cloned().unwrap_or_default();
    let after = path("after");
    let (before, kept) = version(&path("before"), &after)?;
    let observed = paths("observed");
    let now = Timestamp::UNIX_EPOCH;
    let load = |folder: &Path| {
        // What is observed is no part of a version, also where it stands in its folder.
        let inside = observed.iter().filter_map(|path| Some(folder.join(path.strip_prefix(&after).ok()?)));
        let except: Vec<PathBuf> = inside.chain(observed.iter().cloned()).collect();
        let loaded = Loaded::read(&[folder.to_owned()], &except);
        let (observed, observed_problems) = Observed::read(&observed);
        let (fleet, owners, mut problems) = Fleet::of(loaded, observed, now, &Limits::default());
        problems.extend(observed_problems);
        (fleet, owners, problems)
    };
    let (old, _, old_problems) = load(&before);
    let (new, owners, new_problems) = load(&after);
    let mut errors = 0;
    let mut complain = |console: &Console, problem: &Problem, side: Side| {
        errors += u64::from(problem.is_error());
        let text = problem.to_string();
        // Nobody knows the temporary folder.
        let text = kept.as_ref().map_or(text.clone(), |kept| {
            text.replace(&format!("{}/", kept.path().display()), &format!("{}:", path("before").display()))
        });
        let side = match side {
            Side::Before => "before: ",
            Side::After => "after: ",
            Side::Both => "",
        };
        console.complain(&format!("{side}{text}\n"));
    };
    for problem in &old_problems {
        complain(console, problem, Side::Before);
    }
    for problem in &new_problems {
        complain(console, problem, Side::After);
    }
    let stdin = console.take_stdin();
    let owners = Owners::new(owners, &paths("workloads"), stdin);
    let threads = matches.get_one::<u16>("threads").map(|&threads| usize::from(threads));
    let threads =
        threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    let shown = std::io::stderr().is_terminal();
    let difference = diff(&old, &new, owners, threads, |told| match told {
        Told::Problem(problem, side) => complain(console, problem, side),
        Told::Progress(done) if shown => console.complain(&format!("\r\x1b[K{done} owners")),
        Told::Progress(_) => {}
    });
    if shown {
        console.complain("\r\x1b[K");
    }
    let difference = difference.map_err(|error| failed(format!("Starting a thread: {error}")))?;
    let text = match matches.get_one::<String>("output").map(String::as_str) {
        Some("json") => json::encode(&difference.node(), 2, false).map(|text| text + "\n")?,
        Some("yaml") => {
            let document = Document { value: difference.node(), ..Document::default() };
            print_documents(&DocumentSet { items: vec![document], ..DocumentSet::default() })
        }
        _ => {
            let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            difference.text(colours)
        }
    };
    let printed = console.print(text)?;
    Ok(match (errors, difference.is_any()) {
        (0, false) => printed,
        (0, true) => Exit::FAILURE,
        _ => TROUBLE,
    })
}

fn failed(message: String) -> Error {
    Error::new(ErrorKind::File, message)
}

/// The folder of a version, and the temporary one if it had to be made.
fn version(before: &Path, after: &Path) -> Result<(PathBuf, Option<TempDir>)> {
    if !after.is_dir() {
        return Err(failed(format!("--after {}: not a folder", after.display())));
    }
    if before.is_dir() {
        return Ok((before.to_owned(), None));
    }
    let revision = before.to_str().unwrap_or_default();
    let kept = revision::checkout(after, revision).map_err(|error| {
        error.context(format!("--before {revision}: neither a folder nor a revision of {}", after.display()))
    })?;
    Ok((kept.path().to_owned(), Some(kept)))
}
