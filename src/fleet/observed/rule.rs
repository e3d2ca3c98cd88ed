//! One rule: which objects it is for, and the status they get.

use super::field;
use crate::cluster::Object;
use crate::fleet::load::Source;
use crate::fleet::{Place, Problem};
use crate::limits::CancelToken;
use crate::renderer::{self, Renderer, Values};
use crate::supply_chain::interpolate;
use crate::workspace::File;
use crate::yaml::{Map, MapItem, Node, Text};

/// A rule, compiled.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) place: Place,
    pub(super) kind: Text,
    /// Empty for any, as are the next two.
    api_version: Text,
    namespace: Text,
    name: Text,
    labels: Vec<(Text, Text)>,
    form: Form,
}

#[derive(Debug)]
enum Form {
    /// A structure with `$(object...)$` in it.
    Plain(interpolate::Template),
    /// A ytt template.
    Ytt(renderer::Template),
}

impl Rule {
    /// Compiles a rule.
    ///
    /// # Errors
    /// What it lacks, or why its template does not compile.
    pub(super) fn read(
        rule: &Map,
        place: Place,
        source: &Source,
        renderer: &Renderer,
        problems: &mut Vec<Problem>,
    ) -> Result<Rule, Problem> {
        warn_of_unknown(rule, &["match", "status", "ytt"], source, problems);
        let Some(Node::Map(matching)) = field(rule, "match") else {
            return Err(Problem::error(place, "a rule needs match, a map with the kind of object it is for"));
        };
        let known = ["apiVersion", "kind", "namespace", "name", "labels"];
        warn_of_unknown(matching, &known, source, problems);
        let text = |name: &str| match field(matching, name) {
            None => Ok(Text::default()),
            Some(Node::Str(text)) => Ok(text.clone()),
            Some(_) => Err(Problem::error(place.clone(), format!("match.{name}: expected a text"))),
        };
        let (kind, api_version) = (text("kind")?, text("apiVersion")?);
        let (namespace, name) = (text("namespace")?, text("name")?);
        if kind.is_empty() {
            return Err(Problem::error(place, "a rule needs match.kind"));
        }
        let labels = labels(matching)
            .ok_or_else(|| Problem::error(place.clone(), "match.labels: expected a map of texts"))?;
        let form = match (field(rule, "status"), field(rule, "ytt")) {
            (Some(status @ Node::Map(_)), None) => Form::Plain(interpolate::Template::compile(status)),
            (None, Some(Node::Str(text))) => {
                let file = File::new("observed.yml", text.as_bytes());
                match renderer.compile(vec![file]) {
                    Ok(template) => Form::Ytt(template),
                    Err(error) => return Err(Problem::error(place, format!("ytt: {error}"))),
                }
            }
            (Some(_), None) => return Err(Problem::error(place, "status: expected a map")),
            (None, Some(_)) => return Err(Problem::error(place, "ytt: expected a text")),
            (Some(_), Some(_)) => {
                return Err(Problem::error(place, "a rule has either status or ytt, this has both"));
            }
            (None, None) => {
                return Err(Problem::error(place, "a rule has either status or ytt, this has neither"));
            }
        };
        Ok(Rule { place, kind, api_version, namespace, name, labels, form })
    }

    /// Whether it is for an object of its kind.
    pub(super) fn matches(&self, object: &Object) -> bool {
        let is = |wanted: &Text, found: &str| wanted.is_empty() || wanted == found;
        is(&self.api_version, object.api_version())
            && is(&self.namespace, object.namespace())
            && is(&self.name, object.name())
            && self.labels.iter().all(|(key, value)| object.label(key) == Some(value))
    }

    /// The status it gives to an object.
    ///
    /// # Errors
    /// Why it cannot be evaluated.
    pub(super) fn evaluate(
        &self,
        object: &Object,
        renderer: &Renderer,
        cancel: Option<&CancelToken>,
    ) -> Result<Node, String> {
        let object = MapItem { key: Node::str("object"), value: object.node().clone(), ..MapItem::default() };
        let values = Node::Map(Map { items: vec![object], ..Map::default() }.into());
        match &self.form {
            Form::Plain(template) => template.evaluate(&values).map_err(|error| {
                let dot = if error.place.is_empty() { "" } else { "." };
                format!("status{dot}{}: {}", error.place, error.cause)
            }),
            Form::Ytt(template) => {
                let output = renderer.render_with(template, &Values::tree(values), cancel);
                let output = output.map_err(|error| format!("ytt: {error}"))?;
                match output.documents().next().map(|document| &document.value) {
                    Some(status @ Node::Map(_)) => Ok(status.clone()),
                    Some(_) => Err("ytt: expected a map, the status".to_owned()),
                    None => Ok(Node::Map(Map::default().into())),
                }
            }
        }
    }
}

/// The labels that an object must have; none if they are no texts.
fn labels(matching: &Map) -> Option<Vec<(Text, Text)>> {
    let labels = match field(matching, "labels") {
        None => return Some(Vec::new()),
        Some(Node::Map(labels)) => &labels.items,
        Some(_) => return None,
    };
    let text = |item: &MapItem| match (&item.key, &item.value) {
        (Node::Str(key), Node::Str(value)) => Some((key.clone(), value.clone())),
        _ => None,
    };
    labels.iter().map(text).collect()
}

/// Warns of fields that nobody reads.
pub(super) fn warn_of_unknown(map: &Map, known: &[&str], source: &Source, problems: &mut Vec<Problem>) {
    for item in &map.items {
        let name = item.key.as_str().unwrap_or_default();
        if !known.contains(&name) {
            let message = format!("unknown field {name}: expected {}", known.join(", "));
            problems.push(Problem::warning(source.place_of(item.pos), message));
        }
    }
}
