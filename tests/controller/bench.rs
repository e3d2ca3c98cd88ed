//! `stampmill bench controller`, from the command line to what it prints. How long anything takes is not judged.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::objects::{namespace, workload};
use super::server::Server;

const FEW: [&str; 12] = [
    "--fleet",
    "20",
    "--changed",
    "5",
    "--samples",
    "3",
    "--rest",
    "1s",
    "--workloads",
    "6",
    "--runnables",
    "4",
];

fn bench(server: &Server, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stampmill"));
    command.args(["bench", "controller"]).args(arguments).env("KUBECONFIG", server.kubeconfig());
    command.output().unwrap()
}

fn whole(report: &Value, path: &str) -> u64 {
    report.pointer(path).and_then(Value::as_u64).unwrap_or_else(|| panic!("{path} of {report:#}"))
}

fn positive(report: &Value, path: &str) -> bool {
    report.pointer(path).and_then(Value::as_f64).is_some_and(|number| number > 0.0)
}

pub(crate) fn a_bench_measures_and_leaves_nothing_behind(assets: &Path) {
    let server = super::server(assets);
    let output = bench(&server, &[&FEW[..], &["-o", "json"]].concat());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(whole(&report, "/fleet/workloads"), 20);
    // Each of them is created once, and each status is written once.
    assert_eq!(whole(&report, "/fleet/requests/create configmaps"), 60);
    assert_eq!(whole(&report, "/fleet/requests/update workloads"), 20);
    assert_eq!(whole(&report, "/bare/objects"), 30);
    assert_eq!(whole(&report, "/bare/statuses"), 10);
    for path in ["/fleet/ratio", "/fleet/objects_ratio", "/latency/p99_ms", "/memory/resident_bytes"] {
        assert!(positive(&report, path), "{path} of {report:#}");
    }
    assert_eq!(whole(&report, "/template/owners"), 5);
    assert_eq!(whole(&report, "/rest/other_requests"), 0);
    assert_eq!(whole(&report, "/restart/writes"), 0);
    assert_eq!(whole(&report, "/reference/workloads"), 6);
    assert_eq!(whole(&report, "/reference/runnables"), 4);
    let left = server
        .kubectl(
            &[
                "get",
                "namespaces,crds,clustersupplychains,clustertemplates,clusterruntemplates",
                "-A",
                "-o",
                "name",
            ],
            "",
        )
        .unwrap();
    assert!(!left.contains("stampmill-bench"), "{left}");

    // What is of others is not touched: no controller is started beside their workloads.
    server.apply(&namespace("theirs"));
    server.apply(&workload("theirs", "web", "web", "git-1"));
    let refused = bench(&server, &FEW);
    let stderr = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr.contains("there are workloads already (theirs/web)"), "{stderr}");
    assert_eq!(server.get(&["namespace", "stampmill-bench"], "{.metadata.name}"), "");
    // Nor is a namespace that has its name only.
    server.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: stampmill-bench}\n");
    assert!(bench(&server, &["--clean-up"]).status.success());
    assert_eq!(server.get(&["namespace", "stampmill-bench"], "{.metadata.name}"), "stampmill-bench");
    let refused = bench(&server, &[&FEW[..], &["--metrics", "127.0.0.1:1"]].concat());
    let stderr = String::from_utf8_lossy(&refused.stderr);
    assert!(stderr.contains("the namespace stampmill-bench is there and is not of a bench"), "{stderr}");
}
