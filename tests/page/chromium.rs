//! A headless Chromium, driven by its DevTools protocol over a WebSocket.
//!
//! Clicks and keys are those of the browser's input, not calls of scripts: what is covered by something else cannot be
//! clicked.

use std::collections::VecDeque;
use std::fs;
use std::net::TcpStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

/// Only a page that hangs takes so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// Chromium, if there is one: that of `CHROMIUM`, else of the `PATH`.
pub(crate) fn find() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Some(PathBuf::from(named));
    }
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
    std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|program| program.is_file())
}

/// A browser with a profile of its own. It ends with this.
pub(crate) struct Browser {
    child: Child,
    connection: Arc<Mutex<Connection>>,
    _profile: tempfile::TempDir,
}

struct Connection {
    socket: WebSocket<TcpStream>,
    last: u64,
    /// Events that nobody has taken yet.
    events: VecDeque<Value>,
}

impl Connection {
    fn call(&mut self, session: Option<&str>, method: &str, parameters: Value) -> Result<Value, String> {
        self.last += 1;
        let id = self.last;
        let mut message = json!({"id": id, "method": method, "params": parameters});
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        self.socket.send(Message::text(message.to_string())).map_err(|error| format!("{method}: {error}"))?;
        loop {
            let message = self.socket.read().map_err(|error| format!("{method}: {error}"))?;
            let Message::Text(text) = message else { continue };
            let mut answer: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            if answer["id"] != id {
                self.events.push_back(answer);
            } else if answer["error"].is_object() {
                return Err(format!("{method}: {}", answer["error"]));
            } else {
                return Ok(answer["result"].take());
            }
        }
    }
}

impl Browser {
    pub(crate) fn start(program: &Path) -> Browser {
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new(program);
        // Without its sandbox, which a root user and most containers cannot have: it sees nothing but our own pages.
        command.args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--remote-debugging-port=0",
        ]);
        command.arg(format!("--user-data-dir={}", profile.path().display())).arg("about:blank");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // A group of its own, so that all of its processes can be ended, and only they.
        let mut child = command.process_group(0).spawn().unwrap();
        let file = profile.path().join("DevToolsActivePort");
        let end = Instant::now() + PATIENCE;
        let (port, path) = loop {
            let text = fs::read_to_string(&file).unwrap_or_default();
            if let Some((port, path)) = text.split_once('\n')
                && let Ok(port) = port.parse::<u16>()
            {
                break (port, path.trim().to_owned());
            }
            assert!(child.try_wait().unwrap().is_none(), "{} ended at once", program.display());
            assert!(Instant::now() < end, "{} does not listen", program.display());
            sleep(Duration::from_millis(20));
        };
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (socket, _) = tungstenite::client(format!("ws://127.0.0.1:{port}{path}"), stream).unwrap();
        let connection = Connection { socket, last: 0, events: VecDeque::new() };
        Browser { child, connection: Arc::new(Mutex::new(connection)), _profile: profile }
    }

    /// Opens an address in a new tab.
    pub(crate) fn open(&self, url: &str) -> Tab {
        let tab = self.blank();
        tab.call("Page.navigate", json!({"url": url}));
        tab
    }

    /// A new tab, before it goes anywhere.
    pub(crate) fn blank(&self) -> Tab {
        let mut connection = self.connection.lock().unwrap();
        let target = connection.call(None, "Target.createTarget", json!({"url": "about:blank"})).unwrap();
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = connection.call(None, "Target.attachToTarget", attach).unwrap();
        drop(connection);
        let session = session["sessionId"].as_str().unwrap().to_owned();
        let tab = Tab { connection: Arc::clone(&self.connection), session };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            tab.call(&format!("{domain}.enable"), json!({}));
        }
        let size = json!({"width": 1280, "height": 800, "deviceScaleFactor": 1, "mobile": false});
        tab.call("Emulation.setDeviceMetricsOverride", size);
        tab
    }

    /// Errors on the console, uncaught exceptions, and what the policy refused, of all tabs. An answer that is a
    /// problem is a line on the console too; those are left out, if their status is one of `expected`.
    pub(crate) fn complaints(&self, expected: &[u16]) -> Vec<String> {
        let connection = self.connection.lock().unwrap();
        let complaint = |event: &Value| {
            let parameters = &event["params"];
            match event["method"].as_str()? {
                "Runtime.exceptionThrown" => Some(parameters["exceptionDetails"].to_string()),
                "Runtime.consoleAPICalled" if parameters["type"] != "log" => {
                    Some(parameters["args"].to_string())
                }
                "Log.entryAdded" => {
                    let entry = &parameters["entry"];
                    let text = entry["text"].as_str().unwrap_or_default();
                    let answer = entry["source"] == "network"
                        && expected.iter().any(|status| text.contains(&format!("status of {status} ")));
                    let bad = entry["level"] == "error" || entry["level"] == "warning";
                    (bad && !answer).then(|| entry.to_string())
                }
                _ => None,
            }
        };
        connection.events.iter().filter_map(complaint).collect()
    }

    /// The addresses that were asked for, of all tabs.
    pub(crate) fn requests(&self) -> Vec<String> {
        let connection = self.connection.lock().unwrap();
        let sent = connection.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        sent.filter_map(|event| event["params"]["request"]["url"].as_str().map(str::to_owned)).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Ok(mut connection) = self.connection.lock() {
            _ = connection.call(None, "Browser.close", json!({}));
        }
        let end = Instant::now() + Duration::from_secs(5);
        while Instant::now() < end && matches!(self.child.try_wait(), Ok(None)) {
            sleep(Duration::from_millis(20));
        }
        if matches!(self.child.try_wait(), Ok(None)) {
            let group = format!("-{}", self.child.id());
            _ = Command::new("kill").args(["-KILL", "--", &group]).status();
            _ = self.child.wait();
        }
    }
}

/// A tab of a browser.
pub(crate) struct Tab {
    connection: Arc<Mutex<Connection>>,
    session: String,
}

impl Tab {
    /// A command of the protocol.
    pub(crate) fn call(&self, method: &str, parameters: Value) -> Value {
        self.connection.lock().unwrap().call(Some(&self.session), method, parameters).unwrap()
    }

    /// What an expression gives; of a promise what it resolves to.
    pub(crate) fn eval(&self, expression: &str) -> Value {
        self.attempt(expression).unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    fn attempt(&self, expression: &str) -> Result<Value, String> {
        let parameters = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let mut connection = self.connection.lock().unwrap();
        let mut answer = connection.call(Some(&self.session), "Runtime.evaluate", parameters)?;
        if answer["exceptionDetails"].is_object() {
            return Err(answer["exceptionDetails"].to_string());
        }
        Ok(answer["result"]["value"].take())
    }

    /// Waits until an expression is true.
    pub(crate) fn until(&self, expression: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            // A page that is being loaded has no document to ask.
            let now = self.attempt(expression);
            if now == Ok(Value::Bool(true)) {
                return;
            }
            if Instant::now() > end {
                let shown = self.eval("document.body.innerText");
                panic!("not so: {expression} ({now:?})\n{}", shown.as_str().unwrap_or_default());
            }
            sleep(Duration::from_millis(15));
        }
    }

    /// Waits until the text of an element holds this; gives all of it.
    pub(crate) fn text_with(&self, selector: &str, part: &str) -> String {
        let selector = json!(selector);
        let text = format!("document.querySelector({selector})?.innerText ?? ''");
        self.until(&format!("({text}).includes({})", json!(part)));
        self.eval(&text).as_str().unwrap().to_owned()
    }

    /// The text of an element.
    pub(crate) fn text(&self, selector: &str) -> String {
        self.eval(&format!("document.querySelector({}).innerText", json!(selector)))
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// What is in a field.
    pub(crate) fn value(&self, selector: &str) -> String {
        self.eval(&format!("document.querySelector({}).value", json!(selector))).as_str().unwrap().to_owned()
    }

    /// Clicks the middle of an element with the mouse.
    pub(crate) fn click(&self, selector: &str) {
        let place = format!(
            "(() => {{
               const element = document.querySelector({});
               if (!element || element.disabled) return null;
               element.scrollIntoView({{ block: 'nearest', inline: 'nearest' }});
               const {{ left, top, width, height }} = element.getBoundingClientRect();
               const [x, y] = [left + width / 2, top + height / 2];
               const hit = document.elementFromPoint(x, y);
               return element.contains(hit) ? [x, y] : null;
             }})()",
            json!(selector)
        );
        self.until(&format!("{place} !== null"));
        let place = self.eval(&place);
        for (kind, buttons) in [("mousePressed", 1), ("mouseReleased", 0)] {
            let event = json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "buttons": buttons, "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Presses a key: `Tab`, `Shift+Tab`, `ArrowRight`, `F8`, `Control+a`.
    pub(crate) fn press(&self, key: &str) {
        let (modifier, key) = key.split_once('+').map_or((0, key), |(modifier, key)| {
            (
                ["Alt", "Control", "Meta", "Shift"]
                    .iter()
                    .position(|one| *one == modifier)
                    .map_or(0, |at| 1 << at),
                key,
            )
        });
        let (code, text) = match key {
            "Tab" => (9, None),
            "Enter" => (13, Some("\r")),
            "Escape" => (27, None),
            "End" => (35, None),
            "Home" => (36, None),
            "ArrowLeft" => (37, None),
            "ArrowRight" => (39, None),
            "F8" => (119, None),
            "a" => (65, None),
            "z" => (90, None),
            _ => panic!("no such key: {key}"),
        };
        let mut event = json!({"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": modifier});
        if let Some(text) = text {
            event["text"] = text.into();
        }
        if (modifier, key) == (2, "a") {
            event["commands"] = json!(["selectAll"]);
        }
        if (modifier, key) == (2, "z") {
            event["commands"] = json!(["undo"]);
        }
        self.call("Input.dispatchKeyEvent", event);
        let up = json!({"type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": modifier});
        self.call("Input.dispatchKeyEvent", up);
    }

    /// Types text where the focus is.
    pub(crate) fn type_text(&self, text: &str) {
        self.call("Input.insertText", json!({"text": text}));
    }

    /// Clicks a field and types over what it holds.
    pub(crate) fn fill(&self, selector: &str, text: &str) {
        self.click(selector);
        self.press("Control+a");
        self.type_text(text);
    }

    /// Chooses an option of a menu, by its value or its text.
    pub(crate) fn choose(&self, selector: &str, option: &str) {
        let done = self.eval(&format!(
            "(() => {{
               const menu = document.querySelector({});
               const index = [...menu.options].findIndex((one) => [one.value, one.text].includes({}));
               if (index < 0) return false;
               menu.selectedIndex = index;
               menu.dispatchEvent(new Event('change', {{ bubbles: true }}));
               return true;
             }})()",
            json!(selector),
            json!(option)
        ));
        assert_eq!(done, true, "{selector} has no {option}");
    }

    /// Loads the page again.
    pub(crate) fn reload(&self) {
        self.call("Page.reload", json!({}));
    }

    /// Writes a picture of the tab, for those who look at it: to the folder of `PAGE_PICTURES`, if that is set.
    pub(crate) fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("PAGE_PICTURES").map(PathBuf::from) else { return };
        let picture = self.call("Page.captureScreenshot", json!({"format": "png"}));
        use base64::Engine as _;
        let bytes =
            base64::engine::general_purpose::STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.png")), bytes).unwrap();
    }
}
