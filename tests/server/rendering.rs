//! What the service renders, and as what it gives it.

use serde_json::{Value, json};

use crate::service::{JSON, Service, list};

const GREETING: &str =
    "#@ load('@ytt:data', 'data')\n---\ngreeting: #@ 'Hello, ' + data.values.name\n---\nb: 2\n";

#[test]
fn files_are_rendered_as_the_command_prints_them() {
    let service = Service::start(&[]);
    let request = json!({"files": list(&[("a.yml", GREETING)]), "dataValues": {"name": "world"}});
    let render = |accept: &str| {
        service.ask("POST", "/v1/render", &[JSON, ("accept", accept)], request.to_string().as_bytes())
    };
    let yaml = render("*/*");
    assert_eq!((yaml.status, yaml.header("content-type")), (200, "application/yaml"));
    // As ytt -f a.yml --data-value name=world prints it.
    assert_eq!(yaml.text(), "greeting: Hello, world\n---\nb: 2\n");
    let documents = json!([{"greeting": "Hello, world"}, {"b": 2}]);
    assert_eq!(render("application/json").json(), documents);
    let lines = render("application/x-ndjson").text();
    assert_eq!(lines, "{\"greeting\":\"Hello, world\"}\n{\"b\":2}\n");
    render("text/html").is_problem(406, "not-acceptable");

    let files = render("application/vnd.stampmill.files+json");
    assert_eq!(
        files.json(),
        json!({"files": [{"path": "a.yml", "text": "greeting: Hello, world\n---\nb: 2\n"}]})
    );
}

#[test]
fn every_form_of_input_goes() {
    let service = Service::start(&[]);
    let rendered = |request: Value| service.post("/v1/render", &request).text();
    let yaml = json!({"files": list(&[("a.yml", GREETING)]), "dataValuesYaml": "name: moon\n"});
    assert_eq!(rendered(yaml), "greeting: Hello, moon\n---\nb: 2\n");
    // printf 'a: 1\n' | base64
    let base64 = json!({"files": [{"path": "a.yml", "base64": "YTogMQo="}]});
    assert_eq!(rendered(base64), "a: 1\n");
    let marked =
        json!({"files": list(&[("a.txt", "a: #@ 1 + 1\n")]), "fileMarks": ["a.txt:type=yaml-template"]});
    assert_eq!(rendered(marked), "a: 2\n");
    let strict = json!({"files": list(&[("a.yml", "a: yes\n")]), "options": {"strict": true}});
    service.post("/v1/render", &strict).is_problem(422, "yaml");
    let text = json!({"files": list(&[("a.txt", "a (@= str(1 + 1) @)\n"), ("b.yml", "b: 1\n")])});
    let answer = service.ask(
        "POST",
        "/v1/render",
        &[JSON, ("accept", "application/vnd.stampmill.files+json")],
        text.to_string().as_bytes(),
    );
    let files = json!({"files": [{"path": "a.txt", "text": "a 2\n"}, {"path": "b.yml", "text": "b: 1\n"}]});
    assert_eq!(answer.json(), files);
}

#[test]
fn problems_have_the_place_and_the_words_of_the_command() {
    let service = Service::start(&[]);
    let text = "#@ load('@ytt:data', 'data')\n---\na: #@ data.values.nmae\n";
    let request = json!({"files": list(&[("dir/a.yml", text)]), "dataValues": {"name": "x"}});
    let problem = service.post("/v1/render", &request).is_problem(422, "evaluation");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("struct has no .nmae field or method"), "{detail}");
    assert!(detail.contains("dir/a.yml:3 | a: #@ data.values.nmae"), "{detail}");
    let failure = &problem["failures"][0];
    let frame = &failure["frames"][0];
    assert_eq!((&frame["file"], &frame["line"]), (&json!("dir/a.yml"), &json!(3)));
    assert_eq!(frame["source"], "a: #@ data.values.nmae");

    let syntax = json!({"files": list(&[("a.yml", "a: #@ 1 +\n")])});
    service.post("/v1/render", &syntax).is_problem(422, "syntax");
    let yaml = json!({"files": list(&[("a.yml", "a: b: c\n")])});
    service.post("/v1/render", &yaml).is_problem(422, "yaml");
    let endless = json!({"files": list(&[("a.yml", "#@ for i in range(1000000000):\n#@ x = i\n#@ end\n")])});
    let limit = service.post("/v1/render", &endless).is_problem(422, "limit");
    assert!(matches!(limit["limit"].as_str(), Some("steps" | "time" | "memory" | "elements")), "{limit}");
}

#[test]
fn a_registered_set_is_rendered_by_its_digest() {
    let service = Service::start(&[]);
    let body = json!({"files": list(&[("a.yml", GREETING)])});
    let first = service.post("/v1/templates", &body);
    assert_eq!(first.status, 201, "{first:?}");
    let digest = first.json()["digest"].as_str().unwrap().to_owned();
    assert_eq!(first.header("location"), format!("/v1/templates/{digest}"));
    let again = service.post("/v1/templates", &body);
    assert_eq!((again.status, again.json()["digest"].as_str()), (200, Some(&*digest)));

    assert_eq!(service.render(&digest, r#"{"name": "world"}"#).text(), "greeting: Hello, world\n---\nb: 2\n");
    let path = format!("/v1/templates/{digest}/render");
    let yaml = service.ask("POST", &path, &[("content-type", "application/yaml")], b"name: moon\n");
    assert_eq!(yaml.text(), "greeting: Hello, moon\n---\nb: 2\n");
    service.render(&digest, "[1]").is_problem(422, "data-values");
    service.render(&digest, "{").is_problem(422, "yaml");
    service.ask("POST", &path, &[("content-type", "text/plain")], b"{}").is_problem(415, "media-type");

    let shown = service.get(&format!("/v1/templates/{digest}"));
    assert_eq!(shown.json()["files"], json!(["a.yml"]));
    let tag = shown.header("etag").to_owned();
    assert_eq!(tag, format!("\"{digest}\""));
    let known = service.ask("GET", &format!("/v1/templates/{digest}"), &[("if-none-match", &tag)], b"");
    assert_eq!((known.status, known.body.len()), (304, 0));
    assert_eq!(service.get("/v1/templates").json()["items"][0]["digest"], json!(digest));

    assert_eq!(service.ask("DELETE", &format!("/v1/templates/{digest}"), &[], b"").status, 204);
    let gone = service.render(&digest, "{}").is_problem(404, "not-found");
    assert!(gone["detail"].as_str().unwrap().contains("register it"), "{gone}");
}

#[test]
fn the_order_of_files_is_part_of_a_digest_and_their_spelling_is_not() {
    let service = Service::start(&[]);
    let values = |name: &str| format!("#@data/values\n---\nname: {name}\n");
    let (a, b) = (values("a"), values("b"));
    let one = service.register(&[("1.yml", &a), ("2.yml", &b), ("3.yml", GREETING)]);
    let other = service.register(&[("2.yml", &b), ("1.yml", &a), ("3.yml", GREETING)]);
    // ytt -f 1.yml -f 2.yml lets the later data values win: the order is part of the meaning.
    assert_eq!(service.render(&one, "").text(), "greeting: Hello, b\n---\nb: 2\n");
    assert_eq!(service.render(&other, "").text(), "greeting: Hello, a\n---\nb: 2\n");
    assert_ne!(one, other);
    let text = service.post("/v1/templates", &json!({"files": [{"path": "a.yml", "text": "a: 1\n"}]}));
    let base64 = service.post("/v1/templates", &json!({"files": [{"path": "a.yml", "base64": "YTogMQo="}]}));
    assert_eq!(text.json()["digest"], base64.json()["digest"]);
}

#[test]
fn what_is_used_least_makes_room_and_a_404_says_so() {
    let service = Service::start(&["--store-bytes", "64Ki"]);
    // Each set takes some 24 times its text.
    let text = format!("#! {}\na: 1\n", "x".repeat(600));
    let sets: Vec<String> =
        (0..8).map(|number| service.register(&[(&format!("{number}.yml"), &text)])).collect();
    let gone = service.render(&sets[0], "").is_problem(404, "not-found");
    assert!(gone["detail"].as_str().unwrap().contains("thrown out for want of room"), "{gone}");
    assert_eq!(service.render(&sets[7], "").text(), "a: 1\n");
    assert_eq!(service.register(&[("0.yml", &text)]), sets[0]);
    assert_eq!(service.render(&sets[0], "").text(), "a: 1\n");
    let large = json!({"files": list(&[("a.yml", &"a: 1\n".repeat(3000))])});
    service.post("/v1/templates", &large).is_problem(413, "too-large");
}

#[test]
fn schema_and_data_values_are_shown() {
    let service = Service::start(&[]);
    let files = [("schema.yml", "#@data/values-schema\n---\nname: world\ncount: 1\n"), ("a.yml", GREETING)];
    let digest = service.register(&files);
    let request = json!({"files": list(&files), "dataValues": {"count": 7}});
    let json_type = ("accept", "application/json");
    for (path, body) in [
        ("/v1/schema".to_owned(), request.to_string()),
        (format!("/v1/templates/{digest}/schema"), String::new()),
    ] {
        let schema = service.ask("POST", &path, &[JSON, json_type], body.as_bytes());
        let values = &schema.json()["components"]["schemas"]["dataValues"];
        assert_eq!(values["properties"]["name"], json!({"type": "string", "default": "world"}), "{schema:?}");
        let yaml = service.ask("POST", &path, &[JSON], body.as_bytes());
        assert!(yaml.text().starts_with("openapi: 3.0.0\n"), "{}", yaml.text());
    }
    for (path, body) in [
        ("/v1/data-values".to_owned(), request.to_string()),
        (format!("/v1/templates/{digest}/data-values"), r#"{"count": 7}"#.to_owned()),
    ] {
        assert_eq!(service.ask("POST", &path, &[JSON], body.as_bytes()).text(), "name: world\ncount: 7\n");
        let values = service.ask("POST", &path, &[JSON, json_type], body.as_bytes());
        assert_eq!(values.json(), json!({"name": "world", "count": 7}));
    }
    let wrong = json!({"files": list(&files), "dataValues": {"count": "x"}});
    let problem = service.post("/v1/data-values", &wrong);
    assert_eq!(problem.status, 422, "{problem:?}");
}

#[test]
fn validating_says_what_is_wrong_without_failing() {
    let service = Service::start(&[]);
    let valid = service.post("/v1/validate", &json!({"files": list(&[("a.yml", "a: 1\n")])}));
    assert_eq!((valid.status, valid.json()), (200, json!({"valid": true, "problems": []})));
    let wrong = service.post("/v1/validate", &json!({"files": list(&[("a.yml", "a: #@ b\n")])}));
    assert_eq!((wrong.status, &wrong.json()["valid"]), (200, &json!(false)));
    assert_eq!(wrong.json()["problems"][0]["failures"][0]["frames"][0]["line"], 1, "{wrong:?}");
    let objects = "apiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nmetadata:\n  name: a\nspec:\n  selectorr: {}\n";
    let linted = service.post("/v1/validate", &json!({"objects": objects})).json();
    assert_eq!(linted["valid"], false);
    let findings = linted["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["line"] == 6 && finding["help"].is_string()), "{linted}");
    service.post("/v1/validate", &json!({})).is_problem(400, "request");
}

#[test]
fn answers_are_compressed_only_when_asked() {
    let service = Service::start(&[]);
    let digest = service.register(&[("a.yml", &format!("a: {}\n", "x".repeat(10_000)))]);
    let path = format!("/v1/templates/{digest}/render");
    let plain = service.ask("POST", &path, &[JSON], b"{}");
    assert_eq!((plain.header("content-encoding"), plain.body.len()), ("", 10_004));
    let small = service.ask("POST", &path, &[JSON, ("accept-encoding", "gzip")], b"{}");
    assert_eq!(small.header("content-encoding"), "gzip");
    assert!(small.body.len() < 1000 && small.body.starts_with(&[0x1f, 0x8b]));
    let other = service.ask("POST", &path, &[JSON, ("accept-encoding", "br")], b"{}");
    assert_eq!((other.header("content-encoding"), other.body.len()), ("", 10_004));
}

#[test]
fn the_examples_can_be_rendered() {
    let service = Service::start(&[]);
    let examples = service.get("/v1/examples").json();
    let names: Vec<&str> =
        examples.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"hello"), "{names:?}");
    for name in names {
        let example = service.get(&format!("/v1/examples/{name}")).json();
        let answer = match example["kind"].as_str() {
            Some("fleet") => {
                let texts: Vec<&str> = example["files"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|file| file["text"].as_str().unwrap())
                    .collect();
                let set = json!({"objects": texts.join("\n---\n"), "observed": example["observed"]});
                service.post("/v1/blueprints", &set)
            }
            _ => {
                let mut request = example.clone();
                let fields = request.as_object_mut().unwrap();
                for field in ["name", "title", "kind", "observed"] {
                    fields.remove(field);
                }
                service.post("/v1/render", &request)
            }
        };
        assert!([200, 201].contains(&answer.status), "{name}: {}", answer.text());
    }
    service.get("/v1/examples/none").is_problem(404, "not-found");
}

#[test]
fn nothing_of_the_machine_reaches_a_template() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret.yml");
    std::fs::write(&secret, "secret: word\n").unwrap();
    let path = secret.to_str().unwrap();
    let service = Service::start_in(&[], &[("SECRET_VALUE", "word")]);
    let up = format!("{}{}", "../".repeat(30), path.trim_start_matches('/'));
    for text in [
        format!("#@ load('@ytt:data', 'data')\na: #@ data.read('{path}')\n"),
        format!("#@ load('@ytt:data', 'data')\na: #@ data.read('{up}')\n"),
        "#@ load('@ytt:data', 'data')\na: #@ data.read('/proc/self/environ')\n".to_owned(),
        format!("#@ load('{path}', 'secret')\na: 1\n"),
        format!("#@ load('@ytt:library', 'library')\na: #@ library.get('{path}').eval()\n"),
        "#@ load('@ytt:data', 'data')\na: #@ data.values.SECRET_VALUE\n".to_owned(),
    ] {
        let answer = service.post("/v1/render", &json!({"files": list(&[("a.yml", &text)])}));
        assert_eq!(answer.status, 422, "{text}: {}", answer.text());
        assert!(!answer.text().contains("word"), "{}", answer.text());
    }
    // The names of files are names: a set may call its own file so.
    for name in [path, &up, "/proc/self/environ"] {
        let text = format!("#@ load('@ytt:data', 'data')\na: #@ data.read('{name}')\n");
        let request = json!({"files": list(&[("a.yml", &text), (name, "mine")])});
        let answer = service.post("/v1/render", &request);
        assert!(!answer.text().contains("word"), "{}", answer.text());
    }
    let marked = json!({"files": list(&[("a.yml", "a: 1\n")]), "fileMarks": [format!("a.yml:path={path}")]});
    assert_eq!(service.post("/v1/render", &marked).text(), "a: 1\n");
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "secret: word\n");
}
