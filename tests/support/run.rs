//! Runs one recorded command line in a directory of its own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::txtar::Case;

/// How long a run may take before it counts as hung. It is no measure of speed: a build without optimisation is allowed more.
const TIME_LIMIT: Duration = Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 10 });

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit status; none if a signal or the time limit ended the run.
    pub(crate) exit: Option<i32>,
    pub(crate) timed_out: bool,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// The files created or changed, by their path in the working directory.
    pub(crate) out: BTreeMap<String, Vec<u8>>,
    /// The inputs that are gone, sorted.
    pub(crate) deleted: Vec<String>,
    /// The working directory's parent, which may stand in texts.
    pub(crate) root: PathBuf,
}

/// Runs the case with this program.
pub(crate) fn run(program: &Path, case: &Case) -> io::Result<Outcome> {
    let directory = tempfile::Builder::new().prefix("case").tempdir()?;
    let root = directory.path().canonicalize()?;
    let work = root.join("w");
    lay_out(case, &work)?;
    let mut command = command(program, case, &root);
    let mut outcome = watch(command.current_dir(&work), &case.stdin, TIME_LIMIT)?;
    let mut files = BTreeMap::new();
    collect(&work, "", &mut files)?;
    outcome.deleted = case.inputs.keys().filter(|path| !files.contains_key(*path)).cloned().collect();
    files.retain(|path, content| case.inputs.get(path) != Some(content));
    outcome.out = files;
    outcome.root = root;
    Ok(outcome)
}

/// Writes the files, links and empty directories of the case.
fn lay_out(case: &Case, work: &Path) -> io::Result<()> {
    fs::create_dir(work)?;
    for name in case.meta("dir") {
        fs::create_dir_all(work.join(name))?;
    }
    let parents = |path: &Path| path.parent().map_or(Ok(()), fs::create_dir_all);
    for (path, content) in &case.inputs {
        let path = work.join(path);
        parents(&path)?;
        fs::write(path, content)?;
    }
    for link in case.meta("symlink") {
        let (name, target) = link.split_once("->").unwrap_or((link, ""));
        let path = work.join(name.trim());
        parents(&path)?;
        std::os::unix::fs::symlink(target.trim(), path)?;
    }
    Ok(())
}

/// The program with nothing but the case's environment, in the case's order: `env -i` keeps it, `Command` would sort it.
fn command(program: &Path, case: &Case, root: &Path) -> Command {
    let mut command = if case.env.is_empty() { Command::new(program) } else { Command::new("/usr/bin/env") };
    command.env_clear();
    if case.env.is_empty() {
        command.env("PATH", "/usr/bin:/bin").env("HOME", root);
    } else {
        let mut home = OsString::from("HOME=");
        home.push(root);
        command.args(["-i", "PATH=/usr/bin:/bin"]).arg(home);
        command.args(case.env.iter().map(|(name, value)| os([&name[..], value].join(&b'='))));
        command.arg(program);
    }
    command.args(case.args.iter().cloned().map(os));
    command
}

fn os(bytes: Vec<u8>) -> OsString {
    OsString::from_vec(bytes)
}

/// Runs a command to its end or to the time limit.
pub(crate) fn watch(command: &mut Command, stdin: &[u8], limit: Duration) -> io::Result<Outcome> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let deadline = Instant::now() + limit;
    let (Some(mut input), Some(output), Some(errors)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(io::Error::other("no pipes"));
    };
    thread::scope(|scope| {
        // A run that does not read its input closes the pipe: no failure.
        scope.spawn(move || drop(input.write_all(stdin)));
        let (sender, receiver) = mpsc::channel();
        let done = sender.clone();
        let output = scope.spawn(move || read(output, &done));
        let errors = scope.spawn(move || read(errors, &sender));
        for _ in 0..2 {
            // Closed pipes come with the end of the run, so no polling is needed while it lasts.
            let left = deadline.saturating_duration_since(Instant::now());
            if receiver.recv_timeout(left).is_err() {
                break;
            }
        }
        let status = end(&mut child, deadline)?;
        let text =
            |result: thread::Result<Vec<u8>>| result.map_err(|_| io::Error::other("cannot read output"));
        Ok(Outcome {
            exit: status.and_then(|status| status.code()),
            timed_out: status.is_none(),
            stdout: text(output.join())?,
            stderr: text(errors.join())?,
            out: BTreeMap::new(),
            deleted: Vec::new(),
            root: PathBuf::new(),
        })
    })
}

fn read(mut from: impl Read, done: &mpsc::Sender<()>) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What was read before an error still counts.
    drop(from.read_to_end(&mut bytes));
    // Nobody listens any more once the time limit has passed.
    let _ = done.send(());
    bytes
}

/// Waits for the end; kills the run at the deadline and gives none.
fn end(child: &mut Child, deadline: Instant) -> io::Result<Option<std::process::ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// All regular files below a directory, by relative path; links are not followed.
fn collect(directory: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file() {
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(())
}
