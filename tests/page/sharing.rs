//! Links that hold the state of the page.

use std::path::Path;

use crate::chromium::Browser;
use crate::server::Server;

pub(crate) fn broken_links(program: &Path) {
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
