//! Files that are edited, and what comes of it while one types.

use std::path::Path;

use serde_json::json;

use crate::actions::{SOURCE, VALUES, caret_behind, output, page, selected, tabs, write};
use crate::chromium::Browser;
use crate::server::Server;

pub(crate) fn edit_error_fix_share(program: &Path) {
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

pub(crate) fn an_error_below_other_calls(program: &Path) {
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

pub(crate) fn a_long_file_is_edited(program: &Path) {
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

pub(crate) fn by_keyboard_alone(program: &Path) {
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
