//! A picture of a chain as JSON, for those who draw it themselves.

use serde_json::{Map, Value, json as value};

use crate::graph::{Graph, State, Step};

/// The state in a word that programs know.
fn word(state: State) -> &'static str {
    match state {
        State::Ready => "ready",
        State::Waiting => "waiting",
        State::Failed => "failed",
        State::Missing => "missing",
    }
}

/// A picture as JSON.
pub(super) fn json(graph: &Graph) -> String {
    let steps: Vec<Value> = graph.steps.iter().map(step).collect();
    let owner = graph
        .owner
        .as_ref()
        .map(|owner| value!({"name": owner.name, "state": word(owner.state), "reason": owner.reason}));
    value!({"blueprint": graph.blueprint, "owner": owner, "steps": steps}).to_string()
}

fn step(step: &Step) -> Value {
    let inputs: Vec<Value> = step
        .inputs
        .iter()
        .map(|input| value!({"class": input.class, "name": input.name, "resource": input.resource}))
        .collect();
    let outputs: Map<String, Value> =
        step.outputs.iter().map(|(name, preview)| (name.clone(), Value::from(preview.as_str()))).collect();
    value!({
        "name": step.name,
        "kind": step.kind,
        "template": step.template,
        "inputs": inputs,
        "state": step.state.map(word),
        "reason": step.reason,
        "stamped": step.stamped,
        "outputs": outputs,
    })
}
