//! Which blueprint an owner's picture shows.

use crate::cluster::Object;
use crate::supply_chain::api::OwnerKind;
use crate::supply_chain::catalog::CompiledBlueprint;
use crate::supply_chain::object::at;
use crate::supply_chain::owner::Owner;
use crate::supply_chain::select::best;
use crate::yaml::Node;
use crate::{Error, ErrorKind, Result};

fn refused(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Usage, message.into())
}

/// The blueprint that an owner's status names, or that its labels and fields select.
///
/// # Errors
/// `Usage` if it is none's or several ones' owner.
pub fn blueprint_of<'a>(
    owner: &Object,
    blueprints: impl IntoIterator<Item = &'a CompiledBlueprint>,
) -> Result<&'a CompiledBlueprint> {
    let view = Owner::new(owner)?;
    let Some(kind) = view.kind() else {
        return Err(refused("runnables have no blueprint"));
    };
    let of_kind: Vec<&CompiledBlueprint> =
        blueprints.into_iter().filter(|blueprint| blueprint.blueprint.kind == kind.blueprint()).collect();
    let reference = match kind {
        OwnerKind::Workload => "supplyChainRef",
        OwnerKind::Deliverable => "deliveryRef",
    };
    let name = at(owner.node(), &["status", reference, "name"]).and_then(Node::as_str);
    if let Some(known) = of_kind.iter().find(|blueprint| Some(blueprint.name()) == name) {
        return Ok(known);
    }
    let matchers = of_kind.iter().map(|blueprint| &blueprint.matcher);
    let selected = best(matchers, &view, view.view())
        .map_err(|error| refused(format!("selecting a blueprint: {error}")))?;
    match selected.as_slice() {
        [index] => of_kind.get(*index).copied(),
        _ => None,
    }
    .ok_or_else(|| {
        let (what, name) = (kind.blueprint(), owner.name());
        refused(format!("{} of {what} match the labels and fields of {name}, not one", selected.len()))
    })
}
