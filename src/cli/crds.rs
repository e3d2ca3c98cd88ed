//! `stampmill crds`: the CustomResourceDefinitions of supply chains.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command};

use super::{Console, Exit};
use crate::supply_chain::crd;
use crate::yaml::{self, Array, ArrayItem, Document, DocumentSet, Map, MapItem, Node, json};
use crate::{Error, ErrorKind, Result};

const EXAMPLES: &str = "Examples:
  # Teach a cluster the kinds of carto.run/v1alpha1
  stampmill crds | kubectl apply --server-side -f -

  # What can a supply chain say?
  stampmill crds ClusterSupplyChain
";

pub(super) fn command() -> Command {
    Command::new("crds")
        .about("Print the CustomResourceDefinitions of supply chains")
        .after_help(EXAMPLES)
        .arg(
            Arg::new("kinds")
                .value_name("KIND")
                .num_args(0..)
                .value_parser(PossibleValuesParser::new(crd::KINDS.iter().map(|kind| kind.name)))
                .help("Only the definitions of these kinds [default: all]")
                .hide_possible_values(true),
        )
        .arg(
            Arg::new("output")
                .long("output")
                .short('o')
                .value_name("FORMAT")
                .default_value("yaml")
                .value_parser(PossibleValuesParser::new(["yaml", "json"]))
                .help("How to print them: documents of YAML, or a List in JSON"),
        )
}

pub(super) fn run(matches: &ArgMatches, console: &mut Console) -> Result<Exit> {
    let wanted: Vec<&String> = matches.get_many("kinds").into_iter().flatten().collect();
    let definitions = crd::KINDS.iter().zip(crd::definitions());
    let definitions = definitions
        .filter(|(kind, _)| wanted.is_empty() || wanted.iter().any(|name| *name == kind.name))
        .map(|(_, definition)| definition);
    match matches.get_one::<String>("output").map(String::as_str) {
        Some("json") => console.print(list(definitions)?),
        _ => {
            let items = definitions.map(|value| Document { value, ..Document::default() }).collect();
            console.print(yaml::print_documents(&DocumentSet { items, ..DocumentSet::default() }))
        }
    }
}

/// A `List`, as kubectl takes several objects in JSON.
fn list(definitions: impl Iterator<Item = Node>) -> Result<String> {
    let items = definitions.map(|value| ArrayItem { value, ..ArrayItem::default() }).collect();
    let fields = [
        ("apiVersion", Node::str("v1")),
        ("items", Node::Array(Array { items, ..Array::default() }.into())),
        ("kind", Node::str("List")),
    ];
    let items = fields.map(|(key, value)| MapItem { key: Node::str(key), value, ..MapItem::default() });
    let list = Node::Map(Map { items: items.into(), ..Map::default() }.into());
    let text = json::encode(&list, 2, false);
    Ok(text.map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))? + "\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn printed(arguments: &[&str]) -> String {
        let matches = command().try_get_matches_from([&["crds"], arguments].concat()).unwrap();
        let (mut console, printed) = Console::of_memory("");
        assert_eq!(run(&matches, &mut console), Ok(Exit::SUCCESS));
        printed.text()
    }

    #[test]
    fn definitions_are_documents_or_a_list() {
        let yaml = printed(&[]);
        assert_eq!(yaml.matches("\nkind: CustomResourceDefinition\n").count(), 11);
        assert_eq!(yaml.matches("---\n").count(), 10);
        let json = json::read(printed(&["-o", "json"]).as_bytes()).unwrap();
        let Node::Map(list) = &json else { unreachable!("a list is a map") };
        assert!(matches!(list.get("items"), Some(Node::Array(items)) if items.items.len() == 11));
        let one = printed(&["Runnable"]);
        assert!(one.contains("name: runnables.carto.run\n") && !one.contains("---"));
        assert!(command().try_get_matches_from(["crds", "Pod"]).is_err());
    }
}
