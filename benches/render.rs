//! One template from text to result: parsing, compiling, rendering with data values of several sizes, with
//! libraries and a schema, and the least that any program would have to do.
#![allow(clippy::expect_used, reason = "benchmarks")]

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};
use serde_json::{Value, json};
use stampmill::workspace::File;
use stampmill::yaml::{self, ParseOptions};
use stampmill::{Renderer, Template, Values};

/// What the command runs on; another allocator would give other figures.
#[global_allocator]
static ALLOCATOR: stampmill::bench::Allocator = stampmill::bench::Allocator;

/// Renders grow the stack of a thread that has less.
const STACK_BYTES: usize = 16 << 20;

/// How many variables of the environment make data values of some 0.6, 2.6 and 50 KB.
const VARIABLES: [usize; 3] = [6, 42, 875];

fn template_text() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/data/service.yml");
    fs::read_to_string(path).expect("the template")
}

fn files(text: &str) -> Vec<File> {
    vec![File::new("service.yml", text.as_bytes())]
}

/// Data values with this many variables of the environment.
fn values(variables: usize) -> String {
    let env: Vec<Value> = (0..variables)
        .map(|number| json!({"name": format!("SETTING_{number}"), "value": format!("value of number {number}: on")}))
        .collect();
    let values = json!({
        "app": {"name": "orders", "namespace": "shop"},
        "image": {"repository": "registry.example.com/shop/orders", "tag": "1.14.2"},
        "scale": {"min": 2, "max": 8},
        "serviceAccount": "runner",
        "memory": "512Mi",
        "ports": [{"name": "http1", "number": 8080}, {"name": "metrics", "number": 9100}],
        "env": env,
        "features": ["search", "export", "audit"],
    });
    values.to_string()
}

fn preparing(criterion: &mut Criterion) {
    let text = template_text();
    let mut group = criterion.benchmark_group("prepare");
    group.throughput(Throughput::Bytes(text.len() as u64));
    let options = ParseOptions { with_comments: true, ..ParseOptions::default() };
    group.bench_function("parse", |bencher| {
        bencher.iter(|| yaml::parse(black_box(text.as_bytes()), 0, &options).expect("YAML"));
    });
    group.bench_function("compile", |bencher| {
        bencher.iter(|| Template::compile(files(black_box(&text))).expect("a template"));
    });
    group.finish();
}

fn rendering(criterion: &mut Criterion) {
    let text = template_text();
    let renderer = Renderer::new();
    let template = renderer.compile(files(&text)).expect("a template");
    for variables in VARIABLES {
        let values = values(variables);
        let size = format!("{:.1}KB", values.len() as f64 / 1e3);
        let mut group = criterion.benchmark_group(format!("render/{size}"));
        group.throughput(Throughput::Elements(1));
        let mut out = String::new();
        group.bench_function("cached", |bencher| {
            bencher.iter(|| {
                out.clear();
                let output = template.render(&Values::json(black_box(values.as_str()))).expect("documents");
                output.write_yaml(&mut out).expect("YAML");
            });
        });
        group.bench_function("cached to JSON", |bencher| {
            bencher.iter(|| {
                let output = template.render(&Values::json(black_box(values.as_str()))).expect("documents");
                output.json().expect("JSON")
            });
        });
        group.bench_function("evaluated only", |bencher| {
            bencher.iter(|| template.render(&Values::json(black_box(values.as_str()))).expect("documents"));
        });
        group.bench_function("by content", |bencher| {
            bencher.iter(|| {
                let template = renderer.compile(files(&text)).expect("a template");
                template
                    .render(&Values::json(values.as_str()))
                    .and_then(|output| output.yaml())
                    .expect("YAML")
            });
        });
        group.bench_function("uncached", |bencher| {
            bencher.iter(|| {
                let template = Template::compile(files(&text)).expect("a template");
                template
                    .render(&Values::json(values.as_str()))
                    .and_then(|output| output.yaml())
                    .expect("YAML")
            });
        });
        let json = template.render(&Values::json(values.as_str())).and_then(|output| output.json());
        let documents: Vec<Value> =
            json.expect("JSON").lines().map(|line| serde_json::from_str(line).expect("a document")).collect();
        let mut bytes = Vec::new();
        group.bench_function("floor: serde_json in and out", |bencher| {
            bencher.iter(|| {
                bytes.clear();
                black_box(serde_json::from_str::<Value>(black_box(&values)).expect("JSON"));
                for document in &documents {
                    serde_json::to_writer(&mut bytes, document).expect("JSON");
                }
            });
        });
        group.finish();
    }
}

/// A template with helper libraries, without and with a schema: what does not depend on data values is
/// evaluated once.
fn libraries(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/data/library");
    let file = |name: &&str| File::new(*name, fs::read(folder.join(name)).expect("a file"));
    let values = json!({
        "workload": {"metadata": {"name": "orders", "namespace": "shop"}},
        "image": {"repo": "registry.example.com/shop/orders", "digest": "sha256:0123456789abcdef"},
        "params": {"minScale": 2, "ports": [8080, 9090], "region": "eu-north-1", "flags": ["a", "b"]},
    });
    let values = values.to_string();
    let mut group = criterion.benchmark_group("libraries");
    group.throughput(Throughput::Elements(1));
    let without = ["config.yml", "names.star", "labels.lib.yml"];
    let with = ["config.yml", "names.star", "labels.lib.yml", "schema.yml"];
    for (what, names) in [("without a schema", &without[..]), ("with a schema", &with[..])] {
        let template = Template::compile(names.iter().map(file).collect()).expect("a template");
        let mut out = String::new();
        group.bench_function(what, |bencher| {
            bencher.iter(|| {
                out.clear();
                let output = template.render(&Values::json(black_box(values.as_str()))).expect("documents");
                output.write_yaml(&mut out).expect("YAML");
            });
        });
    }
    group.finish();
}

/// How long some threads take for renders that each of them makes.
fn together(template: &Template, values: &str, threads: usize, renders: u64) -> Duration {
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let work = move || {
                let mut out = String::new();
                for _ in 0..renders {
                    out.clear();
                    let output = template.render(&Values::json(values)).expect("documents");
                    output.write_yaml(&mut out).expect("YAML");
                }
            };
            let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
            thread.expect("a thread");
        }
    });
    start.elapsed()
}

fn threads(criterion: &mut Criterion) {
    let template = Template::compile(files(&template_text())).expect("a template");
    let values = values(VARIABLES[0]);
    let mut group = criterion.benchmark_group("threads");
    for threads in [1, 2] {
        group.throughput(Throughput::Elements(threads as u64));
        group.bench_with_input(BenchmarkId::from_parameter(threads), &threads, |bencher, &threads| {
            bencher.iter_custom(|renders| together(&template, &values, threads, renders));
        });
    }
    group.finish();
}

fn main() {
    let work = || {
        let mut criterion = Criterion::default().configure_from_args();
        preparing(&mut criterion);
        rendering(&mut criterion);
        libraries(&mut criterion);
        threads(&mut criterion);
        criterion.final_summary();
    };
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work);
    thread.expect("a thread").join().expect("no panic");
}
