//! Blueprints, and owners stamped with them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::service::{Connection, JSON, NDJSON, Service, program};

fn read(path: &str) -> String {
    std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/source-to-url").join(path),
    )
    .unwrap()
}

fn observed() -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/source-to-url/observed");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let texts: Vec<String> = paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    texts.join("\n---\n")
}

/// What the command prints for the same files.
fn stamp(output: &str) -> String {
    let arguments = [
        "stamp",
        "-q",
        "-f",
        "examples/source-to-url",
        "--observed",
        "examples/source-to-url/observed",
        "-o",
    ];
    let output = program().args(arguments).arg(output).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn register(service: &Service, with_owner: bool) -> String {
    let mut objects = format!("{}\n---\n{}", read("supply-chain.yaml"), read("templates.yaml"));
    if with_owner {
        objects = format!("{objects}\n---\n{}", read("workload.yaml"));
    }
    let answer = service.post("/v1/blueprints", &json!({"objects": objects, "observed": observed()}));
    assert_eq!(answer.status, 201, "{answer:?}");
    let set = answer.json();
    assert_eq!(set["owners"], u64::from(with_owner));
    assert_eq!(set["problems"], json!([]));
    let digest = set["digest"].as_str().unwrap().to_owned();
    assert_eq!(answer.header("location"), format!("/v1/blueprints/{digest}"));
    digest
}

#[test]
fn owners_are_stamped_as_the_command_does_it() {
    let service = Service::start(&[]);
    let digest = register(&service, false);
    let workload = read("workload.yaml");
    let path = format!("/v1/blueprints/{digest}/stamp");
    let yaml_type = ("content-type", "application/yaml");
    for (accept, output) in
        [("application/yaml", "yaml"), ("application/json", "json"), ("application/x-ndjson", "ndjson")]
    {
        let stamped = service.ask("POST", &path, &[yaml_type, ("accept", accept)], workload.as_bytes());
        assert_eq!((stamped.status, stamped.header("content-type")), (200, accept));
        assert_eq!(stamped.text(), stamp(output), "{output}");
    }
    let owners =
        service.ask("POST", &format!("{path}?owners=true"), &[yaml_type], workload.as_bytes()).json();
    let owner = &owners[0];
    assert_eq!(owner["state"], "ready", "{owner}");
    assert_eq!(owner["owner"]["kind"], "Workload");
    assert_eq!(owner["status"]["supplyChainRef"]["name"], owner["blueprint"]);
    let objects: Vec<Value> =
        owner["objects"].as_array().unwrap().iter().map(|record| record["object"].clone()).collect();
    let lines: Vec<Value> = stamp("ndjson")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["object"].clone())
        .collect();
    assert_eq!(objects, lines);

    // An array, and one a line, are other ways to write the same.
    let name = &owner["owner"]["name"];
    let object = json!({"apiVersion": "carto.run/v1alpha1", "kind": "Workload",
        "metadata": {"name": name, "namespace": "other", "labels": {"none": "such"}}, "spec": {}});
    for body in [json!([object]).to_string(), object.to_string()] {
        let answer = service.ask("POST", &format!("{path}?owners=true"), &[JSON], body.as_bytes());
        let owners = answer.json();
        assert_eq!(
            (&owners[0]["owner"]["namespace"], &owners[0]["state"]),
            (&json!("other"), &json!("failed"))
        );
        assert_eq!(owners[0]["reason"], "SupplyChainNotFound", "{owners}");
    }
    service.ask("POST", &path, &[JSON], b"{\"kind\": 1}").is_problem(422, "data-values");
    service.ask("POST", &path, &[JSON], b"[1]").is_problem(422, "data-values");
    assert_eq!(service.ask("POST", &path, &[("content-type", "application/yaml")], b"").status, 200);
}

#[test]
fn a_stream_of_owners_is_answered_in_order() {
    let service = Service::start(&[]);
    let digest = register(&service, false);
    let records =
        program().args(["ytt", "-f", "examples/source-to-url/workload.yaml", "-o", "json"]).output().unwrap();
    let workload: Value = serde_json::from_slice(&records.stdout).unwrap();
    let mut body = String::new();
    for number in 0..100 {
        let mut owner = workload.clone();
        owner["metadata"]["name"] = json!(format!("w{number}"));
        body.push_str(&if number == 50 { "{\"kind\":\"Pod\"}\n".to_owned() } else { format!("{owner}\n") });
    }
    let answer = service.ask("POST", &format!("/v1/blueprints/{digest}/stream"), &[NDJSON], body.as_bytes());
    let text = answer.text();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 100);
    for (number, line) in lines.iter().enumerate() {
        assert_eq!(line["index"], number);
        if number == 50 {
            assert_eq!(line["error"]["status"], 422, "{line}");
        } else {
            assert_eq!(
                (&line["owner"]["name"], &line["state"]),
                (&json!(format!("w{number}")), &json!("ready"))
            );
            assert!(line["objects"].as_array().unwrap().len() > 1, "{line}");
        }
    }
}

#[test]
fn what_cannot_be_used_of_a_set_is_told() {
    let service = Service::start(&[]);
    let objects = "apiVersion: carto.run/v1alpha1\nkind: ClusterChain\nmetadata: {name: a}\n---\na: b: c\n";
    let set = service.post("/v1/blueprints", &json!({"objects": objects})).json();
    let problems: Vec<&str> =
        set["problems"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert_eq!(problems[0], "objects:1: error: carto.run has no kind ClusterChain");
    assert!(problems[1].starts_with("objects:5: error: "), "{problems:?}");
}

#[test]
fn a_fleet_is_shown_page_by_page_with_pictures() {
    let arguments =
        ["--blueprints", "examples/source-to-url", "--observed", "examples/source-to-url/observed"];
    let service = Service::start(&arguments);
    let sets = service.get("/v1/blueprints").json();
    let digest = sets["default"].as_str().unwrap();
    assert_eq!(sets["items"][0]["digest"], digest);
    let page = service.get(&format!("/v1/blueprints/{digest}/owners")).json();
    let owner = &page["items"][0];
    assert_eq!((&owner["kind"], &owner["state"]), (&json!("Workload"), &json!("ready")), "{page}");
    assert_eq!(page["continue"], Value::Null);
    let (kind, namespace, name) = (
        owner["kind"].as_str().unwrap(),
        owner["namespace"].as_str().unwrap(),
        owner["name"].as_str().unwrap(),
    );
    let path = format!("/v1/blueprints/{digest}/owners/{kind}/{namespace}/{name}/graph");
    let svg = service.get(&path);
    assert_eq!(svg.header("content-type"), "image/svg+xml");
    assert!(svg.text().starts_with("<svg"), "{}", svg.text());
    let known = service.ask("GET", &path, &[("if-none-match", svg.header("etag"))], b"");
    assert_eq!(known.status, 304);
    let mermaid = service.ask("GET", &path, &[("accept", "text/vnd.mermaid")], b"");
    assert!(mermaid.text().contains("flowchart"), "{}", mermaid.text());
    let figures = service.ask("GET", &path, &[("accept", "application/json")], b"").json();
    assert_eq!(figures["owner"]["state"], "ready", "{figures}");
    assert!(figures["steps"].as_array().unwrap().iter().all(|step| step["state"] == "ready"), "{figures}");
    service.get(&path.replace(name, "nobody")).is_problem(404, "not-found");
    // What belongs to the service cannot be taken away by a client.
    service.ask("DELETE", &format!("/v1/blueprints/{digest}"), &[], b"").is_problem(403, "forbidden");

    let mut objects = format!("{}\n---\n{}", read("supply-chain.yaml"), read("templates.yaml"));
    for number in 0..25 {
        objects.push_str(&format!(
            "\n---\napiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {{name: w{number:02}}}\n"
        ));
    }
    let set = service.post("/v1/blueprints", &json!({"objects": objects})).json();
    let path = format!("/v1/blueprints/{}/owners?limit=10", set["digest"].as_str().unwrap());
    let mut names = Vec::new();
    let mut next = String::new();
    for _ in 0..3 {
        let page = service.get(&format!("{path}{next}")).json();
        names.extend(page["items"].as_array().unwrap().iter().map(|item| item["name"].clone()));
        next = page["continue"].as_str().map(|token| format!("&continue={token}")).unwrap_or_default();
    }
    assert_eq!(next, "");
    assert_eq!(names, (0..25).map(|number| json!(format!("w{number:02}"))).collect::<Vec<_>>());
    service.get(&format!("{path}&continue=x")).is_problem(400, "request");
    service.get(&path.replace("10", "0")).is_problem(400, "request");
}

/// All pages of owners of a set, and how many there were.
fn pages(service: &Service, path: &str) -> (Vec<Value>, usize) {
    let (mut items, mut count, mut next) = (Vec::new(), 0, String::new());
    loop {
        let page = service.get(&format!("{path}{next}")).json();
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        count += 1;
        match page["continue"].as_str() {
            Some(token) => next = format!("&continue={token}"),
            None => return (items, count),
        }
    }
}

#[test]
fn owners_are_found_by_words_and_state() {
    let service = Service::start(&[]);
    let mut objects = format!("{}\n---\n{}", read("supply-chain.yaml"), read("templates.yaml"));
    let owner = |kind: &str, namespace: &str, name: &str| {
        format!(
            "\n---\napiVersion: carto.run/v1alpha1\nkind: {kind}\nmetadata: {{namespace: {namespace}, name: {name}}}\n"
        )
    };
    // More than the service looks at for one answer. Nothing selects them: they fail.
    for number in 0..1500 {
        objects.push_str(&owner("Workload", "shop", &format!("web-{number:04}")));
    }
    objects.push_str(&owner("Deliverable", "shop", "web-0007"));
    objects.push_str(&owner("Workload", "webshop", "cart"));
    // This one has a chain.
    objects = format!("{objects}\n---\n{}", read("workload.yaml"));
    let register = |observed: &str| {
        let set = service.post("/v1/blueprints", &json!({"objects": objects, "observed": observed})).json();
        assert_eq!(set["owners"], 1503, "{set}");
        format!("/v1/blueprints/{}/owners?limit=300", set["digest"].as_str().unwrap())
    };
    let path = register(&observed());
    let names = |query: &str| {
        let (items, _) = pages(&service, &format!("{path}&{query}"));
        let text = |item: &Value, field: &str| item[field].as_str().unwrap().to_owned();
        let named = items
            .iter()
            .map(|item| [text(item, "kind"), text(item, "namespace"), text(item, "name")].join("/"));
        named.collect::<Vec<_>>()
    };
    assert_eq!(names("search=0007"), ["Workload/shop/web-0007", "Deliverable/shop/web-0007"]);
    assert_eq!(names("search=DELIVERABLE"), ["Deliverable/shop/web-0007"]);
    assert_eq!(names("search=shop%2Fweb-0007%20work"), ["Workload/shop/web-0007"]);
    assert_eq!(names("search=webshop"), ["Workload/webshop/cart"]);
    assert_eq!(names("search=web+cart"), ["Workload/webshop/cart"]);
    assert_eq!(names("search=nobody"), [""; 0]);
    assert_eq!(names("search=").len(), 1503);
    assert_eq!(names("search=web-000").len(), 11);
    assert_eq!(names("state=failed&search=hello"), [""; 0]);
    assert_eq!(names("state=ready&search=hello"), ["Workload/default/hello-golang"]);
    assert_eq!(names("state=waiting"), [""; 0]);

    // Those of a state are found however far behind they are, and no answer takes for ever.
    let first = service.get(&format!("{path}&state=ready")).json();
    assert_eq!(first["items"], json!([]));
    assert!(first["continue"].is_string(), "{first}");
    let (ready, _) = pages(&service, &format!("{path}&state=ready"));
    assert_eq!(ready.len(), 1);
    assert_eq!((&ready[0]["name"], &ready[0]["state"]), (&json!("hello-golang"), &json!("ready")));
    let (failed, count) = pages(&service, &format!("{path}&state=failed"));
    assert_eq!(failed.len(), 1502);
    assert!(failed.iter().all(|item| item["state"] == "failed"));
    assert!(count > 5, "{count} pages");
    let unobserved = register("");
    let (waiting, _) = pages(&service, &format!("{unobserved}&state=waiting"));
    assert_eq!(waiting.iter().map(|item| &item["name"]).collect::<Vec<_>>(), ["hello-golang"]);

    // With words alone the last part is known to be the last.
    let page = service.get(&format!("{path}&search=deliverable")).json();
    assert_eq!(page["continue"], Value::Null);
    for query in ["state=happy", "state=Ready", "state="] {
        service.get(&format!("{path}&{query}")).is_problem(400, "request");
    }
}

#[test]
fn owners_are_stamped_within_the_limits() {
    let objects = |turns: u32| {
        format!(
            "apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {{name: chain}}
spec:
  selector: {{type: web}}
  resources:
  - name: only
    templateRef: {{kind: ClusterTemplate, name: busy}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {{name: busy}}
spec:
  ytt: |
    #@ def turn():
    #@   for i in range({turns}):
    #@     j = i
    #@   end
    #@   return j
    #@ end
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: busy
    data:
      turns: #@ str(turn())
"
        )
    };
    let service = Service::start(&["--limit-steps", "10000"]);
    let workload = json!({
        "apiVersion": "carto.run/v1alpha1", "kind": "Workload",
        "metadata": {"name": "web", "namespace": "default", "labels": {"type": "web"}}, "spec": {},
    });
    let state = |turns| {
        let set = service.post("/v1/blueprints", &json!({"objects": objects(turns)})).json();
        let path = format!("/v1/blueprints/{}/stamp?owners=true", set["digest"].as_str().unwrap());
        let owners = service.post(&path, &workload).json();
        (owners[0]["state"].clone(), owners[0].to_string())
    };
    assert_eq!(state(100).0, "ready");
    let (state, shown) = state(100_000);
    assert_eq!(state, "failed", "{shown}");
    assert!(shown.contains("steps"), "{shown}");
}

/// A chain whose template comes to no end before a time limit.
const ENDLESS: &str = r#"
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources: [{name: first, templateRef: {kind: ClusterTemplate, name: endless}}]
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: endless}
spec:
  ytt: |
    #@ def f():
    #@   for i in range(1000000):
    #@     for j in range(1000000):
    #@       x = j
    #@     end
    #@   end
    #@ end
    #@ f()
    kind: ConfigMap
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: w, namespace: dev, labels: {type: web}}
"#;

#[test]
fn a_client_that_goes_away_takes_its_owner_with_it() {
    let arguments = [
        "--operations",
        "127.0.0.1:0",
        "--renders",
        "1",
        "--limit-steps",
        "18446744073709551615",
        "--limit-memory",
        "1Gi",
        "--limit-time",
        "120s",
    ];
    let service = Service::start(&arguments);
    let answer = service.post("/v1/blueprints", &json!({"objects": ENDLESS}));
    assert_eq!((answer.status, &answer.json()["problems"]), (201, &json!([])), "{answer:?}");
    let digest = answer.json()["digest"].as_str().unwrap().to_owned();
    let wait_for_slots = |free: &str| {
        let end = Instant::now() + Duration::from_secs(30);
        let wanted = format!("stampmill_slots_free {free}");
        loop {
            let figures =
                Connection::new(service.operations.unwrap()).ask("GET", "/metrics", &[], b"").text();
            if figures.lines().any(|line| line == wanted) {
                return;
            }
            assert!(Instant::now() < end, "{wanted}: {figures}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let owner = json!({"apiVersion": "carto.run/v1alpha1", "kind": "Workload",
        "metadata": {"name": "x", "namespace": "dev", "labels": {"type": "web"}}, "spec": {}});
    let owner = format!("{owner}\n");
    let below = "/owners/Workload/dev/w/graph";
    wait_for_slots("1");
    for (method, path, body) in [
        ("POST", "/stamp", &*owner),
        ("POST", "/stamp?owners=true", &owner),
        ("POST", "/stream", &owner),
        ("GET", "/owners", ""),
        ("GET", below, ""),
    ] {
        let mut connection = service.connect();
        let length = body.len().to_string();
        let path = format!("/v1/blueprints/{digest}{path}");
        connection.head(method, &path, &[NDJSON, ("content-length", &length)]);
        connection.send(body.as_bytes()).unwrap();
        wait_for_slots("0");
        drop(connection);
        wait_for_slots("1");
    }
}
