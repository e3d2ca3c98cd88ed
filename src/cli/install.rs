//! `stampmill install`: all that a cluster needs to run the controller.

use clap::{Arg, ArgMatches, Command};

use super::{Console, Exit};
use crate::supply_chain::crd;
use crate::version;
use crate::yaml::{self, Document, DocumentSet};
use crate::{Error, ErrorKind, Result};

const EXAMPLES: &str = "Examples:
  # Into the current cluster
  stampmill install | kubectl apply --server-side -f -

  # with an image of one's own
  stampmill install --image registry.example.com/stampmill:1 | kubectl apply --server-side -f -

  # For a cluster that has Cartographer: its definitions of the kinds stay
  stampmill install --skip-crds | kubectl apply --server-side -f -
";

/// Everything but the definitions.
const CONTROLLER: &str = include_str!("../../deploy/controller.yaml");
const NAMESPACE: &str = "stampmill-system";
const IMAGE: &str = "image: stampmill\n";

pub(super) fn command() -> Command {
    Command::new("install")
        .about("Print what a cluster needs to run the controller")
        .after_help(EXAMPLES)
        .arg(
            Arg::new("namespace")
                .long("namespace")
                .short('n')
                .value_name("NAME")
                .default_value(NAMESPACE)
                .value_parser(parse_namespace)
                .help("Namespace of the controller"),
        )
        .arg(
            Arg::new("image")
                .long("image")
                .value_name("IMAGE")
                .default_value(concat!("stampmill:", env!("CARGO_PKG_VERSION")))
                .value_parser(parse_image)
                .help("Image of the controller"),
        )
        .arg(
            Arg::new("skip-crds")
                .long("skip-crds")
                .action(clap::ArgAction::SetTrue)
                .help("Leave out the definitions of the kinds"),
        )
}

pub(super) fn run(matches: &ArgMatches, console: &mut Console) -> Result<Exit> {
    let get = |name: &str| -> Result<&String> {
        let value = matches.get_one::<String>(name);
        value.ok_or_else(|| Error::new(ErrorKind::Usage, format!("--{name} has no value")))
    };
    let mut text = String::new();
    if !matches.get_flag("skip-crds") {
        let items = crd::definitions();
        let items = items.into_iter().map(|value| Document { value, ..Document::default() }).collect();
        text.push_str(&yaml::print_documents(&DocumentSet { items, ..DocumentSet::default() }));
        text.push_str("---\n");
    }
    text.push_str(&controller(get("namespace")?, get("image")?));
    console.print(text)
}

/// The manifest without its comments about itself.
fn controller(namespace: &str, image: &str) -> String {
    let text = CONTROLLER.replace(NAMESPACE, namespace).replace(IMAGE, &format!("image: {image}\n"));
    format!("# Made by stampmill {}.\n{text}", version::STAMPMILL)
}

/// A label of RFC 1123, as the API server wants namespaces.
fn parse_namespace(text: &str) -> Result<String, String> {
    let is_label = !text.is_empty()
        && text.len() <= 63
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-');
    if is_label { Ok(text.to_owned()) } else { Err("expected the name of a namespace".to_owned()) }
}

/// What stands in one line of YAML as it is.
fn parse_image(text: &str) -> Result<String, String> {
    let is_image = !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._/:@".contains(&byte))
        && text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
        && !text.ends_with(':');
    if is_image { Ok(text.to_owned()) } else { Err("expected the name of an image".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::{IMAGE, NAMESPACE, controller, parse_image, parse_namespace};

    #[test]
    fn namespace_and_image_are_put_in_everywhere() {
        let text = controller("platform", "registry.example.com/stampmill:1");
        assert!(!text.contains(NAMESPACE) && !text.contains(IMAGE));
        assert_eq!(text.matches("namespace: platform\n").count(), 6);
        assert_eq!(text.matches("image: registry.example.com/stampmill:1\n").count(), 1);
    }

    #[test]
    fn what_would_break_the_manifest_is_refused() {
        assert!(parse_namespace("a-b1").is_ok());
        for text in ["", "-a", "A", "a.b", "a\nb", "a: b"] {
            assert!(parse_namespace(text).is_err(), "{text:?}");
        }
        assert!(parse_image("localhost:5000/a/b:v1@sha256:00").is_ok());
        for text in ["", "a b", "a\nb", "a:", ":a", "a #b"] {
            assert!(parse_image(text).is_err(), "{text:?}");
        }
    }
}
