//! Expected values are the API server's: its documentation, and what the reference's messages quote.
#![allow(clippy::unwrap_used, clippy::panic)] // Tests may fail loudly.

use std::sync::Arc;

use super::{KindInfo, Memory, Settings};
use crate::cluster::{
    Change, Cluster, ErrorKind, Kind, ManualClock, Object, ObjectKey, OwnerReference, Query, Waited, Watch,
};
use crate::yaml::{Node, json, same};

fn node(text: &str) -> Node {
    json::read(text.as_bytes()).unwrap()
}

fn object(text: &str) -> Object {
    Object::try_from(node(text)).unwrap()
}

fn config_map(name: &str, data: &str) -> Object {
    object(&format!(
        r#"{{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {{"name": "{name}", "namespace": "ns"}},
             "data": {data}}}"#
    ))
}

fn workload(name: &str, spec: &str) -> Object {
    object(&format!(
        r#"{{"apiVersion": "carto.run/v1alpha1", "kind": "Workload",
             "metadata": {{"name": "{name}", "namespace": "ns"}}, "spec": {spec}}}"#
    ))
}

fn kind(api_version: &str, kind: &str) -> Kind {
    Kind::from_api_version(api_version, kind)
}

fn settings() -> Settings {
    Settings::new().clock(ManualClock::at("2024-06-10T12:30:00Z".parse().unwrap()))
}

#[test]
fn a_created_object_has_what_the_cluster_gives_it() {
    let cluster = settings().build();
    let mut wanted = workload("w", r#"{"image": "i"}"#);
    wanted.set_status(Some(node(r#"{"conditions": []}"#)));
    wanted.set_uid("mine");
    let created = cluster.create(wanted).unwrap();
    assert_eq!(created.generation(), 1);
    assert_eq!(created.resource_version(), "1");
    assert_eq!(created.creation_timestamp(), "2024-06-10T12:30:00Z");
    assert_eq!(created.uid().len(), 36);
    assert!(created.status().is_none());
    assert!(same(created.spec().unwrap(), &node(r#"{"image": "i"}"#)));
    assert!(cluster.get(&created.key()).unwrap().is(&created));

    let map = cluster.create(config_map("c", "{}")).unwrap();
    assert!(map.get_metadata("generation").is_none());
    assert_ne!(map.uid(), created.uid());
    assert_eq!(map.resource_version(), "2");
    assert_eq!(cluster.len(), 2);
}

#[test]
fn errors_have_the_texts_of_the_api_server() {
    let cluster = settings().only_known_kinds().build();
    let map = cluster.create(config_map("x", "{}")).unwrap();
    let stale = |object: &Object| {
        let mut object = object.clone();
        object.set_resource_version("0");
        object.set_status(Some(Node::Null));
        object
    };
    let deployment = ObjectKey::new(kind("apps/v1", "Deployment"), "ns", "x");
    let workload = cluster.create(workload("w", "{}")).unwrap();
    let nameless = object(r#"{"apiVersion": "v1", "kind": "ConfigMap"}"#);
    let errors = [
        (
            cluster.create(config_map("x", "{}")).map(drop),
            ErrorKind::AlreadyExists,
            r#"configmaps "x" already exists"#,
        ),
        (cluster.get(&deployment).map(drop), ErrorKind::NotFound, r#"deployments.apps "x" not found"#),
        (cluster.delete(&deployment), ErrorKind::NotFound, r#"deployments.apps "x" not found"#),
        (
            cluster.apply(&map, &config_map("y", "{}")).map(drop),
            ErrorKind::NotFound,
            r#"configmaps "y" not found"#,
        ),
        (
            cluster.update_status(&stale(&workload)).map(drop),
            ErrorKind::Conflict,
            r#"Operation cannot be fulfilled on workloads.carto.run "w": the object has been modified; please apply your changes to the latest version and try again"#,
        ),
        (
            cluster.update_status(&map).map(drop),
            ErrorKind::NotFound,
            "the server could not find the requested resource",
        ),
        (
            cluster.get(&ObjectKey::new(kind("v1", "ConfigMap"), "ns", "")).map(drop),
            ErrorKind::BadRequest,
            "resource name may not be empty",
        ),
        (
            cluster.create(nameless).map(drop),
            ErrorKind::Invalid,
            r#"ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required"#,
        ),
        (
            cluster.create(map).map(drop),
            ErrorKind::BadRequest,
            "resourceVersion should not be set on objects to be created",
        ),
        (
            cluster.create(object(r#"{"apiVersion": "v1"}"#)).map(drop),
            ErrorKind::BadRequest,
            r#"Object 'Kind' is missing in '{"apiVersion":"v1"}'"#,
        ),
        (
            cluster.list(&Query::all(kind("a.b/v1", "Thing"))).map(drop),
            ErrorKind::NoMatch,
            r#"no matches for kind "Thing" in version "a.b/v1""#,
        ),
    ];
    for (result, kind, text) in errors {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, text));
    }
}

#[test]
fn names_are_generated() {
    let cluster = settings().build();
    let text = r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "run-", "namespace": "ns"}}"#;
    let names: Vec<_> = (0..3).map(|_| cluster.create(object(text)).unwrap().name().to_owned()).collect();
    assert!(names.iter().all(|name| name.len() == 9 && name.starts_with("run-")));
    assert!(names[0] != names[1] && names[1] != names[2] && names[0] != names[2]);

    // Elsewhere and with other objects around, they are the same; where one is taken, the next is.
    let other = settings().build();
    other.create(config_map(&names[1], "{}")).unwrap();
    let again: Vec<_> = (0..2).map(|_| other.create(object(text)).unwrap().name().to_owned()).collect();
    assert_eq!(again, [names[0].as_str(), names[2].as_str()]);
}

/// 10.3 of the digest: a merge patch between the live object and the wanted one.
#[test]
fn applying_removes_what_is_not_wanted() {
    let cluster = settings().build();
    let mut first = workload("w", r#"{"image": "i", "env": [{"name": "a"}]}"#);
    first.set_label("a", "1");
    first.set_annotation("b", "2");
    let created = cluster.create(first.clone()).unwrap();

    let unchanged = cluster.apply(&created, &first).unwrap();
    assert!(unchanged.is(&created));

    let mut labelled = workload("w", r#"{"image": "i", "env": [{"name": "a"}]}"#);
    labelled.set_label("a", "2");
    let relabelled = cluster.apply(&created, &labelled).unwrap();
    assert_eq!(relabelled.generation(), 1);
    assert_eq!(relabelled.resource_version(), "2");
    assert_eq!(relabelled.labels().collect::<Vec<_>>(), [("a", "2")]);
    assert_eq!(relabelled.annotations().count(), 0);
    assert_eq!(relabelled.uid(), created.uid());
    assert_eq!(relabelled.creation_timestamp(), created.creation_timestamp());

    let changed = cluster.apply(&relabelled, &workload("w", r#"{"env": []}"#)).unwrap();
    assert_eq!((changed.generation(), changed.resource_version()), (2, "3"));
    assert!(same(changed.spec().unwrap(), &node(r#"{"env": []}"#)));
    assert_eq!(changed.labels().count(), 0);
}

#[test]
fn applying_keeps_what_others_have_changed_since() {
    let cluster = settings().build();
    let live = cluster.create(config_map("c", r#"{"a": "1", "b": "1"}"#)).unwrap();
    cluster.apply(&live, &config_map("c", r#"{"a": "1", "b": "1", "c": "1"}"#)).unwrap();
    let applied = cluster.apply(&live, &config_map("c", r#"{"a": "2"}"#)).unwrap();
    assert!(same(applied.get("data").unwrap(), &node(r#"{"a": "2", "c": "1"}"#)));
}

#[test]
fn a_status_of_its_own_is_only_written_as_such() {
    let cluster = settings().build();
    let created = cluster.create(workload("w", r#"{"image": "i"}"#)).unwrap();
    let mut with_status = created.clone();
    with_status.set_status(Some(node(r#"{"observedGeneration": 1}"#)));
    with_status.set("spec", Node::Null);
    with_status.set_label("a", "b");
    let written = cluster.update_status(&with_status).unwrap();
    assert_eq!(written.observed_generation(), Some(1));
    assert_eq!((written.generation(), written.resource_version()), (1, "2"));
    assert!(same(written.spec().unwrap(), &node(r#"{"image": "i"}"#)));
    assert_eq!(written.label("a"), None);
    assert!(cluster.update_status(&written).unwrap().is(&written));
    assert_eq!(cluster.update_status(&with_status).unwrap_err().kind(), ErrorKind::Conflict);

    // The wanted object has no status, and none that it had would count.
    let mut wanted = workload("w", r#"{"image": "j"}"#);
    wanted.set_status(Some(node(r#"{"observedGeneration": 7}"#)));
    let applied = cluster.apply(&written, &wanted).unwrap();
    assert_eq!((applied.generation(), applied.observed_generation()), (2, Some(1)));
}

#[test]
fn without_a_status_of_its_own_it_is_a_field_as_others() {
    let info = KindInfo::namespaced("things").without_status();
    let cluster = settings().kind("a.b", "Thing", info).build();
    let thing = |rest: &str| {
        object(&format!(r#"{{"apiVersion": "a.b/v1", "kind": "Thing", "metadata": {{"name": "t"}}{rest}}}"#))
    };
    let created = cluster.create(thing(r#", "status": {"ready": true}"#)).unwrap();
    assert!(created.status().is_some());
    assert!(cluster.apply(&created, &thing("")).unwrap().status().is_none());
}

#[test]
fn another_object_of_the_same_name_has_another_uid() {
    let cluster = settings().build();
    let first = cluster.create(config_map("c", "{}")).unwrap();
    cluster.delete(&first.key()).unwrap();
    assert!(cluster.get(&first.key()).unwrap_err().is_not_found());
    let second = cluster.create(config_map("c", "{}")).unwrap();
    assert_ne!(first.uid(), second.uid());
    assert_eq!(second.resource_version(), "3");
}

#[test]
fn objects_of_the_whole_cluster_have_no_namespace() {
    let cluster = settings().build();
    let role = object(
        r#"{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": "r", "namespace": "ns"}, "rules": []}"#,
    );
    let created = cluster.create(role.clone()).unwrap();
    assert_eq!(created.namespace(), "");
    let key = role.key();
    assert!(cluster.get(&key).unwrap().is(&created));
    assert!(cluster.apply(&created, &role).unwrap().is(&created));
    let resource = cluster.resource(&key.kind).unwrap();
    assert_eq!(resource.qualified_name(), "clusterroles.rbac.authorization.k8s.io");
    assert!(!resource.namespaced);
    cluster.delete(&key).unwrap();
    assert!(cluster.is_empty());
}

#[test]
fn versions_of_a_kind_show_the_same_objects() {
    let cluster = settings().build();
    let old =
        object(r#"{"apiVersion": "a.b/v1beta1", "kind": "Thing", "metadata": {"name": "t"}, "spec": 1}"#);
    let created = cluster.create(old.clone()).unwrap();
    let new = ObjectKey { kind: kind("a.b/v1", "Thing"), ..old.key() };
    let live = cluster.get(&new).unwrap();
    assert_eq!((live.api_version(), live.uid()), ("a.b/v1", created.uid()));
    assert_eq!(cluster.list(&Query::all(new.kind.clone())).unwrap().items, [live.clone()]);
    let wanted = object(r#"{"apiVersion": "a.b/v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": 2}"#);
    let applied = cluster.apply(&live, &wanted).unwrap();
    assert_eq!((applied.api_version(), applied.generation(), cluster.len()), ("a.b/v1", 2, 1));
}

#[test]
fn lists_are_sorted_and_selected() {
    let cluster = settings().build();
    // Enough for an index, and a change of labels after it was made.
    for number in (0..200).rev() {
        let mut map = config_map(&format!("m{number:03}"), "{}");
        map.set_namespace(if number % 2 == 0 { "even" } else { "odd" });
        map.merge_labels([("five", (number % 5).to_string()), ("all", "yes".to_owned())]);
        cluster.create(map).unwrap();
    }
    let all = Query::all(kind("v1", "ConfigMap"));
    let names = |query: &Query| -> Vec<String> {
        let list = cluster.list(query).unwrap();
        list.items.iter().map(|item| format!("{}/{}", item.namespace(), item.name())).collect()
    };
    let found = names(&all);
    assert_eq!((found.len(), found.is_sorted()), (200, true));
    assert_eq!(names(&all.clone().in_namespace("odd")).len(), 100);
    assert_eq!(names(&all.clone().labelled("five", "3")).len(), 40);
    assert_eq!(names(&all.clone().labelled("five", "5")).len(), 0);
    let some = all.clone().in_namespace("even").labelled("all", "yes").labelled("five", "1");
    assert_eq!(names(&some).len(), 20);
    assert_eq!(names(&some)[..2], ["even/m006", "even/m016"]);

    let live = cluster.get(&ObjectKey::new(all.kind.clone(), "even", "m006")).unwrap();
    let mut wanted = live.clone();
    wanted.set_label("five", "2");
    cluster.apply(&live, &wanted).unwrap();
    assert_eq!(names(&some)[..1], ["even/m016"]);
    cluster.delete(&ObjectKey::new(all.kind.clone(), "even", "m016")).unwrap();
    assert_eq!(names(&some).len(), 18);
    assert!(names(&all.clone().labelled("five", "2")).contains(&"even/m006".to_owned()));
    assert_eq!(cluster.list(&all).unwrap().resource_version, "202");
}

/// All events that are there, as `change name`.
fn seen(watch: &Watch) -> Vec<String> {
    std::iter::from_fn(|| watch.try_next())
        .map(|event| match event {
            Ok(event) => {
                format!("{:?} {}@{}", event.change, event.object.name(), event.object.resource_version())
            }
            Err(error) => format!("{:?}", error.kind()),
        })
        .collect()
}

#[test]
fn a_watch_goes_on_from_a_list() {
    let cluster = settings().build();
    let all = Query::all(kind("v1", "ConfigMap"));
    let a = cluster.create(config_map("a", "{}")).unwrap();
    let version = cluster.list(&all).unwrap().resource_version;
    cluster.create(config_map("b", "{}")).unwrap();
    cluster.create(workload("w", "{}")).unwrap();
    let watch = cluster.watch(&all, &version).unwrap();
    assert_eq!(seen(&watch), ["Added b@2"]);
    cluster.apply(&a, &config_map("a", r#"{"a": "b"}"#)).unwrap();
    cluster.delete(&a.key()).unwrap();
    assert_eq!(seen(&watch), ["Modified a@4", "Deleted a@5"]);
    assert_eq!(seen(&cluster.watch(&all, "").unwrap()), ["Added b@2"]);
    assert_eq!(
        seen(&cluster.watch(&all, "0").unwrap()),
        ["Added a@1", "Added b@2", "Modified a@4", "Deleted a@5"]
    );
    assert_eq!(cluster.watch(&all, "99").unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(cluster.watch(&all, "x").unwrap_err().kind(), ErrorKind::BadRequest);
    drop(cluster);
    assert_eq!(watch.next(), None);
    assert_eq!(watch.next_within(std::time::Duration::ZERO), Waited::Ended);
}

/// What the API server's watches with a selector do.
#[test]
fn objects_come_and_go_with_their_labels() {
    let cluster = settings().build();
    let query = Query::all(kind("v1", "ConfigMap")).in_namespace("ns").labelled("a", "1");
    let watch = cluster.watch(&query, "0").unwrap();
    let labelled = |value: &str| {
        let mut map = config_map("c", "{}");
        map.set_label("a", value);
        map
    };
    let live = cluster.create(labelled("0")).unwrap();
    let live = cluster.apply(&live, &labelled("1")).unwrap();
    cluster.apply(&live, &labelled("2")).unwrap();
    assert_eq!(seen(&watch), ["Added c@2", "Deleted c@3"]);
}

#[test]
fn history_and_patience_have_an_end() {
    let cluster = settings().history(3).build();
    let all = Query::all(kind("v1", "ConfigMap"));
    let slow = cluster.watch(&all, "0").unwrap();
    for name in ["a", "b", "c", "d", "e"] {
        cluster.create(config_map(name, "{}")).unwrap();
    }
    let error = cluster.watch(&all, "1").unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Gone, "too old resource version: 1 (2)")
    );
    assert_eq!(seen(&cluster.watch(&all, "2").unwrap()), ["Added c@3", "Added d@4", "Added e@5"]);
    assert_eq!(seen(&slow), ["Added a@1", "Added b@2", "Added c@3", "Gone"]);
    assert_eq!(slow.next(), None);
    // A kind that nothing happens to keeps its past.
    assert!(cluster.watch(&Query::all(kind("v1", "Secret")), "0").is_ok());
}

#[test]
fn observers_give_a_status_at_once() {
    let observer = |object: &Object| {
        let observed = object.generation();
        (object.kind_name() == "Workload").then(|| node(&format!(r#"{{"observedGeneration": {observed}}}"#)))
    };
    let cluster = settings().observer(observer).build();
    let created = cluster.create(workload("w", "{}")).unwrap();
    assert_eq!((created.observed_generation(), created.resource_version()), (Some(1), "2"));
    let applied = cluster.apply(&created, &workload("w", r#"{"image": "i"}"#)).unwrap();
    assert_eq!((applied.generation(), applied.observed_generation()), (2, Some(2)));
    assert!(cluster.get(&created.key()).unwrap().is(&applied));
    assert!(cluster.create(config_map("c", "{}")).unwrap().status().is_none());

    // An observer may use the cluster, as controllers do.
    let other = Arc::new(Memory::new());
    let writer = Arc::clone(&other);
    let cluster = settings().observer(move |object: &Object| {
        let mut copy = config_map(object.name(), "{}");
        copy.set_owner_references(&[OwnerReference::controller_of(object)]);
        writer.create(copy).ok()?;
        None
    });
    let owner = cluster.build().create(workload("w", "{}")).unwrap();
    let copy = other.get(&ObjectKey::new(kind("v1", "ConfigMap"), "ns", "w")).unwrap();
    assert_eq!(copy.controller(), Some(OwnerReference::controller_of(&owner)));
}

#[test]
fn definitions_define_kinds() {
    let cluster = settings().only_known_kinds().build();
    let thing = object(
        r#"{"apiVersion": "a.b/v1", "kind": "Octopus", "metadata": {"name": "t", "namespace": "n"}, "status": {}}"#,
    );
    assert_eq!(cluster.create(thing.clone()).unwrap_err().kind(), ErrorKind::NoMatch);
    let definition = object(
        r#"{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "octopodes.a.b"},
            "spec": {"group": "a.b", "scope": "Cluster", "names": {"kind": "Octopus", "plural": "octopodes"},
                     "versions": [{"name": "v1", "subresources": {"status": {}}}]}}"#,
    );
    cluster.create(definition).unwrap();
    let created = cluster.create(thing.clone()).unwrap();
    assert_eq!((created.namespace(), created.status()), ("", None));
    assert_eq!(cluster.resource(&thing.kind()).unwrap().qualified_name(), "octopodes.a.b");
}

#[test]
fn loaded_objects_keep_what_they_have() {
    let cluster = settings().build();
    let mut saved = workload("w", "{}");
    saved.set_uid("u");
    saved.set_resource_version("77");
    saved.set_metadata("generation", Node::Int(5));
    saved.set_status(Some(node(r#"{"observedGeneration": 5}"#)));
    let loaded = cluster.load(saved.clone()).unwrap();
    assert_eq!((loaded.uid(), loaded.generation(), loaded.observed_generation()), ("u", 5, Some(5)));
    assert_eq!((loaded.resource_version(), loaded.creation_timestamp()), ("1", "2024-06-10T12:30:00Z"));
    assert_eq!(cluster.load(saved).unwrap().resource_version(), "2");
    assert_eq!(cluster.len(), 1);
}

#[test]
fn threads_write_and_watch_at_once() {
    let cluster = Arc::new(settings().build());
    let all = Query::all(kind("v1", "ConfigMap"));
    let watch = cluster.watch(&all, "0").unwrap();
    let writers: Vec<_> = (0..4)
        .map(|thread| {
            let cluster = Arc::clone(&cluster);
            std::thread::spawn(move || {
                for number in 0..100 {
                    let created = cluster.create(config_map(&format!("m{thread}-{number}"), "{}")).unwrap();
                    cluster.apply(&created, &config_map(created.name(), r#"{"a": "b"}"#)).unwrap();
                }
            })
        })
        .collect();
    let mut versions = Vec::new();
    let mut changes = [0, 0];
    while versions.len() < 800 {
        let event = watch.next().unwrap().unwrap();
        changes[usize::from(event.change == Change::Modified)] += 1;
        versions.push(event.object.resource_version().parse::<u64>().unwrap());
    }
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    assert!(versions.is_sorted());
    assert_eq!(changes, [400, 400]);
    assert_eq!(cluster.list(&all).unwrap().items.len(), 400);
}
