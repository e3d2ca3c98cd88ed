//! Workloads and deliverables: which blueprint they get.

use super::Findings;
use super::files::Object;
use super::set::Set;
use crate::yaml::FileTable;

/// Checks all owners of a set, if it has blueprints for them.
pub(super) fn check(set: &Set<'_>, table: &FileTable, findings: &mut Findings) {
    for (kind, owner) in set.owners() {
        let blueprints: Vec<&Object> =
            set.blueprints().filter(|(of, _)| *of == kind.blueprint()).map(|(_, object)| object).collect();
        if blueprints.is_empty() {
            continue;
        }
        let metadata = owner.part().get("metadata");
        let what = kind.blueprint();
        if metadata.get("labels").is_empty() {
            findings
                .error("no-labels", metadata, format!("{} has no labels: no {what} selects it", owner.name()))
                .help("even a blueprint that asks for fields only passes by owners without labels");
            continue;
        }
        match set.best(kind, owner).as_slice() {
            [] => {
                let finding =
                    findings.warning("not-selected", metadata, format!("no {what} selects {}", owner.name()));
                let labels = labels(owner);
                let near = blueprints.iter().flat_map(|blueprint| blueprint.spec().get("selector").fields());
                let near: Vec<String> = near.map(|(key, value)| format!("{key}: {}", value.text())).collect();
                for label in &labels {
                    if finding.help.is_none() && !near.contains(label) {
                        finding.suggest(label, near.iter().map(String::as_str));
                    }
                }
            }
            [_] => {}
            several => {
                let places: Vec<String> = several
                    .iter()
                    .map(|blueprint| format!("{} ({})", blueprint.name(), table.show(blueprint.pos)))
                    .collect();
                findings
                    .error(
                        "several-selected",
                        metadata,
                        format!("several blueprints select {} equally", owner.name()),
                    )
                    .help(format!("exactly one must match best: {}", places.join(", ")));
            }
        }
    }
}

fn labels(owner: &Object) -> Vec<String> {
    let labels = owner.part().at(&["metadata", "labels"]);
    labels.fields().map(|(key, value)| format!("{key}: {}", value.text())).collect()
}
