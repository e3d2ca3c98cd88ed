//! Command lines over real configuration, recorded with the hash of what they print.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::judge::{Grade, Verdict};
use super::run::watch;

/// See the limit for single cases; these are larger.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// A recorded command line.
#[derive(Debug)]
pub(crate) struct Real {
    pub(crate) name: String,
    root: String,
    args: Vec<String>,
    exit: i64,
    /// SHA-256 of standard output, as hexadecimal text.
    stdout: String,
}

/// Reads `index.json`: an array of objects with `name`, `root` (below `tree/`), `args`, `exit` and `stdout`.
pub(crate) fn read(index: &Path) -> Result<Vec<Real>, String> {
    let text = std::fs::read_to_string(index).map_err(|error| error.to_string())?;
    let index: Vec<Value> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let text = |entry: &Value, key: &str| entry[key].as_str().map(str::to_owned).ok_or(format!("no {key}"));
    let read = |entry: &Value| {
        let args = entry["args"].as_array().into_iter().flatten();
        Ok(Real {
            name: text(entry, "name")?,
            root: text(entry, "root")?,
            args: args.filter_map(Value::as_str).map(str::to_owned).collect(),
            exit: entry["exit"].as_i64().ok_or("no exit")?,
            stdout: text(entry, "stdout")?,
        })
    };
    index.iter().map(read).collect()
}

/// Runs the command in its folder.
pub(crate) fn run(program: &Path, folder: &Path, real: &Real) -> std::io::Result<Verdict> {
    let mut command = Command::new(program);
    command.args(&real.args).current_dir(folder.join("tree").join(&real.root));
    command.env_clear().env("PATH", "/usr/bin:/bin");
    let outcome = watch(&mut command, b"", TIME_LIMIT)?;
    let hash: String = Sha256::digest(&outcome.stdout).iter().map(|byte| format!("{byte:02x}")).collect();
    let wrong = match outcome.exit {
        Some(exit @ (0 | 1)) => (exit == 0) != (real.exit == 0) || hash != real.stdout,
        _ => true,
    };
    let differences = format!(
        "{:?} in {}: exit {:?}, expected {}; {} bytes printed\n{}",
        real.args,
        real.root,
        outcome.exit,
        real.exit,
        outcome.stdout.len(),
        String::from_utf8_lossy(&outcome.stderr)
    );
    Ok(Verdict { grade: if wrong { Grade::Wrong } else { Grade::Exact }, differences })
}
