//! `interpolate` and `interpolate-owner`: tags in one text of a template.

use stampmill::supply_chain::interpolate::Leaf;
use stampmill::supply_chain::owner_view::OwnerKind;
use stampmill::supply_chain::view::{ANY, Context, OPAQUE_MAP};
use stampmill::yaml::Node;

use crate::case::Case;

/// A context of plain JSON, whose params may be opaque.
pub(crate) fn interpolate(case: &Case) -> Result<(), String> {
    let mut context = Context::new();
    let opaque = *case.given("opaqueParams") == Node::Bool(true);
    if let Node::Map(map) = case.given("context") {
        for item in &map.items {
            let name = item.key.as_str().unwrap_or_default();
            let shape = if opaque && name == "params" { &OPAQUE_MAP } else { &ANY };
            context.insert(name, item.value.clone(), shape);
        }
    }
    evaluate(case, &context)
}

/// The typed owner as `workload`.
pub(crate) fn interpolate_owner(case: &Case) -> Result<(), String> {
    let mut context = Context::new();
    context.insert("workload", case.given("workload").clone(), OwnerKind::Workload.shape());
    evaluate(case, &context)
}

fn evaluate(case: &Case, context: &Context) -> Result<(), String> {
    let leaf = Leaf::compile(case.given_text("template")?);
    case.check("value", leaf.evaluate(context).map_err(|error| error.to_string()))
}
