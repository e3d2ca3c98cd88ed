//! `validate`: what admission answers to an object.

use stampmill::supply_chain::validate::{self, Operation};
use stampmill::yaml::Node;

use crate::case::Case;

/// The answer to each of the operations.
pub fn validate(case: &Case) -> Result<(), String> {
    let Node::Array(operations) = case.given("operations") else {
        return Err("no list `operations` in the input".to_owned());
    };
    for operation in &operations.items {
        let operation = operation.value.as_str().and_then(Operation::of).ok_or("an unknown operation")?;
        let answer = validate::object(case.given("object"), operation);
        case.check("allowed", answer.map(|()| Node::Bool(true)).map_err(|error| error.to_string()))?;
    }
    Ok(())
}
