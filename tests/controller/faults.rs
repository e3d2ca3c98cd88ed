//! What a controller must survive.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::objects::{account, chain, config_template, namespace, run_template, runnable, workload};
use super::proxy::Proxy;
use super::replicas::{runs, template, wait_for, wait_for_runs};
use super::server::Controller;
use super::{READY, set_image};

const RUN_READY: &str = "{.status.conditions[?(@.type=='RunTemplateReady')].status}";

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("run-{number}")).collect()
}

fn runnables(namespace: &str, names: &[String]) -> String {
    let all: Vec<String> = names.iter().map(|name| runnable(namespace, name, "run", "one")).collect();
    all.join("---\n")
}

fn one_each(names: &[String], words: &[&str]) -> BTreeMap<String, usize> {
    words.iter().flat_map(|word| names.iter().map(move |name| (format!("{name} {word}"), 1))).collect()
}

/// How many passes have ended in an error so far.
fn errors(controller: &Controller) -> u64 {
    let metrics = controller.metrics();
    let lines = metrics.lines().filter(|line| line.starts_with("controller_runtime_reconcile_errors_total"));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

pub(crate) fn a_namespace_that_is_being_deleted(assets: &Path) {
    let server = super::server(assets);
    let controller = server.controller(&["--leader-elect=false"]);
    let names = names(20);
    server.apply(&template("v0"));
    for place in ["leaving", "staying"] {
        server.apply(&namespace(place));
        server.apply(&runnables(place, &names));
        wait_for_runs(&server, place, &one_each(&names, &["v0"]));
    }
    // Nobody empties it here, so that it stays for ever in the state in which nothing may be created.
    server.kubectl(&["delete", "namespace", "leaving", "--wait=false"], "").unwrap();
    server.wait("its end", &["namespace", "leaving"], "{.status.phase}", "Terminating");
    server.apply(&template("v1"));
    wait_for_runs(&server, "staying", &one_each(&names, &["v0", "v1"]));
    let message = "{.status.conditions[?(@.type=='RunTemplateReady')].message}";
    wait_for("the reason", || {
        let said = server.get(&["-n", "leaving", "runnable", "run-7"], message);
        said.contains("because it is being terminated")
    });
    // Each is tried again more and more seldom: after 5 ms, 10 ms, ...: within 10 s no more than 11 times.
    let before = errors(&controller);
    std::thread::sleep(Duration::from_secs(10));
    let more = errors(&controller) - before;
    assert!(more <= 11 * 20, "{more} failures in 10 s");
    assert_eq!(runs(&server, "leaving"), one_each(&names, &["v0"]));
    let log = fs::read_to_string(server.folder.path().join("controller.log")).unwrap();
    assert!(log.lines().count() < 2000, "{} lines of log", log.lines().count());
}

/// Each answer takes half a second, and many are no answer at all.
pub(crate) fn a_slow_api_server_with_troubles(assets: &Path) {
    let server = super::server(assets);
    let proxy = Proxy::start(&server);
    let names = names(30);
    server.apply(&namespace("slow"));
    server.apply(&template("v0"));
    server.apply(&chain("web", "test.example.com", "red"));
    server.apply(&runnables("slow", &names));
    server.apply(&workload("slow", "shop", "web", "git-1"));
    proxy.faults.every.store(5, Ordering::Relaxed);
    proxy.faults.delay.store(500, Ordering::Relaxed);
    let kubeconfig = proxy.kubeconfig.display().to_string();
    let controller = server.controller(&["--kubeconfig", &kubeconfig, "--request-timeout=5"]);
    wait_for_runs(&server, "slow", &one_each(&names, &["v0"]));
    server.wait("the thing", &["-n", "slow", "thing", "shop"], "{.spec.source}", "git-1");
    set_image(&server, "slow", "shop", "image-1");
    server.apply(&template("v1"));
    wait_for_runs(&server, "slow", &one_each(&names, &["v0", "v1"]));
    server.wait("the workload", &["-n", "slow", "workload", "shop"], READY, "True");
    assert!(proxy.faults.lost.load(Ordering::Relaxed) > 0, "no answer of a write was lost");
    // Slower than a request may be: nothing goes, but nothing breaks either, and afterwards all is as it was.
    proxy.faults.every.store(0, Ordering::Relaxed);
    proxy.faults.delay.store(7000, Ordering::Relaxed);
    server.apply(&config_template("web", "blue"));
    std::thread::sleep(Duration::from_secs(8));
    assert!(controller.health("/healthz").contains(" 200 "));
    proxy.faults.delay.store(0, Ordering::Relaxed);
    proxy.cut_watches();
    server.wait("the color", &["-n", "slow", "configmap", "shop"], "{.data.color}", "blue");
    for name in &names {
        server.wait("the runnable", &["-n", "slow", "runnable", name], RUN_READY, "True");
    }
    assert_eq!(runs(&server, "slow"), one_each(&names, &["v0", "v1"]));
}

pub(crate) fn watches_that_are_gone_in_the_middle(assets: &Path) {
    let server = super::server(assets);
    let proxy = Proxy::start(&server);
    let names = names(100);
    server.apply(&namespace("gone"));
    server.apply(&template("v0"));
    server.apply(&runnables("gone", &names));
    let kubeconfig = proxy.kubeconfig.display().to_string();
    let controller = server.controller(&["--kubeconfig", &kubeconfig, "--leader-elect=false", "--qps=200"]);
    wait_for_runs(&server, "gone", &one_each(&names, &["v0"]));
    server.apply(&template("v1"));
    wait_for("the change is on its way", || runs(&server, "gone").len() > names.len());
    proxy.faults.gone.store(true, Ordering::Relaxed);
    proxy.cut_watches();
    server.apply(&template("v2"));
    std::thread::sleep(Duration::from_secs(2));
    // As long as each watch is gone, lists take their place, with a pause between them.
    let gones = proxy.faults.gones.load(Ordering::Relaxed);
    assert!((1..2000).contains(&gones), "{gones} watches were gone in 2 s");
    proxy.faults.gone.store(false, Ordering::Relaxed);
    wait_for("the newest", || {
        let found = runs(&server, "gone");
        names.iter().all(|name| found.get(&format!("{name} v2")) == Some(&1))
    });
    std::thread::sleep(Duration::from_secs(1));
    assert!(runs(&server, "gone").values().all(|count| *count == 1));
    assert!(controller.health("/readyz").contains(" 200 "));
}

pub(crate) fn a_template_that_changes_while_a_thousand_owners_are_at_it(assets: &Path) {
    let server = super::server(assets);
    let names = names(1000);
    server.apply(&namespace("many"));
    server.apply(&template("v0"));
    for some in names.chunks(250) {
        server.kubectl(&["create", "-f", "-"], &runnables("many", some)).unwrap();
    }
    let _controller = server.controller(&["--leader-elect=false"]);
    wait_for("all are made", || runs(&server, "many").len() == names.len());
    for word in ["v1", "v2", "v3"] {
        let before = runs(&server, "many").len();
        server.apply(&template(word));
        wait_for("it is on its way", || runs(&server, "many").len() > before + 20);
    }
    server.apply(&template("v4"));
    wait_for("the newest", || {
        let found = runs(&server, "many");
        names.iter().all(|name| found.contains_key(&format!("{name} v4")))
    });
    std::thread::sleep(Duration::from_secs(1));
    let found = runs(&server, "many");
    assert!(found.values().all(|count| *count == 1), "each change makes one");
    let first = found.keys().filter(|run| run.ends_with(" v0")).count();
    let last = found.keys().filter(|run| run.ends_with(" v4")).count();
    assert_eq!([first, last], [1000, 1000]);
}

/// The account is made anew at once, and after that the API server takes no token any more that it has given.
pub(crate) fn tokens_that_are_revoked(assets: &Path) {
    let mut server = super::server(assets);
    let names = names(10);
    server.apply(&namespace("tokens"));
    server.apply(&template("v0"));
    server.apply(&runnables("tokens", &names));
    let controller = server.controller(&["--leader-elect=false"]);
    wait_for_runs(&server, "tokens", &one_each(&names, &["v0"]));
    server.kubectl(&["replace", "--force", "-f", "-"], &account("tokens")).unwrap();
    server.apply(&template("v1"));
    wait_for_runs(&server, "tokens", &one_each(&names, &["v0", "v1"]));
    server.stop_api_server();
    server.make_keys();
    server.start_api_server();
    server.apply(&template("v2"));
    wait_for_runs(&server, "tokens", &one_each(&names, &["v0", "v1", "v2"]));
    for name in &names {
        server.wait("the runnable", &["-n", "tokens", "runnable", name], RUN_READY, "True");
    }
    assert!(controller.health("/healthz").contains(" 200 "));
}

/// What the wall clock says, in seconds beside the truth, stands in a file.
const CLOCK: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <sys/time.h>

static long beside(void) {
  long seconds = 0;
  FILE *file = fopen(getenv("CLOCK_FILE"), "r");
  if (file) { if (fscanf(file, "%ld", &seconds) != 1) seconds = 0; fclose(file); }
  return seconds;
}

int clock_gettime(clockid_t id, struct timespec *time) {
  static int (*next)(clockid_t, struct timespec *);
  if (!next) next = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int result = next(id, time);
  if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) time->tv_sec += beside();
  return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *time) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (time) *time = now.tv_sec;
  return now.tv_sec;
}
"#;

pub(crate) fn a_clock_that_steps(assets: &Path) {
    let server = super::server(assets);
    let at = |name: &str| server.folder.path().join(name);
    fs::write(at("clock.c"), CLOCK).unwrap();
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-o", "clock.so", "clock.c", "-ldl"])
        .current_dir(server.folder.path())
        .status();
    assert!(compiled.unwrap().success());
    let set = |seconds: i64| {
        // Never half of it.
        fs::write(at("clock.new"), seconds.to_string()).unwrap();
        fs::rename(at("clock.new"), at("clock")).unwrap();
    };
    set(0);
    let names = names(10);
    server.apply(&namespace("clock"));
    server.apply(&template("v0"));
    server.apply(&runnables("clock", &names));
    let (library, file) = (at("clock.so"), at("clock"));
    let environment = [("LD_PRELOAD", library.as_path()), ("CLOCK_FILE", file.as_path())];
    let controller = server.controller_with(&[], &environment);
    let mut words = vec!["v0"];
    wait_for_runs(&server, "clock", &one_each(&names, &words));
    let lease = |field: &str| server.get(&["lease", "stampmill-controller"], &format!("{{.spec.{field}}}"));
    let (holder, transitions) = (lease("holderIdentity"), lease("leaseTransitions"));
    let hour = |time: &str| time.get(..13).unwrap_or_default().to_owned();
    for (step, word) in [(3600, "v1"), (-3600, "v2"), (0, "v3"), (86_400, "v4")] {
        let before = lease("renewTime");
        set(step);
        // The lease shows that the clock has stepped.
        wait_for("a renewed lease", || step == 0 || hour(&lease("renewTime")) != hour(&before));
        let begin = Instant::now();
        server.apply(&template(word));
        words.push(word);
        wait_for_runs(&server, "clock", &one_each(&names, &words));
        while begin.elapsed() < Duration::from_secs(3) {
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    assert_eq!([lease("holderIdentity"), lease("leaseTransitions")], [holder, transitions]);
    assert!(controller.metrics().lines().any(|line| line == "leader_election_master_status 1"));
    // What waits for a second try does so by another clock: a namespace without an account for it.
    server.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: later}\n");
    server.apply(&run_template("run", "test.example.com"));
    server.apply(&runnable("later", "run", "run", "one"));
    let condition = "{.status.conditions[?(@.type=='RunTemplateReady')].reason}";
    server.wait("no account", &["-n", "later", "runnable", "run"], condition, "ServiceAccountError");
    set(-86_400);
    server.apply(&namespace("later"));
    server.wait("the runnable", &["-n", "later", "runnable", "run"], RUN_READY, "True");
}
