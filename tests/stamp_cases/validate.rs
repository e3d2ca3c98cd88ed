//! `validate`: what admission refuses.

use stampmill::supply_chain::validate::{Operation, object};
use stampmill::yaml::Node;

use crate::case::Case;

pub fn validate(case: &Case) -> Result<(), String> {
    let Node::Array(operations) = case.given("operations") else {
        return Err("no list `operations` in the input".to_owned());
    };
    for item in &operations.items {
        let name = item.value.as_str().unwrap_or_default();
        let operation = Operation::of(name).ok_or_else(|| format!("an unknown operation {name}"))?;
        let allowed = object(case.given("object"), operation).map(|()| Node::Bool(true));
        case.check("allowed", allowed.map_err(|error| error.to_string()))
            .map_err(|problem| format!("{name}: {problem}"))?;
    }
    Ok(())
}
