//! The page of `stampmill serve` in a real, headless Chromium.
//!
//! Without Chromium (`CHROMIUM`, or one in the `PATH`) nothing runs, and it says so. Each test has a server and a browser
//! with an empty profile of its own, and ends exactly what it started. `PAGE_PICTURES` names a folder for
//! pictures of what was seen.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "tests may fail loudly"
)]

#[path = "page/chromium.rs"]
mod chromium;
#[path = "page/server.rs"]
mod server;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use serde_json::json;

use chromium::{Browser, Tab};
use server::Server;

const SOURCE: &str = "#source textarea";
const VALUES: &str = "#values textarea";

fn main() -> ExitCode {
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    let Some(program) = chromium::find() else {
        eprintln!("skipped: there is no Chromium: neither CHROMIUM nor the PATH names one");
        return ExitCode::SUCCESS;
    };
    type Test = fn(&Path);
    let tests: [(&str, Test); 15] = [
        ("edit_error_fix_share", edit_error_fix_share),
        ("an_error_below_other_calls", an_error_below_other_calls),
        ("the_form_edits_the_data_values", the_form_edits_the_data_values),
        ("values_are_changed_in_place", values_are_changed_in_place),
        ("files_are_added_renamed_and_deleted", files_are_added_renamed_and_deleted),
        ("examples_and_text_templates", examples_and_text_templates),
        ("by_keyboard_alone", by_keyboard_alone),
        ("hostile_text_stays_text", hostile_text_stays_text),
        ("broken_links", broken_links),
        ("a_long_file_is_edited", a_long_file_is_edited),
        ("a_fleet_that_is_loaded", a_fleet_that_is_loaded),
        ("many_owners_come_in_parts", many_owners_come_in_parts),
        ("blueprints_that_come_later", blueprints_that_come_later),
        ("a_token_is_asked_for", a_token_is_asked_for),
        ("parts_are_kept_by_their_version", parts_are_kept_by_their_version),
    ];
    let trials = tests.into_iter().map(|(name, test)| {
        let program: PathBuf = program.clone();
        Trial::test(name, move || {
            test(&program);
            Ok(())
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// Opens the page and waits for the first example.
fn page(browser: &Browser, server: &Server) -> Tab {
    let tab = browser.open(&server.url);
    tab.text_with("#state", "Rendered");
    tab
}

fn output(tab: &Tab) -> String {
    tab.text("#output pre")
}

/// Writes a whole text into the editor, as if it was pasted.
fn write(tab: &Tab, editor: &str, text: &str) {
    tab.fill(editor, text);
    assert_eq!(tab.value(editor), text);
}

/// Puts the caret behind the first place where the editor holds this.
fn caret_behind(tab: &Tab, editor: &str, text: &str) {
    tab.click(editor);
    let script = format!(
        "(() => {{
           const area = document.querySelector({});
           const at = area.value.indexOf({text}) + {text}.length;
           area.setSelectionRange(at, at);
           return area.value.includes({text});
         }})()",
        json!(editor),
        text = json!(text)
    );
    assert_eq!(tab.eval(&script), true, "{text}");
}

fn selected(tab: &Tab) -> String {
    let script = format!(
        "(() => {{ const a = document.querySelector({}); return a.value.slice(a.selectionStart, a.selectionEnd); }})()",
        json!(SOURCE)
    );
    tab.eval(&script).as_str().unwrap().to_owned()
}

fn tabs(tab: &Tab) -> serde_json::Value {
    tab.eval("[...document.querySelectorAll('#tabs [role=tab]')].map((tab) => tab.textContent)")
}

fn edit_error_fix_share(program: &Path) {
    let (server, browser) = (Server::start(&[]), Browser::start(program));
    let tab = page(&browser, &server);
    assert_eq!(tabs(&tab), json!(["config.yml", "values.yml"]));
    assert!(output(&tab).contains("greeting: Hello, world!"));
    tab.picture("light");

    // Edit.
    caret_behind(&tab, SOURCE, "\"Hello, {}!\".format(data.values.name");
    tab.type_text(" + \" and moon\"");
    tab.text_with("#output", "greeting: Hello, world and moon!");

    // Error: at its line, marked in the editor; the last good result stays.
    caret_behind(&tab, SOURCE, "name: #@ data.values.nam");
    tab.press("Shift+Home");
    tab.type_text("  name: #@ data.values.nam");
    caret_behind(&tab, SOURCE, "name: #@ data.values.");
    tab.type_text("x");
    let error = tab.text_with("#state", "Error");
    assert!(error.contains("config.yml:6"), "{error}");
    let problem = tab.text("#problem");
    assert!(problem.contains("struct has no .xname field or method"), "{problem}");
    assert!(problem.contains("config.yml:6"), "{problem}");
    assert_eq!(tab.text("#source .paint .error"), "  name: #@ data.values.xname + \"-greeting\"");
    assert_eq!(tab.text("#source .gutter .error"), "6");
    assert_eq!(tab.eval("document.querySelector('#tabs .faulty').textContent"), "config.yml");
    assert_eq!(tab.eval("document.querySelector('#output').classList.contains('stale')"), true);
    assert!(output(&tab).contains("Hello, world and moon!"));
    tab.picture("error");

    // From the error to its place, from another file.
    tab.click("#tab-1");
    tab.until("document.querySelector('#tab-1').getAttribute('aria-selected') === 'true'");
    tab.click("#problem button.place");
    tab.until("document.querySelector('#tab-0').getAttribute('aria-selected') === 'true'");
    assert_eq!(selected(&tab), "  name: #@ data.values.xname + \"-greeting\"");

    // Fix.
    tab.type_text("  name: #@ data.values.name + \"-hello\"");
    tab.text_with("#state", "Rendered");
    tab.text_with("#output", "name: world-hello");
    assert_eq!(tab.eval("document.querySelectorAll('.paint .error, #tabs .faulty').length"), 0);
    assert_eq!(tab.eval("document.querySelector('#problem').hidden"), true);

    // Data values over those of the files.
    write(&tab, VALUES, "name: mars\n");
    tab.text_with("#output", "name: mars-hello");

    // Share: the same state in a tab that knows nothing.
    tab.click("#share");
    tab.until("document.querySelector('#share-dialog').open");
    let link = tab.value("#link");
    assert!(link.starts_with(&format!("{}#s=", server.url)), "{link}");
    tab.picture("share");
    let other_browser = Browser::start(program);
    let other = other_browser.open(&link);
    other.text_with("#output", "name: mars-hello");
    for field in [SOURCE, VALUES] {
        assert_eq!(other.value(field), tab.value(field));
    }
    assert_eq!(tabs(&other), tabs(&tab));
    // The part of a link behind its # goes to no server.
    let packed = link.split("#s=").nth(1).unwrap();
    assert!(!other_browser.requests().iter().any(|url| url.split('#').next().unwrap().contains(packed)));

    // A tab remembers its state over a reload.
    tab.press("Escape");
    caret_behind(&tab, SOURCE, "-hello");
    tab.type_text("-again");
    tab.text_with("#output", "name: mars-hello-again");
    tab.reload();
    tab.text_with("#output", "name: mars-hello-again");

    assert_eq!(browser.complaints(&[422]), [""; 0]);
    assert_eq!(other_browser.complaints(&[]), [""; 0]);
}

fn an_error_below_other_calls(program: &Path) {
    let (server, browser) = (Server::start(&[]), Browser::start(program));
    let tab = page(&browser, &server);
    write(&tab, SOURCE, "#@ def f(x):\n#@   return x.foo\n#@ end\n---\na: #@ f(1)\n");
    tab.text_with("#state", "config.yml:2");
    assert_eq!(tab.text("#source .paint .error"), "#@   return x.foo");
    assert_eq!(tab.text("#source .paint .trace"), "a: #@ f(1)");
    assert_eq!(tab.eval("document.querySelectorAll('#problem button.place').length"), 2);
    tab.click("#problem li:nth-child(2) button.place");
    assert_eq!(selected(&tab), "a: #@ f(1)");
    // YAML that cannot be read has its line in the text only.
    write(&tab, SOURCE, "a: 1\nb: c: d\n");
    let state = tab.text_with("#state", "mapping values");
    assert!(state.contains("config.yml:"), "{state}");
    assert_eq!(tab.eval("document.querySelectorAll('#source .paint .error').length"), 1);
    // Data values that are no YAML are marked where they are written.
    write(&tab, SOURCE, "a: 1\n");
    tab.text_with("#state", "Rendered");
    write(&tab, VALUES, "a: [\n");
    tab.text_with("#state", "Error");
    tab.until("document.querySelectorAll('#values .paint .error').length === 1");
    assert_eq!(tab.eval("document.querySelectorAll('#source .paint .error').length"), 0);
    assert_eq!(browser.complaints(&[422]), [""; 0]);
}

fn the_form_edits_the_data_values(program: &Path) {
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
fn values_are_changed_in_place(program: &Path) {
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

fn files_are_added_renamed_and_deleted(program: &Path) {
    let (server, browser) = (Server::start(&[]), Browser::start(program));
    let tab = page(&browser, &server);
    tab.click("#add");
    tab.type_text("settings");
    tab.press("Enter");
    tab.until("document.activeElement === document.querySelector('#source textarea')");
    assert_eq!(tabs(&tab), json!(["config.yml", "values.yml", "settings.yml"]));
    tab.type_text("colour: blue\n");
    tab.text_with("#state", "2 files");
    tab.text_with("#output", "colour: blue");
    let shown = "[...document.querySelectorAll('#output h3')].map((title) => title.textContent)";
    assert_eq!(tab.eval(shown), json!(["config.yml", "settings.yml"]));

    // Names that are taken or lead out are refused.
    tab.click("#rename");
    tab.fill("#name", "config.yml");
    tab.press("Enter");
    tab.text_with("#name-problem", "There is a file config.yml already");
    tab.fill("#name", "../x.yml");
    tab.press("Enter");
    tab.text_with("#name-problem", "relative");
    tab.fill("#name", "more/colours.yml");
    tab.press("Enter");
    tab.until("document.querySelector('#name-form').hidden");
    assert_eq!(tabs(&tab), json!(["config.yml", "values.yml", "more/colours.yml"]));
    tab.until(&format!("{shown}.includes('more/colours.yml')"));

    // Deleted, and back.
    tab.click("#delete");
    tab.text_with("#notice", "more/colours.yml is deleted");
    tab.text_with("#state", "1 file");
    assert_eq!(tabs(&tab), json!(["config.yml", "values.yml"]));
    tab.click("#notice-action");
    tab.text_with("#output", "colour: blue");
    assert_eq!(tabs(&tab), json!(["config.yml", "values.yml", "more/colours.yml"]));

    // Without any file.
    for _ in 0..3 {
        tab.click("#delete");
    }
    tab.text_with("#output", "No output");
    assert_eq!(tab.eval("document.querySelector('#delete').disabled"), true);
    assert_eq!(browser.complaints(&[422]), [""; 0]);
}

fn examples_and_text_templates(program: &Path) {
    let (server, browser) = (Server::start(&[]), Browser::start(program));
    let tab = page(&browser, &server);
    let names =
        tab.eval("[...document.querySelector('#examples').options].map((one) => one.value).filter(Boolean)");
    assert!(names.as_array().unwrap().len() >= 5, "{names}");
    for name in names.as_array().unwrap() {
        let name = name.as_str().unwrap();
        tab.choose("#examples", name);
        tab.until(&format!(
            "fetch('v1/examples/{name}').then((answer) => answer.json()).then((example) => {{
               const text = document.querySelector({}).value;
               return example.files.some((file) => file.text === text);
             }})",
            json!(SOURCE)
        ));
        tab.text_with("#state", "Rendered");
    }
    assert_eq!(names[names.as_array().unwrap().len() - 1], "text");
    tab.text_with("#output", "* metrics listens on port 9090");
    assert_eq!(tab.text("#output h3"), "motd.txt");
    assert_eq!(
        output(&tab),
        "Welcome to edge-1.\n* web listens on port 8080\n* metrics listens on port 9090\n"
    );
    // Code that begins in one line and ends in another is one to the colours too.
    write(&tab, SOURCE, "a (@ def f(x): -@)\nb (@= x\n+ \"c\" @) d\n(@ end -@)\n(@= f(\"e\") @)\n");
    tab.text_with("#output", "b ec d");
    assert_eq!(tab.eval("document.querySelectorAll('#source .paint .t-mark').length"), 8);
    assert_eq!(tab.text("#source .paint div:nth-child(3) .t-string"), "\"c\"");
    assert_eq!(browser.complaints(&[422]), [""; 0]);
}

fn by_keyboard_alone(program: &Path) {
    let (server, browser) = (Server::start(&[]), Browser::start(program));
    let tab = page(&browser, &server);
    let focus = |what: &str| tab.until(&format!("document.activeElement.matches({})", json!(what)));
    // The first stop leads to the editor.
    tab.press("Tab");
    focus("#skip");
    tab.press("Enter");
    focus(SOURCE);
    // Tab indents; after Escape it moves on, and back.
    tab.eval(&format!("document.querySelector({}).setSelectionRange(0, 0)", json!(SOURCE)));
    tab.press("Tab");
    assert!(tab.value(SOURCE).starts_with("  #@ load"));
    tab.press("Shift+Tab");
    assert!(tab.value(SOURCE).starts_with("#@ load"));
    tab.press("Escape");
    tab.press("Tab");
    focus("#result-title, #result-scroll, .file button");
    tab.press("Shift+Tab");
    focus(SOURCE);
    // One of the tabs of the files is a stop; arrows go to the others.
    tab.eval("document.querySelector('#tab-0').focus()");
    tab.press("ArrowRight");
    focus("#tab-1");
    assert!(tab.value(SOURCE).starts_with("#@data/values"));
    assert_eq!(tab.eval("document.querySelectorAll('#tabs [tabindex=\"0\"]').length"), 1);
    tab.press("ArrowRight");
    focus("#tab-0");
    // What is typed can be undone, indentation too.
    caret_behind(&tab, SOURCE, "data:");
    tab.press("End");
    let before = tab.value(SOURCE);
    tab.press("Tab");
    assert_ne!(tab.value(SOURCE), before);
    tab.press("Control+z");
    assert_eq!(tab.value(SOURCE), before);
    // A line begins where the one before it did.
    caret_behind(&tab, SOURCE, "  name: #@ data.values.name + \"-greeting\"");
    tab.press("Enter");
    tab.type_text("oops: #@ nothing");
    tab.text_with("#state", "config.yml:7");
    assert!(tab.value(SOURCE).contains("\n  oops: #@ nothing\n"));
    // To the first error.
    tab.eval("document.querySelector('#tab-0').focus()");
    tab.press("ArrowRight");
    tab.press("F8");
    focus(SOURCE);
    assert_eq!(selected(&tab), "  oops: #@ nothing");
    assert_eq!(browser.complaints(&[422]), [""; 0]);
}

fn hostile_text_stays_text(program: &Path) {
    let (server, browser) = (Server::start(&[]), Browser::start(program));
    let tab = page(&browser, &server);
    let elements = "document.querySelectorAll('main script, main img, main svg, main iframe, main b').length";
    let bad = "<img src=x onerror=\"hit=1\"><script>hit=1</script><b>";
    tab.eval("globalThis.hit = 0");
    // In templates, output, errors, data values, the schema, names of files.
    write(&tab, SOURCE, &format!("a: '{bad}'\nb: #@ \"</pre>\" + '<svg onload=hit=1>'\n"));
    tab.text_with("#output", bad);
    tab.text_with("#output", "</pre><svg onload=hit=1>");
    write(&tab, SOURCE, &format!("#@ fail('{}')\n", bad.replace('"', "")));
    tab.text_with("#problem", "<img src=x onerror=hit=1>");
    write(
        &tab,
        SOURCE,
        &format!(
            "#@data/values-schema\n---\n#@schema/title '{bad}'\n#@schema/desc '{bad}'\n#@schema/validation one_of=['{bad}']\na: '{bad}'\n'{bad}': ['{bad}']\n"
        ),
    );
    tab.click("#tab-1");
    write(&tab, SOURCE, "x: 1\n");
    write(&tab, VALUES, &format!("a: '{bad}'\n"));
    tab.text_with("#form-hint", "from the schema");
    tab.text_with("#form", bad);
    tab.click("#rename");
    tab.fill("#name", "<img src=x onerror=hit=1>.yml");
    tab.press("Enter");
    tab.text_with("#tabs", "<img src=x onerror=hit=1>.yml");
    tab.text_with("#output h3", "<img src=x onerror=hit=1>.yml");
    assert_eq!(tab.eval(elements), 0);
    assert_eq!(tab.eval("hit"), 0);
    // Even a script that wanted to could not make HTML of text.
    let forbidden = tab
        .eval("(() => { try { document.body.innerHTML = '<b>'; return false; } catch { return true; } })()");
    assert_eq!(forbidden, true);
    assert!(browser.requests().iter().all(|url| url.starts_with(&server.url) || url.starts_with("about:")));
    let complaints = browser.complaints(&[422]);
    // The attempt just made is refused by the policy; nothing else is.
    assert!(complaints.iter().all(|one| one.contains("TrustedHTML")), "{complaints:?}");
}

fn broken_links(program: &Path) {
    let (server, browser) = (Server::start(&[]), Browser::start(program));
    for (fragment, reason) in [
        ("#s=", "damaged"),
        ("#s=AAAA", "damaged"),
        ("#s=%%%", "base64url"),
        // `{}`, packed.
        ("#s=q64FAA", "something else"),
    ] {
        let tab = browser.open(&format!("{}{fragment}", server.url));
        tab.text_with("#notice", "This link cannot be opened");
        assert!(tab.text("#notice").contains(reason), "{fragment}: {}", tab.text("#notice"));
        // The page works all the same.
        tab.text_with("#output", "greeting: Hello, world!");
        tab.click("#notice-close");
        tab.until("document.querySelector('#notice').hidden");
    }
    assert_eq!(browser.complaints(&[]), [""; 0]);
}

fn a_long_file_is_edited(program: &Path) {
    let (server, browser) = (Server::start(&[]), Browser::start(program));
    let tab = page(&browser, &server);
    let text: String = (0..2000).map(|line| format!("key{line}: #@ {line} + 1\n")).collect();
    write(&tab, SOURCE, &text);
    tab.text_with("#output", "key1999: 2000");
    caret_behind(&tab, SOURCE, "key1500: #@ 1500 + 1");
    tab.type_text(" + nothing");
    tab.text_with("#state", "config.yml:1501");
    // Only the line that was typed in is painted anew.
    assert_eq!(tab.eval("document.querySelectorAll('#source .paint > div').length"), 2001);
    tab.click("#problem button.place");
    tab.until(
        "(() => {
           const line = document.querySelector('#source .paint .error').getBoundingClientRect();
           const area = document.querySelector('#source').getBoundingClientRect();
           return line.top >= area.top && line.bottom <= area.bottom;
         })()",
    );
    assert_eq!(tab.text("#source .paint .error"), "key1500: #@ 1500 + 1 + nothing");
    assert_eq!(browser.complaints(&[422]), [""; 0]);
}

fn a_fleet_that_is_loaded(program: &Path) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/source-to-url");
    let server = Server::start(&["--blueprints", folder.to_str().unwrap()]);
    let browser = Browser::start(program);
    let tab = page(&browser, &server);
    tab.click("#to-fleet");
    tab.text_with("#counts", "1 owner");
    let list = tab.text_with("#owner-list", "default/hello-golang");
    assert!(
        list.contains("waiting") && list.contains("waiting to read value [.status.artifact.url]"),
        "{list}"
    );
    // The chain, as a picture that is really one, and as a table.
    tab.until("document.querySelector('.chain img')?.naturalWidth > 300");
    assert_eq!(tab.eval("document.querySelector('.chain img').src.startsWith('blob:')"), true);
    let table = tab.text_with("#owner-detail table", "image-builder");
    assert!(table.contains("source-provider") && table.contains("waiting"), "{table}");
    tab.picture("fleet");

    tab.fill("#filter", "nobody");
    tab.text_with("#counts", "0 of 1 owner");
    tab.fill("#filter", "golang");
    tab.until("document.querySelectorAll('#owner-list li').length === 1");

    // An owner of one's own.
    let owner = "apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata:\n  name: '<img src=x>'\n  namespace: team\n  labels:\n    \
                 app.tanzu.vmware.com/workload-type: web\nspec:\n  source:\n    git:\n      url: https://example.com/x.git\n      ref: {branch: main}\n";
    write(&tab, "#pasted textarea", &owner.replace("'<img src=x>'", "shop"));
    tab.click("#stamp");
    tab.text_with("#stamped", "Workload team/shop");
    tab.text_with("#stamped", "GitRepository shop");
    tab.picture("stamped");
    write(&tab, "#pasted textarea", owner);
    tab.click("#stamp");
    tab.text_with("#stamped", "<img src=x>");
    write(&tab, "#pasted textarea", "a: [\n");
    tab.click("#stamp");
    tab.text_with("#stamped .problem", "did not find expected node content");
    tab.until("document.querySelectorAll('#pasted .paint .error').length === 1");

    // Back at the templates everything is as it was.
    tab.click("#to-edit");
    tab.text_with("#output", "greeting: Hello, world!");
    // The address leads here at once.
    let direct = browser.open(&format!("{}#fleet", server.url));
    direct.text_with("#owner-list", "default/hello-golang");
    assert_eq!(browser.complaints(&[400, 422]), [""; 0]);
}

fn many_owners_come_in_parts(program: &Path) {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/source-to-url");
    let folder = tempfile::tempdir().unwrap();
    for file in ["supply-chain.yaml", "templates.yaml"] {
        std::fs::copy(examples.join(file), folder.path().join(file)).unwrap();
    }
    let workload = std::fs::read_to_string(examples.join("workload.yaml")).unwrap();
    let workloads: Vec<String> = (0..250)
        .map(|number| workload.replace("name: hello-golang", &format!("name: web-{number}")))
        .collect();
    std::fs::write(folder.path().join("workloads.yaml"), workloads.join("\n---\n")).unwrap();
    let server = Server::start(&["--blueprints", folder.path().to_str().unwrap()]);
    let browser = Browser::start(program);
    let tab = browser.open(&format!("{}#fleet", server.url));
    tab.text_with("#counts", "200 owners, more on the server");
    assert_eq!(tab.eval("document.querySelectorAll('#owner-list li').length"), 200);
    tab.click("#owner-list > button");
    tab.until("document.querySelector('#counts').textContent === '250 owners'");
    tab.fill("#filter", "web-249 waiting");
    tab.text_with("#counts", "1 of 250 owners");
    tab.click("#owner-list li button");
    tab.text_with("#owner-state", "default/web-249: waiting");
    assert_eq!(browser.complaints(&[]), [""; 0]);
}

fn blueprints_that_come_later(program: &Path) {
    let (server, browser) = (Server::start(&[]), Browser::start(program));
    let tab = browser.open(&format!("{}#fleet", server.url));
    let text = tab.text_with("#owner-list", "No blueprints are loaded");
    assert!(text.contains("stampmill serve --blueprints"), "{text}");
    assert_eq!(tab.eval("document.querySelector('#stamp').disabled"), true);
    tab.click("#owner-list button");
    tab.text_with("#owner-list", "default/hello-golang");
    tab.until("document.querySelector('.chain img')?.naturalWidth > 300");
    tab.picture("fleet-example");
    assert_eq!(browser.complaints(&[]), [""; 0]);
}

fn a_token_is_asked_for(program: &Path) {
    let tokens = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(tokens.path(), "open-sesame,ali\n").unwrap();
    let server = Server::start(&["--token-file", tokens.path().to_str().unwrap()]);
    let browser = Browser::start(program);
    let tab = browser.open(&server.url);
    tab.until("document.querySelector('#token-dialog').open");
    tab.fill("#token", "wrong");
    tab.press("Enter");
    // One that is refused is asked for again when something is wanted again.
    tab.text_with("#notice", "token");
    tab.reload();
    tab.until("document.querySelector('#token-dialog').open");
    tab.fill("#token", "open-sesame");
    tab.press("Enter");
    tab.text_with("#output", "greeting: Hello, world!");
    tab.until("!document.querySelector('#token-dialog').open");
    assert_eq!(tab.value("#token"), "");
    // It stays in the tab, and goes into no link.
    tab.reload();
    tab.text_with("#output", "greeting: Hello, world!");
    assert_eq!(tab.eval("localStorage.length"), 0);
    assert!(!browser.requests().iter().any(|url| url.contains("sesame")));
    assert_eq!(browser.complaints(&[401]), [""; 0]);
}

fn parts_are_kept_by_their_version(program: &Path) {
    let (server, browser) = (Server::start(&[]), Browser::start(program));
    let tab = page(&browser, &server);
    let ask = |path: &str, tag: &str| {
        let script = format!(
            "(async () => {{
               const headers = {tag} ? {{ 'if-none-match': {tag} }} : {{}};
               const answer = await fetch({path}, {{ cache: 'no-store', headers }});
               const text = await answer.text();
               const names = ['etag', 'cache-control', 'content-type', 'content-security-policy', 'x-content-type-options'];
               return [answer.status, ...names.map((name) => answer.headers.get(name) ?? ''), text.length];
             }})()",
            path = json!(path),
            tag = json!(tag)
        );
        tab.eval(&script)
    };
    let document = ask("/", "");
    assert_eq!(document[0], 200);
    assert_eq!(document[2], "no-cache");
    assert_eq!(document[3], "text/html; charset=utf-8");
    let policy = document[4].as_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(document[5], "nosniff");
    let again = ask("/", document[1].as_str().unwrap());
    assert_eq!((&again[0], &again[6]), (&json!(304), &json!(0)));
    let address = tab.eval("new URL(document.querySelector('script').src).pathname");
    let part = ask(address.as_str().unwrap(), "");
    assert_eq!(part[0], 200);
    assert_eq!(part[2], "public, max-age=31536000, immutable");
    assert_eq!(part[3], "text/javascript; charset=utf-8");
    assert_eq!(ask(address.as_str().unwrap(), part[1].as_str().unwrap())[0], 304);
    // An older document, still open while the server was replaced.
    let older = ask("/page/0123456789abcdef/main.js", "");
    assert_eq!((&older[0], &older[2]), (&json!(200), &json!("no-store")));
    assert_eq!(ask("/page/0123456789abcdef/none.js", "")[0], 404);
}
