//! Whatever comes, the answer is of the right kind, memory is bounded, and the process goes on.

use std::io::Read as _;
use std::net::Shutdown;
use std::time::{Duration, Instant};

use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::json;

use crate::service::{JSON, Service, list};

#[test]
fn malformed_requests_are_told_what_is_wrong() {
    let mut service = Service::start(&[]);
    let render = |body: &[u8]| service.ask("POST", "/v1/render", &[JSON], body);
    for body in [
        &b""[..],
        b"{",
        b"[]",
        b"{}",
        b"{\"files\": 1}",
        b"{\"files\": [], \"unknown\": 1}",
        b"{\"files\": [{\"path\": \"a.yml\"}]}",
        b"{\"files\": [{\"path\": \"a.yml\", \"text\": \"\", \"base64\": \"\"}]}",
        b"{\"files\": [{\"path\": \"\", \"text\": \"\"}]}",
        b"{\"files\": [{\"path\": \"a.yml\", \"base64\": \"!\"}]}",
        b"{\"files\": [], \"dataValues\": [1]}",
        b"{\"files\": [], \"dataValues\": {}, \"dataValuesYaml\": \"\"}",
        b"{\"files\": [{\"path\": \"a.yml\", \"text\": \"\xff\"}]}",
        b"\xff\xfe",
    ] {
        render(body).is_problem(400, "request");
    }
    service.ask("POST", "/v1/render", &[("content-type", "text/plain")], b"{}").is_problem(415, "media-type");
    service.get("/v1/nothing").is_problem(404, "not-found");
    service.get("/v1/templates/%ff").is_problem(400, "request");
    let method = service.ask("PUT", "/v1/render", &[], b"");
    method.is_problem(405, "method");
    assert_eq!(method.header("allow"), "POST");
    for digest in ["x", "sha256:", "sha256:0", &format!("sha256:{}", "0".repeat(64)), "%2e%2e", "a%00b"] {
        service.render(digest, "{}").is_problem(404, "not-found");
        service.get(&format!("/v1/templates/{digest}")).is_problem(404, "not-found");
        service.get(&format!("/v1/blueprints/{digest}/owners")).is_problem(404, "not-found");
    }
    let mark = json!({"files": list(&[("a.yml", "a: 1\n")]), "fileMarks": ["nonsense"]});
    service.post("/v1/render", &mark).is_problem(422, "usage");
    service.assert_alive();
}

#[test]
fn deep_and_wide_values_meet_limits() {
    let mut service = Service::start(&[]);
    let digest = service.register(&[("a.yml", "#@ load('@ytt:data', 'data')\na: #@ data.values\n")]);
    let deep = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    for depth in [2_000, 100_000, 1_000_000] {
        let answer = service.render(&digest, &deep(depth));
        assert_eq!(answer.status, 422, "{depth}: {}", answer.text());
        let request =
            format!("{{\"files\":[{{\"path\":\"a.yml\",\"text\":\"\"}}],\"dataValues\":{}}}", deep(depth));
        let answer = service.ask("POST", "/v1/render", &[JSON], request.as_bytes());
        assert!(matches!(answer.status, 400 | 422), "{depth}: {}", answer.text());
        let answer = service.ask("POST", "/v1/render", &[JSON], "[".repeat(depth).as_bytes());
        answer.is_problem(400, "request");
    }
    let laughs = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
                  d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
    let yaml = ("content-type", "application/yaml");
    let answer = service.ask("POST", &format!("/v1/templates/{digest}/render"), &[yaml], laughs.as_bytes());
    assert_eq!(answer.is_problem(422, "limit")["limit"], "yaml_aliases");
    service.assert_alive();
}

#[test]
fn bodies_of_a_gibibyte_are_refused_without_being_held() {
    let mut service = Service::start(&[]);
    let before = service.resident_bytes();
    // One that says so.
    let mut connection = service.connect();
    connection.head("POST", "/v1/render", &[JSON, ("content-length", "1073741824")]);
    connection.answer().unwrap().is_problem(413, "too-large");
    // One that asks first.
    let mut connection = service.connect();
    let expect = ("expect", "100-continue");
    connection.head("POST", "/v1/render", &[JSON, ("content-length", "1073741824"), expect]);
    connection.answer().unwrap().is_problem(413, "too-large");
    // One that sends all of it nevertheless, and one that does not say how much it is.
    for length in ["content-length: 1073741824", "transfer-encoding: chunked"] {
        let mut connection = service.connect();
        let (name, value) = length.split_once(": ").unwrap();
        connection.head("POST", "/v1/render", &[JSON, (name, value)]);
        let piece = vec![b' '; 1 << 20];
        let mut sent = 0_u64;
        while sent < 1 << 30 {
            let result = if name == "content-length" {
                connection.send(&piece)
            } else {
                connection.send_chunk(&piece)
            };
            if result.is_err() {
                break;
            }
            sent += piece.len() as u64;
        }
        assert!(sent < 512 << 20, "{sent} bytes were taken");
        // The answer is there, even for who did not stop sending.
        connection.answer().unwrap().is_problem(413, "too-large");
    }
    let more = service.resident_bytes().saturating_sub(before);
    assert!(more < 96 << 20, "{more} bytes more in memory");
    service.assert_alive();
}

#[test]
fn slow_clients_are_given_up() {
    let mut service = Service::start(&["--body-timeout", "400ms", "--header-timeout", "400ms"]);
    // A body that drips.
    let mut connection = service.connect();
    connection.head("POST", "/v1/render", &[JSON, ("content-length", "1000")]);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(10) && connection.send(b" ").is_ok() {
        std::thread::sleep(Duration::from_millis(50));
        if start.elapsed() > Duration::from_secs(1) {
            break;
        }
    }
    connection.answer().unwrap().is_problem(408, "timeout");
    // A head that drips: there is nobody to answer yet.
    let mut connection = service.connect();
    connection.send(b"POST /v1/render HTTP/1.1\r\nhost: x\r\n").unwrap();
    let start = Instant::now();
    let mut rest = Vec::new();
    _ = connection.stream.read_to_end(&mut rest);
    assert!(start.elapsed() < Duration::from_secs(20));
    // A connection that asks nothing.
    let mut connection = service.connect();
    _ = connection.stream.read_to_end(&mut rest);
    assert!(start.elapsed() < Duration::from_secs(40));
    service.assert_alive();
}

#[test]
fn connections_may_be_half_closed_or_break() {
    let mut service = Service::start(&[]);
    // Whoever closes its half has gone, as far as anybody can tell: there may be an answer, and need not.
    let body = json!({"files": list(&[("a.yml", "a: 1\n")])}).to_string();
    let mut connection = service.connect();
    connection.head("POST", "/v1/render", &[JSON, ("content-length", &body.len().to_string())]);
    connection.send(body.as_bytes()).unwrap();
    connection.stream.get_ref().shutdown(Shutdown::Write).unwrap();
    if let Some(answer) = connection.answer() {
        assert_eq!(answer.text(), "a: 1\n");
    }
    // Whoever has not said all is told so, or finds the connection closed.
    let mut connection = service.connect();
    connection.head("POST", "/v1/render", &[JSON, ("content-length", "100")]);
    connection.send(b"{\"files\"").unwrap();
    connection.stream.get_ref().shutdown(Shutdown::Write).unwrap();
    if let Some(answer) = connection.answer() {
        answer.is_problem(400, "request");
    }
    for _ in 0..50 {
        let mut connection = service.connect();
        connection.head("POST", "/v1/render", &[JSON, ("content-length", "100")]);
        drop(connection);
    }
    service.assert_alive();
}

#[test]
fn absurd_heads_are_refused() {
    let mut service = Service::start(&[]);
    let status = |head: &[u8]| {
        let mut connection = service.connect();
        _ = connection.send(head);
        connection.answer().map(|answer| answer.status)
    };
    let long = format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(1 << 20));
    assert!(matches!(status(long.as_bytes()), Some(431) | None));
    let many = format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: y\r\n".repeat(5000));
    assert!(matches!(status(many.as_bytes()), Some(431) | None));
    let path = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(1 << 20));
    assert!(matches!(status(path.as_bytes()), Some(414 | 431) | None));
    for head in [
        &b"\r\n\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"G\x00T / HTTP/1.1\r\n\r\n",
        b"POST /v1/render HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"POST /v1/render HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999999\r\n\r\n",
        b"POST /v1/render HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        b"POST /v1/render HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-type: application/json\r\n\r\nzz\r\n",
    ] {
        let got = {
            let mut connection = service.connect();
            _ = connection.send(head);
            connection.stream.get_ref().shutdown(Shutdown::Write).unwrap();
            connection.answer().map(|answer| answer.status)
        };
        assert!(got.is_none_or(|status| (400..500).contains(&status)), "{head:?}: {got:?}");
    }
    let accept = ("accept", "application/json;q=\u{7f}");
    assert!(service.ask("POST", "/v1/render", &[JSON, accept], b"{}").status < 500);
    service.assert_alive();
}

#[test]
fn damaged_requests_never_break_it() {
    let mut service = Service::start(&["--limit-time", "500ms"]);
    let digest = service.register(&[("a.yml", "#@ load('@ytt:data', 'data')\na: #@ data.values.a\n")]);
    let body =
        json!({"files": list(&[("a.yml", "a: #@ 1 + 1\n")]), "dataValues": {"a": [1, "x"]}}).to_string();
    let request = |path: &str, body: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\naccept: application/json\r\ncontent-type: application/json\r\n\
             connection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    };
    let requests = [
        request("/v1/render", &body),
        request("/v1/validate", &body),
        request("/v1/templates", &body.replace(",\"dataValues\":{\"a\":[1,\"x\"]}", "")),
        request(&format!("/v1/templates/{digest}/render"), "{\"a\": {\"b\": [1.5, null]}}"),
        request(&format!("/v1/templates/{digest}/stream"), "{\"a\": 1}\n{\"a\": 2}\n"),
        request(
            "/v1/blueprints",
            "{\"objects\": \"apiVersion: carto.run/v1alpha1\\nkind: Workload\\nmetadata: {name: a}\\n\"}",
        ),
    ];
    let config =
        Config { cases: 400, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..Config::default() };
    let damage = (
        0..requests.len(),
        proptest::collection::vec((0..1000_usize, 0..4_u8, proptest::num::u8::ANY), 0..6),
    );
    let mut runner = TestRunner::new(config);
    let run = runner.run(&damage, |(which, damage)| {
        let mut bytes = requests[which].clone();
        for (at, how, byte) in damage {
            let at = at % bytes.len().max(1);
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => _ = bytes.remove(at),
                _ => bytes.truncate(at.max(1)),
            }
        }
        let mut connection = service.connect();
        _ = connection.send(&bytes);
        _ = connection.stream.get_ref().shutdown(Shutdown::Write);
        // Some damage leaves no request that could be answered.
        if let Some(answer) = connection.answer() {
            let status = answer.status;
            proptest::prop_assert!(status < 500, "{status} for {:?}", String::from_utf8_lossy(&bytes));
        }
        Ok(())
    });
    run.unwrap();
    service.assert_alive();
}
