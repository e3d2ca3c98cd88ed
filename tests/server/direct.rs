//! Renders of registered sets, which a connection answers itself until something else comes, and then as the general
//! server does. Nobody should see a difference.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::service::{Answer, Connection, JSON, Service};

const TEMPLATE: &str = "#@ load('@ytt:data', 'data')\n---\nname: #@ data.values.name * data.values.times\n";
const VALUES: &str = "#@data/values\n---\nname: x\ntimes: 1\n";

/// Runs for long.
const SLOW: &str = "#@ load('@ytt:data', 'data')\n#@ def f():\n#@ for i in range(1000000):\n#@ for j in range(1000000):\n\
#@ pass_ = j\n#@ end\n#@ end\n#@ end\n#@ f()\na: 1\n";
const LONG: [&str; 6] =
    ["--limit-steps", "18446744073709551615", "--limit-memory", "1Gi", "--limit-time", "60s"];

fn register(service: &Service) -> String {
    let digest = service.register(&[("values.yml", VALUES), ("config.yml", TEMPLATE)]);
    format!("/v1/templates/{digest}/render")
}

/// A connection that the general server has.
fn general(service: &Service) -> Connection {
    let mut connection = service.connect();
    assert_eq!(connection.ask("GET", "/healthz", &[], b"").status, 200);
    connection
}

/// An answer without what is never the same.
fn parts(answer: Answer) -> (u16, BTreeMap<String, String>, Vec<u8>) {
    let Answer { status, mut headers, body } = answer;
    let date = headers.remove("date").unwrap();
    assert!(date.ends_with(" GMT") && date.len() == 29, "{date}");
    // The general server sends compressed answers in chunks, and says on what they depend.
    for name in ["transfer-encoding", "vary", "content-length", "accept-ranges"] {
        headers.remove(name);
    }
    (status, headers.into_iter().collect(), body)
}

/// A path, headers, a body, and the status.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [u8], u16);

#[test]
fn both_ways_give_the_same_answers() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    std::fs::write(&tokens, "secret,alice\n").unwrap();
    for arguments in [&[][..], &["--token-file", tokens.to_str().unwrap()]] {
        let service = Service::start(arguments);
        let token = ("authorization", "Bearer secret");
        let files =
            json!({"files": [{"path": "v.yml", "text": VALUES}, {"path": "c.yml", "text": TEMPLATE}]});
        let registered =
            service.ask("POST", "/v1/templates", &[JSON, token], files.to_string().as_bytes()).json();
        let path = format!("/v1/templates/{}/render", registered["digest"].as_str().unwrap());
        let unknown = format!("/v1/templates/sha256:{}/render", "0".repeat(64));
        let yaml = ("content-type", "application/yaml");
        let gzip = ("accept-encoding", "gzip");
        let large = json!({"name": "x".repeat(20_000)}).to_string();
        let cases: &[Case<'_>] = &[
            (&path, &[JSON], b"{\"name\":\"abc\"}", 200),
            (&path, &[JSON], b"", 200),
            (&path, &[], b"{\"times\":3}", 200),
            (&path, &[yaml], b"name: abc\ntimes: 2\n", 200),
            (&path, &[JSON, ("accept", "*/*"), ("user-agent", "x")], b"{}", 200),
            (&path, &[JSON, ("accept", "application/json")], b"{}", 200),
            (&path, &[JSON, ("accept", "text/html, application/x-ndjson;q=0.3")], b"{}", 200),
            (&path, &[JSON, ("accept", "application/vnd.stampmill.files+json")], b"{}", 200),
            (&path, &[JSON, ("accept", "text/html")], b"{}", 406),
            (&path, &[("content-type", "text/plain")], b"{}", 415),
            (&path, &[JSON], b"{\"name\":\"a\",\"times\":\"b\"}", 422),
            (&path, &[JSON], b"[1]", 422),
            (&path, &[JSON], b"{\"name\":\"\xff\"}", 400),
            (&unknown, &[JSON], b"{}", 404),
            ("/v1/templates/x/render", &[JSON], b"{}", 404),
            (&path, &[JSON, gzip], b"{}", 200),
            (&path, &[JSON, gzip], large.as_bytes(), 200),
            (&path, &[JSON, ("accept-encoding", "br, gzip;q=0")], large.as_bytes(), 200),
            (&path, &[JSON], large.as_bytes(), 200),
        ];
        let mut direct = service.connect();
        for (path, headers, body, status) in cases {
            for with_token in [true, false] {
                let mut headers = headers.to_vec();
                headers.extend(with_token.then_some(token));
                let here = parts(direct.ask("POST", path, &headers, body));
                let there = parts(general(&service).ask("POST", path, &headers, body));
                assert_eq!(here, there, "{path} {headers:?}");
                let expected = if with_token || arguments.is_empty() { *status } else { 401 };
                assert_eq!(here.0, expected, "{path} {headers:?} {}", String::from_utf8_lossy(&here.2));
            }
        }
        let headers = [JSON, gzip, token];
        let compressed = direct.ask("POST", &path, &headers, large.as_bytes());
        assert_eq!(compressed.header("content-encoding"), "gzip");
        assert!(compressed.body.len() < 1000 && compressed.body.starts_with(&[0x1f, 0x8b]));
        let small = direct.ask("POST", &path, &headers, b"{}");
        assert_eq!((small.header("content-encoding"), small.text().as_str()), ("", "name: x\n"));
    }
}

#[test]
fn requests_may_come_together_and_in_pieces() {
    let service = Service::start(&[]);
    let path = register(&service);
    let request = |number: usize| {
        let body = format!("{{\"name\":\"{number}\"}}");
        format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    };
    let expect = |connection: &mut Connection, number: usize| {
        let answer = connection.answer().unwrap();
        assert_eq!((answer.status, answer.text()), (200, format!("name: \"{number}\"\n")));
    };
    let mut connection = service.connect();
    // More at once than is read at once.
    let together: String = (0..100).map(request).collect();
    connection.send(together.as_bytes()).unwrap();
    (0..100).for_each(|number| expect(&mut connection, number));
    for piece in request(7).as_bytes().chunks(9) {
        connection.send(piece).unwrap();
    }
    expect(&mut connection, 7);
    // Slower than the connection has patience for, and something else in between.
    let text = request(8);
    let (first, second) = text.split_at(text.len() - 5);
    connection.send(first.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(400));
    connection.send(second.as_bytes()).unwrap();
    expect(&mut connection, 8);
    assert_eq!(connection.ask("GET", "/v1/templates", &[], b"").status, 200);
    connection.send(request(9).as_bytes()).unwrap();
    expect(&mut connection, 9);
    // A request of another kind right behind one of this.
    let mut connection = service.connect();
    let both = request(1) + "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n" + &request(2);
    connection.send(both.as_bytes()).unwrap();
    expect(&mut connection, 1);
    assert_eq!(connection.answer().unwrap().status, 200);
    expect(&mut connection, 2);
}

#[test]
fn who_goes_away_takes_a_long_render_along() {
    let mut arguments = vec!["--renders", "1"];
    arguments.extend(LONG);
    let service = Service::start(&arguments);
    let digest = service.register(&[("a.yml", SLOW)]);
    let mut connection = service.connect();
    let path = format!("/v1/templates/{digest}/render");
    // What comes behind it does not look as if it had gone.
    connection.head("POST", &path, &[JSON, ("content-length", "2")]);
    connection.send(b"{}GET /healthz HTTP/1.1\r\n").unwrap();
    let free = || service.get("/metrics").text().contains("stampmill_slots_free 1\n");
    let wait = |wanted: bool| {
        let end = Instant::now() + Duration::from_secs(30);
        while free() != wanted {
            assert!(Instant::now() < end, "the slot is not as it should be: free is not {wanted}");
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    wait(false);
    std::thread::sleep(Duration::from_millis(300));
    assert!(!free());
    drop(connection);
    wait(true);
}

#[test]
fn a_service_that_ends_says_so_in_its_last_answers() {
    let mut arguments = LONG.to_vec();
    arguments[5] = "1500ms";
    let mut service = Service::start(&arguments);
    let digest = service.register(&[("a.yml", SLOW)]);
    let path = format!("/v1/templates/{digest}/render");
    let mut idle = service.connect();
    assert_eq!(idle.ask("POST", "/v1/templates/x/render", &[JSON], b"{}").status, 404);
    let mut busy = service.connect();
    busy.head("POST", &path, &[JSON, ("content-length", "2")]);
    busy.send(b"{}").unwrap();
    std::thread::sleep(Duration::from_millis(300));
    service.signal();
    let answer = busy.answer().unwrap();
    answer.is_problem(422, "limit");
    assert_eq!(answer.header("connection"), "close");
    assert!(idle.answer().is_none());
    assert_eq!(service.wait(), Some(0));
}

#[test]
fn a_connection_without_requests_ends() {
    let service = Service::start(&["--header-timeout", "1s"]);
    let path = register(&service);
    let mut connection = service.connect();
    // It counts from the last request.
    for _ in 0..4 {
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(connection.ask("POST", &path, &[JSON], b"{}").status, 200);
    }
    let start = Instant::now();
    assert!(connection.answer().is_none());
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn connections_that_wait_keep_no_large_answers() {
    let service = Service::start(&[]);
    let path = register(&service);
    let values = json!({"name": "x".repeat(20_000), "times": 100}).to_string();
    let ask = |connection: &mut Connection| {
        let answer = connection.ask("POST", &path, &[JSON], values.as_bytes());
        assert_eq!((answer.status, answer.body.len()), (200, 2_000_007));
    };
    ask(&mut service.connect());
    let before = service.resident_bytes();
    let connections: Vec<Connection> = std::iter::repeat_with(|| service.connect()).take(50).collect();
    let connections: Vec<Connection> = connections
        .into_iter()
        .map(|mut connection| {
            ask(&mut connection);
            connection
        })
        .collect();
    // Each has had 2 MB of output and an answer of as much.
    let grown = service.resident_bytes().saturating_sub(before);
    assert!(grown < 60 << 20, "{} connections keep {grown} bytes", connections.len());
}

#[test]
fn a_client_that_is_refused_may_go_on() {
    let service = Service::start(&["--client-rate", "1", "--client-burst", "3"]);
    let path = register(&service);
    let mut connection = service.connect();
    let answers: Vec<Answer> = (0..4).map(|_| connection.ask("POST", &path, &[JSON], b"{}")).collect();
    let refused = answers.iter().find(|answer| answer.status == 429).unwrap();
    refused.is_problem(429, "rate");
    let wait = refused.header("retry-after").parse().unwrap();
    std::thread::sleep(Duration::from_secs(wait));
    assert_eq!(connection.ask("POST", &path, &[JSON], b"{}").status, 200);
}

#[test]
fn it_is_reached_by_its_own_names_only() {
    let service = Service::start(&["--allowed-hosts", "render.example"]);
    let path = register(&service);
    for (host, status) in
        [("localhost:1", 200), ("[::1]", 200), ("render.example:80", 200), ("evil.example", 403)]
    {
        let mut direct = service.connect();
        let request = format!("POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 2\r\n\r\n{{}}");
        direct.send(request.as_bytes()).unwrap();
        assert_eq!(direct.answer().unwrap().status, status, "{host}");
        let mut general = service.connect();
        general.send(format!("GET / HTTP/1.1\r\nhost: {host}\r\n\r\n").as_bytes()).unwrap();
        assert_eq!(general.answer().unwrap().status, status, "{host}");
    }
    let own = format!("http://{}", service.address);
    for (origin, status) in [(own.as_str(), 403), ("http://localhost", 200), ("https://evil.example", 403)] {
        let answer = service.ask("POST", &path, &[("origin", origin)], b"{}");
        assert_eq!(answer.status, status, "{origin}");
    }
    service.ask("POST", &path, &[("origin", "null")], b"{}").is_problem(403, "forbidden");
}
