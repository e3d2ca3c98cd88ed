//! `stampmill install`: all that a cluster needs to run the controller.

use std::path::{Path, PathBuf};

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

  # With a webhook that refuses blueprints and templates that make no sense; needs cert-manager
  stampmill install --webhook | kubectl apply --server-side -f -

  # with a certificate of one's own
  kubectl create secret tls -n stampmill-system stampmill-webhook-tls --cert tls.crt --key tls.key
  stampmill install --webhook-ca-bundle ca.crt | kubectl apply --server-side -f -

  # For a cluster that has Cartographer: its definitions of the kinds stay
  stampmill install --skip-crds | kubectl apply --server-side -f -
";

/// What kustomize makes of the same files: everything but the definitions, and what a webhook adds.
const CONTROLLER: &str = include_str!("../../deploy/kustomize/base/controller.yaml");
const WEBHOOK: &str = include_str!("../../deploy/kustomize/webhook/webhook.yaml");
const CERTIFICATE: &str = include_str!("../../deploy/kustomize/webhook/certificate.yaml");
/// The line by which cert-manager puts its certificate into the webhook's configuration.
const INJECT: &str =
    "  annotations:\n    cert-manager.io/inject-ca-from: stampmill-system/stampmill-webhook\n";
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
            Arg::new("webhook")
                .long("webhook")
                .action(clap::ArgAction::SetTrue)
                .help("Validate blueprints and templates on admission; cert-manager makes the certificate"),
        )
        .arg(
            Arg::new("webhook-ca-bundle")
                .long("webhook-ca-bundle")
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf))
                .value_hint(clap::ValueHint::FilePath)
                .conflicts_with("webhook")
                .help("The same without cert-manager: certificates (PEM) that the API server trusts; that of the \
                       webhook is in the Secret stampmill-webhook-tls"),
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
    let bundle = matches.get_one::<PathBuf>("webhook-ca-bundle");
    let webhook = match bundle {
        Some(path) => Webhook::Bundle(read_bundle(path)?),
        None if matches.get_flag("webhook") => Webhook::CertManager,
        None => Webhook::None,
    };
    text.push_str(&controller(get("namespace")?, get("image")?, &webhook));
    console.print(text)
}

/// Whether there is a webhook, and whom the API server trusts.
enum Webhook {
    None,
    CertManager,
    /// Certificates, in PEM and Base64.
    Bundle(String),
}

fn read_bundle(path: &Path) -> Result<String> {
    use base64::Engine as _;
    let failed = |error: String| Error::new(ErrorKind::Usage, format!("{}: {error}", path.display()));
    let text = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    if !text.windows(27).any(|part| part == b"-----BEGIN CERTIFICATE-----") {
        return Err(failed("expected certificates in PEM".to_owned()));
    }
    Ok(base64::engine::general_purpose::STANDARD.encode(text))
}

/// The manifests.
fn controller(namespace: &str, image: &str, webhook: &Webhook) -> String {
    let text = match webhook {
        Webhook::None => CONTROLLER.to_owned(),
        Webhook::CertManager => format!("{CONTROLLER}---\n{WEBHOOK}---\n{CERTIFICATE}"),
        Webhook::Bundle(bundle) => {
            let bundle = format!("  clientConfig:\n    caBundle: {bundle}\n");
            let webhook = WEBHOOK.replace(INJECT, "").replace("  clientConfig:\n", &bundle);
            format!("{CONTROLLER}---\n{webhook}")
        }
    };
    let text = text.replace(NAMESPACE, namespace).replace(IMAGE, &format!("image: {image}\n"));
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
    use super::{IMAGE, NAMESPACE, Webhook, controller, parse_image, parse_namespace};

    #[test]
    fn namespace_and_image_are_put_in_everywhere() {
        for (webhook, images) in
            [(Webhook::None, 1), (Webhook::CertManager, 2), (Webhook::Bundle("Q0E=".to_owned()), 2)]
        {
            let text = controller("platform", "registry.example.com/stampmill:1", &webhook);
            assert!(!text.contains(NAMESPACE) && !text.contains(IMAGE));
            assert_eq!(text.matches("image: registry.example.com/stampmill:1\n").count(), images);
        }
    }

    #[test]
    fn a_bundle_stands_in_each_webhook_and_for_cert_manager() {
        let text = controller(NAMESPACE, "stampmill", &Webhook::Bundle("Q0E=".to_owned()));
        assert_eq!(text.matches("    caBundle: Q0E=\n").count(), 8);
        assert!(!text.contains("cert-manager.io"));
        let text = controller(NAMESPACE, "stampmill", &Webhook::CertManager);
        assert!(
            text.contains("inject-ca-from")
                && text.contains("kind: Certificate")
                && !text.contains("caBundle")
        );
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
