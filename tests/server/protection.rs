//! Who may ask, and how much.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::service::{Connection, JSON, Service, list, program};

const ENDLESS: &str = "#@ def f(n):\n#@ for i in range(1000000):\n#@ for j in range(1000000):\n#@ pass_ = j\n#@ end\n#@ end\n#@ end\n#@ f(1)\na: 1\n";

fn endless() -> String {
    json!({"files": list(&[("a.yml", ENDLESS)])}).to_string()
}

/// Limits under which the template above runs for a while.
const LONG: [&str; 6] =
    ["--limit-steps", "18446744073709551615", "--limit-time", "3s", "--limit-memory", "1Gi"];

#[test]
fn nobody_listens_for_strangers_without_knowing_it() {
    for (arguments, message) in [
        (&["--listen", "0.0.0.0:0"][..], "--token-file"),
        (&["--tls-cert", "x"], "--tls-key"),
        (&["--client-ca", "x"], "--tls-cert"),
        (&["--token-file", "/nonexistent"], "/nonexistent"),
    ] {
        let output = program().arg("serve").args(arguments).stderr(Stdio::piped()).output().unwrap();
        assert_ne!(output.status.code(), Some(0), "{arguments:?}");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains(message), "{arguments:?}: {text}");
    }
    let service = Service::start(&["--listen", "0.0.0.0:0", "--insecure"]);
    assert!(service.log.lock().unwrap().iter().any(|line| line.contains("--insecure: anybody")));
}

#[test]
fn tokens_say_who_asks_and_are_read_again_when_they_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.csv");
    std::fs::write(&path, "# clients\nsecret-a,alice\nsecret-b,bob\n").unwrap();
    let service = Service::start(&["--token-file", path.to_str().unwrap(), "--access-log"]);
    let list = |token: &str| service.ask("GET", "/v1/templates", &[("authorization", token)], b"");
    assert_eq!(list("Bearer secret-a").status, 200);
    for wrong in ["Bearer secret", "Bearer secret-aa", "Basic secret-a", "secret-a", ""] {
        let answer = list(wrong);
        answer.is_problem(401, "unauthorized");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    service.get("/v1/templates").is_problem(401, "unauthorized");
    service.get("/metrics").is_problem(401, "unauthorized");
    for public in ["/healthz", "/readyz", "/openapi.json"] {
        assert_eq!(service.get(public).status, 200, "{public}");
    }
    // A connection that has shown a token once must show it again.
    let mut connection = service.connect();
    let ask = |connection: &mut crate::service::Connection, token: &str| {
        connection.ask("GET", "/v1/templates", &[("authorization", token)], b"").status
    };
    assert_eq!(ask(&mut connection, "Bearer secret-a"), 200);
    assert_eq!(connection.ask("GET", "/v1/templates", &[], b"").status, 401);
    assert_eq!(ask(&mut connection, "Bearer secret-b"), 200);

    std::fs::write(&path, "secret-c,carol\n").unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while list("Bearer secret-c").status != 200 {
        assert!(Instant::now() < end, "the new token is not known");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(ask(&mut connection, "Bearer secret-b"), 401);

    let log = service.log.lock().unwrap().join("\n");
    assert!(log.contains("\"client\":\"alice\"") && log.contains("\"client\":\"bob\""), "{log}");
    assert!(!log.contains("secret"), "{log}");
}

#[test]
fn with_an_authority_clients_need_its_certificate() {
    let Some(files) = certificates() else {
        eprintln!("skipped: there is no openssl or no curl");
        return;
    };
    let path = |name: &str| files.path().join(name).to_str().unwrap().to_owned();
    let (cert, key, ca) = (path("server.crt"), path("server.key"), path("ca.crt"));
    let service = Service::start(&["--tls-cert", &cert, "--tls-key", &key, "--client-ca", &ca]);
    let port = service.address.port();
    let curl = |arguments: &[&str]| {
        let mut command = Command::new("curl");
        command.args(["-sS", "--cacert", &ca, "--resolve", &format!("localhost:{port}:127.0.0.1")]);
        let output =
            command.args(arguments).arg(format!("https://localhost:{port}/v1/templates")).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (client, client_key) = (path("client.crt"), path("client.key"));
    assert_eq!(curl(&["--cert", &client, "--key", &client_key]), (true, "{\"items\":[]}".to_owned()));
    assert!(!curl(&[]).0);
    let (other, other_key) = (path("other.crt"), path("other.key"));
    assert!(!curl(&["--cert", &other, "--key", &other_key]).0);
    // Plain HTTP is no TLS, and costs nobody anything.
    let mut plain = service.connect();
    plain.send(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert!(plain.answer().is_none());
    assert!(curl(&["--cert", &client, "--key", &client_key]).0);
}

/// An authority, what it has signed, and something that it has not.
fn certificates() -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir().unwrap();
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        command.current_dir(folder.path()).args(arguments.split(' ')).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    let curl = Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_ok();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
    let mut done = curl && openssl(&format!("req -x509 {key} -keyout ca.key -out ca.crt -subj /CN=ca"));
    for name in ["server", "client"] {
        std::fs::write(folder.path().join("san"), "subjectAltName=DNS:localhost\n").unwrap();
        done = done
            && openssl(&format!("req {key} -keyout {name}.key -out {name}.csr -subj /CN={name}"))
            && openssl(&format!(
                "x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile san -out {name}.crt"
            ));
    }
    done = done && openssl(&format!("req -x509 {key} -keyout other.key -out other.crt -subj /CN=client"));
    done.then_some(folder)
}

#[test]
fn a_client_has_so_many_requests_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.csv");
    std::fs::write(&path, "a,alice\nb,bob\n").unwrap();
    let arguments = ["--token-file", path.to_str().unwrap(), "--client-rate", "1", "--client-burst", "5"];
    let service = Service::start(&arguments);
    let ask = |token: &str| service.ask("GET", "/v1/templates", &[("authorization", token)], b"");
    let answers: Vec<_> = (0..20).map(|_| ask("Bearer a")).collect();
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
    assert!((10..=15).contains(&refused.len()), "{}", refused.len());
    refused[0].is_problem(429, "rate");
    assert!(refused[0].header("retry-after").parse::<u32>().unwrap() >= 1);
    // Others do not suffer.
    assert_eq!(ask("Bearer b").status, 200);
}

/// Whether something has come.
fn is_answered(connection: &Connection) -> bool {
    let stream = connection.stream.get_ref();
    stream.set_nonblocking(true).unwrap();
    let answered = stream.peek(&mut [0]).is_ok();
    stream.set_nonblocking(false).unwrap();
    answered
}

#[test]
fn overload_is_refused_and_clients_have_their_turns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.csv");
    std::fs::write(&path, "a,greedy\nb,modest\nc,late\n").unwrap();
    let mut arguments = vec!["--token-file", path.to_str().unwrap(), "--renders", "1", "--queue", "6"];
    arguments.extend(["--client-renders", "5"]);
    arguments.extend(LONG);
    let service = Service::start(&arguments);
    let body = endless();
    let send = |token: &str, body: &str| {
        let mut connection = service.connect();
        let length = body.len().to_string();
        connection.head("POST", "/v1/render", &[JSON, ("authorization", token), ("content-length", &length)]);
        connection.send(body.as_bytes()).unwrap();
        connection
    };
    let mut greedy: Vec<_> = (0..5).map(|_| send("Bearer a", &body)).collect();
    std::thread::sleep(Duration::from_millis(500));
    // One that runs and four that wait is what a client may have here.
    let more = send("Bearer a", &body).answer().unwrap();
    more.is_problem(429, "rate");
    assert_eq!(more.header("retry-after"), "1");
    let modest = json!({"files": list(&[("a.yml", "a: 1\n")])}).to_string();
    let mut modest: Vec<_> = (0..2).map(|_| send("Bearer b", &modest)).collect();
    std::thread::sleep(Duration::from_millis(500));
    let overload = send("Bearer c", &body).answer().unwrap();
    overload.is_problem(503, "overload");
    assert_eq!(overload.header("retry-after"), "1");
    // Who asks for little is answered behind what runs now, and one more of the greedy client at most. Which
    // of several connections of a client comes first is not said.
    let end = Instant::now() + Duration::from_secs(60);
    let first = loop {
        if let Some(first) = modest.iter().position(is_answered) {
            break first;
        }
        assert!(Instant::now() < end, "the modest client is not answered");
        std::thread::sleep(Duration::from_millis(20));
    };
    let served: Vec<usize> = (0..greedy.len()).filter(|index| is_answered(&greedy[*index])).collect();
    assert!(served.len() <= 2, "the greedy client was served first");
    assert_eq!(modest[first].answer().unwrap().text(), "a: 1\n");
    let limit = greedy[served[0]].answer().unwrap().is_problem(422, "limit");
    assert_eq!(limit["limit"], "time");
    assert_eq!(modest[1 - first].answer().unwrap().status, 200);
    // The others have gone: so have their renders.
    drop(greedy);
    let start = Instant::now();
    let after =
        send("Bearer c", &json!({"files": list(&[("a.yml", "a: 1\n")])}).to_string()).answer().unwrap();
    assert_eq!(after.status, 200);
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[test]
fn slow_renders_keep_nobody_from_being_answered() {
    let mut arguments = vec!["--renders", "2", "--workers", "1"];
    arguments.extend(LONG);
    let service = Service::start(&arguments);
    let quick = service.register(&[("a.yml", "a: 1\n")]);
    let slow = service.register(&[("a.yml", ENDLESS)]);
    let mut waiting = Vec::new();
    for _ in 0..4 {
        let mut connection = service.connect();
        let path = format!("/v1/templates/{slow}/render");
        connection.head("POST", &path, &[JSON, ("content-length", "2")]);
        connection.send(b"{}").unwrap();
        waiting.push(connection);
    }
    let start = Instant::now();
    let mut connection = service.connect();
    for _ in 0..20 {
        let path = format!("/v1/templates/{quick}/render");
        assert_eq!(connection.ask("POST", &path, &[JSON], b"{}").text(), "a: 1\n");
    }
    // Four renders of three seconds would have taken six.
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[test]
fn connections_are_bounded() {
    let service = Service::start(&["--client-connections", "4"]);
    let mut kept: Vec<_> = (0..4).map(|_| service.connect()).collect();
    for connection in &mut kept {
        assert_eq!(connection.ask("GET", "/healthz", &[], b"").status, 200);
    }
    let mut more = service.connect();
    let answer = more.answer().unwrap();
    answer.is_problem(503, "overload");
    assert_eq!(answer.header("retry-after"), "1");
    drop(kept);
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let mut connection = service.connect();
        connection.head("GET", "/healthz", &[]);
        if connection.answer().is_some_and(|answer| answer.status == 200) {
            break;
        }
        assert!(Instant::now() < end, "no connection is taken any more");
        std::thread::sleep(Duration::from_millis(20));
    }
}
