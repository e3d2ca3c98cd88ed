//! Runs the commands shown in the READMEs and compares their output with what is shown.
//!
//! In a block of ```` ```console ```` each line that begins with `$ ` is a command; the lines below it are its output.
#![cfg(all(unix, feature = "cli"))]
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A command and the output shown for it.
#[derive(PartialEq, Debug)]
struct Shown {
    command: String,
    output: String,
}

/// The commands of all `console` blocks.
fn shown(readme: &str) -> Vec<Shown> {
    let mut commands: Vec<Shown> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside {
            match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(command), _) => {
                    commands.push(Shown { command: command.to_owned(), output: String::new() })
                }
                (None, Some(last)) => last.output += &format!("{line}\n"),
                (None, None) => panic!("output without a command: {line}"),
            }
        }
    }
    commands
}

/// A directory with a copy of the examples and, in `bin`, the program under both its names.
fn place() -> TempDir {
    let place = tempfile::tempdir().expect("a temporary directory");
    copy(&package().join("examples"), &place.path().join("examples"));
    let bin = place.path().join("bin");
    fs::create_dir(&bin).expect("a directory");
    for name in ["stampmill", "ytt"] {
        symlink(env!("CARGO_BIN_EXE_stampmill"), bin.join(name)).expect("a link to the program");
    }
    place
}

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a new directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let (entry, to) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).expect("an entry");
        if entry.is_dir() {
            copy(&entry, &to);
        } else {
            fs::copy(&entry, &to).expect("a copy");
        }
    }
}

/// Runs the commands of a README one after the other in a place of their own; gives how many there were.
fn check(readme: &Path) -> usize {
    let text = fs::read_to_string(readme).expect("a README");
    let place = place();
    let mut path = OsString::from(place.path().join("bin"));
    path.push(":/usr/bin:/bin");
    let commands = shown(&text);
    for Shown { command, output } in &commands {
        let run = command.replace("cargo run --release --", "stampmill");
        let result = Command::new("/bin/sh")
            .args(["-c", &run])
            .current_dir(place.path())
            .env_clear()
            .env("PATH", &path)
            .output()
            .expect("a shell");
        let errors = String::from_utf8_lossy(&result.stderr);
        assert!(result.status.success(), "{}: $ {command}\n{errors}", readme.display());
        assert_eq!(&String::from_utf8_lossy(&result.stdout), output, "{}: $ {command}", readme.display());
    }
    commands.len()
}

#[test]
fn every_example_does_what_its_readme_shows() {
    let mut folders: Vec<PathBuf> = fs::read_dir(package().join("examples"))
        .expect("examples")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert!(!folders.is_empty());
    for folder in folders {
        assert!(check(&folder.join("README.md")) > 0, "{} shows no command", folder.display());
    }
}

#[test]
fn the_readme_shows_what_comes_out() {
    assert!(check(&package().join("README.md")) > 0);
}

#[test]
fn commands_and_output_are_read_from_console_blocks_only() {
    let text = "```sh\n$ no\n```\ntext\n```console\n$ one\n1\n$ two\n```\n";
    let command = |command: &str, output: &str| Shown { command: command.into(), output: output.into() };
    assert_eq!(shown(text), [command("one", "1\n"), command("two", "")]);
}

#[test]
fn the_readme_and_the_documentation_of_the_crate_show_the_same_code() {
    let readme = fs::read_to_string(package().join("README.md")).expect("a README");
    let (_, code) = readme.split_once("```rust\n").expect("an example in Rust");
    let (code, _) = code.split_once("```").expect("the end of the example");
    let commented: String =
        code.lines().map(|line| format!("{}\n", format!("//! {line}").trim_end())).collect();
    let library = fs::read_to_string(package().join("src/lib.rs")).expect("the library");
    assert!(library.contains(&commented), "src/lib.rs lacks\n{commented}");
}
