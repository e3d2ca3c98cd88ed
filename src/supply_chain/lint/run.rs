//! Runnables and run templates.

use super::set::Set;
use super::{Findings, paths};

/// What the tags of a run template find.
const CONTEXT: [&str; 2] = ["runnable", "selected"];

/// Checks all runnables and run templates of a set.
pub(super) fn check(set: &Set<'_>, findings: &mut Findings) {
    let templates: Vec<&str> = set.of_kind("ClusterRunTemplate").map(|template| template.name()).collect();
    for runnable in set.of_kind("Runnable") {
        let name = runnable.spec().at(&["runTemplateRef", "name"]);
        if !templates.is_empty() && !name.text().is_empty() && !templates.contains(&name.text()) {
            findings
                .error("unknown-template", name, format!("there is no ClusterRunTemplate {}", name.text()))
                .suggest(name.text(), templates.iter().copied());
        }
    }
    for template in set.of_kind("ClusterRunTemplate") {
        let spec = template.spec();
        for (name, path) in spec.get("outputs").fields() {
            paths::check(&format!("outputs.{name}"), path, findings);
        }
        for reference in paths::of_template(spec.get("template"), findings) {
            super::template::check_root(&reference, &CONTEXT, findings);
        }
    }
}
