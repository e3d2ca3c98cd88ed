//! Who is let in, and what browsers keep.

use std::path::Path;

use serde_json::json;

use crate::actions::page;
use crate::chromium::Browser;
use crate::server::Server;

pub(crate) fn a_token_is_asked_for(program: &Path) {
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

pub(crate) fn parts_are_kept_by_their_version(program: &Path) {
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
