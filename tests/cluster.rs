//! Random calls to the cluster in memory give what a naive model of the API's rules gives; merge patches undo
//! differences.
#![allow(clippy::unwrap_used, clippy::panic)] // Tests may fail loudly.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use stampmill::cluster::{
    Change, Cluster, ErrorKind, Kind, Memory, Object, ObjectKey, Query, Watch, merge_patch,
};
use stampmill::yaml::{Array, ArrayItem, Map, MapItem, Node, same};

/// What a test says of an object: its labels and spec.
type Content = (BTreeMap<String, String>, i64);

#[derive(Clone, Debug)]
enum Call {
    Create(usize, Content),
    Generate(Content),
    Get(usize),
    Apply(usize, Content),
    SetStatus(usize, i64),
    Delete(usize),
    List(Option<&'static str>, Vec<(String, String)>),
}

/// Few names, so that calls meet; enough for the cluster to make an index.
const NAMES: usize = 150;

fn name(number: usize) -> (&'static str, String) {
    (["a", "b"][number % 2], format!("n{number:03}"))
}

fn kind() -> Kind {
    Kind::new("test.run", "v1", "Test")
}

fn content() -> impl Strategy<Value = Content> {
    (prop::collection::btree_map("[xyz]", "[012]", 0..3), 0_i64..3)
}

fn call() -> impl Strategy<Value = Call> {
    let namespace = prop::option::of(prop::sample::select(vec!["a", "b", "c"]));
    let labels = prop::collection::vec(("[xyz]", "[012]"), 0..3);
    prop_oneof![
        6 => (0..NAMES, content()).prop_map(|(name, content)| Call::Create(name, content)),
        1 => content().prop_map(Call::Generate),
        1 => (0..NAMES).prop_map(Call::Get),
        3 => (0..NAMES, content()).prop_map(|(name, content)| Call::Apply(name, content)),
        2 => (0..NAMES, 0_i64..3).prop_map(|(name, status)| Call::SetStatus(name, status)),
        1 => (0..NAMES).prop_map(Call::Delete),
        2 => (namespace, labels).prop_map(|(namespace, labels)| Call::List(namespace, labels)),
    ]
}

fn object(namespace: &str, name: &str, (labels, spec): &Content) -> Object {
    let mut object = Object::new(&ObjectKey::new(kind(), namespace, name));
    object.merge_labels(labels.iter().map(|(key, value)| (key, value.as_str())));
    object.set("spec", Node::Int(*spec));
    object
}

/// What the model keeps of an object.
#[derive(Clone, Debug, PartialEq)]
struct Kept {
    labels: BTreeMap<String, String>,
    spec: i64,
    status: Option<i64>,
    generation: i64,
    version: u64,
    uid: String,
}

fn kept(object: &Object) -> Kept {
    let number = |node: Option<&Node>| match node {
        Some(Node::Int(value)) => Some(*value),
        _ => None,
    };
    Kept {
        labels: object.labels().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        spec: number(object.spec()).unwrap(),
        status: number(object.status()),
        generation: object.generation(),
        version: object.resource_version().parse().unwrap(),
        uid: object.uid().to_owned(),
    }
}

/// By namespace and name.
#[derive(Default)]
struct Model {
    objects: BTreeMap<(String, String), Kept>,
    version: u64,
}

impl Model {
    fn check(&mut self, cluster: &Memory, call: &Call) {
        match call {
            Call::Create(number, content) => {
                let (namespace, name) = name(*number);
                let created = cluster.create(object(namespace, &name, content));
                if self.objects.contains_key(&(namespace.to_owned(), name.clone())) {
                    assert_eq!(created.unwrap_err().kind(), ErrorKind::AlreadyExists);
                } else {
                    self.created(&created.unwrap(), namespace, &name, content);
                }
            }
            Call::Generate(content) => {
                let mut wanted = object("a", "", content);
                wanted.set_metadata("generateName", Node::str("g-"));
                let created = cluster.create(wanted).unwrap();
                assert!(created.name().starts_with("g-"));
                assert!(!self.objects.contains_key(&("a".to_owned(), created.name().to_owned())));
                self.created(&created, "a", created.name(), content);
            }
            Call::Get(number) => {
                let (namespace, name) = name(*number);
                let found = cluster.get(&ObjectKey::new(kind(), namespace, name.as_str()));
                match self.objects.get(&(namespace.to_owned(), name)) {
                    Some(expected) => assert_eq!(&kept(&found.unwrap()), expected),
                    None => assert_eq!(found.unwrap_err().kind(), ErrorKind::NotFound),
                }
            }
            Call::Apply(number, content) => {
                let (namespace, name) = name(*number);
                let Some(kept_before) = self.objects.get_mut(&(namespace.to_owned(), name.clone())) else {
                    return;
                };
                let live = cluster.get(&ObjectKey::new(kind(), namespace, name.as_str())).unwrap();
                let applied = cluster.apply(&live, &object(namespace, &name, content)).unwrap();
                if (&kept_before.labels, kept_before.spec) != (&content.0, content.1) {
                    self.version += 1;
                    kept_before.version = self.version;
                    kept_before.generation += i64::from(kept_before.spec != content.1);
                    (kept_before.labels, kept_before.spec) = content.clone();
                }
                assert_eq!(&kept(&applied), kept_before);
            }
            Call::SetStatus(number, status) => {
                let (namespace, name) = name(*number);
                let mut wanted = object(namespace, &name, &(BTreeMap::new(), 7));
                wanted.set_status(Some(Node::Int(*status)));
                let written = cluster.update_status(&wanted);
                let Some(expected) = self.objects.get_mut(&(namespace.to_owned(), name)) else {
                    assert_eq!(written.unwrap_err().kind(), ErrorKind::NotFound);
                    return;
                };
                if expected.status != Some(*status) {
                    self.version += 1;
                    (expected.status, expected.version) = (Some(*status), self.version);
                }
                assert_eq!(&kept(&written.unwrap()), expected);
            }
            Call::Delete(number) => {
                let (namespace, name) = name(*number);
                let deleted = cluster.delete(&ObjectKey::new(kind(), namespace, name.as_str()));
                match self.objects.remove(&(namespace.to_owned(), name)) {
                    Some(_) => self.version += 1,
                    None => assert_eq!(deleted.unwrap_err().kind(), ErrorKind::NotFound),
                }
            }
            Call::List(namespace, labels) => {
                let all = Query::all(kind()).in_namespace(namespace.unwrap_or_default());
                let query = labels.iter().fold(all, |query, (key, value)| query.labelled(key, value));
                let list = cluster.list(&query).unwrap();
                let expected = self.objects.iter().filter(|((of, _), kept)| {
                    namespace.is_none_or(|namespace| namespace == of)
                        && labels.iter().all(|(key, value)| kept.labels.get(key) == Some(value))
                });
                let found = list
                    .items
                    .iter()
                    .map(|item| ((item.namespace().to_owned(), item.name().to_owned()), kept(item)));
                assert_eq!(
                    found.collect::<Vec<_>>(),
                    expected.map(|(key, kept)| (key.clone(), kept.clone())).collect::<Vec<_>>()
                );
                assert_eq!(list.resource_version, self.version.to_string());
            }
        }
    }

    fn created(&mut self, created: &Object, namespace: &str, name: &str, (labels, spec): &Content) {
        self.version += 1;
        let expected = Kept {
            labels: labels.clone(),
            spec: *spec,
            status: None,
            generation: 1,
            version: self.version,
            uid: created.uid().to_owned(),
        };
        assert_eq!(kept(created), expected);
        assert!(self.objects.values().all(|other| other.uid != expected.uid));
        self.objects.insert((namespace.to_owned(), name.to_owned()), expected);
    }
}

/// What somebody knows who only watches.
fn watched(watch: &Watch) -> BTreeMap<(String, String), Kept> {
    let mut objects = BTreeMap::new();
    while let Some(event) = watch.try_next() {
        let event = event.unwrap();
        let key = (event.object.namespace().to_owned(), event.object.name().to_owned());
        let before = match event.change {
            Change::Deleted => objects.remove(&key),
            _ => objects.insert(key, kept(&event.object)),
        };
        assert_eq!(before.is_some(), event.change != Change::Added, "{event:?}");
    }
    objects
}

/// Values without null, nested as far as it matters.
fn value() -> impl Strategy<Value = Node> {
    let scalar = prop_oneof![
        any::<bool>().prop_map(Node::Bool),
        (-2_i64..3).prop_map(Node::Int),
        (-2_i64..3).prop_map(|value| Node::Float(value as f64 / 2.0)),
        "[ab]{0,2}".prop_map(Node::str),
    ];
    scalar.prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            3 => prop::collection::btree_map("[a-d]", inner.clone(), 0..4).prop_shuffled_map(),
            1 => prop::collection::vec(inner, 0..3).prop_map(|items| {
                let items = items.into_iter().map(|value| ArrayItem { value, ..ArrayItem::default() });
                Node::Array(Arc::new(Array { items: items.collect(), ..Array::default() }))
            }),
        ]
    })
}

trait Shuffled: Strategy<Value = BTreeMap<String, Node>> + Sized {
    /// The map as a node, its keys in any order.
    fn prop_shuffled_map(self) -> impl Strategy<Value = Node> {
        self.prop_map(|map| map.into_iter().collect::<Vec<_>>()).prop_shuffle().prop_map(|items| {
            let items = items.into_iter().map(|(key, value)| MapItem {
                key: Node::str(key),
                value,
                ..MapItem::default()
            });
            Node::Map(Arc::new(Map { items: items.collect(), ..Map::default() }))
        })
    }
}

impl<S: Strategy<Value = BTreeMap<String, Node>>> Shuffled for S {}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_memory_does_what_the_model_does(calls in prop::collection::vec(call(), 1..600)) {
        let cluster = Memory::new();
        let watch = cluster.watch(&Query::all(kind()), "0").unwrap();
        let labelled = cluster.watch(&Query::all(kind()).labelled("x", "1"), "0").unwrap();
        let mut model = Model::default();
        for call in &calls {
            model.check(&cluster, call);
        }
        prop_assert_eq!(cluster.len(), model.objects.len());
        prop_assert_eq!(&watched(&watch), &model.objects);
        let mut expected = model.objects.clone();
        expected.retain(|_, kept| kept.labels.get("x").is_some_and(|value| value == "1"));
        prop_assert_eq!(watched(&labelled), expected);
        // All the same again, uids and generated names as well.
        let again = Memory::new();
        let mut model = Model::default();
        for call in &calls {
            model.check(&again, call);
        }
        let times = |objects: Vec<Object>| -> Vec<Object> {
            objects.into_iter().map(|mut object| { object.remove_metadata("creationTimestamp"); object }).collect()
        };
        prop_assert_eq!(times(cluster.objects()), times(again.objects()));
    }

    #[test]
    fn a_merge_patch_makes_one_value_of_another(from in value(), to in value()) {
        let patch = merge_patch::create(&from, &to);
        let mut target = from.clone();
        merge_patch::apply(&mut target, &patch);
        prop_assert!(same(&target, &to), "{patch:?}");
        let nothing = merge_patch::create(&target, &to);
        if let (Node::Map(_), Node::Map(nothing)) = (&to, &nothing) {
            prop_assert!(nothing.items.is_empty());
        }
    }

    #[test]
    fn values_are_the_same_as_themselves_alone(a in value(), b in value()) {
        prop_assert!(same(&a, &a.clone()));
        prop_assert_eq!(same(&a, &b), same(&b, &a));
    }
}
