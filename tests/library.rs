//! What users of the library rely on, through its public interface alone.
#![allow(clippy::expect_used, reason = "tests")]

use std::sync::{Arc, Mutex};
use std::thread;

use stampmill::workspace::{File, FileKind, Request, render};
use stampmill::yaml::print_documents;
use stampmill::{CancelToken, ErrorKind, Limit, Limits, Renderer, Result, Template, Values};

fn request(files: &[(&str, &str)]) -> Request {
    let files = files.iter().map(|(path, text)| File::new(*path, text.as_bytes())).collect();
    Request { files, ..Request::default() }
}

fn text(files: &[(&str, &str)]) -> Result<String> {
    render(request(files)).map(|rendered| print_documents(&rendered.documents))
}

#[test]
fn many_threads_render_at_once() {
    let template = "#@ load('@ytt:data', 'data')\n#@ def square(n):\n#@   return n * n\n#@ end\n\
        squares: #@ [square(n) for n in range(data.values.count)]\n";
    let render = |count: usize| {
        let values = format!("#@data/values\n---\ncount: {count}\n");
        let squares: String = (0..count).map(|n| format!("- {}\n", n * n)).collect();
        for _ in 0..20 {
            let result = text(&[("config.yml", template), ("values.yml", &values)]);
            assert_eq!(result.expect("a document"), format!("squares:\n{squares}"));
        }
    };
    thread::scope(|scope| {
        for count in 1..=16 {
            scope.spawn(move || render(count));
        }
    });
}

#[test]
fn a_failed_run_says_what_where_and_why() {
    let template = "#@ def f(x):\n#@   return x[\"no\"]\n#@ end\na: #@ f({})\n";
    let error = text(&[("config.yml", template)]).expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::Evaluation);
    let failures = error.template_failures();
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].message, "key \"no\" not in dict");
    let frames: Vec<_> =
        failures[0].frames.iter().map(|f| (&f.context[..], &f.place[..], &f.source[..])).collect();
    let expected =
        [("f", "config.yml:2", "#@   return x[\"no\"]"), ("<toplevel>", "config.yml:4", "a: #@ f({})")];
    assert_eq!(frames, expected);
    let kinds = [
        ("a: [", ErrorKind::Yaml),
        ("a: #@ (", ErrorKind::Syntax),
        ("a: #@ x", ErrorKind::Syntax),
        ("#@ load(\"no.star\", \"x\")\na: 1", ErrorKind::Evaluation),
    ];
    for (template, kind) in kinds {
        assert_eq!(text(&[("config.yml", template)]).expect_err(template).kind(), kind, "{template}");
    }
}

#[test]
fn files_come_out_with_their_kinds() {
    let rendered = render(request(&[
        ("a/b.yml", "#@ x = 1\nx: #@ x\n"),
        ("notes.txt", "(@= \"n\" @)\n"),
        ("data.json", "{}"),
    ]));
    let files = rendered.expect("files").files;
    let files: Vec<_> = files.iter().map(|file| (&file.path[..], &file.content[..], file.kind)).collect();
    assert_eq!(files, [("notes.txt", &b"n\n"[..], FileKind::Text), ("a/b.yml", b"x: 1\n", FileKind::Yaml)]);
}

#[test]
fn what_code_prints_goes_to_the_log() {
    let lines = Arc::new(Mutex::new(String::new()));
    let log = Arc::clone(&lines);
    let mut request = request(&[("config.yml", "#@ print(\"one\", 2)\na: 1\n")]);
    request.log = Some(Arc::new(move |text: &str| log.lock().expect("a log").push_str(text)));
    render(request).expect("a document");
    assert_eq!(*lines.lock().expect("a log"), "one 2\n");
}

#[test]
fn what_natives_go_through_counts_as_steps() {
    let limits = Limits { steps: 20_000, time: None, memory: usize::MAX, ..Limits::default() };
    for (name, of, done) in [
        ("a method of a text", "\"a\" * 100000", "x.count(\"b\")"),
        ("a comparison of texts", "\"a\" * 100000", "x == x + \"b\""),
        ("a text in a text", "\"a\" * 100000", "\"b\" in x"),
        ("a function of a text", "\"a\" * 100000", "hash(x)"),
        ("a function of a module", "\"a\" * 100000", "sha256.sum(x)"),
        ("reading YAML", "\"[\" + \"1,\" * 10000 + \"]\"", "yaml.decode(x)"),
        ("reading JSON", "\"[\" + \"1,\" * 10000 + \"1]\"", "json.decode(x)"),
        ("reading TOML", "\"a=[\" + \"1,\" * 10000 + \"]\"", "toml.decode(x)"),
        ("a search in a list", "list(range(10000))", "x.index(9999)"),
        ("a value in a list", "list(range(10000))", "10000 in x"),
        ("whether all hold", "range(10000)", "all(x[1:])"),
        ("whether one holds", "[0] * 10000", "any(x)"),
        ("the largest", "range(10000)", "max(x)"),
        ("sets", "set(range(3000))", "x | x"),
        ("a removed element", "list(range(10000))", "x.remove(9999) or x.append(9999)"),
    ] {
        let loads =
            ["json", "sha256", "toml", "yaml"].map(|name| format!("#@ load(\"@ytt:{name}\", \"{name}\")\n"));
        let run = |turns: usize| {
            let code = format!("#@ x = {of}\n#@ for i in range({turns}):\n#@   {done}\n#@ end\na: 1\n");
            let template = loads.concat() + &code;
            render(Request { limits: limits.clone(), ..request(&[("config.yml", &template)]) })
        };
        assert!(run(1).is_ok(), "{name}: {:?}", run(1).err());
        let kind = run(100).err().map(|error| error.kind());
        assert_eq!(kind, Some(ErrorKind::Limit(Limit::Steps)), "{name}");
    }
}

#[test]
fn ranges_are_not_spelled_out_beyond_limits() {
    for (code, limit) in [
        ("all(range(1, 2147483647))", Limit::Steps),
        ("any([x for x in range(2147483647)])", Limit::Steps),
        ("min(range(2147483647))", Limit::Steps),
        ("str(*range(2147483647))", Limit::Elements),
        ("set().union(range(2147483647))", Limit::Elements),
        ("[x for x in range(2147483647)]", Limit::Steps),
    ] {
        let template = format!("a: #@ {code}\n");
        let limits = Limits { steps: 200_000, elements: 10_000, time: None, ..Limits::default() };
        let failed = render(Request { limits, ..request(&[("config.yml", &template)]) });
        assert_eq!(failed.err().map(|error| error.kind()), Some(ErrorKind::Limit(limit)), "{code}");
    }
}

/// What a template with these files gives for each of these data values.
fn rendered(files: &[(&str, &str)], values: &[&'static str]) -> Vec<Result<String>> {
    let files = files.iter().map(|(path, text)| File::new(*path, text.as_bytes())).collect();
    let template = Template::compile(files).expect("a template");
    values.iter().map(|values| template.render(&Values::json(*values))?.yaml()).collect()
}

#[test]
fn what_is_evaluated_once_is_what_data_values_do_not_reach() {
    let files = [
        (
            "config.yml",
            "#@ load('own.star', 'named')\n#@ load('below.star', 'greeting')\na: #@ named('x')\nb: #@ greeting\n",
        ),
        (
            "own.star",
            "load('below.star', 'greeting')\ndef named(name, more=[]):\n  return greeting + name\nend\n",
        ),
        ("below.star", "load('@ytt:data', 'data')\ngreeting = data.values.greeting\n"),
    ];
    let results = rendered(&files, &[r#"{"greeting": "hi "}"#, r#"{"greeting": "ho "}"#]);
    let expected = ["a: hi x\nb: 'hi '\n", "a: ho x\nb: 'ho '\n"].map(|text| Ok(text.to_owned()));
    assert_eq!(results, expected);
}

#[test]
fn a_render_leaves_nothing_in_what_others_use() {
    // Whether or not something is shared, each render finds it as the files have it.
    let files = [
        (
            "config.yml",
            "#@ load('lib.lib.yml', 'made', 'add', 'change')\n#@ load('@ytt:data', 'data')\n#@ change(data.values.n)\na: #@ made\nb: #@ add(data.values.n)\n",
        ),
        (
            "lib.lib.yml",
            "#@ load('@ytt:overlay', 'overlay')\n#@ def fragment():\nx: 1\n#@ end\n#@ made = fragment()\n#@ def add(n):\n#@   return [n]\n#@ end\n#@ def more(n):\n#@overlay/match missing_ok=True\nz: #@ n\n#@ end\n#@ def change(n):\n#@   return overlay.apply(made, more(n))\n#@ end\n",
        ),
    ];
    let results = rendered(&files, &[r#"{"n": 1}"#, r#"{"n": 2}"#]);
    let expected = [1, 2].map(|n| Ok(format!("a:\n  x: 1\n  z: {n}\nb:\n- {n}\n")));
    assert_eq!(results, expected);
}

#[test]
fn a_schema_is_the_same_for_all_renders() {
    let schema = "#@data/values-schema\n---\nname: none\n#@schema/nullable\nsize: 0\nlabels:\n- key: \"\"\n  ok: true\n";
    let template = "#@ load('@ytt:data', 'data')\nname: #@ data.values.name\nsize: #@ data.values.size\nok: #@ [label.ok for label in data.values.labels]\n";
    let files = [("config.yml", template), ("schema.yml", schema)];
    let values =
        ["{}", r#"{"size": 3, "labels": [{"key": "a"}]}"#, r#"{"name": 1}"#, r#"{"other": 1}"#, "{}"];
    let results = rendered(&files, &values);
    let plain = "name: none\nsize: null\nok: []\n";
    assert_eq!(results[0].as_deref(), Ok(plain));
    assert_eq!(results[1].as_deref(), Ok("name: none\nsize: 3\nok:\n- true\n"));
    for (result, expected) in
        [(&results[2], "expected: string (by schema.yml:3)"), (&results[3], "declared in schema")]
    {
        let error = result.as_ref().expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert_eq!(results[4].as_deref(), Ok(plain));
}

#[test]
fn many_renders_end_when_somebody_cancels_them() {
    let file = File::new("config.yml", *b"#@ load('@ytt:data', 'data')\na: #@ data.values.n\n");
    let renderer = Renderer::new();
    let template = renderer.compile(vec![file]).expect("a template");
    let inputs: Vec<_> = (0..8).map(|n| Values::json(format!("{{\"n\": {n}}}"))).collect();
    let cancel = CancelToken::new();
    let all = renderer.render_many_with(&template, &inputs, Some(&cancel), |output| output.yaml());
    let expected: Vec<_> = (0..8).map(|n| Ok(format!("a: {n}\n"))).collect();
    assert_eq!(all, expected);
    cancel.cancel();
    let none = renderer.render_many_with(&template, &inputs, Some(&cancel), |output| output.yaml());
    assert!(
        none.iter().all(|result| result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Cancelled))
    );
}
