//! Owners of blueprints.

use std::path::Path;

use crate::actions::{page, write};
use crate::chromium::Browser;
use crate::server::Server;

pub(crate) fn a_fleet_that_is_loaded(program: &Path) {
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

pub(crate) fn many_owners_come_in_parts(program: &Path) {
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
    tab.text_with("#counts", "200 of 250 owners, more on the server");
    assert_eq!(tab.eval("document.querySelectorAll('#owner-list li').length"), 200);
    // The server finds those that have not come yet.
    tab.fill("#filter", "Workload WEB-249");
    tab.text_with("#counts", "1 of 250 owners");
    assert_eq!(tab.text("#owner-list .name"), "default/web-249");
    tab.fill("#filter", "");
    tab.text_with("#counts", "200 of 250 owners, more on the server");
    tab.click("#owner-list > button");
    tab.until("document.querySelector('#counts').textContent === '250 owners'");
    tab.choose("#filter-state", "ready");
    tab.text_with("#owner-list", "No owner is like that.");
    tab.text_with("#counts", "0 of 250 owners");
    tab.choose("#filter-state", "waiting");
    tab.until("document.querySelector('#counts').textContent === '200 of 250 owners, more on the server'");
    // One request for what was typed, not one for each letter.
    tab.eval(
        "for (const text of ['w', 'we', 'web', 'web-249']) {
           const filter = document.querySelector('#filter');
           filter.value = text;
           filter.dispatchEvent(new Event('input', { bubbles: true }));
         }",
    );
    tab.text_with("#counts", "1 of 250 owners");
    let asked = browser.requests().iter().filter(|url| url.contains("search=w")).count();
    assert_eq!(asked, 1);
    tab.click("#owner-list li button");
    tab.text_with("#owner-state", "default/web-249: waiting");
    assert_eq!(browser.complaints(&[]), [""; 0]);
}

pub(crate) fn blueprints_that_come_later(program: &Path) {
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
