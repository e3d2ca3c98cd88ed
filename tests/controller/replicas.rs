//! Several replicas that share the work.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use super::objects::{chain, config_template, namespace, run_template, runnable, workload};
use super::server::{Controller, Server};
use super::{READY, set_image};

const RUN_READY: &str = "{.status.conditions[?(@.type=='RunTemplateReady')].status}";

/// The value of a figure without labels.
fn figure(controller: &Controller, name: &str) -> u64 {
    let metrics = controller.metrics();
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
}

fn shards(controller: &Controller) -> u64 {
    figure(controller, "stampmill_shards")
}

pub(crate) fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(120);
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The things that runnables have made: how many there are for each runnable and input.
pub(crate) fn runs(server: &Server, namespace: &str) -> BTreeMap<String, usize> {
    let path = "{range .items[*]}{.metadata.labels.carto\\.run/runnable-name} {.spec.input}\n{end}";
    let mut found = BTreeMap::new();
    let things = server.get(&["-n", namespace, "things", "-l", "carto.run/runnable-name"], path);
    for line in things.lines() {
        *found.entry(line.to_owned()).or_insert(0) += 1;
    }
    found
}

pub(crate) fn wait_for_runs(server: &Server, namespace: &str, expected: &BTreeMap<String, usize>) {
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        let found = runs(server, namespace);
        if found.len() >= expected.len() || Instant::now() > end {
            assert_eq!(&found, expected);
            return;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// A run template whose things carry a word of its own.
pub(crate) fn template(word: &str) -> String {
    run_template("run", "test.example.com").replace("$(runnable.spec.inputs.input)$", word)
}

/// Shards move to and fro while a template changes, by newcomers, by `kill` and by `kill -9`.
pub(crate) fn shards_move_while_templates_change(assets: &Path) {
    let server = super::server(assets);
    server.apply(&namespace("ten"));
    server.apply(&template("v0"));
    server.apply(&chain("web", "test.example.com", "red"));
    let names: Vec<String> = (0..40).map(|number| format!("run-{number}")).collect();
    let all: Vec<String> = names.iter().map(|name| runnable("ten", name, "run", "one")).collect();
    server.apply(&all.join("---\n"));
    server.apply(&workload("ten", "shop", "web", "git-1"));
    let start = || server.controller(&["--shards=4"]);
    let mut replicas = vec![start()];
    wait_for("one has all", || shards(&replicas[0]) == 4);
    let mut expected = BTreeMap::new();
    let mut all_of = |word: &str| {
        expected.extend(names.iter().map(|name| (format!("{name} {word}"), 1)));
        expected.clone()
    };
    wait_for_runs(&server, "ten", &all_of("v0"));
    set_image(&server, "ten", "shop", "image-1");
    server.wait("the workload", &["-n", "ten", "workload", "shop"], READY, "True");

    // A newcomer gets its share while a change is rolled out.
    replicas.push(start());
    replicas[1].wait_until_ready();
    server.apply(&template("v1"));
    wait_for("an even share", || replicas.iter().all(|replica| shards(replica) == 2));
    wait_for_runs(&server, "ten", &all_of("v1"));
    // The first ends in the middle of a change: what it had goes over at once.
    server.apply(&template("v2"));
    assert_eq!(replicas.remove(0).process.terminate(), Some(0));
    wait_for_runs(&server, "ten", &all_of("v2"));
    wait_for("the other has all", || shards(&replicas[0]) == 4);
    // Back to what the first one knew: that this was submitted before must not count.
    replicas.push(start());
    wait_for("an even share again", || replicas.iter().all(|replica| shards(replica) == 2));
    server.apply(&template("v3"));
    wait_for_runs(&server, "ten", &all_of("v3"));
    server.apply(&template("v4"));
    replicas.remove(0).process.kill();
    wait_for_runs(&server, "ten", &all_of("v4"));
    wait_for("the last has all", || shards(&replicas[0]) == 4);
    server.apply(&config_template("web", "blue"));
    server.wait("the color", &["-n", "ten", "configmap", "shop"], "{.data.color}", "blue");
    // Nothing more comes.
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(runs(&server, "ten"), expected);
    let last = replicas.remove(0).process.terminate();
    assert_eq!(last, Some(0));
    let path = "{range .items[*]}{.metadata.name}={.spec.holderIdentity} {end}";
    let leases = server.get(&["-n", "default", "leases"], path);
    let shard = |index| format!("stampmill-controller-shard-{index}-of-4= ");
    assert!((0..4).all(|index| leases.contains(&shard(index))), "all are given up: {leases}");
}

/// A shard comes back to a replica that knew it before another one had it.
pub(crate) fn what_was_known_of_a_shard_does_not_count_when_it_comes_back(assets: &Path) {
    let server = super::server(assets);
    server.apply(&namespace("eleven"));
    server.apply(&template("v0"));
    let names: Vec<String> = (0..12).map(|number| format!("run-{number}")).collect();
    let all: Vec<String> = names.iter().map(|name| runnable("eleven", name, "run", "one")).collect();
    server.apply(&all.join("---\n"));
    let first = server.controller(&["--shards=2"]);
    let of = |words: &[(&str, usize)]| -> BTreeMap<String, usize> {
        let all = words
            .iter()
            .flat_map(|(word, count)| names.iter().map(move |name| (format!("{name} {word}"), *count)));
        all.collect()
    };
    wait_for_runs(&server, "eleven", &of(&[("v0", 1)]));
    let mut second = server.controller(&["--shards=2"]);
    wait_for("half of it", || shards(&first) == 1 && shards(&second) == 1);
    // Times of creation are whole seconds.
    std::thread::sleep(Duration::from_millis(1100));
    server.apply(&template("v1"));
    wait_for_runs(&server, "eleven", &of(&[("v0", 1), ("v1", 1)]));
    std::thread::sleep(Duration::from_millis(1100));
    assert_eq!(second.process.terminate(), Some(0));
    wait_for("all of it again", || shards(&first) == 2);
    // As it was at first: one more for each, though the first replica once submitted just this.
    server.apply(&template("v0"));
    wait_for("one more for each", || runs(&server, "eleven") == of(&[("v0", 2), ("v1", 1)]));
}

/// A leader that is frozen in the middle of its work wakes up when another one leads.
pub(crate) fn who_lost_the_lease_writes_nothing(assets: &Path) {
    let server = super::server(assets);
    server.apply(&namespace("twelve"));
    server.apply(&template("v0"));
    let names: Vec<String> = (0..40).map(|number| format!("run-{number}")).collect();
    let all: Vec<String> = names.iter().map(|name| runnable("twelve", name, "run", "one")).collect();
    server.apply(&all.join("---\n"));
    // Slow enough to be caught at work.
    let first = server.controller(&["--qps=12", "--burst=1"]);
    first.wait_until_ready();
    wait_for("some are made", || runs(&server, "twelve").len() >= 5);
    first.process.signal("STOP");
    let made = runs(&server, "twelve").len();
    assert!(made < names.len(), "all are made already");
    let mut second = server.controller(&[]);
    server.wait("the last", &["-n", "twelve", "runnable", "run-39"], RUN_READY, "True");
    let expected: BTreeMap<String, usize> = names.iter().map(|name| (format!("{name} v0"), 1)).collect();
    wait_for_runs(&server, "twelve", &expected);
    let statuses = || server.get(&["-n", "twelve", "runnables"], "{.items[*].metadata.resourceVersion}");
    wait_for("all statuses", || {
        let path = format!("{{range .items[*]}}{RUN_READY} {{end}}");
        server.get(&["-n", "twelve", "runnables"], &path).matches("True").count() == names.len()
    });
    let before = statuses();
    first.process.signal("CONT");
    // It notices, and stays as one that waits.
    wait_for("it gives up", || shards(&first) == 0 && first.health("/healthz").contains(" 200 "));
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(runs(&server, "twelve"), expected);
    assert_eq!(statuses(), before);
    // And takes over again.
    assert_eq!(second.process.terminate(), Some(0));
    server.apply(&template("v1"));
    let expected: BTreeMap<String, usize> =
        names.iter().flat_map(|name| ["v0", "v1"].map(|word| (format!("{name} {word}"), 1))).collect();
    wait_for_runs(&server, "twelve", &expected);
}

/// The number of shards changes from one version of the Deployment to the next.
pub(crate) fn another_number_of_shards_waits_for_the_old_one(assets: &Path) {
    let server = super::server(assets);
    server.apply(&namespace("thirteen"));
    server.apply(&template("v0"));
    let mut old = server.controller(&[]);
    wait_for("the old one leads", || shards(&old) == 1);
    let new = server.controller(&["--shards=3"]);
    new.wait_until_ready();
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!([shards(&old), shards(&new)], [1, 0]);
    assert_eq!(old.process.terminate(), Some(0));
    wait_for("the new one has all", || shards(&new) == 3);
    server.apply(&runnable("thirteen", "run", "run", "one"));
    server.wait("the runnable", &["-n", "thirteen", "runnable", "run"], RUN_READY, "True");
}
