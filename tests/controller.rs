//! The controller against a real API server.
//!
//! `KUBEBUILDER_ASSETS` names the folder of `etcd` and `kube-apiserver`; without it nothing runs. Each test has an
//! API server of its own, on loopback, and ends exactly what it started. Keys for its tokens come from `openssl`, objects are
//! written by `kubectl`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "tests may fail loudly"
)]

#[path = "controller/bench.rs"]
mod bench;
#[path = "controller/faults.rs"]
mod faults;
#[path = "controller/install.rs"]
mod install;
#[path = "controller/objects.rs"]
mod objects;
#[path = "controller/proxy.rs"]
mod proxy;
#[path = "controller/replicas.rs"]
mod replicas;
#[path = "controller/server.rs"]
mod server;
#[path = "controller/webhook.rs"]
mod webhook;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use libtest_mimic::{Arguments, Trial};

use objects::{account, chain, config_template, namespace, rights, run_template, runnable, things, workload};
use server::Server;

const READY: &str = "{.status.conditions[?(@.type=='Ready')].status}";
const REASON: &str = "{.status.conditions[?(@.type=='Ready')].reason}";

fn main() -> ExitCode {
    let arguments = Arguments { test_threads: Some(2), ..Arguments::from_args() };
    let Some(assets) = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from) else {
        eprintln!("skipped: KUBEBUILDER_ASSETS names no folder with etcd and kube-apiserver");
        return ExitCode::SUCCESS;
    };
    type Test = fn(&Path);
    let tests: &[(&str, Test)] = &[
        (
            "the_example_becomes_ready_with_the_rights_of_the_installation",
            the_example_becomes_ready_with_the_rights_of_the_installation,
        ),
        ("a_chain_becomes_ready_and_rests", a_chain_becomes_ready_and_rests),
        ("changes_reach_those_they_touch", changes_reach_those_they_touch),
        ("accounts_and_rights_that_come_later", accounts_and_rights_that_come_later),
        ("kinds_that_come_later", kinds_that_come_later),
        ("killed_in_a_loop", killed_in_a_loop),
        ("the_api_server_goes_and_comes_back", the_api_server_goes_and_comes_back),
        ("owners_that_others_write_too", owners_that_others_write_too),
        ("a_dry_run_writes_nothing", a_dry_run_writes_nothing),
        ("of_two_replicas_one_works", of_two_replicas_one_works),
        ("shards_move_while_templates_change", replicas::shards_move_while_templates_change),
        (
            "what_was_known_of_a_shard_does_not_count_when_it_comes_back",
            replicas::what_was_known_of_a_shard_does_not_count_when_it_comes_back,
        ),
        ("who_lost_the_lease_writes_nothing", replicas::who_lost_the_lease_writes_nothing),
        ("a_namespace_that_is_being_deleted", faults::a_namespace_that_is_being_deleted),
        ("a_slow_api_server_with_troubles", faults::a_slow_api_server_with_troubles),
        ("watches_that_are_gone_in_the_middle", faults::watches_that_are_gone_in_the_middle),
        (
            "a_template_that_changes_while_a_thousand_owners_are_at_it",
            faults::a_template_that_changes_while_a_thousand_owners_are_at_it,
        ),
        ("tokens_that_are_revoked", faults::tokens_that_are_revoked),
        ("a_clock_that_steps", faults::a_clock_that_steps),
        ("what_makes_no_sense_is_refused", webhook::what_makes_no_sense_is_refused),
        ("requests_that_make_no_sense_are_answered", webhook::requests_that_make_no_sense_are_answered),
        ("kustomize_and_install_say_the_same", install::kustomize_and_install_say_the_same),
        (
            "the_commands_of_the_readme_work_as_they_stand",
            install::the_commands_of_the_readme_work_as_they_stand,
        ),
        ("the_program_runs_as_the_image_would_run_it", install::the_program_runs_as_the_image_would_run_it),
        (
            "another_number_of_shards_waits_for_the_old_one",
            replicas::another_number_of_shards_waits_for_the_old_one,
        ),
        ("a_bench_measures_and_leaves_nothing_behind", bench::a_bench_measures_and_leaves_nothing_behind),
    ];
    let trials = tests.iter().map(|&(name, test)| {
        let assets = assets.clone();
        Trial::test(name, move || {
            test(&assets);
            Ok(())
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// An API server with the kinds of `carto.run`, and things.
fn server(assets: &Path) -> Server {
    let server = Server::start(assets);
    let definitions = Command::new(env!("CARGO_BIN_EXE_stampmill")).arg("crds").output().unwrap();
    assert!(definitions.status.success());
    server.apply(&String::from_utf8(definitions.stdout).unwrap());
    server.apply(&things("test.example.com"));
    server.kubectl(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"], "").unwrap();
    server
}

fn set_image(server: &Server, namespace: &str, name: &str, image: &str) {
    let patch = format!("{{\"status\": {{\"image\": \"{image}\"}}}}");
    let arguments =
        ["patch", "-n", namespace, "thing", name, "--subresource=status", "--type=merge", "-p", &patch];
    server.kubectl(&arguments, "").unwrap();
}

fn a_chain_becomes_ready_and_rests(assets: &Path) {
    let server = server(assets);
    let mut controller = server.controller(&[]);
    controller.wait_until_ready();
    assert!(controller.health("/healthz").contains(" 200 "));
    server.apply(&namespace("one"));
    server.apply(&chain("web", "test.example.com", "red"));
    server.wait("the chain", &["clustersupplychain", "web"], READY, "True");
    server.apply(&workload("one", "shop", "web", "git-1"));
    server.wait("the thing", &["-n", "one", "thing", "shop"], "{.spec.source}", "git-1");
    server.wait("no image yet", &["-n", "one", "workload", "shop"], REASON, "MissingValueAtPath");
    set_image(&server, "one", "shop", "image-1");
    server.wait("the config", &["-n", "one", "configmap", "shop"], "{.data.image}", "image-1");
    server.wait("the workload", &["-n", "one", "workload", "shop"], READY, "True");
    // Whose it is.
    let owner = server.get(&["-n", "one", "configmap", "shop"], "{.metadata.ownerReferences[0].kind}");
    assert_eq!(owner, "Workload");
    let labels =
        server.get(&["-n", "one", "configmap", "shop"], "{.metadata.labels.carto\\.run/resource-name}");
    assert_eq!(labels, "config");
    server.wait(
        "an event",
        &["-n", "one", "events", "--field-selector=involvedObject.name=shop,reason=StampedObjectApplied"],
        "{.items[0].message}",
        "Created object [things.test.example.com/shop]",
    );
    // At rest nothing is written but the lease, and nothing read.
    std::thread::sleep(Duration::from_secs(3));
    let [posts, patches] = ["POST", "PATCH"].map(|method| controller.requests(method));
    let version = server.get(&["-n", "one", "workload", "shop"], "{.metadata.resourceVersion}");
    let reconciles = |metrics: String| {
        let lines = metrics.lines().filter(|line| line.starts_with("controller_runtime_reconcile_total"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let before = reconciles(controller.metrics());
    assert!(!before.is_empty());
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!([posts, patches], ["POST", "PATCH"].map(|method| controller.requests(method)));
    assert_eq!(before, reconciles(controller.metrics()));
    assert_eq!(version, server.get(&["-n", "one", "workload", "shop"], "{.metadata.resourceVersion}"));
    // It ends in peace and gives the lease up.
    assert_eq!(controller.process.terminate(), Some(0));
    let holder = server.get(&["lease", "stampmill-controller"], "{.spec.holderIdentity}");
    assert_eq!(holder, "");
}

/// With what `stampmill install` prints, and as the account that it makes.
fn the_example_becomes_ready_with_the_rights_of_the_installation(assets: &Path) {
    let server = Server::start(assets);
    let install = Command::new(env!("CARGO_BIN_EXE_stampmill")).arg("install").output().unwrap();
    assert!(install.status.success());
    server.apply(&String::from_utf8(install.stdout).unwrap());
    let kubeconfig = server.kubeconfig_of("stampmill-system", "stampmill-controller");
    let kubeconfig = kubeconfig.display().to_string();
    let mut controller =
        server.controller(&["--kubeconfig", &kubeconfig, "--leader-election-namespace=stampmill-system"]);
    controller.wait_until_ready();
    for file in ["chain.yml", "workload.yml"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/example").join(file);
        server.kubectl(&["apply", "-n", "default", "-f", &path.display().to_string()], "").unwrap();
    }
    server.wait("the workload", &["-n", "default", "workload", "moon"], READY, "True");
    let greeting = server.get(&["-n", "default", "configmap", "moon-greeting"], "{.data.greeting}");
    assert_eq!(greeting, "Hello, moon!");
    server.wait(
        "an event",
        &["-n", "default", "events", "--field-selector=involvedObject.name=moon,reason=StampedObjectApplied"],
        "{.items[0].message}",
        "Created object [configmaps/moon-greeting]",
    );
    assert_eq!(controller.process.terminate(), Some(0));
    let holder =
        server.get(&["-n", "stampmill-system", "lease", "stampmill-controller"], "{.spec.holderIdentity}");
    assert_eq!(holder, "");
    let log = std::fs::read_to_string(server.folder.path().join("controller.log")).unwrap();
    assert!(!log.contains("forbidden"), "{log}");
}

fn changes_reach_those_they_touch(assets: &Path) {
    let server = server(assets);
    let controller = server.controller(&["--leader-elect=false"]);
    server.apply(&namespace("two"));
    server.apply(&chain("web", "test.example.com", "red"));
    for name in ["a", "b"] {
        server.apply(&workload("two", name, "web", "git-1"));
        server.wait("the thing", &["-n", "two", "thing", name], "{.spec.source}", "git-1");
        set_image(&server, "two", name, "image-1");
        server.wait("the workload", &["-n", "two", "workload", name], READY, "True");
    }
    // A template.
    server.apply(&config_template("web", "blue"));
    for name in ["a", "b"] {
        server.wait("the color", &["-n", "two", "configmap", name], "{.data.color}", "blue");
    }
    // What others change in a stamped object.
    let patch =
        ["patch", "-n", "two", "configmap", "a", "--type=merge", "-p", r#"{"data": {"color": "pink"}}"#];
    server.kubectl(&patch, "").unwrap();
    server.wait("the color again", &["-n", "two", "configmap", "a"], "{.data.color}", "blue");
    server.kubectl(&["delete", "-n", "two", "configmap", "b"], "").unwrap();
    server.wait("the config again", &["-n", "two", "configmap", "b"], "{.data.color}", "blue");
    // The owner.
    server.apply(&workload("two", "a", "web", "git-2"));
    server.wait("the source", &["-n", "two", "thing", "a"], "{.spec.source}", "git-2");
    // The blueprint goes, and comes back.
    server.kubectl(&["delete", "clustersupplychain", "web"], "").unwrap();
    server.wait("no chain", &["-n", "two", "workload", "a"], REASON, "SupplyChainNotFound");
    server.apply(&chain("web", "test.example.com", "green"));
    server.wait("the chain again", &["-n", "two", "workload", "a"], READY, "True");
    server.wait("its color", &["-n", "two", "configmap", "a"], "{.data.color}", "green");
    // A template goes.
    server.kubectl(&["delete", "clustertemplate", "web-config"], "").unwrap();
    server.wait("no template", &["clustersupplychain", "web"], REASON, "TemplatesNotFound");
    server.wait("no template", &["-n", "two", "workload", "a"], REASON, "TemplatesNotFound");
    drop(controller);
}

fn accounts_and_rights_that_come_later(assets: &Path) {
    let server = server(assets);
    let _controller = server.controller(&["--leader-elect=false"]);
    server.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: three}\n");
    server.apply(&chain("web", "test.example.com", "red"));
    server.apply(&workload("three", "a", "web", "git-1"));
    server.wait("no account", &["-n", "three", "workload", "a"], REASON, "ServiceAccountError");
    server.wait(
        "its name",
        &["-n", "three", "workload", "a"],
        "{.status.conditions[?(@.type=='Ready')].message}",
        "failed to get service account object from api server [three/stamper]: failed to get object \
         [three/stamper] from api server: ServiceAccount \"stamper\" not found",
    );
    server.apply(&account("three"));
    server.wait("no rights", &["-n", "three", "workload", "a"], REASON, "TemplateRejectedByAPIServer");
    server.apply(&rights("three"));
    server.wait("the thing", &["-n", "three", "thing", "a"], "{.spec.source}", "git-1");
    // Tokens of an account that was made anew are others.
    server.kubectl(&["delete", "-n", "three", "serviceaccount", "stamper"], "").unwrap();
    server.wait("no account", &["-n", "three", "workload", "a"], REASON, "ServiceAccountError");
    server.apply(&account("three"));
    server.apply(&workload("three", "a", "web", "git-2"));
    server.wait("the thing", &["-n", "three", "thing", "a"], "{.spec.source}", "git-2");
}

fn kinds_that_come_later(assets: &Path) {
    let server = server(assets);
    let _controller = server.controller(&["--leader-elect=false"]);
    server.apply(&namespace("four"));
    server.apply(&chain("web", "later.example.com", "red"));
    server.apply(&workload("four", "a", "web", "git-1"));
    server.wait("no kind", &["-n", "four", "workload", "a"], REASON, "TemplateRejectedByAPIServer");
    server.apply(&things("later.example.com"));
    server.wait("the thing", &["-n", "four", "things.later.example.com", "a"], "{.spec.source}", "git-1");
    let patch = [
        "patch",
        "-n",
        "four",
        "things.later.example.com",
        "a",
        "--subresource=status",
        "--type=merge",
        "-p",
    ];
    let status = r#"{"status": {"image": "image-1"}}"#;
    server.kubectl(&[&patch[..], &[status]].concat(), "").unwrap();
    server.wait("the workload", &["-n", "four", "workload", "a"], READY, "True");
}

fn killed_in_a_loop(assets: &Path) {
    let server = server(assets);
    server.apply(&namespace("five"));
    server.apply(&run_template("run", "test.example.com"));
    let names: Vec<String> = (0..60).map(|number| format!("run-{number}")).collect();
    let all: Vec<String> = names.iter().map(|name| runnable("five", name, "run", "one")).collect();
    let mut controller = server.controller(&["--leader-elect=false"]);
    controller.wait_until_ready();
    server.apply(&all.join("---\n"));
    for round in 0..6 {
        // Not always at the same moment.
        std::thread::sleep(Duration::from_millis(40 + 60 * round));
        controller.process.kill();
        controller = server.controller(&["--leader-elect=false"]);
    }
    for name in &names {
        let status = "{.status.conditions[?(@.type=='RunTemplateReady')].status}";
        server.wait("the runnable", &["-n", "five", "runnable", name], status, "True");
    }
    std::thread::sleep(Duration::from_secs(1));
    let owners =
        server.get(&["-n", "five", "things"], "{.items[*].metadata.labels.carto\\.run/runnable-name}");
    let mut owners: Vec<&str> = owners.split(' ').collect();
    owners.sort_unstable();
    let mut expected: Vec<&str> = names.iter().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(owners, expected, "each has one object");
}

fn the_api_server_goes_and_comes_back(assets: &Path) {
    let mut server = server(assets);
    let controller = server.controller(&["--leader-elect=false"]);
    server.apply(&namespace("six"));
    server.apply(&chain("web", "test.example.com", "red"));
    server.apply(&workload("six", "a", "web", "git-1"));
    server.wait("the thing", &["-n", "six", "thing", "a"], "{.spec.source}", "git-1");
    // Versions from before the restart are too old to watch from: 410 Gone.
    server.stop_api_server();
    std::thread::sleep(Duration::from_millis(500));
    server.start_api_server();
    set_image(&server, "six", "a", "image-1");
    server.wait("the workload", &["-n", "six", "workload", "a"], READY, "True");
    server.apply(&workload("six", "b", "web", "git-1"));
    server.wait("another thing", &["-n", "six", "thing", "b"], "{.spec.source}", "git-1");
    assert!(controller.health("/healthz").contains(" 200 "));
}

fn owners_that_others_write_too(assets: &Path) {
    let server = server(assets);
    let _controller = server.controller(&["--leader-elect=false"]);
    server.apply(&namespace("seven"));
    server.apply(&chain("web", "test.example.com", "red"));
    server.apply(&workload("seven", "a", "web", "git-0"));
    // Each write makes the version that the controller has read an old one: 409.
    for number in 1..30 {
        let patch = format!(r#"{{"spec": {{"source": {{"image": "git-{number}"}}}}}}"#);
        server.kubectl(&["patch", "-n", "seven", "workload", "a", "--type=merge", "-p", &patch], "").unwrap();
    }
    server.wait("the last source", &["-n", "seven", "thing", "a"], "{.spec.source}", "git-29");
    let generation = server.get(&["-n", "seven", "workload", "a"], "{.metadata.generation}");
    server.wait("its status", &["-n", "seven", "workload", "a"], "{.status.observedGeneration}", &generation);
}

fn a_dry_run_writes_nothing(assets: &Path) {
    let server = server(assets);
    let controller = server.controller(&["--dry-run"]);
    controller.wait_until_ready();
    server.apply(&namespace("eight"));
    server.apply(&chain("web", "test.example.com", "red"));
    server.apply(&workload("eight", "a", "web", "git-1"));
    std::thread::sleep(Duration::from_secs(2));
    for object in ["clustersupplychain/web", "workload/a"] {
        assert_eq!(server.get(&["-n", "eight", object], "{.status}"), "", "{object}");
    }
    assert_eq!(server.get(&["lease"], "{.items}"), "[]");
    let log = std::fs::read_to_string(server.folder.path().join("controller.log")).unwrap();
    assert!(log.contains("dry run: would write the status"), "{log}");
}

fn of_two_replicas_one_works(assets: &Path) {
    let server = server(assets);
    server.apply(&namespace("nine"));
    server.apply(&run_template("run", "test.example.com"));
    let mut first = server.controller(&[]);
    let leads = |controller: &server::Controller| {
        controller.metrics().lines().any(|line| line == "leader_election_master_status 1")
    };
    first.wait_until_ready();
    server.apply(&runnable("nine", "one", "run", "a"));
    let status = "{.status.conditions[?(@.type=='RunTemplateReady')].status}";
    server.wait("the runnable", &["-n", "nine", "runnable", "one"], status, "True");
    let second = server.controller(&[]);
    second.wait_until_ready();
    server.apply(&runnable("nine", "two", "run", "a"));
    server.wait("the runnable", &["-n", "nine", "runnable", "two"], status, "True");
    assert!(leads(&first) && !leads(&second));
    first.process.kill();
    server.apply(&runnable("nine", "three", "run", "a"));
    server.wait("the runnable", &["-n", "nine", "runnable", "three"], status, "True");
    assert!(leads(&second));
    std::thread::sleep(Duration::from_secs(1));
    let owners =
        server.get(&["-n", "nine", "things"], "{.items[*].metadata.labels.carto\\.run/runnable-name}");
    let mut owners: Vec<&str> = owners.split(' ').collect();
    owners.sort_unstable();
    assert_eq!(owners, ["one", "three", "two"], "each has one object");
}
