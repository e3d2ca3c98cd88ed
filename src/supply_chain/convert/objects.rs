//! The changes of objects.

use std::sync::Arc;

use super::lines::Edit;
use super::{Remark, remark};
use crate::supply_chain::api::API_VERSION;
use crate::yaml::{Map, MapItem, Node, Pos};

/// Labels on stamped objects, then and now.
const LABELS: [(&str, &str); 4] = [
    ("carto.run/cluster-supply-chain-name", "carto.run/supply-chain-name"),
    ("carto.run/component-name", "carto.run/resource-name"),
    ("carto.run/pipeline-name", "carto.run/runnable-name"),
    ("carto.run/pipeline-namespace", ""),
];

/// What is done to a file.
#[derive(Default)]
pub(super) struct Work {
    pub(super) edits: Vec<Edit>,
    pub(super) changes: Vec<Remark>,
    pub(super) warnings: Vec<Remark>,
}

impl Work {
    /// Changes an object, and those in it: lists of objects, templates of objects.
    pub(super) fn object(&mut self, node: &mut Node) {
        let Node::Map(map) = node else {
            return;
        };
        let text = |name| map.get(name).and_then(Node::as_str).unwrap_or_default().to_owned();
        let (version, kind) = (text("apiVersion"), text("kind"));
        let map = Arc::make_mut(map);
        if version == "v1" && kind == "List" {
            if let Some(Node::Array(items)) = value(map, "items") {
                Arc::make_mut(items).items.iter_mut().for_each(|item| self.object(&mut item.value));
            }
            return;
        }
        if version != API_VERSION {
            self.texts(map);
            return;
        }
        match kind.as_str() {
            "ClusterSupplyChain" => self.supply_chain(map),
            "RunTemplate" => self.run_template(map),
            "Pipeline" => self.pipeline(map),
            "ClusterSourceTemplate"
            | "ClusterImageTemplate"
            | "ClusterConfigTemplate"
            | "ClusterTemplate" => {
                self.template(map);
            }
            _ => {}
        }
    }

    fn supply_chain(&mut self, object: &mut Map) {
        let Some(spec) = inner(object, "spec") else {
            return;
        };
        self.rename(spec, "components", "resources");
        let Some(Node::Array(resources)) = value(spec, "resources") else {
            return;
        };
        for resource in &mut Arc::make_mut(resources).items {
            let Node::Map(resource) = &mut resource.value else { continue };
            let resource = Arc::make_mut(resource);
            for inputs in ["sources", "images", "configs"] {
                let Some(Node::Array(inputs)) = value(resource, inputs) else { continue };
                for input in &mut Arc::make_mut(inputs).items {
                    if let Node::Map(input) = &mut input.value {
                        self.rename(Arc::make_mut(input), "component", "resource");
                    }
                }
            }
        }
    }

    fn run_template(&mut self, object: &mut Map) {
        self.set(object, "kind", "ClusterRunTemplate");
        if let Some(metadata) = inner(object, "metadata") {
            self.remove(metadata, "namespace", "a ClusterRunTemplate belongs to no namespace");
        }
        self.template(object);
    }

    fn pipeline(&mut self, object: &mut Map) {
        self.set(object, "kind", "Runnable");
        if let Some(spec) = inner(object, "spec")
            && let Some(reference) = inner(spec, "runTemplateRef")
        {
            self.remove(reference, "namespace", "a ClusterRunTemplate belongs to no namespace");
            if reference.get("kind").is_some() {
                self.set(reference, "kind", "ClusterRunTemplate");
            }
        }
        self.texts(object);
    }

    fn template(&mut self, object: &mut Map) {
        let Some(spec) = inner(object, "spec") else {
            return;
        };
        if let Some(template) = value(spec, "template") {
            self.object(template);
            if let Node::Map(template) = template
                && let Some(metadata) = inner(Arc::make_mut(template), "metadata")
            {
                self.namespace(metadata);
            }
        }
        let ytt = spec.items.iter().find(|item| item.key.as_str() == Some("ytt"));
        if let Some((item, text)) = ytt.and_then(|item| Some((item, item.value.as_str()?)))
            && text.contains(API_VERSION)
            && (text.contains("kind: Pipeline") || text.contains("kind: RunTemplate"))
        {
            let warning = "this ytt template makes a Pipeline or RunTemplate: change it by hand";
            self.warnings.push(remark(item.pos, warning));
        }
    }

    /// What is stamped comes into the namespace of the owner.
    fn namespace(&mut self, metadata: &mut Map) {
        let Some(item) = metadata.items.iter().find(|item| item.key.as_str() == Some("namespace")) else {
            return;
        };
        let is_owners = item.value.as_str().is_some_and(|text| {
            ["$(workload.metadata.namespace)$", "$(runnable.metadata.namespace)$"].contains(&text)
        });
        if is_owners {
            self.remove(metadata, "namespace", "what is stamped comes into the namespace of the owner");
        } else {
            let pos = item.pos;
            self.warnings.push(remark(
                pos,
                "templates cannot choose a namespace any more: what is stamped comes into that of the owner",
            ));
        }
    }

    /// Tags and labels in the texts of an object.
    fn texts(&mut self, map: &mut Map) {
        let mut gone = Vec::new();
        for (index, item) in map.items.iter_mut().enumerate() {
            let label = item.key.as_str().and_then(|key| LABELS.iter().find(|(old, _)| *old == key));
            match label {
                Some((old, "")) => {
                    gone.push(index);
                    self.changed(
                        item.pos,
                        format!("{old} is gone: runs are in the namespace of their owner"),
                    );
                    self.edits.push(Edit::remove(item.pos.line, old));
                    continue;
                }
                Some((old, new)) => {
                    item.key = Node::str(*new);
                    self.changed(item.pos, format!("{old} is now {new}"));
                    self.edits.push(Edit::key(item.pos.line, old, new));
                }
                None => {}
            }
            self.text(&mut item.value, item.pos);
        }
        for index in gone.into_iter().rev() {
            map.items.remove(index);
        }
    }

    fn text(&mut self, node: &mut Node, pos: Pos) {
        match node {
            Node::Map(map) => self.texts(Arc::make_mut(map)),
            Node::Array(array) => {
                for item in &mut Arc::make_mut(array).items {
                    self.text(&mut item.value, item.pos);
                }
            }
            Node::Str(text) => {
                let mut changed = text.to_string();
                for (old, new) in [("$(pipeline.", "$(runnable."), ("$(pipeline)$", "$(runnable)$")] {
                    for _ in 0..changed.matches(old).count() {
                        self.edits.push(Edit::text(pos.line, old, new));
                    }
                    if changed.contains(old) {
                        self.changed(pos, format!("{old} is now {new}"));
                        changed = changed.replace(old, new);
                    }
                }
                if changed.matches("$(").count() > changed.matches(")$").count().max(1)
                    || changed.contains("$($(")
                {
                    self.warnings.push(remark(pos, "a tag within a tag: tags are looked up once only now"));
                }
                if *text != changed {
                    *node = Node::str(changed);
                }
            }
            _ => {}
        }
    }

    fn changed(&mut self, pos: Pos, text: impl Into<String>) {
        self.changes.push(remark(pos, text));
    }

    fn rename(&mut self, map: &mut Map, from: &str, to: &str) {
        // INVARIANT: a map holds each key once, so what has the new name already keeps it.
        if map.get(to).is_some() {
            return;
        }
        for item in map.items.iter_mut().filter(|item| item.key.as_str() == Some(from)) {
            item.key = Node::str(to);
            self.changed(item.pos, format!("{from} is now {to}"));
            self.edits.push(Edit::key(item.pos.line, from, to));
        }
    }

    fn set(&mut self, map: &mut Map, name: &str, to: &str) {
        for item in map.items.iter_mut().filter(|item| item.key.as_str() == Some(name)) {
            let Some(from) = item.value.as_str().map(str::to_owned).filter(|from| from != to) else {
                continue;
            };
            self.changed(item.pos, format!("{name} {from} is now {to}"));
            self.edits.push(Edit::value(item.pos.line, name, &from, to));
            item.value = Node::str(to);
        }
    }

    fn remove(&mut self, map: &mut Map, name: &str, why: &str) {
        let Some(index) = map.items.iter().position(|item| item.key.as_str() == Some(name)) else {
            return;
        };
        let MapItem { pos, .. } = map.items.remove(index);
        self.changed(pos, format!("{name} removed: {why}"));
        self.edits.push(Edit::remove(pos.line, name));
    }
}

fn value<'a>(map: &'a mut Map, name: &str) -> Option<&'a mut Node> {
    map.items.iter_mut().find(|item| item.key.as_str() == Some(name)).map(|item| &mut item.value)
}

fn inner<'a>(map: &'a mut Map, name: &str) -> Option<&'a mut Map> {
    match value(map, name)? {
        Node::Map(map) => Some(Arc::make_mut(map)),
        _ => None,
    }
}
