//! Many inputs in one request.

use std::time::Duration;

use serde_json::{Value, json};

use crate::service::{NDJSON, Service};

const TEMPLATE: &str = "#@ load('@ytt:data', 'data')\n---\nm: #@ data.values.n + 1\n";

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_line_for_each_in_order_with_an_error_for_each_that_fails() {
    let service = Service::start(&[]);
    let digest = service.register(&[("a.yml", TEMPLATE)]);
    let path = format!("/v1/templates/{digest}/stream");
    let mut body = String::new();
    for n in 0..1000 {
        // Blank lines are no inputs.
        let value = if n % 100 == 7 { "{\"n\":\"x\"}\n\n".to_owned() } else { format!("{{\"n\":{n}}}\n") };
        body.push_str(&value);
    }
    let answer = service.ask("POST", &path, &[NDJSON], body.as_bytes());
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/x-ndjson"));
    let lines = lines(&answer.text());
    assert_eq!(lines.len(), 1000);
    for (n, line) in lines.iter().enumerate() {
        assert_eq!(line["index"], n);
        if n % 100 == 7 {
            assert_eq!(
                (&line["error"]["status"], &line["error"]["kind"]),
                (&json!(422), &json!("evaluation"))
            );
        } else {
            assert_eq!(line["documents"], json!([{"m": n + 1}]));
        }
    }
    let yaml = service.ask("POST", &format!("{path}?as=yaml"), &[NDJSON], b"{\"n\": 1}");
    assert_eq!(yaml.text(), "{\"index\":0,\"output\":\"m: 2\\n\"}\n");
    assert_eq!(service.ask("POST", &path, &[NDJSON], b"").text(), "");
    service.ask("POST", &format!("{path}?as=x"), &[NDJSON], b"").is_problem(400, "request");
    service.ask("POST", &path, &[("content-type", "text/csv")], b"").is_problem(415, "media-type");
}

#[test]
fn answers_flow_while_the_request_is_still_being_sent() {
    let service = Service::start(&[]);
    let digest = service.register(&[("a.yml", TEMPLATE)]);
    let mut connection = service.connect();
    let path = format!("/v1/templates/{digest}/stream");
    connection.head("POST", &path, &[NDJSON, ("transfer-encoding", "chunked")]);
    connection.send_chunk(b"{\"n\":0}\n{\"n\"").unwrap();
    assert_eq!(connection.answer_head().unwrap().0, 200);
    assert_eq!(connection.chunk().unwrap(), b"{\"index\":0,\"documents\":[{\"m\":1}]}\n");
    connection.send_chunk(b":5}\n").unwrap();
    assert_eq!(connection.chunk().unwrap(), b"{\"index\":1,\"documents\":[{\"m\":6}]}\n");
    // The last line needs no end.
    connection.send_chunk(b"{\"n\":9}").unwrap();
    connection.send(b"0\r\n\r\n").unwrap();
    assert_eq!(connection.chunk().unwrap(), b"{\"index\":2,\"documents\":[{\"m\":10}]}\n");
    assert_eq!(connection.chunk(), None);
    assert_eq!(connection.ask("GET", "/healthz", &[], b"").status, 200);
}

#[test]
fn who_takes_no_answers_is_not_read_from() {
    let mut service = Service::start(&["--write-timeout", "2s"]);
    let digest =
        service.register(&[("a.yml", "#@ load('@ytt:data', 'data')\n---\na: #@ data.values.a * 100\n")]);
    let mut connection = service.connect();
    connection.head(
        "POST",
        &format!("/v1/templates/{digest}/stream"),
        &[NDJSON, ("transfer-encoding", "chunked")],
    );
    connection.stream.get_ref().set_write_timeout(Some(Duration::from_secs(1))).unwrap();
    let line = format!("{{\"a\":\"{}\"}}\n", "x".repeat(1000)).repeat(100);
    let before = service.resident_bytes();
    let mut sent = 0_u64;
    while sent < 1 << 30 && connection.send_chunk(line.as_bytes()).is_ok() {
        sent += line.len() as u64;
    }
    // 1 GiB of inputs, a hundred times as much of answers: some MiB of buffers are all that was taken.
    assert!(sent < 128 << 20, "{sent} bytes were taken");
    let more = service.resident_bytes().saturating_sub(before);
    assert!(more < 128 << 20, "{more} bytes more in memory");
    drop(connection);
    service.assert_alive();
}

#[test]
fn a_line_that_is_too_long_costs_no_other() {
    let service = Service::start(&["--body-bytes", "64Ki"]);
    let digest = service.register(&[("a.yml", TEMPLATE)]);
    let long = format!("{{\"n\":1,\"x\":\"{}\"}}\n", "x".repeat(70_000));
    let mut body = format!("{{\"n\":1}}\n{long}{{\"n\":2}}\n\u{1}\n").into_bytes();
    body.extend_from_slice(b"{\"n\":\"\xff\"}\n{\"n\":3}\n");
    // The stream as a whole may be longer than a body.
    let answer = service.ask("POST", &format!("/v1/templates/{digest}/stream"), &[NDJSON], &body);
    let lines = lines(&answer.text());
    let statuses: Vec<Value> = lines.iter().map(|line| line["error"]["status"].clone()).collect();
    assert_eq!(statuses, [Value::Null, json!(413), Value::Null, json!(422), json!(400), Value::Null]);
    assert_eq!(lines[5]["documents"], json!([{"m": 4}]));
}

#[test]
fn a_stream_that_stops_for_too_long_ends_with_an_error() {
    let service = Service::start(&["--body-timeout", "300ms"]);
    let digest = service.register(&[("a.yml", TEMPLATE)]);
    let mut connection = service.connect();
    let path = format!("/v1/templates/{digest}/stream");
    connection.head("POST", &path, &[NDJSON, ("transfer-encoding", "chunked")]);
    connection.send_chunk(b"{\"n\":0}\n").unwrap();
    let answer = connection.answer().unwrap();
    let lines = lines(&answer.text());
    assert_eq!(lines[0]["documents"], json!([{"m": 1}]));
    assert_eq!((&lines[1]["index"], &lines[1]["error"]["status"]), (&json!(1), &json!(408)));
}
