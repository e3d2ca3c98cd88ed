//! Texts that would like to be more than that.

use std::path::Path;

use crate::actions::{SOURCE, VALUES, page, write};
use crate::chromium::Browser;
use crate::server::Server;

pub(crate) fn hostile_text_stays_text(program: &Path) {
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
