//! `stampmill bench`, from the command line to what it prints. How long anything takes is not judged.
#![cfg(feature = "cli")]
#![allow(clippy::expect_used, reason = "tests")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const TEMPLATE: &str = "\
#@ load('@ytt:data', 'data')
#@ def doubled(n):
#@   return n * 2
#@ end
name: #@ data.values.name.upper()
squares:
#@ for n in range(data.values.count):
- #@ doubled(n)
#@ end
";

/// A directory with a template and data values.
fn place() -> TempDir {
    let place = tempfile::tempdir().expect("a temporary directory");
    write(&place, "config.yml", TEMPLATE);
    write(&place, "values.json", r#"{"name": "a", "count": 40}"#);
    place
}

fn write(place: &TempDir, name: &str, text: &str) {
    let path = place.path().join(name);
    fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
    fs::write(path, text).expect("a file");
}

/// Runs `stampmill bench` for a moment, with more arguments.
fn bench(place: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stampmill"));
    command.current_dir(place).args(["bench", "--duration", "20ms"]).args(arguments);
    command.output().expect("the program runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

/// What a run with `-o json` prints; nothing else may be on standard output.
fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        unreachable!("{error}: {stdout}{stderr}")
    })
}

fn number(report: &Value, path: &str) -> f64 {
    report
        .pointer(path)
        .and_then(Value::as_f64)
        .unwrap_or_else(|| unreachable!("no number {path}: {report:#}"))
}

#[test]
fn the_report_has_what_is_documented() {
    let place = place();
    let arguments = [
        "-f",
        "config.yml",
        "--data-values-file",
        "values.json",
        "--threads",
        "1,2",
        "-o",
        "json",
        "--profile",
    ];
    let output = bench(place.path(), &arguments);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    let report = report(&output);
    let keys = [
        "/renders_per_second",
        "/mean_us",
        "/p50_us",
        "/p99_us",
        "/allocations_per_render",
        "/bytes_per_render",
        "/compile_us",
        "/threads/0/renders",
        "/threads/0/renders_per_second",
        "/threads/1/p50_us",
        "/threads/1/speedup",
        "/scaling_limit/processes",
        "/scaling_limit/renders_per_second",
        "/scaling_limit/speedup",
        "/uncached/renders_per_second",
        "/uncached/p99_us",
        "/uncached/ratio",
        "/floor/mean_us",
        "/floor/ratio",
        "/profile/renders",
        "/profile/mean_us",
    ];
    for key in keys {
        assert!(number(&report, key) > 0.0, "{key}: {report:#}");
    }
    for (key, expected) in [
        ("/files", 1.0),
        ("/inputs", 1.0),
        ("/input_bytes", 26.0),
        // `name: A`, `squares:`, ten numbers of one digit or two behind a dash, all with line breaks
        ("/output_bytes", 8.0 + 9.0 + 5.0 * 4.0 + 35.0 * 5.0),
        ("/duration_ms", 20.0),
        ("/threads/0/threads", 1.0),
        ("/threads/1/threads", 2.0),
        ("/threads/0/speedup", 1.0),
    ] {
        assert_eq!(number(&report, key), expected, "{key}");
    }
    for key in ["/against", "/failed"] {
        assert_eq!(report.pointer(key), Some(&Value::Null), "{key}");
    }
    for part in ["", "/threads/0", "/threads/1", "/uncached", "/floor"] {
        let (median, rare) =
            (number(&report, &format!("{part}/p50_us")), number(&report, &format!("{part}/p99_us")));
        assert!(median <= rare, "{part}: {median} {rare}");
    }
    assert_eq!(number(&report, "/p50_us"), number(&report, "/threads/0/p50_us"));
    let shares: f64 =
        ["lines", "rest", "print"].map(|of| number(&report, &format!("/profile/{of}_share"))).iter().sum();
    assert!((shares - 1.0).abs() < 0.01, "{shares}");
}

#[test]
fn a_profile_counts_how_often_a_render_comes_to_a_line() {
    let place = place();
    let output = bench(
        place.path(),
        &[
            "-f",
            "config.yml",
            "--data-values-file",
            "values.json",
            "--threads",
            "1",
            "-o",
            "json",
            "--profile",
        ],
    );
    let report = report(&output);
    let lines = report["profile"]["lines"].as_array().expect("lines");
    let found = |number: u64| lines.iter().find(|line| line["line"] == number).expect("the line");
    for (number, visits, source) in [
        (3, 40.0, "#@   return n * 2"),
        (5, 1.0, "name: #@ data.values.name.upper()"),
        (8, 40.0, "- #@ doubled(n)"),
    ] {
        let line = found(number);
        assert_eq!(line["file"], "config.yml");
        assert_eq!(line["source"], source);
        assert_eq!(line["visits_per_render"].as_f64(), Some(visits), "{line}");
    }
    let shares: Vec<f64> = lines.iter().filter_map(|line| line["share"].as_f64()).collect();
    assert!(shares.is_sorted_by(|a, b| a >= b), "{shares:?}");
}

#[test]
fn the_table_tells_the_same() {
    let place = place();
    let output = bench(
        place.path(),
        &["-f", "config.yml", "--data-values-file", "values.json", "--threads", "1,2", "--profile"],
    );
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    let table = text(&output.stdout);
    for expected in [
        "1 file, 1 input: 26 B in, 212 B out\n",
        "renders/s",
        "\n1 thread ",
        "\n2 threads ",
        "\ncompiled for each render ",
        "\nserde_json in and out ",
        "\ncompiling takes ",
        "\na render makes ",
        "config.yml:3 | #@   return n * 2\n",
    ] {
        assert!(table.contains(expected), "{expected:?} in\n{table}");
    }
}

#[test]
fn our_own_ytt_gives_the_same_output() {
    let place = place();
    write(&place, "inputs/1.json", r#"{"name": "a", "count": 1}"#);
    write(&place, "inputs/2.yml", "name: b\ncount: 2\n");
    let own = env!("CARGO_BIN_EXE_ytt");
    let arguments =
        ["-f", "config.yml", "--inputs", "inputs", "--threads", "1", "-o", "json", "--against", own];
    let output = bench(place.path(), &arguments);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    let report = report(&output);
    assert_eq!(report["inputs"], 2);
    assert_eq!(report["against"]["equal"], true, "{report:#}");
    assert_eq!(report["against"]["checked"], 2);
    assert_eq!(report["against"]["command"], own);
    assert!(number(&report, "/against/ratio") > 0.0);
    assert!(number(&report, "/against/p50_us") <= number(&report, "/against/p99_us"));
}

#[cfg(unix)]
#[test]
fn another_output_is_told_and_fails() {
    use std::os::unix::fs::PermissionsExt;

    let place = place();
    write(&place, "other", "#!/bin/sh\ncat >other.stdin\necho \"$@\" >other.args\nprintf 'name: B\\n'\n");
    let other = place.path().join("other");
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).expect("a program");
    let values = [
        "-f",
        "config.yml",
        "--data-values-file",
        "values.json",
        "--threads",
        "1",
        "--against",
        "./other -x",
    ];
    let output = bench(place.path(), &[&values[..], &["-o", "json"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let report = report(&output);
    assert_eq!(report["against"]["equal"], false);
    assert_eq!(report["against"]["difference"]["input"], "values.json");
    assert_eq!(report["against"]["difference"]["what"], "line 1 is 'name: B', ours is 'name: A'");
    let read = |name: &str| fs::read_to_string(place.path().join(name)).expect("a file");
    assert_eq!(read("other.args"), "-x -f config.yml --data-values-file -\n");
    assert_eq!(read("other.stdin"), r#"{"name": "a", "count": 40}"#);
    let output = bench(place.path(), &values);
    let expected = "./other -x differs for values.json: line 1 is 'name: B', ours is 'name: A'\n";
    assert!(text(&output.stdout).contains(expected), "{}", text(&output.stdout));
}

#[test]
fn inputs_that_fail_are_left_out_and_reported() {
    let place = place();
    write(
        &place,
        "inputs.ndjson",
        "{\"name\": \"a\", \"count\": 1}\n{\"name\": 1, \"count\": 1}\n\n{\"name\"\n{\"name\": \"b\", \"count\": 2}\n",
    );
    let output = bench(
        place.path(),
        &["-f", "config.yml", "--inputs", "inputs.ndjson", "--threads", "1", "-o", "json"],
    );
    assert_eq!(output.status.code(), Some(1));
    let error = "2 of 4 inputs fail; the first is inputs.ndjson:2: \n- int has no .upper field or method\n    \
                 in <toplevel>\n      config.yml:5 | name: #@ data.values.name.upper()";
    assert_eq!(text(&output.stderr), format!("stampmill: Error: {error}\n"));
    let report = report(&output);
    assert_eq!(report["inputs"], 4);
    assert_eq!(report["failed"]["count"], 2);
    assert_eq!(report["failed"]["input"], "inputs.ndjson:2");
    assert!(number(&report, "/renders_per_second") > 0.0);
    // Nothing is measured where nothing can be rendered.
    write(&place, "values.json", r#"{"name": 1}"#);
    let output = bench(place.path(), &["-f", "config.yml", "--data-values-file", "values.json"]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""));
    assert!(
        text(&output.stderr).starts_with("stampmill: Error: Rendering values.json: \n- int has no .upper")
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    let place = place();
    write(&place, "broken.yml", "a: #@ (\n");
    for (arguments, code, expected) in [
        (&["--data-values-file", "values.json"][..], 2, "--file <FILE>"),
        (&["-f", "config.yml", "--duration", "soon"], 2, "expected a number with ms, s or m"),
        (&["-f", "config.yml", "--threads", "0"], 2, "'0'"),
        (&["-f", "config.yml", "-o", "xml"], 2, "[possible values: table, json]"),
        (&["-f", "config.yml", "--inputs", "a", "--data-values-file", "b"], 2, "cannot be used with"),
        (&["-f", "none.yml"], 1, "Checking file 'none.yml': lstat none.yml: no such file or directory"),
        (&["-f", "config.yml", "--data-values-file", "none.yml"], 1, "Checking file 'none.yml'"),
        (&["-f", "config.yml", "--inputs", "none"], 1, "Reading inputs 'none': "),
        (&["-f", "broken.yml"], 1, "broken.yml:1 | a: #@ ("),
        (&["-f", "-", "--against", "ytt"], 1, "--against needs templates in files"),
        (
            &["-f", "config.yml", "--data-values-file", "values.json", "--against", "./no-such-program"],
            1,
            "Running './no-such-program': ",
        ),
    ] {
        let output = bench(place.path(), arguments);
        let stderr = text(&output.stderr);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(code), ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains(expected), "{arguments:?}: {stderr}");
    }
}

/// The service, an echo and a stream are asked, each answer is right, and all figures are there.
#[test]
#[cfg(feature = "server")]
fn the_service_is_measured_beside_an_echo() {
    let place = place();
    // A stream is sent as far ahead as the system's buffers go: what is long is soon enough.
    let padding = "x".repeat(20_000);
    write(&place, "values.json", &format!(r#"{{"name": "a", "count": 40, "padding": "{padding}"}}"#));
    let arguments = ["-f", "config.yml", "--data-values-file", "values.json", "--connections", "3"];
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stampmill"));
        command.current_dir(place.path()).args(["bench", "serve", "--duration", "100ms"]);
        command.args(arguments).args(more).output().expect("the program runs")
    };
    let output = run(&["-o", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report = report(&output);
    assert_eq!(number(&report, "/connections"), 3.0);
    assert_eq!(number(&report, "/speed/failed"), 0.0);
    for key in ["library", "service", "echo", "stream"] {
        let key = format!("/speed/{key}/per_second");
        assert!(number(&report, &key) > 0.0, "{key}: {report:#}");
    }
    for (key, unit) in [
        ("full_load_us", ""),
        ("half_load", "_us"),
        ("half_load/late_us", ""),
        ("echo_full_load_us", ""),
        ("echo_half_load", "_us"),
        ("echo_half_load/late_us", ""),
    ] {
        let quantile = |share: &str| number(&report, &format!("/speed/{key}/{share}{unit}"));
        assert!(quantile("p50") > 0.0 && quantile("p50") <= quantile("p99"), "{key}: {report:#}");
    }
    // The echo's half is the service's, so that the two can be compared.
    let half = number(&report, "/speed/half_load/per_second");
    assert_eq!(half, number(&report, "/speed/service/per_second") / 2.0);
    assert_eq!(half, number(&report, "/speed/echo_half_load/per_second"));

    let output = run(&[]);
    for part in ["one input a request ", "\nan echo ", "\n  half load ", "\nstream "] {
        assert!(text(&output.stdout).contains(part), "{part}: {}", text(&output.stdout));
    }
}

#[test]
fn shells_complete_it() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stampmill"));
    let output = command.args(["completion", "bash"]).output().expect("the program runs");
    let script = text(&output.stdout);
    for word in ["--data-values-file", "--against", "--profile", "stampmill__subcmd__bench"] {
        assert!(script.contains(word), "{word}");
    }
}
