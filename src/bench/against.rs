//! Another program with ytt's command line, started for each render.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use super::Input;
use crate::error::{Error, ErrorKind, Result};

/// The program and its arguments, but for the data values.
#[derive(Clone, Debug)]
pub(super) struct Rival {
    program: String,
    arguments: Vec<String>,
    files: Vec<PathBuf>,
}

/// Where the two disagree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The input.
    pub input: String,
    /// What differs: the first line, or that the other program fails.
    pub what: String,
}

impl Rival {
    /// The program of a command, whose words are separated by white space, on these files.
    ///
    /// # Errors
    /// `Usage` for a command without words.
    pub(super) fn new(command: &str, files: &[PathBuf]) -> Result<Rival> {
        let mut words = command.split_whitespace().map(str::to_owned);
        let Some(program) = words.next() else {
            return Err(Error::new(ErrorKind::Usage, "The command to compare with is empty"));
        };
        Ok(Rival { program, arguments: words.collect(), files: files.to_vec() })
    }

    /// Renders an input, which goes to standard input.
    ///
    /// # Errors
    /// `File` if the program cannot be started.
    pub(super) fn render(&self, input: &Input) -> Result<Output> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        for file in &self.files {
            command.arg("-f").arg(file);
        }
        if input.text().is_some() {
            command.args(["--data-values-file", "-"]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let failed = |error: std::io::Error| {
            Error::new(ErrorKind::File, format!("Running '{}': {error}", self.program))
        };
        let mut child = command.spawn().map_err(failed)?;
        let stdin = child.stdin.take();
        std::thread::scope(|scope| {
            // Whoever writes before it has read everything must not be kept waiting.
            scope.spawn(move || {
                if let (Some(mut stdin), Some(text)) = (stdin, input.text()) {
                    // That a program does not read is seen by what it prints.
                    let _ = stdin.write_all(text.as_bytes());
                }
            });
            child.wait_with_output().map_err(failed)
        })
    }
}

/// How a program's result differs from ours, if it does.
pub(super) fn difference(input: &Input, ours: &str, theirs: &Output) -> Option<Difference> {
    let found = |what| Some(Difference { input: input.name().to_owned(), what });
    if !theirs.status.success() {
        let error = String::from_utf8_lossy(&theirs.stderr);
        return found(
            format!("it fails, {}: {}", theirs.status, error.trim()).trim_end_matches(": ").to_owned(),
        );
    }
    if theirs.stdout == ours.as_bytes() {
        return None;
    }
    let theirs = String::from_utf8_lossy(&theirs.stdout);
    let (mut our_lines, mut their_lines) = (ours.lines(), theirs.lines());
    let shown = |line: Option<&str>| line.map_or_else(|| "nothing".to_owned(), |line| format!("'{line}'"));
    for number in 1.. {
        let (own, their) = (our_lines.next(), their_lines.next());
        if own != their {
            return found(format!("line {number} is {}, ours is {}", shown(their), shown(own)));
        }
        if own.is_none() {
            break;
        }
    }
    found("the line breaks".to_owned())
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    /// How a shell script's result differs from ours.
    fn compared(script: &str, ours: &str) -> Option<String> {
        let rival = Rival { program: "sh".to_owned(), arguments: Vec::new(), files: Vec::new() };
        let arguments = vec!["-c".to_owned(), script.to_owned()];
        let input = Input::new("values.json", "{}");
        let output = Rival { arguments, ..rival }.render(&input).unwrap();
        difference(&input, ours, &output).map(|difference| difference.what)
    }

    #[test]
    fn the_first_difference_is_told() {
        for (script, ours, expected) in [
            ("printf 'a: 1\\n'", "a: 1\n", None),
            ("cat", "{}", None),
            ("printf 'a: 1\\nb: 2\\n'", "a: 1\nb: 3\n", Some("line 2 is 'b: 2', ours is 'b: 3'")),
            ("printf 'a: 1\\n'", "a: 1\nb: 3\n", Some("line 2 is nothing, ours is 'b: 3'")),
            ("printf 'a: 1\\nb: 2\\n'", "a: 1\n", Some("line 2 is 'b: 2', ours is nothing")),
            ("printf 'a: 1'", "a: 1\n", Some("the line breaks")),
            ("echo no >&2; exit 3", "", Some("it fails, exit status: 3: no")),
            ("exit 1", "", Some("it fails, exit status: 1")),
        ] {
            assert_eq!(compared(script, ours).as_deref(), expected, "{script}");
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let rival = Rival::new("stampmill-has-no-such-program -x", &[]).unwrap();
        let error = rival.render(&Input::none()).unwrap_err().to_string();
        assert!(error.starts_with("Running 'stampmill-has-no-such-program': "), "{error}");
        assert_eq!(Rival::new("  ", &[]).unwrap_err().kind(), ErrorKind::Usage);
    }
}
