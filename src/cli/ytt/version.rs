//! `ytt version`

use super::command::{Command, Run};
use crate::version;

pub(super) const COMMAND: Command =
    Command::new("version", "Print version", Run::Flags(|_, console| console.print(line())));

pub(super) fn line() -> String {
    format!("ytt version {}\n", version::YTT)
}
