//! The cluster in memory: an empty one for each owner, and one that holds a million objects.
//!
//! `CLUSTER_OBJECTS` sets another number of objects; 0 leaves the large cluster out.
#![allow(clippy::expect_used, clippy::print_stderr, reason = "benchmarks")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use criterion::{BatchSize, Criterion};
use stampmill::cluster::memory::Settings;
use stampmill::cluster::{Cluster, Kind, Memory, Object, ObjectKey, OwnerReference, Query};
use stampmill::yaml::json;

/// What the command runs on; another allocator would give other figures.
#[global_allocator]
static ALLOCATOR: stampmill::bench::Allocator = stampmill::bench::Allocator;

/// How many objects an owner has in the large cluster.
const OBJECTS_OF_OWNER: usize = 5;

/// How many namespaces the large cluster has.
const NAMESPACES: usize = 100;

fn kind() -> Kind {
    Kind::new("kpack.io", "v1alpha2", "Image")
}

/// An object as a supply chain stamps it: seven labels, an owner, a spec of twelve values.
fn stamped(owner: usize, resource: usize) -> Object {
    let text = format!(
        r#"{{"apiVersion": "kpack.io/v1alpha2", "kind": "Image",
            "metadata": {{"name": "workload-{owner}-{resource}", "namespace": "team-{}"}},
            "spec": {{"tag": "registry.example.com/team/workload-{owner}", "serviceAccountName": "builder",
                "builder": {{"kind": "ClusterBuilder", "name": "default"}},
                "source": {{"blob": {{"url": "http://source.flux-system/artifacts/{owner}.tar.gz"}}}},
                "build": {{"env": [{{"name": "BP_JVM_VERSION", "value": "21"}}, {{"name": "MODE", "value": "on"}}]}},
                "successBuildHistoryLimit": 5, "failedBuildHistoryLimit": 5}}}}"#,
        owner % NAMESPACES
    );
    let mut object = Object::try_from(json::read(text.as_bytes()).expect("JSON")).expect("an object");
    object.merge_labels([
        ("carto.run/workload-name", format!("workload-{owner}")),
        ("carto.run/workload-namespace", format!("team-{}", owner % NAMESPACES)),
        ("carto.run/supply-chain-name", "source-to-url".to_owned()),
        ("carto.run/resource-name", format!("image-{resource}")),
        ("carto.run/template-kind", "ClusterImageTemplate".to_owned()),
        ("carto.run/cluster-template-name", "image".to_owned()),
        ("carto.run/template-lifecycle", "mutable".to_owned()),
    ]);
    object.set_owner_references(&[OwnerReference {
        api_version: "carto.run/v1alpha1".into(),
        kind: "Workload".into(),
        name: format!("workload-{owner}").into(),
        uid: "7b1f2d5c-3f5e-4a80-9d0c-2b6d6a6c1f10".into(),
        controller: true,
        block_owner_deletion: true,
    }]);
    object
}

fn key(owner: usize, resource: usize) -> ObjectKey {
    ObjectKey::new(kind(), format!("team-{}", owner % NAMESPACES), format!("workload-{owner}-{resource}"))
}

/// The offline mode's cluster: one for each owner.
fn small(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("of one owner");
    group.bench_function("make and drop", |bencher| bencher.iter(|| black_box(Memory::new())));
    for (name, kinds) in [("one kind", 1), ("five kinds", 5)] {
        let objects: Vec<Object> = (0..5)
            .map(|resource| {
                let mut object = stamped(1, resource);
                if kinds > 1 {
                    object.set("kind", stampmill::yaml::Node::str(format!("Image{resource}")));
                }
                object
            })
            .collect();
        let keys: Vec<ObjectKey> = objects.iter().map(Object::key).collect();
        group.bench_function(format!("make, 5 creates, 5 gets, drop: {name}"), |bencher| {
            bencher.iter(|| {
                let cluster = Memory::new();
                for object in &objects {
                    cluster.create(object.clone()).expect("created");
                }
                for key in &keys {
                    black_box(cluster.get(key).expect("there"));
                }
            });
        });
    }
    group.finish();
}

/// The resident set of this process, in bytes.
fn resident() -> Option<usize> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    Some(text.split(' ').nth(1)?.parse::<usize>().ok()? * 4096)
}

/// A cluster with so many objects, and what it took.
fn filled(objects: usize) -> Memory {
    let wanted: Vec<Object> =
        (0..objects).map(|number| stamped(number / OBJECTS_OF_OWNER, number % OBJECTS_OF_OWNER)).collect();
    let cluster = Settings::new().build();
    let (before, start) = (resident(), Instant::now());
    for object in &wanted {
        cluster.create(object.clone()).expect("created");
    }
    let time = start.elapsed();
    // What the cluster adds; the specs are shared with what was created.
    let added = resident().zip(before).map_or(0, |(after, before)| after.saturating_sub(before));
    eprintln!(
        "{objects} objects: {:.2} us a create, {} bytes an object besides its spec",
        time.as_secs_f64() * 1e6 / objects as f64,
        added / objects,
    );
    cluster
}

fn large(criterion: &mut Criterion, cluster: &Memory, objects: usize) {
    let owners = objects / OBJECTS_OF_OWNER;
    let mut group = criterion.benchmark_group(format!("of {objects} objects"));
    // Steps through all of them in no order.
    let mut owner = 0;
    let mut next = move || {
        owner = (owner + 7_919_317) % owners;
        owner
    };
    group.bench_function("get", |bencher| {
        bencher.iter_batched(
            || key(next(), 1),
            |key| cluster.get(&key).expect("there"),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("list by seven labels", |bencher| {
        let query = |owner: usize| {
            let object = stamped(owner, 1);
            let all = Query::all(kind()).in_namespace(object.namespace());
            object.labels().fold(all, |query, (key, value)| query.labelled(key, value))
        };
        bencher.iter_batched(
            || query(next()),
            |query| assert_eq!(cluster.list(&query).expect("a list").items.len(), 1),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("list a namespace of a hundred", |bencher| {
        let query = Query::all(kind()).in_namespace("team-1");
        bencher.iter(|| cluster.list(&query).expect("a list"));
    });
    group.bench_function("apply without a change", |bencher| {
        let wanted = stamped(1, 1);
        let live = cluster.get(&wanted.key()).expect("there");
        bencher.iter(|| cluster.apply(&live, &wanted).expect("applied"));
    });
    group.bench_function("apply with a change", |bencher| {
        let wanted: Vec<Object> = ["on", "off"]
            .map(|value| {
                let mut object = stamped(1, 1);
                object
                    .set("spec", json::read(format!(r#"{{"value": "{value}"}}"#).as_bytes()).expect("JSON"));
                object
            })
            .into();
        let mut live = cluster.get(&key(1, 1)).expect("there");
        let mut turn = 0;
        bencher.iter(|| {
            turn += 1;
            live = cluster.apply(&live, &wanted[turn % 2]).expect("applied");
        });
    });
    group.bench_function("create and delete", |bencher| {
        let object = stamped(owners + 1, 1);
        let key = object.key();
        bencher.iter(|| {
            cluster.create(object.clone()).expect("created");
            cluster.delete(&key).expect("deleted");
        });
    });
    group.finish();
}

/// Whether threads stand in one another's way: gets, and one create for nine gets.
fn threads(cluster: &Arc<Memory>, objects: usize) {
    let owners = objects / OBJECTS_OF_OWNER;
    for (name, writes) in [("gets", false), ("nine gets and a create and delete", true)] {
        for count in [1, 2, 4] {
            let start = Instant::now();
            let time = Duration::from_secs(1);
            let workers: Vec<_> = (0..count)
                .map(|worker| {
                    let cluster = Arc::clone(cluster);
                    let keys: Vec<ObjectKey> =
                        (0..1000).map(|number| key((worker * 7919 + number * 31) % owners, 0)).collect();
                    let object = stamped(owners + 10 + worker, 0);
                    let object_key = object.key();
                    thread::spawn(move || {
                        let mut done = 0_u64;
                        while start.elapsed() < time {
                            for keys in keys.chunks(9) {
                                for key in keys {
                                    black_box(cluster.get(key).expect("there"));
                                }
                                if writes {
                                    cluster.create(object.clone()).expect("created");
                                    cluster.delete(&object_key).expect("deleted");
                                }
                                done += 1;
                            }
                        }
                        done
                    })
                })
                .collect();
            let done: u64 = workers.into_iter().map(|worker| worker.join().expect("a worker")).sum();
            eprintln!("{count} threads, {name}: {:.2} million rounds of nine a second", done as f64 / 1e6);
        }
    }
}

fn main() {
    let objects = env::var("CLUSTER_OBJECTS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let mut criterion = Criterion::default().configure_from_args();
    small(&mut criterion);
    if objects > 0 {
        let cluster = Arc::new(filled(objects));
        large(&mut criterion, &cluster, objects);
        threads(&cluster, objects);
    }
    criterion.final_summary();
}
