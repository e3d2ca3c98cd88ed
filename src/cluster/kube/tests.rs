//! What the port does when the API server is slow, busy or forgetful. The API server is a script: what it
//! answers to each request, in order; the last answer stays. A request without an answer hangs.
#![allow(clippy::unwrap_used)] // Tests may fail loudly.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use tokio::runtime::Runtime;

use super::{Api, ApiOptions, Connection, Discovery, Family, Fence, Informers};
use crate::cluster::{Cluster as _, ErrorKind, Kind, Object, ObjectKey, Query, Waited};

static FAMILIES: [Family; 1] = [Family { marker: "mark", owners: &["owner"] }];

/// What the API server says it has: ConfigMaps.
const KINDS: &str = r#"{"kind": "APIResourceList", "resources": [{"name": "configmaps", "namespaced": true, "kind": "ConfigMap"}]}"#;
const MAPS: &str = "/api/v1/namespaces/n/configmaps";

#[derive(Default)]
struct Script {
    answers: HashMap<String, VecDeque<(u16, String)>>,
    asked: Vec<String>,
}

struct Fake {
    script: Arc<Mutex<Script>>,
    connection: Connection,
    _runtime: Runtime,
}

async fn answer(script: Arc<Mutex<Script>>, request: Request) -> Response {
    let is_watch = request.uri().query().is_some_and(|query| query.contains("watch=true"));
    let method = if is_watch { "WATCH" } else { request.method().as_str() };
    let asked = format!("{method} {}", request.uri().path());
    let found = {
        let mut script = script.lock().unwrap();
        script.asked.push(asked.clone());
        script.answers.get_mut(&asked).and_then(|answers| match answers.len() {
            // A watch is answered once, as it would repeat itself without an end.
            0 | 1 if is_watch => answers.pop_front(),
            0 | 1 => answers.front().cloned(),
            _ => answers.pop_front(),
        })
    };
    match found {
        Some((code, text)) => (StatusCode::from_u16(code).unwrap(), text).into_response(),
        None => std::future::pending().await,
    }
}

impl Fake {
    fn new(answers: &[(&str, &[(u16, &str)])]) -> Fake {
        let script = Script {
            answers: answers
                .iter()
                .chain(&[("GET /api/v1", &[(200, KINDS)][..])])
                .map(|(asked, answers)| {
                    let answers = answers.iter().map(|(code, text)| (*code, (*text).to_owned()));
                    ((*asked).to_owned(), answers.collect())
                })
                .collect(),
            asked: Vec::new(),
        };
        let script = Arc::new(Mutex::new(script));
        let runtime = Runtime::new().unwrap();
        let serving = Arc::clone(&script);
        let router = Router::new().fallback(move |request| answer(Arc::clone(&serving), request));
        let port = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            tokio::spawn(async move { axum::serve(listener, router).await });
            port
        });
        let connection = {
            let _inside = runtime.enter();
            let config = kube::Config::new(format!("http://127.0.0.1:{port}").parse().unwrap());
            let options = ApiOptions { deadline: Duration::from_millis(500), ..ApiOptions::default() };
            let api = Arc::new(Api::new(config, runtime.handle().clone(), options).unwrap());
            let discovery = Arc::new(Discovery::new(Arc::clone(&api)));
            let informers = Informers::new(Arc::clone(&api), Arc::clone(&discovery), Arc::new(|_, _| {}));
            Connection::new(api, discovery, informers, &FAMILIES)
        };
        Fake { script, connection, _runtime: runtime }
    }

    fn asked(&self, what: &str) -> usize {
        self.script.lock().unwrap().asked.iter().filter(|asked| *asked == what).count()
    }

    /// Waits until something is so.
    fn until(&self, what: impl Fn() -> bool) {
        let end = Instant::now() + Duration::from_secs(20);
        while !what() {
            assert!(Instant::now() < end, "asked: {:?}", self.script.lock().unwrap().asked);
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn maps() -> Kind {
    Kind::new("", "v1", "ConfigMap")
}

fn map(name: &str, version: u32) -> String {
    format!(
        r#"{{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {{"name": "{name}", "namespace": "n",
            "resourceVersion": "{version}", "labels": {{"mark": "", "owner": "web"}}}}}}"#
    )
    .replace('\n', " ")
}

fn list(items: &[String], version: u32) -> String {
    format!(r#"{{"metadata": {{"resourceVersion": "{version}"}}, "items": [{}]}}"#, items.join(","))
}

fn failure(code: u16, reason: &str) -> String {
    format!(
        r#"{{"kind": "Status", "status": "Failure", "code": {code}, "reason": "{reason}", "message": "no"}}"#
    )
}

#[test]
fn what_is_put_off_is_asked_again() {
    let path = format!("GET {MAPS}/a");
    let busy = failure(429, "TooManyRequests");
    let fake = Fake::new(&[(&path, &[(429, &busy), (200, &map("a", 1))])]);
    let object = fake.connection.own().get(&ObjectKey::new(maps(), "n", "a")).unwrap();
    assert_eq!(object.name(), "a");
    assert_eq!(fake.asked(&path), 2);
}

#[test]
fn errors_say_what_the_api_server_says() {
    let post = format!("POST {MAPS}");
    for (code, reason, kind) in [
        (409, "AlreadyExists", ErrorKind::AlreadyExists),
        (409, "Conflict", ErrorKind::Conflict),
        (403, "Forbidden", ErrorKind::Forbidden),
        (422, "Invalid", ErrorKind::Invalid),
        (500, "InternalError", ErrorKind::Unavailable),
        (503, "ServiceUnavailable", ErrorKind::Unavailable),
    ] {
        let fake = Fake::new(&[(&post, &[(code, &failure(code, reason))])]);
        let error = fake.connection.own().create(object("a")).unwrap_err();
        assert_eq!((error.kind(), &*error.to_string()), (kind, "no"), "{reason}");
        assert_eq!(fake.asked(&post), 1, "{reason}");
    }
}

fn object(name: &str) -> Object {
    Object::new(&ObjectKey::new(maps(), "n", name))
}

#[test]
fn a_watch_that_ends_or_is_too_old_begins_anew() {
    let all = "GET /api/v1/configmaps";
    let watch = "WATCH /api/v1/configmaps";
    let added = format!("{{\"type\": \"ADDED\", \"object\": {}}}\n", map("b", 11));
    let gone = format!("{{\"type\": \"ERROR\", \"object\": {}}}\n", failure(410, "Expired"));
    let fake = Fake::new(&[
        (all, &[(200, &list(&[map("a", 9)], 10)), (200, &list(&[map("b", 11), map("c", 20)], 21))]),
        (watch, &[(200, &added), (200, &gone)]),
    ]);
    let store = fake.connection.informers.store(&maps(), &FAMILIES[0]).unwrap();
    fake.until(|| store.contains("n", "c"));
    // Who was not in the new list is gone.
    fake.until(|| !store.contains("n", "a"));
    assert!(store.contains("n", "b"));
    fake.until(|| fake.asked(watch) == 3);
    assert_eq!(fake.asked(all), 2);
}

#[test]
fn memory_does_not_count_while_the_fate_of_an_object_is_not_known() {
    let all = "GET /api/v1/configmaps";
    let (post, listed) = (format!("POST {MAPS}"), format!("GET {MAPS}"));
    let fake =
        Fake::new(&[(all, &[(200, &list(&[], 10))]), (&listed, &[(200, &list(&[map("a-x", 11)], 11))])]);
    let session = fake.connection.own();
    let store = fake.connection.informers.store(&maps(), &FAMILIES[0]).unwrap();
    fake.until(|| store.is_synced());
    let query = Query::all(maps()).in_namespace("n").labelled("owner", "web");
    assert!(session.list(&query).unwrap().items.is_empty());
    assert_eq!(fake.asked(&listed), 0, "it was in memory");
    // The API server creates the object, and its answer is lost.
    assert_eq!(session.create(object("a")).unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(fake.asked(&post), 1, "nothing is created twice");
    assert_eq!(session.list(&query).unwrap().items.len(), 1);
    assert_eq!(fake.asked(&listed), 1);
}

#[test]
fn an_account_sees_memory_only_after_the_api_server_has_answered_it() {
    let token = "POST /api/v1/namespaces/n/serviceaccounts/s/token";
    let granted = r#"{"spec": {"expirationSeconds": 7200}, "status": {"token": "t"}}"#;
    let get = format!("GET {MAPS}/a");
    let fake = Fake::new(&[
        ("GET /api/v1/configmaps", &[(200, &list(&[map("a", 9)], 10))]),
        (token, &[(201, granted)]),
        (
            &get,
            &[(403, &failure(403, "Forbidden")), (401, &failure(401, "Unauthorized")), (200, &map("a", 9))],
        ),
    ]);
    let store = fake.connection.informers.store(&maps(), &FAMILIES[0]).unwrap();
    fake.until(|| store.is_synced());
    let key = ObjectKey::new(maps(), "n", "a");
    let session = fake.connection.of_account("n", "s", "uid").unwrap();
    assert_eq!(session.get(&key).unwrap_err().kind(), ErrorKind::Forbidden);
    assert!(session.notes().forbidden);
    assert_eq!(fake.asked(token), 1);
    // A token that was revoked is replaced, and the request made again.
    assert_eq!(session.get(&key).unwrap().name(), "a");
    assert_eq!((fake.asked(token), fake.asked(&get)), (2, 3));
    session.get(&key).unwrap();
    assert_eq!(fake.asked(&get), 3, "it was in memory");
    fake.connection.forget_access();
    session.get(&key).unwrap();
    assert_eq!(fake.asked(&get), 4);
}

#[test]
fn the_watch_of_the_port_tells_what_is_there_and_what_happens() {
    let modified = format!("{{\"type\": \"DELETED\", \"object\": {}}}\n", map("a", 11));
    let fake = Fake::new(&[
        ("GET /api/v1/configmaps", &[(200, &list(&[map("a", 9)], 10))]),
        ("WATCH /api/v1/configmaps", &[(200, &modified)]),
    ]);
    let watch = fake.connection.own().watch(&Query::all(maps()), "").unwrap();
    let next = || match watch.next_within(Duration::from_secs(20)) {
        Waited::Event(event) => event.unwrap(),
        other => unreachable!("{other:?}"),
    };
    assert_eq!(
        (next().change, next().change),
        (crate::cluster::Change::Added, crate::cluster::Change::Deleted)
    );
    drop(watch);
}

#[test]
fn nothing_is_written_without_the_lease() {
    let fake = Fake::new(&[
        ("GET /api/v1/namespaces/n/configmaps/a", &[(200, &map("a", 1))]),
        ("POST /api/v1/namespaces/n/configmaps", &[(201, &map("a", 1))]),
        ("PATCH /api/v1/namespaces/n/configmaps/a", &[(200, &map("a", 2))]),
        ("PUT /api/v1/namespaces/n/configmaps/a/status", &[(200, &map("a", 2))]),
        ("DELETE /api/v1/namespaces/n/configmaps/a", &[(200, "{}")]),
    ]);
    let fence = Fence::open();
    let session = fake.connection.own().within(&fence);
    let key = ObjectKey::new(maps(), "n", "a");
    let live = session.get(&key).unwrap();
    let mut wanted = live.clone();
    wanted.set_label("color", "red");
    // As long as the lease is held, all goes well.
    assert!(session.create(Object::new(&key)).is_ok() && session.apply(&live, &wanted).is_ok());
    fence.close();
    let refused = [
        session.create(Object::new(&key)).map(|_| ()),
        session.apply(&live, &wanted).map(|_| ()),
        session.update_status(&live).map(|_| ()),
        session.delete(&key),
    ];
    for result in refused {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Unavailable);
    }
    let asked = ["POST", "PATCH", "PUT", "DELETE"].map(|method| {
        let script = fake.script.lock().unwrap();
        script.asked.iter().filter(|asked| asked.starts_with(method)).count()
    });
    assert_eq!(asked, [1, 1, 0, 0]);
    // Reading goes on.
    assert!(session.get(&key).is_ok());
}

#[test]
fn a_write_takes_no_longer_than_the_lease() {
    let fake = Fake::new(&[]);
    let fence = Fence::until(Instant::now() + Duration::from_secs(60));
    let session = fake.connection.own().within(&fence);
    // The fence closes while the request waits for its answer: what comes then is not sent any more.
    let key = ObjectKey::new(maps(), "n", "a");
    std::thread::scope(|scope| {
        let created = scope.spawn(|| session.create(Object::new(&key)));
        fake.until(|| fake.asked(&format!("POST {MAPS}")) == 1);
        fence.close();
        assert_eq!(created.join().unwrap().unwrap_err().kind(), ErrorKind::Unavailable);
    });
    assert!(session.create(Object::new(&key)).is_err());
    assert_eq!(fake.asked(&format!("POST {MAPS}")), 1);
}
