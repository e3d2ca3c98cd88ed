// An editor: a text area with line numbers, over a layer that shows the same text coloured, with marks.

import { el } from "./dom.js";
import { language, parts } from "./highlight.js";

/** Longer texts are shown plain. */
const MOST_LINES = 20_000;

export class Editor {
  /**
   * Builds an editor into `host`. `input(text)` is called when the user has changed the text.
   */
  constructor(host, { label, input, placeholder = "" }) {
    this.input = input;
    this.how = "yaml";
    /** Text, whether it began within code, of each line that is painted. */
    this.lines = [];
    this.marks = new Map();
    this.gutter = el("pre", { class: "gutter", "aria-hidden": "true" });
    this.paint = el("div", { class: "paint", "aria-hidden": "true" });
    this.area = el("textarea", {
      "aria-label": label,
      placeholder,
      spellcheck: "false",
      autocomplete: "off",
      autocapitalize: "off",
      autocorrect: "off",
      wrap: "off",
    });
    host.replaceChildren(
      el("div", { class: "gutter-clip" }, this.gutter),
      el("div", { class: "code" }, el("div", { class: "clip" }, this.paint), this.area),
    );
    this.host = host;
    this.area.addEventListener("input", () => {
      this.#draw();
      this.input(this.area.value);
    });
    this.area.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.area.addEventListener("keydown", (event) => this.#key(event));
    this.area.addEventListener("blur", () => (this.leaving = false));
    this.#draw();
  }

  get text() {
    return this.area.value;
  }

  /** Shows another text; the one shown already stays, with its caret. */
  set(text, path) {
    const how = language(path);
    if (how !== this.how) {
      this.how = how;
      this.lines = [];
      this.paint.replaceChildren();
    }
    if (text !== this.area.value) {
      this.area.value = text;
      this.area.scrollTo(0, 0);
    }
    this.#draw();
  }

  set label(label) {
    this.area.setAttribute("aria-label", label);
  }

  set readOnly(readOnly) {
    this.area.readOnly = readOnly;
  }

  /** Marks lines: a map from the line, from 1, to `{ message, kind }`; `kind` is `error` or `trace`. */
  mark(marks) {
    for (const line of this.marks.keys()) this.#unmark(line);
    this.marks = marks;
    for (const [line, mark] of marks) this.#show(line, mark);
    const first = [...marks].find(([, mark]) => mark.kind === "error");
    this.area.setAttribute("aria-invalid", first ? "true" : "false");
  }

  #unmark(line) {
    for (const row of [this.paint.children[line - 1], this.gutter.children[line - 1]]) {
      row?.classList.remove("error", "trace");
      row?.removeAttribute("data-message");
    }
  }

  #show(line, { message, kind }) {
    const row = this.paint.children[line - 1];
    row?.classList.add(kind);
    if (message) row?.setAttribute("data-message", message.split("\n")[0].slice(0, 300));
    this.gutter.children[line - 1]?.classList.add(kind);
  }

  /** Goes to a line, from 1, and selects it. */
  go(line) {
    const lines = this.area.value.split("\n");
    const at = Math.min(Math.max(line, 1), lines.length) - 1;
    const start = lines.slice(0, at).reduce((sum, text) => sum + text.length + 1, 0);
    this.area.focus();
    this.area.setSelectionRange(start, start + lines[at].length);
    const height = this.#lineHeight();
    const top = at * height;
    if (top < this.area.scrollTop || top + 2 * height > this.area.scrollTop + this.area.clientHeight) {
      this.area.scrollTop = Math.max(0, top - this.area.clientHeight / 3);
    }
    this.area.scrollLeft = 0;
    this.host.scrollIntoView({ block: "nearest" });
  }

  #lineHeight() {
    return Number.parseFloat(getComputedStyle(this.area).lineHeight) || 20;
  }

  #scrolled() {
    const { scrollLeft, scrollTop } = this.area;
    this.paint.style.transform = `translate(${-scrollLeft}px, ${-scrollTop}px)`;
    this.gutter.style.transform = `translateY(${-scrollTop}px)`;
  }

  /** Paints the lines that differ from those painted, found from both ends. */
  #draw() {
    const texts = this.area.value.split("\n");
    const plain = texts.length > MOST_LINES;
    this.host.classList.toggle("plain", plain);
    this.#number(plain ? 0 : texts.length);
    if (plain) {
      this.lines = [];
      this.paint.replaceChildren();
      return;
    }
    const old = this.lines;
    const most = Math.min(old.length, texts.length);
    let head = 0;
    while (head < most && old[head].text === texts[head]) head++;
    let tail = 0;
    while (tail < most - head && old[old.length - 1 - tail].text === texts[texts.length - 1 - tail]) tail++;
    if (head === texts.length && head === old.length) return;
    let inside = head > 0 ? old[head - 1].after : false;
    const fresh = [];
    const rows = document.createDocumentFragment();
    for (let at = head; at < texts.length - tail; at++) {
      const { row, line } = this.#line(texts[at], inside);
      rows.append(row);
      fresh.push(line);
      inside = line.after;
    }
    const before = this.paint.children[old.length - tail] ?? null;
    for (let count = old.length - tail - head; count > 0; count--) this.paint.children[head].remove();
    this.paint.insertBefore(rows, before);
    this.lines = [...old.slice(0, head), ...fresh, ...old.slice(old.length - tail)];
    // Code that was opened or closed reaches further down.
    for (let at = texts.length - tail; at < texts.length && this.lines[at].before !== inside; at++) {
      const { row, line } = this.#line(texts[at], inside);
      this.paint.children[at].replaceWith(row);
      this.lines[at] = line;
      inside = line.after;
    }
    // Marks are where the last answer saw them, until the next one.
    for (const [line, mark] of this.marks) this.#show(line, mark);
  }

  #line(text, before) {
    const found = parts(text, this.how, before);
    const row = el("div");
    for (const [kind, part] of found.parts) row.append(kind ? el("span", { class: `t-${kind}`, text: part }) : part);
    if (text === "") row.append("\u200b");
    return { row, line: { text, before, after: found.inside } };
  }

  #number(count) {
    const rows = this.gutter.children;
    while (rows.length > count) this.gutter.lastChild.remove();
    if (rows.length < count) {
      const more = document.createDocumentFragment();
      for (let line = rows.length + 1; line <= count; line++) more.append(el("div", { text: String(line) }));
      this.gutter.append(more);
    }
  }

  #key(event) {
    if (event.key === "Escape") {
      this.leaving = true;
      return;
    }
    const leaving = this.leaving;
    if (event.key !== "Shift") this.leaving = false;
    if (event.ctrlKey || event.metaKey || event.altKey || this.area.readOnly || event.isComposing) return;
    if (event.key === "Tab" && !leaving) {
      event.preventDefault();
      this.#indent(event.shiftKey);
    } else if (event.key === "Enter" && !event.shiftKey) {
      const before = this.area.value.slice(0, this.area.selectionStart);
      const indent = /^ */.exec(before.slice(before.lastIndexOf("\n") + 1))[0];
      if (indent) {
        event.preventDefault();
        this.#insert(`\n${indent}`);
      }
    }
  }

  /** Inserts as if typed, so that it can be undone. */
  #insert(text) {
    if (!document.execCommand(text === "" ? "delete" : "insertText", false, text)) {
      this.area.setRangeText(text, this.area.selectionStart, this.area.selectionEnd, "end");
      this.area.dispatchEvent(new Event("input"));
    }
  }

  #indent(back) {
    const { value, selectionStart, selectionEnd } = this.area;
    const first = value.lastIndexOf("\n", selectionStart - 1) + 1;
    if (!back && selectionStart === selectionEnd) {
      this.#insert("  ".slice((selectionStart - first) % 2));
      return;
    }
    const next = value.indexOf("\n", selectionEnd);
    const last = next < 0 ? value.length : next;
    const old = value.slice(first, last);
    const text = back ? old.replace(/^ {1,2}/gm, "") : old.replace(/^(?=.)/gm, "  ");
    if (text === old) return;
    this.area.setSelectionRange(first, last);
    this.#insert(text);
    if (selectionStart === selectionEnd) {
      const caret = Math.max(first, selectionStart - (old.length - text.length));
      this.area.setSelectionRange(caret, caret);
    } else this.area.setSelectionRange(first, first + text.length);
  }
}
