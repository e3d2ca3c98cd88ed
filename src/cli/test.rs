//! `stampmill test`: runs folders of template tests.

use std::io::IsTerminal;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};

use super::{Console, Exit};
use crate::Result;
use crate::template_tests::{Run, Suite, run as run_tests};

const EXAMPLES: &str = "\
A test is a folder without folders in it, with a template.yaml, a workload.yaml and an expected.yaml, and an
info.yaml that may name other files, inputs, parameters or a supply chain. Folders pass what they say on to
those below them. The format is that of Cartographer's cartotest.

The report goes to standard error, as there; coverage, JSON and JUnit go to standard output. The exit status is
1 if a test fails.

Examples:
  # Run all tests below a folder
  stampmill test ./tests/templates

  # those with \"kpack\" in their path or name, with names and descriptions
  stampmill test ./tests/templates --filter kpack -v

  # Take what is stamped now for what is expected, then look at the difference
  stampmill test ./tests/templates --update && git diff

  # Which lines of the templates does no test reach?
  stampmill test ./tests/templates --coverage

  # For a CI system
  stampmill test ./tests/templates -o junit > report.xml
";

pub(super) fn command() -> Command {
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    Command::new("test")
        .about("Run folders of template tests (cartotest format)")
        .after_help(EXAMPLES)
        .arg(
            Arg::new("directories")
                .value_name("DIR")
                .help("Folders of tests")
                .value_hint(ValueHint::DirPath)
                .required(true)
                .num_args(1..),
        )
        .arg(
            Arg::new("filter")
                .long("filter")
                .value_name("REGEX")
                .value_parser(|text: &str| regex::Regex::new(text).map_err(|error| error.to_string()))
                .help("Only tests whose path or name matches"),
        )
        .arg(flag("update", "Rewrite the expectations of tests that fail"))
        .arg(flag("coverage", "Show which lines of the templates no test reaches"))
        .arg(flag("verbose", "Show names and descriptions").short('v'))
        .arg(
            Arg::new("output")
                .long("output")
                .short('o')
                .value_name("FORMAT")
                .default_value("text")
                .value_parser(PossibleValuesParser::new(["text", "json", "junit"]))
                .help("How to show the result"),
        )
}

pub(super) fn run(matches: &ArgMatches, console: &mut Console) -> Result<Exit> {
    let mut suite = Suite::default();
    for directory in matches.get_many::<String>("directories").into_iter().flatten() {
        suite.add(Suite::find(directory)?);
    }
    let options = Run {
        filter: matches.get_one("filter").cloned(),
        update: matches.get_flag("update"),
        coverage: matches.get_flag("coverage"),
    };
    let report = run_tests(suite, &options);
    for warning in &report.warnings {
        console.complain(&format!("warning: {warning}\n"));
    }
    let format = matches.get_one::<String>("output").map_or("text", String::as_str);
    if format == "text" {
        let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        console.complain(&report.text(matches.get_flag("verbose"), colours));
    }
    let result = match format {
        "json" => report.json(),
        "junit" => report.junit(),
        _ => report.coverage.as_ref().map(|coverage| coverage.text()).unwrap_or_default(),
    };
    let printed = console.print(result)?;
    Ok(if report.passed() { printed } else { Exit::FAILURE })
}
