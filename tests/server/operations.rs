//! What whoever runs the service relies on.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::service::{Connection, JSON, NDJSON, Service, program};

#[test]
fn requests_that_have_begun_end_when_the_service_does() {
    let mut service = Service::start(&["--shutdown-delay-duration", "700ms"]);
    let digest = service.register(&[("a.yml", "#@ load('@ytt:data', 'data')\n---\nm: #@ data.values.n\n")]);
    let mut stream = service.connect();
    let path = format!("/v1/templates/{digest}/stream");
    stream.head("POST", &path, &[NDJSON, ("transfer-encoding", "chunked")]);
    stream.send_chunk(b"{\"n\":1}\n").unwrap();
    assert_eq!(stream.answer_head().unwrap().0, 200);
    assert!(stream.chunk().is_some());
    assert_eq!(service.get("/readyz").status, 200);
    service.signal();
    let end = Instant::now() + Duration::from_secs(10);
    // Probes are told at once; others are still answered for a while.
    loop {
        let answer = service.get("/readyz");
        if answer.status == 503 {
            break;
        }
        assert!(Instant::now() < end);
    }
    assert_eq!(service.get("/healthz").status, 200);
    assert_eq!(service.render(&digest, "{\"n\":2}").text(), "m: 2\n");
    std::thread::sleep(Duration::from_millis(1500));
    assert!(std::net::TcpStream::connect(service.address).is_err(), "new connections are still taken");
    stream.send_chunk(b"{\"n\":3}\n").unwrap();
    assert_eq!(stream.chunk().unwrap(), b"{\"index\":1,\"documents\":[{\"m\":3}]}\n");
    stream.send(b"0\r\n\r\n").unwrap();
    assert_eq!(stream.chunk(), None);
    assert_eq!(service.wait(), Some(0));
}

#[test]
fn requests_that_take_too_long_are_cut_off() {
    let mut service = Service::start(&["--shutdown-timeout", "500ms"]);
    let digest = service.register(&[("a.yml", "a: 1\n")]);
    let mut stream = service.connect();
    stream.head(
        "POST",
        &format!("/v1/templates/{digest}/stream"),
        &[NDJSON, ("transfer-encoding", "chunked")],
    );
    stream.send_chunk(b"{}\n").unwrap();
    assert_eq!(stream.answer_head().unwrap().0, 200);
    let start = Instant::now();
    service.signal();
    assert_eq!(service.wait(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}

#[test]
fn figures_say_what_was_done() {
    let service = Service::start(&["--operations", "127.0.0.1:0"]);
    let digest = service.register(&[("a.yml", "#@ load('@ytt:data', 'data')\nm: #@ data.values.n\n")]);
    for _ in 0..3 {
        assert_eq!(service.render(&digest, "{\"n\":1}").status, 200);
    }
    assert_eq!(service.render(&digest, "{}").status, 422);
    // Where operations have an address of their own, they are not elsewhere.
    service.get("/metrics").is_problem(404, "not-found");
    let mut operations = Connection::new(service.operations.unwrap());
    assert_eq!(operations.ask("GET", "/readyz", &[], b"").status, 200);
    let answer = operations.ask("GET", "/metrics", &[], b"");
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    let text = answer.text();
    let figure = |name: &str| -> f64 {
        let line =
            text.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')));
        line.unwrap_or_else(|| panic!("no {name}: {text}")).rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert_eq!(figure("stampmill_http_requests_total{route=\"render-registered\",code=\"2xx\"}"), 3.0);
    assert_eq!(figure("stampmill_http_requests_total{route=\"render-registered\",code=\"4xx\"}"), 1.0);
    assert_eq!(figure("stampmill_http_request_duration_seconds_count{route=\"render-registered\"}"), 4.0);
    assert_eq!(figure("stampmill_registered{kind=\"templates\"}"), 1.0);
    assert_eq!(figure("stampmill_ready"), 1.0);
    assert_eq!(figure("stampmill_slots_waiting"), 0.0);
    assert!(figure("stampmill_renders") >= 4.0);
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn the_access_log_has_no_bodies() {
    let service = Service::start(&["--access-log"]);
    let digest = service.register(&[("a.yml", "a: 1\n")]);
    let path = format!("/v1/templates/{digest}/render");
    service.ask("POST", &format!("{path}?q=confidential"), &[JSON], b"{\"word\": \"confidential\"}");
    std::thread::sleep(Duration::from_millis(200));
    let log = service.log.lock().unwrap().clone();
    let line = log.iter().find(|line| line.contains("/render")).unwrap_or_else(|| panic!("{log:?}"));
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!((&line["method"], &line["status"]), (&json!("POST"), &json!(200)));
    assert_eq!(line["path"], path);
    assert_eq!(line["client"], "127.0.0.1");
    assert!(!log.join("").contains("confidential"), "{log:?}");
}

#[test]
fn flags_can_be_variables() {
    let service =
        Service::start_in(&[], &[("STAMPMILL_SERVE_BODY_BYTES", "1Ki"), ("STAMPMILL_SERVE_PAGE", "false")]);
    let large = json!({"files": [{"path": "a.yml", "text": "x".repeat(2000)}]});
    service.post("/v1/render", &large).is_problem(413, "too-large");
}

#[test]
fn the_document_is_that_of_the_routes() {
    let service = Service::start(&[]);
    let served = service.get("/openapi.json");
    let document = served.json();
    assert_eq!(document["openapi"].as_str().unwrap().split('.').take(2).collect::<Vec<_>>(), ["3", "1"]);
    let printed = program().args(["serve", "--openapi"]).output().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&printed.stdout).unwrap(), document);
    for path in ["/v1/render", "/v1/templates/{digest}/stream", "/v1/blueprints/{digest}/stamp", "/readyz"] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
    let known = service.ask("GET", "/openapi.json", &[("if-none-match", served.header("etag"))], b"");
    assert_eq!(known.status, 304);
    let yaml = service.get("/openapi.yaml");
    assert!(yaml.text().contains("\nopenapi: 3.1.0\n") || yaml.text().starts_with("openapi: 3.1.0\n"));
}
