//! Files that come and go, and examples.

use std::path::Path;

use serde_json::json;

use crate::actions::{SOURCE, output, page, tabs, write};
use crate::chromium::Browser;
use crate::server::Server;

pub(crate) fn files_are_added_renamed_and_deleted(program: &Path) {
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

pub(crate) fn examples_and_text_templates(program: &Path) {
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
