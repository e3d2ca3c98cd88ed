// The page: what is edited, when it is rendered, and what is shown of it.

import { json, onTokenWanted, Problem, request } from "./api.js";
import { byId, copy, debounced, el } from "./dom.js";
import { Editor } from "./editor.js";
import { Files } from "./files.js";
import { Fleet } from "./fleet.js";
import { Form } from "./form.js";
import { brief, marksOf, places, setState, showOutput, showProblem } from "./result.js";
import { checked, pack, toBase64, unpack } from "./share.js";
import { edit, put } from "./yaml.js";

/** Where this tab remembers its state over a reload. */
const REMEMBERED = "stampmill.state";
/** How long typing has to rest, in milliseconds. */
const REST = 120;
/** How errors name the text of the data values. */
const VALUES = "data values";
/** The path under which the server reads that text as a file. */
const VALUES_FILE = "values.yml";
const FILES_TYPE = "application/vnd.stampmill.files+json";

const state = { files: [], values: "", active: 0 };
/** What the text of the data values holds, as the server read it. */
let own = {};
/** The requests under way, to be aborted by the next ones. */
let running = null;
let informing = null;

// --- Parts of the page

const source = new Editor(byId("source"), {
  label: "Template",
  placeholder: "#@ load(\"@ytt:data\", \"data\")",
  input: (text) => {
    const file = state.files[state.active];
    if (file) state.files[state.active] = { path: file.path, text };
    changed();
  },
});
const values = new Editor(byId("values"), {
  label: "Data values, YAML",
  placeholder: "name: moon",
  input: (text) => {
    state.values = text;
    changed();
  },
});
values.set("", VALUES_FILE);
const files = new Files({
  select: (index) => {
    state.active = index;
    showFiles();
    remember();
  },
  change: (list, active) => {
    state.files = list;
    state.active = active;
    showFiles();
    changed();
  },
  gone: (path, undo) => notice(`${path} is deleted.`, { label: "Undo", work: undo }),
});
const form = new Form(byId("form"), byId("form-hint"), (path, value) => {
  state.values = edit(state.values, own, path, value);
  values.set(state.values, VALUES_FILE);
  // Until the server has read the text anew, this is what it holds.
  own = put(own, path, value);
  changed();
});
const fleet = new Fleet(notice);

// --- Showing

let marks = new Map();

function showFiles() {
  const file = state.files[state.active];
  files.show(state.files, state.active);
  files.mark(new Set(marks.keys()));
  if (file === undefined) {
    source.set("", "");
    source.label = "No file";
    source.readOnly = true;
  } else {
    const binary = file.text === undefined;
    source.set(binary ? "(not text; it is given to the templates as it is)" : file.text, file.path);
    source.label = `Text of ${file.path}`;
    source.readOnly = binary;
  }
  source.mark(marks.get(file?.path) ?? new Map());
}

function paths() {
  const known = new Set(state.files.map((file) => file.path));
  known.add(VALUES);
  return known;
}

function go(path, line) {
  if (location.hash.startsWith("#fleet")) location.hash = "#edit";
  const index = state.files.findIndex((file) => file.path === path);
  if (index < 0) {
    values.go(line);
    return;
  }
  state.active = index;
  showFiles();
  source.go(line);
}

let firstPlace = null;

function mark(details) {
  const found = details === null ? [] : places(details, paths());
  firstPlace = found[0] ?? null;
  marks = new Map([...new Set(found.map(({ path }) => path))].map((path) => [path, marksOf(found.filter((place) => place.path === path))]));
  const file = state.files[state.active];
  files.mark(new Set(marks.keys()));
  source.mark(marks.get(file?.path) ?? new Map());
  values.mark(marks.get(VALUES) ?? new Map());
}

/** Says something at the top of the page, or nothing any more; with a button for what can be done about it. */
function notice(text = "", action = undefined) {
  byId("notice-text").textContent = text;
  const button = byId("notice-action");
  button.hidden = action === undefined;
  button.textContent = action?.label ?? "";
  button.onclick = () => {
    notice();
    action?.work();
  };
  byId("notice").hidden = text === "";
}

// --- Rendering

function body() {
  return { files: state.files, ...(state.values.trim() === "" ? {} : { dataValuesYaml: state.values }) };
}

/** Tries again what the server was too busy for, when it asks for that. */
function again(problem, work) {
  if (problem.status === 429 || problem.status === 503) setTimeout(work, 1000 * Math.min(problem.retryAfter ?? 1, 10));
}

async function render() {
  running?.abort();
  const mine = (running = new AbortController());
  const started = performance.now();
  byId("timing").textContent = "";
  const slow = setTimeout(() => setState("state", "busy", "Rendering…"), 250);
  try {
    const response = await request("v1/render", { body: body(), accept: FILES_TYPE, signal: mine.signal });
    const output = await response.json();
    if (mine.signal.aborted) return;
    byId("timing").textContent = `${(performance.now() - started).toFixed(1)} ms`;
    showOutput(byId("output"), output.files);
    byId("output").classList.remove("stale");
    byId("problem").hidden = true;
    byId("problem").replaceChildren();
    mark(null);
    const count = output.files.length;
    setState("state", "good", `Rendered: ${count} ${count === 1 ? "file" : "files"}`);
  } catch (error) {
    if (mine.signal.aborted || error.name === "AbortError") return;
    const problem = error instanceof Problem ? error : new Problem({ title: "The page failed", detail: String(error.stack ?? error) }, 0);
    byId("output").classList.add("stale");
    showProblem(byId("problem"), problem.details, paths(), go);
    mark(problem.details);
    setState("state", "bad", `Error: ${brief(problem.details)}`);
    again(problem, () => running === mine && render());
  } finally {
    clearTimeout(slow);
    performance.measure("render", { start: started });
  }
}

/** Schema, data values and what the text of the data values holds, for the form. */
async function inform() {
  informing?.abort();
  const mine = (informing = new AbortController());
  const signal = mine.signal;
  try {
    // The server reads the YAML: a plain file that gives itself.
    const read = state.values.trim() === "" ? Promise.resolve([]) : json("v1/render", {
      body: { files: [{ path: VALUES_FILE, text: state.values }], fileMarks: [`${VALUES_FILE}:type=yaml-plain`] },
      signal,
    });
    const [schema, merged, documents] = await Promise.all([
      json("v1/schema", { body: { files: state.files }, signal }),
      json("v1/data-values", { body: body(), signal }),
      read,
    ]);
    if (signal.aborted) return;
    own = Object.assign({}, documents.at(-1) ?? {});
    form.show(schema, Array.isArray(merged) ? (merged[0] ?? {}) : merged, own);
  } catch (error) {
    if (signal.aborted || error.name === "AbortError") return;
    // What is wrong is shown as the result.
    form.stale();
    again(error, () => informing === mine && inform());
  }
}

function remember() {
  try {
    sessionStorage.setItem(REMEMBERED, JSON.stringify(state));
  } catch {
    // Too much for the browser's storage: then it is not remembered.
    sessionStorage.removeItem(REMEMBERED);
  }
}

const rest = debounced(REST, () => {
  remember();
  render();
  inform();
});

function changed() {
  // What the server says of data values that are no longer there must not be built upon.
  informing?.abort();
  // A link that was opened no longer says what is here.
  if (location.hash.startsWith("#s=")) history.replaceState(null, "", location.pathname + location.search);
  byId("examples").value = "";
  rest();
}

function take(fresh) {
  Object.assign(state, { files: fresh.files, values: fresh.values, active: fresh.active });
  marks = new Map();
  values.set(state.values, VALUES_FILE);
  own = {};
  setState("state", "busy", "Rendering…");
  showFiles();
  remember();
  render();
  inform();
}

// --- Examples

/** The example that was chosen last. */
let wanted = "";

async function examples() {
  const list = await json("v1/examples");
  const menu = byId("examples");
  for (const { name, title, kind } of list) {
    if (kind !== "fleet") menu.append(el("option", { value: name, text: title }));
  }
  menu.addEventListener("change", () => {
    notice();
    if (menu.value) example(menu.value).catch(failed);
  });
  return list;
}

async function example(name) {
  wanted = name;
  const found = await json(`v1/examples/${encodeURIComponent(name)}`);
  // Another one was chosen while this one was on its way.
  if (wanted !== name) return;
  const first = found.files.findIndex((file) => file.path === "config.yml");
  byId("output").replaceChildren();
  take({ files: found.files, values: found.dataValuesYaml ?? "", active: Math.max(first, 0) });
  byId("examples").value = name;
}

function failed(error) {
  if (error.name !== "AbortError") notice(error instanceof Problem ? brief(error.details) : String(error.message ?? error));
}

// --- Sharing

async function share() {
  const packed = await pack({ files: state.files, values: state.values, active: state.active });
  const link = `${location.href.split("#")[0]}#s=${packed}`;
  history.replaceState(null, "", `#s=${packed}`);
  byId("link").value = link;
  byId("link-size").textContent =
    link.length > 8000 ? `${link.length} characters: some programs cut links of this length.` : `${link.length} characters`;
  byId("share-dialog").showModal();
  byId("link").select();
}

byId("share").addEventListener("click", () => share().catch(failed));
byId("copy-link").addEventListener("click", async () => {
  const done = await copy(byId("link").value);
  byId("copy-link").textContent = done ? "Copied" : "Copy it by hand";
  setTimeout(() => (byId("copy-link").textContent = "Copy"), 1500);
});

/** Takes the state from the link, if it holds one; says whether it did. */
async function opened() {
  if (!location.hash.startsWith("#s=")) return false;
  try {
    take(await unpack(location.hash.slice(3)));
    return true;
  } catch (error) {
    notice(`This link cannot be opened: ${error.message}.`);
    history.replaceState(null, "", location.pathname + location.search);
    return false;
  }
}

// --- Files from this device

async function upload(list) {
  const fresh = [];
  for (const file of list) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const path = (file.webkitRelativePath || file.name).replace(/^\/+/, "");
    try {
      fresh.push({ path, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) });
    } catch {
      fresh.push({ path, base64: toBase64(bytes) });
    }
  }
  if (fresh.length === 0) return;
  const names = new Set(fresh.map((file) => file.path));
  const kept = state.files.filter((file) => !names.has(file.path));
  state.files = [...kept, ...fresh];
  state.active = kept.length;
  showFiles();
  changed();
}

byId("open").addEventListener("click", () => byId("upload").click());
byId("upload").addEventListener("change", async () => {
  await upload([...byId("upload").files]).catch(failed);
  byId("upload").value = "";
});
addEventListener("dragover", (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
addEventListener("drop", (event) => {
  if (!event.dataTransfer?.files.length) return;
  event.preventDefault();
  upload([...event.dataTransfer.files]).catch(failed);
});

// --- Dialogs and views

byId("help").addEventListener("click", () => byId("help-dialog").showModal());
byId("notice-close").addEventListener("click", () => notice());
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  source.area.focus();
});

onTokenWanted(
  () =>
    new Promise((resolve) => {
      const dialog = byId("token-dialog");
      byId("token").value = "";
      dialog.returnValue = "";
      dialog.addEventListener(
        "close",
        () => {
          resolve(dialog.returnValue === "ok" ? byId("token").value.trim() || null : null);
          byId("token").value = "";
        },
        { once: true },
      );
      dialog.showModal();
    }),
);

addEventListener("keydown", (event) => {
  if (event.key === "F8" && firstPlace) {
    event.preventDefault();
    go(firstPlace.path, firstPlace.line);
  }
});

function view() {
  const shown = location.hash.startsWith("#fleet") ? "fleet" : "edit";
  for (const name of ["edit", "fleet"]) {
    byId(name).hidden = name !== shown;
    if (name === shown) byId(`to-${name}`).setAttribute("aria-current", "page");
    else byId(`to-${name}`).removeAttribute("aria-current");
  }
  document.body.dataset.view = shown;
  if (shown === "fleet") fleet.show().catch(failed);
}

addEventListener("hashchange", async () => {
  if (location.hash.startsWith("#s=")) await opened();
  view();
});

/** The state that this tab remembers, if any. */
function remembered() {
  try {
    return checked(JSON.parse(sessionStorage.getItem(REMEMBERED)));
  } catch {
    return undefined;
  }
}

async function start() {
  const listed = examples();
  fleet.examples = listed.then((list) => list.filter(({ kind }) => kind === "fleet"));
  // Both are awaited below, or where they are needed.
  fleet.examples.catch(() => {});
  const fromLink = await opened();
  const last = fromLink ? undefined : remembered();
  if (last) take(last);
  view();
  const list = await listed;
  if (!fromLink && !last) {
    const first = list.find(({ name }) => name === "hello") ?? list.find(({ kind }) => kind !== "fleet");
    if (first) await example(first.name);
  }
}

start().catch((error) => {
  setState("state", "bad", "Error");
  failed(error);
});
