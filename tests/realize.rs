//! Realizing owners against a cluster in memory: that the order in which things happen does not matter, and
//! what a controller may rely on.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use stampmill::cluster::{Clock, Cluster, Kind, ManualClock, Memory, Object, ObjectKey, Query};
use stampmill::supply_chain::api::Status;
use stampmill::supply_chain::catalog::Catalog;
use stampmill::supply_chain::reconcile::{Everybody, Reconciled, Reconciler, reconcile_owner};
use stampmill::supply_chain::runnable::reconcile_runnable;
use stampmill::supply_chain::submitted::Submitted;
use stampmill::yaml::{Node, ParseOptions, json, parse};

const NOW: &str = "2026-01-01T00:00:00Z";

const CHAIN: &str = r#"
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  params:
  - {name: registry, default: registry.example}
  resources:
  - name: source
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: image
    templateRef:
      kind: ClusterImageTemplate
      options:
      - {name: prebuilt, selector: {matchFields: [{key: spec.image, operator: Exists}]}}
      - {name: kpack, selector: {matchFields: [{key: spec.source.git.url, operator: Exists}]}}
    sources: [{name: source, resource: source}]
  - name: test
    templateRef: {kind: ClusterTemplate, name: test}
    sources: [{name: source, resource: source}]
  - name: config
    templateRef: {kind: ClusterConfigTemplate, name: config}
    images: [{name: image, resource: image}]
"#;

const TEMPLATES: [&str; 5] = [
    r#"
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: git}
spec:
  urlPath: .status.artifact.url
  revisionPath: .status.artifact.revision
  template:
    apiVersion: source.example/v1
    kind: GitRepository
    metadata: {name: $(workload.metadata.name)$}
    spec:
      url: $(workload.spec.source.git.url)$
      ref: $(workload.spec.source.git.ref)$
"#,
    r#"
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: kpack}
spec:
  imagePath: .status.latestImage
  params: [{name: builder, default: base}]
  ytt: |
    #@ load("@ytt:data", "data")
    apiVersion: build.example/v1
    kind: Image
    metadata:
      name: #@ data.values.workload.metadata.name
    spec:
      tag: #@ data.values.params.registry + "/" + data.values.workload.metadata.name
      builder: #@ data.values.params.builder
      #@ if hasattr(data.values, "source"):
      source: #@ data.values.source.url
      revision: #@ data.values.source.revision
      #@ end
"#,
    r#"
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: prebuilt}
spec:
  imagePath: .spec.tag
  template:
    apiVersion: build.example/v1
    kind: Image
    metadata: {name: $(workload.metadata.name)$}
    spec: {tag: $(workload.spec.image)$}
"#,
    r#"
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: config}
spec:
  configPath: .data
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
    data: {image: $(image)$, labels: "$(labels)$"}
"#,
    r#"
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: test}
spec:
  lifecycle: tekton
  template:
    apiVersion: tekton.example/v1
    kind: TaskRun
    metadata: {generateName: $(workload.metadata.name)$-}
    spec: {url: $(source.url)$, revision: $(source.revision)$}
"#,
];

/// How templates were before they were as they are in the end.
fn older(text: &str) -> String {
    text.replace(
        "url: $(workload.spec.source.git.url)$",
        "url: $(workload.spec.source.git.url)$\n      old: true",
    )
    .replace("builder: #@", "old: yes\n      builder: #@")
    .replace("data: {", "data: {old: x, ")
}

fn workload(name: &str, spec: &str) -> String {
    format!(
        "{{apiVersion: carto.run/v1alpha1, kind: Workload, metadata: {{name: {name}, namespace: dev, uid: u-{name}, \
         labels: {{type: web}}}}, spec: {spec}}}"
    )
}

fn object(text: &str) -> Object {
    let set = parse(text.as_bytes(), 0, &ParseOptions { with_comments: false, strict: false }).unwrap();
    Object::try_from(set.items.first().unwrap().value.clone()).unwrap()
}

fn text(object: &Object, path: &[&str]) -> String {
    object.get_path(path).and_then(Node::as_str).unwrap_or_default().to_owned()
}

fn node(text: &str) -> Node {
    json::read(text.as_bytes()).unwrap()
}

/// What the other controllers of a cluster make of what is stamped.
fn observe(object: &Object) -> Option<Node> {
    match object.kind_name() {
        "GitRepository" => {
            let (url, branch) = (text(object, &["spec", "url"]), text(object, &["spec", "ref", "branch"]));
            Some(node(&format!(r#"{{"artifact":{{"url":"http://files/{url}","revision":"{branch}-1"}}}}"#)))
        }
        "Image" => {
            let (tag, revision) = (text(object, &["spec", "tag"]), text(object, &["spec", "revision"]));
            let known = !revision.is_empty();
            known.then(|| node(&format!(r#"{{"latestImage":"{tag}@{revision}"}}"#)))
        }
        "TaskRun" => Some(node(r#"{"conditions":[{"type":"Succeeded","status":"True"}]}"#)),
        _ => None,
    }
}

/// The clock of a cluster, which the test moves on.
#[derive(Clone)]
struct SharedClock(Arc<ManualClock>);

impl Clock for SharedClock {
    fn now(&self) -> jiff::Timestamp {
        self.0.now()
    }
}

/// A cluster with a controller that can be stopped and started.
struct World {
    catalog: Catalog,
    cluster: Memory,
    submitted: Submitted,
    owners: BTreeMap<String, Object>,
    clock: SharedClock,
}

impl World {
    fn new() -> World {
        let clock = SharedClock(Arc::new(ManualClock::at("2026-01-01T00:00:00Z".parse().unwrap())));
        let cluster = stampmill::cluster::memory::Settings::new().clock(clock.clone()).build();
        World {
            catalog: Catalog::new(),
            cluster,
            submitted: Submitted::new(),
            owners: BTreeMap::new(),
            clock,
        }
    }

    fn add(&mut self, text: &str) {
        let object = object(text);
        if !self.catalog.add(&object).unwrap() {
            let name = object.name().to_owned();
            let mut object = object;
            if let Some(status) = self.owners.get(&name).and_then(|known| known.status().cloned()) {
                object.set_status(Some(status));
            }
            self.owners.insert(name, object);
        }
    }

    fn restart(&mut self) {
        self.submitted = Submitted::new();
    }

    fn reconcile(&mut self, name: &str) -> Option<Reconciled> {
        self.clock.0.advance(1);
        let owner = self.owners.get(name)?.clone();
        let with = Reconciler {
            catalog: &self.catalog,
            accounts: &Everybody(&self.cluster),
            cluster: &self.cluster,
            submitted: &self.submitted,
            now: NOW,
            cancel: None,
        };
        let reconciled = match owner.kind_name() {
            "Runnable" => reconcile_runnable(&owner, with).unwrap(),
            _ => reconcile_owner(&owner, with).unwrap(),
        };
        self.owners.get_mut(name)?.set_status(Some(reconciled.status.clone()));
        Some(reconciled)
    }

    /// Lets the other controllers of the cluster act on one kind.
    fn act(&self, kind: &str) {
        for object in self.objects().into_iter().filter(|object| object.kind_name() == kind) {
            if let Some(status) = observe(&object) {
                let mut object = object;
                object.set_status(Some(status));
                self.cluster.update_status(&object).unwrap();
            }
        }
    }

    fn objects(&self) -> Vec<Object> {
        let kinds = [
            ("source.example", "GitRepository"),
            ("build.example", "Image"),
            ("", "ConfigMap"),
            ("tekton.example", "TaskRun"),
        ];
        let list = |(group, kind): (&str, &str)| {
            self.cluster.list(&Query::all(Kind::new(group, "v1", kind))).unwrap().items
        };
        kinds.into_iter().flat_map(list).collect()
    }

    /// Goes on until nothing happens any more.
    fn settle(&mut self) {
        for _ in 0..12 {
            for kind in ["GitRepository", "Image", "TaskRun"] {
                self.act(kind);
            }
            let names: Vec<String> = self.owners.keys().cloned().collect();
            let results: Vec<Reconciled> = names.iter().filter_map(|name| self.reconcile(name)).collect();
            if results.iter().all(|result| !result.changed && result.events.is_empty()) {
                return;
            }
        }
        panic!("it does not come to rest");
    }

    /// What there is, without what depends on when it came; of the runs of one resource the last.
    fn summary(&self) -> Vec<String> {
        let mut last: BTreeMap<String, (String, String)> = BTreeMap::new();
        for object in self.objects() {
            let is_run = object.kind_name() == "TaskRun";
            let name = if is_run { object.generate_name() } else { object.name() };
            let mut shown = Object::new(&ObjectKey::new(object.kind(), object.namespace(), name));
            shown.set("spec", object.spec().cloned().unwrap_or_default());
            shown.set("data", object.get("data").cloned().unwrap_or_default());
            shown.merge_labels(object.labels());
            let shown = json::encode(shown.node(), 0, true).unwrap();
            let created = (object.creation_timestamp().to_owned(), shown);
            let key = format!("{}/{}/{name}", object.kind_name(), object.namespace());
            let newest = last.entry(key).or_insert_with(|| created.clone());
            if newest.0 <= created.0 {
                *newest = created;
            }
        }
        last.into_values().map(|(_, shown)| shown).collect()
    }

    fn conditions(&self, name: &str) -> String {
        let status = self.owners.get(name).unwrap().status().unwrap();
        json::encode(status, 0, true).unwrap()
    }
}

const GIT: &str = "{source: {git: {url: git/a, ref: {branch: main}}}}";

fn final_world() -> World {
    let mut world = World::new();
    world.add(CHAIN);
    for template in TEMPLATES {
        world.add(template);
    }
    world.add(&workload("a", GIT));
    world.add(&workload("b", "{image: given, source: {git: {url: git/b, ref: {branch: main}}}, params: []}"));
    world.settle();
    world
}

#[test]
fn a_chain_comes_to_its_end() {
    let mut world = World::new();
    world.add(CHAIN);
    for template in TEMPLATES {
        world.add(template);
    }
    world.add(&workload("a", GIT));
    let first = world.reconcile("a").unwrap();
    assert_eq!(first.ready(), Status::Unknown, "waiting for the source");
    world.settle();
    assert_eq!(world.reconcile("a").unwrap().ready(), Status::True, "{}", world.conditions("a"));
    let config = world.objects().into_iter().find(|object| object.kind_name() == "ConfigMap").unwrap();
    assert_eq!(text(&config, &["data", "image"]), "registry.example/a@main-1");
    assert_eq!(world.objects().len(), 4);
}

/// Resources are stamped in the order they stand, with what those before them gave in the same pass.
#[test]
fn a_resource_before_the_one_it_asks_for_waits_for_ever() {
    let mut world = World::new();
    let config = CHAIN.find("  - name: config").unwrap();
    let (before, config) = CHAIN.split_at(config);
    world.add(&before.replace("  - name: source\n", &format!("{config}  - name: source\n")));
    for template in TEMPLATES {
        world.add(template);
    }
    world.add(&workload("a", GIT));
    world.settle();
    let error = world.reconcile("a").unwrap().error.unwrap();
    assert!(error.ends_with("evaluate tag $(image)$: jsonpath returned empty list: image"), "{error}");
}

#[test]
fn both_ways_to_get_an_image_fit_no_owner_equally() {
    let mut world = final_world();
    let result = world.reconcile("b").unwrap();
    let error = result.error.unwrap();
    assert!(
        error.contains("expected exactly 1 option to match, found [2] matching options [prebuilt, kpack] for resource [image]"),
        "{error}"
    );
    assert!(result.retry);
}

/// An immutable object is not created again by a controller that remembers nothing.
#[test]
fn a_restart_creates_nothing_anew() {
    let mut world = final_world();
    let before = world.objects();
    world.restart();
    world.settle();
    let versions = |objects: &[Object]| -> Vec<String> {
        objects.iter().map(|object| format!("{} {}", object.name(), object.resource_version())).collect()
    };
    assert_eq!(versions(&before), versions(&world.objects()));
}

const RUN: &str = r#"
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: task}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {generateName: $(runnable.metadata.name)$-}
    data: {input: $(runnable.spec.inputs.key)$}
"#;

/// The reference makes one more with each pass.
#[test]
fn a_run_without_a_spec_is_made_once() {
    let mut world = World::new();
    world.add(RUN);
    let runnable = |input: &str| {
        format!(
            "{{apiVersion: carto.run/v1alpha1, kind: Runnable, metadata: {{name: r, namespace: dev, uid: u}}, spec: \
             {{runTemplateRef: {{name: task}}, inputs: {{key: {input}}}}}}}"
        )
    };
    for (input, expected) in [("one", 1), ("one", 1), ("two", 2), ("one", 3)] {
        world.add(&runnable(input));
        world.reconcile("r").unwrap();
        world.reconcile("r").unwrap();
        assert_eq!(world.objects().len(), expected, "{input}");
    }
}

/// The reference sends an empty patch, and says that it patched something.
#[test]
fn a_config_map_that_is_as_it_should_be_is_left_alone() {
    let mut world = final_world();
    let config = ObjectKey::new(Kind::new("", "v1", "ConfigMap"), "dev", "a");
    let before = world.cluster.get(&config).unwrap();
    let again = world.reconcile("a").unwrap();
    assert_eq!(again.events, []);
    assert!(!again.changed);
    assert!(world.cluster.get(&config).unwrap().is(&before));

    // What others put there goes, as it does in the reference.
    let mut meddled = before.clone();
    meddled.set_annotation("somebody", "else");
    world.cluster.apply(&before, &meddled).unwrap();
    let mended = world.reconcile("a").unwrap();
    assert_eq!(
        mended.events.iter().map(|event| event.message()).collect::<Vec<_>>(),
        ["Patched object [configmaps/a]"]
    );
    assert_eq!(world.cluster.get(&config).unwrap().annotation("somebody"), None);
}

#[test]
fn an_endless_template_names_its_limit() {
    let mut world = World::new();
    world.add(CHAIN);
    for template in TEMPLATES {
        world.add(&template.replace(
            "    #@ load(\"@ytt:data\"",
            "    #@ while True:\n    #@   x = 1\n    #@ end\n    #@ load(\"@ytt:data\"",
        ));
    }
    world.add(&workload("a", GIT));
    world.reconcile("a").unwrap();
    world.act("GitRepository");
    let result = world.reconcile("a").unwrap();
    let error = result.error.unwrap();
    assert!(
        error.starts_with(
            "unable to stamp object for resource [image] for template [ClusterImageTemplate/kpack] in supply chain \
             [web]: unable to apply ytt template: ytt: Error: \n- "
        ) && error.contains("limit")
            && error.contains("stdin.yml"),
        "{error}"
    );
    assert!(!result.retry);
}

/// Times of creation are whole seconds: which of several runs was the last must not be guessed from them.
#[test]
fn a_restart_within_the_second_of_several_runs_creates_nothing_anew() {
    let mut world = final_world();
    let runs = |world: &World| world.objects().iter().filter(|object| object.generate_name() == "a-").count();
    let reconcile = |world: &mut World| {
        world.clock.0.advance(-1);
        world.act("GitRepository");
        world.reconcile("a").unwrap();
    };
    world.clock.0.advance(60);
    for number in 1..8 {
        world.add(&workload("a", &GIT.replace("main", &format!("branch-{number}"))));
        reconcile(&mut world);
        reconcile(&mut world);
        let before = runs(&world);
        assert_eq!(before, number + 1);
        world.restart();
        reconcile(&mut world);
        assert_eq!(runs(&world), before);
    }
}

/// From A to B and back gives three runs, as in the reference.
#[test]
fn a_change_and_its_reversal_are_two_more_runs() {
    let mut world = final_world();
    let runs = |world: &World| world.objects().iter().filter(|object| object.generate_name() == "a-").count();
    assert_eq!(runs(&world), 1);
    for (branch, expected) in [("other", 2), ("main", 3)] {
        world.add(&workload("a", &GIT.replace("main", branch)));
        world.settle();
        assert_eq!(runs(&world), expected);
    }
}

#[test]
fn what_is_no_longer_asked_for_goes() {
    let mut world = final_world();
    let config = ObjectKey::new(Kind::new("", "v1", "ConfigMap"), "dev", "a");
    assert!(world.cluster.get(&config).is_ok());
    let (chain, _) = CHAIN.split_at(CHAIN.find("  - name: config").unwrap());
    world.add(chain);
    world.settle();
    assert!(world.cluster.get(&config).unwrap_err().is_not_found());
}

#[test]
fn a_runnable_gives_the_outputs_of_its_latest_success() {
    let mut world = World::new();
    world.add(
        r#"
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: task}
spec:
  outputs: {revision: spec.revision}
  template:
    apiVersion: tekton.example/v1
    kind: TaskRun
    metadata: {generateName: $(runnable.metadata.name)$-}
    spec: {revision: $(runnable.spec.inputs.revision)$, selected: $(selected.data.key)$, kind: $(runnable.spec.runTemplateRef.kind)$}
"#,
    );
    let runnable = |revision: &str| {
        format!(
            "{{apiVersion: carto.run/v1alpha1, kind: Runnable, metadata: {{name: r, namespace: dev, uid: u}}, spec: \
             {{runTemplateRef: {{name: task}}, inputs: {{revision: {revision}}}, selector: {{resource: {{apiVersion: \
             v1, kind: ConfigMap}}, matchingLabels: {{for: r}}}}}}}}"
        )
    };
    world.add(&runnable("one"));
    let error = world.reconcile("r").unwrap().error.unwrap();
    assert_eq!(
        error,
        "unable to resolve selector [map[for:r]], apiVersion [v1], kind [ConfigMap]: selector did not match any objects"
    );
    let config = "{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: dev, labels: {for: r}}, data: {key: v}}";
    world.cluster.create(object(config)).unwrap();
    assert_eq!(world.reconcile("r").unwrap().ready(), Status::Unknown);
    world.settle();
    assert!(world.conditions("r").contains(r#""outputs":{"revision":"one"}"#), "{}", world.conditions("r"));

    let run = world.objects().into_iter().find(|object| object.kind_name() == "TaskRun").unwrap();
    assert_eq!(text(&run, &["spec", "selected"]), "v");
    assert_eq!(text(&run, &["spec", "kind"]), "ClusterRunTemplate");

    // The outputs stay while the next run is not done.
    world.add(&runnable("two"));
    assert!(world.reconcile("r").unwrap().stamped.len() == 1);
    assert!(world.conditions("r").contains(r#""outputs":{"revision":"one"}"#), "{}", world.conditions("r"));
    world.settle();
    assert!(world.conditions("r").contains(r#""outputs":{"revision":"two"}"#), "{}", world.conditions("r"));
}

/// Something that happens to a cluster.
#[derive(Clone, Debug)]
enum Event {
    Arrives(usize),
    Acts(usize),
    Reconciles(usize),
    Restarts,
    Deleted(usize),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        4 => (0..64_usize).prop_map(Event::Arrives),
        2 => (0..3_usize).prop_map(Event::Acts),
        4 => (0..2_usize).prop_map(Event::Reconciles),
        1 => Just(Event::Restarts),
        1 => (0..64_usize).prop_map(Event::Deleted),
    ];
    prop::collection::vec(event, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Blueprints, templates, in an older form or the final one, and owners come in any order; statuses come
    /// early or late; the controller is restarted, and stamped objects are deleted. In the end there is
    /// what there would have been had all been there from the beginning.
    #[test]
    fn any_order_of_events_ends_in_the_same_objects(events in events()) {
        let last: Vec<String> = [CHAIN].into_iter().chain(TEMPLATES).map(str::to_owned)
            .chain([
                workload("a", GIT),
                workload("b", "{image: given, source: {git: {url: git/b, ref: {branch: main}}}, params: []}"),
            ])
            .collect();
        let mut first: Vec<String> = last.iter().map(|text| older(text)).collect();
        first.push(workload("a", "{image: other}"));
        let mut world = World::new();
        for event in events {
            match event {
                Event::Arrives(index) => {
                    let all = first.len() + last.len();
                    let text = first.iter().chain(&last).nth(index % all).unwrap().clone();
                    world.add(&text);
                }
                Event::Acts(index) => world.act(["GitRepository", "Image", "TaskRun"][index]),
                Event::Reconciles(index) => _ = world.reconcile(["a", "b"][index]),
                Event::Restarts => world.restart(),
                Event::Deleted(index) => {
                    let objects = world.objects();
                    if !objects.is_empty() {
                        world.cluster.delete(&objects[index % objects.len()].key()).unwrap();
                    }
                }
            }
        }
        for text in &last {
            world.add(text);
        }
        world.settle();
        prop_assert_eq!(world.summary(), final_world().summary());
    }
}
