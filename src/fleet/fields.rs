//! Fields that the API does not know: an API server drops them, so they are probably not meant.

use super::Problem;
use super::load::Source;
use crate::engine::builtins::meant;
use crate::supply_chain::crd;
use crate::supply_chain::part::Part;
use crate::yaml::Node;

/// Warns of the fields of an object of the API that its kind does not have, with the name that was meant.
pub(super) fn warn(source: &Source, problems: &mut Vec<Problem>) {
    if let Some(schema) = crd::schema(source.object.kind_name()) {
        let object = Part::object(source.object.node());
        check(Part::object(schema), object, &mut String::new(), source, problems);
    }
}

fn check(schema: Part<'_>, part: Part<'_>, path: &mut String, source: &Source, problems: &mut Vec<Problem>) {
    match part.node() {
        Node::Map(_) => {
            let (properties, others) = (schema.get("properties"), schema.get("additionalProperties"));
            let takes_all =
                matches!(schema.get("x-kubernetes-preserve-unknown-fields").node(), Node::Bool(true));
            for (name, field) in part.fields() {
                let known = properties.get(name);
                let below = if known.is_set() { known } else { others };
                let length = path.len();
                if length > 0 {
                    path.push('.');
                }
                path.push_str(name);
                if below.is_set() {
                    check(below, field, path, source, problems);
                } else if properties.is_set() && !takes_all {
                    let names: Vec<&str> = properties.fields().map(|(name, _)| name).collect();
                    let hint = meant(name, &names).map(|near| format!(", did you mean {near}?"));
                    let message = format!(
                        "{} {}: unknown field {path}{}",
                        source.object.kind_name(),
                        source.object.name(),
                        hint.unwrap_or_default()
                    );
                    problems.push(Problem::warning(source.place_of(field.pos()), message));
                }
                path.truncate(length);
            }
        }
        Node::Array(_) => {
            for (index, item) in part.items().enumerate() {
                let length = path.len();
                path.push_str(&format!("[{index}]"));
                check(schema.get("items"), item, path, source, problems);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::warn;
    use crate::fleet::load::Loaded;

    #[test]
    fn unknown_fields_are_told_with_what_was_meant() {
        let mut loaded = Loaded::default();
        let text = "\
# a workload
apiVersion: carto.run/v1alpha1
kind: Workload
metadata:
  name: a
  anything: b
spec:
  params:
  - name: p
    value: {any: thing}
    vaule: 1
  source:
    git:
      urll: x
  zzz: 1
";
        loaded.stream("w.yaml".into(), text.as_bytes());
        let mut problems = Vec::new();
        warn(&loaded.owners[0], &mut problems);
        let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "w.yaml:11: warning: Workload a: unknown field spec.params[0].vaule, did you mean value?",
                "w.yaml:14: warning: Workload a: unknown field spec.source.git.urll, did you mean url?",
                "w.yaml:15: warning: Workload a: unknown field spec.zzz",
            ]
        );
    }
}
