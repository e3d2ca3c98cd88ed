//! The form of data values.

use std::path::Path;

use serde_json::json;

use crate::actions::{VALUES, page, write};
use crate::chromium::Browser;
use crate::server::Server;

pub(crate) fn the_form_edits_the_data_values(program: &Path) {
    let (server, browser) = (Server::start(&[]), Browser::start(program));
    let tab = page(&browser, &server);
    tab.choose("#examples", "schema");
    tab.text_with("#form-hint", "from the schema");
    tab.text_with("#output", "replicas: 3");
    assert!(tab.text("#form").contains("Where it runs."));
    let fields = "[...document.querySelectorAll('#form > *')].map((one) => one.querySelector('label, legend > span').textContent)";
    let declared = json!(["name", "stage", "replicas", "public", "image", "ports", "limits", "labels"]);
    assert_eq!(tab.eval(fields), declared);
    assert_eq!(tab.value("#field-replicas"), "3");
    tab.picture("form");

    // The form changes the text, and only what it is about.
    tab.fill("#field-replicas", "5");
    tab.text_with("#output", "replicas: 5");
    assert!(tab.value(VALUES).contains("stage: production\nreplicas: 5\nports:\n- name: http"));
    tab.choose("#field-stage", "test");
    tab.text_with("#output", "replicas: 1");
    assert!(tab.value(VALUES).starts_with("stage: test\n"));
    assert_eq!(
        tab.eval(
            "[...document.querySelector('#field-stage').options].map((one) => one.text).filter(Boolean)"
        ),
        json!(["test", "staging", "production"])
    );
    tab.click("#field-public");
    tab.text_with("#output", "kind: Service");
    tab.fill("#field-image-repository", "registry.example.com/shop");
    tab.text_with("#output", "image: registry.example.com/shop:latest");
    assert!(tab.value(VALUES).contains("image:\n  repository: registry.example.com/shop\n"));

    // Null and back.
    assert_eq!(tab.eval("document.querySelector('#field-image-tag').disabled"), true);
    tab.click("#field-image-tag-null");
    tab.until("!document.querySelector('#field-image-tag').disabled");
    tab.fill("#field-image-tag", "1.5");
    tab.text_with("#output", "image: registry.example.com/shop:1.5");
    assert!(tab.value(VALUES).contains("  tag: \"1.5\"\n"), "{}", tab.value(VALUES));

    // A nullable map that is filled.
    tab.click("#field-limits-null");
    tab.text_with("#output", "memory: 256Mi");
    tab.fill("#field-limits-memory", "1Gi");
    tab.text_with("#output", "memory: 1Gi");

    // Arrays.
    tab.click("#field-ports-add");
    tab.until("document.querySelector('#field-ports-2-port') !== null");
    tab.fill("#field-ports-2-name", "admin");
    tab.text_with("#output", "name: admin");
    tab.click("[aria-label='Remove 1 of ports']");
    tab.until("document.querySelector('#field-ports-2-port') === null");
    tab.until("!document.querySelector('#output').innerText.includes('name: http')");
    assert!(tab.text("#output").contains("name: metrics"));

    // What does not fit is said at the field, and not written.
    tab.fill("#field-replicas", "99");
    tab.text_with("#field-replicas-wrong", "At most 20");
    assert!(tab.value(VALUES).contains("replicas: 5\n"));

    // The other way: the text changes the form, and errors stand at its line.
    write(&tab, VALUES, "# of the test\nname: shop # ours\nreplicas: 2\nstage: nowhere\n");
    tab.text_with("#state", "Error");
    tab.until("document.querySelector('#values .paint .error') !== null");
    assert_eq!(tab.text("#values .paint .error"), "stage: nowhere");
    write(&tab, VALUES, "# of the test\nname: shop # ours\nreplicas: 2\nstage: production\n");
    tab.text_with("#output", "replicas: 2");
    tab.until("document.querySelector('#field-name').value === 'shop'");
    tab.until("document.querySelector('#field-ports-0-port') === null");
    tab.fill("#field-name", "mill");
    tab.text_with("#output", "name: mill");
    assert_eq!(tab.value(VALUES), "# of the test\nname: mill # ours\nreplicas: 2\nstage: production\n");

    // Back to the default.
    tab.click("[aria-label='Default for replicas']");
    tab.text_with("#output", "replicas: 1");
    assert_eq!(tab.value(VALUES), "# of the test\nname: mill # ours\nstage: production\n");

    // Without a schema the fields are those of the data values.
    tab.choose("#examples", "hello");
    tab.text_with("#form-hint", "there is no schema");
    tab.fill("#field-name", "yes");
    tab.text_with("#output", "greeting: Hello, yes!");
    assert_eq!(tab.value(VALUES), "name: \"yes\"\n");
    assert_eq!(browser.complaints(&[422]), [""; 0]);
}

/// The module that changes one value in YAML text, by itself.
pub(crate) fn values_are_changed_in_place(program: &Path) {
    let (server, browser) = (Server::start(&[]), Browser::start(program));
    let tab = page(&browser, &server);
    // text, what it holds, path, value (none takes it out), the text after it
    let cases = json!([
        ["", {}, ["a"], 1, "a: 1\n"],
        ["", {}, ["a", "b"], "x", "a:\n  b: x\n"],
        ["# head\n", {}, ["a"], true, "# head\na: true\n"],
        ["a: 1\n", {"a": 1}, ["a"], 2, "a: 2\n"],
        ["a: 1", {"a": 1}, ["b"], null, "a: 1\nb: null\n"],
        ["a: 1 # one\nb: 2\n", {"a": 1, "b": 2}, ["a"], 3, "a: 3 # one\nb: 2\n"],
        ["a: \"x # y\" # z\n", {"a": "x # y"}, ["a"], "w", "a: w # z\n"],
        ["a: x#y\n", {"a": "x#y"}, ["a"], "w", "a: w\n"],
        ["a: |\n  1\n  2\nb: 3\n", {"a": "1\n2\n", "b": 3}, ["a"], "x", "a: x\nb: 3\n"],
        ["a:\n- 1\n- 2\nb: 3\n", {"a": [1, 2], "b": 3}, ["a"], [4], "a:\n- 4\nb: 3\n"],
        ["a:\n  - 1\n\n# of b\nb: 3\n", {"a": [1], "b": 3}, ["a"], [], "a: []\n\n# of b\nb: 3\n"],
        ["a:\n  b: 1\n  c: 2\nd: 3\n", {"a": {"b": 1, "c": 2}, "d": 3}, ["a", "c"], 9, "a:\n  b: 1\n  c: 9\nd: 3\n"],
        ["a:\n  b: 1\nd: 3\n", {"a": {"b": 1}, "d": 3}, ["a", "c"], 9, "a:\n  b: 1\n  c: 9\nd: 3\n"],
        ["a:\n  b: 1\n\nd: 3\n", {"a": {"b": 1}, "d": 3}, ["a", "c"], 9, "a:\n  b: 1\n  c: 9\n\nd: 3\n"],
        ["a: {b: 1}\nd: 3\n", {"a": {"b": 1}, "d": 3}, ["a", "c"], 9, "a:\n  b: 1\n  c: 9\nd: 3\n"],
        ["a: {}\n", {"a": {}}, ["a", "c"], 9, "a:\n  c: 9\n"],
        ["a:\n", {"a": null}, ["a", "c"], 9, "a:\n  c: 9\n"],
        ["{a: 1}\n", {"a": 1}, ["b"], 2, "a: 1\nb: 2\n"],
        ["a: 1\nb: 2\n", {"a": 1, "b": 2}, ["a"], "$none", "b: 2\n"],
        ["a:\n  b: 1\nc: 2\n", {"a": {"b": 1}, "c": 2}, ["a", "b"], "$none", "c: 2\n"],
        ["a: 1\n", {"a": 1}, ["a"], "$none", ""],
        ["'it''s': 1\n\"q\": 2\n", {"it's": 1, "q": 2}, ["it's"], 3, "\"it's\": 3\n\"q\": 2\n"],
        ["a: 1\n---\nb: 2\n", {"b": 2}, ["b"], 3, "a: 1\n---\nb: 3\n"],
        ["a:\n- b: 1\n  c: 2\n", {"a": [{"b": 1, "c": 2}]}, ["a"], [{"b": 1, "c": 3}], "a:\n- b: 1\n  c: 3\n"],
        ["", {}, ["a"], "no", "a: \"no\"\n"],
        ["", {}, ["a"], "12", "a: \"12\"\n"],
        ["", {}, ["a"], "x: y", "a: \"x: y\"\n"],
        ["", {}, ["a"], "x\ny", "a: \"x\\ny\"\n"],
        ["", {}, ["a"], "", "a: \"\"\n"],
        ["", {}, ["on"], "~", "\"on\": \"~\"\n"]
    ]);
    let script = format!(
        "(async () => {{
           const address = document.querySelector('script').src.replace('main.js', 'yaml.js');
           const {{ edit }} = await import(address);
           const wrong = [];
           for (const [text, tree, path, value, expected] of {cases}) {{
             const found = edit(text, tree, path, value === '$none' ? undefined : value);
             if (found !== expected) wrong.push({{ text, path, value, expected, found }});
           }}
           return wrong;
         }})()"
    );
    assert_eq!(tab.eval(&script), json!([]));
}
