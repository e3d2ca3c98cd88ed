//! `stampmill graph`: shows a blueprint, and how far an owner has come with it.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};

use super::{Console, Exit};
use crate::cluster::Object;
use crate::fleet::load::{DEFAULT_NAMESPACE, Loaded, Source};
use crate::graph::{Graph, blueprint_of, mermaid, svg, text};
use crate::supply_chain::api::{Blueprint, BlueprintKind, OwnerKind};
use crate::supply_chain::catalog::CompiledBlueprint;
use crate::{Error, ErrorKind, Result};

const EXAMPLES: &str = "\
Shows the resources of supply chains and deliveries, their templates and what feeds what. With an owner it shows
that owner's blueprint, which templates it gets, and how far it has come, as its status says (kubectl get -o yaml).

Examples:
  # All blueprints of a folder, on the terminal
  stampmill graph -f platform/

  # One of them as a picture
  stampmill graph -f platform/ source-to-url -o svg > source-to-url.svg

  # for a Markdown page
  stampmill graph -f platform/ source-to-url -o mermaid

  # How far is a workload?
  kubectl get workload web -n team -o yaml > web.yaml
  stampmill graph -f platform/ -f web.yaml --owner workload/team/web
";

pub(super) fn command() -> Command {
    Command::new("graph")
        .about("Show a supply chain or delivery, and how far an owner is")
        .after_help(EXAMPLES)
        .arg(
            Arg::new("file")
                .short('f')
                .long("filename")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .value_hint(ValueHint::AnyPath)
                .required(true)
                .action(ArgAction::Append)
                .help("File or directory with blueprints and owners (can be given several times)"),
        )
        .arg(
            Arg::new("name")
                .value_name("NAME")
                .help("The blueprint, with its kind in front if there are two: delivery/web"),
        )
        .arg(
            Arg::new("owner")
                .long("owner")
                .value_name("KIND/NAMESPACE/NAME")
                .conflicts_with("name")
                .help("Show this owner's blueprint and state; the namespace can be left out"),
        )
        .arg(
            Arg::new("output")
                .long("output")
                .short('o')
                .value_name("FORMAT")
                .default_value("text")
                .value_parser(PossibleValuesParser::new(["text", "mermaid", "svg"]))
                .help("How to show it"),
        )
}

pub(super) fn run(matches: &ArgMatches, console: &mut Console) -> Result<Exit> {
    let paths: Vec<PathBuf> = matches.get_many("file").into_iter().flatten().cloned().collect();
    let loaded = Loaded::read(&paths, &[]);
    for problem in &loaded.problems {
        console.complain(&format!("{problem}\n"));
    }
    let mut blueprints = Vec::new();
    for Source { place, object } in &loaded.catalog {
        let Some(kind) = BlueprintKind::of(object.kind_name()) else { continue };
        match Blueprint::read(kind, object.node()) {
            Ok(blueprint) => blueprints.push(CompiledBlueprint::new(blueprint)),
            Err(error) => console.complain(&format!("{place}: error: {error}\n")),
        }
    }
    let graphs = match matches.get_one::<String>("owner") {
        Some(name) => {
            let owner = find_owner(&loaded.owners, name)?;
            vec![Graph::new(blueprint_of(owner, &blueprints)?, Some(owner))?]
        }
        None => {
            let name = matches.get_one::<String>("name");
            let named = named(&blueprints, name.map(String::as_str))?;
            named.into_iter().map(|blueprint| Graph::new(blueprint, None)).collect::<Result<_>>()?
        }
    };
    let shown: Vec<String> = match matches.get_one::<String>("output").map(String::as_str) {
        Some("mermaid") => graphs.iter().map(mermaid).collect(),
        Some("svg") => match graphs.as_slice() {
            [graph] => vec![svg(graph)],
            graphs => {
                let names: Vec<&str> = graphs.iter().map(|graph| &*graph.blueprint).collect();
                return Err(refused(format!(
                    "a picture shows one blueprint; name one of {}",
                    names.join(", ")
                )));
            }
        },
        _ => {
            let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            graphs.iter().map(|graph| text(graph, colours)).collect()
        }
    };
    console.print(shown.join("\n"))
}

fn refused(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Usage, message.into())
}

/// The blueprints of a name, or all of them.
fn named<'a>(blueprints: &'a [CompiledBlueprint], name: Option<&str>) -> Result<Vec<&'a CompiledBlueprint>> {
    let Some(full) = name else {
        if blueprints.is_empty() {
            return Err(refused("there is no ClusterSupplyChain and no ClusterDelivery in these files"));
        }
        return Ok(blueprints.iter().collect());
    };
    let (kind, name) = match full.rsplit_once('/') {
        Some((kind, name)) => (Some(kind), name),
        None => (None, full),
    };
    let found = blueprints.iter().filter(|blueprint| {
        blueprint.name() == name && kind.is_none_or(|kind| is_called(blueprint.blueprint.kind, kind))
    });
    let found: Vec<&CompiledBlueprint> = found.collect();
    if found.is_empty() {
        let known: Vec<&str> = blueprints.iter().map(CompiledBlueprint::name).collect();
        return Err(refused(format!("there is no blueprint {full}; there are: {}", known.join(", "))));
    }
    Ok(found)
}

/// Whether a kind has this name: in full, in short, in any case.
fn is_called(kind: BlueprintKind, name: &str) -> bool {
    let names: &[&str] = match kind {
        BlueprintKind::SupplyChain => &["clustersupplychain", "clustersupplychains", "supplychain", "csc"],
        BlueprintKind::Delivery => &["clusterdelivery", "clusterdeliveries", "delivery", "cd"],
    };
    names.contains(&&*name.to_ascii_lowercase())
}

/// The owner that `kind/namespace/name` or `kind/name` names.
fn find_owner<'a>(owners: &'a [Source], full: &str) -> Result<&'a Object> {
    let parts: Vec<&str> = full.split('/').collect();
    let (kind, namespace, name) = match parts.as_slice() {
        [kind, namespace, name] => (*kind, Some(*namespace), *name),
        [kind, name] => (*kind, None, *name),
        _ => return Err(refused(format!("--owner {full}: expected kind/namespace/name or kind/name"))),
    };
    let kind = match &*kind.to_ascii_lowercase() {
        "workload" | "workloads" | "wld" => OwnerKind::Workload,
        "deliverable" | "deliverables" | "dlv" => OwnerKind::Deliverable,
        _ => return Err(refused(format!("--owner {full}: expected a workload or a deliverable"))),
    };
    let found = owners.iter().map(|source| &source.object).filter(|owner| {
        owner.kind_name() == kind.name()
            && owner.name() == name
            && namespace.is_none_or(|namespace| owner.namespace() == namespace)
    });
    let found: Vec<&Object> = found.collect();
    match found.as_slice() {
        [owner] => Ok(owner),
        [] => Err(refused(format!("there is no {full} in these files"))),
        several => several
            .iter()
            .find(|owner| owner.namespace() == DEFAULT_NAMESPACE)
            .copied()
            .ok_or_else(|| refused(format!("{full} is there in several namespaces: name one"))),
    }
}
