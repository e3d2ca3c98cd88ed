// The files: their tabs, and adding, renaming and deleting them.

import { byId, el } from "./dom.js";

/** Why a path will not do, or undefined. */
export function objection(path, files, except) {
  if (path === "") return "A file needs a path.";
  if (path.startsWith("/") || path.endsWith("/") || path.split("/").some((part) => part === "" || part === "." || part === ".."))
    return "A path is relative, without empty parts, “.” and “..”.";
  if (files.some((file, index) => index !== except && file.path === path)) return `There is a file ${path} already.`;
  return undefined;
}

export class Files {
  /**
   * `select(index)` shows a file; `change(files, active)` takes another list of files; `gone(path, undo)` is told of
   * a deleted file.
   */
  constructor({ select, change, gone }) {
    this.select = select;
    this.change = change;
    this.gone = gone;
    this.files = [];
    this.active = 0;
    this.list = byId("tabs");
    this.list.addEventListener("keydown", (event) => this.#key(event));
    byId("add").addEventListener("click", () => this.#ask("Path of the new file", this.#fresh(), undefined));
    byId("rename").addEventListener("click", () => this.#renaming());
    byId("delete").addEventListener("click", () => this.#delete());
    const form = byId("name-form");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#named(byId("name").value.trim());
    });
    form.addEventListener("keydown", (event) => event.key === "Escape" && this.#close());
    byId("name").addEventListener("input", () => (byId("name-problem").textContent = ""));
    byId("name-cancel").addEventListener("click", () => this.#close());
  }

  show(files, active) {
    this.files = files;
    this.active = active;
    byId("rename").disabled = byId("delete").disabled = files.length === 0;
    const focused = this.list.contains(document.activeElement);
    this.list.replaceChildren(
      ...files.map((file, index) =>
        el("button", {
          type: "button",
          role: "tab",
          id: `tab-${index}`,
          "aria-selected": String(index === active),
          "aria-controls": "source",
          tabindex: index === active ? "0" : "-1",
          title: file.path,
          text: file.path,
          onclick: () => this.select(index),
          ondblclick: () => this.#renaming(),
        }),
      ),
    );
    byId("source").setAttribute("aria-labelledby", `tab-${active}`);
    const tab = this.list.children[active];
    if (focused) tab?.focus();
    tab?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Marks the files in which errors are. */
  mark(paths) {
    for (const tab of this.list.children) {
      const faulty = paths.has(tab.title);
      tab.classList.toggle("faulty", faulty);
      if (faulty) tab.setAttribute("aria-label", `${tab.title}, with an error`);
      else tab.removeAttribute("aria-label");
    }
  }

  #key(event) {
    const count = this.files.length;
    const to = { ArrowLeft: this.active - 1, ArrowRight: this.active + 1, Home: 0, End: count - 1 }[event.key];
    if (event.key === "F2") this.#renaming();
    else if (event.key === "Delete") this.#delete();
    else if (to !== undefined) this.select((to + count) % count);
    else return;
    event.preventDefault();
  }

  #fresh() {
    for (let number = 1; ; number++) {
      const path = number === 1 ? "new.yml" : `new-${number}.yml`;
      if (objection(path, this.files) === undefined) return path;
    }
  }

  #renaming() {
    const file = this.files[this.active];
    if (file) this.#ask("Path of the file", file.path, this.active);
  }

  #ask(label, path, index) {
    this.naming = index;
    byId("name-label").textContent = label;
    byId("name-problem").textContent = "";
    byId("name-form").hidden = false;
    const input = byId("name");
    input.value = path;
    input.focus();
    const dot = path.lastIndexOf(".");
    input.setSelectionRange(path.lastIndexOf("/") + 1, dot > 0 ? dot : path.length);
  }

  #named(path) {
    const problem = objection(path, this.files, this.naming);
    byId("name-problem").textContent = problem ?? "";
    if (problem) return;
    const index = this.naming;
    const files =
      index === undefined
        ? [...this.files, { path, text: "" }]
        : this.files.map((file, at) => (at === index ? { ...file, path } : file));
    this.#close();
    this.change(files, index ?? files.length - 1);
    if (index === undefined) byId("source").querySelector("textarea").focus();
  }

  #close() {
    byId("name-form").hidden = true;
    (this.list.children[this.active] ?? byId("add")).focus();
  }

  #delete() {
    const file = this.files[this.active];
    if (!file) return;
    const index = this.active;
    const files = this.files.filter((_, index) => index !== this.active);
    this.change(files, Math.max(0, Math.min(this.active, files.length - 1)));
    (this.list.children[this.active] ?? byId("add")).focus();
    this.gone(file.path, () => {
      if (objection(file.path, this.files)) return;
      this.change(this.files.toSpliced(index, 0, file), Math.min(index, this.files.length));
    });
  }
}
