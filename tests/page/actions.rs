//! What tests do on the page, and read from it.

use serde_json::json;

use crate::chromium::{Browser, Tab};
use crate::server::Server;

pub(crate) const SOURCE: &str = "#source textarea";
pub(crate) const VALUES: &str = "#values textarea";

/// Opens the page and waits for the first example.
pub(crate) fn page(browser: &Browser, server: &Server) -> Tab {
    let tab = browser.open(&server.url);
    tab.text_with("#state", "Rendered");
    tab
}

pub(crate) fn output(tab: &Tab) -> String {
    tab.text("#output pre")
}

/// Writes a whole text into the editor, as if it was pasted.
pub(crate) fn write(tab: &Tab, editor: &str, text: &str) {
    tab.fill(editor, text);
    assert_eq!(tab.value(editor), text);
}

/// Puts the caret behind the first place where the editor holds this.
pub(crate) fn caret_behind(tab: &Tab, editor: &str, text: &str) {
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

pub(crate) fn selected(tab: &Tab) -> String {
    let script = format!(
        "(() => {{ const a = document.querySelector({}); return a.value.slice(a.selectionStart, a.selectionEnd); }})()",
        json!(SOURCE)
    );
    tab.eval(&script).as_str().unwrap().to_owned()
}

pub(crate) fn tabs(tab: &Tab) -> serde_json::Value {
    tab.eval("[...document.querySelectorAll('#tabs [role=tab]')].map((tab) => tab.textContent)")
}
