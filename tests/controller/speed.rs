//! How fast the controller is. Run by hand, in release mode:
//! `KUBEBUILDER_ASSETS=… cargo test --release --test controller -- --ignored speed --nocapture`
//!
//! `OWNERS` says how many workloads and as many runnables there are (1500 without it).

use std::sync::Arc;
use std::time::{Duration, Instant};

use kube::config::{KubeConfigOptions, Kubeconfig};
use stampmill::cluster::kube::{Api, ApiOptions, Connection, Discovery, Informers};
use stampmill::cluster::{Cluster as _, Kind, Object, ObjectKey, Query, Waited};
use stampmill::yaml::json;
use tokio::runtime::Runtime;

use super::objects::{chain, config_template, namespace, run_template, runnable, workload};
use super::server::Server;

/// The cluster as its administrator has it.
struct Admin {
    _runtime: Runtime,
    connection: Connection,
}

impl Admin {
    fn new(server: &Server) -> Admin {
        let runtime = Runtime::new().unwrap();
        let config = runtime.block_on(async {
            let kubeconfig = Kubeconfig::read_from(server.kubeconfig()).unwrap();
            kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap()
        });
        let connection = {
            let _inside = runtime.enter();
            let api = Arc::new(Api::new(config, runtime.handle().clone(), ApiOptions::default()).unwrap());
            let discovery = Arc::new(Discovery::new(Arc::clone(&api)));
            let informers = Informers::new(Arc::clone(&api), Arc::clone(&discovery), Arc::new(|_, _| {}));
            Connection::new(api, discovery, informers, &[])
        };
        Admin { _runtime: runtime, connection }
    }

    fn list(&self, kind: &Kind, namespace: &str) -> Vec<Object> {
        let query = Query::all(kind.clone()).in_namespace(namespace);
        self.connection.own().list(&query).unwrap().items
    }

    /// Waits until all objects of a kind are as wanted; gives how long that took.
    fn wait(&self, since: Instant, kind: &Kind, count: usize, wanted: impl Fn(&Object) -> bool) -> Duration {
        loop {
            let objects = self.list(kind, "bench");
            if objects.iter().filter(|object| wanted(object)).count() >= count {
                return since.elapsed();
            }
            assert!(since.elapsed() < Duration::from_secs(600), "not all of {kind}");
            std::thread::sleep(Duration::from_millis(250));
        }
    }
}

fn is_true(object: &Object, condition: &str) -> bool {
    let conditions = object.get_path(&["status", "conditions"]);
    let text = conditions.and_then(|conditions| json::encode(conditions, 0, false).ok()).unwrap_or_default();
    // Keys are sorted, so that the type follows the status.
    text.contains(&format!("\"status\":\"True\",\"type\":\"{condition}\""))
}

fn memory(process: u32) -> String {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let of = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        let kib: u64 = line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
        kib / 1024
    };
    format!("{} MiB now, {} MiB at most", of("VmRSS:"), of("VmHWM:"))
}

pub(crate) fn speed(server: &Server) {
    let count: usize = std::env::var("OWNERS").ok().and_then(|text| text.parse().ok()).unwrap_or(1500);
    server.apply(&namespace("bench"));
    server.apply(&chain("web", "test.example.com", "red"));
    server.apply(&run_template("run", "test.example.com"));
    let admin = Admin::new(server);
    let [config_map, thing, owner, run] = [
        Kind::new("", "v1", "ConfigMap"),
        Kind::new("test.example.com", "v1", "Thing"),
        Kind::new("carto.run", "v1alpha1", "Workload"),
        Kind::new("carto.run", "v1alpha1", "Runnable"),
    ];
    let begin = Instant::now();
    let text: Vec<String> = (0..count)
        .flat_map(|number| {
            let workload = workload("bench", &format!("w{number}"), "web", "git-1");
            [workload, runnable("bench", &format!("r{number}"), "run", "one")]
        })
        .collect();
    for some in text.chunks(500) {
        server.kubectl(&["create", "-f", "-"], &some.join("---\n")).unwrap();
    }
    println!("{} owners created in {:.1} s", count * 2, begin.elapsed().as_secs_f64());

    let begin = Instant::now();
    let controller = server.controller(&["--leader-elect=false"]);
    let session = admin.connection.own();
    // What makes the things is us.
    let mut done = std::collections::HashSet::new();
    while done.len() < count {
        for mut object in admin.list(&thing, "bench") {
            if object.label("carto.run/workload-name").is_some() && done.insert(object.name().to_owned()) {
                object.set_status(Some(json::read(br#"{"image": "image-1"}"#).unwrap()));
                session.update_status(&object).unwrap();
            }
        }
    }
    admin.wait(begin, &owner, count, |owner| is_true(owner, "Ready"));
    let took = admin.wait(begin, &run, count, |run| is_true(run, "RunTemplateReady"));
    println!(
        "{count} workloads (2 resources each) and {count} runnables ready {:.1} s after the controller's start",
        took.as_secs_f64()
    );
    println!("memory of the controller: {}", memory(controller.process.id()));

    let begin = Instant::now();
    server.apply(&config_template("web", "blue"));
    let blue = |object: &Object| {
        object.get_path(&["data", "color"]).and_then(|color| color.as_str().map(|color| color == "blue"))
            == Some(true)
    };
    let took = admin.wait(begin, &config_map, count, blue);
    println!("changed template, {count} owners: all updated in {:.1} s", took.as_secs_f64());

    // From the answer to the write of a status until the watch shows the dependant.
    std::thread::sleep(Duration::from_secs(20));
    let before = ["GET", "PUT", "POST", "PATCH"].map(|method| controller.requests(method));
    std::thread::sleep(Duration::from_secs(20));
    let after = ["GET", "PUT", "POST", "PATCH"].map(|method| controller.requests(method));
    println!("requests in 20 s at rest (GET PUT POST PATCH): {before:?} -> {after:?}");
    let version = admin.connection.own().list(&Query::all(config_map.clone())).unwrap().resource_version;
    let watch = session.watch(&Query::all(config_map).in_namespace("bench"), &version).unwrap();
    let mut times = Vec::new();
    for number in 0..200 {
        let name = format!("w{}", number % count);
        let mut object = session.get(&ObjectKey::new(thing.clone(), "bench", name.as_str())).unwrap();
        let status = format!(r#"{{"image": "image-{}"}}"#, number + 2);
        object.set_status(Some(json::read(status.as_bytes()).unwrap()));
        session.update_status(&object).unwrap();
        let begin = Instant::now();
        loop {
            match watch.next_within(Duration::from_secs(10)) {
                Waited::Event(Ok(event)) if event.object.name() == name => break,
                Waited::Event(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
        times.push(begin.elapsed());
        std::thread::sleep(Duration::from_millis(20));
    }
    times.sort_unstable();
    let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
    println!("status of a stamped object to its dependant: p50 {:.1} ms, p99 {:.1} ms", at(50), at(99));
    drop(watch);
}
