//! Runs a command and takes what it cost from the system.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

/// What one run, or the median of several, cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// In the program and in the system for it, on all cores.
    pub(crate) cpu: Duration,
    /// The most memory that was resident at once, in bytes.
    pub(crate) memory: u64,
}

/// Runs `program -f folder` with its output to a file.
///
/// # Errors
/// If the program cannot be run, or fails.
pub(crate) fn run(program: &Path, folder: &Path, output: Stdio) -> io::Result<Cost> {
    let start = Instant::now();
    let mut command = Command::new(program);
    command.arg("-f").arg(folder).stdin(Stdio::null()).stdout(output).env_clear();
    let child = command.spawn()?;
    let used = child.wait4()?;
    let wall = start.elapsed();
    if !used.status.success() {
        return Err(io::Error::other(format!("{}: {}", program.display(), used.status)));
    }
    let usage = used.rusage;
    Ok(Cost { wall, cpu: usage.utime + usage.stime, memory: usage.maxrss })
}

/// What the program prints.
///
/// # Errors
/// As [`run`].
pub(crate) fn output(program: &Path, folder: &Path, scratch: &Path) -> io::Result<Vec<u8>> {
    let path = scratch.join("output");
    run(program, folder, File::create(&path)?.into())?;
    std::fs::read(path)
}

/// The medians of several runs of each program. The programs take turns, so that whatever else
/// the machine does falls on all of them.
///
/// # Errors
/// As [`run`].
pub(crate) fn compare(
    programs: &[&Path],
    folder: &Path,
    runs: usize,
    patience: Duration,
) -> io::Result<Vec<Cost>> {
    let start = Instant::now();
    let mut costs = vec![Vec::new(); programs.len()];
    for round in 0..runs {
        if round > 0 && start.elapsed() > patience {
            break;
        }
        for (program, costs) in programs.iter().zip(&mut costs) {
            costs.push(run(program, folder, Stdio::null())?);
        }
    }
    Ok(costs.iter().map(|costs| median(costs)).collect())
}

fn median(costs: &[Cost]) -> Cost {
    fn of<T: Copy + Ord>(costs: &[Cost], part: fn(&Cost) -> T) -> T {
        let mut parts: Vec<T> = costs.iter().map(part).collect();
        parts.sort_unstable();
        parts[parts.len() / 2]
    }
    Cost {
        wall: of(costs, |cost| cost.wall),
        cpu: of(costs, |cost| cost.cpu),
        memory: of(costs, |cost| cost.memory),
    }
}
