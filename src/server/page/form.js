// The form: fields from the schema's OpenAPI document, or from the data values where there is no schema.

import { el } from "./dom.js";
import { at, put } from "./yaml.js";

const isMap = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** A schema as values suggest it. */
function inferred(value) {
  if (Array.isArray(value)) {
    return { type: "array", items: value.length > 0 ? inferred(value[0]) : {}, default: [] };
  }
  if (isMap(value)) {
    return {
      type: "object",
      properties: Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inferred(item)])),
    };
  }
  if (typeof value === "string") return { type: "string", default: "" };
  if (typeof value === "boolean") return { type: "boolean", default: false };
  if (typeof value === "number") return { type: Number.isInteger(value) ? "integer" : "number", default: 0 };
  return {};
}

/** The schema of the data values in a document of `/v1/schema`; undefined if it says nothing of them. */
function schemaOf(document) {
  const schema = document?.components?.schemas?.dataValues;
  return isMap(schema) && isMap(schema.properties) && Object.keys(schema.properties).length > 0 ? schema : undefined;
}

/** The default of a whole type. */
function initial(schema) {
  if ("default" in schema) return schema.default;
  if (schema.nullable) return null;
  if (schema.type === "object" || isMap(schema.properties)) {
    return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, inner]) => [key, initial(inner)]));
  }
  return { array: [], string: "", boolean: false, integer: 0, number: 0 }[schema.type] ?? null;
}

/** The value that a nullable one gets when it is no longer null. */
function filled(schema) {
  const { nullable, default: unused, ...rest } = schema;
  return initial(isMap(unused) || Array.isArray(unused) ? schema : rest) ?? "";
}

/** What decides which fields there are. */
function shape(value) {
  if (Array.isArray(value)) return value.map(shape);
  if (isMap(value)) return Object.entries(value).map(([key, item]) => [key, shape(item)]);
  return value === null ? 0 : 1;
}

export class Form {
  /** `change(path, value)` sets a data value; undefined takes it out. `hint` says where the fields are from. */
  constructor(host, hint, change) {
    this.host = host;
    this.hint = hint;
    this.change = (path, value) => {
      // The next change builds on this one, whether or not the server has answered by then.
      if (value !== undefined) this.values = put(this.values, path, value);
      change(path, value);
    };
    this.signature = "";
    host.addEventListener("submit", (event) => event.preventDefault());
  }

  /**
   * Shows fields. `values` are the data values that hold, `own` those of the text below the editor.
   */
  show(document, values, own) {
    const stated = schemaOf(document);
    const schema = stated ?? inferred(values);
    const some = Object.keys(schema.properties ?? {}).length > 0;
    this.hint.textContent = stated ? "from the schema" : some ? "from the data values; there is no schema" : "";
    this.values = values;
    this.own = own;
    const signature = JSON.stringify([schema, shape(values)]);
    if (signature !== this.signature) {
      this.signature = signature;
      const focused = this.host.contains(globalThis.document.activeElement) ? globalThis.document.activeElement.id : "";
      const top = this.host.scrollTop;
      this.updates = [];
      this.host.replaceChildren(
        ...(some ? this.#properties(schema, []) : [el("p", { class: "empty", text: "The files declare no data values." })]),
      );
      this.host.scrollTop = top;
      if (focused) globalThis.document.getElementById(focused)?.focus();
    }
    for (const update of this.updates) update();
    this.host.classList.remove("stale");
  }

  /** Shows that the fields are those of the last good files. */
  stale() {
    this.host.classList.add("stale");
  }

  #properties(schema, path) {
    return Object.entries(schema.properties ?? {}).map(([key, inner]) => this.#field(inner, [...path, key], key));
  }

  /** Sets a value; what is part of an array sets the array. */
  #set(path, value) {
    const index = path.findIndex((key) => typeof key === "number");
    if (index < 0) {
      this.change(path, value);
      return;
    }
    const outer = path.slice(0, index);
    const copy = structuredClone(at(this.values, outer) ?? []);
    let place = copy;
    for (const key of path.slice(index, -1)) place = place[key] ??= {};
    place[path.at(-1)] = value;
    this.change(outer, copy);
  }

  #field(schema, path, key) {
    const id = `field-${path.map((part) => encodeURIComponent(part)).join("-")}`;
    const value = at(this.values, path);
    const title = schema.title && schema.title.toLowerCase() !== key.toLowerCase() ? `${key} · ${schema.title}` : key;
    const notes = [
      schema.description,
      schema.deprecated ? "Deprecated." : undefined,
      "example" in schema ? `Example: ${JSON.stringify(schema.example)}${schema["x-example-description"] ? ` (${schema["x-example-description"]})` : ""}` : undefined,
    ].filter(Boolean);
    const note = notes.length > 0 ? el("p", { class: "note", id: `${id}-note`, text: notes.join(" ") }) : null;
    const reset = this.#reset(path, title);
    const none = schema.nullable && (schema.type || schema.properties) ? this.#nullable(schema, path, title, id) : null;
    if ((isMap(schema.properties) || schema.type === "array") && value !== null && value !== undefined) {
      const inside =
        schema.type === "array" && Array.isArray(value) ? this.#items(schema, path, title) : this.#properties(schema, path);
      return el(
        "fieldset",
        { "aria-describedby": note?.id },
        el("legend", {}, el("span", { text: title }), none, reset),
        note,
        ...inside,
      );
    }
    const input = this.#input(schema, path, id, note?.id, value);
    return el(
      "div",
      { class: "field" },
      el("label", { for: id, text: title }),
      el("div", { class: "control" }, input, none, reset),
      note,
      el("p", { class: "wrong", id: `${id}-wrong`, role: "alert" }),
    );
  }

  /** A button that takes a value out of the text, shown while it is there. */
  #reset(path, title) {
    if (path.some((key) => typeof key === "number")) return null;
    const button = el("button", {
      type: "button",
      class: "quiet reset",
      text: "Default",
      title: `Take ${title} out of the data values below the editor`,
      "aria-label": `Default for ${title}`,
      onclick: () => this.change(path, undefined),
    });
    this.updates.push(() => (button.hidden = at(this.own, path) === undefined));
    return button;
  }

  #nullable(schema, path, title, id) {
    const box = el("input", { type: "checkbox", id: `${id}-null`, "aria-label": `${title} is null` });
    box.addEventListener("change", () => this.#set(path, box.checked ? null : filled(schema)));
    this.updates.push(() => (box.checked = at(this.values, path) === null));
    return el("label", { class: "null" }, box, " null");
  }

  #items(schema, path, title) {
    const array = at(this.values, path);
    const rows = array.map((_, index) =>
      el(
        "div",
        { class: "item" },
        this.#field(schema.items ?? {}, [...path, index], `${index + 1}`),
        el("button", {
          type: "button",
          class: "quiet",
          text: "Remove",
          "aria-label": `Remove ${index + 1} of ${title}`,
          onclick: () => this.#set(path, at(this.values, path).filter((__, other) => other !== index)),
        }),
      ),
    );
    const add = el("button", {
      type: "button",
      text: "Add",
      "aria-label": `Add to ${title}`,
      id: `field-${path.map((part) => encodeURIComponent(part)).join("-")}-add`,
      onclick: () => this.#set(path, [...at(this.values, path), initial(schema.items ?? {})]),
    });
    return [...rows, add];
  }

  #input(schema, path, id, note, value) {
    const shared = { id, "aria-describedby": [note, `${id}-wrong`].filter(Boolean).join(" ") };
    const current = () => at(this.values, path);
    const listen = (input, read, write) => {
      const kind = input.tagName === "SELECT" || input.type === "checkbox" ? "change" : "input";
      input.addEventListener(kind, () => {
        const { value: fresh, problem } = read();
        const wrong = globalThis.document.getElementById(`${id}-wrong`);
        wrong.textContent = problem ?? "";
        input.setAttribute("aria-invalid", String(problem !== undefined));
        if (problem === undefined) this.#set(path, fresh);
      });
      this.updates.push(() => {
        if (globalThis.document.activeElement !== input) {
          write(current());
          input.removeAttribute("aria-invalid");
        }
        if (schema.nullable && schema.type) input.disabled = current() === null;
      });
      return input;
    };
    if (Array.isArray(schema.enum)) {
      const options = schema.enum.map((item) => el("option", { text: typeof item === "string" ? item : JSON.stringify(item) }));
      const other = el("option", { text: "", hidden: true });
      const select = el("select", shared, other, ...options);
      return listen(
        select,
        () => ({ value: schema.enum[select.selectedIndex - 1] }),
        (now) => (select.selectedIndex = schema.enum.findIndex((item) => JSON.stringify(item) === JSON.stringify(now)) + 1),
      );
    }
    if (schema.type === "boolean") {
      const box = el("input", { ...shared, type: "checkbox" });
      return listen(box, () => ({ value: box.checked }), (now) => (box.checked = now === true));
    }
    if (schema.type === "integer" || schema.type === "number") {
      const input = el("input", { ...shared, inputmode: schema.type === "integer" ? "numeric" : "decimal", spellcheck: "false" });
      const read = () => {
        const text = input.value.trim();
        const number = Number(text);
        if (text === "" || !Number.isFinite(number)) return { problem: "A number is needed." };
        if (schema.type === "integer" && !Number.isSafeInteger(number)) return { problem: "A whole number is needed." };
        if (schema.minimum !== undefined && number < schema.minimum) return { problem: `At least ${schema.minimum}.` };
        if (schema.maximum !== undefined && number > schema.maximum) return { problem: `At most ${schema.maximum}.` };
        return { value: number };
      };
      return listen(input, read, (now) => (input.value = now === null || now === undefined ? "" : String(now)));
    }
    if (schema.type === "string") {
      const long = typeof value === "string" && value.includes("\n");
      const input = long ? el("textarea", { ...shared, rows: "4", spellcheck: "false" }) : el("input", { ...shared, spellcheck: "false" });
      const read = () => {
        const length = [...input.value].length;
        if (schema.minLength !== undefined && length < schema.minLength) return { problem: `At least ${schema.minLength} characters.` };
        if (schema.maxLength !== undefined && length > schema.maxLength) return { problem: `At most ${schema.maxLength} characters.` };
        return { value: input.value };
      };
      return listen(input, read, (now) => (input.value = typeof now === "string" ? now : (now ?? "") === "" ? "" : JSON.stringify(now)));
    }
    // Of any type: as JSON.
    const input = el("input", { ...shared, spellcheck: "false", placeholder: "JSON", class: "json" });
    const read = () => {
      try {
        return { value: JSON.parse(input.value) };
      } catch {
        return { problem: "JSON is needed: text in double quotes." };
      }
    };
    return listen(input, read, (now) => (input.value = now === undefined ? "" : JSON.stringify(now)));
  }
}
