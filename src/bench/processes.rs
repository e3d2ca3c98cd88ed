//! What the machine itself gives for more threads: processes that share nothing, at once.
//!
//! Two threads on two processors seldom do twice as much as one, whatever they run: processors share
//! caches, power and, where they are halves of one, everything. Only the difference to this is the program's.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A command that measures renders on one thread, and prints how many there were a second.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alone {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

/// How many renders a second processes make that run at once.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Processes {
    /// How many processes.
    pub processes: usize,
    /// How many renders a second they made together.
    pub per_second: f64,
    /// How many times as many as one process that runs alone.
    pub speedup: f64,
}

impl Alone {
    /// Measures one process, then several at once. None if that cannot be done.
    pub(super) fn measure(&self, processes: usize) -> Option<Processes> {
        let one = self.together(1)?;
        let per_second = self.together(processes)?;
        (one > 0.0).then(|| Processes { processes, per_second, speedup: per_second / one })
    }

    fn together(&self, processes: usize) -> Option<f64> {
        let started: Vec<Option<Child>> = (0..processes).map(|_| self.start()).collect();
        // All of them are waited for, whatever the others did.
        let rates: Vec<Option<f64>> = started.into_iter().map(|child| rate(child?)).collect();
        rates.into_iter().sum()
    }

    fn start(&self) -> Option<Child> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().ok()
    }
}

fn rate(child: Child) -> Option<f64> {
    let output = child.wait_with_output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

#[cfg(all(test, unix))]
mod tests {
    use super::{Alone, Processes};

    fn shell(script: &str) -> Alone {
        Alone { program: "sh".into(), arguments: ["-c", script].map(Into::into).to_vec() }
    }

    #[test]
    fn processes_are_added_up_and_compared_with_one() {
        let measured = Processes { processes: 3, per_second: 300.0, speedup: 3.0 };
        assert_eq!(shell("echo 100").measure(3), Some(measured));
        for script in ["exit 1", "echo no number", "echo 0"] {
            assert_eq!(shell(script).measure(2), None, "{script}");
        }
    }
}
