//! What a collector of OpenTelemetry gets to see of requests.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::collector::{Collector, ERROR, SERVER, Span, Value, find};
use crate::service::{JSON, NDJSON, Service};

const TEMPLATE: &str = "#@ load('@ytt:data', 'data')\n---\nm: #@ data.values.n\n";
/// Nothing is sent before the end.
const AT_THE_END: (&str, &str) = ("OTEL_BSP_SCHEDULE_DELAY", "600000");
const SOON: (&str, &str) = ("OTEL_BSP_SCHEDULE_DELAY", "20");
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

fn endpoint(url: &str) -> (&'static str, &str) {
    ("OTEL_EXPORTER_OTLP_ENDPOINT", url)
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let mut found = spans.iter().filter(|span| span.name == name);
    let span = found.next().unwrap_or_else(|| panic!("no {name}: {spans:#?}"));
    assert!(found.next().is_none(), "more than one {name}: {spans:#?}");
    span
}

fn status(span: &Span) -> u64 {
    match span.attribute("http.response.status_code") {
        Some(Value::Number(status)) => *status,
        other => panic!("{other:?}: {span:?}"),
    }
}

#[test]
fn each_request_is_a_span_that_tells_no_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens.csv");
    std::fs::write(&tokens, "confidential-token,confidential-client\n").unwrap();
    let collector = Collector::start();
    let mut service = Service::start_in(
        &["--token-file", tokens.to_str().unwrap(), "--access-log", "--log-level", "debug"],
        &[endpoint(&collector.url()), AT_THE_END],
    );
    let token = ("authorization", "Bearer confidential-token");
    let parent = format!("00-{TRACE}-{PARENT}-01");
    let files = json!({"files": [{"path": "confidential.yml", "text": TEMPLATE}]}).to_string();
    let registered = service.ask("POST", "/v1/templates", &[JSON, token], files.as_bytes());
    let digest = registered.json()["digest"].as_str().unwrap().to_owned();
    let path = format!("/v1/templates/{digest}/render?q=confidential");
    let headers = [JSON, token, ("traceparent", parent.as_str()), ("user-agent", "confidential")];
    assert_eq!(service.ask("POST", &path, &headers, b"{\"n\": \"confidential\"}").status, 200);
    let path = format!("/v1/templates/{digest}/stream");
    assert_eq!(service.ask("POST", &path, &[NDJSON, token], b"{\"n\":\"confidential\"}\n{}\n").status, 200);
    let unknown = "/v1/blueprints/sha256:confidential/owners/Workload/confidential/confidential/graph";
    assert_eq!(service.ask("GET", unknown, &[token], b"").status, 404);
    assert_eq!(service.ask("PUT", "/confidential", &[token], b"").status, 404);
    assert_eq!(service.ask("BREW", "/v1/validate", &[token], b"").status, 405);
    assert_eq!(service.ask("DELETE", "/v1/templates/confidential", &[], b"").status, 401);
    assert_eq!(service.ask("POST", "/v1/render", &[JSON, token], b"{confidential}").status, 400);
    // Probes are no requests that anybody would look for.
    for probe in ["/healthz", "/readyz", "/metrics"] {
        service.get(probe);
    }
    assert!(collector.spans().is_empty());
    service.signal();
    assert_eq!(service.wait(), Some(0));

    let spans = collector.spans();
    let expected = [
        ("POST /v1/templates", 201),
        ("POST /v1/templates/{digest}/render", 200),
        ("POST /v1/templates/{digest}/stream", 200),
        ("GET /v1/blueprints/{digest}/owners/{kind}/{namespace}/{name}/graph", 404),
        ("PUT", 404),
        ("HTTP /v1/validate", 405),
        ("DELETE /v1/templates/{digest}", 401),
        ("POST /v1/render", 400),
    ];
    assert_eq!(spans.len(), expected.len(), "{spans:#?}");
    for (name, code) in expected {
        let span = named(&spans, name);
        assert_eq!((span.kind, status(span)), (SERVER, code), "{span:?}");
        let (method, route) =
            name.split_once(' ').map_or((name, None), |(method, route)| (method, Some(route)));
        let method = if method == "HTTP" { "_OTHER" } else { method };
        assert_eq!(span.attribute("http.request.method"), Some(&method.into()));
        assert_eq!(span.attribute("http.route"), route.map(Value::from).as_ref());
        // Nothing but that: what clients do wrong is no error of the service, and nothing is logged into spans.
        assert_eq!(span.attributes.len(), 2 + usize::from(route.is_some()), "{span:?}");
        assert_eq!((span.status, span.events), (0, 0), "{span:?}");
        assert!(span.start > 0 && span.end >= span.start, "{span:?}");
        if name != "POST /v1/templates/{digest}/render" {
            assert_eq!(span.parent, "");
            assert_ne!(span.trace, TRACE);
        }
    }
    let child = named(&spans, "POST /v1/templates/{digest}/render");
    assert_eq!((child.trace.as_str(), child.parent.as_str()), (TRACE, PARENT));
    let bytes = collector.bytes();
    let text = String::from_utf8_lossy(&bytes);
    let digits = digest.rsplit(':').next().unwrap();
    for secret in ["confidential", "Bearer", digits, "127.0.0.1"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn who_sends_has_a_name() {
    for (environment, name, version) in [
        (vec![], "stampmill", env!("CARGO_PKG_VERSION")),
        (vec![("OTEL_SERVICE_NAME", "mill")], "mill", env!("CARGO_PKG_VERSION")),
        (vec![("OTEL_RESOURCE_ATTRIBUTES", "service.name=other,service.version=7")], "other", "7"),
        (
            vec![("OTEL_SERVICE_NAME", "mill"), ("OTEL_RESOURCE_ATTRIBUTES", "service.name=other")],
            "mill",
            env!("CARGO_PKG_VERSION"),
        ),
    ] {
        let collector = Collector::start();
        let url = collector.url();
        let environment: Vec<_> = environment.into_iter().chain([endpoint(&url), SOON]).collect();
        let service = Service::start_in(&[], &environment);
        assert_eq!(service.get("/v1/templates").status, 200);
        // The service goes on: they are sent meanwhile.
        collector.wait_for(1);
        for batch in collector.batches() {
            assert_eq!(find(&batch.resource, "service.name"), Some(&name.into()));
            assert_eq!(find(&batch.resource, "service.version"), Some(&version.into()));
        }
    }
}

#[test]
fn only_what_the_service_cannot_do_is_an_error() {
    let collector = Collector::start();
    let mut service = Service::start_in(
        &["--renders", "1", "--queue", "1", "--limit-steps", "1000000000000", "--limit-time", "2s"],
        &[endpoint(&collector.url()), AT_THE_END],
    );
    let endless =
        json!({"files": [{"path": "a.yml", "text": "#@ for i in range(1000000000):\n#@ end\na: 1\n"}]});
    let body = endless.to_string();
    // One runs, one waits, one is too many.
    let mut asked: Vec<_> = (0..3)
        .map(|_| {
            let mut connection = service.connect();
            connection.head("POST", "/v1/render", &[JSON, ("content-length", &body.len().to_string())]);
            connection.send(body.as_bytes()).unwrap();
            connection
        })
        .collect();
    let mut answers: Vec<u16> =
        asked.iter_mut().map(|connection| connection.answer().unwrap().status).collect();
    answers.sort_unstable();
    assert_eq!(answers, [422, 422, 503]);
    drop(asked);
    service.signal();
    assert_eq!(service.wait(), Some(0));
    let spans = collector.spans();
    assert_eq!(spans.len(), 3);
    for span in spans {
        let is_error = status(&span) == 503;
        assert_eq!(span.status, if is_error { ERROR } else { 0 });
        assert_eq!(span.attribute("error.type"), is_error.then(|| "503".into()).as_ref());
    }
}

#[test]
fn a_stream_is_a_span_until_its_end() {
    let collector = Collector::start();
    let mut service =
        Service::start_in(&["--shutdown-timeout", "500ms"], &[endpoint(&collector.url()), AT_THE_END]);
    let digest = service.register(&[("a.yml", TEMPLATE)]);
    let begin = || {
        let mut stream = service.connect();
        let path = format!("/v1/templates/{digest}/stream");
        stream.head("POST", &path, &[NDJSON, ("transfer-encoding", "chunked")]);
        stream.send_chunk(b"{\"n\":1}\n").unwrap();
        assert_eq!(stream.answer_head().unwrap().0, 200);
        assert!(stream.chunk().is_some());
        stream
    };
    let mut ending = begin();
    // One that is cut off by the end of the service is told of, too.
    let _cut = begin();
    assert_eq!(service.render(&digest, "{\"n\":2}").status, 200);
    ending.send(b"0\r\n\r\n").unwrap();
    assert_eq!(ending.chunk(), None);
    service.signal();
    assert_eq!(service.wait(), Some(0));
    let spans = collector.spans();
    let meanwhile = named(&spans, "POST /v1/templates/{digest}/render");
    let streams: Vec<_> =
        spans.iter().filter(|span| span.name == "POST /v1/templates/{digest}/stream").collect();
    assert_eq!(streams.len(), 2);
    for stream in streams {
        assert_eq!(status(stream), 200);
        assert!(stream.start < meanwhile.start && meanwhile.end < stream.end, "{stream:?} {meanwhile:?}");
    }
}

#[test]
fn clients_say_what_is_recorded() {
    let collector = Collector::start();
    let mut service = Service::start_in(&[], &[endpoint(&collector.url()), AT_THE_END]);
    let ask = |flags: &str| {
        let parent = format!("00-{TRACE}-{PARENT}-{flags}");
        assert_eq!(service.ask("GET", "/v1/templates", &[("traceparent", &parent)], b"").status, 200);
    };
    ask("00");
    ask("01");
    // What makes no sense begins a trace of its own.
    ask("x");
    service.signal();
    assert_eq!(service.wait(), Some(0));
    let mut parents: Vec<_> = collector.spans().into_iter().map(|span| span.parent).collect();
    parents.sort_unstable();
    assert_eq!(parents, ["", PARENT]);
}

/// Answers requests and ends, whatever becomes of the traces; gives the log.
fn goes_on(url: &str) -> String {
    let mut service = Service::start_in(&[], &[endpoint(url), SOON]);
    let digest = service.register(&[("a.yml", TEMPLATE)]);
    let path = format!("/v1/templates/{digest}/render");
    let mut connection = service.connect();
    // More than are kept until they have been sent.
    for _ in 0..3000 {
        assert_eq!(connection.ask("POST", &path, &[JSON], b"{\"n\":1}").text(), "m: 1\n");
    }
    drop(connection);
    let start = Instant::now();
    service.signal();
    assert_eq!(service.wait(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    service.log.lock().unwrap().concat()
}

#[test]
fn a_collector_that_is_not_there_keeps_nobody_waiting() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let log = goes_on(&url);
    assert!(log.contains("BatchSpanProcessor.ExportError"), "{log}");
}

#[test]
fn a_collector_that_does_not_answer_keeps_nobody_waiting() {
    // Whoever connects waits for ever.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let log = goes_on(&format!("http://{}", listener.local_addr().unwrap()));
    assert!(log.contains("the last traces may be lost"), "{log}");
}

#[test]
fn an_endpoint_that_makes_no_sense_is_warned_of() {
    let log = goes_on("http://[::1");
    assert!(log.contains("no traces are sent"), "{log}");
}

#[test]
fn nothing_is_sent_where_nobody_asks_for_it() {
    let collector = Collector::start();
    let url = collector.url();
    for (environment, sends) in [
        (vec![], false),
        (vec![endpoint("")], false),
        (vec![endpoint(&url), ("OTEL_SDK_DISABLED", "true")], false),
        (vec![endpoint(&url)], true),
        (vec![("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", url.as_str())], true),
    ] {
        let service = Service::start_in(&[], &environment);
        let threads = service.threads();
        let has_sender = threads.iter().any(|name| name.starts_with("OpenTelemetry"));
        assert_eq!(has_sender, sends, "{environment:?}: {threads:?}");
    }
}
