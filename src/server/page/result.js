// The right side: output, one block a file, or what is wrong and where.

import { byId, copyButton, download, el } from "./dom.js";
import { language, parts } from "./highlight.js";

/** Longer outputs are shown plain. */
const MOST_LINES = 5000;

/** Text, coloured, as the content of a `pre`. */
export function coloured(text, path) {
  const pre = el("pre");
  const lines = text.split("\n");
  const how = language(path);
  // Text templates leave no code in their output.
  if (how === "text" || how === "none" || lines.length > MOST_LINES) {
    pre.textContent = text;
    return pre;
  }
  lines.forEach((line, index) => {
    if (index > 0) pre.append("\n");
    for (const [kind, part] of parts(line, how, false).parts) {
      pre.append(kind ? el("span", { class: `t-${kind}`, text: part }) : part);
    }
  });
  return pre;
}

/** A block with the text of one file. */
export function fileBlock({ path, text, base64 }) {
  if (text === undefined) {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return el(
      "section",
      { class: "file", "aria-label": path },
      el(
        "div",
        { class: "bar" },
        el("h3", { text: path }),
        el("button", { type: "button", class: "quiet", text: "Download", onclick: () => download(path, bytes) }),
      ),
      el("p", { class: "empty", text: `${bytes.length} bytes that are not text.` }),
    );
  }
  return el(
    "section",
    { class: "file", "aria-label": path },
    el(
      "div",
      { class: "bar" },
      el("h3", { text: path }),
      copyButton(() => text),
      el("button", { type: "button", class: "quiet", text: "Download", onclick: () => download(path, text) }),
    ),
    coloured(text, path),
  );
}

/** Shows output files. Blocks of files that did not change stay as they are. */
export function showOutput(host, files) {
  const old = new Map([...host.children].map((block) => [block.key, block]));
  host.replaceChildren(
    ...files.map((file) => {
      const key = `${file.path}\n${file.text ?? file.base64}`;
      const block = old.get(key) ?? fileBlock(file);
      block.key = key;
      return block;
    }),
  );
  if (files.length === 0) host.append(el("p", { class: "empty", text: "No output: no file gives a document." }));
}

/**
 * The places of a problem in these files: `{ path, line, message }`, the innermost first for each failure; those that
 * only lead there have no message.
 */
export function places(details, paths) {
  const framed = failures(details).flatMap((failure) =>
    (failure.frames ?? []).map((frame, index) => ({ path: frame.file, line: frame.line, message: index === 0 ? failure.message : "" })),
  );
  const all = framed.length > 0 ? framed : told(String(details.detail ?? ""));
  return all.filter(({ path, line }) => Number.isInteger(line) && paths.has(path));
}

/** The places that are only in the text of an error: YAML that cannot be read, data values that do not fit, objects. */
function told(text) {
  const found = [];
  for (const [, file, values, line, message] of text.matchAll(/(?:'([^'\n]+)'|(data values)): yaml: line (\d+): (.*)/g)) {
    found.push({ path: file ?? values, line: Number(line), message });
  }
  for (const [, path, line, message] of text.matchAll(/^ *from: (.+):(\d+)\n *- (.*?)(?: \(by: .*\))?$/gm)) {
    found.push({ path, line: Number(line), message });
  }
  for (const [, path, line, found1, expected] of text.matchAll(
    /^(\S.*):\n *\|\n *(\d+) \| .*\n *\|\n\n? *= (found: .*)(?:\n *= (expected: .*?)(?: \(by .*\))?)?$/gm,
  )) {
    found.push({ path, line: Number(line), message: [found1, expected].filter(Boolean).join(", ") });
  }
  for (const [, path, line, message] of text.matchAll(/^(body):(\d+): error: (.*)$/gm)) {
    found.push({ path, line: Number(line), message });
  }
  return found;
}

function failures(details) {
  return Array.isArray(details.failures) ? details.failures : [];
}

/** Text in which places of these files, `path:line`, are buttons that go there. */
function linked(text, paths, go) {
  const names = [...paths].sort((a, b) => b.length - a.length).map((path) => path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (names.length === 0) return [text];
  const out = [];
  let last = 0;
  for (const match of text.matchAll(new RegExp(`(?<![\\w./-])(${names.join("|")}):(\\d+)\\b`, "g"))) {
    out.push(text.slice(last, match.index));
    out.push(el("button", { type: "button", class: "place", text: match[0], onclick: () => go(match[1], Number(match[2])) }));
    last = match.index + match[0].length;
  }
  return [...out, text.slice(last)];
}

function frameRow(frame, paths, go) {
  const place = Number.isInteger(frame.line) ? `${frame.file}:${frame.line}` : `${frame.file}`;
  const known = paths.has(frame.file);
  const where = known
    ? el("button", { type: "button", class: "place", text: place, onclick: () => go(frame.file, frame.line ?? 1) })
    : el("span", { class: "place", text: place });
  return el(
    "li",
    {},
    el("p", {}, where, frame.context ? el("span", { class: "context", text: ` in ${frame.context}` }) : null),
    frame.source ? el("pre", { text: frame.source }) : null,
  );
}

/** Shows a problem: message, hint, frames; the whole text, as the command prints it, folded. */
export function showProblem(host, details, paths, go) {
  const all = failures(details);
  const children = [];
  for (const failure of all) {
    const [first, ...rest] = String(failure.message ?? "").split("\n");
    children.push(
      el(
        "article",
        {},
        el("h3", { text: first }),
        rest.length > 0 ? el("pre", { class: "reason" }, ...linked(rest.join("\n"), paths, go)) : null,
        failure.hint ? el("p", { class: "advice", text: failure.hint }) : null,
        failure.frames?.length ? el("ol", { class: "frames" }, ...failure.frames.map((frame) => frameRow(frame, paths, go))) : null,
        failure.help ? el("pre", { class: "reason" }, ...linked(failure.help, paths, go)) : null,
      ),
    );
  }
  const detail = String(details.detail ?? "");
  if (all.length === 0) {
    children.push(el("article", {}, el("h3", { text: details.title ?? "Error" }), detail ? el("pre", { class: "reason" }, ...linked(detail, paths, go)) : null));
  } else if (detail) {
    children.push(
      el("details", {}, el("summary", { text: "As the command prints it" }), copyButton(() => detail), el("pre", { class: "reason", text: detail })),
    );
  }
  host.replaceChildren(...children);
  host.hidden = false;
}

/** Marks for the lines of a file, of the places in it. */
export function marksOf(found) {
  const lines = new Map();
  for (const { line, message } of found) {
    if (!lines.has(line) || message) lines.set(line, { message, kind: message ? "error" : "trace" });
  }
  return lines;
}

/** What to say of a problem in a line. */
export function brief(details) {
  const first = failures(details)[0];
  if (first === undefined) {
    const detail = String(details.detail ?? "").trim();
    const [place] = told(detail);
    return place ? `${place.path}:${place.line}: ${place.message}` : detail.split("\n")[0] || String(details.title ?? "Error");
  }
  const place = first.frames?.find((frame) => Number.isInteger(frame.line));
  const message = String(first.message ?? "").split("\n")[0];
  return place ? `${place.file}:${place.line}: ${message}` : message;
}

/** Sets the state line: `kind` is `good`, `bad` or `busy`. */
export function setState(id, kind, text) {
  const state = byId(id);
  if (state.textContent !== text) state.textContent = text;
  state.dataset.kind = kind;
}
