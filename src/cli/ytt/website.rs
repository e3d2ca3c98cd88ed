//! `ytt website`: the playground of ytt, which is not part of this program.

use super::command::{Command, Run};
use super::flags::{Flag, Takes};
use crate::{Error, ErrorKind};

pub(super) const COMMAND: Command = Command {
    flags: &[
        Flag::new("listen-addr", Takes::Text, "Listen address").default("\"localhost:8080\""),
        Flag::new("redirect-to-https", Takes::Bool, "Redirect to HTTPs address").default("true"),
    ],
    ..Command::new(
        "website",
        "Starts website HTTP server",
        Run::Flags(|_, _| Err(Error::new(ErrorKind::Usage, "the website command is not supported"))),
    )
};
