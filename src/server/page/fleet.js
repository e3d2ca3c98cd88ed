// The fleet: owners of the loaded blueprints, how far they have come, their chains as pictures.

import { json, Problem, request } from "./api.js";
import { byId, copyButton, debounced, download, el } from "./dom.js";
import { Editor } from "./editor.js";
import { brief, coloured, marksOf, places, setState, showProblem } from "./result.js";
import { print } from "./yaml.js";

/** Owners that are asked for at once. */
const PAGE = 200;
const PASTED = `apiVersion: carto.run/v1alpha1
kind: Workload
metadata:
  name: web
  namespace: default
spec: {}
`;

const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

/** Whether two items are one owner. */
function isSame(one, other) {
  return ["kind", "namespace", "name"].every((field) => one[field] === other?.[field]);
}

/** How a state is coloured. */
function mood(state) {
  return { ready: "good", failed: "bad", missing: "" }[state] ?? "busy";
}

export class Fleet {
  constructor(notice) {
    this.notice = notice;
    /** The examples that hold blueprints: a promise. */
    this.examples = Promise.resolve([]);
    this.sets = undefined;
    this.items = [];
    this.more = undefined;
    this.chosen = undefined;
    this.picture = undefined;
    this.pasted = new Editor(byId("pasted"), { label: "Owner, YAML", input: () => {} });
    this.pasted.set(PASTED, "owner.yaml");
    byId("set").addEventListener("change", () => this.#open(byId("set").value).catch((error) => this.#failed(error)));
    const filter = () => this.#part().catch((error) => this.#failed(error));
    byId("filter").addEventListener("input", debounced(200, filter));
    byId("filter-state").addEventListener("change", filter);
    byId("stamp").addEventListener("click", () => this.#stamp());
  }

  /** Shows what is loaded; asks once, and again after something was loaded. */
  async show() {
    if (this.sets !== undefined) return;
    const answer = await json("v1/blueprints");
    const sets = (this.sets = answer.items);
    const menu = byId("set");
    menu.replaceChildren(
      ...sets.map((set) =>
        el("option", {
          value: set.digest,
          text: `${plural(set.blueprints.length, "blueprint")}, ${plural(set.owners, "owner")} · ${set.digest.replace("sha256:", "").slice(0, 8)}`,
        }),
      ),
    );
    menu.disabled = sets.length < 2;
    byId("stamp").disabled = sets.length === 0;
    if (sets.length === 0) {
      this.#nothing(await this.examples);
      return;
    }
    const first = this.wanted ?? answer.default ?? sets[0].digest;
    menu.value = sets.some((set) => set.digest === first) ? first : sets[0].digest;
    await this.#open(menu.value);
  }

  #failed(error) {
    if (error.name !== "AbortError") this.notice(error instanceof Problem ? brief(error.details) : String(error.message ?? error));
  }

  #nothing(examples) {
    byId("counts").textContent = "";
    setState("owner-state", "busy", "");
    byId("owner-detail").replaceChildren();
    byId("owner-list").replaceChildren(
      el(
        "div",
        { class: "empty" },
        el("p", { text: "No blueprints are loaded. Start the server with the folder of blueprints, templates and owners:" }),
        el("pre", { text: "stampmill serve --blueprints platform/" }),
        el("p", { text: "or send them while it runs:" }),
        el("pre", { text: "POST /v1/blueprints" }),
        ...examples.map((example) =>
          el("p", {}, el("button", {
            type: "button",
            text: `Load the example: ${example.title}`,
            onclick: () => this.#load(example.name).catch((error) => this.#failed(error)),
          })),
        ),
      ),
    );
  }

  async #load(name) {
    const example = await json(`v1/examples/${encodeURIComponent(name)}`);
    const objects = example.files.map((file) => file.text).join("\n---\n");
    const made = await json("v1/blueprints", { body: { objects, observed: example.observed } });
    this.wanted = made.digest;
    this.sets = undefined;
    await this.show();
  }

  async #open(digest) {
    this.digest = digest;
    this.items = [];
    this.chosen = undefined;
    byId("owner-detail").replaceChildren(el("p", { class: "empty", text: "Choose an owner." }));
    setState("owner-state", "busy", "");
    await this.#part();
    if (this.items.length > 0) await this.#choose(this.items[0]);
  }

  /**
   * Asks for owners that the filter takes: from the first one, or for more of them. The server looks at so many at once
   * and no more, and may have found few among them.
   */
  async #part(items = [], from = undefined) {
    this.asked?.abort();
    const { signal } = (this.asked = new AbortController());
    const wanted = items.length + PAGE;
    const query = new URLSearchParams({ limit: String(PAGE) });
    const [search, state] = [byId("filter").value.trim(), byId("filter-state").value];
    if (search) query.set("search", search);
    if (state) query.set("state", state);
    this.filtered = Boolean(search || state);
    try {
      do {
        if (from) query.set("continue", from);
        const answer = await json(`v1/blueprints/${encodeURIComponent(this.digest)}/owners?${query}`, { signal });
        if (signal.aborted) return;
        items = [...items, ...answer.items];
        from = answer.continue;
        this.items = items;
        this.more = from;
        this.#list();
      } while (from && items.length < wanted);
    } catch (error) {
      // Something else was asked for meanwhile.
      if (!signal.aborted) throw error;
    }
  }

  #list() {
    const shown = this.items.length;
    const { owners } = this.sets.find((set) => set.digest === this.digest);
    const all = plural(owners, "owner");
    byId("counts").textContent = (shown === owners ? all : `${shown} of ${all}`) + (this.more ? ", more on the server" : "");
    const list = el(
      "ul",
      { class: "list" },
      ...this.items.map((item) => {
        const button = el(
          "button",
          {
            type: "button",
            "aria-pressed": String(isSame(item, this.chosen)),
            onclick: () => this.#choose(item).catch((error) => this.#failed(error)),
          },
          el("span", { class: "name", text: `${item.namespace}/${item.name}` }),
          el("span", { class: "chip", "data-kind": mood(item.state), text: item.state }),
          el("span", { class: "about", text: [item.kind, item.blueprint].filter(Boolean).join(" · ") }),
          item.message ? el("span", { class: "message", text: item.message }) : null,
        );
        button.item = item;
        return el("li", {}, button);
      }),
    );
    const more = this.more
      ? el("button", { type: "button", text: "More", onclick: () => this.#part(this.items, this.more).catch((error) => this.#failed(error)) })
      : null;
    const host = byId("owner-list");
    host.replaceChildren(list, ...(more ? [more] : []));
    if (shown > 0 || this.more) return;
    const text = this.filtered ? "No owner is like that." : "There are blueprints, but no owners. Stamp one below.";
    host.replaceChildren(el("p", { class: "empty", text }));
  }

  async #choose(item) {
    this.chosen = item;
    for (const button of byId("owner-list").querySelectorAll("button[aria-pressed]")) {
      button.setAttribute("aria-pressed", String(button.item === item));
    }
    setState("owner-state", mood(item.state), `${item.namespace}/${item.name}: ${item.state}`);
    const part = (text) => encodeURIComponent(text);
    const path = `v1/blueprints/${part(this.digest)}/owners/${part(item.kind)}/${part(item.namespace)}/${part(item.name)}/graph`;
    const host = byId("owner-detail");
    try {
      const [picture, graph] = await Promise.all([
        request(path, { accept: "image/svg+xml" }).then((response) => response.text()),
        json(path).catch(() => undefined),
      ]);
      if (this.chosen !== item) return;
      host.replaceChildren(
        item.message ? el("p", { class: "message", text: item.message }) : "",
        this.#image(picture, item),
        graph ? steps(graph) : "",
      );
    } catch (error) {
      if (this.chosen !== item) return;
      const problem = el("div", { class: "problem" });
      host.replaceChildren(item.message ? el("p", { class: "message", text: item.message }) : "", problem);
      showProblem(problem, error.details ?? { title: String(error.message) }, new Set(), () => {});
    }
  }

  /** A picture as an image: whatever it holds, nothing of it runs or is fetched. */
  #image(svg, item) {
    if (this.picture) URL.revokeObjectURL(this.picture);
    this.picture = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    const image = el("img", { src: this.picture, alt: `Chain of ${item.namespace}/${item.name}: ${item.blueprint ?? "no blueprint"}, ${item.state}` });
    const canvas = el("div", { class: "canvas fit", tabindex: "0", role: "group", "aria-label": "Picture of the chain" }, image);
    const size = el("button", { type: "button", class: "quiet", text: "Actual size", "aria-pressed": "false" });
    size.addEventListener("click", () => {
      const fit = canvas.classList.toggle("fit");
      size.setAttribute("aria-pressed", String(!fit));
    });
    const save = el("button", { type: "button", class: "quiet", text: "Download SVG", onclick: () => download(`${item.name}.svg`, svg) });
    return el("figure", { class: "chain" }, canvas, el("figcaption", {}, size, save));
  }

  async #stamp() {
    const host = byId("stamped");
    host.replaceChildren(el("p", { class: "empty", text: "Stamping…" }));
    this.pasted.mark(new Map());
    try {
      const path = `v1/blueprints/${encodeURIComponent(this.digest)}/stamp?owners=true`;
      const answer = await json(path, { body: this.pasted.text });
      host.replaceChildren(...(answer.length > 0 ? answer.map(stampedOwner) : [el("p", { class: "empty", text: "There is no owner in this text." })]));
    } catch (error) {
      const problem = el("div", { class: "problem" });
      const details = error.details ?? { title: String(error.message) };
      // By this name the server calls what it was sent.
      const body = new Set(["body"]);
      host.replaceChildren(problem);
      showProblem(problem, details, body, (_, line) => this.pasted.go(line));
      this.pasted.mark(marksOf(places(details, body)));
    }
  }
}

/** The resources of a chain as a table. */
function steps(graph) {
  const rows = graph.steps;
  if (rows.length === 0) return "";
  return el(
    "table",
    {},
    el("caption", { class: "hidden", text: "Resources" }),
    el("thead", {}, el("tr", {}, ...["Resource", "Template", "State", "Stamped", "Message"].map((text) => el("th", { scope: "col", text })))),
    el(
      "tbody",
      {},
      ...rows.map((row) => {
        const state = row.state ?? "";
        return el(
          "tr",
          {},
          el("th", { scope: "row", text: row.name }),
          el("td", { text: [row.kind, row.template].filter(Boolean).join("/") }),
          el("td", {}, state ? el("span", { class: "chip", "data-kind": mood(state), text: state }) : ""),
          el("td", { text: row.stamped ?? "" }),
          el("td", { class: "message", text: row.reason ?? "" }),
        );
      }),
    ),
  );
}

function stampedOwner({ owner, state, blueprint, reason, message, objects = [] }) {
  return el(
    "article",
    {},
    el("h3", {}, `${owner.kind} ${owner.namespace}/${owner.name} `, el("span", { class: "chip", "data-kind": mood(state), text: state })),
    el("p", { class: "hint", text: `${blueprint ? `by ${blueprint}, ` : ""}${plural(objects.length, "object")}` }),
    message ? el("p", { class: "message", text: [reason, message].filter(Boolean).join(": ") }) : null,
    ...objects.map(({ resource, object }) => {
      const text = print(object);
      const name = `${object.kind} ${object.metadata?.name ?? object.metadata?.generateName ?? ""}`;
      return el("details", {}, el("summary", { text: resource ? `${resource}: ${name}` : name }), copyButton(() => text), coloured(text, "object.yaml"));
    }),
  );
}
