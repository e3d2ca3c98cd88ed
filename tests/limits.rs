//! Templates of anybody: every limit stops what goes beyond it, names itself and the place, and leaves
//! the process and the renders beside it alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use stampmill::workspace::{File, Request, render};
use stampmill::{CancelToken, Error, ErrorKind, Limit, Limits, Renderer, Template, Values};

/// Small enough for an unoptimised build to reach each in a moment.
fn limits() -> Limits {
    Limits {
        steps: 200_000,
        memory: 16 << 20,
        text_bytes: 1 << 20,
        elements: 30_000,
        output_nodes: 20_000,
        output_bytes: 1 << 20,
        input_bytes: 1 << 20,
        yaml_aliases: 10_000,
        time: Some(Duration::from_secs(60)),
        ..Limits::default()
    }
}

/// What a template of one file fails with, be it compiled or rendered.
fn failure(text: &str, limits: Limits, values: &Values<'_>) -> Error {
    let renderer = Renderer::new().with_limits(limits);
    let file = File::new("config.yml", text.as_bytes());
    let rendered = renderer.compile(vec![file]).and_then(|template| renderer.render(&template, values));
    match rendered.and_then(|output| output.yaml()) {
        Ok(text) => panic!("rendered {} bytes: {:.200}", text.len(), text),
        Err(error) => error,
    }
}

#[test]
fn every_limit_names_itself_and_the_place() {
    let aliases = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n".to_owned()
        + &(1..6)
            .map(|level| {
                let above = if level == 1 { "a".to_owned() } else { format!("a{}", level - 1) };
                format!("a{level}: &a{level} [{}]\n", vec![format!("*{above}"); 10].join(", "))
            })
            .collect::<String>();
    let deep = format!("a: {}{}\n", "[".repeat(2000), "]".repeat(2000));
    let large = format!("a: {}\n", "x".repeat(2 << 20));
    let mut wrong = Vec::new();
    for (what, text, limit, place) in [
        ("an endless loop", "#@ while True:\n#@   x = 1\n#@ end\na: 1\n", Limit::Steps, ":1"),
        (
            "calls without end",
            "#@ def f(n):\n#@   return f(n) + f(n)\n#@ end\na: #@ f(0)\n",
            Limit::CallDepth,
            "config.yml:2",
        ),
        (
            "calls that double",
            "#@ def f(n):\n#@   return 1 if n == 0 else f(n - 1) + f(n - 1)\n#@ end\na: #@ f(60)\n",
            Limit::Steps,
            "config.yml:2",
        ),
        ("a long text", "a: 1\nb: #@ \"x\" * 1000000000\n", Limit::TextBytes, "config.yml:2"),
        (
            "a text that doubles",
            "#@ x = 'xy'\n#@ for i in range(100):\n#@   x = x + x\n#@ end\na: #@ x\n",
            Limit::TextBytes,
            "config.yml:3",
        ),
        ("a joined text", "a: #@ ('x' * 1000).join(['y'] * 10000)\n", Limit::TextBytes, "config.yml:1"),
        ("a replaced text", "a: #@ ('x' * 10000).replace('x', 'y' * 1000)\n", Limit::TextBytes, ":1"),
        ("a formatted text", "a: #@ ('{0}' * 10000).format('y' * 1000)\n", Limit::TextBytes, ":1"),
        (
            "an interpolated text",
            "a: #@ ('%s' * 2000) % tuple(['y' * 1000] * 2000)\n",
            Limit::TextBytes,
            ":1",
        ),
        (
            "texts that are thrown away",
            "#@ for i in range(1000):\n#@   x = 'x' * 100000\n#@ end\na: 1\n",
            Limit::Memory,
            "config.yml:2",
        ),
        ("a long list", "a: #@ [0] * 1000000000\n", Limit::Elements, "config.yml:1"),
        ("a long range", "a: #@ len(list(range(1000000000)))\n", Limit::Elements, "config.yml:1"),
        (
            "a list that grows",
            "#@ x = []\n#@ while True:\n#@   x.append(0)\n#@ end\na: 1\n",
            Limit::Elements,
            "config.yml:3",
        ),
        ("a comprehension", "a: #@ len([x for x in range(1000000000)])\n", Limit::Steps, "config.yml:?"),
        (
            "a dict that grows",
            "#@ x = {}\n#@ for i in range(100000000):\n#@   x['key %d' % i] = [i]\n#@ end\na: 1\n",
            Limit::Steps,
            "config.yml:",
        ),
        (
            "lists in lists as text",
            "#@ x = [0]\n#@ for i in range(60):\n#@   x = [x, x]\n#@ end\na: #@ str(x)\n",
            Limit::Steps,
            "config.yml:5",
        ),
        (
            "lists in lists as nodes",
            "#@ x = [0]\n#@ for i in range(60):\n#@   x = [x, x]\n#@ end\na: #@ x\n",
            Limit::Memory,
            "config.yml:5",
        ),
        (
            "lists in lists compared",
            "#@ x = [0] * 10000\n#@ y = [x] * 10000\n#@ z = [x] * 10000\na: #@ y == z\n",
            Limit::Steps,
            "config.yml:4",
        ),
        (
            "a large integer",
            "#@ x = 3\n#@ for i in range(40):\n#@   x = x * x\n#@ end\na: 1\n",
            Limit::IntegerBits,
            ":3",
        ),
        (
            "fragments in fragments",
            "#@ def f(x):\na: #@ x\nb: #@ x\n#@ end\n#@ x = 0\n#@ for i in range(60):\n#@   x = f(x)\n#@ end\n---\nall: #@ x\n",
            Limit::OutputNodes,
            "",
        ),
        ("many nodes", "#@ for i in range(50000):\n---\na: 1\n#@ end\n", Limit::OutputNodes, "config.yml:"),
        (
            "many long nodes",
            "#@ x = 'x' * 10000\n#@ for i in range(500):\n---\na: #@ x\n#@ end\n",
            Limit::OutputBytes,
            "",
        ),
        (
            "a deep tree",
            "#@ def f(x):\na: #@ x\n#@ end\n#@ x = 0\n#@ for i in range(3000):\n#@   x = f(x)\n#@ end\nall: #@ x\n",
            Limit::TreeDepth,
            "config.yml:",
        ),
        ("an alias bomb", aliases.as_str(), Limit::YamlAliases, "config.yml"),
        ("a deep file", deep.as_str(), Limit::YamlDepth, "config.yml"),
        ("a large file", large.as_str(), Limit::InputBytes, "config.yml"),
        (
            "what is caught",
            "#@ load('@ytt:assert', 'assert')\n#@ x = assert.try_to(lambda: 'x' * 1000000000)\na: 1\n",
            Limit::TextBytes,
            "",
        ),
        (
            "a decoded text",
            "#@ load('@ytt:json', 'json')\na: #@ len(json.decode('[' + '[],' * 300000 + '[]]'))\n",
            Limit::Memory,
            "config.yml:2",
        ),
        (
            "decoded aliases",
            "#@ load('@ytt:yaml', 'yaml')\n#@ x = 'a: &a [1,1,1,1,1,1,1,1]\\n'\n#@ for i in range(6):\n#@   x += 'a{1}: &a{1} [{0}]\\n'.format(','.join(['*a' + (str(i) if i else '')] * 8), i + 1)\n#@ end\na: #@ yaml.decode(x)\n",
            Limit::YamlAliases,
            "config.yml:6",
        ),
    ] {
        let error = failure(text, limits(), &Values::none());
        let message = error.to_string();
        let named = message.contains(&format!("(limit: {limit})"));
        if error.kind() != ErrorKind::Limit(limit) || !named || !message.contains(place) {
            wrong.push(format!("{what}: {:?}: {message:.300}", error.kind()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn data_values_are_limited_too() {
    let template = "#@ load('@ytt:data', 'data')\na: #@ data.values.a\n";
    let large = format!(r#"{{"a": "{}"}}"#, "x".repeat(2 << 20));
    let deep = format!(r#"{{"a": {}{}}}"#, "[".repeat(2000), "]".repeat(2000));
    let many = format!(r#"{{"a": [{}0]}}"#, "0,".repeat(300_000));
    for (values, limit) in [
        (Values::json(large.as_str()), Limit::InputBytes),
        (Values::yaml(large.as_str()), Limit::InputBytes),
        (Values::json(deep.as_str()), Limit::YamlDepth),
        (Values::yaml(deep.as_str()), Limit::YamlDepth),
        (Values::json(many.as_str()), Limit::Memory),
        (Values::yaml(many.as_str()), Limit::Memory),
    ] {
        let error = failure(template, limits(), &values);
        assert_eq!(error.kind(), ErrorKind::Limit(limit), "{error}");
    }
}

#[test]
fn malformed_data_values_have_a_line() {
    let template = "#@ load('@ytt:data', 'data')\na: #@ data.values.a\n";
    let json = failure(template, limits(), &Values::json("{\n  \"a\": 1,\n  b: 2\n}"));
    assert_eq!(
        json.to_string(),
        "data values: line 3: invalid character 'b' looking for beginning of object key string"
    );
    let yaml = failure(template, limits(), &Values::yaml("a: 1\nb: [\n"));
    assert!(yaml.to_string().starts_with("data values: yaml: line "), "{yaml}");
}

/// A library that is loaded when a render has used up its memory is not lost for the others.
#[test]
fn what_one_render_has_used_up_is_there_for_the_next() {
    let template = "#@ load('@ytt:data', 'data')
#@ x = ['x' * 1000000 for i in range(data.values.n)]
#@ load('@many:lib.star', 'last')
last: #@ last
";
    let numbers: String =
        (0..6000).map(|number| format!("#@ x{number} = {number}\nn{number}: 1\n")).collect();
    let renderer = Renderer::new().with_limits(limits());
    let files = vec![
        File::new("config.yml", template.as_bytes()),
        File::new("_ytt_lib/many/lib.star", *b"load('nodes.lib.yml', nodes='last')\nlast = nodes\n"),
        File::new("_ytt_lib/many/nodes.lib.yml", format!("{numbers}#@ last = 7\n").as_bytes()),
    ];
    let template = renderer.compile(files).unwrap();
    let greedy = renderer.render(&template, &Values::json(r#"{"n": 16}"#)).unwrap_err();
    assert_eq!(greedy.kind(), ErrorKind::Limit(Limit::Memory), "{greedy}");
    let modest = renderer.render(&template, &Values::json(r#"{"n": 1}"#)).and_then(|output| output.yaml());
    assert_eq!(modest.as_deref(), Ok("last: 7\n"));
}

/// So many files that the next ones are read on another thread.
#[test]
fn limits_hold_on_every_thread_of_a_run() {
    let text = format!("a: #@ 1\nb: {}\n", "x".repeat(2 << 20));
    let mut files: Vec<File> =
        (0..40).map(|number| File::new(format!("f{number}.yml"), *b"a: #@ 1\n")).collect();
    files.push(File::new("large.yml", text.as_bytes()));
    let request = Request { files, limits: limits(), ..Request::default() };
    let error = render(request).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit(Limit::InputBytes), "{error}");
    assert!(error.to_string().contains("large.yml"), "{error}");
}

#[test]
fn a_deadline_stops_a_render() {
    let text = "#@ while True:\n#@   x = 1\n#@ end\na: 1\n";
    let limits = Limits { steps: u64::MAX, time: Some(Duration::from_millis(50)), ..limits() };
    let error = failure(text, limits, &Values::none());
    assert_eq!(error.kind(), ErrorKind::Limit(Limit::Time));
    assert!(error.to_string().contains("took longer than 50ms (limit: time)"), "{error}");
    assert!(error.to_string().contains("config.yml:"), "{error}");
}

#[test]
fn another_thread_cancels_a_render() {
    let limits = Limits { steps: u64::MAX, time: None, ..limits() };
    let renderer = Renderer::new().with_limits(limits);
    let file = File::new("config.yml", *b"#@ while True:\n#@   x = 1\n#@ end\na: 1\n");
    let template = renderer.compile(vec![file]).unwrap();
    let cancel = CancelToken::new();
    let error = std::thread::scope(|scope| {
        let render =
            scope.spawn(|| renderer.render_with(&template, &Values::none(), Some(&cancel)).unwrap_err());
        std::thread::sleep(Duration::from_millis(30));
        cancel.cancel();
        render.join().unwrap()
    });
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}

/// Recursion by every way from native code back to code, as deep as calls may nest, on a small stack.
#[test]
fn deep_recursion_fits_the_stack() {
    for (way, again) in [
        ("plain", "f(n + 1)"),
        ("a key", "sorted([2, 1], key=lambda x: f(n + 1))"),
        ("try_to", "assert.try_to(lambda: f(n + 1))"),
        ("keywords", "f(**{'n': n + 1})"),
        ("a fragment", "g(n + 1)"),
        ("a text", "h(n + 1)"),
        ("a matcher", "overlay.apply(g(n), o(n))"),
        ("json", "json.encode(json.decode(json.encode([f(n + 1)])))"),
    ] {
        let text = format!(
            "#@ load('@ytt:assert', 'assert')
#@ load('@ytt:json', 'json')
#@ load('@ytt:overlay', 'overlay')
#@ def f(n):
#@   return {again}
#@ end
#@ def g(n):
a:
- b:
  - #@ f(n + 1) if n else 1
#@ end
#@ def o(n):
#@overlay/match by=lambda i, l, r: f(n + 1), expects='1+'
---
a: 1
#@ end
#@ def h(n):
#@yaml/text-templated-strings
a: (@= str(f(n + 1)) @)
#@ end
---
all: #@ f(1)
"
        );
        let render = std::thread::Builder::new()
            .stack_size(256 << 10)
            .spawn(move || failure(&text, Limits { steps: u64::MAX, ..limits() }, &Values::none()));
        let error = render.unwrap().join().unwrap();
        assert_eq!(error.kind(), ErrorKind::Limit(Limit::CallDepth), "{way}: {error:.300}");
    }
}

/// The most memory the process has taken, in bytes.
#[cfg(target_os = "linux")]
fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() << 10
}

/// 64 threads with good, failing, endless and greedy templates: each result is as if alone.
#[test]
fn a_storm_of_renders_disturbs_none() {
    let renderer = Renderer::new().with_limits(limits());
    let compile = |text: &str| renderer.compile(vec![File::new("config.yml", text.as_bytes())]).unwrap();
    let good = compile(
        "#@ load('@ytt:data', 'data')\nname: #@ data.values.name\nall: #@ [x * 2 for x in data.values.list]\n",
    );
    let templates: Vec<(Template, Option<Limit>)> = [
        ("a: #@ fail('no')\n", None),
        ("#@ while True:\n#@   x = 1\n#@ end\na: 1\n", Some(Limit::Steps)),
        ("#@ x = []\n#@ for i in range(150):\n#@   x.append('x' * 100000 + str(i))\n#@ end\na: #@ x[1:] + x\n", Some(Limit::Memory)),
        ("#@ def f(n):\n#@   return f(n + 1)\n#@ end\na: #@ f(0)\n", Some(Limit::CallDepth)),
        ("a: #@ 'x' * 1000000000\n", Some(Limit::TextBytes)),
    ]
    .map(|(text, limit)| (compile(text), limit))
    .into();
    let alone: Vec<String> = templates
        .iter()
        .map(|(template, _)| renderer.render(template, &Values::none()).unwrap_err().to_string())
        .collect();
    let rendered = AtomicUsize::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..64 {
            let (renderer, good, templates, alone, rendered) =
                (&renderer, &good, &templates, &alone, &rendered);
            scope.spawn(move || {
                for round in 0..12 {
                    let values = format!(r#"{{"name": "n{thread}-{round}", "list": [{thread}, {round}]}}"#);
                    let output =
                        renderer.render(good, &Values::json(values.as_str())).unwrap().yaml().unwrap();
                    let expected =
                        format!("name: n{thread}-{round}\nall:\n- {}\n- {}\n", thread * 2, round * 2);
                    assert_eq!(output, expected);
                    let which = (thread + round) % templates.len();
                    let (template, limit) = &templates[which];
                    let error = renderer.render(template, &Values::none()).unwrap_err();
                    assert_eq!(error.to_string(), alone[which]);
                    let kind = limit.map_or(ErrorKind::Evaluation, ErrorKind::Limit);
                    assert_eq!(error.kind(), kind);
                    rendered.fetch_add(2, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(rendered.into_inner(), 64 * 12 * 2);
    assert!(start.elapsed() < Duration::from_secs(600));
    #[cfg(target_os = "linux")]
    assert!(peak_memory() < 512 << 20, "{} bytes", peak_memory());
}
