//! What commands print to and read from, and how the program ends.

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use crate::workspace::Log;
use crate::{Error, ErrorKind, Result};

/// How the program ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Exit(u8);

impl Exit {
    pub(crate) const SUCCESS: Exit = Exit(0);
    pub(crate) const FAILURE: Exit = Exit(1);
    /// A command line that cannot be understood.
    pub(crate) const USAGE: Exit = Exit(2);
    /// Nobody reads the output any more: as shells report the end by `SIGPIPE`.
    const BROKEN_PIPE: Exit = Exit(141);
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.0)
    }
}

/// Standard input and output of a command.
pub(crate) struct Console {
    stdin: Option<Box<dyn Read + Send>>,
    stdout: Box<dyn Write + Send>,
    stderr: Arc<Mutex<dyn Write + Send>>,
}

impl Console {
    /// Those of the process.
    pub(super) fn of_process() -> Console {
        Console {
            stdin: Some(Box::new(io::stdin())),
            stdout: Box::new(io::stdout()),
            stderr: Arc::new(Mutex::new(io::stderr())),
        }
    }

    /// Standard input; empty when taken a second time.
    pub(super) fn take_stdin(&mut self) -> Box<dyn Read + Send> {
        self.stdin.take().unwrap_or_else(|| Box::new(io::empty()))
    }

    pub(super) fn stdout(&mut self) -> &mut dyn Write {
        &mut self.stdout
    }

    /// Prints a command's result and returns how the command ends.
    pub(super) fn print(&mut self, text: impl AsRef<[u8]>) -> Result<Exit> {
        Console::written(self.stdout.write_all(text.as_ref()).and_then(|()| self.stdout.flush()))
    }

    /// How the command ends that has written its result.
    pub(super) fn written(result: io::Result<()>) -> Result<Exit> {
        match result {
            Ok(()) => Ok(Exit::SUCCESS),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::BROKEN_PIPE),
            Err(error) => Err(Error::new(ErrorKind::File, format!("Writing to standard output: {error}"))),
        }
    }

    /// Prints to standard error; if that is closed, nobody can be told.
    pub(super) fn complain(&self, text: &str) {
        (self.log())(text);
    }

    /// Takes what templates print.
    pub(super) fn log(&self) -> Log {
        let stderr = Arc::clone(&self.stderr);
        Arc::new(move |text| {
            let mut stderr = stderr.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = stderr.write_all(text.as_bytes());
        })
    }
}

/// What was printed to a console in memory, standard error included.
#[cfg(test)]
#[derive(Clone, Default)]
pub(super) struct Printed(Arc<Mutex<Vec<u8>>>);

#[cfg(test)]
impl Printed {
    pub(super) fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
impl Console {
    /// One whose output can be read.
    pub(super) fn of_memory(stdin: &'static str) -> (Console, Printed) {
        let printed = Printed::default();
        let console = Console {
            stdin: Some(Box::new(stdin.as_bytes())),
            stdout: Box::new(printed.clone()),
            stderr: Arc::new(Mutex::new(printed.clone())),
        };
        (console, printed)
    }
}
