//! One pass over a blueprint: are its templates there?

use super::Shared;
use super::key::{Key, Subject};
use super::shards::Tenure;
use super::workers::Outcome;
use crate::cluster::{Clock as _, Cluster as _, ErrorKind, SystemClock, rfc3339};
use crate::supply_chain::api::{Blueprint, BlueprintKind, BlueprintStatus};
use crate::yaml::to_node;

pub(super) fn reconcile(shared: &Shared, tenure: &Tenure, key: &Key) -> Outcome {
    let Some(mut object) = shared.store(key.subject).and_then(|store| store.get("", &key.name)) else {
        return Outcome::Done;
    };
    let kind = match key.subject {
        Subject::Delivery => BlueprintKind::Delivery,
        _ => BlueprintKind::SupplyChain,
    };
    let blueprint = match Blueprint::read(kind, object.node()) {
        Ok(blueprint) => blueprint,
        Err(error) => {
            tracing::warn!(owner = %key, "not of its kind's form: {error}");
            return Outcome::Done;
        }
    };
    let finished = shared.catalog().blueprint_conditions(&blueprint, &rfc3339(SystemClock.now()));
    let generation = object.generation();
    if !finished.changed && blueprint.status.observed_generation == generation {
        return Outcome::Done;
    }
    let status = BlueprintStatus { conditions: finished.conditions, observed_generation: generation };
    let Ok(status) = to_node(&status) else { return Outcome::Done };
    object.set_status(Some(status));
    match shared.connection.own().within(&tenure.fence).update_status(&object) {
        Ok(_) => {
            tracing::info!(owner = %key, ready = finished.successful, "wrote the status");
            Outcome::Done
        }
        Err(error) if error.is_not_found() => Outcome::Done,
        Err(error) => {
            if error.kind() != ErrorKind::Conflict {
                tracing::warn!(owner = %key, "writing the status: {error}");
            }
            Outcome::Retry
        }
    }
}
